//! Metrics: is it fast, is it right, what does it cost. In the form of OpenMetrics 1.0, which Prometheus and its like read.
//!
//! `register` has every metric with its name, `record` the verbs by which the rooms count and measure, `labels` whatever may stand in a label,
//! `samples` reads them back in this process, and `reference` says what each means.
//!
//! A label holds a word of ours (`&'static str`) or a name of the configuration ([`Names`]), and everything else is [`OTHER`]: what people
//! write and models' servers send can make no new series. Time is told, as durations by the Clock port; nothing here looks at a clock.

mod labels;
mod record;
mod reference;
mod register;
mod samples;

pub use labels::{Names, OTHER};
pub use record::{Admitted, Breaking, Gauged, StatusClass, Tokens, Waiting};
pub use reference::{every_metric, metrics_reference};
pub use register::{Metrics, OPENMETRICS};
pub use samples::{Sample, samples};

#[cfg(test)]
mod tests;
