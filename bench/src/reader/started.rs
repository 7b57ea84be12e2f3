//! Such a process, from outside.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::asking::Read;
use crate::neighbours::Provider;
use crate::process::{self, Memory};
use crate::spread::Samples;
use crate::subject::Programs;

/// How long it may take until it is ready: Python imports much.
const READY_LIMIT: Duration = Duration::from_mins(1);

/// How long reading may take at most.
const LIMIT: Duration = Duration::from_mins(2);

/// After everything has begun, and after everything has ended, until nothing is done any more.
const QUIET: Duration = Duration::from_millis(500);

/// Who reads.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind<'a> {
    /// The room of models of askwell.
    Askwell,
    /// A bare loop.
    Raw,
    /// OpenAI's own client, in this environment.
    Python(&'a Path),
}

/// The process; it ends when it is dropped.
pub(crate) struct Reader {
    /// Held, because it ends with it.
    _child: Child,
    /// The process whose memory and processor time are looked at.
    watched: u32,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

/// What reading came to.
pub(crate) struct Outcome {
    /// Streams that came to their end.
    pub(crate) whole: u32,
    /// How long after it was sent the last token of each was there.
    pub(crate) late: Samples,
    /// The processor time of a token.
    pub(crate) cpu_micros: f64,
    /// What each stream occupies.
    pub(crate) kib_each: f64,
    /// Processor time while tokens came, as a share of that time.
    pub(crate) share: f64,
}

impl Reader {
    /// Starts one on the servers' core; `dead` is asked before the provider.
    pub(crate) async fn start(
        programs: &Programs,
        kind: Kind<'_>,
        base_url: &str,
        ca_file: &Path,
        dead: Option<&str>,
    ) -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let mut process = match kind {
            Kind::Askwell | Kind::Raw => programs.pinned(&own),
            Kind::Python(python) => programs.pinned(python),
        };
        match kind {
            Kind::Askwell => process.args(["read", "--with", "askwell"]),
            Kind::Raw => process.args(["read", "--with", "raw"]),
            Kind::Python(_) => {
                let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
                process.arg("-B").arg(peers.join("openai_loop.py"))
            }
        };
        process.args(["--base-url", base_url]);
        process.arg("--ca-file").arg(ca_file);
        if let Some(dead) = dead {
            process.args(["--dead", dead]);
        }
        process.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = Command::from(process).kill_on_drop(true).spawn()?;
        let input = child.stdin.take().context("it has no input")?;
        let output = child.stdout.take().context("it has no output")?;
        let mut reader = Self {
            watched: child.id().context("it has ended")?,
            _child: child,
            input,
            output: BufReader::new(output).lines(),
        };
        tokio::time::timeout(READY_LIMIT, reader.line()).await??;
        Ok(reader)
    }

    /// Has another process looked at, through which it reads.
    pub(crate) fn watch(mut self, pid: u32) -> Self {
        self.watched = pid;
        self
    }

    /// Has it read so many streams of a provider that sends each so many tokens.
    pub(crate) async fn read(
        &mut self,
        provider: &Provider,
        streams: u32,
        tokens: u32,
        every: Duration,
    ) -> anyhow::Result<Outcome> {
        let pid = self.watched;
        let before = process::memory(pid)?;
        self.tell(&format!("read {streams}")).await?;
        provider.begun(usize::try_from(streams)?, LIMIT).await?;
        tokio::time::sleep(QUIET).await;
        let cpu = process::cpu_time(pid)?;
        let begun = tokio::time::Instant::now();
        let look = async {
            // Where all streams have had most of their tokens, and none has ended.
            tokio::time::sleep(every * tokens * 9 / 10).await;
            process::memory(pid)
        };
        let (written, during) = tokio::join!(provider.write(tokens, every), look);
        written?;
        let lasted = begun.elapsed();
        let line = tokio::time::timeout(LIMIT, self.line()).await??;
        let spent = process::cpu_time(pid)?.saturating_sub(cpu);
        let read: Read = serde_json::from_str(&line).context("read what it has read")?;
        let late = read.late_micros.into_iter().map(Duration::from_micros);
        Ok(Outcome {
            whole: read.whole,
            late: Samples::new(late.collect()),
            cpu_micros: spent.as_secs_f64() * 1e6 / (f64::from(streams) * f64::from(tokens)),
            kib_each: grown(before, during?) / f64::from(streams),
            share: spent.as_secs_f64() / lasted.as_secs_f64(),
        })
    }

    /// Has it ask one question; returns when the first token came.
    pub(crate) async fn first_token(&mut self) -> anyhow::Result<Duration> {
        self.tell("first").await?;
        let line = tokio::time::timeout(LIMIT, self.line()).await??;
        Ok(Duration::from_micros(line.trim().parse()?))
    }

    async fn tell(&mut self, line: &str) -> anyhow::Result<()> {
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        Ok(self.input.flush().await?)
    }

    async fn line(&mut self) -> anyhow::Result<String> {
        let line = self.output.next_line().await?;
        line.context("a reader has ended")
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn grown(before: Memory, after: Memory) -> f64 {
    after.resident_kib as f64 - before.resident_kib as f64
}
