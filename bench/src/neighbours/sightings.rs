//! When each question was seen somewhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::Notify;

use crate::load::Asked;

/// The first time each question was seen; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sightings {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<HashMap<Asked, Instant>>,
    changed: Notify,
}

impl Sightings {
    /// Notes that a question was seen; only the first time counts.
    pub(crate) fn note(&self, asked: Asked, at: Instant) {
        self.lock().entry(asked).or_insert(at);
        self.shared.changed.notify_waiters();
    }

    /// How many questions were seen.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Waits until a question is seen, and returns when that was.
    ///
    /// # Errors
    /// When `limit` passes first.
    pub(crate) async fn of(&self, asked: Asked, limit: Duration) -> anyhow::Result<Instant> {
        self.until(limit, |seen| seen.get(&asked).copied())
            .await
            .with_context(|| format!("wait for question {}", asked.0))
    }

    /// Waits until so many questions were seen; returns when the last of them was.
    ///
    /// # Errors
    /// When `limit` passes first.
    pub(crate) async fn of_all(&self, count: usize, limit: Duration) -> anyhow::Result<Instant> {
        let last = |seen: &HashMap<Asked, Instant>| {
            let latest = seen.values().max().copied();
            latest.filter(|_| seen.len() >= count)
        };
        self.until(limit, last)
            .await
            .with_context(|| format!("wait for {count} questions; {} came", self.count()))
    }

    async fn until(
        &self,
        limit: Duration,
        look: impl Fn(&HashMap<Asked, Instant>) -> Option<Instant>,
    ) -> anyhow::Result<Instant> {
        let wait = async {
            loop {
                // Armed before the look, so that a sighting in between is not missed.
                let mut changed = std::pin::pin!(self.shared.changed.notified());
                changed.as_mut().enable();
                if let Some(at) = look(&self.lock()) {
                    return at;
                }
                changed.await;
            }
        };
        Ok(tokio::time::timeout(limit, wait).await?)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Asked, Instant>> {
        self.shared
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
