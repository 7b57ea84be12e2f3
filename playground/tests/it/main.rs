//! The playground from outside: its stories, and every recorded exchange replayed against it.

#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot go on without fails it, in helpers too"
)]

mod replay_commands;
mod replay_rest;
mod replay_webhooks;
mod replay_websocket;
mod story;
mod support;
