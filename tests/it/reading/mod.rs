//! Attachments, read by the real child process.

mod bombs;
mod documents;
mod files;
mod pictures;
mod process;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use askwell::clock::SystemClock;
use askwell::ports::Clock;
use askwell::reading::{self, Limits, Read, Reader, Unreadable};

const LIMITS: Limits = Limits {
    text_bytes: 100_000,
    cpu: Duration::from_secs(20),
    wall: Duration::from_mins(1),
    at_once: 2,
};

fn reader_with(program: &str, clock: Arc<dyn Clock>, limits: Limits) -> Reader {
    Reader::new(PathBuf::from(program), clock, limits)
}

/// Reads a file as the server does, with its real time as the limit.
async fn read(name: &str, bytes: &[u8]) -> Result<Read, Unreadable> {
    let program = env!("CARGO_BIN_EXE_askwell");
    let reader = reader_with(program, Arc::new(SystemClock::start()), LIMITS);
    reading::read(&reader, name, bytes).await
}

/// Reads a file that is text, all of it, and returns that and the number of its pages.
async fn whole_text(name: &str, bytes: &[u8]) -> (String, Option<u32>) {
    match read(name, bytes).await.unwrap() {
        Read::Text {
            text,
            is_whole: true,
            pages,
        } => (text, pages),
        other => panic!("{name} is not text as a whole: {other:?}"),
    }
}
