//! Teams and their members.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::world::app_error::AppError;
use crate::world::channel::NewChannel;
use crate::world::channel_change::DEFAULT_CHANNEL;
use crate::world::event::{Broadcast, Event, go_json};
use crate::world::state::World;

#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub(crate) id: String,
    pub(crate) create_at: i64,
    pub(crate) update_at: i64,
    pub(crate) delete_at: i64,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) description: String,
    pub(crate) allow_open_invite: bool,
    pub(crate) email: String,
    pub(crate) invite_id: String,
    pub(crate) members: BTreeMap<String, TeamMember>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TeamMember {
    pub(crate) is_admin: bool,
}

impl Team {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "create_at": self.create_at,
            "update_at": self.update_at,
            "delete_at": self.delete_at,
            "display_name": self.display_name,
            "name": self.name,
            "description": self.description,
            "email": self.email,
            "type": "O",
            "company_name": "",
            "allowed_domains": "",
            "invite_id": self.invite_id,
            "allow_open_invite": self.allow_open_invite,
            "scheme_id": null,
            "group_constrained": null,
            "policy_id": null,
            "cloud_limits_archived": false,
        })
    }

    pub(crate) fn member_json(&self, user_id: &str) -> Option<Value> {
        let member = self.members.get(user_id)?;
        Some(json!({
            "team_id": self.id,
            "user_id": user_id,
            "roles": if member.is_admin { "team_user team_admin" } else { "team_user" },
            "delete_at": 0,
            "scheme_guest": false,
            "scheme_user": true,
            "scheme_admin": member.is_admin,
            "explicit_roles": "",
        }))
    }
}

fn team_member_not_found() -> AppError {
    AppError::new(
        404,
        "app.team.get_member.missing.app_error",
        "No team member found for that user ID and team ID.",
    )
}

