//! What is said to whoever runs askwell, in a terminal or a log: plain text, no Markdown.

use std::borrow::Cow;

use super::language::Language;
use super::sentence::{Message, render};
use crate::domain::job::Undeliverable;

/// One thing askwell says in a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice<'a> {
    /// Nothing is wrong with the configuration.
    ConfigurationComplete,
    /// There is no dead letter.
    NoDeadLetters,
    /// There are more dead letters than are listed.
    MoreDeadLetters,
    /// Dead letters are due again.
    DeadLettersRevived {
        /// How many; at least one.
        count: u32,
    },
    /// No dead letter has this id.
    NoSuchDeadLetter {
        /// What was given.
        id: &'a str,
    },
    /// No model is configured under a name.
    NoSuchModel {
        /// The name.
        id: &'a str,
        /// Those that there are.
        known: &'a str,
    },
    /// What was given is no id that people are given to quote.
    NotAQuotedId {
        /// What was given.
        id: &'a str,
    },
    /// Why a question's end could be shown to nobody; part of a line, without a full stop.
    Undeliverable(Option<Undeliverable>),
}

/// Why askwell cannot start, or a command of it cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble<'a> {
    /// The directory of the database file is not there.
    DirectoryMissing {
        /// Which.
        path: Cow<'a, str>,
    },
    /// The database file cannot be opened or made.
    FileRefused {
        /// Which.
        path: Cow<'a, str>,
    },
    /// Another process serves the database file.
    ServedAlready {
        /// Which.
        path: Cow<'a, str>,
    },
    /// The database file is damaged or none.
    Damaged {
        /// Which.
        path: Cow<'a, str>,
    },
    /// Something in the database is sealed with keys that are not given.
    SealKeyMissing {
        /// Their names.
        names: Cow<'a, str>,
    },
    /// Another version made the database.
    NewerDatabase {
        /// The migration that this version does not have.
        version: i64,
    },
    /// The address of the database cannot be read.
    AddressUnreadable,
    /// The database server does not answer.
    DatabaseUnreachable,
    /// The database server refuses user or password.
    LoginRefused,
    /// The server has no such database.
    DatabaseMissing,
    /// The database cannot be prepared.
    DatabaseUnusable,
    /// The database was opened and then failed.
    StoreFailed,
    /// Mattermost could not be asked.
    MattermostUnasked,
    /// The TLS library cannot be set up.
    NoTls,
    /// A model's certificates or its proxy cannot be used.
    ModelWay,
    /// The template of answers does not compile.
    TemplateBroken,
    /// The address cannot be listened on.
    CannotListen {
        /// Which.
        address: Cow<'a, str>,
    },
    /// The log cannot be written.
    NoLog,
    /// A task of the process died by a defect of ours.
    Died,
    /// The operating system gives no threads, no timers or no signals.
    SystemRefused,
}

/// What is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What is wrong: a sentence.
    pub what: String,
    /// What to do about it: one or two sentences.
    pub remedy: String,
}

/// Says a notice in a language.
#[must_use]
pub fn notify(language: Language, notice: &Notice<'_>) -> String {
    render(language, &notice.message())
}

/// Explains a trouble in a language.
#[must_use]
pub fn explain(language: Language, trouble: &Trouble<'_>) -> Explanation {
    let (what, remedy) = trouble.messages();
    Explanation {
        what: render(language, &what),
        remedy: render(language, &remedy),
    }
}

impl<'a> Notice<'a> {
    fn message(&self) -> Message<'a> {
        match *self {
            Self::ConfigurationComplete => Message::named("configuration-complete"),
            Self::NoDeadLetters => Message::named("no-dead-letters"),
            Self::MoreDeadLetters => Message::named("more-dead-letters"),
            Self::DeadLettersRevived { count } => {
                Message::named("dead-letters-revived").with("count", count)
            }
            Self::NoSuchDeadLetter { id } => Message::named("no-such-dead-letter").with("id", id),
            Self::NoSuchModel { id, known } => Message::named("no-such-model")
                .with("id", id)
                .with("known", known),
            Self::NotAQuotedId { id } => Message::named("not-a-quoted-id").with("id", id),
            Self::Undeliverable(reason) => Message::named(match reason {
                Some(Undeliverable::Refused) => "undeliverable-refused",
                Some(Undeliverable::OutOfReach) => "undeliverable-out-of-reach",
                Some(Undeliverable::Deadly) => "undeliverable-deadly",
                None => "undeliverable-unknown",
            }),
        }
    }
}

/// The names of what is wrong and of its remedy, beside each other so that neither is forgotten.
macro_rules! named {
    ($id:literal) => {
        (Message::named($id), Message::named(concat!($id, "-remedy")))
    };
    ($id:literal, $name:literal = $value:expr) => {
        (
            Message::named($id).with($name, $value),
            Message::named(concat!($id, "-remedy")),
        )
    };
}

