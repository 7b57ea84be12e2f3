//! Time in a test's hands.

use std::time::Duration;

use askwell::domain::time::Timestamp;
use askwell::ports::Clock;
use async_trait::async_trait;
use tokio::sync::watch;

/// A clock that stands still until it is moved.
pub(crate) struct ManualClock {
    now: watch::Sender<Timestamp>,
    /// What each sleeper waits for.
    sleepers: watch::Sender<Vec<Timestamp>>,
}

impl ManualClock {
    /// Starts in the middle of September 2020.
    pub(crate) fn new() -> Self {
        Self {
            now: watch::Sender::new(Timestamp::from_micros(1_600_000_000_000_000)),
            sleepers: watch::Sender::new(Vec::new()),
        }
    }

    /// Moves on, and wakes who waited for a time up to then.
    pub(crate) fn advance(&self, duration: Duration) {
        self.now.send_modify(|now| *now = now.after(duration));
    }

    /// Waits until somebody waits for a time that has not come.
    pub(crate) async fn until_someone_sleeps(&self) {
        self.until(|sleepers| !sleepers.is_empty()).await;
    }

    /// Waits until somebody waits for as long as this from now, to the microsecond.
    pub(crate) async fn until_someone_sleeps_for(&self, duration: Duration) {
        let at = self.now().after(duration);
        self.until(|sleepers| sleepers.contains(&at)).await;
    }

    async fn until(&self, condition: impl Fn(&[Timestamp]) -> bool) {
        let mut sleepers = self.sleepers.subscribe();
        let changed = sleepers.wait_for(|sleepers| condition(sleepers)).await;
        changed.expect("the clock holds the sender");
    }
}

/// Counts one sleeper until it is dropped, also where the wait is cancelled.
struct Sleeper<'a> {
    sleepers: &'a watch::Sender<Vec<Timestamp>>,
    at: Timestamp,
}

impl<'a> Sleeper<'a> {
    fn counted(sleepers: &'a watch::Sender<Vec<Timestamp>>, at: Timestamp) -> Self {
        sleepers.send_modify(|sleepers| sleepers.push(at));
        Self { sleepers, at }
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.sleepers.send_modify(|sleepers| {
            let mine = sleepers.iter().position(|at| *at == self.at);
            sleepers.swap_remove(mine.expect("it was counted"));
        });
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
        let _sleeper = Sleeper::counted(&self.sleepers, at);
        let reached = self
            .now
            .subscribe()
            .wait_for(|now| *now >= at)
            .await
            .is_ok();
        assert!(reached, "the clock holds the sender");
    }
}
