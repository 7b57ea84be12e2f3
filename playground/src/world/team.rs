//! Teams and their members.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::world::app_error::AppError;
use crate::world::channel::NewChannel;
use crate::world::state::World;

#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub(crate) id: String,
    pub(crate) create_at: i64,
    pub(crate) name: String,
    pub(crate) display_name: String,
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
            "update_at": self.create_at,
            "delete_at": 0,
            "display_name": self.display_name,
            "name": self.name,
            "description": "",
            "email": self.email,
            "type": "O",
            "company_name": "",
            "allowed_domains": "",
            "invite_id": self.invite_id,
            "allow_open_invite": false,
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
        let team = Team {
            id: self.ids.next_id(),
            create_at: self.now(),
            name: name.to_owned(),
            display_name: display_name.to_owned(),
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
                    && (channel.name == "town-square" || channel.name == "off-topic")
            })
            .map(|channel| channel.id.clone())
            .collect();
        for channel_id in open {
            self.insert_channel_member(&channel_id, user_id)?;
        }
        Ok(())
    }

    /// Adds somebody to a team, as a member of it may.
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
        self.insert_team_member(team_id, user_id)?;
        self.team_member(caller, team_id, user_id)
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
        team.member_json(user_id).ok_or_else(|| {
            AppError::new(
                404,
                "app.team.get_member.missing.app_error",
                "No team member found for that user ID and team ID.",
            )
        })
    }

    /// The teams that an account is a member of.
    pub(crate) fn teams_of(&self, user_id: &str) -> Vec<&Team> {
        self.teams
            .values()
            .filter(|team| team.members.contains_key(user_id))
            .collect()
    }
}
