//! The page for administrators: what goes on, and what they may do about it, read in a browser on a listener of its own.
//!
//! - `door` lets in whoever shows a link that is good once ([`crate::domain::door`]) and knows them by a cookie; `visitor` is who comes, and
//!   `form` what they send, each checked before a handler sees it; `headers` is what every reply says besides.
//! - Each page is a file: `overview`, `answers` (in progress, and stopping them), `questions` (whose, where, how they ended), `targets` (the models),
//!   `budgets` (and granting more), `usage`, `channels`, `failures`, `dead`, `trail` (the audit trail), `in_force` (the settings). `layout` is what stands around all of them, `shown` how numbers
//!   and times are written, `names` what people are called, `hours` what ended in each hour.
//! - Templates are in `templates/`, compiled, and escape what they are given; `assets` is what the browser fetches besides, all of it in
//!   the program. Without JavaScript everything can be read and done; with it figures are drawn, and what changes is fetched again.
//!
//! Texts of people are left out unless `[admin] show_texts` says otherwise; then each look is written down.

mod answers;
mod assets;
mod budgets;
mod channels;
mod dead;
mod door;
mod failures;
mod form;
mod headers;
mod hours;
mod in_force;
mod layout;
mod names;
mod overview;
mod questions;
mod router;
mod shown;
mod targets;
mod trail;
mod usage;
mod visitor;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::actions::Obey;
use crate::domain::agent::Agents;
use crate::domain::budget::Budgets;
use crate::domain::channel_settings::ChannelSettings;
use crate::domain::id::{ChannelId, ServerId};
use crate::ports::{Clock, IdSource, LanguageModel, Mattermost, Store};
use crate::text::Language;

pub use router::router;

/// Connections at once, at most: a few people with a few windows each.
pub const MAX_CONNECTIONS: usize = 64;

/// How the page is served.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Whether that was written: then it must be possible, else the page is left out where it is not.
    pub is_listen_written: bool,
    /// How browsers reach it: it stands at the root of this, whatever path that has.
    pub public_url: Url,
    /// Whether texts of people may be looked at.
    pub shows_texts: bool,
}

impl Settings {
    /// Returns the address under which the page stands, without a slash at its end.
    #[must_use]
    pub fn address(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nothing was written.
    Default,
    /// A variable of the environment.
    Environment(String),
    /// A file.
    File(String),
}

/// A setting as it is in force; of a secret, no more than that it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Its table, as it is written.
    pub section: String,
    /// Its name there.
    pub name: String,
    /// Its value, where it has one.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: Source,
}

/// A bot that is looked after, by those who administer its server.
pub struct Site {
    /// The name under which what belongs to it is stored.
    pub server: ServerId,
    /// The language of whoever says nothing of theirs.
    pub language: Language,
    /// The time zone in which times are written, an IANA name.
    pub time_zone: String,
    /// Asked who somebody is.
    pub mattermost: Arc<dyn Mattermost>,
    /// Asked how its models do.
    pub model: Arc<dyn LanguageModel>,
    /// Stops answers.
    pub controls: Arc<dyn Obey>,
    /// Its assistants that have a name of their own.
    pub agents: Agents,
    /// How long an answer may take that is tried again.
    pub deadline: Duration,
    /// What may be used.
    pub budgets: Budgets,
    /// What is configured for its channels.
    pub channels: HashMap<ChannelId, ChannelSettings>,
    /// Its settings.
    pub in_force: Vec<InForce>,
}

/// What the page needs of the rest of the house.
pub struct World {
    /// How it is served.
    pub settings: Settings,
    /// The bots.
    pub sites: Vec<Arc<Site>>,
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn IdSource>,
}
