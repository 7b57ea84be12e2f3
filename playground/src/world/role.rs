//! Roles: sets of permissions that accounts have by name.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use crate::ids::IdSource;
use crate::world::app_error::AppError;
use crate::world::event::{Broadcast, Event, go_json};
use crate::world::state::World;

/// A role, with its fields in the server's order.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Role {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) description: String,
    pub(crate) create_at: i64,
    pub(crate) update_at: i64,
    pub(crate) delete_at: i64,
    pub(crate) permissions: Vec<String>,
    pub(crate) scheme_managed: bool,
    pub(crate) built_in: bool,
}

/// The roles that every server has, with the middle of their texts' ids and what they permit.
const BUILT_IN: [(&str, &str, &str); 10] = [
    (
        "system_admin",
        "global_admin",
        "manage_system manage_roles create_bot manage_bots manage_others_bots read_bots read_others_bots \
         create_user_access_token read_user_access_token revoke_user_access_token create_post_ephemeral \
         manage_own_slash_commands manage_others_slash_commands manage_own_incoming_webhooks \
         manage_others_incoming_webhooks manage_own_outgoing_webhooks manage_others_outgoing_webhooks \
         edit_other_users add_user_to_team create_team list_public_teams join_public_teams view_members",
    ),
    (
        "system_user",
        "global_user",
        "create_emojis delete_custom_group create_group_channel create_direct_channel list_public_teams create_team \
         restore_custom_group delete_emojis create_custom_group edit_custom_group join_public_teams \
         manage_custom_group_members view_members",
    ),
    (
        "system_guest",
        "global_guest",
        "create_direct_channel create_group_channel",
    ),
    (
        "system_post_all",
        "system_post_all",
        "create_post use_group_mentions use_channel_mentions",
    ),
    (
        "system_post_all_public",
        "system_post_all_public",
        "create_post_public use_group_mentions use_channel_mentions",
    ),
    (
        "system_user_access_token",
        "system_user_access_token",
        "create_user_access_token read_user_access_token revoke_user_access_token",
    ),
    (
        "team_user",
        "team_user",
        "list_team_channels join_public_channels read_public_channel view_team create_public_channel \
         create_private_channel invite_user add_user_to_team",
    ),
    (
        "team_admin",
        "team_admin",
        "remove_user_from_team manage_team manage_team_roles manage_channel_roles manage_own_incoming_webhooks \
         manage_others_incoming_webhooks manage_own_outgoing_webhooks manage_others_outgoing_webhooks \
         manage_own_slash_commands manage_others_slash_commands convert_public_channel_to_private \
         convert_private_channel_to_public delete_post delete_others_posts",
    ),
    (
        "channel_user",
        "channel_user",
        "read_channel read_channel_content create_post edit_post delete_post upload_file add_reaction remove_reaction \
         use_channel_mentions use_group_mentions manage_public_channel_properties manage_private_channel_properties \
         manage_public_channel_members manage_private_channel_members delete_public_channel delete_private_channel",
    ),
    (
        "channel_admin",
        "channel_admin",
        "manage_channel_roles use_group_mentions manage_public_channel_members manage_private_channel_members",
    ),
];

/// The roles of a freshly installed server, by name.
pub(crate) fn built_in(ids: &mut IdSource, now: i64) -> BTreeMap<String, Role> {
    let roles = BUILT_IN.iter().map(|(name, text, permissions)| {
        let role = Role {
            id: ids.next_id(),
            name: (*name).to_owned(),
            display_name: format!("authentication.roles.{text}.name"),
            description: format!("authentication.roles.{text}.description"),
            create_at: now,
            update_at: now,
            delete_at: 0,
            permissions: permissions.split_whitespace().map(str::to_owned).collect(),
            scheme_managed: true,
            built_in: true,
        };
        (role.name.clone(), role)
    });
    roles.collect()
}

fn role_not_found(by: &str) -> AppError {
    AppError::new(
        404,
        format!("app.role.{by}.app_error"),
        "Unable to get role.",
    )
}

impl World {
    /// Whether one of somebody's roles permits something on the whole server.
    pub(crate) fn is_permitted(&self, user_id: &str, permission: &str) -> bool {
        let roles = self.users.get(user_id).map_or("", |user| &user.roles);
        roles
            .split_ascii_whitespace()
            .filter_map(|name| self.roles.get(name))
            .any(|role| role.permissions.iter().any(|held| held == permission))
    }

    pub(crate) fn role_named(&self, name: &str) -> Result<&Role, AppError> {
        self.roles
            .get(name)
            .ok_or_else(|| role_not_found("get_by_name"))
    }

    pub(crate) fn role(&self, id: &str) -> Result<&Role, AppError> {
        self.roles
            .values()
            .find(|role| role.id == id)
            .ok_or_else(|| role_not_found("get"))
    }

    /// Gives a role other permissions: all that it has from now on.
    pub(crate) fn patch_role(
        &mut self,
        caller: &str,
        id: &str,
        permissions: Option<Vec<String>>,
    ) -> Result<Role, AppError> {
        if !self.is_admin(caller) {
            return Err(AppError::permissions());
        }
        let mut role = self.role(id)?.clone();
        if let Some(permissions) = permissions {
            let is_known = |permission: &String| {
                let all = self.roles.values().flat_map(|role| &role.permissions);
                all.into_iter().any(|known| known == permission)
                    || BUILT_IN.iter().any(|(.., known)| {
                        known.split_whitespace().any(|known| known == permission)
                    })
            };
            if !permissions.iter().all(is_known) {
                return Err(AppError::new(
                    400,
                    "app.role.save.invalid_role.app_error",
                    "The role was not valid.",
                ));
            }
            // Without a licence guests' roles stay as they are.
            if role.name.ends_with("_guest") {
                return Err(AppError::new(
                    501,
                    "api.roles.patch_roles.license.error",
                    "Your license does not support advanced permissions.",
                ));
            }
            role.permissions = permissions;
        }
        role.update_at = self.now();
        self.roles.insert(role.name.clone(), role.clone());
        let event = Event::new(
            "role_updated",
            json!({"role": go_json(&role)}),
            Broadcast::default(),
        );
        self.publish_to_all(&event);
        Ok(role)
    }

    /// Gives an account other roles: all that it has from now on.
    pub(crate) fn set_roles(
        &mut self,
        caller: &str,
        user_id: &str,
        roles: &str,
    ) -> Result<(), AppError> {
        let named: Vec<&str> = roles.split_whitespace().collect();
        if !named.contains(&"system_user") && !named.contains(&"system_guest") {
            return Err(AppError::body_param("roles"));
        }
        if !self.is_admin(caller) {
            return Err(AppError::permissions());
        }
        self.user(user_id)?;
        if named.iter().any(|name| !self.roles.contains_key(*name)) {
            return Err(AppError::new(
                400,
                "app.role.check_roles_exist.role_not_found",
                "The provided role does not exist.",
            ));
        }
        let now = self.now();
        if let Some(user) = self.users.get_mut(user_id) {
            user.roles = named.join(" ");
            user.update_at = now;
        }
        let data = json!({"roles": named.join(" "), "user_id": user_id});
        self.tell(user_id, "user_role_updated", data);
        Ok(())
    }
}
