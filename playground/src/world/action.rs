//! Buttons and menus: what their integration is sent, and what becomes of its reply.

use serde_json::{Map, Value, json};

use crate::world::answer::Answer;
use crate::world::app_error::AppError;
use crate::world::attachment::actions_mut;
use crate::world::base64;
use crate::world::post::{Draft, Post};
use crate::world::post_edit::PostPatch;
use crate::world::slack_text::slack_links_to_markdown;
use crate::world::state::World;

/// Whose a post seems to be: a reply cannot change these props.
const RETAINED: [&str; 3] = ["from_webhook", "override_username", "override_icon_url"];

/// Cookies that are kept; with more of them the oldest posts' buttons would no longer work.
const MAX_COOKIES: usize = 10_000;

/// What a button of an ephemeral post does: such a post is not stored, so its client keeps this for the server.
#[derive(Clone, Debug)]
pub(crate) struct Cookie {
    post_id: String,
    place: Place,
    action: Value,
}

/// Where an action's post stands, and what of its props stays.
#[derive(Clone, Debug)]
struct Place {
    channel_id: String,
    root_id: String,
    retained: Map<String, Value>,
}

/// A click.
#[derive(Clone, Debug, Default)]
pub(crate) struct Click {
    pub(crate) user_id: String,
    pub(crate) post_id: String,
    pub(crate) action_id: String,
    pub(crate) selected_option: String,
    pub(crate) cookie: String,
}

/// A request that is to be sent to an action's URL.
pub(crate) struct ActionCall {
    pub(crate) url: String,
    /// The payload's fields, in the order of its JSON.
    pub(crate) payload: Value,
    client_trigger_id: String,
    user_id: String,
    post_id: String,
    place: Place,
}

pub(crate) fn integration_failed() -> AppError {
    AppError::new(
        400,
        "api.post.do_action.action_integration.app_error",
        "Action integration error.",
    )
}

impl Place {
    fn of(post: &Post) -> Self {
        let retained = RETAINED.iter().filter_map(|name| {
            let value = post.props.get(*name)?;
            Some(((*name).to_owned(), value.clone()))
        });
        Self {
            channel_id: post.channel_id.clone(),
            root_id: if post.root_id.is_empty() {
                post.id.clone()
            } else {
                post.root_id.clone()
            },
            retained: retained.collect(),
        }
    }
}

impl World {
    /// Gives the buttons of an ephemeral post their cookies.
    pub(crate) fn add_cookies(&mut self, post: &mut Post) {
        let place = Place::of(post);
        let post_id = post.id.clone();
        for action in actions_mut(&mut post.props) {
            if action.get("integration").is_none() {
                continue;
            }
            let name = base64::encode(self.ids.next_id().as_bytes());
            let cookie = Cookie {
                post_id: post_id.clone(),
                place: place.clone(),
                action: action.clone(),
            };
            if self.cookies.len() < MAX_COOKIES {
                self.cookies.insert(name.clone(), cookie);
            }
            if let Value::Object(fields) = action {
                fields.shift_remove("integration");
                fields.insert("cookie".to_owned(), json!(name));
            }
        }
    }

    /// Checks that somebody may click, and says what the action's URL is to be sent.
    pub(crate) fn begin_action(&mut self, click: &Click) -> Result<ActionCall, AppError> {
        let (action, place) = self.clicked(click)?;
        let action_type = action["type"].as_str().unwrap_or_default();
        let integration = &action["integration"];
        let mut context = integration["context"].as_object().cloned();
        let is_select = action_type == "select";
        if is_select && !click.selected_option.is_empty() {
            let option = json!(click.selected_option);
            context
                .get_or_insert_default()
                .insert("selected_option".to_owned(), option);
        }
        let channel = self.channel(&place.channel_id)?;
        let (channel_name, team_id) = (channel.name.clone(), channel.team_id.clone());
        let team_domain = self
            .teams
            .get(&team_id)
            .map_or_else(String::new, |team| team.name.clone());
        let user_name = self.user(&click.user_id)?.username.clone();
        let trigger = self.new_trigger(&click.user_id);
        let data_source = action["data_source"].as_str().filter(|_| is_select);
        let mut payload = json!({
            "user_id": click.user_id,
            "user_name": user_name,
            "channel_id": place.channel_id,
            "channel_name": channel_name,
            "team_id": team_id,
            "team_domain": team_domain,
            "post_id": click.post_id,
            "trigger_id": trigger.id,
            "type": action_type,
            "data_source": data_source.unwrap_or_default(),
        });
        if let Some(mut context) = context {
            context.sort_keys();
            payload["context"] = Value::Object(context);
        }
        Ok(ActionCall {
            url: integration["url"].as_str().unwrap_or_default().to_owned(),
            payload,
            client_trigger_id: trigger.client_id,
            user_id: click.user_id.clone(),
            post_id: click.post_id.clone(),
            place,
        })
    }

