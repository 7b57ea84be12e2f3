//! Exchanges with real model servers, as files keep them.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

/// One recorded exchange. Its format is explained in `recorded/models/README.md`.
#[derive(Debug, Clone, Deserialize)]
pub struct Recording {
    /// Which server it was, with its version and date.
    pub source: String,
    /// What the exchange shows.
    pub about: String,
    /// What was sent.
    pub request: RecordedRequest,
    /// What came back.
    pub response: RecordedResponse,
}

/// The request of a recorded exchange.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedRequest {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// Names and values in the order sent.
    pub headers: Vec<(String, String)>,
    /// The body; absent where there was none.
    #[serde(default)]
    pub body: Option<String>,
}

/// The response of a recorded exchange.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedResponse {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// `chunked` or `content-length`.
    pub framing: String,
    /// How the body ended, in the words of the README.
    pub end: String,
    /// Names and values in the order sent.
    pub headers: Vec<(String, String)>,
    /// The HTTP chunks without their framing, or the whole body as one.
    pub chunks: Vec<RecordedChunk>,
}

/// One HTTP chunk of a recorded body.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedChunk {
    /// The text; no server split a character across chunks.
    pub text: String,
}

/// Why a recording cannot be used.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("read recording {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a recorded exchange.
    #[error("parse recording {path}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
}

impl Recording {
    /// Reads one recorded exchange.
    ///
    /// # Errors
    /// `Read` where the file cannot be read, `Parse` where it is no recorded exchange.
    pub fn load(path: &Path) -> Result<Self, RecordingError> {
        let text = std::fs::read_to_string(path).map_err(|source| RecordingError::Read {
            path: path.to_owned(),
            source,
        })?;
        serde_json::from_str(&text).map_err(|source| RecordingError::Parse {
            path: path.to_owned(),
            source,
        })
    }

    /// Reads the recording of this name (`llama-server-stream-length`) from the repository's `recorded/models`.
    ///
    /// # Errors
    /// As [`Recording::load`].
    pub fn named(name: &str) -> Result<Self, RecordingError> {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recorded/models");
        Self::load(&models.join(format!("{name}.json")))
    }
}
