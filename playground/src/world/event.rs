//! Events: what is told to people's clients, and whom it is for.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// Who an event is for, in the words of its envelope.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Broadcast {
    pub(crate) omit_users: Option<BTreeMap<String, bool>>,
    pub(crate) user_id: String,
    pub(crate) channel_id: String,
    pub(crate) team_id: String,
    pub(crate) connection_id: String,
    pub(crate) omit_connection_id: String,
    /// For everybody but administrators.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) contains_sanitized_data: bool,
    /// For administrators only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) contains_sensitive_data: bool,
}

impl Broadcast {
    pub(crate) fn to_channel(channel_id: &str) -> Self {
        Self {
            channel_id: channel_id.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn to_user(user_id: &str) -> Self {
        Self {
            user_id: user_id.to_owned(),
            ..Self::default()
        }
    }
}

/// An event that is the same for everybody but for what it says to one reader.
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) data: Value,
    pub(crate) broadcast: Broadcast,
    /// Fields of `data` that only some readers get: (reader, field, value).
    pub(crate) only_for: Vec<(String, &'static str, Value)>,
}

impl Event {
    pub(crate) fn new(name: &'static str, data: Value, broadcast: Broadcast) -> Self {
        Self {
            name,
            data,
            broadcast,
            only_for: Vec::new(),
        }
    }

    /// Whether a slow client can do without it.
    pub(crate) fn can_be_dropped(&self) -> bool {
        matches!(
            self.name,
            "typing" | "status_change" | "multiple_channels_viewed"
        )
    }

    /// Whether it concerns only those who look at its channel at this moment.
    pub(crate) fn is_scoped(&self) -> bool {
        matches!(self.name, "typing" | "reaction_added" | "reaction_removed")
    }

    /// The event as one reader gets it, up to its sequence number.
    pub(crate) fn render(&self, reader: &str) -> String {
        let mut extra = self
            .only_for
            .iter()
            .filter(|(user_id, ..)| user_id == reader)
            .peekable();
        let data = if extra.peek().is_none() {
            go_json(&self.data)
        } else {
            let mut data = self.data.clone();
            if let Value::Object(fields) = &mut data {
                for (_, name, value) in extra {
                    fields.insert((*name).to_owned(), value.clone());
                }
                fields.sort_keys();
            }
            go_json(&data)
        };
        let broadcast = go_json(&self.broadcast);
        let name = self.name;
        format!(r#"{{"event":"{name}","data":{data},"broadcast":{broadcast},"seq":"#)
    }
}

/// JSON as the server writes it: `<`, `>` and `&` escaped.
pub(crate) fn go_json(value: &impl Serialize) -> String {
    let plain = serde_json::to_string(value).expect("values of this crate have string keys only");
    if !plain.contains(['<', '>', '&']) {
        return plain;
    }
    plain
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}
