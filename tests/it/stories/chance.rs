//! Chance in a test's hands: how delays are spread, and how often that was asked.

use std::sync::Arc;
use std::time::Duration;

use askwell::clock::SystemIds;
use askwell::domain::id::QuestionId;
use askwell::domain::time::Timestamp;
use askwell::ports::IdSource;
use tokio::sync::watch;

/// The first delay of what Mattermost failed, where [`Chance::steady`] spreads it.
pub(super) const FIRST_DELAY: Duration = Duration::from_millis(500);

/// Ids as always, and no luck with delays: each is as short as it can be.
pub(super) struct Chance {
    drawn: watch::Sender<u32>,
    is_deadly: bool,
}

impl Chance {
    pub(super) fn steady() -> Arc<Self> {
        Arc::new(Self {
            drawn: watch::Sender::new(0),
            is_deadly: false,
        })
    }

    /// Panics whoever asks for luck: whoever wants to ask a failing model again.
    pub(super) fn deadly() -> Arc<Self> {
        Arc::new(Self {
            drawn: watch::Sender::new(0),
            is_deadly: true,
        })
    }

    /// Waits until luck was asked for so often, which is once for each delay.
    pub(super) async fn until_drawn(&self, times: u32) {
        let mut drawn = self.drawn.subscribe();
        let reached = drawn.wait_for(|drawn| *drawn >= times).await;
        reached.expect("the sender is held");
    }
}

impl IdSource for Chance {
    fn question_id(&self, now: Timestamp) -> QuestionId {
        SystemIds.question_id(now)
    }

    fn token(&self) -> u128 {
        SystemIds.token()
    }

    fn jitter(&self) -> f64 {
        self.drawn.send_modify(|drawn| *drawn += 1);
        assert!(!self.is_deadly, "as the test wants it");
        0.0
    }
}
