//! What the disk asks for one durable write: a write as a database's log makes it, and `fdatasync`.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Four pages: less than the commit of one question writes, so that the comparison is on the strict side.
const WRITE_BYTES: usize = 16 * 1024;

/// After so much SQLite begins its log anew from the front, so that the file grows no more (1,000 pages).
const LOG_BYTES: u64 = 4 * 1024 * 1024;

/// A file that is written like a log.
pub(crate) struct Log {
    file: File,
    at: u64,
}

impl Log {
    /// Makes the file, which is taken away when the bench's directory is.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .open(path)?;
        for at in (0..LOG_BYTES).step_by(WRITE_BYTES) {
            file.write_all_at(&[b'.'; WRITE_BYTES], at)?;
        }
        file.sync_all()?;
        Ok(Self { file, at: 0 })
    }

    /// Writes once; returns how long the `fdatasync` after it took.
    pub(crate) fn sync_once(&mut self) -> io::Result<Duration> {
        self.file.write_all_at(&[b'x'; WRITE_BYTES], self.at)?;
        self.at = (self.at + WRITE_BYTES as u64) % LOG_BYTES;
        let begun = Instant::now();
        self.file.sync_data()?;
        Ok(begun.elapsed())
    }
}
