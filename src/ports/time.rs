//! Time and chance.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{Either, select};

use crate::domain::id::QuestionId;
use crate::domain::time::Timestamp;

/// Time. Every wait in the pipeline and the adapters goes through it, so that tests hold it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the time. It never jumps while the process runs.
    fn now(&self) -> Timestamp;

    /// Returns what the wall clock shows, to tell people the date; it may jump.
    fn wall(&self) -> Timestamp {
        self.now()
    }

    /// Waits until a time; returns at once where it has passed. Cancellation safe.
    async fn sleep_until(&self, at: Timestamp);
}

/// Says that something took longer than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wait for it any longer")]
pub struct Elapsed;

/// Waits for a future, but not longer than `limit`; the future is dropped when it takes longer.
///
/// # Errors
/// When the limit passed first.
pub async fn timeout<F: Future>(
    clock: &dyn Clock,
    limit: Duration,
    future: F,
) -> Result<F::Output, Elapsed> {
    let until = clock.now().after(limit);
    match select(pin!(future), clock.sleep_until(until)).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right(((), _)) => Err(Elapsed),
    }
}

/// Chance. All randomness comes from here, so that a run can be repeated by its seed.
pub trait IdSource: Send + Sync {
    /// Makes an id that sorts by `now` (UUID version 7).
    fn question_id(&self, now: Timestamp) -> QuestionId;

    /// Makes 128 unguessable bits.
    fn token(&self) -> u128;

    /// Makes a number in `0.0..1.0`, to spread retries.
    fn jitter(&self) -> f64;
}
