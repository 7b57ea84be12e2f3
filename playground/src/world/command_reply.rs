//! What becomes of an integration's reply to a slash command, at once or through its `response_url`.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::world::answer::Answer;
use crate::world::app_error::AppError;
use crate::world::command::Command;
use crate::world::command_run::{
    COMMAND_WEBHOOK_LIFETIME_MS, COMMAND_WEBHOOK_USES, CommandCall, CommandRun,
};
use crate::world::post::{Draft, Post};
use crate::world::slack_text::slack_links_to_markdown;
use crate::world::state::World;

/// A reply's fields, in the order in which the client gets them back.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct CommandReply {
    response_type: String,
    text: String,
    username: String,
    channel_id: String,
    icon_url: String,
    #[serde(rename = "type")]
    kind: String,
    props: Option<Map<String, Value>>,
    goto_location: String,
    trigger_id: String,
    skip_slack_parsing: bool,
    attachments: Option<Vec<Value>>,
    extra_responses: Option<Vec<CommandReply>>,
}

/// What a command did: its outcome for the client, and the posts that others may be told of.
pub(crate) struct CommandOutcome {
    pub(crate) result: Result<CommandReply, AppError>,
    pub(crate) posts: Vec<Post>,
}

impl CommandReply {
    /// Reads a body by its declared type: exactly `application/json` is JSON, all else is text for one person.
    pub(crate) fn from_http(content_type: &str, body: &[u8]) -> Option<Self> {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        if kind == "application/json" {
            return Self::from_json(&serde_json::from_slice(body).ok()?);
        }
        Some(Self {
            text: String::from_utf8_lossy(body).into_owned(),
            ..Self::default()
        })
    }

    fn from_json(value: &Value) -> Option<Self> {
        if value.is_null() {
            return Some(Self::default());
        }
        let fields = value.as_object()?;
        let text = |name: &str| match fields.get(name) {
            None | Some(Value::Null) => Some(String::new()),
            Some(value) => value.as_str().map(str::to_owned),
        };
        let list = |name: &str| match fields.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => value.as_array().map(|items| Some(items.clone())),
        };
        let extra_responses = match list("extra_responses")? {
            None => None,
            Some(items) => Some(
                items
                    .iter()
                    .map(|item| Self::from_json(item).filter(|_| item.is_object()))
                    .collect::<Option<Vec<_>>>()?,
            ),
        };
        Some(Self {
            response_type: text("response_type")?,
            text: text("text")?,
            username: text("username")?,
            channel_id: text("channel_id")?,
            icon_url: text("icon_url")?,
            kind: text("type")?,
            props: match fields.get("props") {
                None | Some(Value::Null) => None,
                Some(value) => Some(value.as_object()?.clone()),
            },
            goto_location: text("goto_location")?,
            trigger_id: text("trigger_id")?,
            skip_slack_parsing: match fields.get("skip_slack_parsing") {
                None | Some(Value::Null) => false,
                Some(value) => value.as_bool()?,
            },
            attachments: list("attachments")?,
            extra_responses,
        })
    }
}

impl World {
    /// Does what the URL of a command answered.
    pub(crate) fn finish_command(&mut self, call: &CommandCall, answer: &Answer) -> CommandOutcome {
        let trigger = &call.command.trigger;
        let failed = || {
            AppError::new(
                500,
                "api.command.execute_command.failed.app_error",
                format!("Command with a trigger of '{trigger}' failed."),
            )
        };
        let refuse = |error| CommandOutcome {
            result: Err(error),
            posts: Vec::new(),
        };
        let Answer::Http {
            status,
            reason,
            content_type,
            body,
        } = answer
        else {
            return refuse(failed());
        };
        if *status != 200 {
            return refuse(AppError::new(
                500,
                "api.command.execute_command.failed_resp.app_error",
                format!(
                    "Command with a trigger of '{trigger}' returned response {status} {reason}."
                ),
            ));
        }
        let Some(mut reply) = CommandReply::from_http(content_type, body) else {
            return refuse(failed());
        };
        reply.trigger_id.clone_from(&call.client_trigger_id);
        self.deliver_reply(&call.command, &call.run, reply)
    }

