//! What such a process does: opens as many streams as it is told to and reads them to their ends.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use askwell::clock::{SystemClock, SystemIds};
use askwell::domain::completion::Delta;
use askwell::domain::prompt::{Prompt, Window};
use askwell::llm::{Manners, Models, Protocol, Router, Settings, TargetSettings, Way, Wire};
use askwell::ports::LanguageModel as _;
use clap::{Args, ValueEnum};
use futures_util::StreamExt as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::neighbours::{SENT_AT, WARM_UP, now_micros};

/// Streams that are begun together, and how long after the last ones.
const BATCH: u32 = 16;
const BETWEEN_BATCHES: Duration = Duration::from_millis(5);

/// Bytes that the bare loop reads at once, at most.
const BUFFER: usize = 4 * 1024;

/// How a dead model is given up, which it is after that long where it accepts and never answers.
const PATIENCE_WITH_THE_DEAD: Duration = Duration::from_millis(300);

/// Questions after which the breaker before a dead model has opened.
const UNTIL_IT_OPENS: u32 = 3;

/// What to read, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// With what.
    #[arg(long)]
    with: With,
    /// The model's base.
    #[arg(long)]
    base_url: url::Url,
    /// A model that is asked first and is dead.
    #[arg(long)]
    dead: Option<url::Url>,
    /// Whose certificates are trusted.
    #[arg(long)]
    ca_file: PathBuf,
}

/// What reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum With {
    /// The room of models of askwell.
    Askwell,
    /// A loop that reads a connection and throws away what it reads.
    Raw,
}

/// What came of the streams.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Read {
    /// Those that came to their end.
    pub(crate) whole: u32,
    /// How long after it was sent each last token was here.
    pub(crate) late_micros: Vec<u64>,
}

/// Obeys: `read N` opens so many streams and reads them, `first` asks one question and tells when its first token came.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let source = Source::new(options)?;
        if options.dead.is_some() {
            for _ in 0..UNTIL_IT_OPENS {
                source.read(WARM_UP).await?;
            }
        }
        source.read(WARM_UP).await?;
        say("ready")?;
        let mut line = String::new();
        while std::io::stdin().lock().read_line(&mut line)? > 0 {
            match line.trim().split_once(' ') {
                Some((_, count)) => {
                    let read = all(&source, count.parse()?).await?;
                    say(&serde_json::to_string(&read)?)?;
                }
                None => say(&source.first_token().await?.as_micros().to_string())?,
            }
            line.clear();
        }
        Ok(())
    })
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

async fn all(source: &Source, count: u32) -> anyhow::Result<Read> {
    let mut reading = JoinSet::new();
    for number in 0..count {
        if number % BATCH == 0 {
            tokio::time::sleep(BETWEEN_BATCHES).await;
        }
        let source = source.clone();
        reading.spawn(async move { source.read("hello").await });
    }
    let mut all = Read::default();
    while let Some(read) = reading.join_next().await {
        match read? {
            Ok(late) => {
                all.whole += 1;
                all.late_micros.extend(late);
            }
            Err(error) => eprintln!("{error:#}"),
        }
    }
    Ok(all)
}

/// Where streams come from.
#[derive(Clone)]
enum Source {
    Askwell(Arc<Router>),
    Raw(Arc<Bare>),
}

impl Source {
    fn new(options: &Options) -> anyhow::Result<Self> {
        Ok(match options.with {
            With::Askwell => Self::Askwell(Arc::new(router(options)?)),
            With::Raw => Self::Raw(Arc::new(Bare::new(options)?)),
        })
    }

    /// Reads one stream; returns how late its last token was, where it says when it was sent and somebody looks.
    async fn read(&self, question: &str) -> anyhow::Result<Option<u64>> {
        let router = match self {
            Self::Askwell(router) => router,
            // Apart, so that its buffer is not part of askwell's tasks.
            Self::Raw(bare) => return Box::pin(bare.read(question)).await.map(|()| None),
        };
        let mut deltas = router.complete(&Prompt::single(question, 700)).await?;
        let mut late = None;
        let mut is_whole = false;
        while let Some(delta) = deltas.next().await {
            match delta? {
                Delta::Text(text) => late = lateness(&text).or(late),
                Delta::Finished(_) => is_whole = true,
                _ => {}
            }
        }
        ensure!(is_whole, "a stream has no end");
        Ok(late)
    }

