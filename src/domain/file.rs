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
    /// It is a recording, and this was said in it.
    Transcript(String),
}

/// A picture small enough for a model, without metadata.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// As in a `Content-Type`: `image/png` or `image/jpeg`.
    pub media_type: &'static str,
    /// The encoded picture.
    pub bytes: Arc<[u8]>,
}

/// What a picture of each kind begins with, its media type, and how its file's name ends. WebP has its size in the middle.
const PICTURES: [(&[u8], &str, &str); 2] = [
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xFF\xD8\xFF", "image/jpeg", "jpg"),
];

impl Picture {
    /// Makes a picture of bytes that begin as PNG, JPEG or WebP do; `None` of any other.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Option<Self> {
        let media_type = if is_riff(&bytes, b"WEBP") {
            "image/webp"
        } else {
            let known = PICTURES.iter().find(|(sign, ..)| bytes.starts_with(sign));
            known?.1
        };
        Some(Self {
            media_type,
            bytes: bytes.into(),
        })
    }

    /// Returns how the name of its file ends.
    #[must_use]
    pub fn ending(&self) -> &'static str {
        let known = PICTURES
            .iter()
            .find(|(_, kind, _)| *kind == self.media_type);
        known.map_or("webp", |(.., ending)| ending)
    }
}

fn is_riff(bytes: &[u8], form: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(form)
}

/// A kind of recording: whether a file begins as one, how its name may end, and by which ending servers know it, whatever its codec.
type Recording = (fn(&[u8]) -> bool, &'static [&'static str], &'static str);

/// The kinds that are known. Containers that hold films as well (MP4, WebM) are recordings only by their names.
const RECORDINGS: [Recording; 6] = [
    (
        |bytes| bytes.starts_with(b"OggS"),
        &["", "ogg", "oga", "opus"],
        "ogg",
    ),
    (|bytes| bytes.starts_with(b"fLaC"), &["", "flac"], "flac"),
    (|bytes| is_riff(bytes, b"WAVE"), &["", "wav"], "wav"),
    (is_mpeg, &["mp3", "mpga", "mpeg"], "mp3"),
    (|bytes| bytes.get(4..8) == Some(b"ftyp"), &["m4a"], "m4a"),
    (
        |bytes| bytes.starts_with(b"\x1A\x45\xDF\xA3"),
        &["webm", "weba"],
        "webm",
    ),
];

fn is_mpeg(bytes: &[u8]) -> bool {
    let is_frame = |bytes: &[u8]| matches!(bytes, [0xFF, second, ..] if second & 0xE0 == 0xE0);
    bytes.starts_with(b"ID3") || is_frame(bytes)
}

/// Returns the kinds of recording that a file may be by its name.
fn recordings_named(name: &str) -> impl Iterator<Item = &'static Recording> {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    RECORDINGS.iter().filter(move |(_, endings, _)| {
        let mut endings = endings.iter();
        endings.any(|known| known.eq_ignore_ascii_case(ending))
    })
}

/// Says whether a file may be a recording, by its name.
#[must_use]
pub fn may_be_recording(name: &str) -> bool {
    recordings_named(name).next().is_some()
}

/// Says by which ending a file is known to hold speech; `None` where it is no recording.
///
/// What it begins with must be what its name says.
#[must_use]
pub fn recording_ending(name: &str, bytes: &[u8]) -> Option<&'static str> {
    let mut kinds = recordings_named(name);
    let (.., ending) = kinds.find(|(begins_so, ..)| begins_so(bytes))?;
    Some(ending)
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
    /// It is a recording that no model wrote down.
    Unheard,
    /// It is a picture, and the model sees none.
    Unseen,
    /// Only its beginning fits.
    Cut,
    /// There are more files than are read.
    TooMany,
}

impl FileTrouble {
    /// All of them, for tables and tests.
    pub const ALL: [Self; 10] = [
        Self::TooLarge,
        Self::Encrypted,
        Self::Unsupported,
        Self::Broken,
        Self::TooHard,
        Self::Unavailable,
        Self::Unheard,
        Self::Unseen,
        Self::Cut,
        Self::TooMany,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_what_it_begins_with_and_nothing_else_is_one() {
        for (bytes, known) in [
            (
                b"\x89PNG\r\n\x1a\nrest".as_slice(),
                Some(("image/png", "png")),
            ),
            (b"\xFF\xD8\xFF\xE0", Some(("image/jpeg", "jpg"))),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some(("image/webp", "webp"))),
            (b"RIFF\0\0\0\0WAVE", None),
            (b"GIF89a", None),
            (b"<svg/>", None),
            (b"", None),
        ] {
            let picture = Picture::of(bytes.to_vec());
            let found = picture.map(|picture| (picture.media_type, picture.ending()));
            assert_eq!(found, known, "{bytes:?}");
        }
    }

    #[test]
    fn a_recording_is_what_its_name_and_its_beginning_both_say() {
        for (name, bytes, ending) in [
            ("voice.mp3", b"ID3\x04".as_slice(), Some("mp3")),
            ("voice.MP3", b"\xFF\xFB\x90", Some("mp3")),
            ("voice.txt", b"ID3 is a format", None),
            ("voice.mp3", b"not one", None),
            ("voice.m4a", b"\0\0\0\x20ftypM4A ", Some("m4a")),
            ("film.mp4", b"\0\0\0\x20ftypisom", None),
            ("voice.opus", b"OggS\0", Some("ogg")),
            ("film.ogv", b"OggS\0", None),
            ("voice", b"RIFF\0\0\0\0WAVE", Some("wav")),
            ("voice.webm", b"\x1A\x45\xDF\xA3", Some("webm")),
            ("film.mkv", b"\x1A\x45\xDF\xA3", None),
            ("voice.flac", b"fLaC", Some("flac")),
        ] {
            assert_eq!(recording_ending(name, bytes), ending, "{name}");
        }
    }

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
