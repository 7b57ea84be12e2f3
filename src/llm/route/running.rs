//! One question on its way through a route: which models are being asked, and which of them answers.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::poll_fn;
use futures_util::{StreamExt as _, TryFutureExt as _, stream};

use super::measured::Call;
use super::metered::{asked_within, bound_of};
use super::order::{Order, Standing, order};
use super::{Member, ResolvedRoute, Shared};
use crate::domain::completion::{Attempt, Delta, ModelFailure};
use crate::domain::prompt::{Prompt, Window};
use crate::domain::retry::FailureClass;
use crate::domain::time::Timestamp;
use crate::llm::error::failed;
use crate::ports::{DeltaStream, Excess, Meter, ModelError};

/// A second model is asked no sooner than this after the first.
const SHORTEST_HEDGE: Duration = Duration::from_millis(200);

/// What one question adds to the budget of second models: one in ten may ask one.
const HEDGE_SHARE: f64 = 0.1;

/// What the budget holds at most.
const HEDGE_MOST: f64 = 10.0;

/// How many second models may be asked. Where all models are slow, asking twice makes them slower.
#[derive(Debug)]
pub(super) struct HedgeBudget(f64);

impl Default for HedgeBudget {
    fn default() -> Self {
        Self(1.0)
    }
}

impl HedgeBudget {
    fn asked(&mut self) {
        self.0 = (self.0 + HEDGE_SHARE).min(HEDGE_MOST);
    }

    fn spend(&mut self) -> bool {
        let has_one = self.0 >= 1.0;
        if has_one {
            self.0 -= 1.0;
        }
        has_one
    }
}

/// A question on its way.
pub(super) struct Running {
    shared: Arc<Shared>,
    prompt: Prompt,
    /// Asked before each call, where what they use is counted.
    meter: Option<Arc<dyn Meter>>,
    way: ResolvedRoute,
    /// The name by which the first target's server is asked, where it is another than usual.
    named: Option<String>,
    stage: Stage,
    /// Whom to ask next.
    next: VecDeque<usize>,
    /// Who is being asked; the one that answers, once there is one.
    legs: Vec<Leg>,
    answers: bool,
    has_text: bool,
    hedge_at: Option<Timestamp>,
    /// Known and not handed on yet.
    ready: VecDeque<Delta>,
    /// Why the last one failed that may work another time, else the first one.
    failure: Option<ModelError>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begun,
    Asking,
    Over,
}

/// One model that is being asked.
struct Leg {
    shared: Arc<Shared>,
    member: usize,
    stream: DeltaStream,
    begun: Timestamp,
    /// Came before anything that shows that it answers.
    held: Vec<Delta>,
    /// Whether its breaker was told how it went.
    is_told: bool,
    /// How many tokens we estimated that its prompt has; none where they say nothing of how it counts, or it has said so.
    estimated: Option<u64>,
    /// Whether it was asked with fewer turns, because they did not fit.
    is_refitted: bool,
    call: Call,
}

impl Drop for Leg {
    fn drop(&mut self) {
        if !self.is_told {
            let now = self.shared.clock.now();
            self.own().health().breaker.given_up(now);
        }
    }
}

impl Leg {
    fn own(&self) -> &Member {
        &self.shared.members[self.member]
    }

    fn worked(&mut self) {
        self.is_told = true;
        let first_token = self.shared.clock.now().since(self.begun);
        let mut health = self.own().health();
        health.breaker.worked();
        health.latency.note(first_token);
    }

    /// Takes in how many tokens its server counted of its prompt, once.
    fn counted(&mut self, reported: u64) {
        if let Some(estimated) = self.estimated.take_if(|_| reported > 0) {
            self.own().health().measure.note(estimated, reported);
        }
    }

    fn failed(&mut self, error: &ModelError, has_next: bool) -> Attempt {
        self.call.failed(error.failure);
        let now = self.shared.clock.now();
        let own = &self.shared.members[self.member];
        // Of one that was not asked nothing is known.
        if !error.failure.is_our_own() {
            self.is_told = true;
            own.health()
                .breaker
                .failed(error.failure, error.retry_after, now);
        }
        let shut = own.health().breaker.shut(now);
        let rests_ms = shut.map(|shut| shut.until.since(now).as_millis());
        let rests_ms = rests_ms.map(|millis| u64::try_from(millis).unwrap_or(u64::MAX));
        // The last one's failure is whoever asks's to tell.
        if has_next {
            tracing::warn!(model.target = own.id, failure = ?error.failure, status = error.status, rests_ms, "a model failed: the next is asked");
        } else {
            tracing::debug!(model.target = own.id, failure = ?error.failure, status = error.status, rests_ms, "a model failed");
        }
        Attempt {
            target: own.id.clone(),
            failure: error.failure,
            after: now.since(self.begun),
        }
    }
}

