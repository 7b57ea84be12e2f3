//! As many commands as a server takes: every connection sends its next as soon as the last was acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use tokio::task::JoinSet;

use super::Target;
use super::command::{Asked, Command};
use super::connection::Connection;
use crate::process;
use crate::spread::Samples;

/// How hard to press, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closed {
    /// Connections at once.
    pub(crate) connections: usize,
    /// Before anything is counted.
    pub(crate) warm_up: Duration,
    /// While it is counted.
    pub(crate) measured: Duration,
    /// Commands in all, at most.
    pub(crate) max_commands: u64,
}

/// What a server took.
#[derive(Debug)]
pub(crate) struct Throughput {
    /// Acknowledgements a second.
    pub(crate) per_second: f64,
    /// How long each took.
    pub(crate) latencies: Samples,
    /// How much of its core the generator itself was busy, `0.0..=1.0`: near 1 it would be what is measured.
    pub(crate) generator_busy: f64,
    /// The server's processor time for each acknowledgement, in microseconds.
    pub(crate) server_micros: f64,
    /// How much of the server's core went to other programs, `0.0..=1.0`.
    pub(crate) strangers: f64,
}

struct Shared {
    next: AtomicU64,
    counted_from: Instant,
    until: Instant,
    last: u64,
}

/// Presses a server with commands numbered from 0.
///
/// # Errors
/// When a command is not acknowledged as the others are.
pub(crate) async fn press(
    target: &Target,
    command: &Command,
    load: Closed,
) -> anyhow::Result<Throughput> {
    let counted_from = Instant::now() + load.warm_up;
    let shared = Arc::new(Shared {
        next: AtomicU64::new(0),
        counted_from,
        until: counted_from + load.measured,
        last: load.max_commands,
    });
    let mut connections = JoinSet::new();
    for _ in 0..load.connections {
        let connection = Connection::open(target.address).await?;
        let (command, shared) = (command.clone(), Arc::clone(&shared));
        connections.spawn(send_on(connection, command, shared, target.clone()));
    }
    tokio::time::sleep_until(counted_from.into()).await;
    let before = Times::read(target)?;
    let begun = Instant::now();
    tokio::time::sleep_until(shared.until.into()).await;
    let elapsed = begun.elapsed().as_secs_f64();
    let used = Times::read(target)?.since(before);
    let mut latencies = Vec::new();
    while let Some(sent) = connections.join_next().await {
        latencies.extend(sent??);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let count = latencies.len() as f64;
    if count < 1.0 {
        bail!("no command was acknowledged in {elapsed} s");
    }
    Ok(Throughput {
        per_second: count / elapsed,
        latencies: Samples::new(latencies),
        generator_busy: used.generator.as_secs_f64() / elapsed,
        server_micros: used.server.as_secs_f64() * 1e6 / count,
        strangers: used.core.saturating_sub(used.server).as_secs_f64() / elapsed,
    })
}

/// Processor times, so far or in between.
#[derive(Clone, Copy)]
struct Times {
    generator: Duration,
    server: Duration,
    /// Of the server's core, whoever used it.
    core: Duration,
}

impl Times {
    fn read(target: &Target) -> anyhow::Result<Self> {
        Ok(Self {
            generator: process::cpu_time(std::process::id())?,
            server: process::cpu_time(target.pid)?,
            core: process::core_busy(target.core)?,
        })
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            generator: self.generator.saturating_sub(earlier.generator),
            server: self.server.saturating_sub(earlier.server),
            core: self.core.saturating_sub(earlier.core),
        }
    }
}

/// One connection's part. Returns the latencies of what was acknowledged while it was counted.
async fn send_on(
    mut connection: Connection,
    mut command: Command,
    shared: Arc<Shared>,
    target: Target,
) -> anyhow::Result<Vec<Duration>> {
    let mut latencies = Vec::with_capacity(1 << 14);
    loop {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let sent = Instant::now();
        if sent >= shared.until || number >= shared.last {
            return Ok(latencies);
        }
        let reply = connection.ask(command.numbered(Asked(number))).await?;
        let replied = Instant::now();
        target.check(reply)?;
        if sent >= shared.counted_from && replied <= shared.until {
            latencies.push(replied - sent);
        }
    }
}
