//! What the server is set up to take, to show and to let the bot do: asked now and then, because an administrator or an upgrade may change it.

use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use super::world::World;
use crate::domain::chat::ServerRules;
use crate::domain::time::Timestamp;
use crate::markdown::POST_RUNES;

/// How long an answer to that is believed.
const ASK_EVERY: Duration = Duration::from_mins(10);

/// Runes of a post that every server takes: the limit of the oldest ones is 4,000.
const LEAST_RUNES: usize = 1_000;

/// The rules as they were last learnt.
pub(super) struct Rules {
    known: RwLock<ServerRules>,
    /// When to ask next; never asked where absent.
    due: Mutex<Option<Timestamp>>,
}

impl Default for Rules {
    /// What holds where nobody can be asked: every server of the last years takes posts so long.
    fn default() -> Self {
        Self::of(ServerRules {
            post_runes: POST_RUNES,
            latex: false,
            previews: false,
        })
    }
}

impl Rules {
    pub(super) fn of(known: ServerRules) -> Self {
        Self {
            known: RwLock::new(known),
            due: Mutex::default(),
        }
    }

    pub(super) fn known(&self) -> ServerRules {
        *self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what the server said. Longer posts than [`POST_RUNES`] are never made, and shorter ones than [`LEAST_RUNES`] are not
    /// believed to be wanted.
    pub(super) fn learn(&self, said: ServerRules) {
        let post_runes = said.post_runes.clamp(LEAST_RUNES, POST_RUNES);
        self.set(|known| *known = ServerRules { post_runes, ..said });
    }

    /// Takes in that previews were refused; until the server is asked again none is tried.
    pub(super) fn forbid_previews(&self) {
        self.set(|known| known.previews = false);
    }

    fn set(&self, change: impl FnOnce(&mut ServerRules)) {
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Says whether to ask now, and puts off the next time.
    fn is_due(&self, now: Timestamp) -> bool {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = due.is_none_or(|due| now >= due);
        if is_due {
            *due = Some(now.after(ASK_EVERY));
        }
        is_due
    }
}

/// Asks where what is known may be out of date. That it cannot be learnt now is no failure: what was known holds.
pub(super) async fn keep_current(world: &World) {
    if world.settings.delivery.bot && world.rules.is_due(world.clock.now()) {
        learn(world).await;
    }
}

/// Asks at once.
pub(super) async fn learn(world: &World) {
    match world.mattermost.rules().await {
        Ok(rules) => world.rules.learn(rules),
        Err(error) => {
            tracing::warn!(call = error.call, status = error.status, kind = ?error.kind, "the server's rules could not be read; the last ones known hold");
        }
    }
}
