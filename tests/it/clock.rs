//! Time in a test's hands.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use askwell::domain::time::Timestamp;
use askwell::ports::Clock;
use async_trait::async_trait;
use tokio::sync::watch;

/// How long a test may wait, in real time, for somebody who never waits.
pub(crate) const SAFETY_LIMIT: Duration = Duration::from_mins(1);

/// A clock that stands still until it is moved.
pub(crate) struct ManualClock {
    now: watch::Sender<Timestamp>,
    /// How many microseconds what it shows people is ahead of it.
    wall_ahead: AtomicI64,
    sleepers: watch::Sender<Vec<Sleep>>,
}

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sleep {
    at: Timestamp,
    /// How long the whole wait was to be when it began.
    whole: Duration,
}

impl ManualClock {
    /// Starts in the middle of September 2020.
    pub(crate) fn new() -> Self {
        Self::starting_at(Timestamp::from_micros(1_600_000_000_000_000))
    }

    /// Starts at a time.
    pub(crate) fn starting_at(at: Timestamp) -> Self {
        Self {
            now: watch::Sender::new(at),
            wall_ahead: AtomicI64::new(0),
            sleepers: watch::Sender::new(Vec::new()),
        }
    }

    /// Moves on, and wakes who waited for a time up to then.
    pub(crate) fn advance(&self, duration: Duration) {
        self.now.send_modify(|now| *now = now.after(duration));
    }

    /// Sets the wall clock ahead of this one, or behind it, as an administrator does; nobody who waits is woken.
    pub(crate) fn set_wall_ahead_by(&self, seconds: i64) {
        self.wall_ahead.store(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Waits until somebody waits for a time that has not come.
    pub(crate) async fn until_someone_sleeps(&self) {
        self.until(|sleepers| !sleepers.is_empty()).await;
    }

    /// Waits until somebody waits for as long as this from now, to the microsecond.
    pub(crate) async fn until_someone_sleeps_for(&self, duration: Duration) {
        self.until_someone_sleeps_for_one_of(&[duration]).await;
    }

    /// Waits until somebody waits for as long as one of these from now, to the microsecond.
    pub(crate) async fn until_someone_sleeps_for_one_of(&self, durations: &[Duration]) {
        let now = self.now();
        self.until(|sleepers| {
            sleepers
                .iter()
                .any(|sleep| durations.iter().any(|of| sleep.at == now.after(*of)))
        })
        .await;
    }

    /// Waits until everybody who was woken has gone on, somebody waits for no longer than `pause` from now, and nobody waits as
    /// long as one of these time-outs: no call that has one is under way.
    pub(crate) async fn until_only_pauses(&self, pause: Duration, time_outs: &[Duration]) {
        let now = self.now();
        let soon = now.after(pause);
        self.until(|sleepers| {
            sleepers.iter().any(|sleep| sleep.at <= soon)
                && sleepers
                    .iter()
                    .all(|sleep| sleep.at > now && !time_outs.contains(&sleep.whole))
        })
        .await;
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "not a wait but the end of one: a test that would hang fails and says for what was waited then"
    )]
    async fn until(&self, condition: impl Fn(&[Sleep]) -> bool) {
        let mut sleepers = self.sleepers.subscribe();
        let changed = sleepers.wait_for(|sleepers| condition(sleepers));
        match tokio::time::timeout(SAFETY_LIMIT, changed).await {
            Ok(found) => drop(found.expect("the clock holds the sender")),
            Err(_elapsed) => {
                let (now, waiting) = (self.now(), self.sleepers.borrow().clone());
                panic!("waited in vain for somebody to wait; at {now:?} these do: {waiting:?}");
            }
        }
    }
}

/// Counts one sleeper until it is dropped, also where the wait is cancelled.
struct Sleeper<'a> {
    sleepers: &'a watch::Sender<Vec<Sleep>>,
    sleep: Sleep,
}

impl<'a> Sleeper<'a> {
    fn counted(sleepers: &'a watch::Sender<Vec<Sleep>>, sleep: Sleep) -> Self {
        sleepers.send_modify(|sleepers| sleepers.push(sleep));
        Self { sleepers, sleep }
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.sleepers.send_modify(|sleepers| {
            let mine = sleepers.iter().position(|sleep| *sleep == self.sleep);
            sleepers.swap_remove(mine.expect("it was counted"));
        });
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn wall(&self) -> Timestamp {
        let ahead = self.wall_ahead.load(Ordering::SeqCst);
        Timestamp::from_micros(self.now().as_micros() + ahead)
    }

    async fn sleep_until(&self, at: Timestamp) {
        let now = self.now();
        if now >= at {
            return;
        }
        let whole = at.since(now);
        let _sleeper = Sleeper::counted(&self.sleepers, Sleep { at, whole });
        let reached = self
            .now
            .subscribe()
            .wait_for(|now| *now >= at)
            .await
            .is_ok();
        assert!(reached, "the clock holds the sender");
    }
}
