//! What becomes of a file.

use std::io;

/// What was read of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// Its text.
    Text {
        /// Lines end with `\n`; cells of tables are separated by tabs, those of spreadsheets by commas as in CSV. It is empty where there
        /// are only pictures, as in a scanned PDF.
        text: String,
        /// Whether that is all: the limit did not end it, and each page and font could be read.
        is_whole: bool,
        /// How many pages or slides the file has, where it has such.
        pages: Option<u32>,
    },
    /// A picture, its longest edge at most 1,568 pixels, upright, without metadata. Of an animation, the first frame.
    Image {
        /// What the bytes are.
        media_type: MediaType,
        /// The encoded picture.
        bytes: Vec<u8>,
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
}

/// How a picture is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// Something of it is transparent.
    Png,
    /// Everything else.
    Jpeg,
}

impl MediaType {
    /// Returns its name as in a `Content-Type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The file, a part of it that is packed, or the number of its pixels is over a limit.
    #[error("read a file as large as this")]
    TooLarge,
    /// It cannot be read without a password.
    #[error("read an encrypted file")]
    Encrypted,
    /// It is none of the kinds that are read.
    #[error("read a file of this kind")]
    Unsupported,
    /// It is empty, damaged, or not what its name says.
    #[error("read a damaged file")]
    Broken,
    /// Reading it took longer than it may.
    #[error("read a file in the time that it may take")]
    TooSlow,
    /// Reading it took more memory than it may.
    #[error("read a file in the memory that it may take")]
    TooMuchMemory,
    /// The child process could not be started or limited. The file is not at fault, and another try may succeed.
    #[error("start the process that reads files")]
    Unavailable(#[source] io::Error),
}