    /// The action that was clicked: of the stored post, else of the cookie that came with the click.
    fn clicked(&self, click: &Click) -> Result<(Value, Place), AppError> {
        let cookie = match click.cookie.as_str() {
            "" => None,
            name => Some(self.cookies.get(name).ok_or_else(integration_failed)?),
        };
        let stored = self
            .posts
            .by_id
            .get(&click.post_id)
            .filter(|post| post.delete_at == 0);
        let channel_id = cookie
            .map(|cookie| &cookie.place.channel_id)
            .or_else(|| stored.map(|post| &post.channel_id));
        if !channel_id.is_some_and(|id| self.may_read(&click.user_id, id)) {
            return Err(AppError::permissions());
        }
        match (stored, cookie) {
            (Some(post), _) => {
                let action = post
                    .action(&click.action_id)
                    .filter(|action| action.get("integration").is_some())
                    .ok_or_else(|| {
                        AppError::new(
                            404,
                            "api.post.do_action.action_id.app_error",
                            "Invalid action id.",
                        )
                    })?;
                Ok((action.clone(), Place::of(post)))
            }
            (None, Some(cookie)) if cookie.post_id == click.post_id => {
                Ok((cookie.action.clone(), cookie.place.clone()))
            }
            (None, _) => Err(integration_failed()),
        }
    }

    /// Does what an action's URL answered; answers the id by which the client recognises a dialog.
    pub(crate) fn finish_action(
        &mut self,
        call: &ActionCall,
        answer: &Answer,
    ) -> Result<String, AppError> {
        let body = answer.ok_body().ok_or_else(integration_failed)?;
        if body.is_empty() {
            return Ok(call.client_trigger_id.clone());
        }
        let reply: Value = serde_json::from_slice(body).map_err(|_| integration_failed())?;
        if let Some(update) = reply["update"].as_object() {
            self.update_by_action(call, update)?;
        }
        let text = reply["ephemeral_text"].as_str().unwrap_or_default();
        if !text.is_empty() {
            let message = if reply["skip_slack_parsing"] == true {
                text.to_owned()
            } else {
                slack_links_to_markdown(text)
            };
            let mut draft = Draft::new(&call.user_id, &call.place.channel_id, message);
            draft.root_id.clone_from(&call.place.root_id);
            draft.props.clone_from(&call.place.retained);
            self.send_ephemeral(draft);
        }
        Ok(call.client_trigger_id.clone())
    }

    /// Replaces the post: what is absent of message and files is gone, and props stay only where none are given.
    fn update_by_action(
        &mut self,
        call: &ActionCall,
        update: &Map<String, Value>,
    ) -> Result<(), AppError> {
        let text = |name: &str| update.get(name).and_then(Value::as_str).unwrap_or_default();
        let props = update.get("props").and_then(Value::as_object).map(|given| {
            let mut props = given.clone();
            for name in RETAINED {
                props.shift_remove(name);
            }
            props.extend(call.place.retained.clone());
            props
        });
        let files = update.get("file_ids").and_then(Value::as_array);
        let file_ids = files.into_iter().flatten();
        let patch = PostPatch {
            message: Some(text("message").to_owned()),
            props,
            file_ids: Some(
                file_ids
                    .filter_map(|id| id.as_str().map(str::to_owned))
                    .collect(),
            ),
            is_pinned: None,
        };
        self.check_text(text("message"))?;
        self.update_post(&call.post_id, patch).map(|_| ())
    }
}
