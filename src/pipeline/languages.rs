//! In which language each person is spoken to: that of their Mattermost account where askwell speaks it, else the configured one.
//!
//! What accounts say is kept in this process for a while. It is learnt when a question is worked on, where the network may be used;
//! before a question is acknowledged only what is known already counts.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::world::World;
use super::{Settings, Spoken};
use crate::domain::id::UserId;
use crate::domain::question::Question;
use crate::domain::time::Timestamp;
use crate::text::Language;

/// How long what an account said is believed before it is asked again.
const ASK_EVERY: Duration = Duration::from_hours(1);

/// People whose language is kept, at most; where more come, all are asked anew.
const MOST_PEOPLE: usize = 10_000;

/// The languages of people, as they were last learnt.
pub(super) struct Languages {
    configured: Language,
    /// Whether accounts are asked at all.
    follows: bool,
    known: Mutex<HashMap<UserId, Known>>,
}

struct Known {
    /// `None` where askwell does not speak the account's language.
    language: Option<Language>,
    learnt_at: Timestamp,
}

impl Languages {
    pub(super) fn new(settings: &Settings) -> Self {
        Self::of_all(
            settings.language,
            settings.spoken == Spoken::AsTheirAccount && settings.delivery.bot,
        )
    }

    pub(super) fn of_all(configured: Language, follows: bool) -> Self {
        Self {
            configured,
            follows,
            known: Mutex::default(),
        }
    }

    /// Returns the language in which a person is spoken to, as far as it is known.
    pub(super) fn of(&self, person: Option<&UserId>) -> Language {
        let known = self.lock();
        person
            .and_then(|person| known.get(person)?.language)
            .unwrap_or(self.configured)
    }

    /// Returns the language in which the asker of a question is spoken to.
    pub(super) fn of_asker(&self, question: &Question) -> Language {
        self.of(question.asker.id.as_ref())
    }

    fn is_due(&self, person: &UserId, now: Timestamp) -> bool {
        let known = self.lock();
        self.follows
            && known
                .get(person)
                .is_none_or(|known| now.since(known.learnt_at) >= ASK_EVERY)
    }

    fn learn(&self, person: UserId, language: Option<Language>, now: Timestamp) {
        let mut known = self.lock();
        if known.len() >= MOST_PEOPLE && !known.contains_key(&person) {
            known.clear();
        }
        let learnt = Known {
            language,
            learnt_at: now,
        };
        known.insert(person, learnt);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Known>> {
        // No code panics while it holds this lock, and a map is whole in any case.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks for a person's language where what is known may be out of date. That it cannot be learnt now is no failure: what was known holds.
pub(super) async fn keep_current(world: &World, person: Option<&UserId>) {
    let now = world.clock.now();
    let Some(person) = person.filter(|person| world.languages.is_due(person, now)) else {
        return;
    };
    match world.mattermost.locale(person).await {
        Ok(locale) => {
            let language = locale.as_deref().and_then(Language::of_locale);
            world.languages.learn(person.clone(), language, now);
        }
        Err(error) => {
            tracing::debug!(call = error.call, status = error.status, kind = ?error.kind, "an asker's language could not be learnt; the last one known holds");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: usize) -> UserId {
        UserId::parse(&format!("u{number:025}")).unwrap()
    }

    #[test]
    fn what_an_account_said_is_asked_again_after_an_hour_and_holds_until_then() {
        let (soon, later) = (
            Timestamp::from_micros(0).after(ASK_EVERY.saturating_sub(Duration::from_micros(1))),
            Timestamp::from_micros(0).after(ASK_EVERY),
        );
        let languages = Languages::of_all(Language::Korean, true);
        let alice = person(1);
        assert!(languages.is_due(&alice, soon));
        assert_eq!(languages.of(Some(&alice)), Language::Korean);
        languages.learn(
            alice.clone(),
            Some(Language::English),
            Timestamp::from_micros(0),
        );
        assert_eq!(languages.of(Some(&alice)), Language::English);
        assert_eq!(languages.of(None), Language::Korean);
        assert!(!languages.is_due(&alice, soon));
        assert!(languages.is_due(&alice, later));
        assert_eq!(languages.of(Some(&alice)), Language::English);
        languages.learn(alice.clone(), None, later);
        assert_eq!(languages.of(Some(&alice)), Language::Korean);
    }

    #[test]
    fn no_more_people_are_kept_than_the_bound() {
        let languages = Languages::of_all(Language::Korean, true);
        for number in 0..=MOST_PEOPLE {
            let now = Timestamp::from_micros(0);
            languages.learn(person(number), Some(Language::English), now);
        }
        assert_eq!(languages.lock().len(), 1);
        assert_eq!(languages.of(Some(&person(MOST_PEOPLE))), Language::English);
    }

    #[test]
    fn nobody_is_asked_where_accounts_are_not_followed() {
        let languages = Languages::of_all(Language::Korean, false);
        assert!(!languages.is_due(&person(1), Timestamp::from_micros(0)));
    }
}
