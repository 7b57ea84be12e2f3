//! Models of other media than text: who draws, and who writes down what was said.

use async_trait::async_trait;

use super::model::ModelError;
use crate::domain::completion::Usage;
use crate::domain::file::Picture;

/// A picture as it was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The picture; of a known kind, and within the bound.
    pub picture: Picture,
    /// What the provider reported as used.
    pub usage: Usage,
    /// The model that was asked, where one was named.
    pub model: Option<String>,
}

/// A model that draws.
#[async_trait]
pub trait ImageModel: Send + Sync {
    /// Draws what is described. Bounded in time and bytes; dropping the future closes the connection.
    async fn draw(&self, description: &str) -> Result<Drawn, ModelError>;
}

/// A model that writes down what is said in a recording.
#[async_trait]
pub trait SpeechToText: Send + Sync {
    /// Bytes of a recording that is taken, at most.
    fn most_bytes(&self) -> usize;

    /// Writes down what is said. By the ending (`mp3`, `ogg`…) the server knows the format. Bounded in time; dropping the future closes the
    /// connection.
    async fn transcribe(&self, ending: &str, recording: &[u8]) -> Result<String, ModelError>;
}
