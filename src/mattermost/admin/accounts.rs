//! People, bots, their tokens and their roles.

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use super::nouns::{Account, BotProfile, NewToken, ObjectId, Role, Session};
use super::wire::{
    IntoNoun, RawAccount, RawBot, RawCredentials, RawRole, RawToken, RevokedToken, WrittenBot,
    WrittenNotifyProps, WrittenPermissions, WrittenRoles, WrittenToken,
};
use super::{Admin, unless_missing};
use crate::domain::id::UserId;
use crate::ports::MattermostError;

/// What a password is given with.
pub struct Credentials<'a> {
    /// A username or an e-mail address.
    pub login: &'a str,
    /// The password.
    pub password: &'a SecretString,
    /// The code of the moment, where the account asks for one.
    pub code: &'a str,
}

impl Admin {
    /// Opens a session by a password.
    ///
    /// # Errors
    /// As every call; [`TokenRefused`](crate::ports::MattermostFailure::TokenRefused) where the password is wrong, and with an id that
    /// holds `mfa` where a code is asked for.
    pub async fn log_in(&self, credentials: &Credentials<'_>) -> Result<Session, MattermostError> {
        let path = ["api", "v4", "users", "login"];
        let login = RawCredentials {
            login_id: credentials.login,
            password: credentials.password.expose_secret(),
            token: credentials.code,
        };
        let call = self.client.open("log in", Method::POST, &path);
        let reply = self.send(call.with_json(&login)).await?;
        reply.must_be_json()?;
        let token = reply.header("token").ok_or_else(|| reply.unusable())?;
        Ok(Session {
            token: token.into(),
        })
    }

    /// Ends the session of the token that this is done by.
    ///
    /// # Errors
    /// As every call.
    pub async fn log_out(&self) -> Result<(), MattermostError> {
        let path = ["users", "logout"];
        self.order(self.client.api("log out", Method::POST, &path))
            .await
    }

    /// Returns whom the token belongs to.
    ///
    /// # Errors
    /// As every call.
    pub async fn me(&self) -> Result<Account, MattermostError> {
        let call = self
            .client
            .api("read the account", Method::GET, &["users", "me"]);
        let reply = self.send(call).await?;
        let raw: RawAccount = reply.json()?;
        raw.into_noun().ok_or_else(|| reply.unusable())
    }

    /// Finds an account by its name.
    ///
    /// # Errors
    /// As every call.
    pub async fn account_named(&self, name: &str) -> Result<Option<Account>, MattermostError> {
        self.account_at(&["users", "username", name]).await
    }

    /// Reads an account.
    ///
    /// # Errors
    /// As every call.
    pub async fn account(&self, id: &UserId) -> Result<Option<Account>, MattermostError> {
        self.account_at(&["users", id.as_str()]).await
    }

    async fn account_at(&self, path: &[&str]) -> Result<Option<Account>, MattermostError> {
        let call = self.client.api("find an account", Method::GET, path);
        let Some(reply) = unless_missing(self.send(call).await)? else {
            return Ok(None);
        };
        let raw: RawAccount = reply.json()?;
        raw.into_noun().map(Some).ok_or_else(|| reply.unusable())
    }

    /// Makes a bot account.
    ///
    /// # Errors
    /// As every call.
    pub async fn create_bot(&self, profile: &BotProfile) -> Result<UserId, MattermostError> {
        let BotProfile {
            username,
            display_name,
            description,
        } = profile;
        let written = WrittenBot {
            username,
            display_name,
            description,
        };
        let call = self
            .client
            .api("create a bot account", Method::POST, &["bots"]);
        let reply = self.send(call.with_json(&written)).await?;
        let raw: RawBot = reply.json()?;
        UserId::parse(&raw.user_id).map_err(|_| reply.unusable())
    }

    /// Lets a bot act, or no more; then its tokens are worth nothing until it is let act again.
    ///
    /// # Errors
    /// As every call.
    pub async fn switch_bot(&self, bot: &UserId, is_active: bool) -> Result<(), MattermostError> {
        let verb = if is_active { "enable" } else { "disable" };
        let path = ["bots", bot.as_str(), verb];
        let call = self.client.api("switch a bot account", Method::POST, &path);
        self.order(call).await
    }

