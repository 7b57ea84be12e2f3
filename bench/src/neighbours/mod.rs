//! What stands beside a server while it is measured: a model and a Mattermost that cost next to nothing, in the generator's own
//! process, so that there is one clock.
//!
//! They obey no contract; whether askwell keeps it is the playground's to say. They answer what is asked, count, and note when.

mod line;
mod mattermost;
mod model;
mod provider;
mod sightings;
mod thread;

pub(crate) use mattermost::{BOT_TOKEN, FakeMattermost};
pub(crate) use model::{FakeModel, Manner};
pub(crate) use provider::{Carriage, Provider, SENT_AT, WARM_UP, now_micros};
