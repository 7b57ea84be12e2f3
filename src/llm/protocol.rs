//! The protocols that a model may be asked by: our own wires, and those that a library speaks for us.

use reqwest::header::{HeaderName, HeaderValue};

use super::foreign::Foreign;
use super::wire::Wire;

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// One of our own.
    Own(Wire),
    /// One that a library speaks for us.
    Foreign(Foreign),
}

impl Default for Protocol {
    fn default() -> Self {
        Self::Own(Wire::default())
    }
}

impl Protocol {
    /// Returns the word by which it is configured.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own(wire) => wire.as_str(),
            Self::Foreign(foreign) => foreign.as_str(),
        }
    }

    /// Reads the word that [`Protocol::as_str`] returned; `None` for any other.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let own = Wire::from_word(word).map(Self::Own);
        own.or_else(|| Foreign::from_word(word).map(Self::Foreign))
    }

    /// Returns the header that it wants with each request, beside the key.
    pub(super) fn header(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Own(wire) => wire.header(),
            Self::Foreign(_) => None,
        }
    }

    /// Returns the header in which the key is sent as it is; where there is none, it is a bearer token.
    pub(super) fn key_header(self) -> Option<HeaderName> {
        match self {
            Self::Own(wire) => wire.key_header(),
            Self::Foreign(foreign) => foreign.key_header(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_is_found_by_its_own_word() {
        let own = Wire::ALL.map(Protocol::Own).into_iter();
        let foreign = Foreign::ALL.map(Protocol::Foreign).into_iter();
        for protocol in own.chain(foreign) {
            assert_eq!(Protocol::from_word(protocol.as_str()), Some(protocol));
        }
        assert_eq!(Protocol::from_word("telex"), None);
    }
}
