//! Language models over HTTP: tolerant decoders of what real servers send.
//!
//! The pipeline asks a [`Router`] (`route`): it decides which model is asked, and which when that one fails. A [`Target`] is one model at one
//! server, reached by its `keys`, which takes what refusals teach (`lesson`). Its [`Wire`] puts a question into its protocol's words; the reply goes through `sse` (bytes to
//! events), the wire's decoder (one object to what it says) and `completion` (all of them to deltas and an end), held together by
//! `reply`. None of these waits. It comes out through `answer`, which does: it owns the time-outs and the connection; what is no stream is read whole by `body`.
//! What a server says when it refuses is read in `error`; where it is and which keys it is shown knows `server`, also for models of
//! other media: `images` draws, `speech` writes down what was said. Protocols that are not ours are spoken by a library, in `foreign`, and come
//! out the same way.
//!
//! An answer is text a reader can trust to be whole or an error that says how it broke; usage is told apart from it, because it comes
//! at any time or never. What a crash costs here is one call, and what was learnt since the start: the lessons, which keys rest, how each model
//! does (its breaker, its first tokens, how it counts tokens), and the name of the only model a server lists.

mod answer;
mod body;
mod client;
mod completion;
mod error;
mod foreign;
mod images;
mod keys;
mod lesson;
mod listed;
mod prices;
mod protocol;
mod reasoning;
#[cfg(test)]
mod recorded;
mod reply;
mod route;
mod server;
mod settings;
mod speech;
mod sse;
mod target;
mod tls;
mod wire;

pub use client::{Client, ClientError, STREAMS_A_CONNECTION, client};
pub use foreign::{EFFORTS, Foreign};
pub use images::Images;
pub use listed::{ListedModel, MAX_MODELS_LISTED};
pub use prices::{Priced, Pricing, price_of, prices_date};
pub use protocol::Protocol;
pub use route::{DEFAULT_ROUTE, Models, Route, Router, TargetSettings};
pub use settings::{
    ANTHROPIC_BASE_URL, Access, AnswerLimit, DEFAULT_BASE_URL, DEFAULT_MODEL, ImageSettings,
    InstructionsRole, Manners, ReasoningForm, Sampling, Settings, SpeechSettings, Way,
};
pub use speech::Speech;
pub use target::Target;
pub use wire::Wire;
