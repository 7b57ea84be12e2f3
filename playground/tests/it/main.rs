//! The playground from outside: its stories, and every recorded exchange replayed against it.

mod replay_commands;
mod replay_rest;
mod replay_webhooks;
mod replay_websocket;
mod story;
mod support;
