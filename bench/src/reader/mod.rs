//! Processes that only read models: askwell's own room for them, a bare loop over the same bytes, and others'.
//!
//! Each says `ready` when it has read one answer, and then does what a line on its standard input tells it to. So its memory and its
//! processor time can be looked at between two lines.

mod asking;
mod started;

pub(crate) use asking::{Options, run};
pub(crate) use started::{Kind, Outcome, Reader};
