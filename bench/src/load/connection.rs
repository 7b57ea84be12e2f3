//! One kept connection: a request's bytes out, a reply's status and body in.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The longest reply that is taken, far above an echo of our own request and a page of a hundred rows.
const MAX_REPLY_BYTES: usize = 512 * 1024;

/// Headers of a reply, at most.
const MAX_HEADERS: usize = 32;

/// A connection and the reply it read last.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    body: std::ops::Range<usize>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(server: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(server)
            .await
            .with_context(|| format!("connect to {server}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(4096),
            body: 0..0,
        })
    }

    /// Sends a request and reads its reply to the end; anything but 200 is an error.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection instead of replying");
            }
            if let Some((status, body)) = parse(&self.buffer)? {
                if status != 200 {
                    bail!("the server replied with status {status}");
                }
                self.body = body;
                return Ok(self.body());
            }
            if self.buffer.len() > MAX_REPLY_BYTES {
                bail!("the server's reply is longer than {MAX_REPLY_BYTES} bytes");
            }
        }
    }

    /// The body of the last reply.
    pub(crate) fn body(&self) -> &[u8] {
        self.buffer.get(self.body.clone()).unwrap_or_default()
    }
}

/// Status and place of the body; `None` while it is not all there.
fn parse(bytes: &[u8]) -> anyhow::Result<Option<(u16, std::ops::Range<usize>)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes)? else {
        return Ok(None);
    };
    let status = response.code.unwrap_or_default();
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .context("read a reply without Content-Length")?;
    let length: usize = std::str::from_utf8(length.value)?.trim().parse()?;
    let body = head..head + length;
    Ok((bytes.len() >= body.end).then_some((status, body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read_when_it_is_all_there() {
        let reply = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ndate: now\r\n\r\nbody";
        for cut in 0..reply.len() {
            assert_eq!(parse(&reply[..cut]).unwrap(), None);
        }
        let (status, body) = parse(reply).unwrap().unwrap();
        assert_eq!((status, &reply[body]), (200, &b"body"[..]));
    }

    #[test]
    fn a_reply_of_unknown_length_is_refused() {
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
