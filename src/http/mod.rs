//! What we serve: the hooks Mattermost calls, health, and metrics.
//!
//! - [`router`] has every route on one page; [`serve`] listens, with bounds on connections, headers and time.
//! - `entrance` lets another router take the place of the one that is served.
//! - `hooks` are the thin handlers: read the body (`body`), find out who sent it (`token`), give it to the pipeline, and say its reply in
//!   the form that the sender understands (`reply`).
//! - `actions` is the handler of pressed buttons.
//! - `guests` knows who is connected, and who is to leave where nobody else gets in.
//! - [`admin`] is the page for administrators, on a listener of its own.
//! - `metrics` says how all that goes, on a listener of its own.
//! - `health` answers the probes of whoever runs us.

mod actions;
pub mod admin;
mod body;
mod connection;
mod entrance;
mod guests;
mod health;
mod hooks;
mod metrics;
mod panics;
mod reply;
mod router;
mod server;
mod token;

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;

pub use actions::{MAX_PRESS_BYTES, Obey};
pub use body::{LARGE_BODIES, LARGE_BODY_BYTES};
pub use connection::WRITE_TIMEOUT;
pub use entrance::Entrance;
pub use health::{CHECK_NEIGHBOURS_EVERY, CHECK_STORE_EVERY, LONGEST_CHECK};
pub use hooks::{LONGEST_RECEPTION, Receive};
pub use metrics::{
    COUNT_BACKLOG_EVERY, LONGEST_COUNT, MAX_READERS, Measured, Watched, metrics_router,
};
pub use router::{Site, World, router};
pub use server::{
    HEADER_TIMEOUT, IDLE_TIMEOUT, MAX_HEAD_BYTES, MAX_HEADERS, SHUTDOWN_DEADLINE, serve,
};

/// Whom to believe.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Tokens of slash commands; several while one is being replaced.
    pub command: Vec<SecretString>,
    /// Tokens of outgoing webhooks.
    pub outgoing: Vec<SecretString>,
}

/// How to listen.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Bytes of a request's body, at most. 300 kB of Korean is about 900 kB percent-encoded.
    pub max_body_bytes: usize,
    /// Reading a request's body, at most.
    pub body_timeout: Duration,
    /// Connections at once, at most.
    pub max_connections: usize,
}
