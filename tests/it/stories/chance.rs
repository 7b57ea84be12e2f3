//! Chance in a test's hands: how delays are spread.

use std::sync::Arc;
use std::time::Duration;

use askwell::clock::SystemIds;
use askwell::domain::id::QuestionId;
use askwell::domain::time::Timestamp;
use askwell::ports::IdSource;

/// The first delay of what Mattermost failed, where [`Chance::steady`] spreads it.
pub(super) const FIRST_DELAY: Duration = Duration::from_millis(500);

/// Ids as always, and no luck with delays: each is as short as it can be.
pub(super) struct Chance;

impl Chance {
    pub(super) fn steady() -> Arc<Self> {
        Arc::new(Self)
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
        0.0
    }
}
