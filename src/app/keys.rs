//! The keys with which texts are sealed: made, and changed beside a process that serves.

use secrecy::SecretString;

use super::beside::open_beside;
use super::{Beside, StartError};
use crate::config::Config;
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::ports::IdSource;
use crate::store;

/// Makes a key with which texts are sealed.
#[must_use]
pub fn new_seal_key(ids: &dyn IdSource) -> SecretString {
    let mut bytes = [0; 32];
    for half in bytes.chunks_mut(16) {
        half.copy_from_slice(&ids.token().to_be_bytes());
    }
    store::SealKey::written(&bytes)
}

/// Seals everything with the present key that is not, or unseals it where there is none; returns how many rows that were. What was
/// sealed otherwise is then gone from the disk.
///
/// # Errors
/// When the database cannot be opened or written, or something in it cannot be opened.
pub async fn rotate_keys(config: &Config, beside: &Beside) -> Result<u64, StartError> {
    let store = open_beside(config, beside).await?;
    let (mut after, mut rows) = (String::new(), 0);
    loop {
        let (next, resealed) = store.reseal(&after).await?;
        rows += resealed;
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    store.write_anew().await?;
    let current = config.seals.current.as_ref();
    let key = current.map_or("none", store::SealKey::name);
    let entry = AuditEntry {
        at: beside.clock.now(),
        server: None,
        by: Actor::Operator(std::env::var("USER").unwrap_or_default()),
        action: AuditAction::KeysRotated,
        subject: format!("key:{key}"),
        detail: format!("rows = {rows}"),
    };
    store.append(&entry).await?;
    Ok(rows)
}
