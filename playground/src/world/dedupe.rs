//! Creating a post once: the server remembers `pending_post_id`s for a while.

use crate::world::app_error::AppError;
use crate::world::post::{Draft, Post};
use crate::world::state::World;

/// How long a `pending_post_id` is remembered.
pub(crate) const DEDUPE_MS: i64 = 30_000;

/// How many `pending_post_id`s are remembered.
const DEDUPE_ENTRIES: usize = 25_000;

/// A `pending_post_id` that is remembered.
pub(crate) struct Pending {
    post_id: Option<String>,
    until: i64,
}

/// What a `pending_post_id` says about a create.
#[derive(Debug)]
pub(crate) enum Dedupe {
    /// It was not seen, and is now under way.
    New,
    /// It has been done already.
    Done(Box<Post>),
}

impl World {
    /// Looks a `pending_post_id` up, and marks it as under way where it is new.
    pub(crate) fn begin_create(&mut self, pending_post_id: &str) -> Result<Dedupe, AppError> {
        if pending_post_id.is_empty() {
            return Ok(Dedupe::New);
        }
        let now = self.now();
        let pending = &mut self.posts.pending;
        if pending.len() >= DEDUPE_ENTRIES {
            pending.retain(|_, entry| entry.until > now);
        }
        if let Some(entry) = pending
            .get(pending_post_id)
            .filter(|entry| entry.until > now)
        {
            let Some(post_id) = &entry.post_id else {
                return Err(AppError::new(
                    500,
                    "api.post.deduplicate_create_post.pending",
                    "Rejected post since another client is making the same request.",
                ));
            };
            let mut post = self
                .posts
                .by_id
                .get(post_id)
                .cloned()
                .ok_or_else(AppError::post_not_found)?;
            // The second reply comes from the database, which knows neither of these.
            post.pending_post_id.clear();
            post.metadata = None;
            return Ok(Dedupe::Done(Box::new(post)));
        }
        pending.insert(
            pending_post_id.to_owned(),
            Pending {
                post_id: None,
                until: now + DEDUPE_MS,
            },
        );
        Ok(Dedupe::New)
    }

    /// Creates the post of an account's client, once its `pending_post_id` was begun.
    pub(crate) fn finish_create(&mut self, draft: Draft) -> Result<Post, AppError> {
        let pending_post_id = draft.pending_post_id.clone();
        let created = self.create_post(draft);
        if !pending_post_id.is_empty() {
            let until = self.now() + DEDUPE_MS;
            let pending = &mut self.posts.pending;
            match &created {
                Ok(post) => {
                    let post_id = Some(post.id.clone());
                    pending.insert(pending_post_id, Pending { post_id, until });
                }
                Err(_) => {
                    pending.remove(&pending_post_id);
                }
            }
        }
        created
    }
}
