//! Acting as people do.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::handle::playground::Playground;
use crate::integration;
use crate::wire::reply::error_json;
use crate::world::command_run::CommandRun;
use crate::world::post::Draft;
use crate::world::post_edit::PostPatch;

/// What a person's client got back for a slash command.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandSeen {
    /// The status of the call.
    pub status: u16,
    /// The reply's fields, or the error's.
    pub body: Value,
}

impl Playground {
    /// Posts a message as somebody; answers its id. Outgoing webhooks hear of it.
    ///
    /// # Panics
    /// Where the person may not post there, or the thread does not exist.
    #[expect(clippy::must_use_candidate, reason = "many tests only want it said")]
    pub fn say(&self, user: &str, channel: &str, text: &str, root: Option<&str>) -> String {
        let mut draft = Draft::new(&self.user_id(user), &self.channel_id(channel), text);
        root.unwrap_or_default().clone_into(&mut draft.root_id);
        draft.by_rest = true;
        let post = self
            .shared
            .change(|world| world.create_post(draft))
            .unwrap_or_else(|error| panic!("{user} may not say that in {channel}: {error}"));
        integration::tell_outgoing_webhooks(&self.shared, std::slice::from_ref(&post));
        post.id
    }

    /// Edits somebody's own message.
    ///
    /// # Panics
    /// Where it is not theirs, or too old.
    pub fn edit(&self, user: &str, post_id: &str, text: &str) {
        let user_id = self.user_id(user);
        let patch = PostPatch {
            message: Some(text.to_owned()),
            ..PostPatch::default()
        };
        let edited = self
            .shared
            .change(|world| world.patch_post(&user_id, post_id, patch));
        if let Err(error) = edited {
            panic!("{user} may not edit {post_id}: {error}");
        }
    }

    /// Deletes a message as somebody.
    ///
    /// # Panics
    /// Where they may not.
    pub fn delete(&self, user: &str, post_id: &str) {
        let user_id = self.user_id(user);
        let deleted = self
            .shared
            .change(|world| world.delete_post(&user_id, post_id));
        if let Err(error) = deleted {
            panic!("{user} may not delete {post_id}: {error}");
        }
    }

    /// Runs a slash command as somebody, to its end: the command's URL is really called.
    ///
    /// In a direct or group channel the command of the person's first team is run.
    pub async fn run_command(
        &self,
        user: &str,
        channel: &str,
        line: &str,
        root: Option<&str>,
    ) -> CommandSeen {
        let user_id = self.user_id(user);
        let team_id = self.shared.read(|world| {
            world
                .teams_of(&user_id)
                .first()
                .map_or_else(String::new, |team| team.id.clone())
        });
        let run = CommandRun {
            user_id,
            channel_id: self.channel_id(channel),
            team_id,
            root_id: root.unwrap_or_default().to_owned(),
            line: line.to_owned(),
        };
        match integration::execute_command(Arc::clone(&self.shared), run).await {
            Ok(reply) => CommandSeen {
                status: 200,
                body: json!(reply),
            },
            Err(error) => {
                let request_id = self.shared.change(|world| world.ids.next_id());
                CommandSeen {
                    status: error.status,
                    body: error_json(&error, &request_id),
                }
            }
        }
    }
}
