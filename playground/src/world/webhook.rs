//! Incoming and outgoing webhooks: what they are, and which posts an outgoing one is told of.

use serde_json::{Value, json};

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

impl World {
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
