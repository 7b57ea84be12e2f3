//! Clicking and filling in, as people do.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::handle::people::ReplySeen;
use crate::handle::playground::Playground;
use crate::integration;
use crate::world::action::Click;
use crate::world::attachment::actions_mut;

/// A dialog as somebody was shown it.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenDialog {
    /// Where its answers go.
    pub url: String,
    /// The integration's own name for it.
    pub callback_id: String,
    /// What stands above it.
    pub title: String,
    /// What the integration wants back as it is.
    pub state: String,
    /// Its elements, with every field that the server passes on.
    pub elements: Vec<Value>,
}

/// People are named by user name or id, channels by name or id.
///
/// # Panics
/// Every method panics where a name is unknown: the test is wrong then.
#[expect(clippy::missing_panics_doc, reason = "it is said once, above")]
impl Playground {
    /// Clicks a button, or chooses an option of a menu, of a post as somebody sees it; also of an ephemeral one.
    pub async fn click(
        &self,
        user: &str,
        post_id: &str,
        action_id: &str,
        option: Option<&str>,
    ) -> ReplySeen {
        let user_id = self.user_id(user);
        let cookie = self.shared.read(|world| {
            let shown = world.posts.ephemeral.get(&user_id)?;
            let post = shown.iter().find(|post| post.id == post_id)?;
            let mut props = post.props.clone();
            let action = actions_mut(&mut props).find(|action| action["id"] == action_id)?;
            Some(action["cookie"].as_str()?.to_owned())
        });
        let click = Click {
            user_id,
            post_id: post_id.to_owned(),
            action_id: action_id.to_owned(),
            selected_option: option.unwrap_or_default().to_owned(),
            cookie: cookie.unwrap_or_default(),
        };
        let clicked = integration::click(Arc::clone(&self.shared), click).await;
        let clicked = clicked.map(|trigger_id| json!({"status": "OK", "trigger_id": trigger_id}));
        self.reply_seen(clicked)
    }

    /// The dialogs that somebody was shown, oldest first.
    #[must_use]
    pub fn dialogs_shown_to(&self, user: &str) -> Vec<SeenDialog> {
        let user_id = self.user_id(user);
        self.shared.read(|world| {
            let shown = world.dialogs.iter();
            shown
                .filter(|shown| shown.user_id == user_id)
                .map(|shown| {
                    let text = |name: &str| shown.fields[name].as_str().unwrap_or_default();
                    SeenDialog {
                        url: shown.url.clone(),
                        callback_id: text("callback_id").to_owned(),
                        title: text("title").to_owned(),
                        state: text("state").to_owned(),
                        elements: shown.fields["elements"]
                            .as_array()
                            .cloned()
                            .unwrap_or_default(),
                    }
                })
                .collect()
        })
    }

    /// Sends a dialog off, filled in, from a channel and the first team of the person; or cancels it, without answers.
    pub async fn submit_dialog(
        &self,
        user: &str,
        channel: &str,
        dialog: &SeenDialog,
        answers: Option<Map<String, Value>>,
    ) -> ReplySeen {
        let user_id = self.user_id(user);
        let team_id = self.shared.read(|world| {
            let teams = world.teams_of(&user_id);
            teams
                .first()
                .map_or_else(String::new, |team| team.id.clone())
        });
        let request = json!({
            "url": dialog.url,
            "callback_id": dialog.callback_id,
            "state": dialog.state,
            "channel_id": self.channel_id(channel),
            "team_id": team_id,
            "cancelled": answers.is_none(),
            "submission": answers.unwrap_or_default(),
        });
        let shared = Arc::clone(&self.shared);
        let fields = request.as_object().expect("it is one, above");
        let told = integration::submit_dialog(shared, &user_id, fields).await;
        self.reply_seen(told)
    }
}
