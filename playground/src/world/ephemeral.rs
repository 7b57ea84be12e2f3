//! Posts that one person sees and nothing stores.

use serde_json::json;

use crate::world::app_error::AppError;
use crate::world::event::{Broadcast, Event, go_json};
use crate::world::post::{Draft, Post};
use crate::world::state::World;

/// What a client asks to show somebody.
pub(crate) struct Ephemeral {
    pub(crate) reader_id: String,
    /// Empty for a new one.
    pub(crate) post_id: String,
    pub(crate) update_at: i64,
    pub(crate) draft: Draft,
}

impl World {
    /// Shows somebody a post that nobody else sees and nothing stores.
    pub(crate) fn send_ephemeral(&mut self, draft: Draft) {
        let reader = draft.user_id.clone();
        let mut post = self.new_post(draft);
        post.update_at = 0;
        "system_ephemeral".clone_into(&mut post.kind);
        post.file_ids = None;
        self.add_cookies(&mut post);
        post.sort_props();
        self.show_ephemeral(&reader, post);
    }

    /// Delivers an ephemeral post; one of the same id takes the place of the earlier one.
    pub(crate) fn show_ephemeral(&mut self, reader: &str, post: Post) {
        let broadcast = Broadcast {
            user_id: reader.to_owned(),
            ..Broadcast::to_channel(&post.channel_id)
        };
        let event = Event::new(
            "ephemeral_message",
            json!({"post": go_json(&post)}),
            broadcast,
        );
        self.publish_to_user(&event);
        let shown = self.posts.ephemeral.entry(reader.to_owned()).or_default();
        match shown.iter_mut().find(|earlier| earlier.id == post.id) {
            Some(earlier) => *earlier = post,
            None => shown.push(post),
        }
    }

    /// An ephemeral post through REST, which takes a permission that administrators have. What a client gives of id and
    /// time of change is kept.
    pub(crate) fn create_ephemeral(
        &mut self,
        caller: &str,
        given: Ephemeral,
    ) -> Result<Post, AppError> {
        if given.reader_id.is_empty() {
            return Err(AppError::body_param("user_id"));
        }
        if !self.is_permitted(caller, "create_post_ephemeral") {
            return Err(AppError::permissions());
        }
        let mut post = self.new_post(given.draft);
        if !given.post_id.is_empty() {
            post.id = given.post_id;
        }
        post.update_at = given.update_at;
        "system_ephemeral".clone_into(&mut post.kind);
        post.file_ids = None;
        self.add_cookies(&mut post);
        post.sort_props();
        self.show_ephemeral(&given.reader_id, post.clone());
        Ok(post)
    }
}