impl Trouble<'_> {
    fn messages(&self) -> (Message<'_>, Message<'_>) {
        match self {
            Self::DirectoryMissing { path } => named!("directory-missing", "path" = path.as_ref()),
            Self::FileRefused { path } => named!("file-refused", "path" = path.as_ref()),
            Self::ServedAlready { path } => named!("served-already", "path" = path.as_ref()),
            Self::Damaged { path } => named!("damaged", "path" = path.as_ref()),
            Self::SealKeyMissing { names } => {
                named!("seal-key-missing", "names" = names.as_ref())
            }
            Self::NewerDatabase { version } => named!("newer-database", "version" = *version),
            Self::AddressUnreadable => named!("address-unreadable"),
            Self::DatabaseUnreachable => named!("database-unreachable"),
            Self::LoginRefused => named!("login-refused"),
            Self::DatabaseMissing => named!("database-missing"),
            Self::DatabaseUnusable => named!("database-unusable"),
            Self::StoreFailed => named!("store-failed"),
            Self::MattermostUnasked => named!("mattermost-unasked"),
            Self::NoTls => named!("no-tls"),
            Self::ModelWay => named!("model-way"),
            Self::TemplateBroken => named!("template-broken"),
            Self::CannotListen { address } => {
                named!("cannot-listen", "address" = address.as_ref())
            }
            Self::NoLog => named!("no-log"),
            Self::Died => named!("died"),
            Self::SystemRefused => named!("system-refused"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::sayings::held::ids_written_in;
    use super::*;

    const PLACE: Cow<'static, str> = Cow::Borrowed("/srv/{askwell}.db");

    fn notices() -> Vec<Notice<'static>> {
        let mut notices = vec![
            Notice::ConfigurationComplete,
            Notice::NoDeadLetters,
            Notice::MoreDeadLetters,
            Notice::DeadLettersRevived { count: 1234 },
            Notice::NoSuchDeadLetter { id: "0123456789" },
            Notice::NoSuchModel {
                id: "xyz",
                known: "default, other",
            },
            Notice::NotAQuotedId { id: "xyz" },
            Notice::Undeliverable(None),
        ];
        notices.extend(Undeliverable::ALL.map(|reason| Notice::Undeliverable(Some(reason))));
        notices
    }

    fn troubles() -> Vec<Trouble<'static>> {
        vec![
            Trouble::DirectoryMissing { path: PLACE },
            Trouble::FileRefused { path: PLACE },
            Trouble::ServedAlready { path: PLACE },
            Trouble::Damaged { path: PLACE },
            Trouble::SealKeyMissing { names: PLACE },
            Trouble::NewerDatabase { version: 9999 },
            Trouble::AddressUnreadable,
            Trouble::DatabaseUnreachable,
            Trouble::LoginRefused,
            Trouble::DatabaseMissing,
            Trouble::DatabaseUnusable,
            Trouble::StoreFailed,
            Trouble::MattermostUnasked,
            Trouble::NoTls,
            Trouble::ModelWay,
            Trouble::TemplateBroken,
            Trouble::CannotListen { address: PLACE },
            Trouble::NoLog,
            Trouble::Died,
            Trouble::SystemRefused,
        ]
    }

    /// Everything that is said in a language.
    fn all(language: Language) -> Vec<String> {
        let mut said: Vec<_> = notices()
            .iter()
            .map(|notice| notify(language, notice))
            .collect();
        for trouble in troubles() {
            let Explanation { what, remedy } = explain(language, &trouble);
            said.extend([what, remedy]);
        }
        said
    }

    #[test]
    fn both_languages_hold_exactly_what_can_be_said() {
        let (notices, troubles) = (notices(), troubles());
        let mut ids: BTreeSet<_> = notices.iter().map(|notice| notice.message().id()).collect();
        for trouble in &troubles {
            let (what, remedy) = trouble.messages();
            ids.extend([what.id(), remedy.id()]);
        }
        assert_eq!(ids_written_in(include_str!("ko/operator.ftl")), ids);
        assert_eq!(ids_written_in(include_str!("en/operator.ftl")), ids);
    }

    #[test]
    fn everything_is_said_in_its_language_with_its_arguments() {
        for language in Language::ALL {
            for said in all(language) {
                assert!(!said.contains(['$', '\u{2068}', '\u{2069}']), "{said}");
                let is_korean = said.chars().any(|letter| ('가'..='힣').contains(&letter));
                assert_eq!(is_korean, language == Language::Korean, "{said}");
            }
            let said = all(language).concat();
            for argument in [&PLACE, "9999", "1234", "0123456789", "xyz"] {
                assert!(said.contains(argument), "{language:?}: {argument}");
            }
        }
    }

    #[test]
    fn one_answer_that_is_tried_again_is_said_in_the_singular() {
        let one = notify(Language::English, &Notice::DeadLettersRevived { count: 1 });
        assert_eq!(one, "One answer will be tried again.");
        let more = notify(Language::English, &Notice::DeadLettersRevived { count: 2 });
        assert_eq!(more, "2 answers will be tried again.");
    }
}