    /// Gives an account a picture: the bytes of a PNG.
    ///
    /// # Errors
    /// As every call.
    pub async fn set_picture(&self, user: &UserId, png: &[u8]) -> Result<(), MattermostError> {
        let path = ["users", user.as_str(), "image"];
        let call = self.client.api("set a picture", Method::POST, &path);
        let (content_type, body) = form_of_one_file("image", "askwell.png", png);
        self.order(call.with_bytes(content_type, body)).await
    }

    /// Takes the picture of an account away.
    ///
    /// # Errors
    /// As every call.
    pub async fn remove_picture(&self, user: &UserId) -> Result<(), MattermostError> {
        let path = ["users", user.as_str(), "image"];
        self.order(self.client.api("remove a picture", Method::DELETE, &path))
            .await
    }

    /// Says what an account is told of: all of it, what is not named is forgotten.
    ///
    /// # Errors
    /// As every call.
    pub async fn set_notify_props(
        &self,
        user: &UserId,
        notify_props: &BTreeMap<String, String>,
    ) -> Result<(), MattermostError> {
        let path = ["users", user.as_str(), "patch"];
        let call = self
            .client
            .api("set notification settings", Method::PUT, &path);
        self.order(call.with_json(&WrittenNotifyProps { notify_props }))
            .await
    }

    /// Makes an access token of an account.
    ///
    /// # Errors
    /// As every call.
    pub async fn create_token(
        &self,
        user: &UserId,
        description: &str,
    ) -> Result<NewToken, MattermostError> {
        let path = ["users", user.as_str(), "tokens"];
        let call = self
            .client
            .api("create an access token", Method::POST, &path);
        let reply = self
            .send(call.with_json(&WrittenToken { description }))
            .await?;
        let raw: RawToken = reply.json()?;
        raw.into_noun().ok_or_else(|| reply.unusable())
    }

    /// Takes an access token back; one that is gone counts as taken back.
    ///
    /// # Errors
    /// As every call.
    pub async fn revoke_token(&self, token: &ObjectId) -> Result<(), MattermostError> {
        let path = ["users", "tokens", "revoke"];
        let call = self.client.api("revoke a token", Method::POST, &path);
        let call = call.with_json(&RevokedToken {
            token_id: token.as_str(),
        });
        unless_missing(self.order(call).await).map(|_| ())
    }

    /// Finds a role by its name.
    ///
    /// # Errors
    /// As every call.
    pub async fn role(&self, name: &str) -> Result<Option<Role>, MattermostError> {
        let path = ["roles", "name", name];
        let call = self.client.api("read a role", Method::GET, &path);
        let Some(reply) = unless_missing(self.send(call).await)? else {
            return Ok(None);
        };
        let raw: RawRole = reply.json()?;
        raw.into_noun().map(Some).ok_or_else(|| reply.unusable())
    }

    /// Says what a role permits: all of it.
    ///
    /// # Errors
    /// As every call.
    pub async fn set_permissions(
        &self,
        role: &ObjectId,
        permissions: &[String],
    ) -> Result<(), MattermostError> {
        let path = ["roles", role.as_str(), "patch"];
        let call = self.client.api("change a role", Method::PUT, &path);
        self.order(call.with_json(&WrittenPermissions { permissions }))
            .await
    }

    /// Says which roles an account has on the whole server: all of them.
    ///
    /// # Errors
    /// As every call.
    pub async fn set_roles(&self, user: &UserId, roles: &[String]) -> Result<(), MattermostError> {
        let path = ["users", user.as_str(), "roles"];
        let call = self
            .client
            .api("change an account's roles", Method::PUT, &path);
        let roles = roles.join(" ");
        self.order(call.with_json(&WrittenRoles { roles: &roles }))
            .await
    }
}

/// Writes a form with one file in it (RFC 7578).
fn form_of_one_file(field: &str, name: &str, bytes: &[u8]) -> (HeaderValue, Vec<u8>) {
    // It does not occur in a PNG of ours; a test holds that.
    const BOUNDARY: &str = "askwell-8f14e45fceea167a";
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\n"
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let body = [head.as_bytes(), bytes, tail.as_bytes()].concat();
    let content_type =
        HeaderValue::from_static("multipart/form-data; boundary=askwell-8f14e45fceea167a");
    (content_type, body)
}
