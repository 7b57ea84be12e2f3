//! The parent's side: a child for each file, bounded from outside too.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use super::outcome::{Read, Unreadable};
use super::{kind, wire};
use crate::domain::file::{FileContent, FileTrouble, Picture};
use crate::ports::{Clock, FileReader, timeout};

/// The largest file that is read: half of what Mattermost takes by default (`MaxFileSize`, 100 MiB), since the child holds it in memory
/// beside what it makes of it.
pub const MOST_BYTES: usize = 50 << 20;

/// The largest picture that a child may answer with: 1,568 x 1,568 pixels of four bytes, incompressible, fit.
const MOST_IMAGE_BYTES: usize = 10 << 20;

/// How much of what a child complains is read: enough to find why it died.
const MOST_COMPLAINT_BYTES: u64 = 4_096;

/// What the standard library says before it aborts for want of memory.
const OUT_OF_MEMORY: &[u8] = b"memory allocation of";

/// How much reading may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How much of a file's text is kept.
    pub text_bytes: usize,
    /// How long reading one file may compute, in whole seconds, at least one.
    pub cpu: Duration,
    /// How long reading one file may take by the [`Clock`], apart from waiting for its turn.
    pub wall: Duration,
    /// How many files are read at the same time; each may take 512 MiB.
    pub at_once: usize,
}

/// Starts children that read files.
pub struct Reader {
    program: PathBuf,
    clock: Arc<dyn Clock>,
    limits: Limits,
    turns: Semaphore,
}

impl Reader {
    /// Makes a reader of the program that has the command `extract`: this one. `/proc/self/exe` stays it even when its file is replaced.
    #[must_use]
    pub fn new(program: PathBuf, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        Self {
            program,
            clock,
            limits,
            turns: Semaphore::new(limits.at_once),
        }
    }
}

/// Reads a file in a child process, when it is its turn.
///
/// Dropping the future kills the child. How many wait for their turn is bounded by how many ask: the caller's workers.
///
/// # Errors
/// As [`Unreadable`] says. Only of `Unavailable` another try may do better.
pub async fn read(reader: &Reader, name: &str, bytes: &[u8]) -> Result<Read, Unreadable> {
    if bytes.len() > MOST_BYTES {
        return Err(Unreadable::TooLarge);
    }
    let turn = reader.turns.acquire().await;
    let _turn = turn.map_err(|closed| Unreadable::Unavailable(io::Error::other(closed)))?;
    let child = start(reader, name).map_err(Unreadable::Unavailable)?;
    let limit_bytes = reader.limits.text_bytes;
    timeout(
        reader.clock.as_ref(),
        reader.limits.wall,
        converse(child, bytes, limit_bytes),
    )
    .await
    .map_err(|_| Unreadable::TooSlow)?
}

/// Starts a child that has nothing of ours: no environment, no directory, no descriptor but its three pipes.
fn start(reader: &Reader, name: &str) -> io::Result<Child> {
    // Everybody on the machine can read arguments, so of the name it is told only what it needs. As one word, it cannot be an option.
    let name = format!("--name=file.{}", kind::ending(name));
    let limit = format!("--limit-bytes={}", reader.limits.text_bytes);
    let cpu = format!("--cpu-seconds={}", reader.limits.cpu.as_secs().max(1));
    Command::new(&reader.program)
        .args(["extract", &name, &limit, &cpu])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

/// Gives the child the file, takes its answer, and judges how it ended.
async fn converse(mut child: Child, bytes: &[u8], limit_bytes: usize) -> Result<Read, Unreadable> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let most = limit_bytes.max(MOST_IMAGE_BYTES) + wire::MOST_HEAD_BYTES;
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    let give = async {
        if let Some(mut stdin) = stdin {
            // A child that died before it had read everything is judged by how it ended.
            stdin.write_all(bytes).await.ok();
        }
    };
    // At its bound a pipe is closed, so that a child that says too much cannot wait for somebody to listen.
    let take = bounded(stdout, most + 1);
    let listen = bounded(stderr, MOST_COMPLAINT_BYTES);
    let ((), answer, complaint) = tokio::join!(give, take, listen);
    let status = child.wait().await.map_err(Unreadable::Unavailable)?;
    judge(status, &complaint)?;
    wire::parse(&answer, limit_bytes)
}

async fn bounded(pipe: Option<impl AsyncRead + Unpin>, most: u64) -> Vec<u8> {
    let mut read = Vec::new();
    if let Some(pipe) = pipe {
        // What can no longer be read is missing from the answer, where that is noticed.
        pipe.take(most).read_to_end(&mut read).await.ok();
    }
    read
}

/// Says why a child ended that did not end well.
fn judge(status: ExitStatus, complaint: &[u8]) -> Result<(), Unreadable> {
    let Some(signal) = status.signal() else {
        return if status.success() {
            Ok(())
        } else {
            // It answers also what it cannot read, so it could not limit itself, or is not our program.
            let said = format!("the child ended with {status}");
            Err(Unreadable::Unavailable(io::Error::other(said)))
        };
    };
    let ran_out = complaint
        .windows(OUT_OF_MEMORY.len())
        .any(|window| window == OUT_OF_MEMORY);
    if signal == Signal::XCPU.as_raw() {
        Err(Unreadable::TooSlow)
    } else if ran_out || signal == Signal::KILL.as_raw() {
        // Nobody but the kernel, for want of memory, kills a child that we still listen to.
        Err(Unreadable::TooMuchMemory)
    } else {
        // A stack that overflowed, above all.
        Err(Unreadable::Broken)
    }
}

#[async_trait]
impl FileReader for Reader {
    fn most_bytes(&self) -> usize {
        MOST_BYTES
    }

    async fn read(&self, name: &str, bytes: &[u8]) -> Result<FileContent, FileTrouble> {
        match read(self, name, bytes).await {
            Ok(Read::Text { text, is_whole, .. }) => Ok(FileContent::Text { text, is_whole }),
            Ok(Read::Image {
                media_type, bytes, ..
            }) => Ok(FileContent::Picture(Picture {
                media_type: media_type.as_str(),
                bytes: bytes.into(),
            })),
            Err(unreadable) => Err(trouble(&unreadable)),
        }
    }
}

fn trouble(unreadable: &Unreadable) -> FileTrouble {
    match unreadable {
        Unreadable::TooLarge => FileTrouble::TooLarge,
        Unreadable::Encrypted => FileTrouble::Encrypted,
        Unreadable::Unsupported => FileTrouble::Unsupported,
        Unreadable::Broken => FileTrouble::Broken,
        Unreadable::TooSlow | Unreadable::TooMuchMemory => FileTrouble::TooHard,
        Unreadable::Unavailable(error) => {
            tracing::error!(%error, "the process that reads files could not be started");
            FileTrouble::Unavailable
        }
    }
}
