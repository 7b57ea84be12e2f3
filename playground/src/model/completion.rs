//! Everything that a script can say about a completion, and what all wires make of it in the same way.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::failure::Failure;
use super::plan::{Cut, Piece};
use super::request::Request;

/// The time in every completion: scripted answers know no clock.
pub(super) const CREATED: u64 = 1_795_351_717;

/// How many tokens a completion says it used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt: u64,
    /// Tokens of the answer.
    pub completion: u64,
}

/// Where a stream tells its usage. Other wires than chat completions have one place for it, and only know `Never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsagePlace {
    /// In a chunk of its own with `choices: []`, only where it was asked for. This is the default.
    WhenAsked,
    /// In a chunk of its own with `choices: []`, asked for or not.
    OwnChunk,
    /// In a chunk of its own with one empty choice.
    EmptyChoice,
    /// On the chunk that carries the finish reason.
    FinishChunk,
    /// On the last chunk that carries content.
    LastContentChunk,
    /// Nowhere, also where it was asked for.
    Never,
}

/// How a stream of chat completions tells the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleChunk {
    /// A first chunk of its own with `content: ""`, as `OpenAI` does. This is the default.
    Empty,
    /// A first chunk of its own with `content: null`, as llama-server does.
    Null,
    /// In every delta, as Ollama does.
    Everywhere,
    /// Not at all.
    Absent,
}

/// What ends a line of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// `\n`, as every server sends it that was recorded.
    Lf,
    /// `\r\n`.
    CrLf,
    /// `\r`.
    Cr,
}

#[derive(Debug, Clone)]
pub(super) enum Part {
    Content(String),
    Delta(Value),
    Event(Value),
    Error(String),
    NoChoices,
    Raw(Bytes),
    Endless(String),
    Gate(String),
    Pause(Duration),
    Cut(Cut),
}

/// Everything that a script can say about a completion.
#[derive(Debug, Clone)]
pub(super) struct Completion {
    pub(super) parts: Vec<Part>,
    pub(super) finish: Option<String>,
    pub(super) usage: Option<Usage>,
    pub(super) usage_place: UsagePlace,
    pub(super) role: RoleChunk,
    pub(super) done: bool,
    pub(super) line_end: LineEnd,
    pub(super) byte_order_mark: bool,
    pub(super) chunk_size: Option<usize>,
    pub(super) model: Option<String>,
}

impl Completion {
    pub(super) fn new() -> Self {
        Self {
            parts: Vec::new(),
            finish: Some("stop".to_owned()),
            usage: None,
            usage_place: UsagePlace::WhenAsked,
            role: RoleChunk::Empty,
            done: true,
            line_end: LineEnd::Lf,
            byte_order_mark: false,
            chunk_size: None,
            model: None,
        }
    }

    /// The body of a stream, as its bytes are cut into HTTP chunks.
    pub(super) fn framed(&self, mut pieces: Vec<Piece>) -> Vec<Piece> {
        if self.byte_order_mark {
            pieces.insert(0, Piece::Bytes(Bytes::from_static(b"\xef\xbb\xbf")));
        }
        match self.chunk_size {
            Some(size) => rechunk(pieces, size),
            None => pieces,
        }
    }

    /// The waits of the script, which a document has all before its first byte.
    pub(super) fn waits(&self) -> Vec<Piece> {
        let waits = self.parts.iter().filter_map(|part| match part {
            Part::Gate(name) => Some(Piece::Gate(name.clone())),
            Part::Pause(pause) => Some(Piece::Pause(*pause)),
            _ => None,
        });
        waits.collect()
    }

    /// The cut of the script, where there is one.
    pub(super) fn cut(&self) -> Option<Cut> {
        self.parts.iter().find_map(|part| match part {
            Part::Cut(cut) => Some(*cut),
            _ => None,
        })
    }

    /// What a request without a stream is refused with: the first object or error that the script puts in the stream
    /// in place of content.
    pub(super) fn failure(&self, request: &Request) -> Option<Value> {
        self.parts.iter().find_map(|part| match part {
            Part::Event(event) => Some(event.clone()),
            Part::Error(message) => Some(Failure::of_server(message).response(request).1),
            _ => None,
        })
    }

