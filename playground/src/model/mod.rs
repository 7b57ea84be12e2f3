//! A model server whose every answer is a script in the test's hands.
//!
//! It speaks `OpenAI`'s chat completions and responses and Anthropic's messages, all from the same [script](Reply), and
//! `OpenAI`'s Images and Audio APIs, over
//! HTTP/1.1 on loopback and writes the bytes itself, so that a test decides where a chunk ends, when the connection
//! drops and how. It keeps no timers: a stall is a [gate](ScriptedModel::open_gate) that the test opens. It does not
//! generate language, and it takes whatever is asked: what a real service would refuse, a test sees in the
//! [requests](ScriptedModel::requests).
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use askwell_playground::model::{Reply, ScriptedModel};
//!
//! let model = ScriptedModel::start().await;
//! model.answer_when("weather", Reply::deltas(["Sun", "ny."]).gate("noon").content(" Warm."));
//! model.answer_otherwise(Reply::rate_limited(Some("7")));
//! assert!(model.base_url().ends_with("/v1"));
//! # });
//! ```

mod block;
mod chat;
mod completion;
mod connection;
mod echo;
mod failure;
mod gate;
mod journal;
mod media;
mod messages;
mod plan;
mod prompt;
mod recording;
mod reply;
mod request;
mod respond;
mod responses;
mod server;
mod standalone;
mod wire;

pub use completion::{LineEnd, RoleChunk, Usage, UsagePlace};
pub use echo::Echo;
pub use journal::Outcome;
pub use recording::{RecordedChunk, RecordedRequest, RecordedResponse, Recording, RecordingError};
pub use reply::Reply;
pub use request::Request;
pub use server::{SAFETY_LIMIT, ScriptedModel};
pub use standalone::{Arguments, serve};
pub use wire::Wire;
