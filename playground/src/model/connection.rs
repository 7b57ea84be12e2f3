//! One connection of HTTP/1.1, read and written by hand: the bytes and the ending are what scripts decide.

use std::io;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::Instant;

use super::gate::Gates;
use super::journal::Outcome;
use super::plan::{Cut, Piece};
use super::reply::Reply;
use super::request::Request;
use super::respond::says_close;
use super::server::State;

/// The longest head of a request: more than any client of a model sends.
pub(super) const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The longest body of a request: twice the largest prompt that a model with a million tokens takes as text.
pub(super) const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// The most headers of a request.
const MAX_HEADERS: usize = 64;

/// What a connection does after a response.
enum Next {
    ServeAnother,
    Close,
}

/// What came of reading a request.
enum Read {
    Request(Box<Request>),
    Refused(u16),
    Left,
}

/// Serves requests until one side closes.
pub(super) async fn serve(mut stream: TcpStream, state: Arc<State>) {
    // Without it a small chunk waits for the client's delayed acknowledgement.
    drop(stream.set_nodelay(true));
    let mut buffer = BytesMut::new();
    loop {
        let next = match read(&mut stream, &mut buffer).await {
            Ok(Read::Request(request)) => answer(&mut stream, &mut buffer, &state, *request).await,
            Ok(Read::Refused(status)) => refuse(&mut stream, status).await,
            Ok(Read::Left) | Err(_) => Next::Close,
        };
        match next {
            Next::ServeAnother => {}
            Next::Close => return,
        }
    }
}

async fn answer(
    stream: &mut TcpStream,
    buffer: &mut BytesMut,
    state: &State,
    mut request: Request,
) -> Next {
    let is_last = says_close(&request.headers);
    let journal = state.journal_of(&request);
    request.number = journal.arrive(request.clone());
    let plan = state.choose(&request).plan(&request);
    let keep_alive = plan.keep_alive && !is_last;

    let (mut reader, mut writer) = stream.split();
    let ended = tokio::select! {
        biased;
        () = until_client_leaves(&mut reader, buffer) => None,
        ended = write(&mut writer, &state.gates, plan.into_wire()) => ended.ok(),
    };
    if ended == Some(Some(Cut::Reset)) {
        // Refused only for a socket that is gone, which is what was wanted.
        drop(stream.set_zero_linger());
    }
    let outcome = if ended.is_some() {
        Outcome::Answered
    } else {
        Outcome::ClientLeft
    };
    journal.end(request.number, outcome);
    match ended {
        Some(None) if keep_alive => Next::ServeAnother,
        _ => Next::Close,
    }
}

/// Writes the response and says how it ended: with its last byte, or with a cut.
async fn write(
    writer: &mut WriteHalf<'_>,
    gates: &Gates,
    wire: Vec<Piece>,
) -> io::Result<Option<Cut>> {
    let mut due = Instant::now();
    for piece in wire {
        match piece {
            Piece::Bytes(bytes) => writer.write_all(&bytes).await?,
            Piece::Gate(name) => {
                gates.pass(&name).await;
                due = Instant::now();
            }
            Piece::Pause(pause) => {
                due += pause;
                tokio::time::sleep_until(due).await;
            }
            Piece::Forever(bytes) => loop {
                writer.write_all(&bytes).await?;
            },
            Piece::Cut(Cut::Silence) => std::future::pending().await,
            Piece::Cut(cut) => return Ok(Some(cut)),
        }
    }
    Ok(None)
}

/// Returns when the client has closed or reset its side. What it sends meanwhile is kept for the next request.
async fn until_client_leaves(reader: &mut ReadHalf<'_>, buffer: &mut BytesMut) {
    loop {
        if buffer.len() > MAX_HEAD_BYTES + MAX_BODY_BYTES {
            return; // nobody pipelines that much
        }
        match reader.read_buf(buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

async fn refuse(stream: &mut TcpStream, status: u16) -> Next {
    let request = Request::nothing();
    let reply = Reply::error(
        status,
        "The request cannot be read.",
        "invalid_request_error",
        None,
    );
    for piece in reply.plan(&request).into_wire() {
        if let Piece::Bytes(bytes) = piece {
            drop(stream.write_all(&bytes).await); // the client may be gone, and we are leaving
        }
    }
    Next::Close
}

async fn read(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Read> {
    let (mut request, head) = loop {
        match parse_head(buffer) {
            Head::Whole(request, length) => break (request, length),
            Head::Refused(status) => return Ok(Read::Refused(status)),
            Head::Partial if buffer.len() > MAX_HEAD_BYTES => return Ok(Read::Refused(431)),
            Head::Partial => {}
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(Read::Left);
        }
    };
    buffer.advance(head);
    let length = match request.header("content-length").map(str::parse::<usize>) {
        None => 0,
        Some(Ok(length)) if length <= MAX_BODY_BYTES => length,
        Some(Ok(_)) => return Ok(Read::Refused(413)),
        Some(Err(_)) => return Ok(Read::Refused(400)),
    };
    if request.header("transfer-encoding").is_some() {
        return Ok(Read::Refused(411));
    }
    if request.header("expect").is_some() && buffer.len() < length {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(Read::Left);
        }
    }
    let body: Bytes = buffer.split_to(length).freeze();
    request.body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    request.bytes = body.into();
    Ok(Read::Request(Box::new(request)))
}

enum Head {
    Whole(Request, usize),
    Partial,
    Refused(u16),
}

fn parse_head(bytes: &[u8]) -> Head {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Head::Partial,
        Err(httparse::Error::TooManyHeaders) => return Head::Refused(431),
        Err(_) => return Head::Refused(400),
    };
    let headers = parsed.headers.iter().map(|header| {
        let value = String::from_utf8_lossy(header.value);
        (header.name.to_owned(), value.into_owned())
    });
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: parsed.path.unwrap_or_default().to_owned(),
        headers: headers.collect(),
        ..Request::nothing()
    };
    Head::Whole(request, length)
}