impl Running {
    pub(super) fn begin(
        shared: Arc<Shared>,
        prompt: Prompt,
        meter: Option<Arc<dyn Meter>>,
    ) -> Self {
        let (way, named) = shared.way(&prompt.choice);
        Self {
            shared,
            prompt,
            meter,
            way,
            named,
            stage: Stage::Begun,
            next: VecDeque::new(),
            legs: Vec::new(),
            answers: false,
            has_text: false,
            hedge_at: None,
            ready: VecDeque::new(),
            failure: None,
        }
    }

    pub(super) fn deltas(self) -> DeltaStream {
        Box::pin(stream::unfold(self, |mut running| async move {
            let item = running.next().await?;
            Some((item, running))
        }))
    }

    async fn next(&mut self) -> Option<Result<Delta, ModelError>> {
        loop {
            if let Some(delta) = self.ready.pop_front() {
                return Some(Ok(delta));
            }
            match self.stage {
                Stage::Over => return None,
                Stage::Begun => {
                    if let Err(error) = self.draw_up() {
                        return Some(Err(self.over(error)));
                    }
                }
                Stage::Asking => {}
            }
            if self.legs.is_empty() && !self.ask_next() {
                let last = self.failure.take();
                let error = last.unwrap_or_else(|| failed(ModelFailure::Unavailable));
                return Some(Err(self.over(error)));
            }
            let Some((leg, item)) = self.heard().await else {
                // The first one is slow.
                self.ask_next();
                continue;
            };
            let error = match item {
                Some(Ok(delta)) => {
                    self.take(leg, delta);
                    None
                }
                Some(Err(error)) => self.failed(leg, error),
                None if self.answers => {
                    self.end();
                    None
                }
                None => self.failed(leg, failed(ModelFailure::Broken)),
            };
            if let Some(error) = error {
                return Some(Err(self.over(error)));
            }
        }
    }

    fn over(&mut self, error: ModelError) -> ModelError {
        self.end();
        error
    }

    fn end(&mut self) {
        self.legs.clear();
        self.stage = Stage::Over;
    }

    /// Decides whom to ask.
    fn draw_up(&mut self) -> Result<(), ModelError> {
        self.stage = Stage::Asking;
        let shared = &self.shared;
        let now = shared.clock.now();
        let standing = |member: usize| {
            let own = &shared.members[member];
            Standing {
                shut: own.health().breaker.shut(now),
                is_full: own.slots.available_permits() == 0,
                // Who takes no pictures is not asked about any: whoever asks has made sure that somebody does.
                is_avoided: self.prompt.choice.avoid.contains(&own.id)
                    || (self.prompt.has_pictures() && !own.sees),
            }
        };
        self.hedging().asked();
        match order(&self.way, standing, || shared.ids.jitter()) {
            Order::Ask(members) => {
                self.next = members.into();
                Ok(())
            }
            Order::Wait { because, until } => Err(ModelError {
                retry_after: Some(until.since(now)),
                ..failed(because)
            }),
            Order::Nobody => Err(failed(ModelFailure::Unavailable)),
        }
    }

    fn hedging(&self) -> std::sync::MutexGuard<'_, HedgeBudget> {
        // A number, whoever panicked while holding it.
        let hedging = self.shared.hedging.lock();
        hedging.unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the next model; `false` where there is none.
    fn ask_next(&mut self) -> bool {
        let Some(member) = self.next.pop_front() else {
            return false;
        };
        let window = self.shared.members[member].window();
        self.ask(member, window, false);
        let p95 = self.shared.members[member].health().latency.p95();
        let is_first = self.legs.len() == 1 && !self.next.is_empty();
        self.hedge_at = p95
            .filter(|_| self.way.hedges && is_first)
            .map(|p95| self.shared.clock.now().after(p95.max(SHORTEST_HEDGE)));
        true
    }

    fn ask(&mut self, member: usize, window: Window, is_refitted: bool) {
        let own = &self.shared.members[member];
        let now = self.shared.clock.now();
        own.health().breaker.begin(now, own.patience);
        let mut prompt = self.prompt.refit(window);
        let is_named = self.way.first.first().map(|(first, _)| *first) == Some(member);
        prompt.choice.model = self.named.clone().filter(|_| is_named);
        let prompt_shows = prompt.has_pictures();
        let estimated = prompt.estimated_tokens();
        let (asked_for, named) = (prompt.choice.asked_for, prompt.choice.model.clone());
        let call = Call::begin(self.shared.clone(), member, asked_for, named);
        let (slots, model) = (own.slots.clone(), own.model.clone());
        let metered = self.meter.clone().map(|meter| (meter, own.id.clone()));
        let bound = bound_of(own, &prompt);
        let asking = async move {
            // The semaphore is never closed.
            let slot = slots.acquire_owned().await.ok();
            let deltas = match metered {
                Some((meter, target)) => {
                    asked_within(meter, &target, bound, &*model, &prompt).await?
                }
                None => model.complete(&prompt).await?,
            };
            Ok(deltas.inspect(move |_| {
                // Held until the answer is.
                let _ = &slot;
            }))
        };
        self.legs.push(Leg {
            shared: self.shared.clone(),
            member,
            stream: Box::pin(asking.try_flatten_stream()),
            begun: now,
            held: Vec::new(),
            is_told: false,
            estimated: (!prompt_shows).then_some(estimated),
            is_refitted,
            call,
        });
    }

