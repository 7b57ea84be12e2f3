//! The load generator: slash commands as Mattermost sends them, over connections that are kept.

mod closed;
mod command;
mod connection;
mod disk;
mod mention;
mod paced;

pub(crate) use closed::{Closed, Throughput, press};
pub(crate) use command::{Asked, Command, TOKEN};
pub(crate) use connection::Connection;
pub(crate) use disk::Disk;
pub(crate) use mention::Said;
pub(crate) use paced::{Paced, ask_at_a_pace};

use std::net::SocketAddr;
use std::sync::Arc;

/// A server under load.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its process.
    pub(crate) pid: u32,
    /// Its core.
    pub(crate) core: usize,
    /// What it replies to every command, where that is always the same.
    pub(crate) reply: Option<Arc<[u8]>>,
}

impl Target {
    /// Says whether a reply is the acknowledgement: a refusal has status 200 as well, since Mattermost hides the body of any other.
    fn check(&self, reply: &[u8]) -> anyhow::Result<()> {
        if self.reply.as_deref().is_none_or(|usual| usual == reply) {
            return Ok(());
        }
        let reply = String::from_utf8_lossy(reply);
        anyhow::bail!("a command was answered otherwise than the first: {reply}")
    }
}
