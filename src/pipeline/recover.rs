//! Recovery: what an attempt that died had already shown.
//!
//! There is no separate sweep. A question whose process died is leased again when its lease ends, or at once where no other process
//! can be running, and its attempt begins with what the store knows: a conclusion is only published, an intent without a post is
//! resolved by the publisher, and a half-written answer is kept or asked again here.

use super::interruption::Interruption;
use super::publish::Publisher;
use super::world::World;
use crate::domain::job::ClaimedJob;

/// Returns what an earlier attempt had shown of the answer, where that is enough to keep: asking again would write another answer over
/// one that people are reading. Below the configured length the model is asked again.
pub(super) async fn kept(
    world: &World,
    job: &ClaimedJob,
    publisher: &Publisher<'_>,
) -> Result<Option<String>, Interruption> {
    let mut shown = Vec::new();
    for post in publisher.posted() {
        if let Some(seen) = world.mattermost.read_post(post).await? {
            shown.push(seen.message);
        }
    }
    if shown.is_empty() {
        return Ok(None);
    }
    let answer = world.composer.unfill(&job.question, &shown.join("\n\n"));
    let is_enough = answer.chars().count() >= world.settings.keep_from_chars;
    Ok(is_enough.then_some(answer))
}
