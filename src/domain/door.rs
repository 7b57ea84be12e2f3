//! Who may open the page for administrators: links that are good once, and the sessions that they begin.

use std::time::Duration;

use super::id::{ServerId, UserId};
use super::time::Timestamp;

/// How long a link is good for.
pub const LINK_LIFE: Duration = Duration::from_mins(5);

/// How long a session lasts, whatever is done in it.
pub const SESSION_LIFE: Duration = Duration::from_hours(8);

/// How long a session lasts in which nothing is done.
pub const SESSION_IDLE: Duration = Duration::from_mins(30);

/// After how long it is asked again whether whoever opened the session still administers their server.
pub const ROLE_CHECK_EVERY: Duration = Duration::from_mins(3);

/// When the role was seen of a session that has just begun: the first page asks for it, because the link may be minutes old.
pub const NEVER_CHECKED: Timestamp = Timestamp::EPOCH;

/// For how long a role is believed where Mattermost cannot be asked: those who look after it need the page then.
pub const ROLE_BELIEVED: Duration = Duration::from_mins(15);

/// The SHA-256 of what whoever comes must show: 64 hexadecimal digits. What is shown is kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyHash(String);

impl KeyHash {
    /// Takes the digits of a hash.
    #[must_use]
    pub fn from_digits(digits: String) -> Self {
        Self(digits)
    }

    /// Returns the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Somebody who administers a Mattermost server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administrator {
    /// Which server.
    pub server: ServerId,
    /// Who.
    pub id: UserId,
    /// Their account's name.
    pub name: String,
}

/// A link that was given to somebody and is good once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Of the key in it.
    pub hash: KeyHash,
    /// To whom it was given.
    pub to: Administrator,
    /// Until when it is good.
    pub until: Timestamp,
}

/// The page as one administrator has it open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub of: Administrator,
    /// When it was opened.
    pub begun_at: Timestamp,
    /// When something was last done in it.
    pub seen_at: Timestamp,
    /// When Mattermost last said that they administer it.
    pub checked_at: Timestamp,
}

impl Session {
    /// Whether it still lasts.
    #[must_use]
    pub fn lasts_at(&self, now: Timestamp) -> bool {
        now.since(self.begun_at) < SESSION_LIFE && now.since(self.seen_at) < SESSION_IDLE
    }

    /// Whether the role is to be asked for again.
    #[must_use]
    pub fn is_to_be_checked_at(&self, now: Timestamp) -> bool {
        now.since(self.checked_at) >= ROLE_CHECK_EVERY
    }

    /// Whether the role is believed though it could not be asked for.
    #[must_use]
    pub fn is_believed_at(&self, now: Timestamp) -> bool {
        now.since(self.checked_at) < ROLE_BELIEVED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(seen: Duration, checked: Duration) -> Session {
        Session {
            of: Administrator {
                server: ServerId::parse("main").unwrap(),
                id: UserId::parse("5y9gmg3343depb6sytofa1y1eh").unwrap(),
                name: "root".to_owned(),
            },
            begun_at: Timestamp::EPOCH,
            seen_at: Timestamp::EPOCH.after(seen),
            checked_at: Timestamp::EPOCH.after(checked),
        }
    }

    #[test]
    fn a_session_lasts_up_to_its_limits_and_no_longer() {
        const MOMENT: Duration = Duration::from_micros(1);
        let idle = session(Duration::ZERO, Duration::ZERO);
        let at = |since: Duration| Timestamp::EPOCH.after(since);
        assert!(idle.lasts_at(at(SESSION_IDLE.saturating_sub(MOMENT))));
        assert!(!idle.lasts_at(at(SESSION_IDLE)));
        let busy = session(SESSION_LIFE.saturating_sub(MOMENT), Duration::ZERO);
        assert!(busy.lasts_at(at(SESSION_LIFE.saturating_sub(MOMENT))));
        assert!(!busy.lasts_at(at(SESSION_LIFE)));
        assert!(!idle.is_to_be_checked_at(at(ROLE_CHECK_EVERY.saturating_sub(MOMENT))));
        assert!(idle.is_to_be_checked_at(at(ROLE_CHECK_EVERY)));
        assert!(idle.is_believed_at(at(ROLE_BELIEVED.saturating_sub(MOMENT))));
        assert!(!idle.is_believed_at(at(ROLE_BELIEVED)));
    }
}
