//! Accounts, sessions and access tokens.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::world::app_error::AppError;
use crate::world::bot::Bot;
use crate::world::event::{Broadcast, Event};
use crate::world::state::World;

/// The shortest password that the server takes.
const MIN_PASSWORD: usize = 8;

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) create_at: i64,
    pub(crate) update_at: i64,
    pub(crate) delete_at: i64,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) email: String,
    pub(crate) nickname: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) position: String,
    pub(crate) roles: String,
    pub(crate) notify_props: BTreeMap<String, String>,
    pub(crate) last_picture_update: i64,
    pub(crate) failed_attempts: u32,
    pub(crate) locale: String,
    pub(crate) timezone: BTreeMap<String, String>,
    pub(crate) bot: Option<Bot>,
}

/// What a new account is made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewUser {
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) nickname: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) locale: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) user_id: String,
}

#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) user_id: String,
    pub(crate) description: String,
    pub(crate) is_active: bool,
}

impl AccessToken {
    /// As listed: without the token itself, which is shown once.
    pub(crate) fn to_json(&self) -> Value {
        json!({"id": self.id, "user_id": self.user_id, "description": self.description, "is_active": self.is_active})
    }

    pub(crate) fn to_json_once(&self) -> Value {
        json!({"id": self.id, "token": self.token, "user_id": self.user_id, "description": self.description, "is_active": self.is_active})
    }
}

/// How much of an account a reader is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The account itself, or somebody who may manage it.
    Owner,
    /// An administrator who reads somebody else's: what they are told of, but no more.
    Admin,
    /// Anybody else.
    Other,
}

impl User {
    pub(crate) fn is_admin(&self) -> bool {
        self.roles
            .split_ascii_whitespace()
            .any(|role| role == "system_admin")
    }

    pub(crate) fn is_bot(&self) -> bool {
        self.bot.is_some()
    }

    pub(crate) fn to_json(&self, reader: Reader) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| {
            fields.insert(name.to_owned(), value);
        };
        put("id", json!(self.id));
        put("create_at", json!(self.create_at));
        put("update_at", json!(self.update_at));
        put("delete_at", json!(self.delete_at));
        put("username", json!(self.username));
        if reader == Reader::Other {
            put("auth_data", json!(""));
        }
        put("auth_service", json!(""));
        put("email", json!(self.email));
        put("nickname", json!(self.nickname));
        put("first_name", json!(self.first_name));
        put("last_name", json!(self.last_name));
        put("position", json!(self.position));
        put("roles", json!(self.roles));
        if reader != Reader::Other {
            put("notify_props", json!(self.notify_props));
        }
        if reader == Reader::Owner {
            put("last_password_update", json!(self.create_at));
        }
        if reader != Reader::Other && self.failed_attempts > 0 {
            put("failed_attempts", json!(self.failed_attempts));
        }
        if self.last_picture_update > 0 {
            put("last_picture_update", json!(self.last_picture_update));
        }
        put("locale", json!(self.locale));
        put("timezone", json!(self.timezone));
        match &self.bot {
            None => put("remote_id", json!("")),
            Some(bot) => {
                put("is_bot", json!(true));
                if !bot.description.is_empty() {
                    put("bot_description", json!(bot.description));
                }
            }
        }
        put("disable_welcome_email", json!(false));
        Value::Object(fields)
    }

    /// The entity tag that the server gives an account.
    pub(crate) fn etag(&self) -> String {
        format!("11.1.0.{}.{}..0.true.true.0", self.id, self.update_at)
    }
}

