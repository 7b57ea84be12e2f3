//! A provider of models over loopback, which answers what it was told to, byte by byte if need be.
//!
//! It knows no protocol: the bodies are those of the provider's documentation.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::sync::{Notify, Semaphore};

/// What it does after the last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Ends the reply properly.
    End,
    /// Closes the connection in the middle of it.
    Cut,
    /// Says nothing more.
    Silence,
    /// Says the last part again and again.
    Repeat,
}

/// One reply.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    status: u16,
    headers: String,
    parts: Vec<Vec<u8>>,
    then: Then,
}

impl Answered {
    pub(crate) fn new(status: u16, content_type: &str, parts: Vec<Vec<u8>>) -> Self {
        Self {
            status,
            headers: format!("content-type: {content_type}\r\n"),
            parts,
            then: Then::End,
        }
    }

    /// Objects as server-sent events.
    pub(crate) fn events(objects: &[&str]) -> Self {
        let parts = objects
            .iter()
            .map(|object| format!("data: {object}\r\n\r\n").into_bytes());
        Self::new(200, "text/event-stream", parts.collect())
    }

    /// Objects, one a line.
    pub(crate) fn lines(objects: &[&str]) -> Self {
        let parts = objects
            .iter()
            .map(|object| format!("{object}\n").into_bytes());
        Self::new(200, "application/stream+json", parts.collect())
    }

    pub(crate) fn refusal(status: u16, body: &str) -> Self {
        Self::new(status, "application/json", vec![body.as_bytes().to_vec()])
    }

    pub(crate) fn header(mut self, line: &str) -> Self {
        self.headers += line;
        self.headers += "\r\n";
        self
    }

    pub(crate) fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }

    /// The same in pieces of one byte.
    pub(crate) fn in_bytes(mut self) -> Self {
        self.parts = self.parts.concat().chunks(1).map(<[u8]>::to_vec).collect();
        self
    }

    /// Writes it; an error is a client that has left.
    fn write(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        let head = format!(
            "HTTP/1.1 {} Said\r\n{}transfer-encoding: chunked\r\nconnection: close\r\n\r\n",
            self.status, self.headers
        );
        stream.write_all(head.as_bytes())?;
        for part in &self.parts {
            write_chunk(stream, part)?;
        }
        match self.then {
            Then::End => stream.write_all(b"0\r\n\r\n"),
            Then::Cut => Ok(()),
            // Until the client leaves.
            Then::Silence => stream.read(&mut [0]).map(drop),
            Then::Repeat => loop {
                write_chunk(stream, self.parts.last().unwrap())?;
            },
        }
    }
}

fn write_chunk(stream: &mut TcpStream, part: &[u8]) -> std::io::Result<()> {
    let mut chunk = format!("{:x}\r\n", part.len()).into_bytes();
    chunk.extend_from_slice(part);
    chunk.extend_from_slice(b"\r\n");
    stream.write_all(&chunk)
}

/// What it was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// As `POST /v1/chat HTTP/1.1`.
    pub(crate) line: String,
    head: String,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }
}

#[derive(Default)]
struct Shared {
    answers: Mutex<VecDeque<Answered>>,
    asked: Mutex<Vec<Asked>>,
    was_asked: Notify,
    left: Semaphore0,
}

/// A semaphore that begins with nothing.
struct Semaphore0(Semaphore);

impl Default for Semaphore0 {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

/// The provider. Its threads end with the test's process.
pub(crate) struct Provider {
    pub(crate) base: String,
    shared: Arc<Shared>,
}

impl Provider {
    /// Starts one that gives these replies in their order, the last of them for ever.
    pub(crate) fn start(answers: &[Answered]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        shared
            .answers
            .lock()
            .unwrap()
            .extend(answers.iter().cloned());
        let own = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, own) = (stream.unwrap(), own.clone());
                std::thread::spawn(move || serve(stream, &own));
            }
        });
        Self { base, shared }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub(crate) async fn wait_until_asked(&self) {
        self.shared.was_asked.notified().await;
    }

    /// Waits until a client has left in the middle of a reply.
    pub(crate) async fn wait_until_left(&self) {
        self.shared.left.0.acquire().await.unwrap().forget();
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) {
    let Some(asked) = read(&mut stream) else {
        return;
    };
    shared.asked.lock().unwrap().push(asked);
    shared.was_asked.notify_one();
    let answer = {
        let mut answers = shared.answers.lock().unwrap();
        let next = answers.front().cloned().unwrap();
        if answers.len() > 1 {
            answers.pop_front();
        }
        next
    };
    let written = answer.write(&mut stream);
    if written.is_err() || answer.then == Then::Silence {
        shared.left.0.add_permits(1);
    }
}

fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        let mut more = [0; 4096];
        let count = stream.read(&mut more).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&more[..count]);
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            bytes.drain(..end + 4);
            let length = head.lines().find_map(|line| {
                let line = line.to_ascii_lowercase();
                line.strip_prefix("content-length: ")?.parse().ok()
            });
            break (head, length.unwrap_or(0));
        }
    };
    let mut rest = vec![0; length - bytes.len()];
    stream.read_exact(&mut rest).ok()?;
    bytes.extend(rest);
    Some(Asked {
        line: head.lines().next()?.to_owned(),
        head,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    })
}
