//! The order of the measurements, and what becomes of their results.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum};

use crate::machine;
use crate::measures::{
    Setting, acknowledgements, dead_primary, edits, events, first_byte, footprint, ledger, mention,
    page, peers, readers, streams, thread, tls_streams, token, waiting,
};
use crate::process;
use crate::report::{self, Section};
use crate::subject::Programs;

/// What to measure, and with what.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The release binary of askwell.
    #[arg(long)]
    askwell: PathBuf,
    /// The Python of an environment with FastAPI; without it that comparison shows askwell alone.
    #[arg(long)]
    python: Option<PathBuf>,
    /// The program of LiteLLM's proxy; without it that comparison is left out.
    #[arg(long)]
    litellm: Option<PathBuf>,
    /// Where databases are written for the time of the run: on the disk that is to be measured.
    #[arg(long)]
    directory: PathBuf,
    /// Where the table is written.
    #[arg(long)]
    results: PathBuf,
    /// How often each thing is measured.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    repetitions: u32,
    /// How many seconds a load lasts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=30))]
    seconds: u64,
    /// The core that servers run on; the generator belongs on another.
    #[arg(long, default_value_t = 0)]
    server_core: usize,
    /// Only these, in place of all.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Subject>,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// Acknowledgements a second.
    Acknowledgements,
    /// How long an acknowledgement takes at a moderate load.
    Waiting,
    /// How soon the model is asked.
    FirstByte,
    /// How many events a bot takes.
    Events,
    /// How soon the model is asked about a mention.
    Mention,
    /// The same in a long thread.
    Thread,
    /// Many answers at once.
    Streams,
    /// The price of a token.
    Token,
    /// A thousand streams and more over TLS.
    TlsStreams,
    /// How soon a fallback answers where the first model is dead.
    DeadPrimary,
    /// OpenAI's own client and LiteLLM's proxy.
    Readers,
    /// What budgets add to an answer.
    Ledger,
    /// How soon the administrators' page is there.
    Page,
    /// Memory, start, size.
    Footprint,
    /// Edits of a growing post.
    Edits,
    /// The Python program.
    Peers,
}

/// Measures everything that is asked for. A measurement that fails is reported in its place, and the others go on.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    fs::create_dir_all(&options.directory)?;
    // One thread: it is what the second core is for, and the clock of everything that is measured.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start the runtime")?;
    let setting = setting(options)?;
    let machine = machine::describe(&options.directory)?;
    let mut sections = Vec::new();
    let mut failures = 0;
    for subject in Subject::value_variants() {
        if !options.only.is_empty() && !options.only.contains(subject) {
            continue;
        }
        say(&format!("measuring: {subject:?}\n"))?;
        match runtime.block_on(subject.measure(&setting)) {
            Ok(section) => sections.push(section),
            Err(error) => {
                failures += 1;
                sections.push(unmeasured(*subject, &error));
            }
        }
    }
    let text = report::markdown(&machine, &sections);
    if let Some(folder) = options.results.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&options.results, &text)?;
    say(&format!("\n{text}"))?;
    ensure!(failures == 0, "{failures} measurements failed");
    Ok(())
}

impl Subject {
    async fn measure(self, setting: &Setting) -> anyhow::Result<Section> {
        match self {
            Self::Acknowledgements => acknowledgements::measure(setting).await,
            Self::Waiting => waiting::measure(setting).await,
            Self::FirstByte => first_byte::measure(setting).await,
            Self::Events => events::measure(setting).await,
            Self::Mention => mention::measure(setting).await,
            Self::Thread => thread::measure(setting).await,
            Self::Streams => streams::measure(setting).await,
            Self::Token => token::measure(setting).await,
            Self::TlsStreams => tls_streams::measure(setting).await,
            Self::DeadPrimary => dead_primary::measure(setting).await,
            Self::Readers => readers::measure(setting).await,
            Self::Ledger => ledger::measure(setting).await,
            Self::Page => page::measure(setting).await,
            Self::Footprint => footprint::measure(setting).await,
            Self::Edits => edits::measure(setting).await,
            Self::Peers => peers::measure(setting).await,
        }
    }
}

fn setting(options: &Options) -> anyhow::Result<Setting> {
    let ours = process::allowed_cores()?;
    if ours.contains(&options.server_core) {
        say("the generator may run on the servers' core, which makes every figure worse\n")?;
    }
    Ok(Setting {
        programs: Programs {
            askwell: options
                .askwell
                .canonicalize()
                .with_context(|| format!("find the binary {}", options.askwell.display()))?,
            // Not canonical: a virtual environment is known by the path of its Python.
            python: options
                .python
                .as_ref()
                .map(std::path::absolute)
                .transpose()?,
            litellm: options
                .litellm
                .as_ref()
                .map(std::path::absolute)
                .transpose()?,
            core: options.server_core,
            directory: options.directory.canonicalize()?,
        },
        repetitions: options.repetitions,
        load: Duration::from_secs(options.seconds),
    })
}

fn unmeasured(subject: Subject, error: &anyhow::Error) -> Section {
    Section {
        title: format!("{subject:?}"),
        rows: Vec::new(),
        notes: vec![format!("**not measured**: {error:#}")],
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
