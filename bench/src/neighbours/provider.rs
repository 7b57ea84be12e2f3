//! A provider that many ask at the same time: it begins to write when all are there, and then sends each a token every so often.
//!
//! It writes over plain HTTP/1.1, over TLS, or over HTTP/2 and TLS, with a certificate of an authority of its own. The last token of a
//! stream carries the time at which it was sent, by the wall clock that all processes of a machine share.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::model::{END, HEAD, chunk, read_request};

/// What the question says that is answered at once.
pub(crate) const WARM_UP: &str = "warm up";

/// What stands before the time in the last token.
pub(crate) const SENT_AT: &str = "sent at ";

/// Into how many parts a pace is divided, so that streams do not all get their tokens in the same moment.
const PHASES: usize = 20;

/// Streams that one HTTP/2 connection may carry, as nginx has it.
const MOST_STREAMS: u32 = 128;

/// How streams are carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carriage {
    /// HTTP/1.1, each stream over a connection of its own.
    Plain,
    /// The same over TLS.
    Tls,
    /// HTTP/2 over TLS.
    Shared,
}

/// The provider; it ends when it is dropped.
pub(crate) struct Provider {
    address: SocketAddr,
    carriage: Carriage,
    /// The certificate of its authority.
    pub(crate) ca_file: PathBuf,
    waiting: Arc<Waiting>,
    _serving: JoinSet<()>,
}

/// The streams that have begun and wait for their tokens.
#[derive(Default)]
struct Waiting {
    streams: Mutex<Vec<Stream>>,
    changed: Notify,
}

/// Where tokens of one question go.
enum Stream {
    Own(Box<dyn Connection>),
    Shared(h2::SendStream<Bytes>),
}

trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

impl Waiting {
    fn streams(&self) -> MutexGuard<'_, Vec<Stream>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, stream: Stream) {
        self.streams().push(stream);
        self.changed.notify_waiters();
    }
}

impl Stream {
    /// Sends an event, of which both forms are prepared.
    async fn send(&mut self, event: &Event) -> anyhow::Result<()> {
        match self {
            Self::Own(connection) => connection.write_all(&event.chunked).await?,
            Self::Shared(stream) => stream.send_data(event.bare.clone(), false)?,
        }
        Ok(())
    }

    async fn end(&mut self) -> anyhow::Result<()> {
        let stop = chunk("{}", r#""stop""#);
        match self {
            Self::Own(connection) => {
                connection.write_all((stop + END).as_bytes()).await?;
                connection.flush().await?;
            }
            Self::Shared(stream) => {
                stream.send_data(bare(&stop), false)?;
                stream.send_data(Bytes::from_static(b"data: [DONE]\n\n"), true)?;
            }
        }
        Ok(())
    }
}

/// An event as it is written over each kind of connection.
struct Event {
    chunked: Bytes,
    bare: Bytes,
}

impl Event {
    fn saying(word: &str) -> Self {
        let chunked = chunk(&format!(r#"{{"content":"{word}"}}"#), "null");
        Self {
            bare: bare(&chunked),
            chunked: chunked.into(),
        }
    }
}

/// Takes the frame off a chunk.
fn bare(chunked: &str) -> Bytes {
    let event = chunked.split_once("\r\n").map_or("", |(_, event)| event);
    Bytes::copy_from_slice(event.trim_end_matches("\r\n").as_bytes())
}

impl Provider {
    /// Starts on a free port of loopback; its authority's certificate is written to a folder.
    pub(crate) async fn start(carriage: Carriage, folder: &Path) -> anyhow::Result<Self> {
        let (acceptor, authority) = secure(carriage)?;
        let ca_file = folder.join("ca.pem");
        std::fs::write(&ca_file, authority)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let waiting = Arc::new(Waiting::default());
        let mut serving = JoinSet::new();
        let shared = Arc::clone(&waiting);
        serving.spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, waiting) = (acceptor.clone(), Arc::clone(&shared));
                guests.spawn(async move {
                    // That the other side closes is how every connection ends.
                    drop(serve(stream, carriage, acceptor, &waiting).await);
                });
                while guests.try_join_next().is_some() {}
            }
        });
        Ok(Self {
            address,
            carriage,
            ca_file,
            waiting,
            _serving: serving,
        })
    }

    /// What to configure as the base.
    pub(crate) fn base_url(&self) -> String {
        let scheme = match self.carriage {
            Carriage::Plain => "http",
            Carriage::Tls | Carriage::Shared => "https",
        };
        format!("{scheme}://{}/v1", self.address)
    }

    /// Waits until so many streams have begun.
    ///
    /// # Errors
    /// When `limit` passes first.
    pub(crate) async fn begun(&self, count: usize, limit: Duration) -> anyhow::Result<()> {
        let wait = async {
            loop {
                let mut changed = std::pin::pin!(self.waiting.changed.notified());
                changed.as_mut().enable();
                if self.waiting.streams().len() >= count {
                    return;
                }
                changed.await;
            }
        };
        let begun = tokio::time::timeout(limit, wait).await;
        begun.with_context(|| {
            let there = self.waiting.streams().len();
            format!("wait for {count} streams; {there} came")
        })
    }

    /// Sends so many tokens to each stream that has begun, one every so often, and ends them.
    pub(crate) async fn write(&self, tokens: u32, every: Duration) -> anyhow::Result<()> {
        let mut phases: Vec<Vec<Stream>> = (0..PHASES).map(|_| Vec::new()).collect();
        let streams = std::mem::take(&mut *self.waiting.streams());
        for (number, stream) in streams.into_iter().enumerate() {
            phases[number % PHASES].push(stream);
        }
        let begun = tokio::time::Instant::now();
        let mut writing = JoinSet::new();
        for (phase, mut streams) in (0_u32..).zip(phases) {
            let begun = begun + every * phase / u32::try_from(PHASES)?;
            writing.spawn(async move {
                let word = Event::saying(" steady");
                for number in 0..tokens {
                    tokio::time::sleep_until(begun + every * number).await;
                    for stream in &mut streams {
                        if number + 1 < tokens {
                            stream.send(&word).await?;
                        } else {
                            let last = format!(" {SENT_AT}{} ", now_micros());
                            stream.send(&Event::saying(&last)).await?;
                            stream.end().await?;
                        }
                    }
                }
                anyhow::Ok(())
            });
        }
        while let Some(written) = writing.join_next().await {
            written??;
        }
        Ok(())
    }
}

