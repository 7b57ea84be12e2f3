//! The playground from outside: its stories, and every recorded exchange replayed against it.

#![cfg(test)]

mod accounts;
mod actions;
mod channels;
mod connections;
mod dialogs;
mod files;
mod posts;
mod reactions;
mod replay_actions;
mod replay_administration;
mod replay_commands;
mod replay_dialogs_files;
mod replay_rest;
mod replay_webhooks;
mod replay_websocket;
mod roles;
mod rules;
mod server;
mod story;
mod support;
