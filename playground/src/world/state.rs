//! Everything the simulated server knows, and the look-ups that every rule needs.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde_json::Value;

use crate::clock::TimeSource;
use crate::ids::IdSource;
use crate::options::Settings;
use crate::world::account::{AccessToken, Session, User};
use crate::world::action::Cookie;
use crate::world::app_error::AppError;
use crate::world::channel::Channel;
use crate::world::command::Command;
use crate::world::command_run::CommandWebhook;
use crate::world::config::defaults;
use crate::world::dialog::Dialog;
use crate::world::file::Files;
use crate::world::hub::Hub;
use crate::world::mention::Notification;
use crate::world::post::Posts;
use crate::world::rate_limit::RateLimiter;
use crate::world::role::{Role, built_in};
use crate::world::team::Team;
use crate::world::webhook::{IncomingWebhook, OutgoingWebhook};

/// Keeps the randomness of what is there from the start apart from that of what comes.
const SIGNING: u64 = 0x7369_676e;

/// The whole state of the server; its rules are methods, spread over the files of this room by subject.
pub(crate) struct World {
    pub(crate) time: TimeSource,
    pub(crate) ids: IdSource,
    /// What trigger ids are signed with.
    pub(crate) signing_key: String,
    pub(crate) settings: Settings,
    /// The configuration, of which `settings` has what is heeded.
    pub(crate) config: Value,
    pub(crate) site_url: String,
    /// By name.
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) user_ids_by_name: HashMap<String, String>,
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) access_tokens: BTreeMap<String, AccessToken>,
    pub(crate) teams: BTreeMap<String, Team>,
    pub(crate) channels: BTreeMap<String, Channel>,
    pub(crate) posts: Posts,
    pub(crate) commands: BTreeMap<String, Command>,
    pub(crate) command_webhooks: HashMap<String, CommandWebhook>,
    pub(crate) incoming_webhooks: BTreeMap<String, IncomingWebhook>,
    pub(crate) outgoing_webhooks: BTreeMap<String, OutgoingWebhook>,
    pub(crate) preferences: BTreeMap<(String, String, String), String>,
    /// How accounts stand that say so themselves.
    pub(crate) statuses: HashMap<String, String>,
    pub(crate) notifications: Vec<Notification>,
    pub(crate) requests: BTreeMap<String, u64>,
    /// How many calls of outgoing webhooks have ended.
    pub(crate) outgoing_calls_ended: u64,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) hub: Hub,
    pub(crate) files: Files,
    /// The pictures of accounts that have one.
    pub(crate) pictures: HashMap<String, Bytes>,
    /// When the client of a token last did something, as far as that is noted.
    pub(crate) activity: HashMap<String, i64>,
    /// What the buttons of ephemeral posts do, by their cookies.
    pub(crate) cookies: HashMap<String, Cookie>,
    /// The dialogs that people were shown, in order.
    pub(crate) dialogs: Vec<Dialog>,
}

impl World {
    pub(crate) fn new(seed: u64, time: TimeSource, settings: Settings, site_url: String) -> Self {
        let mut settled = IdSource::seeded(seed ^ SIGNING);
        Self {
            roles: built_in(&mut settled, time.now_ms()),
            hub: Hub::starting_at(time.now_ms()),
            signing_key: settled.next_id(),
            time,
            ids: IdSource::seeded(seed),
            settings,
            config: defaults(),
            site_url,
            users: BTreeMap::new(),
            user_ids_by_name: HashMap::new(),
            sessions: HashMap::new(),
            access_tokens: BTreeMap::new(),
            teams: BTreeMap::new(),
            channels: BTreeMap::new(),
            posts: Posts::default(),
            commands: BTreeMap::new(),
            command_webhooks: HashMap::new(),
            incoming_webhooks: BTreeMap::new(),
            outgoing_webhooks: BTreeMap::new(),
            preferences: BTreeMap::new(),
            statuses: HashMap::new(),
            notifications: Vec::new(),
            requests: BTreeMap::new(),
            outgoing_calls_ended: 0,
            rate_limiter: RateLimiter::default(),
            files: Files::new(),
            pictures: HashMap::new(),
            activity: HashMap::new(),
            cookies: HashMap::new(),
            dialogs: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.time.now_ms()
    }

    pub(crate) fn user(&self, id: &str) -> Result<&User, AppError> {
        self.users.get(id).ok_or_else(AppError::user_not_found)
    }

    pub(crate) fn user_named(&self, name: &str) -> Result<&User, AppError> {
        self.user_ids_by_name
            .get(&name.to_lowercase())
            .and_then(|id| self.users.get(id))
            .ok_or_else(AppError::user_not_found)
    }

    pub(crate) fn channel(&self, id: &str) -> Result<&Channel, AppError> {
        self.channels
            .get(id)
            .ok_or_else(AppError::channel_not_found)
    }

    pub(crate) fn channel_mut(&mut self, id: &str) -> Result<&mut Channel, AppError> {
        self.channels
            .get_mut(id)
            .ok_or_else(AppError::channel_not_found)
    }

    pub(crate) fn team(&self, id: &str) -> Result<&Team, AppError> {
        self.teams.get(id).ok_or_else(AppError::team_not_found)
    }

    pub(crate) fn is_admin(&self, user_id: &str) -> bool {
        self.users.get(user_id).is_some_and(User::is_admin)
    }

    pub(crate) fn is_team_admin(&self, team_id: &str, user_id: &str) -> bool {
        self.is_admin(user_id)
            || self
                .teams
                .get(team_id)
                .and_then(|team| team.members.get(user_id))
                .is_some_and(|member| member.is_admin)
    }

    /// Whether a user may read a channel: its members, a team's members for a public one, administrators.
    pub(crate) fn may_read(&self, user_id: &str, channel_id: &str) -> bool {
        let Some(channel) = self.channels.get(channel_id) else {
            return false;
        };
        channel.members.contains_key(user_id)
            || self.is_admin(user_id)
            || (channel.is_public()
                && self
                    .teams
                    .get(&channel.team_id)
                    .is_some_and(|team| team.members.contains_key(user_id)))
    }

    /// Whether a user may post in a channel: its members and administrators.
    pub(crate) fn may_post(&self, user_id: &str, channel_id: &str) -> bool {
        self.channels
            .get(channel_id)
            .is_some_and(|channel| channel.members.contains_key(user_id) || self.is_admin(user_id))
    }
}
