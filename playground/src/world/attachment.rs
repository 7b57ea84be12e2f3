//! Message attachments: the form in which they are stored, and what of them is not for clients.

use serde::Serializer;
use serde_json::{Map, Value, json};

use crate::ids::IdSource;
use crate::world::post::Post;

/// The texts of an attachment, in the server's order.
const TEXTS: [&str; 14] = [
    "fallback",
    "color",
    "pretext",
    "author_name",
    "author_link",
    "author_icon",
    "title",
    "title_link",
    "text",
    "fields",
    "image_url",
    "thumb_url",
    "footer",
    "footer_icon",
];

/// What an action may have; what is empty is not stored.
const OF_ACTION: [&str; 11] = [
    "id",
    "type",
    "name",
    "tooltip",
    "disabled",
    "style",
    "data_source",
    "options",
    "default_option",
    "integration",
    "cookie",
];

/// Brings a post's attachments into the form in which the server stores them: known fields only, and every action with
/// an id.
pub(crate) fn normalise(props: &mut Map<String, Value>, ids: &mut IdSource) {
    let Some(Value::Array(attachments)) = props.get_mut("attachments") else {
        return;
    };
    attachments.retain(Value::is_object);
    for attachment in attachments {
        *attachment = normalised(attachment, ids);
    }
}

fn normalised(given: &Value, ids: &mut IdSource) -> Value {
    let mut fields = Map::new();
    fields.insert("id".to_owned(), json!(given["id"].as_i64().unwrap_or(0)));
    for name in TEXTS {
        let value = if name == "fields" {
            given["fields"]
                .as_array()
                .map(|list| list.iter().map(field).collect())
                .unwrap_or_default()
        } else {
            json!(given[name].as_str().unwrap_or_default())
        };
        fields.insert(name.to_owned(), value);
    }
    fields.insert("ts".to_owned(), given["ts"].clone());
    let actions = given["actions"].as_array().filter(|list| !list.is_empty());
    if let Some(actions) = actions {
        let actions = actions.iter().map(|given| action(given, ids)).collect();
        fields.insert("actions".to_owned(), actions);
    }
    Value::Object(fields)
}

fn field(given: &Value) -> Value {
    json!({
        "title": given["title"].as_str().unwrap_or_default(),
        "value": given["value"],
        "short": given["short"] == true,
    })
}

fn action(given: &Value, ids: &mut IdSource) -> Value {
    let mut action = Map::new();
    for name in OF_ACTION {
        let is_empty = match &given[name] {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            _ => false,
        };
        if !is_empty {
            action.insert(name.to_owned(), given[name].clone());
        } else if name == "id" {
            action.insert(name.to_owned(), json!(ids.next_id()));
        }
    }
    Value::Object(action)
}

/// Props as clients get them: without what is between the server and integrations.
pub(crate) fn stripped<S: Serializer>(
    props: &Map<String, Value>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if actions_of(props).all(|action| action.get("integration").is_none()) {
        return serializer.collect_map(props);
    }
    let mut props = props.clone();
    for action in actions_mut(&mut props) {
        if let Value::Object(fields) = action {
            fields.shift_remove("integration");
        }
    }
    serializer.collect_map(&props)
}

fn actions_of(props: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let attachments = props.get("attachments").and_then(Value::as_array);
    attachments
        .into_iter()
        .flatten()
        .filter_map(|attachment| attachment.get("actions")?.as_array())
        .flatten()
}

/// Every action of a post's attachments.
pub(crate) fn actions_mut(props: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    let attachments = props.get_mut("attachments").and_then(Value::as_array_mut);
    attachments
        .into_iter()
        .flatten()
        .filter_map(|attachment| attachment.get_mut("actions")?.as_array_mut())
        .flatten()
}

impl Post {
    /// An action of the post's attachments, by its id.
    pub(crate) fn action(&self, action_id: &str) -> Option<&Value> {
        actions_of(&self.props).find(|action| action["id"] == action_id)
    }

    pub(crate) fn has_attachments(&self) -> bool {
        let attachments = self.props.get("attachments").and_then(Value::as_array);
        attachments.is_some_and(|list| !list.is_empty())
    }

    /// The post as it is stored, what is between the server and integrations included.
    pub(crate) fn unstripped(&self) -> Value {
        let mut post = json!(self);
        post["props"] = Value::Object(self.props.clone());
        post
    }
}
