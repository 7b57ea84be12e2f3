//! Incoming and outgoing webhooks: what they are, and which posts an outgoing one is told of.

use serde_json::{Map, Value, json};

use crate::world::app_error::AppError;
use crate::world::post::Post;
use crate::world::state::World;

#[derive(Clone, Debug)]
pub(crate) struct IncomingWebhook {
    pub(crate) id: String,
    pub(crate) create_at: i64,
    pub(crate) update_at: i64,
    pub(crate) user_id: String,
    pub(crate) channel_id: String,
    pub(crate) team_id: String,
    pub(crate) display_name: String,
    pub(crate) description: String,
    pub(crate) username: String,
    pub(crate) icon_url: String,
    pub(crate) channel_locked: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct OutgoingWebhook {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) create_at: i64,
    pub(crate) update_at: i64,
    pub(crate) creator_id: String,
    /// Empty for every public channel of the team.
    pub(crate) channel_id: String,
    pub(crate) team_id: String,
    pub(crate) trigger_words: Vec<String>,
    /// 0: the first word equals a trigger word; 1: it starts with one.
    pub(crate) trigger_when: i64,
    pub(crate) callback_urls: Vec<String>,
    pub(crate) display_name: String,
    pub(crate) description: String,
    pub(crate) content_type: String,
    pub(crate) username: String,
    pub(crate) icon_url: String,
}

/// A post that an outgoing webhook is to be told of.
#[derive(Clone, Debug)]
pub(crate) struct OutgoingCall {
    pub(crate) hook: OutgoingWebhook,
    pub(crate) post: Post,
    /// The payload's fields, in the order of its JSON; the time is in milliseconds.
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) timestamp_ms: i64,
}

impl IncomingWebhook {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "create_at": self.create_at,
            "update_at": self.update_at,
            "delete_at": 0,
            "user_id": self.user_id,
            "channel_id": self.channel_id,
            "team_id": self.team_id,
            "display_name": self.display_name,
            "description": self.description,
            "username": self.username,
            "icon_url": self.icon_url,
            "channel_locked": self.channel_locked,
        })
    }
}

impl OutgoingWebhook {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "token": self.token,
            "create_at": self.create_at,
            "update_at": self.update_at,
            "delete_at": 0,
            "creator_id": self.creator_id,
            "channel_id": self.channel_id,
            "team_id": self.team_id,
            "trigger_words": self.trigger_words,
            "trigger_when": self.trigger_when,
            "callback_urls": self.callback_urls,
            "display_name": self.display_name,
            "description": self.description,
            "content_type": self.content_type,
            "username": self.username,
            "icon_url": self.icon_url,
        })
    }

    /// The trigger word by which a post's first word concerns this hook; empty where the channel alone does.
    fn trigger_word(&self, post: &Post, first_word: &str) -> Option<String> {
        if !self.channel_id.is_empty() && self.channel_id != post.channel_id {
            return None;
        }
        if !self.channel_id.is_empty() && self.trigger_words.is_empty() {
            return Some(String::new());
        }
        self.trigger_words
            .iter()
            .find(|word| {
                if self.trigger_when == 1 {
                    first_word.starts_with(word.as_str())
                } else {
                    first_word == word.as_str()
                }
            })
            .cloned()
    }
}

