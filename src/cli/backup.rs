//! `askwell backup` and `askwell restore`: a copy of the database while it is served, and the way back.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::failure::Failure;
use super::{complain, say};
use crate::app::{
    self, AuditVerdict, BackupError, Beside, Contents, CopyError, Restored, Timestamp,
};
use crate::clock::{SystemClock, SystemIds};
use crate::config::Config;
use crate::text::{BackupSaying, Explanation, Language, explain as explained, say_of_backup};

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file that is written; it must not be there yet.
    #[arg(value_name = "TO")]
    to: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// A file that `askwell backup` wrote.
    #[arg(value_name = "FILE")]
    copy: PathBuf,
    /// Only reads it to its end, and says whether it is whole and what it would bring back. Also while askwell serves.
    #[arg(long)]
    check: bool,
}

pub(super) fn back_up(file: Option<&Path>, arguments: &Backup) -> ExitCode {
    let postgres = BackupSaying::ByPgDump {
        path: shown(&arguments.to),
    };
    run(file, &arguments.to, &postgres, async |config, beside| {
        let to = &arguments.to;
        let size_bytes = app::back_up(config, beside, to, &operator()).await?;
        let (path, bytes) = (shown(to), size_bytes.to_string().into());
        Ok(vec![BackupSaying::Made { path, bytes }])
    })
}

pub(super) fn restore(file: Option<&Path>, arguments: &Restore) -> ExitCode {
    let copy = &arguments.copy;
    let postgres = BackupSaying::ByPgRestore { path: shown(copy) };
    run(file, copy, &postgres, async |config, beside| {
        if arguments.check {
            let contents = app::inspect_backup(copy).await?;
            return Ok(told(copy, &contents, beside.clock.now()));
        }
        let Restored { contents, kept } = app::restore(config, beside, copy, &operator()).await?;
        let mut said = told(copy, &contents, beside.clock.now());
        if let Some(database) = config.database_file() {
            let path = shown(database).into_owned().into();
            said.push(BackupSaying::Restored { path });
        }
        if let Some(kept) = kept {
            let path = shown(&kept).into_owned().into();
            said.push(BackupSaying::Kept { path });
        }
        Ok(said)
    })
}

/// Runs one of them, and says what came of it; the code says whether all is well with the copy.
fn run<'a>(
    file: Option<&Path>,
    named: &Path,
    postgres: &BackupSaying<'_>,
    work: impl AsyncFnOnce(&Config, &Beside) -> Result<Vec<BackupSaying<'a>>, BackupError>,
) -> ExitCode {
    let config = match super::config::read(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let language = config.language;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime.map_err(Failure::System) {
        Ok(runtime) => runtime,
        Err(failure) => {
            failure.complain(language);
            return ExitCode::FAILURE;
        }
    };
    let beside = Beside {
        clock: Arc::new(SystemClock::start()),
        ids: Arc::new(SystemIds),
    };
    match runtime.block_on(work(&config, &beside)) {
        Ok(said) => tell(language, &said),
        Err(error) => {
            explain(&config, named, postgres, error);
            ExitCode::FAILURE
        }
    }
}

fn tell(language: Language, said: &[BackupSaying<'_>]) -> ExitCode {
    let mut lines = String::new();
    for saying in said {
        lines.push_str(&say_of_backup(language, saying));
        lines.push('\n');
    }
    let is_well = |saying: &BackupSaying<'_>| !matches!(saying, BackupSaying::TrailBroken { .. });
    let code = say(&lines);
    if said.iter().all(is_well) {
        return code;
    }
    ExitCode::FAILURE
}

/// What there is to say of a copy that is whole.
fn told<'a>(copy: &'a Path, contents: &Contents, now: Timestamp) -> Vec<BackupSaying<'a>> {
    let mut said = vec![BackupSaying::Whole {
        path: shown(copy),
        questions: contents.questions.to_string().into(),
        waiting: contents.waiting.to_string().into(),
        calls: contents.calls.to_string().into(),
    }];
    said.push(match contents.newest {
        None => BackupSaying::NothingInIt,
        Some(newest) => BackupSaying::Newest {
            time: utc(newest).into(),
            age: age(newest, now).into(),
        },
    });
    said.push(match &contents.trail {
        None => BackupSaying::TrailAbsent,
        Some(AuditVerdict::Whole { entries, last_hash }) => BackupSaying::TrailWhole {
            entries: entries.to_string().into(),
            hash: last_hash.clone().into(),
        },
        Some(AuditVerdict::Broken { seq, .. }) => BackupSaying::TrailBroken {
            seq: seq.to_string().into(),
        },
    });
    if contents.pending > 0 {
        let migrations = contents.pending.to_string().into();
        said.push(BackupSaying::Pending { migrations });
    }
    said
}

fn explain(config: &Config, named: &Path, postgres: &BackupSaying<'_>, error: BackupError) {
    let database = config.database_file().unwrap_or(named);
    let said = match &error {
        BackupError::Postgres => say_of_backup(config.language, postgres),
        BackupError::Copy(error) => say_of_backup(config.language, &of_copying(error, database)),
        BackupError::Unrecorded(error) => {
            let Explanation { what, remedy } = explained(config.language, &error.trouble());
            format!("{what}\n{remedy}")
        }
    };
    let chain = anyhow::Error::new(error);
    complain(&format!("{said}\n({chain:#})\n"));
}

fn of_copying<'a>(error: &'a CopyError, database: &'a Path) -> BackupSaying<'a> {
    match error {
        CopyError::Exists { path } => BackupSaying::Exists { path: shown(path) },
        CopyError::Missing { path } => BackupSaying::Missing { path: shown(path) },
        CopyError::File { path, .. } => BackupSaying::FileRefused { path: shown(path) },
        CopyError::Damaged { path, .. } => BackupSaying::Damaged { path: shown(path) },
        CopyError::InUse { path } => BackupSaying::InUse { path: shown(path) },
        CopyError::Used { path } => BackupSaying::Used { path: shown(path) },
        CopyError::NewerDatabase { version } => BackupSaying::NewerDatabase {
            version: version.to_string().into(),
        },
        CopyError::Database(_) | CopyError::Died => BackupSaying::CopyFailed {
            path: shown(database),
        },
    }
}

fn shown(path: &Path) -> std::borrow::Cow<'_, str> {
    path.to_string_lossy()
}

/// Whoever types: by `sudo` another than the user the command runs as.
fn operator() -> String {
    let variables = ["SUDO_USER", "LOGNAME", "USER"];
    let mut known = variables.iter().filter_map(|name| std::env::var(name).ok());
    known.next().unwrap_or_else(|| "unknown".to_owned())
}

fn utc(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// How long ago something was, in the two largest units that matter: `3d 4h`, `5h 12m`, `40s`.
fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(at).as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, ..) => format!("{hours}h {}m", minutes % 60),
        _ => format!("{days}d {}h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_age_is_told_in_two_units() {
        let ago = |seconds| {
            age(
                Timestamp::EPOCH,
                Timestamp::EPOCH.after(Duration::from_secs(seconds)),
            )
        };
        assert_eq!(ago(59), "59s");
        assert_eq!(ago(60), "1m 0s");
        assert_eq!(ago(3_600 + 120), "1h 2m");
        assert_eq!(ago(3 * 86_400 + 4 * 3_600 + 59), "3d 4h");
        assert_eq!(
            age(
                Timestamp::EPOCH.after(Duration::from_secs(5)),
                Timestamp::EPOCH
            ),
            "0s"
        );
    }
}
