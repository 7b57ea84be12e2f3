//! Setting up and looking after: what `askwell setup` makes on a Mattermost server and writes beside askwell, and what `askwell doctor`
//! looks at.
//!
//! `setup` reads (`survey`), decides purely (`plan`, `settings`, `reach`), shows what it decided, asks where a setting of the server
//! would change, and only then does it (`perform`). What it made is recorded, thing by thing, in a file beside the secrets (`record`), so that
//! a setup that broke off goes on where it stopped and `undo` takes back exactly that. Files of people are changed in place (`sheets`).
//!
//! [`doctor`] looks at all of it from both sides. Neither prints a secret, and no password is kept.

pub mod doctor;
mod perform;
mod plan;
pub mod probe;
mod reach;
mod record;
mod session;
mod settings;
mod setup;
mod sheets;
mod stop;
mod survey;
mod undo;
mod wishes;
mod writing;

pub use crate::mattermost::admin::Reach;
pub use crate::mattermost::http_client;
pub use crate::mattermost::socket::http_client as socket_http_client;
pub use record::RECORD_FILE;
pub use session::{Access, Session};
pub use setup::{Mode, Outcome, Setup};
pub use stop::Stop;
pub use undo::Undo;
pub use wishes::{IncomingWish, PreviewWish, Wishes};

/// Whoever runs a command: is shown lines, and can be asked.
pub trait Desk: Send + Sync {
    /// Shows a line.
    fn show(&self, line: &str);

    /// Asks a question that is answered with yes or no.
    fn asks(&self, question: &str) -> Consent;
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Yes, now or beforehand.
    Given,
    /// No.
    Refused,
    /// Nobody is there to be asked.
    Unavailable,
}
