//! askwell answers questions asked in Mattermost with a language model.
//!
//! The way of a question, in the order to read it:
//!
//! 1. [`http`] verifies what Mattermost sent and makes an [`domain::event::InboundEvent`] of it.
//! 2. [`pipeline`] admits it (decide, commit, only then acknowledge), works on it under a lease, and answers it: gather the
//!    conversation, generate with a model, publish as posts, settle.
//! 3. [`ports`] is every effect this has on the world; [`mattermost`], [`llm`], [`store`] and [`clock`] are the adapters behind them.
//! 4. [`markdown`] makes of a model's text what Mattermost shows; [`text`] is every sentence we say ourselves.
//!    [`redaction`] keeps from a model what should not leave.
//! 5. [`config`] reads how it is set up, [`app`] wires it together, [`cli`] is how it is started.
//! 6. [`reading`] makes of attachments text or small pictures, in a process of its own.
//! 7. [`provision`] sets it up on a Mattermost server, and looks after it.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod http;
pub mod lifecycle;
pub mod llm;
pub mod markdown;
pub mod mattermost;
pub mod pipeline;
pub mod ports;
pub mod provision;
pub mod reading;
pub mod redaction;
pub mod store;
pub mod telemetry;
pub mod text;
