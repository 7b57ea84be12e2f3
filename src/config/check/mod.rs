//! From what is written to the settings of each component; what does not fit is reported and the rest checked all the same.

mod address;
mod answer;
mod database;
mod mattermost;
mod model;
mod server;
mod template;

use std::path::PathBuf;
use std::time::Duration;

use super::fault::Fault;
use super::load::Config;
use super::raw::Values;
use super::reference::{self as keys, Key};
use crate::text::Language;

/// What is known of the machine.
pub(super) struct System {
    /// The directory that relative paths begin at.
    pub(super) directory: PathBuf,
    /// The machine's own time zone.
    pub(super) time_zone: Option<String>,
}

/// Checks everything. `None` only where something was reported.
pub(super) fn settings(values: &Values, language: Language, system: &System) -> Option<Config> {
    // Each part is checked before any is given up, so that all problems are found.
    let http = server::settings(values);
    let public_url = server::public_url(values);
    let mattermost = mattermost::settings(values);
    let model = model::settings(values);
    let store = database::settings(values, &system.directory);
    let pipeline = answer::settings(values, language, system);
    check_lease(values);
    Some(Config {
        language,
        public_url,
        http: http?,
        mattermost: mattermost?,
        model: model?,
        store: store?,
        pipeline: pipeline?,
        log: server::log(values),
        lines: Vec::new(),
    })
}

/// A worker stops before a call that could outlast its lease, so that the lease must hold more than one.
fn check_lease(values: &Values) {
    let half = values.duration(&keys::LIMITS_LEASE) / 2;
    if values.duration(&keys::MATTERMOST_CALL_TIMEOUT) >= half {
        let fault = at_most(
            &keys::LIMITS_LEASE,
            half.saturating_sub(Duration::from_secs(1)),
        );
        values.report(&keys::MATTERMOST_CALL_TIMEOUT, fault);
    }
}

fn at_most(other: &'static Key, most: Duration) -> Fault {
    Fault::AtMost {
        other,
        most: most.as_secs_f64().to_string(),
    }
}

/// Returns a whole number of the type its setting has. The bounds of its form lie within every such type.
fn whole<N: TryFrom<u64> + Default>(values: &Values, key: &Key) -> N {
    let number = values.whole(key).unwrap_or_default();
    N::try_from(number).unwrap_or_default()
}
