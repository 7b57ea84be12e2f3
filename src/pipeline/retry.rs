//! Asking models of other media again: one that replies at once, and not word by word, for as long as that may help. Those that answer are asked
//! again by `generate`.

use futures_util::future::BoxFuture;

use super::world::World;
use crate::domain::id::QuestionId;
use crate::ports::ModelError;

/// Asks until there is a reply, or asking again is of no use; drops what it asked when it is dropped.
pub(super) async fn ask_until_replied<'a, T>(
    world: &World,
    question: QuestionId,
    ask: impl Fn() -> BoxFuture<'a, Result<T, ModelError>>,
) -> Result<T, ModelError> {
    let mut failed = 0;
    loop {
        let error = match ask().await {
            Ok(reply) => return Ok(reply),
            Err(error) => error,
        };
        failed += 1;
        let class = error.failure.class(error.retry_after);
        let policy = world.settings.model_retry;
        let delay = policy.delay(class, failed, world.ids.jitter());
        tracing::warn!(question.id = %question, failure = ?error.failure, status = error.status, tries = failed, again = delay.is_some(), source = ?std::error::Error::source(&error).map(ToString::to_string), "a model of other media failed");
        let Some(delay) = delay else {
            return Err(error);
        };
        let again = world.clock.now().after(delay);
        world.clock.sleep_until(again).await;
    }
}
