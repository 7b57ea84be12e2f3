//! From script to wire: the response that a reply makes of a request.

use bytes::Bytes;
use serde_json::{Value, json};

use super::chat;
use super::completion::Completion;
use super::messages;
use super::plan::{Cut, Framing, Piece, Plan};
use super::recording::Recording;
use super::reply::{Kind, Reply};
use super::request::Request;
use super::responses;
use super::wire::Wire;

impl Reply {
    /// What the connection does to answer this request.
    pub(super) fn plan(&self, request: &Request) -> Plan {
        let mut plan = match &self.kind {
            Kind::Completion(completion) => self.completion(completion, request),
            Kind::Echo(echo) => self.completion(&echo.completion(request), request),
            Kind::Document {
                status,
                content_type,
                body,
            } => self.whole(*status, content_type, vec![Piece::Bytes(body.clone())]),
            Kind::Failure(failure) => {
                let (status, body) = failure.response(request);
                self.json_document(status, &body)
            }
            Kind::Models(ids) => self.json_document(200, &listing(ids, request)),
            Kind::Recorded(recording) => recorded(recording),
            Kind::Bare(pieces) => Plan {
                before: Vec::new(),
                head: Bytes::new(),
                body: pieces.clone(),
                framing: Framing::UntilClose,
                keep_alive: false,
            },
        };
        plan.before.splice(0..0, self.before_head.iter().cloned());
        plan
    }

    fn completion(&self, completion: &Completion, request: &Request) -> Plan {
        let wire = request.wire().unwrap_or(Wire::ChatCompletions);
        if request.is_stream() {
            return self.streamed(stream(wire, completion, request));
        }
        let mut plan = if completion.is_endless() {
            let blank = Piece::Forever(Bytes::from_static(&[b' '; 1024]));
            self.head(200, "application/json", Framing::Chunked, vec![blank])
        } else if let Some(failure) = completion.failure(request) {
            self.json_document(500, &failure)
        } else {
            let document = Bytes::from(document(wire, completion, request).to_string());
            self.whole(200, "application/json", halved(document, completion.cut()))
        };
        plan.before = completion.waits();
        plan
    }

    fn json_document(&self, status: u16, body: &Value) -> Plan {
        let body = vec![Piece::Bytes(body.to_string().into())];
        self.whole(status, "application/json", body)
    }

    fn streamed(&self, body: Vec<Piece>) -> Plan {
        let framing = if self.until_close {
            Framing::UntilClose
        } else {
            Framing::Chunked
        };
        self.head(200, "text/event-stream", framing, body)
    }

    fn whole(&self, status: u16, content_type: &str, body: Vec<Piece>) -> Plan {
        let framing = if self.until_close {
            Framing::UntilClose
        } else {
            Framing::Length
        };
        self.head(status, content_type, framing, body)
    }

    fn head(&self, status: u16, content_type: &str, framing: Framing, body: Vec<Piece>) -> Plan {
        let mut headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        headers.extend(self.headers.iter().cloned());
        match framing {
            Framing::Chunked => {
                headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned()));
            }
            Framing::Length => {
                headers.push(("Content-Length".to_owned(), length(&body).to_string()));
            }
            Framing::UntilClose => headers.push(("Connection".to_owned(), "close".to_owned())),
        }
        Plan {
            before: Vec::new(),
            head: head(status, reason(status), &headers),
            body: body
                .into_iter()
                .filter(|piece| !matches!(piece, Piece::Bytes(rest) if rest.is_empty()))
                .collect(),
            framing,
            keep_alive: !says_close(&headers),
        }
    }
}

fn stream(wire: Wire, completion: &Completion, request: &Request) -> Vec<Piece> {
    match wire {
        Wire::ChatCompletions => chat::stream(completion, request),
        Wire::Responses => responses::stream(completion, request),
        Wire::Messages => messages::stream(completion, request),
    }
}

fn document(wire: Wire, completion: &Completion, request: &Request) -> Value {
    match wire {
        Wire::ChatCompletions => chat::document(completion, request),
        Wire::Responses => responses::document(completion, request),
        Wire::Messages => messages::document(completion, request),
    }
}

fn listing(ids: &[String], request: &Request) -> Value {
    if request.is_for_anthropic() {
        let model = |id| json!({"type": "model", "id": id, "display_name": id, "created_at": "1970-01-01T00:00:00Z"});
        let models: Vec<Value> = ids.iter().map(model).collect();
        return json!({"data": models, "has_more": false, "first_id": ids.first(), "last_id": ids.last()});
    }
    let model = |id| json!({"id": id, "object": "model", "created": 0, "owned_by": "playground"});
    let models: Vec<Value> = ids.iter().map(model).collect();
    json!({"object": "list", "data": models})
}

/// All bytes of the body, those after a cut included.
fn length(body: &[Piece]) -> usize {
    let lengths = body.iter().map(|piece| match piece {
        Piece::Bytes(bytes) => bytes.len(),
        _ => 0,
    });
    lengths.sum()
}

/// The whole document, or its first half and a cut: the second half only counts for `Content-Length`.
fn halved(mut document: Bytes, cut: Option<Cut>) -> Vec<Piece> {
    let Some(cut) = cut else {
        return vec![Piece::Bytes(document)];
    };
    let rest = document.split_off(document.len() / 2);
    vec![Piece::Bytes(document), Piece::Cut(cut), Piece::Bytes(rest)]
}

fn recorded(recording: &Recording) -> Plan {
    let response = &recording.response;
    let chunks = response
        .chunks
        .iter()
        .map(|chunk| Piece::Bytes(chunk.text.clone().into()));
    let mut body: Vec<Piece> = chunks.collect();
    match response.end.as_str() {
        "closed by the server before the body was complete" => body.push(Piece::Cut(Cut::Close)),
        "client closed here" => body.push(Piece::Cut(Cut::Silence)),
        _ => {}
    }
    let framing = if response.framing == "chunked" {
        Framing::Chunked
    } else {
        Framing::Length
    };
    Plan {
        before: Vec::new(),
        head: head(response.status, &response.reason, &response.headers),
        body,
        framing,
        keep_alive: !says_close(&response.headers),
    }
}

fn head(status: u16, reason: &str, headers: &[(String, String)]) -> Bytes {
    let mut head = format!("HTTP/1.1 {status} {reason}\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    head.into()
}

/// Whether the connection ends with this message.
pub(super) fn says_close(headers: &[(String, String)]) -> bool {
    headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close")
    })
}

/// The usual reason phrase of a status.
pub(super) fn reason(status: u16) -> &'static str {
    let status = hyper::StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Unknown")
}
