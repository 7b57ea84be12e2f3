//! Who is in a channel: joining, leaving, and what each has seen of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::world::app_error::AppError;
use crate::world::channel::Channel;
use crate::world::channel_change::DEFAULT_CHANNEL;
use crate::world::event::{Broadcast, Event, go_json};
use crate::world::state::World;

#[derive(Clone, Debug)]
pub(crate) struct ChannelMember {
    pub(crate) notify_props: BTreeMap<String, String>,
    pub(crate) last_viewed_at: i64,
    pub(crate) msg_count: u64,
    pub(crate) msg_count_root: u64,
    pub(crate) mention_count: u64,
    pub(crate) is_admin: bool,
}

impl Default for ChannelMember {
    fn default() -> Self {
        let notify_props = [
            ("channel_auto_follow_threads", "off"),
            ("desktop", "default"),
            ("email", "default"),
            ("ignore_channel_mentions", "default"),
            ("mark_unread", "all"),
            ("push", "default"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        Self {
            notify_props,
            last_viewed_at: 0,
            msg_count: 0,
            msg_count_root: 0,
            mention_count: 0,
            is_admin: false,
        }
    }
}

impl Channel {
    /// A membership; when somebody last looked is nobody else's business.
    pub(crate) fn member_json(&self, reader: &str, user_id: &str) -> Option<Value> {
        let member = self.members.get(user_id)?;
        let last_viewed_at = if reader == user_id {
            member.last_viewed_at
        } else {
            -1
        };
        Some(json!({
            "channel_id": self.id,
            "user_id": user_id,
            "roles": if member.is_admin { "channel_user channel_admin" } else { "channel_user" },
            "last_viewed_at": last_viewed_at,
            "msg_count": member.msg_count,
            "mention_count": member.mention_count,
            "mention_count_root": member.mention_count,
            "urgent_mention_count": 0,
            "msg_count_root": member.msg_count_root,
            "notify_props": member.notify_props,
            "last_update_at": last_viewed_at,
            "scheme_guest": false,
            "scheme_user": true,
            "scheme_admin": member.is_admin,
            "explicit_roles": "",
        }))
    }
}

fn member_not_found() -> AppError {
    AppError::new(
        404,
        "app.channel.get_member.missing.app_error",
        "No channel member found for that user ID and channel ID.",
    )
}

impl World {
    pub(crate) fn channel_member(
        &self,
        caller: &str,
        channel_id: &str,
        user_id: &str,
    ) -> Result<Value, AppError> {
        if !self.may_read(caller, channel_id) {
            return Err(AppError::permissions());
        }
        self.channel(channel_id)?
            .member_json(caller, user_id)
            .ok_or_else(member_not_found)
    }

    /// Notes that somebody has seen everything in a channel; their other clients are told.
    pub(crate) fn view_channel(&mut self, caller: &str, channel_id: &str) -> Result<(), AppError> {
        let channel = self.channel_mut(channel_id)?;
        let at = channel.last_post_at;
        let (count, count_root) = (channel.total_msg_count, channel.total_msg_count_root);
        let member = channel
            .members
            .get_mut(caller)
            .ok_or_else(AppError::permissions)?;
        member.last_viewed_at = at;
        member.msg_count = count;
        member.msg_count_root = count_root;
        member.mention_count = 0;
        self.tell(
            caller,
            "multiple_channels_viewed",
            json!({"channel_times": {channel_id: at}}),
        );
        Ok(())
    }

    /// Adds somebody to a channel, as its members may; a public one everybody of its team may join. The channel is told,
    /// and a system message says so.
    pub(crate) fn add_channel_member(
        &mut self,
        caller: &str,
        channel_id: &str,
        user_id: &str,
    ) -> Result<Value, AppError> {
        let channel = self.channel(channel_id)?;
        let is_joining =
            caller == user_id && channel.is_public() && self.may_read(caller, channel_id);
        if !is_joining && !self.may_post(caller, channel_id) {
            return Err(AppError::permissions());
        }
        let team_id = channel.team_id.clone();
        self.user(user_id)?;
        if channel.is_personal() {
            return Err(AppError::new(
                400,
                "api.channel.add_members.user_denied",
                "Channel membership of direct and group channels cannot be changed.",
            ));
        }
        if !self.team(&team_id)?.members.contains_key(user_id) {
            return Err(AppError::new(
                404,
                "app.team.get_member.missing.app_error",
                "No team member found for that user ID and team ID.",
            ));
        }
        let is_new = !channel.members.contains_key(user_id);
        if is_new {
            self.insert_channel_member(channel_id, user_id)?;
        }
        // The membership is answered as it is before the system message, which mentions them, is posted.
        let member = self.channel(channel_id)?.member_json(caller, user_id);
        if is_new {
            self.tell_of_added_member(channel_id, &team_id, user_id);
            if caller == user_id {
                let deed = ("system_join_channel", "joined the channel.");
                self.post_deed(user_id, channel_id, deed)?;
            } else {
                self.post_added(caller, channel_id, user_id)?;
            }
        }
        member.ok_or_else(member_not_found)
    }

    fn tell_of_added_member(&mut self, channel_id: &str, team_id: &str, user_id: &str) {
        let data = json!({"team_id": team_id, "user_id": user_id});
        let broadcast = Broadcast::to_channel(channel_id);
        // The newcomer's own copy names them; the others' does not.
        let own = Broadcast {
            user_id: user_id.to_owned(),
            ..broadcast.clone()
        };
        let others = Broadcast {
            omit_users: Some([(user_id.to_owned(), true)].into_iter().collect()),
            ..broadcast
        };
        self.publish_to_user(&Event::new("user_added", data.clone(), own));
        self.publish_to_channel(&Event::new("user_added", data, others));
    }

    fn post_added(
        &mut self,
        caller: &str,
        channel_id: &str,
        user_id: &str,
    ) -> Result<(), AppError> {
        let added = self.user(user_id)?.username.clone();
        let caller_name = self.user(caller)?.username.clone();
        let text = format!("{added} added to the channel by {caller_name}.");
        let props = json!({
            "addedUserId": user_id,
            "addedUsername": added,
            "userId": caller,
            "username": caller_name,
        });
        let notice = ("system_add_to_channel", text);
        self.post_notice(caller, channel_id, notice, &props)
    }

    /// Takes somebody out of a channel, or lets them leave.
    pub(crate) fn remove_channel_member(
        &mut self,
        caller: &str,
        channel_id: &str,
        user_id: &str,
    ) -> Result<(), AppError> {
        if !self.may_post(caller, channel_id) {
            return Err(AppError::permissions());
        }
        let channel = self.channel(channel_id)?;
        if channel.is_personal() {
            return Err(AppError::new(
                400,
                "api.channel.remove_channel_member.type.app_error",
                "Unable to remove user from a channel of this type.",
            ));
        }
        if channel.name == DEFAULT_CHANNEL {
            return Err(AppError::new(
                400,
                "api.channel.remove.default.app_error",
                "Unable to remove user from the default channel town-square.",
            ));
        }
        self.drop_channel_member(caller, channel_id, user_id)?;
        if caller == user_id {
            let deed = ("system_leave_channel", "left the channel.");
            return self.post_deed(user_id, channel_id, deed);
        }
        let removed = self.user(user_id)?.username.clone();
        let props = json!({"removedUserId": user_id, "removedUsername": removed});
        let text = format!("{removed} removed from the channel.");
        let notice = ("system_remove_from_channel", text);
        self.post_notice(caller, channel_id, notice, &props)
    }

    /// Takes somebody out of a channel; the others and they are told.
    pub(crate) fn drop_channel_member(
        &mut self,
        caller: &str,
        channel_id: &str,
        user_id: &str,
    ) -> Result<(), AppError> {
        let members = &mut self.channel_mut(channel_id)?.members;
        members.remove(user_id).ok_or_else(member_not_found)?;
        let others = Event::new(
            "user_removed",
            json!({"remover_id": caller, "user_id": user_id}),
            Broadcast::to_channel(channel_id),
        );
        self.publish_to_channel(&others);
        let data = json!({"channel_id": channel_id, "remover_id": caller});
        self.tell(user_id, "user_removed", data);
        Ok(())
    }

    /// Makes a member an administrator of the channel, or no longer.
    pub(crate) fn set_channel_admin(
        &mut self,
        caller: &str,
        (channel_id, user_id): (&str, &str),
        is_admin: bool,
    ) -> Result<(), AppError> {
        let channel = self.channel(channel_id)?;
        let leads = channel
            .members
            .get(caller)
            .is_some_and(|member| member.is_admin);
        if !leads && !self.is_team_admin(&channel.team_id, caller) {
            return Err(AppError::permissions());
        }
        let member = self
            .channel_mut(channel_id)?
            .members
            .get_mut(user_id)
            .ok_or_else(member_not_found)?;
        member.is_admin = is_admin;
        let member = self.channel(channel_id)?.member_json(user_id, user_id);
        let data = json!({"channelMember": go_json(&member)});
        self.tell(user_id, "channel_member_updated", data);
        Ok(())
    }

    /// Changes one's own notifications of a channel.
    pub(crate) fn set_channel_notify_props(
        &mut self,
        caller: &str,
        channel_id: &str,
        user_id: &str,
        props: &Map<String, Value>,
    ) -> Result<(), AppError> {
        if caller != user_id && !self.is_admin(caller) {
            return Err(AppError::permissions());
        }
        let member = self
            .channel_mut(channel_id)?
            .members
            .get_mut(user_id)
            .ok_or_else(member_not_found)?;
        for (name, value) in props {
            if let Some(value) = value.as_str() {
                member.notify_props.insert(name.clone(), value.to_owned());
            }
        }
        Ok(())
    }
}
