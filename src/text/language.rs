//! The languages askwell speaks.

use std::str::FromStr;

use fluent_templates::{LanguageIdentifier, langid};
use thiserror::Error;

static KOREAN: LanguageIdentifier = langid!("ko");
static ENGLISH: LanguageIdentifier = langid!("en");

/// Names the language in which askwell speaks to people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Korean, `ko`: the default of an installation.
    #[default]
    Korean,
    /// English, `en`.
    English,
}

/// Says that a text names no language askwell speaks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("parse language {written:?}: it is neither \"ko\" nor \"en\"")]
pub struct UnknownLanguage {
    /// The text as written.
    pub written: String,
}

impl Language {
    /// Every language, the default first.
    pub const ALL: [Self; 2] = [Self::Korean, Self::English];

    /// Returns the short name that configuration uses: `ko` or `en`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Korean => "ko",
            Self::English => "en",
        }
    }

    /// Returns the language of a Mattermost account by its locale, as `ko` or `en-AU`; `None` where askwell does not speak it.
    #[must_use]
    pub fn of_locale(locale: &str) -> Option<Self> {
        let (language, _region) = locale.split_once(['-', '_']).unwrap_or((locale, ""));
        language.parse().ok()
    }

    pub(super) fn identifier(self) -> &'static LanguageIdentifier {
        match self {
            Self::Korean => &KOREAN,
            Self::English => &ENGLISH,
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(written: &str) -> Result<Self, UnknownLanguage> {
        match written {
            "ko" => Ok(Self::Korean),
            "en" => Ok(Self::English),
            _ => Err(UnknownLanguage {
                written: written.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_is_read_back_from_its_code() {
        for language in Language::ALL {
            assert_eq!(language.code().parse(), Ok(language));
        }
    }

    #[test]
    fn a_locale_is_known_by_its_language_whatever_its_region() {
        assert_eq!(Language::of_locale("ko"), Some(Language::Korean));
        assert_eq!(Language::of_locale("en-AU"), Some(Language::English));
        for other in ["fr", "", "eng", "kok"] {
            assert_eq!(Language::of_locale(other), None, "{other}");
        }
    }

    #[test]
    fn an_unknown_language_is_named_in_the_error() {
        let error = "kr".parse::<Language>().unwrap_err();
        assert!(error.to_string().contains("\"kr\""));
    }

    #[test]
    fn an_installation_that_says_nothing_speaks_korean() {
        assert_eq!(Language::default(), Language::Korean);
    }
}
