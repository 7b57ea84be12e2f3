//! Who did what, and when: what is written down of those who look after askwell, and never changed again.

use super::id::{ServerId, UserId};
use super::time::Timestamp;

/// Characters of a subject, at most; what is longer is cut.
pub const MAX_SUBJECT_CHARS: usize = 200;

/// Characters of a detail, at most; what is longer is cut.
pub const MAX_DETAIL_CHARS: usize = 2_000;

/// Characters of an operator's name, at most; what is longer is cut.
pub const MAX_OPERATOR_CHARS: usize = 64;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody on the entry's Mattermost server.
    Person(UserId),
    /// Whoever runs commands of askwell's on the machine, by their name there.
    Operator(String),
    /// The configuration, by being as it is.
    Configuration,
    /// Askwell by itself.
    Askwell,
}

impl Actor {
    /// Returns how it is stored and exported: `person:…`, `operator:…`, `configuration` or `askwell`.
    #[must_use]
    pub fn as_stored(&self) -> String {
        match self {
            Self::Person(id) => format!("person:{id}"),
            Self::Operator(name) => {
                let name: String = name.chars().take(MAX_OPERATOR_CHARS).collect();
                format!("operator:{name}")
            }
            Self::Configuration => "configuration".to_owned(),
            Self::Askwell => "askwell".to_owned(),
        }
    }

    /// Reads what [`Actor::as_stored`] returned; `None` for anything else.
    #[must_use]
    pub fn from_stored(stored: &str) -> Option<Self> {
        match stored.split_once(':') {
            Some(("person", id)) => UserId::parse(id).ok().map(Self::Person),
            Some(("operator", name)) => Some(Self::Operator(name.to_owned())),
            None if stored == "configuration" => Some(Self::Configuration),
            None if stored == "askwell" => Some(Self::Askwell),
            _ => None,
        }
    }
}

/// Makes the enum, its words and the list of all of them from one table.
macro_rules! actions {
    ($( $(#[$meaning:meta])* $variant:ident = $word:literal, )+) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AuditAction {
            $( $(#[$meaning])* $variant, )+
        }

        impl AuditAction {
            /// All of them, in the order in which they are offered as a choice.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// Returns the word under which it is stored and exported, which never changes.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )+
                }
            }
        }
    };
}

actions! {
    /// Somebody opened the page for administrators with a link of their own.
    SignedIn = "signed_in",
    /// Somebody asked for that page, or tried to open it, who may not.
    SignInRefused = "sign_in_refused",
    /// Somebody left that page.
    SignedOut = "signed_out",
    /// Somebody stopped an answer that another had asked for.
    AnswerStopped = "answer_stopped",
    /// Somebody looked at the text of others' questions and answers.
    TextLookedAt = "text_looked_at",
    /// Somebody had an answer delivered again that could be shown to nobody.
    DeadLetterRetried = "dead_letter_retried",
    /// Somebody let more be spent than a budget allows.
    BudgetGranted = "budget_granted",
    /// What a channel does otherwise was changed.
    ChannelChanged = "channel_changed",
    /// The configuration that is in force became another.
    ConfigurationChanged = "configuration_changed",
    /// What was stored of somebody's conversations was erased.
    Forgotten = "forgotten",
    /// What is sealed at rest was sealed with another key.
    KeysRotated = "keys_rotated",
    /// A copy of the database was made.
    BackupMade = "backup_made",
    /// A copy was put in the place of the database, and everything since it was made is gone from there.
    BackupRestored = "backup_restored",
    /// Figures or this trail were written to a file.
    Exported = "exported",
}

impl AuditAction {
    /// Reads the word that [`AuditAction::as_str`] returned; `None` for any other.
    #[must_use]
    pub fn from_stored(word: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|action| action.as_str() == word)
    }
}

/// One thing that was done, as it is to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// On which Mattermost server; absent where it was about the whole installation.
    pub server: Option<ServerId>,
    /// By whom.
    pub by: Actor,
    /// What.
    pub action: AuditAction,
    /// To what: a kind and an id, as in `channel:…`, `question:…`, `budget:…`. Nothing of what people wrote.
    pub subject: String,
    /// How, in words that stand beside each other in English, as in `model = small`. Nothing of what people wrote in conversations.
    pub detail: String,
}

