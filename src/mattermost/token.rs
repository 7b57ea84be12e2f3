//! The bot account's token: shown by everything that speaks as the bot, and replaced while it does.
//!
//! An administrator revokes a token and makes another, and nobody should have to start anything again for that. Whoever finds that it is
//! refused says so here, and whoever can look for another one is woken.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::watch;

/// A token that may be replaced. Clones share it.
#[derive(Clone)]
pub struct BotToken(Arc<watch::Sender<State>>);

struct State {
    token: SecretString,
    is_refused: bool,
}

impl BotToken {
    /// Begins with a token.
    #[must_use]
    pub fn new(token: SecretString) -> Self {
        Self(Arc::new(watch::Sender::new(State {
            token,
            is_refused: false,
        })))
    }

    /// Returns the token as it is now.
    pub(super) fn current(&self) -> SecretString {
        self.0.borrow().token.clone()
    }

    /// Says that the server refused a token that was shown to it.
    pub(super) fn refuse(&self, shown: &SecretString) {
        self.judge(shown, true);
    }

    /// Says that the server took a token that was shown to it.
    pub(super) fn accept(&self, shown: &SecretString) {
        self.judge(shown, false);
    }

    fn judge(&self, shown: &SecretString, is_refused: bool) {
        self.0.send_if_modified(|state| {
            // Of one that was replaced meanwhile nothing is learnt.
            let is_news = state.is_refused != is_refused && is_same(&state.token, shown);
            if is_news {
                state.is_refused = is_refused;
            }
            is_news
        });
    }

    /// Puts another token in its place; leaves it where it is the same, and returns whether it was another.
    #[must_use]
    pub fn replace(&self, token: SecretString) -> bool {
        self.0.send_if_modified(|state| {
            if is_same(&state.token, &token) {
                return false;
            }
            *state = State {
                token,
                is_refused: false,
            };
            true
        })
    }

    /// Whether the server refused it.
    pub(super) fn is_refused(&self) -> bool {
        self.0.borrow().is_refused
    }

    /// Waits until it is refused.
    pub async fn until_refused(&self) {
        // It fails only where nobody holds the sender, which is held here.
        self.0
            .subscribe()
            .wait_for(|state| state.is_refused)
            .await
            .ok();
    }

    /// Waits until the server takes it, or it is another one.
    pub async fn until_good(&self) {
        self.0
            .subscribe()
            .wait_for(|state| !state.is_refused)
            .await
            .ok();
    }
}

fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_refusal_of_a_token_that_was_replaced_meanwhile_says_nothing_of_the_new_one() {
        let old = SecretString::from("old");
        let token = BotToken::new(old.clone());
        assert!(token.until_refused().now_or_never().is_none());
        token.refuse(&old);
        assert!(token.until_refused().now_or_never().is_some());
        assert!(!token.replace(old.clone()), "it is the same");
        assert!(token.replace(SecretString::from("new")));
        token.refuse(&old);
        assert!(token.until_refused().now_or_never().is_none());
        assert!(token.until_good().now_or_never().is_some());
    }

    #[test]
    fn a_token_that_is_good_again_needs_no_other() {
        let same = SecretString::from("same");
        let token = BotToken::new(same.clone());
        token.refuse(&same);
        assert!(token.until_good().now_or_never().is_none());
        token.accept(&same);
        assert!(token.until_good().now_or_never().is_some());
        assert!(token.until_refused().now_or_never().is_none());
    }
}