    /// Uses a `response_url` once. The use is spent before anything is posted.
    pub(crate) fn use_command_webhook(&mut self, id: &str, reply: CommandReply) -> CommandOutcome {
        let failure = |status: u16| CommandOutcome {
            result: Err(AppError::new(
                status,
                "web.command_webhook.general.app_error",
                format!("Failed to handle command webhook {id}."),
            )),
            posts: Vec::new(),
        };
        let now = self.now();
        let Some(hook) = self
            .command_webhooks
            .get_mut(id)
            .filter(|hook| hook.create_at + COMMAND_WEBHOOK_LIFETIME_MS > now)
        else {
            return failure(404);
        };
        let Some(command) = self.commands.get(&hook.command_id).cloned() else {
            return failure(400);
        };
        if hook.uses >= COMMAND_WEBHOOK_USES {
            return failure(400);
        }
        hook.uses += 1;
        let run = hook.run.clone();
        let outcome = self.deliver_reply(&command, &run, reply);
        if outcome.result.is_err() {
            return CommandOutcome {
                posts: outcome.posts,
                ..failure(500)
            };
        }
        outcome
    }

    fn deliver_reply(
        &mut self,
        command: &Command,
        run: &CommandRun,
        mut reply: CommandReply,
    ) -> CommandOutcome {
        let mut posts = Vec::new();
        let mut is_whole = self.deliver_one(command, run, &mut reply, &mut posts);
        if is_whole {
            for extra in reply.extra_responses.iter_mut().flatten() {
                is_whole &= self.deliver_one(command, run, extra, &mut posts);
            }
        }
        let result = if is_whole {
            Ok(reply)
        } else {
            let trigger = &command.trigger;
            Err(AppError::new(
                500,
                "api.command.execute_command.create_post_failed.app_error",
                format!(
                    "Command '{trigger}' failed to post response. Please contact your System Administrator."
                ),
            ))
        };
        CommandOutcome { result, posts }
    }

    /// Posts one reply; answers whether it could.
    fn deliver_one(
        &mut self,
        command: &Command,
        run: &CommandRun,
        reply: &mut CommandReply,
        posts: &mut Vec<Post>,
    ) -> bool {
        let mut draft = Draft::new(&run.user_id, &run.channel_id, "");
        draft.root_id.clone_from(&run.root_id);
        draft.kind.clone_from(&reply.kind);
        draft.props = reply.props.clone().unwrap_or_default();
        if !reply.channel_id.is_empty() {
            let is_member = self
                .channels
                .get(&reply.channel_id)
                .is_some_and(|channel| channel.members.contains_key(&run.user_id));
            if !is_member {
                return false;
            }
            draft.channel_id.clone_from(&reply.channel_id);
        }
        self.put_identity(&mut draft.props, command, reply);
        if !reply.skip_slack_parsing {
            reply.text = self.expand_slack_mentions(&reply.text);
        }
        draft.message = if reply.skip_slack_parsing {
            reply.text.clone()
        } else {
            slack_links_to_markdown(&reply.text)
        };
        if let Some(attachments) = &reply.attachments {
            draft
                .props
                .insert("attachments".to_owned(), json!(attachments));
            if draft.kind.is_empty() {
                "slack_attachment".clone_into(&mut draft.kind);
            }
        }
        if draft.kind.starts_with("system_") {
            return false;
        }
        match reply.response_type.as_str() {
            "in_channel" => match self.create_post(draft) {
                Ok(post) => {
                    posts.push(post);
                    true
                }
                Err(_) => false,
            },
            "" | "ephemeral" if !reply.text.is_empty() || reply.attachments.is_some() => {
                self.send_ephemeral(draft);
                true
            }
            // Any other type posts nothing, and nobody is told.
            _ => true,
        }
    }

    /// Marks a post as an integration's; what is stored with the command wins over what the reply says.
    fn put_identity(
        &self,
        props: &mut Map<String, Value>,
        command: &Command,
        reply: &CommandReply,
    ) {
        let first = |stored: &str, given: &str| {
            if stored.is_empty() {
                given.to_owned()
            } else {
                stored.to_owned()
            }
        };
        if self.settings.enable_post_username_override {
            let name = first(&command.username, &reply.username);
            if !name.is_empty() {
                props.insert("override_username".to_owned(), json!(name));
            }
        }
        if self.settings.enable_post_icon_override {
            let icon = first(&command.icon_url, &reply.icon_url);
            props.insert("override_icon_url".to_owned(), json!(icon));
        }
        props.insert("from_webhook".to_owned(), json!("true"));
    }
}
