//! Reconciliation: the bot's own posts, as they come back to it.
//!
//! Mattermost may do what it was asked after everybody has given up on it: a post that was never seen appears beside the one that was made
//! in its stead, an edit of a growing answer comes after the last one. Both are seen by the bot, as everything in its channels is. A
//! second post of one part is deleted; an answer that shows an earlier text of ours again is brought to its end again, once for each edit
//! whose fate is unknown. What somebody else changed or deleted stays so.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;

use super::buttons;
use super::delivery::digest;
use super::world::World;
use crate::domain::control::Stage;
use crate::domain::id::{PostId, QuestionId};
use crate::domain::job::Progress;
use crate::domain::post::{Marker, SeenPost};
use crate::ports::{MattermostError, Priority, StoreError};

/// Posts with edits of unknown fate that are remembered, at most; where more come, all are forgotten.
const MOST_POSTS: usize = 10_000;

/// Edits of unknown fate of one post that are remembered, at most. An answer has about twenty edits.
const MOST_EDITS: usize = 32;

/// Edits that Mattermost may still make: it was asked, and has not said what became of it. Known to this process alone.
#[derive(Default)]
pub(super) struct LateEdits(Mutex<HashMap<PostId, Vec<[u8; 32]>>>);

impl LateEdits {
    /// Says that a post may yet be given a text.
    pub(super) fn may_come(&self, post: &PostId, text: &str) {
        let mut posts = self.lock();
        if posts.len() >= MOST_POSTS && !posts.contains_key(post) {
            posts.clear();
        }
        let edits = posts.entry(post.clone()).or_default();
        if edits.len() < MOST_EDITS {
            edits.push(digest(text));
        }
    }

    /// Says whether a text is one that might come, and expects it no more.
    fn has_come(&self, post: &PostId, text: &str) -> bool {
        let mut posts = self.lock();
        let Some(edits) = posts.get_mut(post) else {
            return false;
        };
        let come = digest(text);
        let Some(at) = edits.iter().position(|edit| *edit == come) else {
            return false;
        };
        edits.swap_remove(at);
        if edits.is_empty() {
            posts.remove(post);
        }
        true
    }

