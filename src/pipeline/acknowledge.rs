//! The sign that a post was heard: a reaction put to it at once, and taken back when it was answered.
//!
//! It is put while the question is being admitted, so a quick answer could be finished before it is there; whoever takes it back waits for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::domain::id::PostId;
use crate::ports::Mattermost;

/// The emoji of the reaction.
pub(super) const EYES: &str = "eyes";

/// The reactions that are being put; bounded by the listener's errands.
#[derive(Clone, Default)]
pub(super) struct Acknowledgements(Arc<Mutex<HashMap<PostId, CancellationToken>>>);

/// One reaction being put. Dropped when it is there, or will not be.
pub(super) struct Begun {
    all: Acknowledgements,
    post: PostId,
}

impl Acknowledgements {
    /// Says that a reaction to a post is being put.
    pub(super) fn begin(&self, post: &PostId) -> Begun {
        self.lock().insert(post.clone(), CancellationToken::new());
        Begun {
            all: self.clone(),
            post: post.clone(),
        }
    }

    /// Takes the reaction back, once it is there. What is left of it where that fails is harmless.
    pub(super) async fn take_back(&self, mattermost: &dyn Mattermost, post: &PostId) {
        let being_put = self.lock().get(post).cloned();
        if let Some(being_put) = being_put {
            being_put.cancelled().await;
        }
        if let Err(error) = mattermost.unreact(post, EYES).await {
            tracing::debug!(call = error.call, status = error.status, kind = ?error.kind, "a reaction was not taken back");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PostId, CancellationToken>> {
        // No code panics while it holds this lock, and a map is whole in any case.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(put) = self.all.lock().remove(&self.post) {
            put.cancel();
        }
    }
}
