//! The playground: what askwell's neighbours look like from outside, for tests, demonstrations and measurements.
//!
//! [`Playground`] is a simulated Mattermost on a loopback port: REST, WebSocket, slash commands, webhooks, buttons and
//! dialogs, with the real server's quirks, held to exchanges that were recorded from one (`recorded/`, replayed in
//! `tests/`) and to the server's own client library. A test furnishes its world, acts as people in it, spoils requests
//! ([`Faults`]) and connections ([`EventFault`]), and looks at what people see:
//!
//! ```no_run
//! # async fn story() -> std::io::Result<()> {
//! use askwell_playground::{CommandSpec, Options, Playground};
//!
//! let playground = Playground::start(Options::default()).await?;
//! playground.create_admin("admin");
//! playground.create_user("alice");
//! playground.create_team("acme");
//! playground.join_team("acme", &["alice"]);
//! playground.create_command("acme", &CommandSpec::new("askgpt", "http://127.0.0.1:8000/mattermost-gpt"));
//! playground.run_command("alice", "town-square", "/askgpt 안녕", None).await;
//! playground
//!     .wait_until("an answer", |view| !view.posts_seen_by("alice", "town-square").is_empty())
//!     .await;
//! # Ok(())
//! # }
//! ```
//!
//! It shares no code with askwell, so that both cannot be wrong in the same way.

pub mod ask;
pub mod clock;
pub mod demo;
pub mod fault;
pub mod model;
pub mod options;
pub mod page;
pub mod tour;

mod handle;
mod ids;
mod integration;
mod shared;
mod wire;
mod world;

pub use ask::{Question, ask};
pub use clock::{ManualTime, TimeSource};
pub use demo::Demo;
pub use fault::{Fault, Faults, Gate, route};
pub use handle::{
    BotAccount, CommandSeen, CommandSpec, HookFormat, PASSWORD, Playground, ReplySeen, Revision,
    SeenDialog, SeenFile, SeenPost, SlashCommand, View,
};
pub use options::{Options, RateLimit, Settings};
pub use world::connection::EventFault;
pub use world::mention::{Notification, Reason};
