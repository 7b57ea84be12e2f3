//! The real time and the real chance.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use rand::Rng;

use crate::domain::id::QuestionId;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, IdSource};

/// The machine's time, read once from the wall and then counted by the monotonic clock.
///
/// So a wall clock that jumps cannot end a lease early, keep one for ever, or end a question; only the date told to a model follows it
/// ([`Clock::wall`]).
#[derive(Clone, Debug)]
pub struct SystemClock {
    began_at: Timestamp,
    began: Instant,
}

impl SystemClock {
    /// Begins to count from the wall clock's time.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the Clock port's own adapter"
    )]
    pub fn start() -> Self {
        Self {
            began_at: wall(),
            began: Instant::now(),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the Clock port's own adapter"
)]
fn wall() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp::EPOCH.after(since_epoch.unwrap_or(Duration::ZERO))
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.began_at.after(self.began.elapsed())
    }

    fn wall(&self) -> Timestamp {
        wall()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the Clock port's own adapter"
    )]
    async fn sleep_until(&self, at: Timestamp) {
        tokio::time::sleep(at.since(self.now())).await;
    }
}

/// Ids and numbers from the operating system's and the thread's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    fn question_id(&self, now: Timestamp) -> QuestionId {
        let micros = u64::try_from(now.as_micros()).unwrap_or(0);
        let random = rand::rng().random::<[u8; 10]>();
        let id = uuid::Builder::from_unix_timestamp_millis(micros / 1_000, &random).into_uuid();
        QuestionId::from_bits(id.as_u128())
    }

    fn token(&self) -> u128 {
        rand::rng().random()
    }

    fn jitter(&self) -> f64 {
        rand::rng().random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_ids_sort_by_time_and_differ_within_one_millisecond() {
        let earlier = SystemIds.question_id(Timestamp::from_micros(1_000_000));
        let later = SystemIds.question_id(Timestamp::from_micros(1_001_000));
        assert!(earlier < later);
        assert_ne!(
            later,
            SystemIds.question_id(Timestamp::from_micros(1_001_000))
        );
    }
}
