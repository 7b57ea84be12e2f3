//! Changing channels: their texts, their kind, putting them away and taking them out again.

use serde_json::{Map, Value, json};

use crate::world::app_error::AppError;
use crate::world::channel::Channel;
use crate::world::event::{Broadcast, Event, go_json};
use crate::world::state::World;

/// The channel of a team that everybody is in.
pub(crate) const DEFAULT_CHANNEL: &str = "town-square";

fn refused(id: &'static str, message: &'static str) -> AppError {
    AppError::new(400, id, message)
}

impl World {
    /// Changes a channel's texts, as its members may; each change is told in it.
    pub(crate) fn patch_channel(
        &mut self,
        caller: &str,
        channel_id: &str,
        patch: &Map<String, Value>,
    ) -> Result<Channel, AppError> {
        if !self.may_post(caller, channel_id) {
            return Err(AppError::permissions());
        }
        let now = self.now();
        let channel = self.channel_mut(channel_id)?;
        if channel.delete_at > 0 {
            return Err(refused(
                "api.channel.update_channel.deleted.app_error",
                "The channel has been archived or deleted.",
            ));
        }
        let given = |name: &str| patch.get(name).and_then(Value::as_str);
        let mut changes = Vec::new();
        let texts = [
            ("display_name", "system_displayname_change", "displayname"),
            ("header", "system_header_change", "header"),
            ("purpose", "system_purpose_change", "purpose"),
        ];
        for (name, kind, field) in texts {
            let place = match name {
                "display_name" => &mut channel.display_name,
                "header" => &mut channel.header,
                _ => &mut channel.purpose,
            };
            if let Some(new) = given(name).filter(|new| *new != place.as_str()) {
                let old = std::mem::replace(place, new.to_owned());
                changes.push((kind, field, old, new.to_owned()));
            }
        }
        if let Some(name) = given("name").filter(|name| !name.is_empty()) {
            name.clone_into(&mut channel.name);
        }
        channel.update_at = now;
        let channel = channel.clone();
        let event = Event::new(
            "channel_updated",
            json!({"channel": go_json(&channel.to_json())}),
            Broadcast::to_channel(channel_id),
        );
        self.publish_to_channel(&event);
        for (kind, field, old, new) in changes {
            self.post_change(caller, channel_id, (kind, field), (&old, &new))?;
        }
        self.channel(channel_id).cloned()
    }

    /// Tells those who see a channel in their lists: the whole team for a public one, else its members.
    fn tell_of_channel(&mut self, channel: &Channel, name: &'static str, data: Value) {
        if channel.is_public() {
            let broadcast = Broadcast {
                team_id: channel.team_id.clone(),
                ..Broadcast::default()
            };
            self.publish_to_team(&Event::new(name, data, broadcast));
        } else {
            self.publish_to_channel(&Event::new(name, data, Broadcast::to_channel(&channel.id)));
        }
    }

    /// Makes a public channel private, or the reverse.
    pub(crate) fn convert_channel(
        &mut self,
        caller: &str,
        channel_id: &str,
        kind: &str,
    ) -> Result<Channel, AppError> {
        let (kind, text) = match kind {
            "O" => (
                "O",
                "This channel has been converted to a Public Channel and can be joined by any team member.",
            ),
            "P" => ("P", "This channel has been converted to a Private Channel."),
            _ => return Err(AppError::body_param("privacy")),
        };
        let channel = self.channel(channel_id)?;
        if !self.is_team_admin(&channel.team_id, caller) {
            return Err(AppError::permissions());
        }
        if channel.name == DEFAULT_CHANNEL && kind == "P" {
            return Err(refused(
                "api.channel.update_channel_privacy.default_channel_error",
                "The default channel cannot be made private.",
            ));
        }
        let now = self.now();
        let channel = self.channel_mut(channel_id)?;
        let before = channel.clone();
        channel.kind = kind;
        channel.update_at = now;
        let data = json!({"channel_id": channel_id});
        self.tell_of_channel(&before, "channel_converted", data);
        let name = self.user(caller)?.username.clone();
        let notice = ("system_change_chan_privacy", text.to_owned());
        self.post_notice(caller, channel_id, notice, &json!({"username": name}))?;
        self.channel(channel_id).cloned()
    }

    /// Archives a channel: it is said in it, and its webhooks are gone.
    pub(crate) fn archive_channel(
        &mut self,
        caller: &str,
        channel_id: &str,
    ) -> Result<(), AppError> {
        let channel = self.channel(channel_id)?;
        if channel.is_personal() {
            return Err(refused(
                "api.channel.delete_channel.type.invalid",
                "Unable to delete direct or group message channels.",
            ));
        }
        if !self.may_post(caller, channel_id) {
            return Err(AppError::permissions());
        }
        if channel.delete_at > 0 {
            return Err(refused(
                "api.channel.delete_channel.deleted.app_error",
                "The channel has been archived or deleted.",
            ));
        }
        if channel.name == DEFAULT_CHANNEL {
            return Err(refused(
                "api.channel.delete_channel.cannot.app_error",
                "Unable to delete the default channel town-square.",
            ));
        }
        let deed = ("system_channel_deleted", "archived the channel.");
        self.post_deed(caller, channel_id, deed)?;
        let now = self.now();
        let channel = self.channel_mut(channel_id)?;
        channel.delete_at = now;
        channel.update_at = now;
        let channel = channel.clone();
        self.incoming_webhooks
            .retain(|_, hook| hook.channel_id != channel_id);
        self.outgoing_webhooks
            .retain(|_, hook| hook.channel_id != channel_id);
        let data = json!({"channel_id": channel_id, "delete_at": now});
        self.tell_of_channel(&channel, "channel_deleted", data);
        Ok(())
    }

    /// Takes a channel out of the archive.
    pub(crate) fn restore_channel(
        &mut self,
        caller: &str,
        channel_id: &str,
    ) -> Result<Channel, AppError> {
        let channel = self.channel(channel_id)?;
        if !self.is_team_admin(&channel.team_id, caller) {
            return Err(AppError::permissions());
        }
        if channel.delete_at == 0 {
            return Err(refused(
                "api.channel.restore_channel.restored.app_error",
                "Unable to unarchive channel. The channel is not archived.",
            ));
        }
        let now = self.now();
        let channel = self.channel_mut(channel_id)?;
        channel.delete_at = 0;
        channel.update_at = now;
        let channel = channel.clone();
        let data = json!({"channel_id": channel_id});
        self.tell_of_channel(&channel, "channel_restored", data);
        let deed = ("system_channel_restored", "unarchived the channel.");
        self.post_deed(caller, channel_id, deed)?;
        self.channel(channel_id).cloned()
    }
}
