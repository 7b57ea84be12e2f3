//! Changing and deleting posts.

use serde_json::{Map, Value, json};

use crate::world::app_error::AppError;
use crate::world::attachment::normalise;
use crate::world::event::{Broadcast, Event, go_json};
use crate::world::post::{Post, hashtags};
use crate::world::state::World;

/// What a patch asks to change; what is absent stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct PostPatch {
    pub(crate) message: Option<String>,
    /// Takes the place of the whole map.
    pub(crate) props: Option<Map<String, Value>>,
    pub(crate) file_ids: Option<Vec<String>>,
    pub(crate) is_pinned: Option<bool>,
}

impl World {
    /// Changes one's own post, and keeps the version before.
    pub(crate) fn patch_post(
        &mut self,
        caller: &str,
        post_id: &str,
        patch: PostPatch,
    ) -> Result<Post, AppError> {
        let post = self
            .posts
            .by_id
            .get(post_id)
            .filter(|post| post.delete_at == 0)
            // The server checks the permission first, and an unknown post gives none.
            .ok_or_else(AppError::permissions)?;
        if !self.is_admin(caller)
            && (post.user_id != caller || !self.may_post(caller, &post.channel_id))
        {
            return Err(AppError::permissions());
        }
        let channel = self.channels.get(&post.channel_id);
        if channel.is_some_and(|channel| channel.delete_at > 0) {
            return Err(AppError::new(
                400,
                // `PatchPost` in the server's `app/post.go`; not recorded.
                "api.post.patch_post.can_not_update_post_in_deleted.error",
                "Can not update a post in a deleted channel.",
            ));
        }
        if patch.message.is_some() {
            self.check_edit_time(post)?;
        }
        if let Some(message) = &patch.message {
            self.check_text(message)?;
        }
        self.update_post(post_id, patch)
    }

    /// Pins a post to its channel, or takes the pin out, as every member may.
    pub(crate) fn pin_post(
        &mut self,
        caller: &str,
        post_id: &str,
        is_pinned: bool,
    ) -> Result<(), AppError> {
        let post = self.read_post(caller, post_id)?;
        if !self.may_post(caller, &post.channel_id) {
            return Err(AppError::permissions());
        }
        let patch = PostPatch {
            is_pinned: Some(is_pinned),
            ..PostPatch::default()
        };
        self.update_post(post_id, patch).map(|_| ())
    }

    fn check_edit_time(&self, post: &Post) -> Result<(), AppError> {
        let Some(limit) = self.settings.post_edit_time_limit else {
            return Ok(());
        };
        let last = post.create_at + i64::try_from(limit).unwrap_or(i64::MAX / 1000) * 1000;
        if self.now() <= last {
            return Ok(());
        }
        Err(AppError::new(
            400,
            "api.post.update_post.permissions_time_limit.app_error",
            format!(
                "Post edit is only allowed for {limit} seconds. Please ask your System Administrator for details."
            ),
        ))
    }

    /// Writes a new version of a post: the earlier one becomes a row of its own, and members are told.
    pub(crate) fn update_post(
        &mut self,
        post_id: &str,
        mut patch: PostPatch,
    ) -> Result<Post, AppError> {
        if let Some(props) = &mut patch.props {
            normalise(props, &mut self.ids);
        }
        let now = self.now();
        let revision_id = self.ids.next_id();
        let post = self
            .posts
            .by_id
            .get_mut(post_id)
            .ok_or_else(AppError::post_not_found)?;
        let mut earlier = post.clone();
        earlier.id = revision_id;
        post_id.clone_into(&mut earlier.original_id);
        earlier.delete_at = now;
        earlier.update_at = now;

        let mut is_edit = false;
        if let Some(message) = patch.message {
            is_edit |= post.message != message;
            post.hashtags = hashtags(&message);
            post.message = message;
        }
        if let Some(props) = patch.props {
            is_edit |= post.props.get("attachments") != props.get("attachments");
            post.props = props;
            post.sort_props();
        }
        if let Some(is_pinned) = patch.is_pinned {
            post.is_pinned = is_pinned;
        }
        post.update_at = now;
        if is_edit {
            post.edit_at = now;
        }
        let mut post = post.clone();
        if let Some(file_ids) = patch.file_ids {
            self.change_files(&mut post, file_ids);
        }
        self.posts
            .revisions
            .entry(post_id.to_owned())
            .or_default()
            .push(earlier);
        let shown = self.shown(&post);
        let event = Event::new(
            "post_edited",
            json!({"post": go_json(&shown)}),
            Broadcast::to_channel(&shown.channel_id),
        );
        self.publish_to_channel(&event);
        Ok(shown)
    }

    /// Gives a changed post other files; those that it no longer lists are gone.
    fn change_files(&mut self, post: &mut Post, file_ids: Vec<String>) {
        let before = post.file_ids.replace(file_ids);
        self.attach_files(post);
        if before != post.file_ids {
            post.edit_at = post.update_at;
        }
        self.drop_files(&post.id, post.file_ids.as_deref().unwrap_or_default());
        if let Some(stored) = self.posts.by_id.get_mut(&post.id) {
            stored.file_ids.clone_from(&post.file_ids);
            stored.edit_at = post.edit_at;
        }
    }

    /// Deletes a post, and with a root its replies, of which no event tells.
    pub(crate) fn delete_post(&mut self, caller: &str, post_id: &str) -> Result<(), AppError> {
        let post = self
            .posts
            .by_id
            .get(post_id)
            .filter(|post| post.delete_at == 0)
            .ok_or_else(AppError::post_not_found)?;
        if !self.is_admin(caller)
            && (post.user_id != caller || !self.may_post(caller, &post.channel_id))
        {
            return Err(AppError::permissions());
        }
        let mut before = self.shown(post);
        before.metadata = None;
        let now = self.now();
        let mut gone = vec![post_id.to_owned()];
        gone.extend(
            self.posts
                .replies
                .get(post_id)
                .into_iter()
                .flatten()
                .cloned(),
        );
        for id in gone {
            self.drop_files(&id, &[]);
            for shown in self.posts.ephemeral.values_mut() {
                shown.retain(|preview| preview.id != id);
            }
            if let Some(post) = self
                .posts
                .by_id
                .get_mut(&id)
                .filter(|post| post.delete_at == 0)
            {
                post.delete_at = now;
                post.update_at = now;
                post.props.insert("deleteBy".to_owned(), json!(caller));
                post.sort_props();
            }
        }
        self.tell_of_deletion(caller, &before);
        Ok(())
    }

    /// The deleted post as it was stored, its integrations included; administrators also learn who deleted it.
    fn tell_of_deletion(&mut self, caller: &str, before: &Post) {
        let post = go_json(&before.unstripped());
        let members = Broadcast::to_channel(&before.channel_id);
        let to_members = Event::new(
            "post_deleted",
            json!({"post": post}),
            Broadcast {
                contains_sanitized_data: true,
                ..members.clone()
            },
        );
        let to_admins = Event::new(
            "post_deleted",
            json!({"delete_by": caller, "post": post}),
            Broadcast {
                contains_sensitive_data: true,
                ..members
            },
        );
        self.publish_to_channel(&to_members);
        self.publish_to_channel(&to_admins);
    }
}
