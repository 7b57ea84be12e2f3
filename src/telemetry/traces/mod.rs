//! Traces: the steps of a question, from the event to the final edit, for a collector that speaks OTLP over HTTP.
//!
//! A question's id is the id of its trace, and the id of its root span follows from it. So whoever works on a question, in whatever process and
//! after however many crashes, adds to the same trace, and nothing has to be handed on. A span is recorded once, when it has ended, with times
//! that the Clock port gave.
//!
//! `span` is what is recorded, `wire` its bytes, `exporter` the task that hands them over. Recording never waits: what does not fit the queue is
//! dropped and counted, and so is what a collector does not take. Attributes hold numbers, words of ours, and names of models; never anything
//! that people or models wrote.

mod exporter;
mod span;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::{self, error::TrySendError};

pub use exporter::{
    EXPORT_TIMEOUT, Exporter, GATHER, LAST_SPANS, LONGEST_PAUSE, TraceSettings, Wait,
};
pub use span::{Kind, Span, Value};

use self::span::{Recorded, mixed, root_of};
use super::metrics::Metrics;

/// Spans that wait for the collector, at most: those of some two hundred questions.
pub const MOST_SPANS: usize = 2_048;

/// Keeps spans; where there is no collector it does nothing. Cheap to share.
#[derive(Clone, Default)]
pub struct Tracer(Option<Arc<Recorder>>);

struct Recorder {
    queue: mpsc::Sender<Recorded>,
    metrics: Arc<Metrics>,
    /// Ids below this one are sampled; 2^56 for all.
    below: u64,
    /// Makes the ids of spans, with `count`.
    seed: u64,
    count: AtomicU64,
}

/// What a sampling ratio is a part of: the lower 56 bits of an id, which are the random ones (W3C Trace Context, level 2).
const SAMPLED: u64 = 1 << 56;

/// Makes a tracer and the task that hands over what it records, joined by a queue of [`MOST_SPANS`]. `seed` makes the ids of spans differ from
/// those of other processes.
///
/// # Errors
/// When TLS cannot be set up.
pub fn tracer(
    settings: TraceSettings,
    metrics: Arc<Metrics>,
    seed: u128,
    wait: Wait,
) -> Result<(Tracer, Exporter), reqwest::Error> {
    let (queue, spans) = mpsc::channel(MOST_SPANS);
    let [below, seed] = [part(settings.sample_ratio), span::folded(seed)];
    let exporter = Exporter::new(settings, spans, metrics.clone(), wait)?;
    let recorder = Recorder {
        queue,
        metrics,
        below,
        seed,
        count: AtomicU64::new(0),
    };
    Ok((Tracer(Some(Arc::new(recorder))), exporter))
}

/// Returns the ids below which so large a part of all is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a part of 2^56 is whole enough, and held between nothing and all of it"
)]
fn part(ratio: f64) -> u64 {
    (ratio.clamp(0.0, 1.0) * SAMPLED as f64) as u64
}

impl Tracer {
    /// Whether the spans of a trace are kept: decided by its id, so that all of them are, by whomever.
    #[must_use]
    pub fn keeps(&self, trace: u128) -> bool {
        let Some(recorder) = &self.0 else {
            return false;
        };
        let lower = u64::try_from(trace & u128::from(SAMPLED - 1)).unwrap_or_default();
        lower < recorder.below
    }

    /// Records a step of a trace, which has ended. What it is, is only asked where it is kept.
    pub fn step(&self, trace: u128, span: impl FnOnce() -> Span) {
        if let Some(recorder) = self.0.as_ref().filter(|_| self.keeps(trace)) {
            let count = recorder.count.fetch_add(1, Ordering::Relaxed);
            let id = mixed(recorder.seed ^ mixed(count));
            recorder.record(Recorded {
                trace,
                id,
                parent: Some(root_of(trace)),
                span: span(),
            });
        }
    }

    /// Records a whole trace, which has ended: the span that all its steps are below.
    pub fn root(&self, trace: u128, span: impl FnOnce() -> Span) {
        if let Some(recorder) = self.0.as_ref().filter(|_| self.keeps(trace)) {
            recorder.record(Recorded {
                trace,
                id: root_of(trace),
                parent: None,
                span: span(),
            });
        }
    }
}

impl Recorder {
    fn record(&self, recorded: Recorded) {
        match self.queue.try_send(recorded) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => {
                self.metrics.spans("dropped", 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_all_traces_is_kept_and_each_whole() {
        let keeps = |ratio| {
            let (queue, _recorded) = mpsc::channel(1);
            let tracer = Tracer(Some(Arc::new(Recorder {
                queue,
                metrics: Arc::default(),
                below: part(ratio),
                seed: 1,
                count: AtomicU64::new(0),
            })));
            (0..1_000_u64)
                .map(|number| u128::from(mixed(number)))
                .filter(|trace| tracer.keeps(*trace))
                .count()
        };
        assert_eq!(
            [keeps(0.0), keeps(1.0), keeps(-1.0), keeps(7.0)],
            [0, 1_000, 0, 1_000]
        );
        assert!((200..300).contains(&keeps(0.25)), "{}", keeps(0.25));
        assert!(
            !Tracer::default().keeps(1),
            "without a collector nothing is kept"
        );
    }
}
