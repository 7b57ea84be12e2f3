//! Files that people attach to what they write, and what becomes of them.

use std::fmt;
use std::sync::Arc;

/// Characters of a file's name that are repeated.
const MAX_NAME_CHARACTERS: usize = 64;

/// A file as Mattermost gives it.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedFile {
    /// Its name, as a person wrote it.
    pub name: FileName,
    /// What is in it; `None` where it is larger than was asked for.
    pub bytes: Option<Vec<u8>>,
}

/// A file's name, made fit to be repeated: letters, digits, and a few signs that mean nothing in Markdown between backticks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileName(String);

impl FileName {
    /// Makes a name fit to be repeated.
    #[must_use]
    pub fn cleaned(name: &str) -> Self {
        let cleaned: String = name
            .chars()
            .map(|character| {
                let is_kept = character.is_alphanumeric() || " ._-()+".contains(character);
                if is_kept { character } else { '_' }
            })
            .take(MAX_NAME_CHARACTERS)
            .collect();
        let trimmed = cleaned.trim();
        Self(if trimmed.is_empty() { "file" } else { trimmed }.to_owned())
    }

    /// Returns it as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is in a file, for a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileContent {
    /// Its text.
    Text {
        /// The text; empty where there are only pictures, as in a scanned PDF.
        text: String,
        /// Whether that is all.
        is_whole: bool,
    },
    /// It is a picture.
    Picture(Picture),
}

/// A picture small enough for a model, without metadata.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// As in a `Content-Type`: `image/png` or `image/jpeg`.
    pub media_type: &'static str,
    /// The encoded picture.
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { media_type, bytes } = self;
        write!(formatter, "Picture({media_type}, {} bytes)", bytes.len())
    }
}

/// Why a file does not reach the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileTrouble {
    /// It is over a limit.
    TooLarge,
    /// It needs a password.
    Encrypted,
    /// It is of a kind that is not read.
    Unsupported,
    /// It is empty or damaged, or holds no text.
    Broken,
    /// Reading it took too long, or too much memory.
    TooHard,
    /// It could not be fetched or read now.
    Unavailable,
    /// It is a picture, and the model sees none.
    Unseen,
    /// Only its beginning fits.
    Cut,
    /// There are more files than are read.
    TooMany,
}

impl FileTrouble {
    /// All of them, for tables and tests.
    pub const ALL: [Self; 9] = [
        Self::TooLarge,
        Self::Encrypted,
        Self::Unsupported,
        Self::Broken,
        Self::TooHard,
        Self::Unavailable,
        Self::Unseen,
        Self::Cut,
        Self::TooMany,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_repeated_without_what_could_mean_something() {
        for (name, cleaned) in [
            ("보고서 (2).pdf", "보고서 (2).pdf"),
            ("`@all` [x](http://y).md", "__all_ _x_(http___y).md"),
            ("a\nb", "a_b"),
            ("  ", "file"),
            ("", "file"),
        ] {
            assert_eq!(FileName::cleaned(name).as_str(), cleaned);
        }
        let long = "x".repeat(MAX_NAME_CHARACTERS + 1);
        assert_eq!(FileName::cleaned(&long).as_str().len(), MAX_NAME_CHARACTERS);
    }
}
