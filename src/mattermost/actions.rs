//! Buttons: how they stand in a post's props, what comes when one is pressed, and how the press is replied to.
//!
//! Recorded in `recorded/actions.json`. Mattermost signs nothing of what it sends when a button is pressed. Whatever a press changes of a
//! post replaces it whole: a text that is not sent is gone, and so are files that are not named.

use serde::{Deserialize, Serialize};
use url::Url;

use super::wire::PropsOut;
use crate::domain::control::{Control, Press, Redrawn};
use crate::domain::id::{FileId, PostId, UserId};
use crate::domain::post::Button;

/// The path below our public address at which presses arrive.
pub const ACTIONS_PATH: &str = "/mattermost/actions";

/// The longest context that is read, in bytes; ours have about 180.
pub const MAX_CONTEXT_BYTES: usize = 512;

/// An attachment that is nothing but a row of buttons.
#[derive(Debug, Serialize)]
pub(super) struct Attachment<'a> {
    actions: Vec<Action<'a>>,
}

#[derive(Debug, Serialize)]
struct Action<'a> {
    id: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disabled: bool,
    integration: Integration<'a>,
}

#[derive(Debug, Serialize)]
struct Integration<'a> {
    url: &'a str,
    context: Context<'a>,
}

#[derive(Debug, Serialize)]
struct Context<'a> {
    askwell: &'a str,
}

impl<'a> Attachment<'a> {
    /// Makes a row of buttons that report to an address.
    pub(super) fn of(buttons: &'a [Button], url: &'a Url) -> Self {
        let action = |button: &'a Button| Action {
            id: button.control.as_str(),
            kind: "button",
            name: &button.label,
            style: style(button.control),
            disabled: !button.is_enabled,
            integration: Integration {
                url: url.as_str(),
                context: Context {
                    askwell: &button.context,
                },
            },
        };
        Self {
            actions: buttons.iter().map(action).collect(),
        }
    }
}

/// What is most wanted of a cut answer stands out; all else is grey.
fn style(control: Control) -> Option<&'static str> {
    match control {
        Control::Continue => Some("primary"),
        Control::Stop | Control::Regenerate | Control::Vote(_) => None,
    }
}

/// Says that what was sent is no press on a button of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read a press on a button")]
pub struct NoPress;

#[derive(Deserialize)]
struct RawPress {
    user_id: String,
    post_id: String,
    context: RawContext,
}

#[derive(Deserialize)]
struct RawContext {
    askwell: String,
}

/// Reads what Mattermost sends when a button is pressed.
///
/// # Errors
/// When it is no JSON of that form, or names no account, no post, or a longer context than we make.
pub fn read_press(body: &[u8]) -> Result<Press, NoPress> {
    let raw: RawPress = serde_json::from_slice(body).map_err(|_| NoPress)?;
    if raw.context.askwell.len() > MAX_CONTEXT_BYTES {
        return Err(NoPress);
    }
    Ok(Press {
        context: raw.context.askwell,
        person: UserId::parse(&raw.user_id).map_err(|_| NoPress)?,
        post: PostId::parse(&raw.post_id).map_err(|_| NoPress)?,
    })
}

/// The reply to a press.
#[derive(Debug, Default, Serialize)]
pub struct PressReply<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    update: Option<Update<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ephemeral_text: Option<&'a str>,
    /// Keeps Mattermost from rewriting `<…>` in what we say.
    skip_slack_parsing: bool,
}

#[derive(Debug, Serialize)]
struct Update<'a> {
    message: &'a str,
    props: PropsOut<'a>,
    file_ids: Vec<&'a str>,
}

impl<'a> PressReply<'a> {
    /// Shows the post anew, to everybody and at once; its buttons report to `url`.
    #[must_use]
    pub fn showing(redrawn: &'a Redrawn, url: &'a Url) -> Self {
        Self {
            update: Some(Update {
                message: &redrawn.message,
                props: PropsOut::of(&redrawn.props, Some(url)),
                file_ids: redrawn.files.iter().map(FileId::as_str).collect(),
            }),
            ephemeral_text: None,
            skip_slack_parsing: true,
        }
    }

