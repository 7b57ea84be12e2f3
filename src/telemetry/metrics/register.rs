//! Every metric, with its name, its labels and its buckets.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};
use std::sync::atomic::AtomicU64;

use super::labels::{
    Names, OfBacklog, OfBudget, OfBuild, OfCall, OfOutcome, OfReason, OfRequest, OfResult,
    OfServer, OfTarget, OfTokens,
};

/// The media type of [`Metrics::text`].
pub const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What comes before every name.
pub(super) const PREFIX: &str = "askwell";

/// What a model and a person wait for, in seconds: from what nobody notices to the longest deadline of a question.
const SECONDS: [f64; 16] = [
    0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 20.0, 30.0, 60.0, 120.0, 600.0,
];

/// What a commit or a call to a neighbour takes, in seconds.
const SHORT_SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0,
];

/// Edits of one answer; promise 10 of ARCHITECTURE.md is 20 for 600 tokens.
const EDITS: [f64; 10] = [0.0, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 25.0, 50.0, 100.0];

const TOKENS_PER_SECOND: [f64; 10] = [
    1.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1_280.0,
];

/// Posts that are read back at once.
const POSTS: [f64; 7] = [0.0, 1.0, 10.0, 60.0, 200.0, 1_000.0, 5_000.0];

type OfSeconds<Labels> = Family<Labels, Histogram, fn() -> Histogram>;

/// What is counted and measured, and where it is registered. Cheap to use: an observation is a lock and an addition.
pub struct Metrics {
    registry: Registry,
    /// The names of what is registered, without what stands before and behind them.
    pub(super) registered: Vec<String>,
    names: RwLock<Names>,
    pub(super) acknowledge: Histogram,
    pub(super) first_text: Histogram,
    pub(super) answer: Histogram,
    pub(super) queue_wait: Histogram,
    pub(super) edit_lag: Histogram,
    pub(super) edits: Histogram,
    pub(super) tokens_per_second: OfSeconds<OfTarget>,
    pub(super) first_token: OfSeconds<OfTarget>,
    pub(super) admissions: Family<OfResult, Counter>,
    pub(super) questions: Family<OfOutcome, Counter>,
    pub(super) model_calls: Family<OfCall, Counter>,
    pub(super) tokens: Family<OfTokens, Counter>,
    pub(super) cost_dollars: Family<OfTarget, Counter<f64, AtomicU64>>,
    pub(super) mattermost_calls: Family<OfRequest, Counter>,
    pub(super) rate_limited: Family<OfServer, Counter>,
    pub(super) gaps: Family<OfServer, Counter>,
    pub(super) reconnects: Family<OfServer, Counter>,
    pub(super) catch_up: Histogram,
    pub(super) dead_letters: Family<OfReason, Counter>,
    pub(super) spans: Family<OfResult, Counter>,
    pub(super) backlog: Family<OfBacklog, Gauge>,
    pub(super) breaker: Family<OfTarget, Gauge>,
    pub(super) limiter_tokens: Family<OfServer, Gauge<f64, AtomicU64>>,
    pub(super) limiter_waiting: Family<OfServer, Gauge>,
    pub(super) connected: Family<OfServer, Gauge>,
    pub(super) budget_used: Family<OfBudget, Gauge<f64, AtomicU64>>,
}

/// Registers one after the other.
struct Registrar {
    registry: Registry,
    names: Vec<String>,
}

impl Registrar {
    fn add<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.registry.register(name, help, metric.clone());
        self.names.push(name.to_owned());
        metric
    }

    fn family<M: Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        self.add(name, help, M::default())
    }

    fn histogram(&mut self, name: &str, help: &str, buckets: &[f64]) -> Histogram {
        let metric = Histogram::new(buckets.iter().copied());
        self.add(name, help, metric)
    }
}

