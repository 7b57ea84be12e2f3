//! The server as a client: calling the URLs of integrations, and doing what they answer.

mod action;
mod call;
mod command;
mod form;
mod outgoing;

pub(crate) use action::{click, submit_dialog};
pub(crate) use command::execute_command;
pub(crate) use outgoing::tell_outgoing_webhooks;