    /// Returns what the next model says that says anything; `None` where a second one is to be asked meanwhile.
    async fn heard(&mut self) -> Option<(usize, Option<Result<Delta, ModelError>>)> {
        let hedge_at = self.hedge_at.filter(|_| !self.answers);
        let Some(hedge_at) = hedge_at else {
            return Some(said(&mut self.legs).await);
        };
        tokio::select! {
            biased;
            said = said(&mut self.legs) => Some(said),
            () = self.shared.clock.sleep_until(hedge_at) => {
                // Where the budget is spent, the first one is waited for.
                self.hedge_at = None;
                if self.hedging().spend() {
                    tracing::debug!("a model is slower than it mostly is: a second one is asked");
                    return None;
                }
                Some(said(&mut self.legs).await)
            }
        }
    }

    /// Takes in what a model says. The first that writes, or finishes, is the one that answers.
    fn take(&mut self, leg: usize, delta: Delta) {
        let shows = matches!(
            delta,
            Delta::Text(_) | Delta::Reasoning(_) | Delta::Finished(_)
        );
        if let Some(leg) = self.legs.get_mut(leg) {
            leg.call.heard(&delta);
        }
        if !self.answers && shows {
            let mut chosen = self.legs.swap_remove(leg);
            chosen.worked();
            self.legs.clear();
            self.answers = true;
            self.ready.push_back(Delta::Answering {
                target: chosen.own().id.clone(),
            });
            self.ready.extend(chosen.held.drain(..));
            self.legs.push(chosen);
        }
        self.has_text |= matches!(delta, Delta::Text(_));
        if let Delta::Usage(usage) = &delta
            && let Some(leg) = self.legs.get_mut(if self.answers { 0 } else { leg })
        {
            leg.counted(usage.prompt_tokens);
        }
        if self.answers {
            self.ready.push_back(delta);
        } else if let Some(leg) = self.legs.get_mut(leg) {
            leg.held.push(delta);
        }
    }

    /// Takes in that a model failed; returns the error where that ends the question.
    fn failed(&mut self, leg: usize, error: ModelError) -> Option<ModelError> {
        let mut leg = self.legs.swap_remove(leg);
        let attempt = leg.failed(&error, !self.next.is_empty());
        if self.has_text {
            return Some(error);
        }
        self.answers = false;
        // What it used is used, also where another answers.
        let used = leg.held.drain(..);
        let used = used.filter(|delta| matches!(delta, Delta::Usage(_)));
        self.ready.extend(used);
        match error.failure {
            ModelFailure::Filtered => return Some(error),
            ModelFailure::ContextTooLong if !leg.is_refitted && self.prompt.turn_messages > 0 => {
                let window = self.smaller(leg.member, error.excess);
                self.ask(leg.member, window, true);
                return None;
            }
            _ => {}
        }
        self.ready.push_back(Delta::Failed(attempt));
        let may_work = error.failure.class(error.retry_after) != FailureClass::Permanent;
        if may_work || self.failure.is_none() {
            self.failure = Some(error);
        }
        None
    }

    /// Returns a window into which what was sent fits as far as it is said to, or else half of it.
    fn smaller(&self, member: usize, excess: Option<Excess>) -> Window {
        let sent = self.prompt.refit(self.shared.members[member].window());
        let answer_tokens = sent.max_answer_tokens;
        let estimated = sent.estimated_tokens();
        let fitting = excess.and_then(|Excess { sent, most }| {
            let room = u128::from(most.checked_sub(u64::from(answer_tokens))?);
            // A twentieth less: what is left may be of another kind than what is left out.
            let fitting = u128::from(estimated) * room * 19 / (u128::from(sent.max(1)) * 20);
            u64::try_from(fitting).ok()
        });
        let fitting = fitting.unwrap_or(estimated / 2).min(estimated * 9 / 10);
        let fitting = u32::try_from(fitting).unwrap_or(u32::MAX);
        Window {
            total_tokens: fitting.saturating_add(answer_tokens),
            answer_tokens,
        }
    }
}

/// Returns what the next of some models says, and which of them.
async fn said(legs: &mut [Leg]) -> (usize, Option<Result<Delta, ModelError>>) {
    poll_fn(|context| {
        for (at, leg) in legs.iter_mut().enumerate() {
            if let Poll::Ready(item) = leg.stream.poll_next_unpin(context) {
                return Poll::Ready((at, item));
            }
        }
        Poll::Pending
    })
    .await
}
