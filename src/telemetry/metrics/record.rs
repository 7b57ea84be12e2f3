//! The verbs: what rooms say of what they did, in words of ours and names of the configuration.

use std::time::Duration;

use super::labels::{
    OfBacklog, OfBudget, OfCall, OfOutcome, OfReason, OfRequest, OfResult, OfServer, OfTarget,
    OfTokens, known,
};
use super::register::Metrics;

/// Something whose state is looked at when metrics are read, and not before.
pub trait Gauged: Send + Sync {
    /// Tells how it is now.
    fn gauge(&self, metrics: &Metrics);
}

/// What became of a question that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// It is durable.
    Accepted,
    /// It had come in before.
    Duplicate,
    /// Nothing was stored of it.
    NotTaken,
    /// Too little was left of a budget, and nothing was stored of it.
    OverBudget,
}

/// What was used, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Of the prompt.
    pub prompt: u64,
    /// Of the prompt, from the provider's cache.
    pub cached: u64,
    /// Written, reasoning included.
    pub completion: u64,
    /// Written as reasoning.
    pub reasoning: u64,
}

/// The class of an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusClass {
    /// 200 to 299.
    Fine,
    /// 429.
    TooMany,
    /// Other 400 to 499.
    Refused,
    /// 500 to 599.
    Failed,
    /// Any other.
    Odd,
    /// No reply came.
    Silent,
}

impl StatusClass {
    /// Returns the class of a status; of no reply where there is none.
    #[must_use]
    pub fn of(status: Option<u16>) -> Self {
        match status {
            None => Self::Silent,
            Some(200..=299) => Self::Fine,
            Some(429) => Self::TooMany,
            Some(400..=499) => Self::Refused,
            Some(500..=599) => Self::Failed,
            Some(_) => Self::Odd,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Fine => "2xx",
            Self::TooMany => "429",
            Self::Refused => "4xx",
            Self::Failed => "5xx",
            Self::Odd => "other",
            Self::Silent => "none",
        }
    }
}

/// How much there is to do for a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Questions that wait.
    pub waiting: u64,
    /// Questions that are worked on.
    pub running: u64,
    /// Dead letters.
    pub dead: u64,
}

/// Whether a model is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaking {
    /// It is.
    Closed,
    /// One question tries it.
    HalfOpen,
    /// It is not.
    Open,
}