    /// The posts to which an edit may come, as many as are asked for at once.
    fn posts(&self) -> Vec<PostId> {
        self.lock().keys().take(MOST_READ).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PostId, Vec<[u8; 32]>>> {
        // No code panics while it holds this lock, and a map is whole in any case.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Posts that are read at once to see whether an edit has come, at most.
const MOST_READ: usize = 200;

/// Why something was not put right.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("ask the store")]
    Store(#[from] StoreError),
    #[error("ask Mattermost")]
    Mattermost(#[from] MattermostError),
}

/// Deletes a post of ours that has just been seen, where the answer has another in its place.
pub(super) async fn made(world: &World, post: &SeenPost, marker: Marker) {
    if let Err(trouble) = delete_second(world, post, marker).await {
        report(marker, &trouble);
    }
}

/// Brings a post of ours to the end of its answer again, where it has just been given an earlier text.
pub(super) async fn edited(world: &World, post: &SeenPost, marker: Marker) {
    if !world.late_edits.has_come(&post.id, &post.message) {
        return;
    }
    if let Err(trouble) = show_end_again(world, post, marker).await {
        report(marker, &trouble);
    }
}

/// Looks whether an edit has come to one of our posts while nothing was heard.
pub(super) async fn look(world: &World) {
    let posts = world.late_edits.posts();
    if posts.is_empty() {
        return;
    }
    match world.mattermost.read_posts(&posts).await {
        Ok(posts) => {
            let marked = posts.iter().filter_map(|post| post.marker.zip(Some(post)));
            join_all(marked.map(|(marker, post)| edited(world, post, marker))).await;
        }
        Err(error) => {
            tracing::debug!(call = error.call, status = error.status, kind = ?error.kind, "posts of answers could not be looked at");
        }
    }
}

fn report(marker: Marker, trouble: &Trouble) {
    tracing::warn!(question.id = %marker.question, error = %trouble, source = ?std::error::Error::source(trouble).map(ToString::to_string), "a post of an answer could not be put right");
}

async fn delete_second(world: &World, post: &SeenPost, marker: Marker) -> Result<(), Trouble> {
    let being_written = world.halts.gone(marker.question);
    let mut known = known_post(world, marker).await?;
    if known.is_none()
        && let Some(gone) = being_written
    {
        // The one that was just made may not have been committed yet.
        gone.await;
        known = known_post(world, marker).await?;
    }
    // As long as none is known, whoever takes the question up looks for it.
    let Some(known) = known else {
        return Ok(());
    };
    if known == post.id || world.mattermost.read_post(&known).await?.is_none() {
        return Ok(());
    }
    // One that could be edited no more stays beside its successor where somebody answered it.
    if post.root.is_none() && is_answered(world, marker.question, &post.id).await? {
        return Ok(());
    }
    tracing::info!(question.id = %marker.question, "a post of an answer came to be twice; the second is deleted");
    Ok(world.mattermost.delete_post(&post.id).await?)
}

/// Returns the post that is known to show a part of an answer.
async fn known_post(world: &World, marker: Marker) -> Result<Option<PostId>, StoreError> {
    let parts = world.store.parts(marker.question).await?;
    let mut parts = parts.into_iter();
    let part = parts.find(|part| part.intent.part == marker.part);
    Ok(part.and_then(|part| part.post))
}

/// Whether somebody else wrote in the thread that a post of an answer begins.
pub(super) async fn is_answered(
    world: &World,
    question: QuestionId,
    post: &PostId,
) -> Result<bool, MattermostError> {
    let thread = world.mattermost.thread(post).await?;
    let is_ours = |post: &SeenPost| {
        let marker = post.marker;
        marker.is_some_and(|marker| marker.question == question)
    };
    Ok(thread.is_some_and(|posts| !posts.iter().all(is_ours)))
}

async fn show_end_again(world: &World, post: &SeenPost, marker: Marker) -> Result<(), Trouble> {
    let server = world.mattermost.server();
    if let Some(gone) = world.halts.gone(marker.question) {
        // Whoever writes it may have written its end before this.
        gone.await;
    }
    let Some(answer) = world.store.answer(server, marker.question).await? else {
        return Ok(());
    };
    let Some(conclusion) = answer
        .conclusion
        .filter(|_| answer.progress == Progress::Ended && answer.generation == marker.generation)
    else {
        return Ok(());
    };
    let part = usize::try_from(marker.part).unwrap_or(usize::MAX);
    let Some(text) = conclusion.texts.get(part) else {
        return Ok(());
    };
    let stage = match part {
        0 => buttons::stage_of(world, &conclusion, answer.tally),
        _ => Stage::Bare,
    };
    let language = world.languages.of_asker(&answer.question);
    let props = buttons::props(world, language, marker, stage).await?;
    tracing::info!(question.id = %marker.question, "an edit of an answer came after its end; the end is shown again");
    let mattermost = &world.mattermost;
    mattermost
        .edit_post(&post.id, text, Some(&props), Priority::First)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(number: usize) -> PostId {
        PostId::parse(&format!("p{number:025}")).unwrap()
    }

    #[test]
    fn an_edit_that_may_come_is_known_once() {
        let edits = LateEdits::default();
        edits.may_come(&post(1), "an earlier text");
        assert!(!edits.has_come(&post(1), "another text"));
        assert!(!edits.has_come(&post(2), "an earlier text"));
        assert!(edits.has_come(&post(1), "an earlier text"));
        assert!(!edits.has_come(&post(1), "an earlier text"));
        assert!(edits.lock().is_empty());
    }

    #[test]
    fn no_more_is_remembered_than_the_bounds() {
        let edits = LateEdits::default();
        for number in 0..=MOST_POSTS {
            edits.may_come(&post(number), "a text");
        }
        assert_eq!(edits.lock().len(), 1);
        for number in 0..=MOST_EDITS {
            edits.may_come(&post(0), &number.to_string());
        }
        assert_eq!(edits.lock()[&post(0)].len(), MOST_EDITS);
    }
}
