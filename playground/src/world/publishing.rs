//! Who hears of an event.

use serde_json::Value;

use crate::world::account::User;
use crate::world::event::{Broadcast, Event};
use crate::world::state::World;

impl World {
    /// Sends an event to those who are in its channel.
    pub(crate) fn publish_to_channel(&mut self, event: &Event) {
        let Some(channel) = self.channels.get(&event.broadcast.channel_id) else {
            return;
        };
        let Broadcast {
            contains_sanitized_data: not_admins,
            contains_sensitive_data: only_admins,
            ..
        } = event.broadcast;
        let users = &self.users;
        let may_know = |reader: &str| {
            let is_admin = || users.get(reader).is_some_and(User::is_admin);
            !(not_admins && is_admin()) && (!only_admins || is_admin())
        };
        self.hub.publish(event, |reader| {
            channel.members.contains_key(reader) && may_know(reader)
        });
    }

    /// Sends an event to one person's clients.
    pub(crate) fn publish_to_user(&mut self, event: &Event) {
        self.hub
            .publish(event, |reader| reader == event.broadcast.user_id);
    }

    /// Tells one person's clients something that concerns nobody else.
    pub(crate) fn tell(&mut self, user_id: &str, name: &'static str, data: Value) {
        self.publish_to_user(&Event::new(name, data, Broadcast::to_user(user_id)));
    }

    /// Sends an event to everybody whom it may concern.
    pub(crate) fn publish_to_all(&mut self, event: &Event) {
        let Broadcast {
            contains_sanitized_data: not_admins,
            contains_sensitive_data: only_admins,
            ..
        } = event.broadcast;
        let users = &self.users;
        self.hub.publish(event, |reader| {
            let is_admin = || users.get(reader).is_some_and(User::is_admin);
            !(not_admins && is_admin()) && (!only_admins || is_admin())
        });
    }

    /// Sends an event to the members of its team.
    pub(crate) fn publish_to_team(&mut self, event: &Event) {
        if let Some(team) = self.teams.get(&event.broadcast.team_id) {
            self.hub
                .publish(event, |reader| team.members.contains_key(reader));
        }
    }
}
