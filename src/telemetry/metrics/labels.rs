//! What may stand in a label, all of it bounded.

use std::collections::BTreeSet;

use prometheus_client::encoding::EncodeLabelSet;

/// What stands in a label for every name that is not configured.
pub const OTHER: &str = "other";

/// The names of the configuration, which labels may hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Of models (`[[models]] id`).
    pub targets: BTreeSet<String>,
    /// Of Mattermost servers (`mattermost.name`).
    pub servers: BTreeSet<String>,
    /// Of budgets.
    pub budgets: BTreeSet<String>,
}

/// Returns a name as a label may hold it.
pub(super) fn known(names: &BTreeSet<String>, name: &str) -> String {
    // As the configuration has it, which is the only one of its kind.
    let known = names.get(name).map_or(OTHER, String::as_str);
    known.to_owned()
}

macro_rules! label_sets {
    ($($(#[$doc:meta])* $set:ident { $($label:ident: $value:ty),* })*) => {
        $($(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
        pub(super) struct $set { $(pub(super) $label: $value),* })*
    };
}

label_sets! {
    OfOutcome { outcome: &'static str }
    OfResult { result: &'static str }
    OfReason { reason: &'static str }
    OfTarget { target: String }
    OfCall { target: String, result: &'static str }
    OfTokens { target: String, kind: &'static str }
    OfServer { server: String }
    OfRequest { server: String, call: &'static str, status: &'static str }
    OfBacklog { server: String, state: &'static str }
    OfBudget { budget: String }
    OfBuild { version: &'static str }
}
