//! System messages: what the server itself says in a channel about what somebody did there.

use serde_json::{Value, json};

use crate::world::app_error::AppError;
use crate::world::post::Draft;
use crate::world::state::World;

impl World {
    /// Says something in a channel in the name of whoever did it.
    pub(crate) fn post_notice(
        &mut self,
        user_id: &str,
        channel_id: &str,
        (kind, text): (&str, String),
        props: &Value,
    ) -> Result<(), AppError> {
        let mut draft = Draft::new(user_id, channel_id, text);
        kind.clone_into(&mut draft.kind);
        draft.props = props.as_object().cloned().unwrap_or_default();
        self.insert_post(draft).map(|_| ())
    }

    /// Says that somebody did something that needs no more words than their name, such as `joined the channel.`
    pub(crate) fn post_deed(
        &mut self,
        user_id: &str,
        channel_id: &str,
        (kind, deed): (&str, &str),
    ) -> Result<(), AppError> {
        let name = self.user(user_id)?.username.clone();
        let props = json!({"username": name});
        self.post_notice(
            user_id,
            channel_id,
            (kind, format!("{name} {deed}")),
            &props,
        )
    }

    /// Says that somebody changed a text of a channel.
    pub(crate) fn post_change(
        &mut self,
        user_id: &str,
        channel_id: &str,
        (kind, field): (&str, &str),
        (old, new): (&str, &str),
    ) -> Result<(), AppError> {
        let name = self.user(user_id)?.username.clone();
        let what = match field {
            "displayname" => "display name",
            other => other,
        };
        let text = if new.is_empty() {
            format!("{name} removed the channel {what} (was: {old})")
        } else if old.is_empty() {
            format!("{name} updated the channel {what} to: {new}")
        } else {
            format!("{name} updated the channel {what} from: {old} to: {new}")
        };
        let props = json!({
            "username": name,
            format!("old_{field}"): old,
            format!("new_{field}"): new,
        });
        self.post_notice(user_id, channel_id, (kind, text), &props)
    }
}