fn text_of(fields: &Map<String, Value>, name: &str) -> String {
    fields
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn texts_of(fields: &Map<String, Value>, name: &str) -> Vec<String> {
    fields
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect()
}

fn hook_not_found(kind: &str) -> AppError {
    AppError::new(
        404,
        format!("app.webhooks.get_{kind}.app_error"),
        "Unable to get the webhook.",
    )
}

impl World {
    pub(crate) fn create_incoming_webhook(
        &mut self,
        caller: &str,
        fields: &Map<String, Value>,
    ) -> Result<IncomingWebhook, AppError> {
        let channel = self.channel(&text_of(fields, "channel_id"))?.clone();
        if !self.is_team_admin(&channel.team_id, caller) {
            return Err(AppError::permissions());
        }
        if !self.settings.enable_incoming_webhooks {
            return Err(AppError::new(
                501,
                "api.incoming_webhook.disabled.app_error",
                "Incoming webhooks have been disabled by the system admin.",
            ));
        }
        let now = self.now();
        let username = if self.settings.enable_post_username_override {
            text_of(fields, "username")
        } else {
            String::new()
        };
        let hook = IncomingWebhook {
            id: self.ids.next_id(),
            create_at: now,
            update_at: now,
            user_id: caller.to_owned(),
            channel_id: channel.id,
            team_id: channel.team_id,
            display_name: text_of(fields, "display_name"),
            description: text_of(fields, "description"),
            username,
            icon_url: text_of(fields, "icon_url"),
            channel_locked: fields
                .get("channel_locked")
                .and_then(Value::as_bool)
                .unwrap_or(false),
        };
        self.incoming_webhooks.insert(hook.id.clone(), hook.clone());
        Ok(hook)
    }

    pub(crate) fn incoming_webhook(
        &self,
        caller: &str,
        id: &str,
    ) -> Result<&IncomingWebhook, AppError> {
        let hook = self
            .incoming_webhooks
            .get(id)
            .ok_or_else(|| hook_not_found("incoming"))?;
        if self.is_team_admin(&hook.team_id, caller) {
            Ok(hook)
        } else {
            Err(AppError::permissions())
        }
    }

    pub(crate) fn delete_incoming_webhook(
        &mut self,
        caller: &str,
        id: &str,
    ) -> Result<(), AppError> {
        self.incoming_webhook(caller, id)?;
        self.incoming_webhooks.remove(id);
        Ok(())
    }

    pub(crate) fn incoming_webhooks_of(
        &self,
        caller: &str,
        team_id: &str,
    ) -> Result<Vec<Value>, AppError> {
        if !self.is_admin(caller) && !self.is_team_admin(team_id, caller) {
            return Err(AppError::permissions());
        }
        Ok(self
            .incoming_webhooks
            .values()
            .filter(|hook| team_id.is_empty() || hook.team_id == team_id)
            .map(IncomingWebhook::to_json)
            .collect())
    }

    pub(crate) fn create_outgoing_webhook(
        &mut self,
        caller: &str,
        fields: &Map<String, Value>,
    ) -> Result<OutgoingWebhook, AppError> {
        let team_id = text_of(fields, "team_id");
        if !self.is_team_admin(&team_id, caller) {
            return Err(AppError::permissions());
        }
        let now = self.now();
        let content_type = match text_of(fields, "content_type") {
            given if given.is_empty() => "application/x-www-form-urlencoded".to_owned(),
            given => given,
        };
        let hook = OutgoingWebhook {
            id: self.ids.next_id(),
            token: self.ids.next_id(),
            create_at: now,
            update_at: now,
            creator_id: caller.to_owned(),
            channel_id: text_of(fields, "channel_id"),
            team_id,
            trigger_words: texts_of(fields, "trigger_words"),
            trigger_when: fields
                .get("trigger_when")
                .and_then(Value::as_i64)
                .unwrap_or(0),
            callback_urls: texts_of(fields, "callback_urls"),
            display_name: text_of(fields, "display_name"),
            description: text_of(fields, "description"),
            content_type,
            username: text_of(fields, "username"),
            icon_url: text_of(fields, "icon_url"),
        };
        self.check_outgoing_webhook(&hook)?;
        self.outgoing_webhooks.insert(hook.id.clone(), hook.clone());
        Ok(hook)
    }

    fn check_outgoing_webhook(&self, hook: &OutgoingWebhook) -> Result<(), AppError> {
        let disabled = |status| {
            AppError::new(
                status,
                "api.outgoing_webhook.disabled.app_error",
                "Outgoing webhooks have been disabled by the system admin.",
            )
        };
        if !self.settings.enable_outgoing_webhooks {
            return Err(disabled(501));
        }
        if !hook.channel_id.is_empty() && !self.channel(&hook.channel_id)?.is_public() {
            return Err(disabled(403));
        }
        if hook.channel_id.is_empty() && hook.trigger_words.is_empty() {
            return Err(AppError::new(
                400,
                "api.webhook.create_outgoing.triggers.app_error",
                "Either trigger_words or channel_id must be set.",
            ));
        }
        if hook.callback_urls.is_empty()
            || hook
                .callback_urls
                .iter()
                .any(|url| !url.starts_with("http"))
        {
            return Err(AppError::new(
                400,
                "model.outgoing_hook.is_valid.callback.app_error",
                "Invalid callback URLs.",
            ));
        }
        let intersects = self.outgoing_webhooks.values().any(|other| {
            other.team_id == hook.team_id
                && other.channel_id == hook.channel_id
                && other
                    .callback_urls
                    .iter()
                    .any(|url| hook.callback_urls.contains(url))
                && other
                    .trigger_words
                    .iter()
                    .any(|word| hook.trigger_words.contains(word))
        });
        if intersects {
            return Err(AppError::new(
                500,
                "api.webhook.create_outgoing.intersect.app_error",
                "Outgoing webhooks from the same channel cannot have the same trigger words/callback URLs.",
            ));
        }
        Ok(())
    }

    pub(crate) fn outgoing_webhook(
        &self,
        caller: &str,
        id: &str,
    ) -> Result<&OutgoingWebhook, AppError> {
        let hook = self
            .outgoing_webhooks
            .get(id)
            .ok_or_else(|| hook_not_found("outgoing"))?;
        if self.is_team_admin(&hook.team_id, caller) {
            Ok(hook)
        } else {
            Err(AppError::permissions())
        }
    }

    pub(crate) fn delete_outgoing_webhook(
        &mut self,
        caller: &str,
        id: &str,
    ) -> Result<(), AppError> {
        self.outgoing_webhook(caller, id)?;
        self.outgoing_webhooks.remove(id);
        Ok(())
    }

    pub(crate) fn regenerate_outgoing_token(
        &mut self,
        caller: &str,
        id: &str,
    ) -> Result<OutgoingWebhook, AppError> {
        let mut hook = self.outgoing_webhook(caller, id)?.clone();
        hook.token = self.ids.next_id();
        self.outgoing_webhooks.insert(id.to_owned(), hook.clone());
        Ok(hook)
    }

    pub(crate) fn outgoing_webhooks_of(
        &self,
        caller: &str,
        team_id: &str,
    ) -> Result<Vec<Value>, AppError> {
        if !self.is_admin(caller) && !self.is_team_admin(team_id, caller) {
            return Err(AppError::permissions());
        }
        Ok(self
            .outgoing_webhooks
            .values()
            .filter(|hook| team_id.is_empty() || hook.team_id == team_id)
            .map(OutgoingWebhook::to_json)
            .collect())
    }

    /// The hooks that a new post concerns. Every one of them carries the trigger word that was found last.
    pub(crate) fn outgoing_calls(&self, post: &Post) -> Vec<OutgoingCall> {
        let public = self
            .channels
            .get(&post.channel_id)
            .filter(|channel| channel.is_public());
        let Some(channel) = public.filter(|_| self.settings.enable_outgoing_webhooks) else {
            return Vec::new();
        };
        let first_word = post.message.split_whitespace().next().unwrap_or_default();
        let mut word = String::new();
        let mut hooks = Vec::new();
        for hook in self.outgoing_webhooks.values() {
            if hook.team_id == channel.team_id
                && let Some(found) = hook.trigger_word(post, first_word)
            {
                word = found;
                hooks.push(hook);
            }
        }
        let name_of = |id: &str| self.users.get(id).map_or("", |user| &user.username);
        let domain = self
            .teams
            .get(&channel.team_id)
            .map_or("", |team| &team.name);
        hooks
            .into_iter()
            .map(|hook| OutgoingCall {
                hook: hook.clone(),
                post: post.clone(),
                timestamp_ms: post.create_at,
                fields: vec![
                    ("token", hook.token.clone()),
                    ("team_id", channel.team_id.clone()),
                    ("team_domain", domain.to_owned()),
                    ("channel_id", channel.id.clone()),
                    ("channel_name", channel.name.clone()),
                    ("timestamp", post.create_at.to_string()),
                    ("user_id", post.user_id.clone()),
                    ("user_name", name_of(&post.user_id).to_owned()),
                    ("post_id", post.id.clone()),
                    ("text", post.message.clone()),
                    ("trigger_word", word.clone()),
                    (
                        "file_ids",
                        post.file_ids.as_deref().unwrap_or_default().join(","),
                    ),
                ],
            })
            .collect()
    }
}
