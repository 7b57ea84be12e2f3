//! Channels of every kind and their members.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::world::app_error::AppError;
use crate::world::channel_member::ChannelMember;
use crate::world::event::{Broadcast, Event};
use crate::world::state::World;
use crate::world::team::Team;

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

/// What a channel is made of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NewChannel<'a> {
    pub(crate) team_id: &'a str,
    /// `O`, `P`, `D` or `G`.
    pub(crate) kind: &'static str,
    pub(crate) name: &'a str,
    pub(crate) display_name: &'a str,
    pub(crate) creator_id: &'a str,
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
}

impl World {
    /// Adds a channel without members.
    pub(crate) fn insert_channel(&mut self, new: &NewChannel<'_>) -> String {
        let now = self.now();
        let channel = Channel {
            id: self.ids.next_id(),
            create_at: now,
            update_at: now,
            delete_at: 0,
            team_id: new.team_id.to_owned(),
            kind: new.kind,
            display_name: new.display_name.to_owned(),
            name: new.name.to_owned(),
            header: String::new(),
            purpose: String::new(),
            creator_id: new.creator_id.to_owned(),
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

    /// Creates a channel of a team, public or private; its creator is its first member.
    pub(crate) fn create_channel(&mut self, new: &NewChannel<'_>) -> Result<Channel, AppError> {
        let NewChannel {
            team_id,
            name,
            creator_id: caller,
            ..
        } = *new;
        let team = self.team(team_id).map_err(|_| AppError::permissions())?;
        if !self.is_admin(caller) && !team.members.contains_key(caller) {
            return Err(AppError::permissions());
        }
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
        let id = self.insert_channel(new);
        self.insert_channel_member(&id, caller)?;
        if let Some(creator) = self.channel_mut(&id)?.members.get_mut(caller) {
            creator.is_admin = true;
        }
        let deed = ("system_join_channel", "joined the channel.");
        self.post_deed(caller, &id, deed)?;
        let data = json!({"channel_id": id, "team_id": team_id});
        self.tell(caller, "channel_created", data);
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
        let id = self.insert_channel(&NewChannel {
            kind: "D",
            name: &name,
            creator_id: one,
            ..NewChannel::default()
        });
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
        let id = self.insert_channel(&NewChannel {
            kind: "G",
            name: &name,
            display_name: &names.join(", "),
            ..NewChannel::default()
        });
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

    /// Whether the people of a direct or group channel have no team in common where they need one to talk.
    pub(crate) fn is_restricted(&self, channel: &Channel) -> bool {
        if !channel.is_personal() || self.settings.restrict_direct_message != "team" {
            return false;
        }
        let have_in_common = |team: &Team| {
            let mut members = channel.members.keys();
            members.all(|member| team.members.contains_key(member))
        };
        !self.teams.values().any(have_in_common)
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
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}
