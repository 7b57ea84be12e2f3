//! A model that notes when the first byte of a request arrives, and says little.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::sightings::Sightings;
use crate::load::Asked;

/// The longest request that is taken: far above a short question with its instructions.
const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

const MAX_HEADERS: usize = 64;

const MODELS: &str =
    r#"{"object":"list","data":[{"id":"bench","object":"model","created":1,"owned_by":"bench"}]}"#;

/// What a model does when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It never begins to reply, so that whoever asked is busy with nothing.
    Silent,
    /// It replies at once with one short sentence.
    Brief,
    /// It replies at once, and says so many words, one every so often.
    Steady {
        /// How many.
        words: u32,
        /// How long after the one before.
        every: Duration,
    },
}

/// The model; it ends when it is dropped.
pub(crate) struct FakeModel {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// When the first byte about each question arrived.
    pub(crate) asked: Sightings,
    /// When the last word about each question was sent, of those that come steadily.
    pub(crate) ended: Sightings,
    _serving: JoinSet<()>,
}

impl FakeModel {
    /// Starts on a free port of loopback.
    pub(crate) async fn start(manner: Manner) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (asked, ended) = (Sightings::default(), Sightings::default());
        let mut serving = JoinSet::new();
        let seen = (asked.clone(), ended.clone());
        serving.spawn(accept(listener, manner, seen));
        Ok(Self {
            address,
            asked,
            ended,
            _serving: serving,
        })
    }

    /// What to configure as `OPENAI_BASE_URL`.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

/// When each question was asked, and when its answer had ended.
type Seen = (Sightings, Sightings);

async fn accept(listener: TcpListener, manner: Manner, seen: Seen) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let seen = seen.clone();
        connections.spawn(async move {
            // That the other side closes is how every connection ends.
            drop(serve(stream, manner, &seen).await);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut stream: TcpStream, manner: Manner, (asked, ended): &Seen) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 * 1024);
    loop {
        let (arrived, request) = read_request(&mut stream, &mut buffer).await?;
        if request.is_list {
            let length = MODELS.len();
            let reply = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{MODELS}"
            );
            stream.write_all(reply.as_bytes()).await?;
        } else {
            let question = Asked::find_in(&buffer);
            if let Some(question) = question {
                asked.note(question, arrived);
            }
            match manner {
                Manner::Steady { words, every } => {
                    say_steadily(&mut stream, words, every).await?;
                    if let Some(question) = question {
                        ended.note(question, Instant::now());
                    }
                    stream.write_all(END.as_bytes()).await?;
                }
                Manner::Brief => stream.write_all(brief_answer().as_bytes()).await?,
                Manner::Silent => wait_until_closed(&mut stream).await?,
            }
        }
        buffer.clear();
    }
}

pub(super) struct Request {
    is_list: bool,
}

/// Reads one request; returns when its first byte arrived.
pub(super) async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> anyhow::Result<(Instant, Request)> {
    let mut arrived = None;
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the client has closed");
        }
        let arrived = *arrived.get_or_insert_with(Instant::now);
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        if let httparse::Status::Complete(head) = request.parse(buffer)?
            && buffer.len() >= head + body_length(&request)?
        {
            let is_list = request.method == Some("GET");
            return Ok((arrived, Request { is_list }));
        }
        if buffer.len() > MAX_REQUEST_BYTES {
            bail!("a request is longer than {MAX_REQUEST_BYTES} bytes");
        }
    }
}

fn body_length(request: &httparse::Request<'_, '_>) -> anyhow::Result<usize> {
    let header = request
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let Some(header) = header else { return Ok(0) };
    let length = std::str::from_utf8(header.value)?.trim();
    length.parse().context("read a Content-Length")
}

pub(super) const HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

pub(super) const END: &str = "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";

pub(super) fn chunk(delta: &str, finish: &str) -> String {
    let event = format!(
        "data: {{\"id\":\"bench\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"bench\",\
         \"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
    );
    format!("{:x}\r\n{event}\r\n", event.len())
}

/// Says words at a steady pace, and that they are all.
async fn say_steadily(stream: &mut TcpStream, words: u32, every: Duration) -> anyhow::Result<()> {
    let word = chunk(r#"{"content":" steady"}"#, "null");
    stream.write_all(HEAD.as_bytes()).await?;
    let begun = tokio::time::Instant::now();
    for number in 0..words {
        tokio::time::sleep_until(begun + every * number).await;
        stream.write_all(word.as_bytes()).await?;
    }
    stream
        .write_all(chunk("{}", r#""stop""#).as_bytes())
        .await?;
    Ok(())
}

fn brief_answer() -> String {
    let text = chunk(
        r#"{"role":"assistant","content":"A short answer."}"#,
        "null",
    );
    let stop = chunk("{}", r#""stop""#);
    format!("{HEAD}{text}{stop}{END}")
}

async fn wait_until_closed(stream: &mut TcpStream) -> anyhow::Result<()> {
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    bail!("the client has closed");
}
