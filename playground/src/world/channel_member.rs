//! Who is in a channel: joining, leaving, and what each has seen of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::world::app_error::AppError;
use crate::world::channel::Channel;
use crate::world::event::{Broadcast, Event};
use crate::world::post::Draft;
use crate::world::state::World;

#[derive(Clone, Debug)]
pub(crate) struct ChannelMember {
    pub(crate) notify_props: BTreeMap<String, String>,
    pub(crate) last_viewed_at: i64,
    pub(crate) msg_count: u64,
    pub(crate) msg_count_root: u64,
    pub(crate) mention_count: u64,
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
            "roles": "channel_user",
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
            "scheme_admin": false,
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

    /// Adds somebody to a channel, as its members may: the channel is told, and a system message says so.
    pub(crate) fn add_channel_member(
        &mut self,
        caller: &str,
        channel_id: &str,
        user_id: &str,
    ) -> Result<Value, AppError> {
        if !self.may_post(caller, channel_id) {
            return Err(AppError::permissions());
        }
        let channel = self.channel(channel_id)?;
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
        if !channel.members.contains_key(user_id) {
            self.insert_channel_member(channel_id, user_id)?;
            self.tell_of_added_member(caller, channel_id, &team_id, user_id)?;
        }
        self.channel(channel_id)?
            .member_json(caller, user_id)
            .ok_or_else(member_not_found)
    }

    fn tell_of_added_member(
        &mut self,
        caller: &str,
        channel_id: &str,
        team_id: &str,
        user_id: &str,
    ) -> Result<(), AppError> {
        // The newcomer's own copy names them; the others' does not.
        for own in [true, false] {
            let broadcast = Broadcast {
                user_id: if own {
                    user_id.to_owned()
                } else {
                    String::new()
                },
                omit_users: (!own).then(|| [(user_id.to_owned(), true)].into_iter().collect()),
                ..Broadcast::to_channel(channel_id)
            };
            let event = Event::new(
                "user_added",
                json!({"team_id": team_id, "user_id": user_id}),
                broadcast,
            );
            if own {
                self.hub.publish(&event, |reader| reader == user_id);
            } else {
                self.publish_to_channel(&event);
            }
        }
        let added = self.user(user_id)?.username.clone();
        let caller_name = self.user(caller)?.username.clone();
        let mut props = Map::new();
        props.insert("addedUserId".to_owned(), json!(user_id));
        props.insert("addedUsername".to_owned(), json!(added));
        props.insert("userId".to_owned(), json!(caller));
        props.insert("username".to_owned(), json!(caller_name));
        let mut draft = Draft::new(
            caller,
            channel_id,
            format!("{added} added to the channel by {caller_name}."),
        );
        "system_add_to_channel".clone_into(&mut draft.kind);
        draft.props = props;
        self.insert_post(draft)?;
        Ok(())
    }

    /// Takes somebody out of a channel.
    pub(crate) fn remove_channel_member(
        &mut self,
        caller: &str,
        channel_id: &str,
        user_id: &str,
    ) -> Result<(), AppError> {
        if !self.may_post(caller, channel_id) {
            return Err(AppError::permissions());
        }
        if self
            .channel_mut(channel_id)?
            .members
            .remove(user_id)
            .is_none()
        {
            return Err(member_not_found());
        }
        self.tell(
            user_id,
            "user_removed",
            json!({"channel_id": channel_id, "remover_id": caller}),
        );
        let others = Event::new(
            "user_removed",
            json!({"remover_id": caller, "user_id": user_id}),
            Broadcast::to_channel(channel_id),
        );
        self.publish_to_channel(&others);
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