/// A gauge holds whole numbers with a sign.
fn gauged(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The way of a question.
impl Metrics {
    /// A question came in.
    pub fn admitted(&self, result: Admitted) {
        let result = match result {
            Admitted::Accepted => "accepted",
            Admitted::Duplicate => "duplicate",
            Admitted::NotTaken => "not_taken",
            Admitted::OverBudget => "over_budget",
        };
        self.admissions.get_or_create(&OfResult { result }).inc();
    }

    /// A question was acknowledged, so long after it was asked.
    pub fn acknowledged(&self, after: Duration) {
        self.acknowledge.observe(after.as_secs_f64());
    }

    /// Work on a question began, so long after it was asked.
    pub fn claimed(&self, after: Duration) {
        self.queue_wait.observe(after.as_secs_f64());
    }

    /// People saw the first text of an answer, so long after it was asked for.
    pub fn saw_first_text(&self, after: Duration) {
        self.first_text.observe(after.as_secs_f64());
    }

    /// Mattermost took an edit, so long after what it shows was written.
    pub fn edited(&self, lag: Duration) {
        self.edit_lag.observe(lag.as_secs_f64());
    }

    /// A question has ended.
    pub fn ended(&self, outcome: &'static str) {
        self.questions.get_or_create(&OfOutcome { outcome }).inc();
    }

    /// A question that was answered took so long from its beginning to its final edit.
    pub fn answered(&self, after: Duration) {
        self.answer.observe(after.as_secs_f64());
    }

    /// An answer that stands in posts took so many edits.
    pub fn took_edits(&self, edits: u32) {
        self.edits.observe(f64::from(edits));
    }

    /// A question's end could be shown to nobody.
    pub fn buried(&self, reason: &'static str) {
        self.dead_letters.get_or_create(&OfReason { reason }).inc();
    }

    /// What there is to do for a server.
    pub fn waits(&self, server: &str, now: Waiting) {
        let Waiting {
            waiting,
            running,
            dead,
        } = now;
        for (state, number) in [("waiting", waiting), ("running", running), ("dead", dead)] {
            let server = known(&self.names().servers, server);
            let of = OfBacklog { server, state };
            self.backlog.get_or_create(&of).set(gauged(number));
        }
    }
}

/// Models, and what they cost.
impl Metrics {
    fn target(&self, target: &str) -> OfTarget {
        OfTarget {
            target: known(&self.names().targets, target),
        }
    }

    /// A call of a model ended: `ok`, `given_up`, or the word of its failure.
    pub fn called_model(&self, target: &str, result: &'static str) {
        let OfTarget { target } = self.target(target);
        let of = OfCall { target, result };
        self.model_calls.get_or_create(&of).inc();
    }

    /// A model wrote its first token, so long after it was asked.
    pub fn first_token(&self, target: &str, after: Duration) {
        let of = self.target(target);
        let histogram = self.first_token.get_or_create(&of);
        histogram.observe(after.as_secs_f64());
    }

    /// A model wrote so many tokens in so long a time; nothing can be said of less than ten milliseconds.
    pub fn wrote(&self, target: &str, tokens: u64, within: Duration) {
        let (seconds, tokens) = (
            within.as_secs_f64(),
            u32::try_from(tokens).unwrap_or(u32::MAX),
        );
        if seconds < 0.01 || tokens == 0 {
            return;
        }
        let of = self.target(target);
        let histogram = self.tokens_per_second.get_or_create(&of);
        histogram.observe(f64::from(tokens) / seconds);
    }

    /// A call of a model used so much.
    pub fn used(&self, target: &str, used: Tokens) {
        let Tokens {
            prompt,
            cached,
            completion,
            reasoning,
        } = used;
        let kinds = [
            ("prompt", prompt),
            ("cached", cached),
            ("completion", completion),
            ("reasoning", reasoning),
        ];
        for (kind, tokens) in kinds.into_iter().filter(|(_, tokens)| *tokens > 0) {
            let OfTarget { target } = self.target(target);
            let of = OfTokens { target, kind };
            self.tokens.get_or_create(&of).inc_by(tokens);
        }
    }

    /// A call of a model cost so many thousand-millionths of a dollar; what is negative is not counted.
    pub fn cost(&self, target: &str, nano_dollars: i64) {
        // Whole dollars and the rest apart: each of them is exact.
        let (whole, rest) = (nano_dollars / 1_000_000_000, nano_dollars % 1_000_000_000);
        let number = |part: i64| f64::from(u32::try_from(part).unwrap_or_default());
        let dollars = number(whole) + number(rest) / 1e9;
        let of = self.target(target);
        self.cost_dollars.get_or_create(&of).inc_by(dollars);
    }

    /// So much of a budget is spent or reserved, 1.0 being all of it.
    pub fn budget_used(&self, budget: &str, ratio: f64) {
        let budget = known(&self.names().budgets, budget);
        let ratio = if ratio.is_finite() {
            ratio.max(0.0)
        } else {
            0.0
        };
        self.budget_used
            .get_or_create(&OfBudget { budget })
            .set(ratio);
    }

    /// Whether a model is asked now.
    pub fn breaks(&self, target: &str, state: Breaking) {
        let number = match state {
            Breaking::Closed => 0,
            Breaking::HalfOpen => 1,
            Breaking::Open => 2,
        };
        self.breaker.get_or_create(&self.target(target)).set(number);
    }
}

/// Mattermost.
impl Metrics {
    fn server(&self, server: &str) -> OfServer {
        OfServer {
            server: known(&self.names().servers, server),
        }
    }

    /// A call of Mattermost's API ended. `call` is what it was for, as logs name it.
    pub fn called_mattermost(&self, server: &str, call: &'static str, status: StatusClass) {
        let of = self.server(server);
        if status == StatusClass::TooMany {
            self.rate_limited.get_or_create(&of).inc();
        }
        let of = OfRequest {
            server: of.server,
            call,
            status: status.word(),
        };
        self.mattermost_calls.get_or_create(&of).inc();
    }

    /// How many writes may go at once, and how many wait.
    pub fn limits(&self, server: &str, tokens: f64, waiting: usize) {
        let of = self.server(server);
        self.limiter_tokens.get_or_create(&of).set(tokens);
        let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
        self.limiter_waiting.get_or_create(&of).set(gauged(waiting));
    }

    /// The bot hears, or does not.
    pub fn hears(&self, server: &str, hears: bool) {
        let gauge = self.connected.get_or_create_owned(&self.server(server));
        gauge.set(i64::from(hears));
    }

    /// Something may have been missed.
    pub fn missed(&self, server: &str) {
        self.gaps.get_or_create(&self.server(server)).inc();
    }

    /// A connection was lost, or could not be opened.
    pub fn lost_connection(&self, server: &str) {
        self.reconnects.get_or_create(&self.server(server)).inc();
    }

    /// So many posts were read back.
    pub fn caught_up(&self, posts: u32) {
        self.catch_up.observe(f64::from(posts));
    }
}

/// Traces.
impl Metrics {
    /// So many spans went to the collector (`sent`), or nowhere (`dropped`).
    pub(in crate::telemetry) fn spans(&self, result: &'static str, spans: usize) {
        let spans = u64::try_from(spans).unwrap_or(u64::MAX);
        self.spans.get_or_create(&OfResult { result }).inc_by(spans);
    }
}
