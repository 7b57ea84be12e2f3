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
    /// How busy the generator's core was, whoever used it, `0.0..=1.0`: near 1 the generator may be what is measured.
    pub(crate) generator_core: f64,
    /// The same of the server's core: near 1 where the server is what is measured.
    pub(crate) server_core: f64,
    /// The server's processor time for each acknowledgement, in microseconds.
    pub(crate) server_micros: f64,
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
        generator_core: used.generator_core.as_secs_f64() / elapsed,
        server_core: used.server_core.as_secs_f64() / elapsed,
        server_micros: used.server.as_secs_f64() * 1e6 / count,
    })
}

/// Processor times, so far or in between.
#[derive(Clone, Copy)]
struct Times {
    /// Of the server's process, without the interrupts it causes.
    server: Duration,
    /// Of its core, interrupts and other programs included.
    server_core: Duration,
    /// Of the generator's core, likewise.
    generator_core: Duration,
}

impl Times {
    fn read(target: &Target) -> anyhow::Result<Self> {
        let ours = process::allowed_cores()?;
        let ours = ours.first().copied().unwrap_or_default();
        Ok(Self {
            server: process::cpu_time(target.pid)?,
            server_core: process::core_busy(target.core)?,
            generator_core: process::core_busy(ours)?,
        })
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            server: self.server.saturating_sub(earlier.server),
            server_core: self.server_core.saturating_sub(earlier.server_core),
            generator_core: self.generator_core.saturating_sub(earlier.generator_core),
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
