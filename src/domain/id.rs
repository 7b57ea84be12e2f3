//! Names of things: each a type of its own, so that none can stand where another belongs.

use std::fmt;

/// Says that a text is not an id of the expected form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parse {what}: expected {expected}")]
pub struct InvalidId {
    /// What was being read, as a person would call it.
    pub what: &'static str,
    /// The form it should have had.
    pub expected: &'static str,
}

/// The length of every id Mattermost makes (`model.NewId`).
pub const MATTERMOST_ID_LENGTH: usize = 26;

fn is_mattermost_id(text: &str) -> bool {
    text.len() == MATTERMOST_ID_LENGTH
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

macro_rules! mattermost_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("Reads ", $what, ": 26 characters of `a-z` and `0-9`.")]
            ///
            /// # Errors
            /// When the text has another form.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                if is_mattermost_id(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { what: $what, expected: "26 characters of a-z and 0-9" })
                }
            }

            /// Returns the id as Mattermost writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

mattermost_id!(
    /// A Mattermost account.
    UserId,
    "a user id"
);
mattermost_id!(
    /// A Mattermost channel of any type, direct and group channels included.
    ChannelId,
    "a channel id"
);
mattermost_id!(
    /// A Mattermost post.
    PostId,
    "a post id"
);
mattermost_id!(
    /// A file that is attached to a Mattermost post, or will be.
    FileId,
    "a file id"
);
mattermost_id!(
    /// A Mattermost team.
    TeamId,
    "a team id"
);

/// The id inside a slash command's `response_url`: whoever has it may post for 30 minutes, so it does not print.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResponseUrlId(String);

impl ResponseUrlId {
    /// Reads the bare id: 26 characters of `a-z` and `0-9`.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if is_mattermost_id(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId {
                what: "a response_url id",
                expected: "26 characters of a-z and 0-9",
            })
        }
    }

    /// Takes the id from the end of a `response_url`; host and path before it are never looked at, because they follow the
    /// request's Host header on Mattermost 11.1.
    ///
    /// # Errors
    /// When the last path segment is no id.
    pub fn from_url(url: &str) -> Result<Self, InvalidId> {
        Self::parse(url.rsplit('/').next().unwrap_or_default())
    }

    /// Returns the id, to be sent to the configured server and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ResponseUrlId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ResponseUrlId(…)")
    }
}

/// The Mattermost server a row, key or cache entry belongs to: the name it has in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(String);

impl ServerId {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Reads a server's name: 1 to 64 characters of `a-z`, `0-9`, `-` and `_`.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=Self::MAX_BYTES).contains(&text.len());
        let plain = text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
        });
        if fits && plain {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId {
                what: "a server name",
                expected: "1 to 64 characters of a-z, 0-9, - and _",
            })
        }
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A question askwell accepted; made in time order (UUID version 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionId(u128);

impl QuestionId {
    /// How many hexadecimal digits people are given to quote.
    pub const QUOTED_DIGITS: usize = 10;

    /// Wraps the 128 bits of the id.
    #[must_use]
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Returns the 128 bits of the id.
    #[must_use]
    pub const fn as_bits(self) -> u128 {
        self.0
    }

    /// Reads the 32 hexadecimal digits that [`fmt::Display`] writes.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let expected = "32 hexadecimal digits";
        let what = "a question id";
        if text.len() != 32 {
            return Err(InvalidId { what, expected });
        }
        u128::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| InvalidId { what, expected })
    }

    /// Returns the short form people quote when they report a failure: the last digits, which are the random ones.
    #[must_use]
    pub fn quoted(self) -> String {
        let whole = self.to_string();
        whole[whole.len() - Self::QUOTED_DIGITS..].to_owned()
    }
}

/// The end of a question's id, as a person quotes it: enough of its digits to know it by, or all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotedId(String);

impl QuotedId {
    /// Reads 10 to 32 hexadecimal digits.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let fits = (QuestionId::QUOTED_DIGITS..=32).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidId {
                what: "a quoted id",
                expected: "10 to 32 hexadecimal digits",
            })
        }
    }

    /// Returns the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QuestionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mattermost_id_is_26_lower_case_letters_and_digits() {
        assert!(PostId::parse("cyi3e1qg4tbwfyu1i56pnrempo").is_ok());
        for wrong in [
            "",
            "short",
            "CYI3e1qg4tbwfyu1i56pnrempo",
            "cyi3e1qg4tbwfyu1i56pnremp/",
            "cyi3e1qg4tbwfyu1i56pnrempoo",
        ] {
            assert!(PostId::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_the_id_of_a_response_url_is_used_and_it_does_not_print() {
        let id = ResponseUrlId::from_url(
            "http://evil.example/hooks/commands/cyi3e1qg4tbwfyu1i56pnrempo",
        )
        .unwrap();
        assert_eq!(id.expose(), "cyi3e1qg4tbwfyu1i56pnrempo");
        assert_eq!(format!("{id:?}"), "ResponseUrlId(…)");
        assert!(ResponseUrlId::from_url("http://evil.example/hooks/commands/x?y=z").is_err());
    }

    #[test]
    fn a_question_id_survives_being_written_and_read() {
        let id = QuestionId::from_bits(0x0190_aaaa_bbbb_7ccc_8ddd_eeee_ffff_0001);
        assert_eq!(QuestionId::parse(&id.to_string()), Ok(id));
        assert_eq!(id.quoted(), "eeffff0001");
        assert!(QuestionId::parse("12").is_err());
    }

    #[test]
    fn what_a_person_quotes_is_enough_of_the_end_of_an_id_and_nothing_else() {
        let id = QuestionId::from_bits(0x0190_aaaa_bbbb_7ccc_8ddd_eeee_ffff_0001);
        assert_eq!(
            QuotedId::parse("EEEEFFFF0001").unwrap().as_str(),
            "eeeeffff0001"
        );
        assert!(QuotedId::parse(&id.quoted()).is_ok());
        assert!(QuotedId::parse(&id.to_string()).is_ok());
        let one_more = format!("0{id}");
        for wrong in ["", "eeffff001", "%%%%%%%%%%", "eeffff000g", &one_more] {
            assert!(QuotedId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
