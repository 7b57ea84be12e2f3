//! Changing accounts: what they say of themselves, their pictures, whether they may act at all.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::world::account::{Reader, User, is_username};
use crate::world::app_error::AppError;
use crate::world::event::{Broadcast, Event};
use crate::world::state::World;

impl World {
    fn may_change(&self, caller: &str, user_id: &str) -> Result<(), AppError> {
        let user = self.user(user_id)?;
        let is_self = caller == user_id && !user.is_bot();
        if is_self || self.is_admin(caller) || self.owns_bot(caller, user_id) {
            Ok(())
        } else {
            Err(AppError::permissions())
        }
    }

    /// Gives an account a picture, or takes it away; a bot may not give itself one.
    pub(crate) fn set_picture(
        &mut self,
        caller: &str,
        user_id: &str,
        picture: Option<Bytes>,
    ) -> Result<(), AppError> {
        self.may_change(caller, user_id)?;
        let now = self.now();
        if let Some(user) = self.users.get_mut(user_id) {
            user.last_picture_update = if picture.is_some() { now } else { 0 };
            user.update_at = now;
        }
        match picture {
            Some(picture) => self.pictures.insert(user_id.to_owned(), picture),
            None => self.pictures.remove(user_id),
        };
        self.tell_of_account(user_id);
        Ok(())
    }

    /// Changes an account; a bot may not change itself.
    pub(crate) fn patch_user(
        &mut self,
        caller: &str,
        user_id: &str,
        patch: &Map<String, Value>,
    ) -> Result<User, AppError> {
        self.may_change(caller, user_id)?;
        if let Some(name) = patch.get("username").and_then(Value::as_str) {
            self.rename(user_id, name)?;
        }
        let now = self.now();
        let user = self
            .users
            .get_mut(user_id)
            .ok_or_else(AppError::user_not_found)?;
        for (name, value) in patch {
            match name.as_str() {
                "nickname" => user.nickname = text(value),
                "first_name" => user.first_name = text(value),
                "last_name" => user.last_name = text(value),
                "position" => user.position = text(value),
                "locale" => user.locale = text(value),
                "notify_props" => user.notify_props = texts(value),
                "timezone" => user.timezone = texts(value),
                _ => {}
            }
        }
        user.update_at = now;
        let user = user.clone();
        self.tell_of_account(user_id);
        Ok(user)
    }

    /// Gives an account another name, where that is free.
    pub(crate) fn rename(&mut self, user_id: &str, name: &str) -> Result<(), AppError> {
        let before = self.user(user_id)?.username.clone();
        if before == name {
            return Ok(());
        }
        if !is_username(name) {
            return Err(AppError::new(
                400,
                "model.user.is_valid.username.app_error",
                "Username must begin with a letter, and contain between 3 to 64 lowercase characters made up of numbers, letters, and the symbols \".\", \"-\", and \"_\".",
            ));
        }
        if self.user_ids_by_name.contains_key(name) {
            return Err(AppError::new(
                400,
                "app.user.save.username_exists.app_error",
                "An account with that username already exists.",
            ));
        }
        self.user_ids_by_name.remove(&before);
        self.user_ids_by_name
            .insert(name.to_owned(), user_id.to_owned());
        if let Some(user) = self.users.get_mut(user_id) {
            name.clone_into(&mut user.username);
        }
        Ok(())
    }

    /// Lets an account act, or takes its sessions and the right to open others away; a person's bots go with them.
    pub(crate) fn set_active(
        &mut self,
        caller: &str,
        user_id: &str,
        is_active: bool,
    ) -> Result<(), AppError> {
        let is_leaving = caller == user_id && !is_active;
        if !self.is_admin(caller) && !is_leaving {
            return Err(AppError::permissions());
        }
        self.user(user_id)?;
        self.switch_account(user_id, is_active);
        if !is_active && self.settings.disable_bots_of_deactivated_owners {
            let owned = self.users.values().filter(|user| {
                user.bot
                    .as_ref()
                    .is_some_and(|bot| bot.owner_id == user_id && bot.delete_at == 0)
            });
            let owned: Vec<String> = owned.map(|bot| bot.id.clone()).collect();
            for bot in owned {
                self.switch_account(&bot, false);
            }
        }
        Ok(())
    }

    /// Switches an account on or off, whoever asks.
    pub(crate) fn switch_account(&mut self, user_id: &str, is_active: bool) {
        let now = self.now();
        let delete_at = if is_active { 0 } else { now };
        if let Some(user) = self.users.get_mut(user_id) {
            user.delete_at = delete_at;
            user.update_at = now;
            if let Some(bot) = user.bot.as_mut() {
                bot.delete_at = delete_at;
                bot.update_at = now;
            }
        }
        if !is_active {
            self.sessions
                .retain(|_, session| session.user_id != user_id);
            self.hub.silence_user(user_id, now);
        }
        self.tell_of_account(user_id);
    }

    /// Tells everybody what an account says of itself, each as much as they may know.
    pub(crate) fn tell_of_account(&mut self, user_id: &str) {
        let Some(user) = self.users.get(user_id) else {
            return;
        };
        let (full, plain) = (user.to_json(Reader::Owner), user.to_json(Reader::Other));
        let others = Broadcast {
            omit_users: Some([(user_id.to_owned(), true)].into_iter().collect()),
            ..Broadcast::default()
        };
        let to_admins = Broadcast {
            contains_sensitive_data: true,
            ..others.clone()
        };
        let to_others = Broadcast {
            contains_sanitized_data: true,
            ..others
        };
        self.publish_to_all(&Event::new(
            "user_updated",
            json!({"user": full}),
            to_admins,
        ));
        self.publish_to_all(&Event::new(
            "user_updated",
            json!({"user": plain}),
            to_others,
        ));
        self.tell(user_id, "user_updated", json!({"user": full}));
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}