    /// Tells whoever pressed, alone.
    #[must_use]
    pub fn telling(text: &'a str) -> Self {
        Self {
            update: None,
            ephemeral_text: Some(text),
            skip_slack_parsing: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::id::QuestionId;
    use crate::domain::post::{Marker, PostProps};

    fn url() -> Url {
        Url::parse("https://askwell.example/mattermost/actions").unwrap()
    }

    fn button(control: Control, is_enabled: bool) -> Button {
        Button {
            control,
            label: "멈추기".to_owned(),
            context: "1.stop.x".to_owned(),
            is_enabled,
        }
    }

    #[test]
    fn a_button_is_an_action_of_an_attachment_and_tells_nothing_but_its_signed_context() {
        let (url, buttons) = (url(), [button(Control::Stop, true)]);
        let written = serde_json::to_value(Attachment::of(&buttons, &url)).unwrap();
        let expected = json!({"actions": [{
            "id": "stop", "type": "button", "name": "멈추기",
            "integration": {"url": url.as_str(), "context": {"askwell": "1.stop.x"}},
        }]});
        assert_eq!(written, expected);
        let buttons = [button(Control::Continue, false)];
        let written = serde_json::to_value(Attachment::of(&buttons, &url)).unwrap();
        assert_eq!(written["actions"][0]["style"], "primary");
        assert_eq!(written["actions"][0]["disabled"], true);
    }

    #[test]
    fn a_post_that_is_shown_anew_keeps_its_files_and_sends_all_of_its_props() {
        let redrawn = Redrawn {
            message: "gone on".to_owned(),
            props: PostProps {
                marker: Some(Marker {
                    question: QuestionId::from_bits(3),
                    generation: 2,
                    part: 0,
                }),
                buttons: vec![button(Control::Stop, true)],
            },
            files: vec![FileId::parse("fffffffffffffffffffffffffff".get(1..).unwrap()).unwrap()],
        };
        let url = url();
        let written = serde_json::to_value(PressReply::showing(&redrawn, &url)).unwrap();
        let update = &written["update"];
        assert_eq!(update["message"], "gone on");
        assert_eq!(update["file_ids"][0], "ffffffffffffffffffffffffff");
        assert_eq!(update["props"]["askwell"]["generation"], 2);
        assert_eq!(update["props"]["unsafe_links"], "true");
        assert_eq!(
            update["props"]["attachments"][0]["actions"][0]["id"],
            "stop"
        );
        assert_eq!(written.get("ephemeral_text"), None);
        let told = serde_json::to_value(PressReply::telling("no")).unwrap();
        assert_eq!(
            told,
            json!({"ephemeral_text": "no", "skip_slack_parsing": true})
        );
    }

    #[test]
    fn a_recorded_press_is_read_where_its_context_is_ours() {
        let path = format!("{}/recorded/actions.json", env!("CARGO_MANIFEST_DIR"));
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let steps = file["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["what"] == "button").unwrap();
        let body = step["to_us"]["body"].as_str().unwrap();
        assert_eq!(read_press(body.as_bytes()), Err(NoPress));
        let mut press: Value = serde_json::from_str(body).unwrap();
        press["context"] = json!({"askwell": "1.stop.x"});
        let read = read_press(press.to_string().as_bytes()).unwrap();
        assert_eq!(read.person.as_str(), "69n4rt3oxpyxdq8idgu6ctjx5h");
        assert_eq!(read.post.as_str(), "p4uukaga5bfqjetrqcomzsf1gh");
        assert_eq!(read.context, "1.stop.x");
    }

    #[test]
    fn what_is_no_press_of_ours_is_not_read() {
        let id = "69n4rt3oxpyxdq8idgu6ctjx5h";
        let with = |context: Value| {
            json!({"user_id": id, "post_id": id, "context": context})
                .to_string()
                .into_bytes()
        };
        let longest = "x".repeat(MAX_CONTEXT_BYTES);
        assert!(read_press(&with(json!({"askwell": longest}))).is_ok());
        let longer = format!("{longest}x");
        let bodies: [Vec<u8>; 9] = [
            b"".to_vec(),
            b"[]".to_vec(),
            b"{}".to_vec(),
            with(json!({"askwell": longer})),
            with(json!({"askwell": ["a"]})),
            with(json!("askwell")),
            with(json!(null)),
            json!({"user_id": "x", "post_id": id, "context": {"askwell": "a"}})
                .to_string()
                .into_bytes(),
            format!(r#"{{"user_id":"{id}","user_id":"{id}","post_id":"{id}","context":{{"askwell":"a"}}}}"#)
                .into_bytes(),
        ];
        for body in bodies {
            let text = String::from_utf8_lossy(&body).into_owned();
            assert_eq!(read_press(&body), Err(NoPress), "{text}");
        }
    }
}
