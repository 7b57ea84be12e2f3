//! The child as a process: how it is bounded from outside, and what it is given.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use askwell::clock::SystemClock;
use askwell::domain::time::Timestamp;
use askwell::ports::Clock;
use askwell::reading::{self, Limits, Read, Unreadable};
use async_trait::async_trait;
use futures_util::future::join_all;
use tempfile::TempDir;

use super::{LIMITS, reader_with};

/// A clock by which every time-out has passed already.
struct Impatient;

#[async_trait]
impl Clock for Impatient {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }

    async fn sleep_until(&self, _at: Timestamp) {}
}

/// A program in place of ours.
struct Program {
    directory: TempDir,
}

impl Program {
    fn of(script: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("program");
        // Another process writes it: were it open for writing here while another test starts a child, it could not be started ("text file
        // busy") until that child has closed what it inherited.
        let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod +x \"$0\"";
        let written = Command::new("/bin/sh")
            .args(["-c", write])
            .args([&path, Path::new(script)])
            .status();
        assert!(written.unwrap().success());
        Self { directory }
    }

    async fn read(&self, clock: Arc<dyn Clock>, bytes: &[u8]) -> Result<Read, Unreadable> {
        let path = self.directory.path().join("program");
        let reader = reader_with(path.to_str().unwrap(), clock, LIMITS);
        reading::read(&reader, "--secret name.tXt", bytes).await
    }

    async fn answer(&self) -> Result<Read, Unreadable> {
        self.read(Arc::new(SystemClock::start()), b"words").await
    }
}

const TEXT_FOLLOWS: &str = "echo '{\"kind\":\"text\",\"is_whole\":true,\"pages\":null}'";

#[tokio::test]
async fn a_child_that_does_not_end_is_too_slow_and_is_killed() {
    let program = Program::of("exec tail -f /dev/null");
    let read = program.read(Arc::new(Impatient), b"words").await;
    assert!(matches!(read, Err(Unreadable::TooSlow)), "{read:?}");
}

#[tokio::test]
async fn a_child_that_used_up_its_computing_time_is_too_slow() {
    let program = Program::of("ulimit -S -t 1; while :; do :; done");
    let read = program.answer().await;
    assert!(matches!(read, Err(Unreadable::TooSlow)), "{read:?}");
}

#[tokio::test]
async fn a_child_that_talks_without_end_is_not_listened_to() {
    for script in ["exec yes", "yes >&2; exit 0"] {
        let read = Program::of(script).answer().await;
        assert!(matches!(read, Err(Unreadable::Broken)), "{read:?}");
    }
}

#[tokio::test]
async fn how_a_child_died_says_why() {
    let killed = Program::of("kill -KILL $$").answer().await;
    assert!(matches!(killed, Err(Unreadable::TooMuchMemory)));
    let aborted = Program::of("kill -ABRT $$").answer().await;
    assert!(matches!(aborted, Err(Unreadable::Broken)));
    let failed = Program::of("exit 1").answer().await;
    assert!(matches!(failed, Err(Unreadable::Unavailable(_))));
}

#[tokio::test]
async fn a_child_that_does_not_read_is_not_waited_for() {
    let program = Program::of(&format!("{TEXT_FOLLOWS}; printf done"));
    let read = program
        .read(Arc::new(SystemClock::start()), &vec![b'a'; 1 << 20])
        .await;
    assert!(matches!(read, Ok(Read::Text { text, .. }) if text == "done"));
}

#[tokio::test]
async fn a_child_inherits_nothing_and_learns_no_name() {
    // PWD, OLDPWD, SHLVL and _ are the shell's own.
    let program = Program::of(&format!(
        "{TEXT_FOLLOWS}; pwd; echo \"$@\"; /usr/bin/env | /usr/bin/cut -d= -f1 | /bin/grep -v -x -e PWD -e OLDPWD -e SHLVL -e _; true"
    ));
    let Ok(Read::Text { text, .. }) = program.answer().await else {
        panic!("the program answers");
    };
    assert_eq!(
        text,
        "/\nextract --name=file.txt --limit-bytes=100000 --cpu-seconds=20\n"
    );
}

#[tokio::test]
async fn what_is_no_program_is_unavailable() {
    let clock = Arc::new(SystemClock::start());
    let reader = reader_with("/nowhere/askwell", clock, LIMITS);
    let read = reading::read(&reader, "a.txt", b"words").await;
    assert!(matches!(read, Err(Unreadable::Unavailable(_))));
}

#[tokio::test]
async fn no_more_files_are_read_at_once_than_may_be() {
    // Each makes a directory that only one can have at a time.
    let directory = tempfile::tempdir().unwrap();
    let lock = directory.path().join("lock");
    let lock = lock.to_str().unwrap();
    let program = Program::of(&format!(
        "/bin/mkdir {lock} || exit 1\n/bin/cat >/dev/null\n/bin/rmdir {lock}\n{TEXT_FOLLOWS}"
    ));
    let path = program.directory.path().join("program");
    let limits = Limits {
        at_once: 1,
        ..LIMITS
    };
    let clock = Arc::new(SystemClock::start());
    let reader = reader_with(path.to_str().unwrap(), clock, limits);
    let reads = join_all((0..8).map(|_| reading::read(&reader, "a.txt", b"words"))).await;
    assert!(reads.iter().all(Result::is_ok), "{reads:?}");
}
