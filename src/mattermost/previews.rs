//! Previews: what one person sees in place of a growing post, at no cost of a row.
//!
//! That person's client takes an ephemeral post with the id of a post for a newer version of it, where its `update_at` is later than the
//! post's; one in the future would keep the final edit from being shown. So each is a millisecond later than the one before. Seen in the
//! web client of 11.1.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Method;

use super::limiter::{LATER_RESERVE, Limiter};
use super::rest::Server;
use super::wire::EphemeralPost;
use crate::domain::id::PostId;
use crate::domain::post::Preview;
use crate::ports::{Clock, MattermostError, MattermostFailure, Previewed};

/// Previews a second, on average and at most: ten answers that each grow four times a second.
const PREVIEWS_PER_SECOND: f64 = 40.0;

/// Previews at once, at most.
const BURST: u32 = 40;

/// Posts of which it is known when they were changed last; of the oldest it is forgotten first, and no preview is shown.
const MAX_POSTS: usize = 1_024;

/// When posts were changed last, and how many previews are shown.
pub(super) struct Previews {
    changed: Mutex<Changed>,
    pace: Limiter,
}

#[derive(Default)]
struct Changed {
    at_ms: HashMap<PostId, i64>,
    order: VecDeque<PostId>,
}

impl Previews {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            changed: Mutex::default(),
            pace: Limiter::new(PREVIEWS_PER_SECOND, BURST, Duration::ZERO, clock),
        }
    }

    /// Takes in when a post was changed by us.
    pub(super) fn changed(&self, post: &PostId, at_ms: i64) {
        self.lock().set(post, at_ms);
    }

    fn next(&self, post: &PostId) -> Option<i64> {
        self.lock().next(post)
    }

    fn lock(&self) -> MutexGuard<'_, Changed> {
        // Should a thread have died between the two, a post is forgotten late.
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Changed {
    fn set(&mut self, post: &PostId, at_ms: i64) {
        if self.at_ms.insert(post.clone(), at_ms).is_some() {
            return;
        }
        self.order.push_back(post.clone());
        if self.order.len() > MAX_POSTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.at_ms.remove(&oldest);
        }
    }

    /// Returns the time of the next preview of a post, in milliseconds by the server's clock.
    fn next(&mut self, post: &PostId) -> Option<i64> {
        let at_ms = self.at_ms.get_mut(post)?;
        *at_ms += 1;
        Some(*at_ms)
    }
}

pub(super) async fn show(server: &Server, preview: &Preview) -> Result<Previewed, MattermostError> {
    let previews = server.previews();
    let Some(update_at) = previews
        .next(&preview.post)
        .filter(|_| previews.pace.try_turn(LATER_RESERVE))
    else {
        return Ok(Previewed::Skipped);
    };
    let call = server
        .client()
        .api("show a preview", Method::POST, &["posts", "ephemeral"])
        .with_json(&EphemeralPost::of(
            preview,
            update_at,
            server.actions.as_ref(),
        ));
    match server.read(call).await {
        Ok(_) => Ok(Previewed::Shown),
        Err(error) => match error.kind {
            MattermostFailure::Forbidden => Ok(Previewed::Forbidden),
            MattermostFailure::RateLimited { .. } => Ok(Previewed::Skipped),
            _ => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_posts_are_remembered_and_each_preview_is_a_millisecond_later() {
        let mut changed = Changed::default();
        let post = |number: usize| PostId::parse(&format!("p{number:025}")).unwrap();
        for number in 0..=MAX_POSTS {
            changed.set(&post(number), 1_000);
        }
        assert_eq!(changed.next(&post(0)), None, "the oldest is forgotten");
        assert_eq!(changed.next(&post(1)), Some(1_001));
        assert_eq!(changed.next(&post(1)), Some(1_002));
        changed.set(&post(1), 5_000);
        assert_eq!(changed.next(&post(1)), Some(5_001));
    }
}