/// What the wall clock shows, in microseconds.
pub(crate) fn now_micros() -> u128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_micros()
}

/// Makes an authority and a server's certificate; returns the authority's.
fn secure(carriage: Carriage) -> anyhow::Result<(TlsAcceptor, String)> {
    let mut params = CertificateParams::new(Vec::new())?;
    params
        .distinguished_name
        .push(DnType::CommonName, "authority of the bench");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate()?;
    let authority = params.self_signed(&key)?;
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate()?;
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &issuer)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)?;
    let protocol: &[u8] = match carriage {
        Carriage::Plain | Carriage::Tls => b"http/1.1",
        Carriage::Shared => b"h2",
    };
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok((TlsAcceptor::from(Arc::new(config)), authority.pem()))
}

async fn serve(
    stream: TcpStream,
    carriage: Carriage,
    acceptor: TlsAcceptor,
    waiting: &Waiting,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    match carriage {
        Carriage::Plain => serve_own(stream, waiting).await,
        Carriage::Tls => serve_own(acceptor.accept(stream).await?, waiting).await,
        Carriage::Shared => serve_shared(acceptor.accept(stream).await?, waiting).await,
    }
}

async fn serve_own(mut stream: impl Connection + 'static, waiting: &Waiting) -> anyhow::Result<()> {
    let mut buffer = Vec::with_capacity(4 * 1024);
    loop {
        read_request(&mut stream, &mut buffer).await?;
        stream.write_all(HEAD.as_bytes()).await?;
        if !is_warm_up(&buffer) {
            stream.flush().await?;
            waiting.add(Stream::Own(Box::new(stream)));
            return Ok(());
        }
        let word = chunk(r#"{"content":"warm"}"#, r#""stop""#);
        stream.write_all((word + END).as_bytes()).await?;
        stream.flush().await?;
        buffer.clear();
    }
}

async fn serve_shared(stream: impl Connection, waiting: &Waiting) -> anyhow::Result<()> {
    let mut connection = h2::server::Builder::new()
        .max_concurrent_streams(MOST_STREAMS)
        .handshake(stream)
        .await?;
    let mut asked = JoinSet::new();
    loop {
        tokio::select! {
            question = connection.accept() => {
                let Some(question) = question else { return Ok(()) };
                let (request, mut respond) = question?;
                let mut stream = respond.send_response(http::Response::new(()), false)?;
                asked.spawn(async move {
                    let mut body = request.into_body();
                    let mut question = Vec::new();
                    while let Some(Ok(bytes)) = body.data().await {
                        drop(body.flow_control().release_capacity(bytes.len()));
                        question.extend_from_slice(&bytes);
                    }
                    if !is_warm_up(&question) {
                        return Some(stream);
                    }
                    let word = chunk(r#"{"content":"warm"}"#, r#""stop""#);
                    stream.send_data(bare(&word), true).ok()?;
                    None
                });
            }
            Some(begun) = asked.join_next() => {
                if let Some(stream) = begun? {
                    waiting.add(Stream::Shared(stream));
                }
            }
        }
    }
}

fn is_warm_up(question: &[u8]) -> bool {
    let wanted = WARM_UP.as_bytes();
    question.windows(wanted.len()).any(|words| words == wanted)
}