/// An entry as it stands in the trail: the words that were written, whatever they are, so that one which a newer version wrote, or
/// somebody tampered with, is shown all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place: 1 for the first, and one more for each.
    pub seq: u64,
    /// See [`AuditEntry::at`].
    pub at: Timestamp,
    /// See [`AuditEntry::server`]; empty where it was about the whole installation.
    pub server: String,
    /// See [`Actor::as_stored`].
    pub actor: String,
    /// See [`AuditAction::as_str`].
    pub action: String,
    /// See [`AuditEntry::subject`].
    pub subject: String,
    /// See [`AuditEntry::detail`].
    pub detail: String,
    /// The hash of the entry before: 64 hexadecimal digits; as many zeros before the first.
    pub previous: String,
    /// The SHA-256 of [`AuditRecord::hashed`].
    pub hash: String,
}

impl AuditRecord {
    /// What stands in the place of a hash before the first entry.
    pub const NO_HASH: &'static str =
        "0000000000000000000000000000000000000000000000000000000000000000";

    /// Returns the bytes whose hash ties the entry to those before it: a name for this form; place and time, each in eight bytes, the
    /// highest first; then server, actor, action, subject, detail and the previous hash, each with its length in bytes in eight bytes
    /// before it, so that no two entries have the same bytes.
    #[must_use]
    pub fn hashed(&self) -> Vec<u8> {
        let mut bytes = b"askwell audit 1\n".to_vec();
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.at.as_micros().to_be_bytes());
        for text in [
            &self.server,
            &self.actor,
            &self.action,
            &self.subject,
            &self.detail,
            &self.previous,
        ] {
            // A text's length is at most isize::MAX.
            bytes.extend(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes
    }
}

/// What was found when the whole trail was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every entry is as it was written, none is missing, and none was put between.
    Whole {
        /// How many there are.
        entries: u64,
        /// The hash of the last: kept elsewhere, it proves later that nothing up to it was written anew.
        last_hash: String,
    },
    /// It was tampered with.
    Broken {
        /// The place of the first entry that is not as it was written.
        seq: u64,
        /// What is wrong there.
        flaw: AuditFlaw,
    },
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFlaw {
    /// It is not there.
    Missing,
    /// It is not what was written: its hash is another.
    Changed,
    /// It does not follow the one before: that one is not what stood there when this was written.
    Unlinked,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_and_actions_survive_being_written_and_read() {
        let person = UserId::parse("5y9gmg3343depb6sytofa1y1eh").unwrap();
        for actor in [
            Actor::Person(person),
            Actor::Operator("root: at the machine".to_owned()),
            Actor::Configuration,
            Actor::Askwell,
        ] {
            assert_eq!(Actor::from_stored(&actor.as_stored()), Some(actor));
        }
        for wrong in ["", "person", "person:bob", "askwell:", "nobody:1"] {
            assert_eq!(Actor::from_stored(wrong), None, "{wrong}");
        }
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::from_stored(action.as_str()), Some(*action));
        }
        assert_eq!(AuditAction::from_stored("hired"), None);
    }

    #[test]
    fn an_operators_name_is_cut_at_its_limit() {
        let named = |length| Actor::Operator("x".repeat(length)).as_stored().len();
        assert_eq!(named(MAX_OPERATOR_CHARS), named(MAX_OPERATOR_CHARS + 1));
        assert_eq!(named(MAX_OPERATOR_CHARS - 1) + 1, named(MAX_OPERATOR_CHARS));
    }

    #[test]
    fn texts_that_move_from_one_field_to_the_next_are_other_bytes() {
        let record = |subject: &str, detail: &str| AuditRecord {
            seq: 1,
            at: Timestamp::EPOCH,
            server: String::new(),
            actor: "askwell".to_owned(),
            action: "exported".to_owned(),
            subject: subject.to_owned(),
            detail: detail.to_owned(),
            previous: AuditRecord::NO_HASH.to_owned(),
            hash: String::new(),
        };
        assert_ne!(record("ab", "c").hashed(), record("a", "bc").hashed());
        assert_eq!(record("ab", "c").hashed(), record("ab", "c").hashed());
    }
}
