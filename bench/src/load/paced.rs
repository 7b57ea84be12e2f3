//! Commands at a steady pace, whether or not earlier ones were acknowledged.

use std::time::{Duration, Instant};

use anyhow::bail;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::Target;
use super::command::{Asked, Command};
use super::connection::Connection;

/// At what pace, and how many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paced {
    /// Between two commands.
    pub(crate) interval: Duration,
    /// The number of the first.
    pub(crate) first: u64,
    /// How many in all.
    pub(crate) commands: u64,
    /// Connections to choose from; a command that finds all of them waiting is an error, not a wait.
    pub(crate) connections: usize,
}

/// Sends commands at a pace; returns how long each waited for its acknowledgement.
///
/// # Errors
/// When a command fails, or every connection still waits when one is due.
pub(crate) async fn ask_at_a_pace(
    target: &Target,
    command: &Command,
    load: Paced,
) -> anyhow::Result<Vec<Duration>> {
    let mut idle = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        idle.push(Connection::open(target.address).await?);
    }
    let mut waiting = JoinSet::new();
    let mut latencies = Vec::new();
    let mut pace = tokio::time::interval(load.interval);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in load.first..load.first + load.commands {
        pace.tick().await;
        while let Some(done) = waiting.try_join_next() {
            let (connection, latency) = done??;
            latencies.push(latency);
            idle.push(connection);
        }
        let Some(connection) = idle.pop() else {
            bail!("all {} connections wait for the server", load.connections);
        };
        waiting.spawn(ask(
            connection,
            command.clone(),
            Asked(number),
            target.clone(),
        ));
    }
    while let Some(done) = waiting.join_next().await {
        latencies.push(done??.1);
    }
    Ok(latencies)
}

async fn ask(
    mut connection: Connection,
    mut command: Command,
    asked: Asked,
    target: Target,
) -> anyhow::Result<(Connection, Duration)> {
    let request = command.numbered(asked);
    let sent = Instant::now();
    let reply = connection.ask(request).await?;
    let latency = sent.elapsed();
    target.check(reply)?;
    Ok((connection, latency))
}
