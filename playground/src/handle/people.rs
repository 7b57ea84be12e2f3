//! Acting as people do.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::handle::playground::Playground;
use crate::integration;
use crate::wire::reply::error_json;
use crate::world::AppError;
use crate::world::command_run::CommandRun;
use crate::world::post::Draft;
use crate::world::post_edit::PostPatch;

/// What a person's client got back for a slash command, a click or a dialog.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplySeen {
    /// The status of the call.
    pub status: u16,
    /// The reply's fields, or the error's.
    pub body: Value,
}

/// What a person's client got back for a slash command.
pub type CommandSeen = ReplySeen;

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

    /// Puts an emoji on a message as somebody.
    ///
    /// # Panics
    /// Where they may not.
    pub fn react(&self, user: &str, post_id: &str, emoji: &str) {
        let user_id = self.user_id(user);
        let reacted = self
            .shared
            .change(|world| world.add_reaction(&user_id, &user_id, post_id, emoji));
        if let Err(error) = reacted {
            panic!("{user} may not put {emoji} on {post_id}: {error}");
        }
    }

    /// Takes an emoji that somebody put on a message away again, as they themselves.
    ///
    /// # Panics
    /// Where they may not.
    pub fn take_reaction_back(&self, user: &str, post_id: &str, emoji: &str) {
        let user_id = self.user_id(user);
        let removed = self
            .shared
            .change(|world| world.remove_reaction(&user_id, &user_id, post_id, emoji));
        if let Err(error) = removed {
            panic!("{user} may not take {emoji} from {post_id}: {error}");
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
        let reply = integration::execute_command(Arc::clone(&self.shared), run).await;
        self.reply_seen(reply.map(|reply| json!(reply)))
    }

    pub(crate) fn reply_seen(&self, reply: Result<Value, AppError>) -> ReplySeen {
        match reply {
            Ok(body) => ReplySeen { status: 200, body },
            Err(error) => {
                let request_id = self.shared.change(|world| world.ids.next_id());
                ReplySeen {
                    status: error.status,
                    body: error_json(&error, &request_id),
                }
            }
        }
    }
}
