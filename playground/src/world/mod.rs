//! The simulated server's state and rules: plain, synchronous, without any wire.
//!
//! A rule is a method of [`World`] that answers a value or an [`AppError`] worded as the server words it. What people's
//! clients learn at once leaves through the [`Hub`](hub::Hub); what integrations are sent is answered as a value, for
//! `integration` to send.

pub(crate) mod account;
pub(crate) mod account_change;
pub(crate) mod action;
pub(crate) mod announce;
pub(crate) mod answer;
pub(crate) mod app_error;
pub(crate) mod attachment;
pub(crate) mod base64;
pub(crate) mod bot;
pub(crate) mod channel;
pub(crate) mod channel_change;
pub(crate) mod channel_member;
pub(crate) mod client_config;
pub(crate) mod command;
pub(crate) mod command_reply;
pub(crate) mod command_run;
pub(crate) mod config;
pub(crate) mod connecting;
pub(crate) mod connection;
pub(crate) mod dedupe;
pub(crate) mod dialog;
pub(crate) mod emoji;
pub(crate) mod ephemeral;
pub(crate) mod event;
pub(crate) mod file;
pub(crate) mod history;
pub(crate) mod hub;
pub(crate) mod mention;
pub(crate) mod notice;
pub(crate) mod post;
pub(crate) mod post_edit;
pub(crate) mod preference;
pub(crate) mod publishing;
pub(crate) mod rate_limit;
pub(crate) mod reaction;
pub(crate) mod role;
pub(crate) mod slack_text;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod team;
pub(crate) mod thread;
pub(crate) mod thread_page;
pub(crate) mod trigger;
pub(crate) mod webhook;
pub(crate) mod webhook_admin;
pub(crate) mod webhook_post;

pub(crate) use app_error::AppError;
pub(crate) use state::World;
