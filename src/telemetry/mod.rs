//! What operators see: structured logs on standard error, metrics, and traces. Never any text of people, and no secret.
//!
//! - The fields of logs are listed in `docs/logging.md`.
//! - [`Metrics`] counts and measures; it is handed to the rooms as a plain struct, so that nothing of it is global. `docs/operations.md` lists
//!   them, by [`metrics_reference`].
//! - [`Tracer`] keeps the steps of a question, and hands them to a collector where there is one (ADR 26).

mod logging;
mod metrics;
mod traces;

use std::sync::Arc;

pub use logging::{Format, InvalidFilter, Settings, install};
pub use metrics::{
    Admitted, Breaking, Gauged, Metrics, Names, OPENMETRICS, OTHER, Sample, StatusClass, Tokens,
    Waiting, every_metric, metrics_reference, samples,
};
pub use traces::{
    EXPORT_TIMEOUT, Exporter, GATHER, Kind, LAST_SPANS, LONGEST_PAUSE, MOST_SPANS, Span,
    TraceSettings, Tracer, Value, Wait, tracer,
};

/// What the rooms measure with.
#[derive(Clone, Default)]
pub struct Instruments {
    /// Counts and measures.
    pub metrics: Arc<Metrics>,
    /// Keeps the steps of questions.
    pub tracer: Tracer,
}
