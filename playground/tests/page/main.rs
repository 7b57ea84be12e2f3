//! The chat page: how it is served, and what a real browser makes of it.
#![cfg(test)]

mod assets;
mod browser;
mod chat;
mod markdown;
mod state;
