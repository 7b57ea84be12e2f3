//! Channels of every kind and their members.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};

use crate::world::app_error::AppError;
use crate::world::hub::{Broadcast, Event};
use crate::world::post::Draft;
use crate::world::state::World;

#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) create_at: i64,
    pub(crate) update_at: i64,
    pub(crate) delete_at: i64,
    pub(crate) team_id: String,
    /// `O`, `P`, `D` or `G`.
    pub(crate) kind: &'static str,
    pub(crate) display_name: String,
    pub(crate) name: String,
    pub(crate) header: String,
    pub(crate) purpose: String,
    pub(crate) creator_id: String,
    pub(crate) last_post_at: i64,
    pub(crate) last_root_post_at: i64,
    pub(crate) total_msg_count: u64,
    pub(crate) total_msg_count_root: u64,
    pub(crate) members: BTreeMap<String, ChannelMember>,
}

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
    pub(crate) fn is_public(&self) -> bool {
        self.kind == "O"
    }

    pub(crate) fn is_personal(&self) -> bool {
        self.kind == "D" || self.kind == "G"
    }

    pub(crate) fn to_json(&self) -> Value {
        let shared = if self.is_personal() {
            json!(false)
        } else {
            Value::Null
        };
        json!({
            "id": self.id,
            "create_at": self.create_at,
            "update_at": self.update_at,
            "delete_at": self.delete_at,
            "team_id": self.team_id,
            "type": self.kind,
            "display_name": self.display_name,
            "name": self.name,
            "header": self.header,
            "purpose": self.purpose,
            "last_post_at": self.last_post_at,
            "total_msg_count": self.total_msg_count,
            "extra_update_at": 0,
            "creator_id": self.creator_id,
            "scheme_id": null,
            "props": null,
            "group_constrained": null,
            "shared": shared,
            "total_msg_count_root": self.total_msg_count_root,
            "policy_id": null,
            "last_root_post_at": self.last_root_post_at,
            "banner_info": null,
            "policy_enforced": false,
            "default_category_name": "",
        })
    }

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
    /// Adds a channel without members.
    pub(crate) fn insert_channel(
        &mut self,
        team_id: &str,
        kind: &'static str,
        name: &str,
        display_name: &str,
        creator_id: &str,
    ) -> String {
        let now = self.now();
        let channel = Channel {
            id: self.ids.next_id(),
            create_at: now,
            update_at: now,
            delete_at: 0,
            team_id: team_id.to_owned(),
            kind,
            display_name: display_name.to_owned(),
            name: name.to_owned(),
            header: String::new(),
            purpose: String::new(),
            creator_id: creator_id.to_owned(),
            last_post_at: 0,
            last_root_post_at: 0,
            total_msg_count: 0,
            total_msg_count_root: 0,
            members: BTreeMap::new(),
        };
        let id = channel.id.clone();
        self.channels.insert(id.clone(), channel);
        id
    }

    /// Makes somebody a member; nobody is told.
    pub(crate) fn insert_channel_member(
        &mut self,
        channel_id: &str,
        user_id: &str,
    ) -> Result<(), AppError> {
        self.channel_mut(channel_id)?
            .members
            .entry(user_id.to_owned())
            .or_default();
        Ok(())
    }

    pub(crate) fn create_channel(
        &mut self,
        caller: &str,
        team_id: &str,
        kind: &str,
        name: &str,
        display_name: &str,
    ) -> Result<Channel, AppError> {
        let team = self.team(team_id).map_err(|_| AppError::permissions())?;
        if !self.is_admin(caller) && !team.members.contains_key(caller) {
            return Err(AppError::permissions());
        }
        let kind = match kind {
            "O" => "O",
            "P" => "P",
            _ => return Err(AppError::body_param("channel")),
        };
        let well_formed = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)
            });
        if !well_formed {
            return Err(AppError::new(
                400,
                "model.channel.is_valid.1_or_more.app_error",
                "Name must be 1 or more lowercase alphanumeric characters.",
            ));
        }
        if self
            .channels
            .values()
            .any(|channel| channel.team_id == team_id && channel.name == name)
        {
            return Err(AppError::new(
                400,
                "store.sql_channel.save_channel.exists.app_error",
                "A channel with that name already exists on the same team.",
            ));
        }
        let id = self.insert_channel(team_id, kind, name, display_name, caller);
        self.insert_channel_member(&id, caller)?;
        self.channel(&id).cloned()
    }

    /// The direct channel of two people, made when it is first asked for.
    pub(crate) fn direct_channel(&mut self, one: &str, other: &str) -> Result<Channel, AppError> {
        self.user(one)?;
        self.user(other)?;
        let (first, second) = if one < other {
            (one, other)
        } else {
            (other, one)
        };
        let name = format!("{first}__{second}");
        if let Some(channel) = self.personal_channel("D", &name) {
            return Ok(channel.clone());
        }
        let id = self.insert_channel("", "D", &name, "", one);
        self.insert_channel_member(&id, one)?;
        self.insert_channel_member(&id, other)?;
        let event = Event::new(
            "direct_added",
            json!({"creator_id": one, "teammate_id": other}),
            Broadcast::to_channel(&id),
        );
        self.publish_to_channel(&event);
        self.channel(&id).cloned()
    }

    /// The group channel of three to eight people; its name is the SHA-1 of their sorted ids.
    pub(crate) fn group_channel(
        &mut self,
        caller: &str,
        members: &[String],
    ) -> Result<Channel, AppError> {
        let mut members: Vec<String> = members.to_vec();
        members.push(caller.to_owned());
        members.sort_unstable();
        members.dedup();
        if !(3..=8).contains(&members.len()) {
            return Err(AppError::new(
                400,
                "api.channel.create_group.bad_size.app_error",
                "Group message channels must contain at least 3 and no more than 8 users.",
            ));
        }
        let mut names = Vec::new();
        for member in &members {
            names.push(self.user(member)?.username.clone());
        }
        names.sort_unstable();
        let name = hex(&Sha1::digest(members.concat().as_bytes()));
        if let Some(channel) = self.personal_channel("G", &name) {
            return Ok(channel.clone());
        }
        let id = self.insert_channel("", "G", &name, &names.join(", "), "");
        for member in &members {
            self.insert_channel_member(&id, member)?;
        }
        let event = Event::new(
            "group_added",
            json!({"teammate_ids": json!(members).to_string()}),
            Broadcast::to_channel(&id),
        );
        self.publish_to_channel(&event);
        self.channel(&id).cloned()
    }

    fn personal_channel(&self, kind: &str, name: &str) -> Option<&Channel> {
        self.channels
            .values()
            .find(|channel| channel.kind == kind && channel.name == name)
    }

    /// A channel of a team by its name, whoever asks.
    pub(crate) fn channel_named(&self, team_id: &str, name: &str) -> Option<&Channel> {
        self.channels
            .values()
            .find(|channel| channel.team_id == team_id && channel.name == name)
    }

    /// A channel as a reader may have it.
    pub(crate) fn read_channel(
        &self,
        caller: &str,
        channel_id: &str,
    ) -> Result<&Channel, AppError> {
        let channel = self.channel(channel_id)?;
        if self.may_read(caller, channel_id) {
            Ok(channel)
        } else {
            Err(AppError::permissions())
        }
    }

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
        let event = Event::new(
            "multiple_channels_viewed",
            json!({"channel_times": {channel_id: at}}),
            Broadcast::to_user(caller),
        );
        self.hub.publish(&event, |reader| reader == caller);
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
        let adder = self.user(caller)?.username.clone();
        let mut props = Map::new();
        props.insert("addedUserId".to_owned(), json!(user_id));
        props.insert("addedUsername".to_owned(), json!(added));
        props.insert("userId".to_owned(), json!(caller));
        props.insert("username".to_owned(), json!(adder));
        let mut draft = Draft::new(
            caller,
            channel_id,
            format!("{added} added to the channel by {adder}."),
        );
        draft.kind = "system_add_to_channel".to_owned();
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
        let own = Event::new(
            "user_removed",
            json!({"channel_id": channel_id, "remover_id": caller}),
            Broadcast::to_user(user_id),
        );
        self.hub.publish(&own, |reader| reader == user_id);
        let others = Event::new(
            "user_removed",
            json!({"remover_id": caller, "user_id": user_id}),
            Broadcast::to_channel(channel_id),
        );
        self.publish_to_channel(&others);
        Ok(())
    }

    /// Archives a channel.
    pub(crate) fn archive_channel(
        &mut self,
        caller: &str,
        channel_id: &str,
    ) -> Result<(), AppError> {
        if !self.may_post(caller, channel_id) {
            return Err(AppError::permissions());
        }
        let now = self.now();
        let channel = self.channel_mut(channel_id)?;
        channel.delete_at = now;
        channel.update_at = now;
        let event = Event::new(
            "channel_deleted",
            json!({"channel_id": channel_id, "delete_at": now}),
            Broadcast::to_channel(channel_id),
        );
        self.publish_to_channel(&event);
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

    /// The channels of an account, ordered by id; of one team or of all.
    pub(crate) fn channels_of(&self, user_id: &str, team_id: Option<&str>) -> Vec<&Channel> {
        self.channels
            .values()
            .filter(|channel| channel.members.contains_key(user_id) && channel.delete_at == 0)
            .filter(|channel| {
                team_id.is_none_or(|team| channel.team_id == team || channel.team_id.is_empty())
            })
            .collect()
    }

    /// Sends an event to those who are in its channel.
    pub(crate) fn publish_to_channel(&mut self, event: &Event) {
        if let Some(channel) = self.channels.get(&event.broadcast.channel_id) {
            self.hub
                .publish(event, |reader| channel.members.contains_key(reader));
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}").is_ok();
        text
    })
}
