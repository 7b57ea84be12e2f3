//! Backup and restore, wired: which database, and what is written down of it.

use std::path::Path;

use super::beside::open_beside;
use super::{Beside, StartError};
use crate::config::Config;
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::store::{self, Contents, CopyError, Restored, Settings};

/// Why the database was not copied or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// PostgreSQL has programs of its own for that.
    #[error("copy a database of PostgreSQL's: its own programs do that")]
    Postgres,
    /// It could not be copied, or the copy is not to be used.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// It was done, but could not be written down.
    #[error(transparent)]
    Unrecorded(#[from] StartError),
}

/// Copies the configured database, which may be served meanwhile, to a new file, and writes that down; returns the bytes of the copy.
///
/// # Errors
/// See [`BackupError`].
pub async fn back_up(
    config: &Config,
    beside: &Beside,
    to: &Path,
    operator: &str,
) -> Result<u64, BackupError> {
    let size_bytes = store::back_up(file_of(config)?, to).await?;
    let subject = format!("file:{}", to.display());
    let entry = (
        AuditAction::BackupMade,
        subject,
        format!("bytes = {size_bytes}"),
    );
    record(config, beside, operator, entry).await?;
    Ok(size_bytes)
}

/// Reads a copy to its end, and says what a restore would bring back.
///
/// # Errors
/// See [`BackupError`].
pub async fn inspect_backup(copy: &Path) -> Result<Contents, BackupError> {
    Ok(store::inspect(copy).await?)
}

/// Puts a copy in the place of the configured database, which nobody may be serving, and writes that down there.
///
/// # Errors
/// See [`BackupError`].
pub async fn restore(
    config: &Config,
    beside: &Beside,
    copy: &Path,
    operator: &str,
) -> Result<Restored, BackupError> {
    let restored = store::restore(file_of(config)?, copy, beside.clock.now()).await?;
    let kept = match &restored.kept {
        Some(kept) => format!("kept = {}", kept.display()),
        None => "kept = nothing".to_owned(),
    };
    let subject = format!("file:{}", copy.display());
    let entry = (AuditAction::BackupRestored, subject, kept);
    record(config, beside, operator, entry).await?;
    Ok(restored)
}

fn file_of(config: &Config) -> Result<&Path, BackupError> {
    match &config.store {
        Settings::Sqlite(path) => Ok(path),
        Settings::Postgres(_) => Err(BackupError::Postgres),
    }
}

async fn record(
    config: &Config,
    beside: &Beside,
    operator: &str,
    (action, subject, detail): (AuditAction, String, String),
) -> Result<(), StartError> {
    let store = open_beside(config, beside).await?;
    let entry = AuditEntry {
        at: beside.clock.now(),
        server: None,
        by: Actor::Operator(operator.to_owned()),
        action,
        subject,
        detail,
    };
    store.append(&entry).await?;
    Ok(())
}
