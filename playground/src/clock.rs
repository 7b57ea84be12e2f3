//! The time of the playground: the real one, or one that a test moves by hand.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Where the playground takes its time from; every limit, lifetime and time-out of the simulated server follows it.
#[derive(Clone, Debug, Default)]
pub enum TimeSource {
    /// The machine's clock.
    #[default]
    Real,
    /// A time that stands still until the test moves it.
    Manual(ManualTime),
}

/// A time in a test's hands; clones share it.
#[derive(Clone, Debug)]
pub struct ManualTime {
    now: Arc<watch::Sender<i64>>,
}

impl ManualTime {
    /// Starts at a given moment, in Unix milliseconds.
    #[must_use]
    pub fn starting_at(unix_ms: i64) -> Self {
        Self {
            now: Arc::new(watch::Sender::new(unix_ms)),
        }
    }

    /// The present moment, in Unix milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        *self.now.borrow()
    }

    /// Moves the time forward and wakes whatever waited for it.
    pub fn advance(&self, by: Duration) {
        let step = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.now.send_modify(|now| *now = now.saturating_add(step));
    }
}

impl Default for ManualTime {
    /// A moment of the day on which the exchanges were recorded.
    fn default() -> Self {
        Self::starting_at(1_795_355_867_000)
    }
}

impl TimeSource {
    /// The present moment, in Unix milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        match self {
            Self::Real => unix_ms(),
            Self::Manual(manual) => manual.now_ms(),
        }
    }

    /// Waits for a length of this time.
    pub(crate) async fn sleep(&self, length: Duration) {
        let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        self.sleep_until(self.now_ms().saturating_add(length)).await;
    }

    /// Waits for a moment of this time, in Unix milliseconds.
    pub(crate) async fn sleep_until(&self, until: i64) {
        match self {
            Self::Real => {
                let length = u64::try_from(until - unix_ms()).unwrap_or(0);
                real_sleep(Duration::from_millis(length)).await;
            }
            Self::Manual(manual) => {
                let mut now = manual.now.subscribe();
                // The sender lives as long as `manual`, which is borrowed here, so this can only end by time.
                drop(now.wait_for(|now| *now >= until).await);
            }
        }
    }
}

/// Waits for a length of real time, whatever the playground's own time does.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the playground waits on the machine's clock"
)]
pub(crate) async fn real_sleep(length: Duration) {
    tokio::time::sleep(length).await;
}

/// The machine's own time, in Unix milliseconds.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where the playground reads the machine's clock"
)]
#[must_use]
pub fn unix_ms() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}
