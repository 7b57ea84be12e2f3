//! What is known of people's accounts, by which rules go and in whose language people are spoken to.
//!
//! It is believed for a minute, because Mattermost tells nobody else that somebody has other roles. Where an account cannot be asked, what was
//! known holds; where nothing was, nothing is taken for granted.

use std::time::Duration;

use super::known::Known;
use super::world::World;
use crate::domain::access::Account;
use crate::domain::id::UserId;
use crate::ports::MattermostError;
use crate::text::Language;

/// How long what is known of an account is believed before it is asked again.
const ASK_EVERY: Duration = Duration::from_mins(1);

/// Accounts, as they were last learnt; `None` for one that is not there.
pub(super) struct Accounts(Known<UserId, Option<Account>>);

impl Default for Accounts {
    fn default() -> Self {
        Self(Known::asked_every(ASK_EVERY))
    }
}

impl Accounts {
    /// Says that an account may have changed.
    pub(super) fn doubt(&self, person: &UserId) {
        self.0.doubt(person);
    }
}

/// Returns a person's account; `None` where there is none.
///
/// # Errors
/// When Mattermost cannot be asked, and never could.
pub(super) async fn account_of(
    world: &World,
    person: &UserId,
) -> Result<Option<Account>, MattermostError> {
    let Accounts(known) = &world.accounts;
    let account = known.get(person);
    if let Some(account) = account.filter(|_| !known.is_due(person, world.clock.now())) {
        return Ok(account);
    }
    match learn(world, person).await {
        Ok(account) => Ok(account),
        Err(error) => known.get(person).ok_or(error),
    }
}

/// Learns in which language a person is spoken to, where what is known may be out of date. That it cannot be learnt now is no failure.
pub(super) async fn keep_language_current(world: &World, person: Option<&UserId>) {
    let is_due = |person: &&UserId| world.languages.is_due(person, world.clock.now());
    let Some(person) = person.filter(is_due) else {
        return;
    };
    if let Err(error) = learn(world, person).await {
        tracing::debug!(call = error.call, status = error.status, kind = ?error.kind, "an account could not be asked; what was known of it holds");
    }
}

async fn learn(world: &World, person: &UserId) -> Result<Option<Account>, MattermostError> {
    let Accounts(known) = &world.accounts;
    let now = world.clock.now();
    match world.mattermost.account(person).await {
        Ok(account) => {
            let locale = account.as_ref().map(|account| account.locale.as_str());
            let language = locale.and_then(Language::of_locale);
            world.languages.learn(person.clone(), language, now);
            known.learn(person.clone(), account.clone(), now);
            Ok(account)
        }
        Err(error) => {
            world.languages.put_off(person.clone(), now);
            known.put_off(person.clone(), now);
            Err(error)
        }
    }
}