    async fn first_token(&self) -> anyhow::Result<Duration> {
        let Self::Askwell(router) = self else {
            anyhow::bail!("only askwell is asked for its first token");
        };
        let begun = Instant::now();
        let mut deltas = router.complete(&Prompt::single("hello", 700)).await?;
        let mut first = None;
        while let Some(delta) = deltas.next().await {
            if matches!(delta?, Delta::Text(_)) {
                first.get_or_insert_with(|| begun.elapsed());
            }
        }
        first.context("no token came")
    }
}

fn lateness(text: &str) -> Option<u64> {
    let (_, after) = text.split_once(SENT_AT)?;
    let sent: u128 = after.split_whitespace().next()?.parse().ok()?;
    u64::try_from(now_micros().saturating_sub(sent)).ok()
}

fn router(options: &Options) -> anyhow::Result<Router> {
    let target = |id: &str, base_url: &url::Url, first_token_timeout| TargetSettings {
        id: id.to_owned(),
        settings: Settings {
            protocol: Protocol::Own(Wire::ChatCompletions),
            base_url: base_url.clone(),
            api_keys: vec!["bench".into()],
            model: Some("bench".to_owned()),
            window: Window {
                total_tokens: 8_192,
                answer_tokens: 1_024,
            },
            sees: false,
            caches: false,
            user_key: None,
            price: None,
            manners: Manners::default(),
            way: Way {
                ca_file: Some(options.ca_file.clone()),
                ..Way::default()
            },
            first_token_timeout,
            idle_timeout: Duration::from_mins(1),
            total_timeout: Duration::from_mins(5),
            max_answer_bytes: 1024 * 1024,
        },
        most_at_once: None,
        fallbacks: Vec::new(),
    };
    let healthy = target("healthy", &options.base_url, Duration::from_mins(2));
    let targets = match &options.dead {
        Some(dead) => {
            let mut first = target("dead", dead, PATIENCE_WITH_THE_DEAD);
            first.fallbacks = vec!["healthy".to_owned()];
            vec![first, healthy]
        }
        None => vec![healthy],
    };
    let models = Models {
        targets,
        routes: std::collections::BTreeMap::new(),
    };
    let clock = Arc::new(SystemClock::start());
    Ok(Router::new(&models, clock, Arc::new(SystemIds))?)
}

/// A loop that knows where the bytes are and nothing else.
struct Bare {
    address: String,
    tls: Option<TlsConnector>,
}

impl Bare {
    fn new(options: &Options) -> anyhow::Result<Self> {
        let url = &options.base_url;
        let port = url.port().context("the base names no port")?;
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_file_iter(&options.ca_file)? {
            roots.add(authority?)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            address: format!("127.0.0.1:{port}"),
            tls: (url.scheme() == "https").then(|| TlsConnector::from(Arc::new(config))),
        })
    }

    async fn read(&self, question: &str) -> anyhow::Result<()> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            Some(tls) => {
                let name = ServerName::try_from("127.0.0.1")?;
                read_away(tls.connect(name, stream).await?, question).await
            }
            None => read_away(stream, question).await,
        }
    }
}

async fn read_away(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    question: &str,
) -> anyhow::Result<()> {
    const LAST: &[u8] = b"0\r\n\r\n";
    let body = serde_json::json!({
        "model": "bench", "stream": true, "messages": [{ "role": "user", "content": question }],
    });
    let body = body.to_string();
    let length = body.len();
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut buffer = [0; BUFFER];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0
            || buffer
                .get(..read)
                .is_some_and(|bytes| bytes.ends_with(LAST))
        {
            return Ok(());
        }
    }
}
