//! In which language each person is spoken to: that of their Mattermost account where askwell speaks it, else the configured one.
//!
//! What accounts say is kept in this process for a while. It is learnt ([`super::accounts`]) when a question is worked on, where the network may be used;
//! before a question is acknowledged only what is known already counts.

use std::time::Duration;

use super::known::Known;
use super::{Settings, SpokenLanguage};
use crate::domain::id::UserId;
use crate::domain::question::Question;
use crate::domain::time::Timestamp;
use crate::text::Language;

/// How long what an account said is believed before it is asked again.
const ASK_EVERY: Duration = Duration::from_hours(1);

/// The languages of people, as they were last learnt.
pub(super) struct Languages {
    configured: Language,
    /// Whether accounts are asked at all.
    follows: bool,
    /// `None` where askwell does not speak the account's language.
    known: Known<UserId, Option<Language>>,
}

impl Languages {
    pub(super) fn new(settings: &Settings) -> Self {
        Self::of_all(
            settings.language,
            settings.spoken == SpokenLanguage::AsTheirAccount && settings.delivery.bot,
        )
    }

    pub(super) fn of_all(configured: Language, follows: bool) -> Self {
        Self {
            configured,
            follows,
            known: Known::asked_every(ASK_EVERY),
        }
    }

    /// Returns the language in which a person is spoken to, as far as it is known.
    pub(super) fn of(&self, person: Option<&UserId>) -> Language {
        person
            .and_then(|person| self.known.get(person).flatten())
            .unwrap_or(self.configured)
    }

    /// Returns the language in which the asker of a question is spoken to.
    pub(super) fn of_asker(&self, question: &Question) -> Language {
        self.of(question.asker.id.as_ref())
    }

    /// Says that a person's account may speak another language now; returns whether anything was known of it.
    pub(super) fn doubt(&self, person: &UserId) -> bool {
        self.known.doubt(person)
    }

    /// Says whether a person's account is to be asked again.
    pub(super) fn is_due(&self, person: &UserId, now: Timestamp) -> bool {
        self.follows && self.known.is_due(person, now)
    }

    /// Takes in what a person's account says.
    pub(super) fn learn(&self, person: UserId, language: Option<Language>, now: Timestamp) {
        if self.follows {
            self.known.learn(person, language, now);
        }
    }

    /// Says that a person's account could not be asked: what was known holds.
    pub(super) fn put_off(&self, person: UserId, now: Timestamp) {
        if self.follows {
            self.known.put_off(person, now);
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
    fn nobody_is_asked_where_accounts_are_not_followed() {
        let languages = Languages::of_all(Language::Korean, false);
        assert!(!languages.is_due(&person(1), Timestamp::from_micros(0)));
    }
}
