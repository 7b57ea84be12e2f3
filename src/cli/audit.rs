//! `askwell audit`: who did what, when; written out, and held against its hashes.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::failure::Failure;
use super::{complain, say};
use crate::app::{self, AuditFlaw, AuditRecord, AuditTrail, AuditVerdict, Beside, Timestamp, csv};
use crate::clock::{SystemClock, SystemIds};
use crate::config::Config;
use crate::text::{AuditSaying, Language, say_of_audit};

/// How many entries are read at a time.
const PAGE: u32 = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Reads the whole trail and says whether it is as it was written, or else which entry is the first that is not.
    ///
    /// Exits with 1 where it was tampered with. The hash that it shows, kept elsewhere, proves later that nothing was written anew.
    Verify,
    /// Writes the trail to standard output, the oldest entry first.
    Export {
        /// As what.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Only what comes after this entry.
        #[arg(long, value_name = "SEQ", default_value_t = 0)]
        after: u64,
    },
}

/// As what the trail is written out.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Format {
    /// An array, an entry a line.
    #[default]
    Json,
    /// For spreadsheets: nothing in it is calculated.
    Csv,
}

pub(super) fn run(file: Option<&Path>, command: &Command) -> ExitCode {
    let config = match super::config::read(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    match work(&config, command) {
        Ok(code) => code,
        Err(failure) => {
            failure.complain(config.language);
            ExitCode::FAILURE
        }
    }
}

fn work(config: &Config, command: &Command) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::System)?;
    let beside = Beside {
        clock: Arc::new(SystemClock::start()),
        ids: Arc::new(SystemIds),
    };
    runtime.block_on(async {
        let trail = app::audit_trail(config, &beside).await?;
        match *command {
            Command::Verify => {
                let verdict = trail.verify_audit().await;
                Ok(tell(
                    config.language,
                    verdict.map_err(app::StartError::from)?,
                ))
            }
            Command::Export { format, after } => export(&*trail, format, after).await,
        }
    })
}

fn tell(language: Language, verdict: AuditVerdict) -> ExitCode {
    match verdict {
        AuditVerdict::Whole { entries, last_hash } => {
            let entries = entries.to_string().into();
            let hash = last_hash.into();
            let said = say_of_audit(language, &AuditSaying::Whole { entries, hash });
            say(&format!("{said}\n"))
        }
        AuditVerdict::Broken { seq, flaw } => {
            let seq = seq.to_string().into();
            let saying = match flaw {
                AuditFlaw::Missing => AuditSaying::Missing { seq },
                AuditFlaw::Changed => AuditSaying::Changed { seq },
                AuditFlaw::Unlinked => AuditSaying::Unlinked { seq },
            };
            complain(&format!("{}\n", say_of_audit(language, &saying)));
            ExitCode::FAILURE
        }
    }
}

async fn export(
    trail: &dyn AuditTrail,
    format: Format,
    mut after: u64,
) -> Result<ExitCode, Failure> {
    // Standard output is not kept locked across the reading.
    let mut out = BufWriter::new(io::stdout());
    let mut written = format.begin(&mut out);
    let mut is_first = true;
    loop {
        let entries = trail.audited_after(after, PAGE).await;
        let entries = entries.map_err(app::StartError::from)?;
        let Some(last) = entries.last() else { break };
        after = last.seq;
        for entry in &entries {
            written = written.and_then(|()| format.write(&mut out, entry, is_first));
            is_first = false;
        }
        if written.is_err() {
            break;
        }
    }
    let ended = written
        .and_then(|()| format.end(&mut out))
        .and_then(|()| out.flush());
    // Whoever reads may have had enough of it, as `head` does.
    Ok(match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

impl Format {
    fn begin(self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Json => out.write_all(b"["),
            Self::Csv => out.write_all(csv::row(COLUMNS).as_bytes()),
        }
    }

    fn write(self, out: &mut impl Write, entry: &AuditRecord, is_first: bool) -> io::Result<()> {
        match self {
            Self::Json => {
                let comma = if is_first { "\n" } else { ",\n" };
                write!(out, "{comma}{}", as_json(entry))
            }
            Self::Csv => out.write_all(as_csv(entry).as_bytes()),
        }
    }

    fn end(self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Json => out.write_all(b"\n]\n"),
            Self::Csv => Ok(()),
        }
    }
}

/// What an entry has, by the names that both formats give it.
const COLUMNS: [&str; 10] = [
    "seq",
    "time",
    "at_micros",
    "server",
    "actor",
    "action",
    "subject",
    "detail",
    "previous",
    "hash",
];

fn as_json(entry: &AuditRecord) -> serde_json::Value {
    json!({
        "seq": entry.seq,
        "time": utc(entry.at),
        "at_micros": entry.at.as_micros(),
        "server": entry.server,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
        "previous": entry.previous,
        "hash": entry.hash,
    })
}

fn as_csv(entry: &AuditRecord) -> String {
    csv::row([
        entry.seq.to_string().as_str(),
        &utc(entry.at),
        &entry.at.as_micros().to_string(),
        &entry.server,
        &entry.actor,
        &entry.action,
        &entry.subject,
        &entry.detail,
        &entry.previous,
        &entry.hash,
    ])
}

/// Writes a time as RFC 3339 has it, in UTC and to the microsecond.
fn utc(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_give_the_same_names_to_the_same_things() {
        let entry = AuditRecord {
            seq: 1,
            at: Timestamp::from_micros(1_790_000_000_000_000),
            server: "main".to_owned(),
            actor: "operator:=cmd".to_owned(),
            action: "exported".to_owned(),
            subject: "=1+1".to_owned(),
            detail: "a, b".to_owned(),
            previous: AuditRecord::NO_HASH.to_owned(),
            hash: "00".to_owned(),
        };
        let json = as_json(&entry);
        let named: Vec<_> = COLUMNS
            .iter()
            .filter(|name| json.get(name).is_some())
            .collect();
        assert_eq!(named.len(), COLUMNS.len());
        assert_eq!(json.as_object().unwrap().len(), COLUMNS.len());
        let csv = as_csv(&entry);
        assert!(csv.starts_with("1,2026-09-21T"), "{csv}");
        assert!(
            csv.contains(",operator:=cmd,exported,'=1+1,\"a, b\","),
            "{csv}"
        );
    }
}
