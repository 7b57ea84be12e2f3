//! Time in a test's hands.

use std::time::Duration;

use askwell::domain::time::Timestamp;
use askwell::ports::Clock;
use async_trait::async_trait;
use tokio::sync::watch;

/// A clock that stands still until it is moved.
pub(crate) struct ManualClock {
    now: watch::Sender<Timestamp>,
    sleepers: watch::Sender<usize>,
}

impl ManualClock {
    /// Starts in the middle of September 2020.
    pub(crate) fn new() -> Self {
        Self {
            now: watch::Sender::new(Timestamp::from_micros(1_600_000_000_000_000)),
            sleepers: watch::Sender::new(0),
        }
    }

    /// Moves on, and wakes who waited for a time up to then.
    pub(crate) fn advance(&self, duration: Duration) {
        self.now.send_modify(|now| *now = now.after(duration));
    }

    /// Waits until somebody waits for a time that has not come.
    pub(crate) async fn until_someone_sleeps(&self) {
        let mut sleepers = self.sleepers.subscribe();
        let changed = sleepers.wait_for(|sleepers| *sleepers > 0).await;
        changed.expect("the clock holds the sender");
    }
}

/// Counts one sleeper until it is dropped, also where the wait is cancelled.
struct Sleeper<'a>(&'a watch::Sender<usize>);

impl<'a> Sleeper<'a> {
    fn counted(sleepers: &'a watch::Sender<usize>) -> Self {
        sleepers.send_modify(|sleepers| *sleepers += 1);
        Self(sleepers)
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|sleepers| *sleepers -= 1);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep_until(&self, at: Timestamp) {
        if self.now() >= at {
            return;
        }
        let _sleeper = Sleeper::counted(&self.sleepers);
        let reached = self
            .now
            .subscribe()
            .wait_for(|now| *now >= at)
            .await
            .is_ok();
        assert!(reached, "the clock holds the sender");
    }
}
