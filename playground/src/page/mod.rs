//! The chat page: plain files, built into the binary, that look and render like Mattermost's own web client.
//!
//! The page is a client like any other: it knows nothing of the simulated server but its REST API and WebSocket.

mod assets;
mod people;

pub use assets::{CONTENT_SECURITY_POLICY, router};
pub use people::Person;
