//! `askwell doctor`: looks at the whole chain from both sides, and says of each link whether it is well and what to do where it is not.
//!
//! It changes nothing that people see. The command goes the whole way: the bot (or an administrator) runs `/askgpt help`, Mattermost
//! calls us, and what comes back is looked at; help is answered to the one who asks and is no question. The model is asked one short question.

mod command;
mod house;
mod model;
mod server;
mod severity;

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;

use crate::config::Config;
use crate::mattermost::admin::{Admin, Reach};
use crate::ports::{Clock, IdSource, MattermostError};
use crate::text::{Ailment, Healthy};

pub(super) use model::of_failure;
pub use model::{examine_model, named, priced};
pub use severity::Severity;

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Something is well.
    Healthy(Healthy<'static>),
    /// Something is not.
    Ailment(Ailment<'static>),
}

impl Finding {
    /// Says how bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::Healthy(_) => Severity::Ok,
            Self::Ailment(ailment) => severity::of(ailment),
        }
    }

    /// Returns what programs know it by.
    #[must_use]
    pub fn id(&self) -> &'static str {
        let id = match self {
            Self::Healthy(healthy) => healthy.id(),
            Self::Ailment(ailment) => ailment.id(),
        };
        id.trim_start_matches("doctor-")
    }
}

impl From<Healthy<'static>> for Finding {
    fn from(healthy: Healthy<'static>) -> Self {
        Self::Healthy(healthy)
    }
}

impl From<Ailment<'static>> for Finding {
    fn from(ailment: Ailment<'static>) -> Self {
        Self::Ailment(ailment)
    }
}

/// Who looks, and at what.
pub struct Doctor {
    /// What is configured.
    pub config: Config,
    /// The file of the secrets; it may be missing.
    pub secrets: PathBuf,
    /// An administrator's token, where one was given.
    pub administrator: Option<SecretString>,
    /// Talks to Mattermost and to us.
    pub http: reqwest::Client,
    /// Opens `WebSocket`s.
    pub socket_http: reqwest::Client,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn IdSource>,
}

/// Takes findings as they come.
pub type Sink<'a> = &'a mut (dyn FnMut(Finding) + Send);

impl Doctor {
    /// Looks at everything, and says what it finds in the order of the chain.
    pub async fn examine(&self, found: Sink<'_>) {
        found(Healthy::Configuration.into());
        self.look_at_the_house(found).await;
        if let Some(visit) = self.look_at_the_server(found).await {
            self.look_at_commands(&visit, found).await;
        }
        self.look_at_the_models(found).await;
    }

    fn admin(&self, token: Option<SecretString>) -> Admin {
        let reach = Reach {
            http: self.http.clone(),
            url: self.config.mattermost.url.clone(),
            call_timeout: self.config.mattermost.call_timeout,
            clock: Arc::clone(&self.clock),
        };
        Admin::new(reach, token)
    }
}

/// Makes a finding of a call that failed though nothing is known to be wrong.
fn failed_call(error: &MattermostError) -> Finding {
    let status = error
        .status
        .map_or_else(|| "-".to_owned(), |status| status.to_string());
    let id = if error.id.is_empty() { "-" } else { &error.id };
    Ailment::CallFailed {
        call: error.call.into(),
        status: status.into(),
        id: id.to_owned().into(),
    }
    .into()
}

/// Writes bytes for people.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut amount = bytes / 1_000;
    let mut unit = "kB";
    for larger in UNITS.into_iter().skip(1) {
        if amount < 10_000 {
            break;
        }
        amount /= 1_000;
        unit = larger;
    }
    format!("{amount} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_units_that_people_know() {
        for (bytes, expected) in [
            (0, "0 kB"),
            (999_999, "999 kB"),
            (10_000_000, "10 MB"),
            (123_000_000_000, "123 GB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }
}
