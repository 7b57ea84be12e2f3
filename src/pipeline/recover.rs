//! Recovery: what an attempt that died had already shown.
//!
//! There is no separate sweep. A question whose process died is leased again when its lease ends, or at once where no other process
//! can be running, and its attempt begins with what the store knows: a conclusion is only published, an intent without a post is
//! resolved by the publisher, and a half-written answer is kept or asked again here.

use super::interruption::Interruption;
use super::publish::Publisher;
use super::thinking::is_sign_of_life;
use super::world::World;
use crate::domain::job::{Again, ClaimedJob};

/// Returns what an earlier attempt had shown of the answer; `None` where that was nothing but a sign of life.
///
/// What was gone on with is always gone on with again: of its posts some may show more than others, and its beginning is known better.
pub(super) async fn shown(
    world: &World,
    job: &ClaimedJob,
    publisher: &Publisher<'_>,
) -> Result<Option<String>, Interruption> {
    if let Some(Again::Continue(_)) = job.again {
        return Ok(None);
    }
    let posts = publisher.read_back().await?;
    let shown: Vec<String> = posts.into_iter().map(|post| post.message).collect();
    let answer = world.composer.unfill(&job.question, &shown.join("\n\n"));
    Ok((!answer.is_empty() && !is_sign_of_life(&answer)).then_some(answer))
}

/// Whether what was shown is kept: asking again would write another answer over one that people are reading. Below the configured length
/// the model is asked again.
pub(super) fn is_worth_keeping(world: &World, shown: &str) -> bool {
    shown.chars().count() >= world.settings.keep_from_chars
}
