//! Chance in a test's hands: how delays are spread, and how often that was asked. And a house that goes by it.

use std::sync::Arc;
use std::time::Duration;

use askwell::clock::SystemIds;
use askwell::domain::id::QuestionId;
use askwell::domain::time::Timestamp;
use askwell::ports::IdSource;
use askwell_playground::{HookFormat, TimeSource};
use tokio::sync::watch;

use super::house::{Account, House};
use crate::clock::SAFETY_LIMIT;

/// The first delay of what Mattermost failed, where [`Chance::steady`] spreads it.
pub(super) const FIRST_DELAY: Duration = Duration::from_millis(500);

/// The word that an outgoing webhook listens for in such a house.
pub(super) const HOOK_WORD: &str = "#ask";

/// A house with a bot, an outgoing webhook, and this chance. The bot hears nothing by itself, so that nobody else draws.
pub(super) async fn house(ids: Arc<dyn IdSource>, toml: &str) -> House {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.listen_for(HOOK_WORD, HookFormat::Form);
    house.ids = ids;
    house.open(&format!("[bot]\nhears = \"nothing\"\n{toml}"));
    house
}

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

    /// How often luck was asked for until now.
    pub(super) fn drawn(&self) -> u32 {
        *self.drawn.borrow()
    }

    /// Waits until luck was asked for so often, which is once for each delay.
    #[expect(
        clippy::disallowed_methods,
        reason = "not a wait but the end of one: a test that would hang fails"
    )]
    pub(super) async fn until_drawn(&self, times: u32) {
        let mut drawn = self.drawn.subscribe();
        let reached = drawn.wait_for(|drawn| *drawn >= times);
        let reached = tokio::time::timeout(SAFETY_LIMIT, reached).await;
        drop(
            reached
                .expect("luck is asked for in time")
                .expect("the sender is held"),
        );
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