impl World {
    /// Creates a team with its two channels; the creator is its administrator.
    pub(crate) fn create_team(
        &mut self,
        creator: &str,
        name: &str,
        display_name: &str,
    ) -> Result<Team, AppError> {
        let well_formed = (2..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !well_formed {
            return Err(AppError::new(
                400,
                "model.team.is_valid.characters.app_error",
                "Name must be 2 or more lowercase alphanumeric characters.",
            ));
        }
        if self.teams.values().any(|team| team.name == name) {
            return Err(AppError::new(
                400,
                "app.team.save.existing.app_error",
                "Must call update for existing team.",
            ));
        }
        let now = self.now();
        let team = Team {
            id: self.ids.next_id(),
            create_at: now,
            update_at: now,
            delete_at: 0,
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            description: String::new(),
            allow_open_invite: false,
            email: self
                .users
                .get(creator)
                .map_or_else(String::new, |user| user.email.clone()),
            invite_id: self.ids.next_id(),
            members: BTreeMap::new(),
        };
        let id = team.id.clone();
        self.teams.insert(id.clone(), team);
        for (name, display_name) in [("town-square", "Town Square"), ("off-topic", "Off-Topic")] {
            self.insert_channel(&NewChannel {
                team_id: &id,
                kind: "O",
                name,
                display_name,
                creator_id: "",
            });
        }
        self.insert_team_member(&id, creator)?;
        if let Some(member) = self
            .teams
            .get_mut(&id)
            .and_then(|team| team.members.get_mut(creator))
        {
            member.is_admin = true;
        }
        self.team(&id).cloned()
    }

    /// Makes somebody a member of a team and of its two channels; doing it again changes nothing.
    pub(crate) fn insert_team_member(
        &mut self,
        team_id: &str,
        user_id: &str,
    ) -> Result<(), AppError> {
        self.user(user_id)?;
        let team = self
            .teams
            .get_mut(team_id)
            .ok_or_else(AppError::team_not_found)?;
        if team.members.contains_key(user_id) {
            return Ok(());
        }
        team.members
            .insert(user_id.to_owned(), TeamMember::default());
        self.tell(
            user_id,
            "added_to_team",
            json!({"team_id": team_id, "user_id": user_id}),
        );
        let open: Vec<String> = self
            .channels
            .values()
            .filter(|channel| {
                channel.team_id == team_id
                    && (channel.name == DEFAULT_CHANNEL || channel.name == "off-topic")
            })
            .map(|channel| channel.id.clone())
            .collect();
        for channel_id in open {
            self.insert_channel_member(&channel_id, user_id)?;
        }
        Ok(())
    }

    /// Creates a team as a client does: its first words are that its creator joined.
    pub(crate) fn open_team(
        &mut self,
        creator: &str,
        name: &str,
        display_name: &str,
    ) -> Result<Team, AppError> {
        if !self.is_permitted(creator, "create_team") {
            return Err(AppError::permissions());
        }
        let team = self.create_team(creator, name, display_name)?;
        let deed = ("system_join_team", "joined the team.");
        let square = self.default_channel(&team.id)?;
        self.post_deed(creator, &square, deed)?;
        Ok(team)
    }

    fn default_channel(&self, team_id: &str) -> Result<String, AppError> {
        let square = self.channel_named(team_id, DEFAULT_CHANNEL);
        square
            .map(|channel| channel.id.clone())
            .ok_or_else(AppError::channel_not_found)
    }

    /// Adds somebody to a team, as a member of it may; those in its town square are told.
    pub(crate) fn add_team_member(
        &mut self,
        caller: &str,
        team_id: &str,
        user_id: &str,
    ) -> Result<Value, AppError> {
        let team = self.team(team_id)?;
        if !self.is_admin(caller) && !team.members.contains_key(caller) {
            return Err(AppError::permissions());
        }
        if !team.members.contains_key(user_id) {
            self.insert_team_member(team_id, user_id)?;
            let square = self.default_channel(team_id)?;
            let added = self.user(user_id)?.username.clone();
            let name = self.user(caller)?.username.clone();
            let props = json!({
                "addedUserId": user_id,
                "addedUsername": added,
                "userId": caller,
                "username": name,
            });
            let text = format!("{added} added to the team by {name}.");
            self.post_notice(caller, &square, ("system_add_to_team", text), &props)?;
        }
        self.team_member(caller, team_id, user_id)
    }

    /// Takes somebody out of a team and all its channels, or lets them leave.
    pub(crate) fn remove_team_member(
        &mut self,
        caller: &str,
        team_id: &str,
        user_id: &str,
    ) -> Result<(), AppError> {
        if caller != user_id && !self.is_team_admin(team_id, caller) {
            return Err(AppError::permissions());
        }
        if !self.team(team_id)?.members.contains_key(user_id) {
            return Err(team_member_not_found());
        }
        let channels = self.channels.values();
        let channels = channels
            .filter(|channel| channel.team_id == team_id && channel.members.contains_key(user_id));
        let channels: Vec<String> = channels.map(|channel| channel.id.clone()).collect();
        for channel_id in channels {
            self.drop_channel_member(caller, &channel_id, user_id)?;
        }
        if let Some(team) = self.teams.get_mut(team_id) {
            team.members.remove(user_id);
        }
        let data = json!({"team_id": team_id, "user_id": user_id});
        let broadcast = Broadcast {
            team_id: team_id.to_owned(),
            ..Broadcast::default()
        };
        self.publish_to_team(&Event::new("leave_team", data.clone(), broadcast));
        self.tell(user_id, "leave_team", data);
        Ok(())
    }

    /// Makes a member an administrator of the team, or no longer.
    pub(crate) fn set_team_admin(
        &mut self,
        caller: &str,
        (team_id, user_id): (&str, &str),
        is_admin: bool,
    ) -> Result<(), AppError> {
        if !self.is_team_admin(team_id, caller) {
            return Err(AppError::permissions());
        }
        let team = self
            .teams
            .get_mut(team_id)
            .ok_or_else(AppError::team_not_found)?;
        let member = team
            .members
            .get_mut(user_id)
            .ok_or_else(team_member_not_found)?;
        member.is_admin = is_admin;
        let member = self.team(team_id)?.member_json(user_id);
        let data = json!({"member": go_json(&member)});
        self.tell(user_id, "memberrole_updated", data);
        Ok(())
    }

    /// Changes what a team says of itself.
    pub(crate) fn patch_team(
        &mut self,
        caller: &str,
        team_id: &str,
        patch: &Map<String, Value>,
    ) -> Result<Team, AppError> {
        if !self.is_team_admin(team_id, caller) {
            return Err(AppError::permissions());
        }
        let now = self.now();
        let team = self
            .teams
            .get_mut(team_id)
            .ok_or_else(AppError::team_not_found)?;
        let given = |name: &str| patch.get(name).and_then(Value::as_str);
        if let Some(text) = given("display_name") {
            text.clone_into(&mut team.display_name);
        }
        if let Some(text) = given("description") {
            text.clone_into(&mut team.description);
        }
        if let Some(on) = patch.get("allow_open_invite").and_then(Value::as_bool) {
            team.allow_open_invite = on;
        }
        team.update_at = now;
        let team = team.clone();
        let broadcast = Broadcast {
            team_id: team_id.to_owned(),
            ..Broadcast::default()
        };
        let data = json!({"team": go_json(&team.to_json())});
        self.publish_to_team(&Event::new("update_team", data, broadcast));
        Ok(team)
    }

    pub(crate) fn team_member(
        &self,
        caller: &str,
        team_id: &str,
        user_id: &str,
    ) -> Result<Value, AppError> {
        let team = self.team(team_id)?;
        if !self.is_admin(caller) && !team.members.contains_key(caller) {
            return Err(AppError::permissions());
        }
        team.member_json(user_id).ok_or_else(team_member_not_found)
    }

    /// The teams that an account is a member of.
    pub(crate) fn teams_of(&self, user_id: &str) -> Vec<&Team> {
        self.teams
            .values()
            .filter(|team| team.members.contains_key(user_id))
            .collect()
    }
}
