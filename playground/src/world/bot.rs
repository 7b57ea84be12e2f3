//! Bot accounts.

use serde_json::{Map, Value, json};

use crate::world::account::{NewUser, User, is_username};
use crate::world::app_error::AppError;
use crate::world::post::Draft;
use crate::world::state::World;

/// The longest description of a bot, in code points.
const MAX_DESCRIPTION: usize = 1024;

/// What an account has when it is a bot.
#[derive(Clone, Debug)]
pub(crate) struct Bot {
    pub(crate) display_name: String,
    pub(crate) description: String,
    pub(crate) owner_id: String,
    pub(crate) create_at: i64,
    pub(crate) update_at: i64,
    pub(crate) delete_at: i64,
}

/// A bot as the server lists it: the description only where there is one.
pub(crate) fn bot_json(user: &User) -> Option<Value> {
    let bot = user.bot.as_ref()?;
    let mut fields = Map::new();
    fields.insert("user_id".to_owned(), json!(user.id));
    fields.insert("username".to_owned(), json!(user.username));
    fields.insert("display_name".to_owned(), json!(bot.display_name));
    if !bot.description.is_empty() {
        fields.insert("description".to_owned(), json!(bot.description));
    }
    fields.insert("owner_id".to_owned(), json!(bot.owner_id));
    fields.insert("create_at".to_owned(), json!(bot.create_at));
    fields.insert("update_at".to_owned(), json!(bot.update_at));
    fields.insert("delete_at".to_owned(), json!(bot.delete_at));
    Some(Value::Object(fields))
}

fn bot_not_found(user_id: &str) -> AppError {
    AppError::new(
        404,
        "store.sql_bot.get.missing.app_error",
        format!("Bot {user_id} does not exist."),
    )
}

impl World {
    pub(crate) fn owns_bot(&self, caller: &str, user_id: &str) -> bool {
        self.users
            .get(user_id)
            .and_then(|user| user.bot.as_ref())
            .is_some_and(|bot| bot.owner_id == caller)
    }

    pub(crate) fn create_bot(
        &mut self,
        caller: &str,
        username: &str,
        display_name: &str,
        description: &str,
    ) -> Result<User, AppError> {
        if !self.is_admin(caller) || self.user(caller)?.is_bot() {
            return Err(AppError::permissions());
        }
        if !self.settings.enable_bot_account_creation {
            return Err(AppError::new(
                403,
                "api.bot.create_disabled",
                "Bot creation has been disabled.",
            ));
        }
        if description.chars().count() > MAX_DESCRIPTION {
            return Err(AppError::new(
                400,
                "model.bot.is_valid.description.app_error",
                "Invalid description.",
            ));
        }
        if !is_username(username) {
            return Err(AppError::new(
                400,
                "model.bot.is_valid.username.app_error",
                "Invalid username.",
            ));
        }
        let now = self.now();
        let new = NewUser {
            username: username.to_owned(),
            email: format!("{username}@localhost"),
            first_name: display_name.to_owned(),
            ..NewUser::default()
        };
        let bot = Bot {
            display_name: display_name.to_owned(),
            description: description.to_owned(),
            owner_id: caller.to_owned(),
            create_at: now,
            update_at: now,
            delete_at: 0,
        };
        let bot = self.insert_user(new, "system_user", Some(bot))?;
        self.greet_owner(&bot.id, caller)?;
        Ok(bot)
    }

    pub(crate) fn bot(&self, caller: &str, user_id: &str) -> Result<&User, AppError> {
        let user = self
            .users
            .get(user_id)
            .filter(|user| user.is_bot())
            .ok_or_else(|| bot_not_found(user_id))?;
        if self.is_admin(caller) || self.owns_bot(caller, user_id) {
            Ok(user)
        } else {
            // The server does not say that a bot exists to somebody who may not manage it.
            Err(bot_not_found(user_id))
        }
    }

    pub(crate) fn update_bot(
        &mut self,
        caller: &str,
        user_id: &str,
        patch: &Map<String, Value>,
    ) -> Result<User, AppError> {
        self.bot(caller, user_id)?;
        if let Some(name) = patch.get("username").and_then(Value::as_str) {
            self.rename(user_id, name)?;
        }
        let now = self.now();
        let user = self
            .users
            .get_mut(user_id)
            .ok_or_else(|| bot_not_found(user_id))?;
        let bot = user.bot.as_mut().ok_or_else(|| bot_not_found(user_id))?;
        if let Some(name) = patch.get("display_name").and_then(Value::as_str) {
            name.clone_into(&mut bot.display_name);
            name.clone_into(&mut user.first_name);
        }
        if let Some(description) = patch.get("description").and_then(Value::as_str) {
            description.clone_into(&mut bot.description);
        }
        bot.update_at = now;
        user.update_at = now;
        Ok(user.clone())
    }

    /// Enables or disables a bot; a disabled one's tokens are worth nothing.
    pub(crate) fn switch_bot(
        &mut self,
        caller: &str,
        user_id: &str,
        is_active: bool,
    ) -> Result<User, AppError> {
        self.bot(caller, user_id)?;
        self.switch_account(user_id, is_active);
        self.user(user_id).cloned()
    }

    /// Gives a bot to another account.
    pub(crate) fn assign_bot(
        &mut self,
        caller: &str,
        user_id: &str,
        owner_id: &str,
    ) -> Result<User, AppError> {
        self.bot(caller, user_id)?;
        if self.user(owner_id)?.is_bot() {
            return Err(AppError::permissions());
        }
        let now = self.now();
        if let Some(bot) = self
            .users
            .get_mut(user_id)
            .and_then(|user| user.bot.as_mut())
        {
            owner_id.clone_into(&mut bot.owner_id);
            bot.update_at = now;
        }
        self.user(user_id).cloned()
    }

    /// Lets a new bot write to its owner, as every bot does that was made through the API.
    fn greet_owner(&mut self, bot_id: &str, owner_id: &str) -> Result<(), AppError> {
        let channel = self.direct_channel(bot_id, owner_id)?;
        let text = "Please add me to teams and channels you want me to interact in. To do this, use the browser or Mattermost Desktop App.";
        let mut draft = Draft::new(bot_id, &channel.id, text);
        "add_bot_teams_channels".clone_into(&mut draft.kind);
        self.insert_post(draft).map(|_| ())
    }
}
