//! The playground from outside: its stories, and every recorded exchange replayed against it.

#![cfg(test)]

mod actions;
mod connections;
mod files;
mod posts;
mod reactions;
mod replay_actions;
mod replay_commands;
mod replay_dialogs_files;
mod replay_rest;
mod replay_webhooks;
mod replay_websocket;
mod rules;
mod story;
mod support;