pub(crate) fn default_notify_props() -> BTreeMap<String, String> {
    [
        ("channel", "true"),
        ("comments", "never"),
        ("desktop", "mention"),
        ("desktop_sound", "true"),
        ("desktop_threads", "all"),
        ("email", "true"),
        ("email_threads", "all"),
        ("first_name", "false"),
        ("mention_keys", ""),
        ("push", "mention"),
        ("push_status", "online"),
        ("push_threads", "all"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

fn default_timezone() -> BTreeMap<String, String> {
    [
        ("automaticTimezone", ""),
        ("manualTimezone", ""),
        ("useAutomaticTimezone", "true"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// Whether a text can be a user's name.
pub(crate) fn is_username(name: &str) -> bool {
    const RESERVED: [&str; 5] = ["all", "channel", "here", "matterbot", "system"];
    (1..=64).contains(&name.len())
        && !RESERVED.contains(&name)
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte)
        })
}

impl World {
    /// Creates an account as anybody may on an open server; the first one is its administrator.
    pub(crate) fn create_user(
        &mut self,
        new: NewUser,
        caller: Option<&str>,
    ) -> Result<User, AppError> {
        let is_first = self.users.is_empty();
        let invited = caller.is_some_and(|caller| self.is_admin(caller));
        if !is_first && !self.settings.enable_open_server && !invited {
            return Err(AppError::new(
                403,
                "api.user.create_user.no_open_server",
                "This server does not allow open signups. Please speak with your Administrator to receive an invitation.",
            ));
        }
        let username = new.username.to_lowercase();
        if !is_username(&username) || username.len() < 3 {
            return Err(AppError::new(
                400,
                "model.user.is_valid.username.app_error",
                "Username must begin with a letter, and contain between 3 to 64 lowercase characters made up of numbers, letters, and the symbols \".\", \"-\", and \"_\".",
            ));
        }
        if !new.email.contains('@') {
            return Err(AppError::new(
                400,
                "model.user.is_valid.email.app_error",
                "Invalid email.",
            ));
        }
        if new.password.len() < MIN_PASSWORD {
            return Err(AppError::new(
                400,
                "model.user.is_valid.pwd_min_length.app_error",
                format!("Your password must contain at least {MIN_PASSWORD} characters."),
            ));
        }
        if self.users.values().any(|user| user.email == new.email) {
            return Err(AppError::new(
                400,
                "app.user.save.email_exists.app_error",
                "An account with that email already exists.",
            ));
        }
        let roles = if is_first {
            "system_admin system_user"
        } else {
            "system_user"
        };
        self.insert_user(NewUser { username, ..new }, roles, None)
    }

    /// Adds an account of any kind.
    pub(crate) fn insert_user(
        &mut self,
        new: NewUser,
        roles: &str,
        bot: Option<Bot>,
    ) -> Result<User, AppError> {
        if self.user_ids_by_name.contains_key(&new.username) {
            return Err(AppError::new(
                400,
                "app.user.save.username_exists.app_error",
                "An account with that username already exists.",
            ));
        }
        let now = self.now();
        let user = User {
            id: self.ids.next_id(),
            create_at: now,
            update_at: now,
            delete_at: 0,
            username: new.username,
            password: new.password,
            email: new.email,
            nickname: new.nickname,
            first_name: new.first_name,
            last_name: new.last_name,
            position: String::new(),
            roles: roles.to_owned(),
            notify_props: default_notify_props(),
            last_picture_update: 0,
            failed_attempts: 0,
            locale: if new.locale.is_empty() {
                "en".to_owned()
            } else {
                new.locale
            },
            timezone: default_timezone(),
            bot,
        };
        self.user_ids_by_name
            .insert(user.username.clone(), user.id.clone());
        self.users.insert(user.id.clone(), user.clone());
        let event = Event::new(
            "new_user",
            json!({"user_id": user.id}),
            Broadcast::default(),
        );
        self.publish_to_all(&event);
        Ok(user)
    }

    /// Logs in by name or mail address; answers the session's token and the account.
    pub(crate) fn log_in(
        &mut self,
        login_id: &str,
        password: &str,
    ) -> Result<(String, User), AppError> {
        let refused = || {
            AppError::new(
                401,
                "api.user.login.invalid_credentials_email_username",
                "Enter a valid email or username and/or password.",
            )
        };
        let login_id = login_id.to_lowercase();
        let user = self
            .users
            .values_mut()
            .find(|user| user.username == login_id || user.email == login_id)
            .filter(|user| user.bot.is_none())
            .ok_or_else(refused)?;
        if user.password != password {
            user.failed_attempts += 1;
            return Err(refused());
        }
        if user.delete_at > 0 {
            return Err(AppError::new(
                401,
                "api.user.login.inactive.app_error",
                "Login failed because your account has been deactivated. Please contact an administrator.",
            ));
        }
        // The reply still carries the count that the log-in clears.
        let shown = user.clone();
        user.failed_attempts = 0;
        let token = self.open_session(&shown.id);
        Ok((token, shown))
    }

    /// Opens a session of an account and answers its token.
    pub(crate) fn open_session(&mut self, user_id: &str) -> String {
        let token = self.ids.next_id();
        let session = Session {
            user_id: user_id.to_owned(),
        };
        self.sessions.insert(token.clone(), session);
        token
    }

    /// The account behind a token, if it has one that may act.
    pub(crate) fn authenticate(&self, token: &str) -> Option<&User> {
        let user_id = match self.sessions.get(token) {
            Some(session) => &session.user_id,
            None => {
                &self
                    .access_tokens
                    .values()
                    .find(|held| held.is_active && held.token == token)?
                    .user_id
            }
        };
        self.users.get(user_id).filter(|user| user.delete_at == 0)
    }

    /// Ends a session; what listened with it hears nothing more.
    pub(crate) fn end_session(&mut self, token: &str) {
        self.sessions.remove(token);
        let now = self.now();
        self.hub.silence_token(token, now);
    }

    pub(crate) fn create_access_token(
        &mut self,
        caller: &str,
        user_id: &str,
        description: &str,
    ) -> Result<AccessToken, AppError> {
        self.may_manage_tokens(caller, user_id)?;
        if !self.user(user_id)?.is_bot() && !self.settings.enable_user_access_tokens {
            return Err(AppError::new(
                501,
                "app.user_access_token.disabled",
                "Personal access tokens are disabled on this server. Please contact your system administrator for details.",
            ));
        }
        if description.is_empty() {
            return Err(AppError::body_param("description"));
        }
        let token = AccessToken {
            id: self.ids.next_id(),
            token: self.ids.next_id(),
            user_id: user_id.to_owned(),
            description: description.to_owned(),
            is_active: true,
        };
        self.access_tokens.insert(token.id.clone(), token.clone());
        Ok(token)
    }

    /// Makes an access token without asking anybody.
    pub(crate) fn grant_token(&mut self, user_id: &str, description: &str) -> String {
        let held = AccessToken {
            id: self.ids.next_id(),
            token: self.ids.next_id(),
            user_id: user_id.to_owned(),
            description: description.to_owned(),
            is_active: true,
        };
        let token = held.token.clone();
        self.access_tokens.insert(held.id.clone(), held);
        token
    }

    /// Revokes every access token of an account.
    pub(crate) fn drop_tokens(&mut self, user_id: &str) {
        self.access_tokens.retain(|_, held| held.user_id != user_id);
        let now = self.now();
        self.hub.silence_user(user_id, now);
    }

    pub(crate) fn may_manage_tokens(&self, caller: &str, user_id: &str) -> Result<(), AppError> {
        if self.is_admin(caller) || self.owns_bot(caller, user_id) {
            Ok(())
        } else {
            Err(AppError::permissions())
        }
    }

    /// Revokes an access token for good.
    pub(crate) fn revoke_access_token(
        &mut self,
        caller: &str,
        token_id: &str,
    ) -> Result<(), AppError> {
        let token = self
            .access_tokens
            .get(token_id)
            .cloned()
            .ok_or_else(|| AppError::body_param("token_id"))?;
        self.may_manage_tokens(caller, &token.user_id)?;
        self.access_tokens.remove(token_id);
        let now = self.now();
        self.hub.silence_token(&token.token, now);
        Ok(())
    }

    /// Switches an access token on or off.
    pub(crate) fn switch_access_token(
        &mut self,
        caller: &str,
        token_id: &str,
        is_active: bool,
    ) -> Result<(), AppError> {
        let token = self
            .access_tokens
            .get(token_id)
            .cloned()
            .ok_or_else(|| AppError::body_param("token_id"))?;
        self.may_manage_tokens(caller, &token.user_id)?;
        if let Some(held) = self.access_tokens.get_mut(token_id) {
            held.is_active = is_active;
        }
        if !is_active {
            let now = self.now();
            self.hub.silence_token(&token.token, now);
        }
        Ok(())
    }
}
