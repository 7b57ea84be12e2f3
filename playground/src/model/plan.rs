//! What a connection does to answer one request, step by step.

use std::time::Duration;

use bytes::Bytes;

/// One step of a response body, before HTTP's framing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Bytes that become one HTTP chunk.
    Bytes(Bytes),
    /// A wait until the test opens the gate.
    Gate(String),
    /// A wait in real time, counted from the end of the last one, so that late wake-ups do not add up.
    Pause(Duration),
    /// The same chunk until the client leaves.
    Forever(Bytes),
    /// The end of the connection before the end of the body.
    Cut(Cut),
}

/// How a connection ends before its response does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// As if the server's process had closed it: FIN.
    Close,
    /// As if the server's machine had dropped it: RST.
    Reset,
    /// Not at all: nothing more is sent until the client leaves.
    Silence,
}

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// By HTTP chunks.
    Chunked,
    /// By `Content-Length`, which is already among the headers; the pieces are written as they are.
    Length,
    /// By the end of the connection.
    UntilClose,
}

/// A whole response.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// What is done before the first byte.
    pub(super) before: Vec<Piece>,
    /// Status line and headers, to the empty line; empty for a response of bare bytes.
    pub(super) head: Bytes,
    /// The body.
    pub(super) body: Vec<Piece>,
    /// How its end is told.
    pub(super) framing: Framing,
    /// Whether the connection serves the next request afterwards.
    pub(super) keep_alive: bool,
}

impl Plan {
    /// The steps as they go on the wire, framing included.
    pub(super) fn into_wire(self) -> Vec<Piece> {
        let framing = self.framing;
        let mut wire = self.before;
        if !self.head.is_empty() {
            wire.push(Piece::Bytes(self.head));
        }
        wire.extend(self.body.into_iter().map(|piece| framed(piece, framing)));
        let is_cut = matches!(wire.last(), Some(Piece::Cut(_) | Piece::Forever(_)));
        if framing == Framing::Chunked && !is_cut {
            append(&mut wire, b"0\r\n\r\n");
        }
        wire
    }
}

fn framed(piece: Piece, framing: Framing) -> Piece {
    match (piece, framing) {
        (Piece::Bytes(bytes), Framing::Chunked) => Piece::Bytes(chunk(&bytes)),
        (Piece::Forever(bytes), Framing::Chunked) => Piece::Forever(chunk(&bytes)),
        (piece, _) => piece,
    }
}

/// An empty chunk would end the body, so it becomes nothing.
fn chunk(bytes: &Bytes) -> Bytes {
    if bytes.is_empty() {
        return Bytes::new();
    }
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk.into()
}

/// Written together with what precedes it, so that a client that closes after the last word has left after the end.
fn append(wire: &mut Vec<Piece>, tail: &[u8]) {
    if let Some(Piece::Bytes(last)) = wire.last_mut() {
        *last = [last, tail].concat().into();
    } else {
        wire.push(Piece::Bytes(Bytes::copy_from_slice(tail)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(body: Vec<Piece>) -> Vec<Piece> {
        let head = Bytes::from_static(b"HEAD\r\n\r\n");
        let framing = Framing::Chunked;
        Plan {
            before: Vec::new(),
            head,
            body,
            framing,
            keep_alive: true,
        }
        .into_wire()
    }

    #[test]
    fn the_last_chunk_travels_with_the_last_word() {
        let wire = plan(vec![Piece::Bytes("안".into()), Piece::Bytes("녕".into())]);
        assert_eq!(wire[1], Piece::Bytes("3\r\n안\r\n".into()));
        assert_eq!(wire[2], Piece::Bytes("3\r\n녕\r\n0\r\n\r\n".into()));
    }

    #[test]
    fn a_cut_body_has_no_last_chunk() {
        let wire = plan(vec![Piece::Bytes("a".into()), Piece::Cut(Cut::Close)]);
        assert_eq!(wire[1], Piece::Bytes("1\r\na\r\n".into()));
        assert_eq!(wire.len(), 3);
    }

    #[test]
    fn an_empty_chunk_does_not_end_the_body() {
        let wire = plan(vec![Piece::Bytes("".into()), Piece::Bytes("a".into())]);
        assert_eq!(wire[1], Piece::Bytes(Bytes::new()));
    }
}
