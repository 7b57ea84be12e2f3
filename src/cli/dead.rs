//! `askwell dead`: answers that could be shown to nobody, looked at and tried again, also beside a process that serves.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use jiff::tz::TimeZone;

use super::failure::Failure;
use super::{CONFIGURATION_IS_WRONG, complain, say};
use crate::app::{self, Beside, DeadLetter, Letters, QuotedId};
use crate::clock::{SystemClock, SystemIds};
use crate::config::Config;
use crate::text::{Language, Notice, notify};

/// How many are listed, at most: whoever has more wants to know why, and not which.
const MOST_LISTED: u32 = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists them, the last one first: id, time, server, channel, outcome, and why; nothing of what people wrote.
    List,
    /// Has them published again, or asked again where they had no answer.
    Retry {
        /// The id that `list` shows and people are given to quote.
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// Every one.
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

pub(super) fn run(file: Option<&Path>, command: &Command) -> ExitCode {
    let config = match super::config::read(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let letters = match letters(command, config.language) {
        Ok(letters) => letters,
        Err(code) => return code,
    };
    match work(&config, letters) {
        Ok(code) => code,
        Err(failure) => {
            failure.complain(config.language);
            ExitCode::FAILURE
        }
    }
}

/// Says which dead letters are to be tried again; `None` where they are only to be looked at.
fn letters(command: &Command, language: Language) -> Result<Option<Letters>, ExitCode> {
    let id = match command {
        Command::List => return Ok(None),
        Command::Retry { id: None, .. } => return Ok(Some(Letters::All)),
        Command::Retry { id: Some(id), .. } => id,
    };
    let quoted = QuotedId::parse(id).map_err(|_| {
        complain(&format!(
            "{}\n",
            notify(language, &Notice::NotAQuotedId { id })
        ));
        ExitCode::from(CONFIGURATION_IS_WRONG)
    })?;
    Ok(Some(Letters::Quoted(quoted)))
}

fn work(config: &Config, letters: Option<Letters>) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::System)?;
    runtime.block_on(async {
        match letters {
            None => list(config).await,
            Some(letters) => retry(config, &letters).await,
        }
    })
}

/// Time and chance of a command.
fn command() -> Beside {
    Beside {
        clock: Arc::new(SystemClock::start()),
        ids: Arc::new(SystemIds),
    }
}

async fn list(config: &Config) -> Result<ExitCode, Failure> {
    let most = usize::try_from(MOST_LISTED).unwrap_or(usize::MAX);
    let letters = app::dead_letters(config, &command(), MOST_LISTED + 1).await?;
    let mut text = String::new();
    for letter in letters.iter().take(most) {
        text.push_str(&line(letter, config));
    }
    let notice = match letters.len() {
        0 => Some(Notice::NoDeadLetters),
        count => (count > most).then_some(Notice::MoreDeadLetters),
    };
    if let Some(notice) = notice {
        text.push_str(&notify(config.language, &notice));
        text.push('\n');
    }
    Ok(say(&text))
}

/// One dead letter in a line, its parts by two spaces.
fn line(letter: &DeadLetter, config: &Config) -> String {
    let DeadLetter {
        question,
        server,
        channel,
        asked_at,
        outcome,
        reason,
        detail,
    } = letter;
    let zone = TimeZone::get(&config.pipeline.time_zone).unwrap_or(TimeZone::UTC);
    let asked_at = jiff::Timestamp::from_microsecond(asked_at.as_micros()).unwrap_or_default();
    let asked_at = asked_at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z");
    let channel = channel.as_ref().map_or("-", |channel| channel.as_str());
    let outcome = outcome.as_ref().map_or("-", |outcome| outcome.as_str());
    let why = notify(config.language, &Notice::Undeliverable(*reason));
    let mut line = format!(
        "{}  {asked_at}  {server}  {channel}  {outcome}  {why}",
        question.quoted()
    );
    if !detail.is_empty() {
        write!(line, " ({detail})").expect("a string takes all that is written to it");
    }
    line.push('\n');
    line
}

async fn retry(config: &Config, letters: &Letters) -> Result<ExitCode, Failure> {
    let revived = app::revive(config, &command(), letters).await?;
    let count = u32::try_from(revived.len()).unwrap_or(u32::MAX);
    let language = config.language;
    match letters {
        Letters::Quoted(id) if count == 0 => {
            let id = id.as_str();
            let said = notify(language, &Notice::NoSuchDeadLetter { id });
            complain(&format!("{said}\n"));
            Ok(ExitCode::FAILURE)
        }
        Letters::All if count == 0 => {
            let said = notify(language, &Notice::NoDeadLetters);
            Ok(say(&format!("{said}\n")))
        }
        Letters::All | Letters::Quoted(_) => {
            let said = notify(language, &Notice::DeadLettersRevived { count });
            Ok(say(&format!("{said}\n")))
        }
    }
}
