//! Files of the configuration that were written: noticed once they are whole.
//!
//! They are read like the configuration itself rather than watched by the system: secrets lie in files of their own, further bots too, and
//! an orchestrator puts links in the place of files.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Config, Reread};
use crate::config::{Problems, changes};
use crate::ports::Clock;
use crate::text::Language;

/// How often they are read. Measured, a look takes a few milliseconds of a core.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What the files say.
type Said = Result<Config, Problems>;

/// Tells each time when the files say something else than before; not before two looks in a row found the same, so that nothing is taken of
/// a file that is being written. Never ends while anybody listens.
pub(super) async fn watch(
    reread: Reread,
    begun: Config,
    clock: Arc<dyn Clock>,
    noticed: mpsc::Sender<()>,
) {
    let mut known: Said = Ok(begun);
    let mut fresh: Option<Said> = None;
    while !noticed.is_closed() {
        clock.sleep_until(clock.now().after(LOOK_EVERY)).await;
        let reread = reread.clone();
        let Ok(said) = tokio::task::spawn_blocking(move || reread()).await else {
            continue;
        };
        if is_same(&known, &said) {
            fresh = None;
        } else if fresh.as_ref().is_some_and(|fresh| is_same(fresh, &said)) {
            known = said;
            fresh = None;
            // Whoever does not listen any more is seen above.
            noticed.send(()).await.ok();
        } else {
            fresh = Some(said);
        }
    }
}

fn is_same(one: &Said, other: &Said) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => changes(one, other).is_empty(),
        (Err(one), Err(other)) => words(one).eq(words(other)),
        _ => false,
    }
}

fn words(problems: &Problems) -> impl Iterator<Item = String> {
    let list = problems.list.iter();
    list.map(|problem| problem.what(Language::English))
}