impl Metrics {
    /// Registers everything, for the names of a configuration.
    #[must_use]
    pub fn new(names: Names) -> Self {
        let mut to = Registrar {
            registry: Registry::with_prefix(PREFIX),
            names: vec!["build".to_owned()],
        };
        let build = Info::new(OfBuild {
            version: env!("CARGO_PKG_VERSION"),
        });
        to.registry.register("build", "What runs", build);
        Self {
            acknowledge: to.histogram("acknowledge_seconds", "From a question to its acknowledgement, which is its commit", &SHORT_SECONDS),
            first_text: to.histogram("first_text_seconds", "From a question to the first text of its answer that people see", &SECONDS),
            answer: to.histogram("answer_seconds", "From a question to its final edit", &SECONDS),
            queue_wait: to.histogram("queue_wait_seconds", "From a question to when work on it begins", &SHORT_SECONDS),
            edit_lag: to.histogram("edit_lag_seconds", "From when a text is written to when Mattermost has taken the edit that shows it", &SHORT_SECONDS),
            edits: to.histogram("edits_per_answer", "Edits that an answer took", &EDITS),
            tokens_per_second: to.add("tokens_per_second", "How fast a model writes after its first token", Family::new_with_constructor(|| Histogram::new(TOKENS_PER_SECOND))),
            first_token: to.add("first_token_seconds", "From when a model is asked to its first token", Family::new_with_constructor(|| Histogram::new(SECONDS))),
            admissions: to.family("admissions", "What became of questions that came in"),
            questions: to.family("questions", "Questions that have ended, by how"),
            model_calls: to.family("model_calls", "Calls of models, by how they ended"),
            tokens: to.family("tokens", "Tokens that models report as used; cached ones are some of the prompt, and reasoning some of the completion"),
            cost_dollars: to.family("cost_dollars", "What calls of models cost, by the prices that are configured"),
            mattermost_calls: to.family("mattermost_calls", "Calls of Mattermost's API, by the class of their status"),
            rate_limited: to.family("mattermost_rate_limited", "Calls that Mattermost refused as too many (429)"),
            gaps: to.family("websocket_gaps", "How often something may have been missed"),
            reconnects: to.family("websocket_reconnects", "How often a connection over which the bot hears was lost or could not be opened"),
            catch_up: to.histogram("catch_up_posts", "Posts read back after a gap", &POSTS),
            dead_letters: to.family("dead_letters", "Questions whose end could be shown to nobody"),
            spans: to.family("trace_spans", "Spans of traces, by what became of them"),
            backlog: to.family("backlog", "Questions that wait, are worked on, or are dead, in the database"),
            breaker: to.family("breaker_state", "Whether a model is asked: 0 it is, 1 one question tries it, 2 it is not"),
            limiter_tokens: to.family("limiter_tokens", "Writes that may go to Mattermost at once"),
            limiter_waiting: to.family("limiter_waiting", "Writes to Mattermost that wait for their turn"),
            connected: to.family("sockets_connected", "Whether the bot hears: 1 it does"),
            budget_used: to.family("budget_used_ratio", "The part of a budget that is spent or reserved"),
            registry: to.registry,
            registered: to.names,
            names: RwLock::new(names),
        }
        .begun()
    }

    /// Takes the names of another configuration: what has one of the old ones alone is something else from now on.
    pub fn know(&self, names: Names) {
        *self.names.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Returns the names that labels may hold.
    pub(super) fn names(&self) -> RwLockReadGuard<'_, Names> {
        // No code panics while it holds this lock.
        self.names.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins series at zero of which the first step is to be seen: what was not there before has not increased.
    fn begun(self) -> Self {
        for result in ["accepted", "duplicate", "not_taken", "over_budget"] {
            drop(self.admissions.get_or_create(&OfResult { result }));
        }
        for result in ["sent", "dropped"] {
            drop(self.spans.get_or_create(&OfResult { result }));
        }
        let servers = self.names().servers.clone();
        for server in servers {
            let of = OfServer { server };
            for counter in [&self.rate_limited, &self.gaps, &self.reconnects] {
                drop(counter.get_or_create(&of));
            }
        }
        self
    }

    /// Returns everything, in the text form of OpenMetrics 1.0.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "a string takes whatever is written"
    )]
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes whatever is written");
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(Names::default())
    }
}
