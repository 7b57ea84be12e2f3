//! Dialogs: showing one to the person of a trigger, and passing on what they filled in.

use serde_json::{Map, Value, json};

use crate::world::action::integration_failed;
use crate::world::answer::Answer;
use crate::world::app_error::AppError;
use crate::world::event::go_json;
use crate::world::state::World;

/// The most that is read of a dialog's fields as they are passed on, in the server's order, with what stands for absent.
const ELEMENT: [(&str, Absent); 13] = [
    ("display_name", Absent::Text),
    ("name", Absent::Text),
    ("type", Absent::Text),
    ("subtype", Absent::Text),
    ("default", Absent::Text),
    ("placeholder", Absent::Text),
    ("help_text", Absent::Text),
    ("optional", Absent::No),
    ("min_length", Absent::Zero),
    ("max_length", Absent::Zero),
    ("data_source", Absent::Text),
    ("options", Absent::Null),
    ("multiselect", Absent::No),
];

const DIALOG: [(&str, Absent); 8] = [
    ("callback_id", Absent::Text),
    ("title", Absent::Text),
    ("introduction_text", Absent::Text),
    ("icon_url", Absent::Text),
    ("elements", Absent::Null),
    ("submit_label", Absent::Text),
    ("notify_on_cancel", Absent::No),
    ("state", Absent::Text),
];

/// What a field has that was not given.
#[derive(Clone, Copy)]
enum Absent {
    Text,
    No,
    Zero,
    Null,
}

/// A dialog that somebody was shown.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    pub(crate) user_id: String,
    pub(crate) url: String,
    /// Its fields as the client got them.
    pub(crate) fields: Value,
}

/// What somebody filled in, or that they cancelled.
pub(crate) struct DialogCall {
    pub(crate) url: String,
    pub(crate) payload: Value,
}

fn shaped(given: &Value, fields: &[(&str, Absent)]) -> Value {
    let shaped: Map<String, Value> = fields
        .iter()
        .map(|(name, absent)| {
            let value = match (&given[*name], absent) {
                (Value::Null, Absent::Text) => json!(""),
                (Value::Null, Absent::No) => json!(false),
                (Value::Null, Absent::Zero) => json!(0),
                (value, _) => value.clone(),
            };
            ((*name).to_owned(), value)
        })
        .collect();
    Value::Object(shaped)
}

impl World {
    /// Shows a dialog to the person whose trigger it is. Nobody's session is needed: the trigger is the right.
    pub(crate) fn open_dialog(&mut self, request: &Map<String, Value>) -> Result<(), AppError> {
        let text = |name: &str| {
            request
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let url = text("url");
        if url.is_empty() {
            return Err(AppError::body_param("url"));
        }
        let (client_id, user_id) = self.read_trigger(text("trigger_id"))?;
        let given = request.get("dialog").unwrap_or(&Value::Null);
        let mut dialog = shaped(given, &DIALOG);
        if let Value::Array(elements) = &mut dialog["elements"] {
            for element in elements {
                *element = shaped(element, &ELEMENT);
            }
        }
        let shown = json!({"trigger_id": client_id, "url": url, "dialog": dialog});
        self.tell(&user_id, "open_dialog", json!({"dialog": go_json(&shown)}));
        let url = url.to_owned();
        self.dialogs.push(Dialog {
            user_id,
            url,
            fields: dialog,
        });
        Ok(())
    }

    /// Checks that somebody may submit, and says what the URL is to be sent. That a dialog of such a state was ever
    /// opened is not checked.
    pub(crate) fn begin_submission(
        &self,
        caller: &str,
        request: &Map<String, Value>,
    ) -> Result<DialogCall, AppError> {
        let text = |name: &str| {
            request
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let url = text("url");
        if url.is_empty() {
            return Err(AppError::body_param("url"));
        }
        let (channel_id, team_id) = (text("channel_id"), text("team_id"));
        let in_team = self
            .teams
            .get(team_id)
            .is_some_and(|team| team.members.contains_key(caller) || self.is_admin(caller));
        if !self.may_read(caller, channel_id) || !in_team {
            return Err(AppError::permissions());
        }
        let payload = json!({
            "type": "dialog_submission",
            "callback_id": text("callback_id"),
            "state": text("state"),
            "user_id": caller,
            "channel_id": channel_id,
            "team_id": team_id,
            "submission": request.get("submission").cloned().unwrap_or(Value::Null),
            "cancelled": request.get("cancelled") == Some(&json!(true)),
        });
        Ok(DialogCall {
            url: url.to_owned(),
            payload,
        })
    }
}

/// What the client is told of a URL's reply to a dialog: what is wrong, or what comes next.
pub(crate) fn finish_submission(answer: &Answer) -> Result<Value, AppError> {
    let body = answer.ok_body().ok_or_else(integration_failed)?;
    if body.is_empty() {
        return Ok(json!({}));
    }
    let reply: Value = serde_json::from_slice(body).map_err(|_| {
        AppError::new(
            500,
            "app.submit_interactive_dialog.json_error",
            "Encountered an error decoding JSON for the interactive dialog.",
        )
    })?;
    let known = ["error", "errors", "type", "form"].into_iter();
    let told: Map<String, Value> = known
        .filter(|name| !reply[*name].is_null() && reply[*name] != "")
        .map(|name| (name.to_owned(), reply[name].clone()))
        .collect();
    Ok(Value::Object(told))
}
