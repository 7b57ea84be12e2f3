//! Reading files that people attach.

use async_trait::async_trait;

use crate::domain::file::{FileContent, FileTrouble};

/// Makes text, or a picture, of a file.
#[async_trait]
pub trait FileReader: Send + Sync {
    /// Bytes of a file that is read, at most.
    fn most_bytes(&self) -> usize;

    /// Reads a file. Its name tells its kind where its first bytes do not. Bounded in time and memory; dropping the future ends the work.
    async fn read(&self, name: &str, bytes: &[u8]) -> Result<FileContent, FileTrouble>;
}
