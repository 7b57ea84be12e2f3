//! Integration tests, one binary: what is outside is real, time is in the tests' hands.

#![expect(
    clippy::unwrap_used,
    reason = "what a test takes for granted stops it when it is missing"
)]

mod clock;
mod edge;
mod llm;
mod mattermost;
mod page_in_browser;
mod postgres;
mod provision;
mod reading;
mod store;
mod stories;