    pub(super) fn is_endless(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Endless(_)))
    }

    pub(super) fn model_name<'a>(&'a self, request: &'a Request) -> &'a str {
        self.model.as_deref().unwrap_or(request.model())
    }

    /// How many tokens to tell.
    pub(super) fn usage(&self, request: &Request) -> Usage {
        self.usage.unwrap_or_else(|| self.counted(request))
    }

    /// A token a word of the prompt and a token a delta of the answer: plausible, and easy to work out in a test.
    fn counted(&self, request: &Request) -> Usage {
        let messages = request.messages();
        let words = messages
            .iter()
            .map(|(_, text)| text.split_whitespace().count());
        let deltas = self
            .parts
            .iter()
            .filter(|part| matches!(part, Part::Content(_)));
        Usage {
            prompt: words.sum::<usize>() as u64,
            completion: deltas.count() as u64,
        }
    }

    /// An event that has a name where its data has a `type`.
    pub(super) fn named_event(&self, event: &Value) -> Piece {
        match event["type"].as_str() {
            Some(name) => self.lines(&[&format!("event: {name}"), &format!("data: {event}")]),
            None => self.event(event),
        }
    }

    pub(super) fn event(&self, event: &Value) -> Piece {
        self.lines(&[&format!("data: {event}")])
    }

    pub(super) fn lines(&self, lines: &[&str]) -> Piece {
        let end = match self.line_end {
            LineEnd::Lf => "\n",
            LineEnd::CrLf => "\r\n",
            LineEnd::Cr => "\r",
        };
        Piece::Bytes(format!("{}{end}{end}", lines.join(end)).into())
    }
}

/// Whether a stream has come to where nothing can follow.
pub(super) fn is_cut(pieces: &[Piece]) -> bool {
    matches!(pieces.last(), Some(Piece::Cut(_) | Piece::Forever(_)))
}

/// Cuts what lies between two waits anew, wherever characters end.
fn rechunk(pieces: Vec<Piece>, size: usize) -> Vec<Piece> {
    let mut cut = Vec::new();
    let mut run = Vec::new();
    let flush = |run: &mut Vec<u8>, cut: &mut Vec<Piece>| {
        cut.extend(
            run.chunks(size)
                .map(|bytes| Piece::Bytes(Bytes::copy_from_slice(bytes))),
        );
        run.clear();
    };
    for piece in pieces {
        if let Piece::Bytes(bytes) = piece {
            run.extend_from_slice(&bytes);
        } else {
            flush(&mut run, &mut cut);
            cut.push(piece);
        }
    }
    flush(&mut run, &mut cut);
    cut
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{chat, messages, responses};
    use super::*;

    fn bytes(pieces: &[Piece]) -> Vec<u8> {
        let pieces = pieces.iter().filter_map(|piece| match piece {
            Piece::Bytes(bytes) => Some(bytes.as_ref()),
            _ => None,
        });
        pieces.collect::<Vec<_>>().concat()
    }

    proptest! {
        #[test]
        fn however_a_stream_is_cut_its_bytes_and_waits_stay(texts: Vec<String>, size in 1..40_usize) {
            let mut whole = Completion::new();
            for text in texts {
                whole.parts.push(Part::Content(text));
                whole.parts.push(Part::Gate("here".to_owned()));
            }
            let cut = Completion { chunk_size: Some(size), ..whole.clone() };
            for stream in [chat::stream, responses::stream, messages::stream] {
                let (whole, cut) = (stream(&whole, &Request::nothing()), stream(&cut, &Request::nothing()));
                prop_assert_eq!(bytes(&whole), bytes(&cut));
                let gates = |pieces: &[Piece]| pieces.iter().filter(|piece| matches!(piece, Piece::Gate(_))).count();
                prop_assert_eq!(gates(&whole), gates(&cut));
                for piece in &cut {
                    if let Piece::Bytes(bytes) = piece {
                        prop_assert!((1..=size).contains(&bytes.len()));
                    }
                }
            }
        }
    }
}
