//! Reactions, and the passing sign that somebody types.

use serde::Serialize;
use serde_json::json;

use crate::world::app_error::AppError;
use crate::world::emoji::{is_emoji, is_emoji_name};
use crate::world::event::{Broadcast, Event, go_json};
use crate::world::state::World;

/// Different emojis that one post may carry.
const MAX_EMOJIS: usize = 50;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Reaction {
    pub(crate) user_id: String,
    pub(crate) post_id: String,
    pub(crate) emoji_name: String,
    pub(crate) create_at: i64,
    pub(crate) update_at: i64,
    pub(crate) delete_at: i64,
    pub(crate) remote_id: String,
    pub(crate) channel_id: String,
}

impl World {
    /// Adds one's own reaction; doing it again is fine.
    pub(crate) fn add_reaction(
        &mut self,
        caller: &str,
        user_id: &str,
        post_id: &str,
        emoji_name: &str,
    ) -> Result<Reaction, AppError> {
        if user_id.is_empty() || post_id.is_empty() || !is_emoji_name(emoji_name) {
            return Err(AppError::new(
                400,
                "api.reaction.save_reaction.invalid.app_error",
                "Reaction is not valid.",
            ));
        }
        if caller != user_id {
            return Err(AppError::new(
                403,
                "api.reaction.save_reaction.user_id.app_error",
                "You cannot save reaction for the other user.",
            ));
        }
        let channel_id = self
            .posts
            .by_id
            .get(post_id)
            .filter(|post| post.delete_at == 0)
            .map(|post| post.channel_id.clone())
            .ok_or_else(AppError::permissions)?;
        if !self.may_post(caller, &channel_id) {
            return Err(AppError::permissions());
        }
        if self.channel(&channel_id)?.delete_at > 0 {
            return Err(AppError::new(
                403,
                "api.reaction.save.archived_channel.app_error",
                "You cannot react in an archived channel.",
            ));
        }
        if !is_emoji(emoji_name) {
            return Err(AppError::new(
                404,
                "app.emoji.get_by_name.no_result",
                "We couldn’t find the emoji.",
            ));
        }
        let reaction = self.put_reaction(user_id, post_id, emoji_name, channel_id)?;
        let event = Event::new(
            "reaction_added",
            json!({"reaction": go_json(&reaction)}),
            Broadcast::to_channel(&reaction.channel_id),
        );
        self.publish_to_channel(&event);
        Ok(reaction)
    }

    /// Stores a reaction: there is one of each person and emoji.
    fn put_reaction(
        &mut self,
        user_id: &str,
        post_id: &str,
        emoji_name: &str,
        channel_id: String,
    ) -> Result<Reaction, AppError> {
        let now = self.now();
        let reaction = Reaction {
            user_id: user_id.to_owned(),
            post_id: post_id.to_owned(),
            emoji_name: emoji_name.to_owned(),
            create_at: now,
            update_at: now,
            delete_at: 0,
            remote_id: String::new(),
            channel_id,
        };
        let reactions = self.posts.reactions.entry(post_id.to_owned()).or_default();
        let is_known = reactions.iter().any(|held| held.emoji_name == emoji_name);
        let mut names: Vec<&str> = reactions
            .iter()
            .map(|held| held.emoji_name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        if !is_known && names.len() >= MAX_EMOJIS {
            return Err(AppError::new(
                400,
                "app.reaction.save.save.too_many_reactions",
                "Reaction limit has been reached for this post.",
            ));
        }
        let is_new = !reactions
            .iter()
            .any(|held| held.emoji_name == emoji_name && held.user_id == user_id);
        if is_new {
            reactions.push(reaction.clone());
            self.touch(post_id, now);
        }
        Ok(reaction)
    }

    pub(crate) fn remove_reaction(
        &mut self,
        caller: &str,
        user_id: &str,
        post_id: &str,
        emoji_name: &str,
    ) -> Result<(), AppError> {
        if caller != user_id && !self.is_admin(caller) {
            return Err(AppError::permissions());
        }
        let channel_id = self
            .posts
            .by_id
            .get(post_id)
            .map(|post| post.channel_id.clone())
            .ok_or_else(AppError::permissions)?;
        let now = self.now();
        if let Some(reactions) = self.posts.reactions.get_mut(post_id) {
            reactions.retain(|held| held.emoji_name != emoji_name || held.user_id != user_id);
        }
        self.touch(post_id, now);
        let removed = Reaction {
            user_id: user_id.to_owned(),
            post_id: post_id.to_owned(),
            emoji_name: emoji_name.to_owned(),
            create_at: 0,
            update_at: now,
            delete_at: 0,
            remote_id: String::new(),
            channel_id: String::new(),
        };
        let event = Event::new(
            "reaction_removed",
            json!({"reaction": go_json(&removed)}),
            Broadcast::to_channel(&channel_id),
        );
        self.publish_to_channel(&event);
        Ok(())
    }

    fn touch(&mut self, post_id: &str, now: i64) {
        if let Some(post) = self.posts.by_id.get_mut(post_id) {
            post.update_at = now;
        }
    }

    pub(crate) fn reactions(&self, caller: &str, post_id: &str) -> Result<Vec<Reaction>, AppError> {
        self.read_post(caller, post_id)?;
        Ok(self
            .posts
            .reactions
            .get(post_id)
            .cloned()
            .unwrap_or_default())
    }

    /// Tells a channel that somebody types there, except themselves.
    pub(crate) fn typing(
        &mut self,
        caller: &str,
        channel_id: &str,
        parent_id: &str,
    ) -> Result<(), AppError> {
        if !self.may_post(caller, channel_id) {
            return Err(AppError::permissions());
        }
        let event = Event::new(
            "typing",
            json!({"parent_id": parent_id, "user_id": caller}),
            Broadcast {
                omit_users: Some([(caller.to_owned(), true)].into_iter().collect()),
                ..Broadcast::to_channel(channel_id)
            },
        );
        self.publish_to_channel(&event);
        Ok(())
    }
}
