//! The posts that webhooks make: an incoming one's payload, an outgoing one's reply.

use serde_json::{Map, Value, json};

use crate::world::app_error::AppError;
use crate::world::channel::Channel;
use crate::world::post::Draft;
use crate::world::slack_text::slack_links_to_markdown;
use crate::world::state::World;
use crate::world::webhook::OutgoingCall;

/// The props that say whose a hook's post is; a payload may not set them.
const IDENTITY: [&str; 5] = [
    "attachments",
    "from_webhook",
    "override_username",
    "override_icon_url",
    "webhook_display_name",
];

/// A hook's post, before it is cut into the server's size.
struct WebhookPost<'a> {
    author_id: &'a str,
    channel_id: &'a str,
    root_id: &'a str,
    display_name: &'a str,
    text: String,
    username: &'a str,
    icon_url: &'a str,
    payload: &'a Map<String, Value>,
}

fn text_of<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn attachments_of(fields: &Map<String, Value>) -> Option<&Value> {
    fields
        .get("attachments")
        .filter(|value| value.as_array().is_some_and(|list| !list.is_empty()))
}

impl World {
    /// Posts what was sent to an incoming webhook.
    ///
    /// # Errors
    /// Every refusal has one id; the status tells them apart, and the media type is part of the message.
    pub(crate) fn use_incoming_webhook(
        &mut self,
        id: &str,
        media_type: &str,
        payload: &Map<String, Value>,
    ) -> Result<(), AppError> {
        let refused = |status: u16| {
            AppError::new(
                status,
                "web.incoming_webhook.general.app_error",
                format!(
                    "Failed to handle the payload of media type {media_type} for incoming webhook {id}."
                ),
            )
        };
        if !self.settings.enable_incoming_webhooks {
            return Err(refused(501));
        }
        let hook = self
            .incoming_webhooks
            .get(id)
            .cloned()
            .ok_or_else(|| refused(400))?;
        let text = text_of(payload, "text");
        if text.is_empty() && attachments_of(payload).is_none() {
            return Err(refused(400));
        }
        let channel_id = match text_of(payload, "channel") {
            "" => hook.channel_id.clone(),
            asked => self
                .webhook_channel(&hook.user_id, &hook.team_id, asked)
                .map_err(&refused)?,
        };
        if hook.channel_locked && channel_id != hook.channel_id {
            return Err(refused(403));
        }
        let is_public = self.channel(&channel_id).is_ok_and(Channel::is_public);
        if !is_public && !self.may_read(&hook.user_id, &channel_id) {
            return Err(refused(403));
        }
        let first = |given: &str, stored: &str| {
            if given.is_empty() {
                stored.to_owned()
            } else {
                given.to_owned()
            }
        };
        let post = WebhookPost {
            author_id: &hook.user_id,
            channel_id: &channel_id,
            root_id: "",
            display_name: &hook.display_name,
            text: self.expand_slack_mentions(text),
            username: &first(text_of(payload, "username"), &hook.username),
            icon_url: &first(text_of(payload, "icon_url"), &hook.icon_url),
            payload,
        };
        self.post_for_webhook(&post).map_err(|_| refused(500))
    }

    /// The channel that a payload names: `name`, `#name` or `@user`; the status of the refusal otherwise.
    fn webhook_channel(
        &mut self,
        owner_id: &str,
        team_id: &str,
        asked: &str,
    ) -> Result<String, u16> {
        if let Some(name) = asked.strip_prefix('@') {
            let user_id = self.user_named(name).map_err(|_| 400_u16)?.id.clone();
            let channel = self.direct_channel(owner_id, &user_id);
            return channel.map(|channel| channel.id).map_err(|_| 400);
        }
        let name = asked.strip_prefix('#').unwrap_or(asked);
        self.channel_named(team_id, name)
            .map(|channel| channel.id.clone())
            .ok_or(404)
    }

    /// Posts what an outgoing webhook's URL answered; only a log line of the server says that it could not.
    pub(crate) fn finish_outgoing_call(&mut self, call: &OutgoingCall, body: &[u8]) {
        let Ok(Value::Object(reply)) = serde_json::from_slice::<Value>(body) else {
            return;
        };
        let has_text = reply.get("text").is_some_and(Value::is_string);
        if !has_text && attachments_of(&reply).is_none() {
            return;
        }
        let hook = &call.hook;
        let pick = |name: &str, stored: &str| match text_of(&reply, name) {
            "" => stored.to_owned(),
            given => given.to_owned(),
        };
        let root_id = if text_of(&reply, "response_type") == "comment" {
            call.post.id.as_str()
        } else {
            ""
        };
        let post = WebhookPost {
            author_id: &hook.creator_id,
            channel_id: &call.post.channel_id,
            root_id,
            display_name: &hook.display_name,
            text: self.expand_slack_mentions(text_of(&reply, "text")),
            username: &pick("username", &hook.username),
            icon_url: &pick("icon_url", &hook.icon_url),
            payload: &reply,
        };
        // A reply to a reply has no valid root: it is lost, as on the server.
        drop(self.post_for_webhook(&post));
    }

    /// Posts a hook's text, cut hard at the server's limit; attachments go with the last piece.
    fn post_for_webhook(&mut self, post: &WebhookPost<'_>) -> Result<(), AppError> {
        let text = slack_links_to_markdown(&post.text);
        let runes: Vec<char> = text.chars().collect();
        let mut pieces: Vec<String> = runes
            .chunks(self.settings.max_post_size)
            .map(|piece| piece.iter().collect())
            .collect();
        if pieces.is_empty() {
            pieces.push(String::new());
        }
        let last = pieces.len() - 1;
        for (at, piece) in pieces.into_iter().enumerate() {
            let mut draft = Draft::new(post.author_id, post.channel_id, piece);
            draft.set_online = false;
            post.root_id.clone_into(&mut draft.root_id);
            text_of(post.payload, "type").clone_into(&mut draft.kind);
            draft.props = self.webhook_props(post);
            if at == last
                && let Some(attachments) = attachments_of(post.payload)
            {
                draft
                    .props
                    .insert("attachments".to_owned(), attachments.clone());
                if draft.kind.is_empty() {
                    "slack_attachment".clone_into(&mut draft.kind);
                }
            }
            if self.channel(&draft.channel_id)?.delete_at > 0 {
                return Err(AppError::channel_not_found());
            }
            self.insert_post(draft)?;
        }
        Ok(())
    }

    fn webhook_props(&self, post: &WebhookPost<'_>) -> Map<String, Value> {
        let mut props: Map<String, Value> = post
            .payload
            .get("props")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter(|(name, _)| !IDENTITY.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        props.insert("from_webhook".to_owned(), json!("true"));
        props.insert("webhook_display_name".to_owned(), json!(post.display_name));
        if self.settings.enable_post_username_override {
            let name = if post.username.is_empty() {
                "webhook"
            } else {
                post.username
            };
            props.insert("override_username".to_owned(), json!(name));
        }
        if self.settings.enable_post_icon_override && !post.icon_url.is_empty() {
            props.insert("override_icon_url".to_owned(), json!(post.icon_url));
        }
        props
    }
}
