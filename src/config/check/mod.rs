//! From what is written to the settings of each component; what does not fit is reported and the rest checked all the same.

mod access;
mod address;
mod agent;
mod answer;
mod budget;
mod channel;
mod database;
mod foreign;
mod mattermost;
mod media;
mod model;
mod observing;
mod page;
mod prices;
mod retention;
mod server;
mod template;

pub use observing::Observing;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::fault::Fault;
use super::load::Config;
use super::raw::Values;
use super::reference::{self as keys, Key};
use crate::mattermost::longest_write;
use crate::pipeline::lease_for;
use crate::text::Language;

/// What is known of the machine.
pub(super) struct System {
    /// The directory that relative paths begin at.
    pub(super) directory: PathBuf,
    /// The environment of the process.
    pub(super) environment: BTreeMap<String, String>,
    /// The machine's own time zone.
    pub(super) time_zone: Option<String>,
}

/// Checks everything. `None` only where something was reported.
pub(super) fn settings(values: &Values, language: Language, system: &System) -> Option<Config> {
    // Each part is checked before any is given up, so that all problems are found.
    let http = server::settings(values);
    let tokens = server::tokens(values);
    let public_url = server::public_url(values);
    let mattermost = mattermost::settings(values);
    let models = model::settings(values, system);
    let media = media::settings(values, models.as_ref());
    let page = page::settings(values);
    let store = database::settings(values, &system.directory);
    let seals = database::seals(values);
    let pipeline = answer::settings(values, language, system);
    let observing = observing::settings(values);
    check_lease(values);
    let media::Media { images, speech } = media?;
    Some(Config {
        language,
        public_url,
        watches_files: values.switch(&keys::SERVER_WATCH),
        http: http?,
        tokens,
        mattermost: mattermost?,
        models: models?,
        images,
        speech,
        page,
        store: store?,
        seals,
        pipeline: pipeline?,
        log: server::log(values),
        observing: observing?,
        also: Vec::new(),
        lines: Vec::new(),
    })
}

/// A worker begins no write to Mattermost that could outlast its lease, so that a lease too short for one would let nothing be posted.
fn check_lease(values: &Values) {
    let lease = values.duration(&keys::LIMITS_LEASE);
    let needed = |call_timeout| lease_for(longest_write(call_timeout));
    if needed(values.duration(&keys::MATTERMOST_CALL_TIMEOUT)) > lease {
        let leases_a_second = needed(Duration::from_secs(1)).as_secs_f64();
        let most = lease.div_f64(leases_a_second);
        values.report(
            &keys::MATTERMOST_CALL_TIMEOUT,
            at_most(&keys::LIMITS_LEASE, most),
        );
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
