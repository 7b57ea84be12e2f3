//! Measuring: what is counted of a question on its way, and which steps of it a trace has.
//!
//! Times begin when the question was asked and end when Mattermost has confirmed what people then see, all by the Clock port. What is answered
//! late on purpose (read back after a long while, asked once more, or begun by a process that died) is counted, but not timed: it would
//! say nothing of how fast we are.

use std::time::Duration;

use super::world::World;
use crate::domain::job::ClaimedJob;
use crate::domain::question::{Conclusion, Outcome, Question};
use crate::domain::retry::FailureClass;
use crate::domain::time::Timestamp;
use crate::ports::{Admission, Burial, MattermostError};
use crate::telemetry::{Admitted, Kind, Span, Value};

/// Returns the trace of a question.
pub(super) fn trace_of(question: &Question) -> u128 {
    question.id.as_bits()
}

/// Records a step of a question that began at a time and ends now.
pub(super) fn step(world: &World, job: &ClaimedJob, name: &'static str, begun: Timestamp) {
    stepped(world, job, name, begun, None);
}

/// Records a step of a question that may have failed, as [`step`] does.
pub(super) fn stepped(
    world: &World,
    job: &ClaimedJob,
    name: &'static str,
    begun: Timestamp,
    error: Option<&'static str>,
) {
    let now = world.clock.now();
    world.instruments.tracer.step(trace_of(&job.question), || {
        let span = Span::between(name, begun.as_micros(), now.as_micros());
        Span { error, ..span }.with("askwell.attempt", job.lease.attempt.0)
    });
}

/// The word of a failure of Mattermost in traces.
pub(super) fn word_of(error: &MattermostError) -> &'static str {
    match error.kind.class() {
        FailureClass::Transient => "mattermost_transient",
        FailureClass::RateLimited { .. } => "mattermost_rate_limited",
        FailureClass::Permanent => "mattermost_permanent",
        FailureClass::Ours => "mattermost_ours",
    }
}

/// A question came in, and this became of it.
pub(super) fn admitted(world: &World, question: &Asked, admission: Option<&Admission>) {
    let metrics = &world.instruments.metrics;
    match admission {
        None => metrics.admitted(Admitted::NotTaken),
        Some(Admission::OverBudget(_)) => metrics.admitted(Admitted::OverBudget),
        Some(Admission::Duplicate) => metrics.admitted(Admitted::Duplicate),
        Some(Admission::Accepted) => {
            metrics.admitted(Admitted::Accepted);
            let now = world.clock.now();
            if !question.is_late {
                metrics.acknowledged(now.since(question.at));
            }
            let (begun, ended) = (question.at.as_micros(), now.as_micros());
            let trace = question.trace;
            world
                .instruments
                .tracer
                .step(trace, || Span::between("admit", begun, ended));
        }
    }
}

/// What is measured of a question once it has been given away.
pub(super) struct Asked {
    trace: u128,
    at: Timestamp,
    is_late: bool,
}

impl Asked {
    pub(super) fn of(question: &Question) -> Self {
        Self {
            trace: trace_of(question),
            at: question.asked_at,
            is_late: question.is_late(),
        }
    }
}

/// Work on a question begins.
pub(super) fn claimed(world: &World, job: &ClaimedJob) {
    if is_timed(job) && job.lease.attempt.0 == 1 {
        let waited = world.clock.now().since(job.question.asked_at);
        world.instruments.metrics.claimed(waited);
        step(world, job, "queue wait", job.question.asked_at);
    }
}

/// Whether how long it takes says anything.
fn is_timed(job: &ClaimedJob) -> bool {
    job.again.is_none() && !job.question.is_late()
}

/// What one attempt at an answer showed people.
pub(super) struct Sighting {
    /// Since when its first text is waited for; `None` where that was seen, or is not timed.
    awaited_since: Option<Timestamp>,
    /// Until when it was waited for.
    first_text: Option<Duration>,
    /// Whether what is being shown has words of the answer.
    has_words: bool,
    edits: u32,
}

impl Sighting {
    /// Begins to look. Where an earlier attempt has posts, people may have seen its text already.
    pub(super) fn begin(job: &ClaimedJob, has_posts: bool) -> Self {
        let is_timed = is_timed(job) && !has_posts;
        Self {
            awaited_since: is_timed.then_some(job.question.asked_at),
            first_text: None,
            has_words: false,
            edits: 0,
        }
    }

    /// Says whether what is shown from here on has words of the answer.
    pub(super) fn shows_words(&mut self, has_words: bool) {
        self.has_words = has_words;
    }

    /// Mattermost has confirmed what is shown.
    pub(super) fn seen(&mut self, world: &World) {
        if !self.has_words {
            return;
        }
        if let Some(since) = self.awaited_since.take() {
            let after = world.clock.now().since(since);
            self.first_text = Some(after);
            world.instruments.metrics.saw_first_text(after);
        }
    }

    /// Mattermost has confirmed an edit that shows what was written at a time.
    pub(super) fn edited(&mut self, world: &World, written_at: Timestamp) {
        self.edits = self.edits.saturating_add(1);
        let lag = world.clock.now().since(written_at);
        world.instruments.metrics.edited(lag);
        self.seen(world);
    }
}

/// A question has ended, and people have seen its end.
pub(super) fn ended(world: &World, job: &ClaimedJob, conclusion: &Conclusion, seen: &Sighting) {
    let metrics = &world.instruments.metrics;
    let now = world.clock.now();
    let outcome = conclusion.outcome.as_str();
    metrics.ended(outcome);
    if conclusion.outcome.is_a_turn() {
        if is_timed(job) {
            metrics.answered(now.since(job.question.asked_at));
        }
        metrics.took_edits(seen.edits);
    }
    let error = match &conclusion.outcome {
        Outcome::Failed(_) => Some(outcome),
        _ => None,
    };
    root(world, job, now, error, |span| {
        let span = span
            .with("outcome", outcome)
            .with("askwell.edits", seen.edits);
        match seen.first_text {
            Some(after) => {
                let millis = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                span.with("askwell.first_text_ms", millis)
            }
            None => span,
        }
    });
}

/// A question's end can be shown to nobody.
pub(super) fn buried(world: &World, job: &ClaimedJob, burial: &Burial) {
    let reason = burial.reason.as_str();
    world.instruments.metrics.buried(reason);
    let now = world.clock.now();
    root(world, job, now, Some(reason), |span| {
        span.with("outcome", "dead")
    });
}

fn root(
    world: &World,
    job: &ClaimedJob,
    now: Timestamp,
    error: Option<&'static str>,
    describe: impl FnOnce(Span) -> Span,
) {
    let (tracer, question) = (&world.instruments.tracer, &job.question);
    let trace = trace_of(question);
    let whole = || {
        let (begun, ended) = (question.asked_at.as_micros(), now.as_micros());
        let span = Span {
            kind: Kind::Server,
            error,
            ..Span::between("question", begun, ended)
        };
        let id = Value::Name(question.id.to_string());
        describe(span.with("question.id", id)).with("askwell.attempt", job.lease.attempt.0)
    };
    // Of an answer that is written once more the trace has its beginning.
    if job.again.is_some() {
        tracer.step(trace, whole);
    } else {
        tracer.root(trace, whole);
    }
}
