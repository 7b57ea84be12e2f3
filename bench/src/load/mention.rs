//! Posts as Mattermost tells of them over a WebSocket, made as text.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::command::{Asked, id};

/// People who post.
const PEOPLE: u64 = 2_000;

/// Channels they post in, where nothing else is said.
const CHANNELS: u64 = 500;

/// A post of a person's.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// Which one.
    pub(crate) asked: Asked,
    /// What it says.
    pub(crate) text: String,
    /// The thread it is in.
    pub(crate) root: Option<String>,
}

impl Said {
    /// A mention of the bot with a question.
    pub(crate) fn to_the_bot(asked: Asked) -> Self {
        Self {
            asked,
            text: format!("@gptbot 오늘 날씨 어때? {}", asked.word()),
            root: None,
        }
    }

    /// What is said among people; its number must be no question's.
    pub(crate) fn among_people(number: u64) -> Self {
        Self {
            asked: Asked(number),
            text: "회의는 세 시에 시작해요. 자료는 어제 올려 둔 걸 보세요.".to_owned(),
            root: None,
        }
    }

    /// The post's id.
    pub(crate) fn post_id(&self) -> String {
        id("benchaskedxxxxxx", self.asked.0)
    }

    fn channel_id(&self) -> String {
        id("benchchannelxxxx", self.asked.0 % CHANNELS)
    }

    fn person_id(&self) -> String {
        id("benchpersonxxxxx", self.asked.0 % PEOPLE)
    }

    /// The post as Mattermost has it.
    pub(crate) fn post(&self) -> Value {
        let now = now_ms();
        json!({
            "id": self.post_id(), "create_at": now, "update_at": now, "edit_at": 0, "delete_at": 0, "is_pinned": false,
            "user_id": self.person_id(), "channel_id": self.channel_id(),
            "root_id": self.root.clone().unwrap_or_default(), "original_id": "", "message": self.text, "type": "",
            "props": { "disable_group_highlight": true }, "hashtags": "", "file_ids": [], "pending_post_id": "",
            "remote_id": "", "reply_count": 0, "last_reply_at": 0, "participants": null, "metadata": {},
        })
    }

    /// The event that tells of it, but for its number.
    pub(crate) fn event(&self) -> Value {
        json!({
            "event": "posted",
            "data": {
                "channel_display_name": "Lobby", "channel_name": "lobby", "channel_type": "O",
                "post": self.post().to_string(), "sender_name": "@alice", "set_online": true,
                "team_id": "benchteamxxxxxxxxxxxxxxxxx",
            },
            "broadcast": self.broadcast(&Value::Null),
        })
    }

    /// The event that tells that its author types, which nobody who answers needs.
    pub(crate) fn typing(&self) -> Value {
        let person = self.person_id();
        let mut others = serde_json::Map::new();
        others.insert(person.clone(), Value::Bool(true));
        json!({
            "event": "typing",
            "data": { "parent_id": "", "user_id": person },
            "broadcast": self.broadcast(&Value::Object(others)),
        })
    }

    fn broadcast(&self, omitted: &Value) -> Value {
        json!({
            "omit_users": omitted, "user_id": "", "channel_id": self.channel_id(), "team_id": "", "connection_id": "",
            "omit_connection_id": "",
        })
    }
}

fn now_ms() -> u128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_millis()
}
