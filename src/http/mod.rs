//! What we serve: the hooks Mattermost calls, and health.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;

/// How to listen, and whom to believe.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Tokens of slash commands; several while one is being replaced.
    pub command_tokens: Vec<SecretString>,
    /// Tokens of outgoing webhooks.
    pub outgoing_tokens: Vec<SecretString>,
    /// Bytes of a request's body, at most. 300 kB of Korean is about 900 kB percent-encoded.
    pub max_body_bytes: usize,
    /// Reading a request's body, at most.
    pub body_timeout: Duration,
    /// Connections at once, at most.
    pub max_connections: usize,
}
