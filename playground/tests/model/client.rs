//! A client that sees every byte.

use std::net::SocketAddr;

use askwell_playground::model::{ScriptedModel, Wire};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection, and what was read from it and not yet looked at.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A response, its framing taken off.
#[derive(Debug)]
pub(crate) struct Response {
    /// Status line and headers, to the empty line.
    pub(crate) head: String,
    /// HTTP chunks, or the whole body as one.
    pub(crate) chunks: Vec<Vec<u8>>,
    /// Whether the end of the body was told.
    pub(crate) is_complete: bool,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str, body: &[u8]) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.stream
            .write_all(&[head.as_bytes(), body].concat())
            .await
            .unwrap();
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn ask(&mut self, question: &str, stream: bool) {
        let body = completion(question, stream).to_string();
        self.send("POST", "/v1/chat/completions", body.as_bytes())
            .await;
    }

    /// Asks on a wire for a stream.
    pub(crate) async fn ask_on(&mut self, wire: Wire, question: &str) {
        let body = asked_on(wire, question, true).to_string();
        self.send("POST", &path(wire), body.as_bytes()).await;
    }

    pub(crate) async fn response(&mut self) -> Response {
        let head = self.head().await;
        let lower = head.to_lowercase();
        if lower.contains("transfer-encoding: chunked") {
            let (chunks, is_complete) = self.chunks().await;
            return Response {
                head,
                chunks,
                is_complete,
            };
        }
        let length = lower
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.split("\r\n").next());
        let length: usize = length.map_or(usize::MAX, |length| length.parse().unwrap());
        let body = self.take(length).await;
        let is_complete = body.len() == length;
        Response {
            head,
            chunks: vec![body],
            is_complete,
        }
    }

    /// To the empty line, or to the end of the connection.
    pub(crate) async fn head(&mut self) -> String {
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if !self.read().await {
                break self.buffer.len();
            }
        };
        String::from_utf8(self.buffer.drain(..end).collect()).unwrap()
    }

    /// One HTTP chunk; empty is the last, none the end of the connection.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        let end = loop {
            if let Some(end) = self.buffer.windows(2).position(|two| two == b"\r\n") {
                break end;
            }
            if !self.read().await {
                return None;
            }
        };
        let size = String::from_utf8(self.buffer.drain(..end + 2).collect()).unwrap();
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let chunk = self.take(size).await;
        assert_eq!(self.take(2).await, b"\r\n");
        Some(chunk)
    }

    async fn chunks(&mut self) -> (Vec<Vec<u8>>, bool) {
        let mut chunks = Vec::new();
        loop {
            match self.chunk().await {
                None => return (chunks, false),
                Some(chunk) if chunk.is_empty() => return (chunks, true),
                Some(chunk) => chunks.push(chunk),
            }
        }
    }

    async fn take(&mut self, length: usize) -> Vec<u8> {
        while self.buffer.len() < length && self.read().await {}
        self.buffer.drain(..length.min(self.buffer.len())).collect()
    }

    /// False at the end of the connection, whichever way it came.
    async fn read(&mut self) -> bool {
        self.stream
            .read_buf(&mut self.buffer)
            .await
            .is_ok_and(|read| read > 0)
    }

    /// How the connection ends: `None` with FIN.
    pub(crate) async fn end(&mut self) -> Option<std::io::ErrorKind> {
        loop {
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(error.kind()),
            }
        }
    }
}

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.chunks.concat()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// The data of all events but `[DONE]`.
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = self.text();
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter_map(|data| serde_json::from_str(data).ok())
            .collect()
    }

    /// The content of all deltas, and of no document.
    pub(crate) fn content(&self) -> String {
        let events = self.events();
        let contents = events
            .iter()
            .filter_map(|event| event["choices"][0]["delta"]["content"].as_str());
        contents.collect()
    }

    /// The text of all deltas, whichever wire tells it.
    pub(crate) fn spoken(&self) -> String {
        let events = self.events();
        let texts = events
            .iter()
            .filter_map(|event| match event["type"].as_str() {
                None => event["choices"][0]["delta"]["content"].as_str(),
                Some("response.output_text.delta") => event["delta"].as_str(),
                Some(_) => event["delta"]["text"].as_str(),
            });
        texts.collect()
    }

    /// The names of all events, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let text = self.text();
        let names = text.lines().filter_map(|line| line.strip_prefix("event: "));
        names.map(str::to_owned).collect()
    }

    /// The finish reasons told.
    pub(crate) fn finishes(&self) -> Vec<String> {
        let events = self.events();
        let reasons = events
            .iter()
            .filter_map(|event| event["choices"][0]["finish_reason"].as_str());
        reasons.map(str::to_owned).collect()
    }
}

pub(crate) fn completion(question: &str, stream: bool) -> Value {
    json!({"model": "m", "stream": stream, "messages": [
        {"role": "system", "content": "Be short."}, {"role": "user", "content": question}]})
}

/// A question in the words of a wire.
pub(crate) fn asked_on(wire: Wire, question: &str, stream: bool) -> Value {
    match wire {
        Wire::ChatCompletions => completion(question, stream),
        Wire::Responses => {
            json!({"model": "m", "stream": stream, "instructions": "Be short.", "input": [
                {"role": "user", "content": [{"type": "input_text", "text": question}]}]})
        }
        Wire::Messages => {
            json!({"model": "m", "stream": stream, "max_tokens": 9, "system": "Be short.", "messages": [
                {"role": "user", "content": [{"type": "text", "text": question}]}]})
        }
    }
}

pub(crate) fn path(wire: Wire) -> String {
    format!("/v1{}", wire.path())
}

/// Asks on a wire for a stream, on a connection of its own.
pub(crate) async fn ask_on(model: &ScriptedModel, wire: Wire, question: &str) -> Response {
    let body = asked_on(wire, question, true);
    exchange(model, "POST", &path(wire), &body).await
}

/// Asks on a wire for one document, on a connection of its own.
pub(crate) async fn ask_whole_on(model: &ScriptedModel, wire: Wire, question: &str) -> Response {
    let body = asked_on(wire, question, false);
    exchange(model, "POST", &path(wire), &body).await
}

/// Asks on a connection of its own.
pub(crate) async fn ask(model: &ScriptedModel, question: &str) -> Response {
    exchange(
        model,
        "POST",
        "/v1/chat/completions",
        &completion(question, true),
    )
    .await
}

/// Asks for one document on a connection of its own.
pub(crate) async fn ask_whole(model: &ScriptedModel, question: &str) -> Response {
    exchange(
        model,
        "POST",
        "/v1/chat/completions",
        &completion(question, false),
    )
    .await
}

pub(crate) async fn exchange(
    model: &ScriptedModel,
    method: &str,
    path: &str,
    body: &Value,
) -> Response {
    let mut client = Client::connect(model.address()).await;
    client.send(method, path, body.to_string().as_bytes()).await;
    client.response().await
}
