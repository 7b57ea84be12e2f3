//! Generation: asks the model and lets the answer grow before people's eyes.
//!
//! Reading the model and showing what it wrote go on side by side: while a post is being edited, the stream is read on. The model is
//! asked again only before its first token; after that, what was shown stays.

use std::borrow::Cow;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt;

use super::Reasoning;
use super::access;
use super::going_on::gone_on;
use super::hold::{Halt, Hold};
use super::interruption::Interruption;
use super::meter::QuestionMeter;
use super::publish::{Publisher, preview};
use super::thinking::{next_sign, sign};
use super::typing::Typing;
use super::world::World;
use crate::domain::completion::{Attempt, Delta, FinishReason, ModelFailure, Usage};
use crate::domain::draft::{Shown, Step};
use crate::domain::job::Again;
use crate::domain::prompt::{CutAnswer, ModelChoice, Prompt};
use crate::domain::question::Question;
use crate::domain::run::Run;
use crate::domain::time::Timestamp;
use crate::markdown::POST_RUNES;
use crate::ports::{DeltaStream, ModelError};
use crate::redaction::Redacted;
use crate::text::go_on;

/// How generation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The model finished.
    Finished(FinishReason),
    /// The model failed for good, at the beginning or in the middle.
    Failed(ModelFailure),
    /// The asker stopped it.
    Stopped,
    /// The question's deadline passed.
    DeadlinePassed,
}

/// What the model wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Generated {
    pub(super) text: String,
    pub(super) ending: Ending,
    pub(super) run: Run,
    /// What the model thought, where that is to be shown.
    pub(super) reasoning: String,
    /// Whether one model went on where another had broken off.
    pub(super) went_on: bool,
}

/// What is shown where two seconds have passed and the model has not written a word.
pub(super) const NOTHING_YET: &str = "…";

/// Bytes of reasoning from which on no more is kept: more than is ever shown of it.
const MOST_REASONING_BYTES: usize = 16 * 1024;

type Showing<'a> =
    Pin<Box<dyn Future<Output = (Publisher<'a>, Result<(), Interruption>)> + Send + 'a>>;

/// What a model is asked, and why.
#[derive(Clone, Copy)]
pub(super) struct Asked<'q> {
    pub(super) question: &'q Question,
    pub(super) prompt: &'q Prompt,
    /// What its calls are counted by.
    pub(super) meter: &'q Arc<QuestionMeter>,
    /// Why it is asked once more, where it is.
    pub(super) again: Option<&'q Again>,
}

/// The answer as it grows.
struct Growth<'a, 'q> {
    world: &'a World,
    question: &'q Question,
    meter: &'q Arc<QuestionMeter>,
    /// What the model goes on from; empty where it begins.
    beginning: &'q str,
    hold: &'a Hold,
    begun: Timestamp,
    /// What of the prompt was replaced: what models write is put back where it is shown.
    redacted: Redacted,
    /// What models wrote that broke off.
    carried: String,
    /// What the one wrote that is writing.
    text: String,
    /// Characters of both.
    chars: usize,
    /// Characters for which there is room in the posts of one answer.
    most_chars: usize,
    /// What earlier calls used.
    spent: Usage,
    usage: Usage,
    model: Option<String>,
    /// The name in the configuration of the model that is writing.
    target: Option<String>,
    /// The calls that failed.
    attempts: Vec<Attempt>,
    /// When the first of the answer, or of its reasoning, came.
    first_token: Option<Timestamp>,
    /// Since when it has been reasoning, where it has not written anything.
    thinking_since: Option<Timestamp>,
    /// The beginning of its reasoning, where that is to be shown.
    reasoning: String,
    shown: Option<Shown>,
    /// The publisher, while it is not busy showing.
    idle: Option<Publisher<'a>>,
    showing: Option<Showing<'a>>,
    typing: Typing<'a>,
}

/// What comes from the model.
enum Event {
    Replied(Result<DeltaStream, ModelError>),
    Delta(Option<Result<Delta, ModelError>>),
}

enum Next {
    Event(Event),
    /// Something was shown, or may be shown now.
    Shown,
    Ended(Ending),
    Interrupted(Interruption),
}

/// How one try of asking the model went.
enum Tried {
    Ended(Ending),
    /// It failed before it wrote anything, so it may be asked again.
    FailedAtOnce(ModelError),
    /// It failed in the middle; another model may go on.
    BrokeOff(ModelFailure),
}

/// Asks the model and shows its answer growing, until it ends in one of the ways of [`Ending`].
pub(super) async fn generate<'a>(
    world: &'a World,
    asked: Asked<'_>,
    hold: &'a Hold,
    publisher: Publisher<'a>,
) -> Result<(Generated, Publisher<'a>), Interruption> {
    let Asked {
        question,
        prompt,
        meter,
        again: _,
    } = asked;
    let mut growth = Growth::begin(world, asked, hold, publisher);
    let mut prompt = match growth.redacted.hide_in(prompt) {
        Some(hidden) => Cow::Owned(hidden),
        None => Cow::Borrowed(prompt),
    };
    let mut failed = 0;
    let mut broken = None;
    let ending = loop {
        let error = match growth.ask(&prompt).await? {
            Tried::Ended(ending) => break ending,
            Tried::BrokeOff(failure) => {
                let next = broken
                    .is_none()
                    .then(|| growth.next_model(&prompt, failure));
                let Some(next) = next.flatten() else {
                    break Ending::Failed(failure);
                };
                broken = Some(failure);
                prompt = Cow::Owned(next);
                continue;
            }
            Tried::FailedAtOnce(error) => error,
        };
        if let Some(failure) = broken {
            // Nobody goes on: what was written stays.
            break Ending::Failed(failure);
        }
        if error.failure == ModelFailure::OverBudget {
            let Some(choice) = instead(world, question, meter).await? else {
                break Ending::Failed(error.failure);
            };
            let asked = &mut prompt.to_mut().choice;
            *asked = ModelChoice {
                temperature: asked.temperature,
                asked_for: asked.asked_for,
                ..choice
            };
            continue;
        }
        failed += 1;
        let class = error.failure.class(error.retry_after);
        let delay = world
            .settings
            .model_retry
            .delay(class, failed, world.ids.jitter());
        tracing::warn!(question.id = %question.id, failure = ?error.failure, status = error.status, tries = failed, again = delay.is_some(), source = ?std::error::Error::source(&error).map(ToString::to_string), "the model failed before its first token");
        let Some(delay) = delay else {
            break Ending::Failed(error.failure);
        };
        if let Some(ending) = growth.wait_until(world.clock.now().after(delay)).await? {
            break ending;
        }
    };
    let run = growth.run(&prompt, &ending);
    let publisher = growth.publisher().await?;
    let generated = Generated {
        text: growth.redacted.restore(&growth.written()),
        ending,
        run,
        reasoning: growth.redacted.restore(&growth.reasoning),
        went_on: !growth.carried.is_empty(),
    };
    Ok((generated, publisher))
}

/// Turns to the model that answers where a budget is used up, where there is one and it may; returns how it is asked.
async fn instead(
    world: &World,
    question: &Question,
    meter: &QuestionMeter,
) -> Result<Option<ModelChoice>, Interruption> {
    let Some(model) = meter.next_model() else {
        return Ok(None);
    };
    let choice = access::instead(world, question, model.clone()).await?;
    if choice.is_some() {
        meter.turn(model);
    }
    Ok(choice)
}

impl<'a, 'q> Growth<'a, 'q> {
    fn begin(world: &'a World, asked: Asked<'q>, hold: &'a Hold, publisher: Publisher<'a>) -> Self {
        let Asked {
            question,
            prompt: _,
            meter,
            again,
        } = asked;
        let beginning = again.map_or("", Again::beginning);
        let most_chars = world.settings.max_posts.saturating_mul(POST_RUNES);
        let mut growth = Self {
            world,
            question,
            meter,
            beginning,
            hold,
            begun: world.clock.now(),
            redacted: Redacted::by(&world.settings.redaction),
            carried: String::new(),
            text: String::new(),
            chars: 0,
            most_chars: most_chars.saturating_sub(beginning.chars().count()),
            spent: Usage::default(),
            usage: Usage::default(),
            model: None,
            target: None,
            attempts: Vec::new(),
            first_token: None,
            thinking_since: None,
            reasoning: String::new(),
            shown: None,
            idle: None,
            showing: None,
            typing: Typing::begun(world, question),
        };
        if again.is_some() {
            // There are posts that show what was before: that something is done about them is seen at once.
            growth.idle = Some(publisher);
            growth.show();
        } else {
            growth.showing = Some(Box::pin(publisher.show_begun()));
        }
        growth
    }

    /// Asks once, and reads what comes. White space that an earlier try had written does not count.
    async fn ask(&mut self, prompt: &Prompt) -> Result<Tried, Interruption> {
        self.text.clear();
        self.chars = self.carried.chars().count();
        self.account();
        let mut stream: Option<DeltaStream> = None;
        let world = self.world;
        let meter = Arc::clone(self.meter);
        let mut asking = Some(world.model.complete_within(prompt, meter));
        let mut finish = None;
        loop {
            let event = async {
                match (&mut stream, &mut asking) {
                    (Some(stream), _) => Event::Delta(stream.next().await),
                    (None, Some(asking)) => Event::Replied(asking.as_mut().await),
                    (None, None) => pending().await,
                }
            };
            match self.next(event).await {
                Next::Event(Event::Replied(Ok(begun))) => {
                    asking = None;
                    stream = Some(begun);
                }
                Next::Event(Event::Replied(Err(error)) | Event::Delta(Some(Err(error)))) => {
                    return Ok(self.failed(error, finish));
                }
                Next::Event(Event::Delta(Some(Ok(delta)))) => {
                    finish = finish.or(self.take(delta));
                    if self.is_full() {
                        return Ok(Tried::Ended(Ending::Finished(FinishReason::Length)));
                    }
                }
                Next::Event(Event::Delta(None)) => return Ok(self.ended(finish)),
                Next::Ended(ending) => return Ok(Tried::Ended(ending)),
                Next::Shown => {}
                Next::Interrupted(interruption) => return Err(interruption),
            }
        }
    }

    /// Waits for the next event, while what was written is shown at its pace.
    async fn next(&mut self, event: impl Future<Output = Event>) -> Next {
        let clock = &*self.world.clock;
        let step = self.step();
        if step == Some(Step::Show) {
            self.show();
        }
        let pace = async {
            match step {
                Some(Step::WaitUntil(at)) => clock.sleep_until(at).await,
                Some(Step::WaitForText | Step::Show) | None => pending().await,
            }
        };
        let has_shown = self.has_shown();
        let showing = async {
            match &mut self.showing {
                Some(showing) => showing.as_mut().await,
                None => pending().await,
            }
        };
        tokio::select! {
            halt = self.hold.halted() => match halt {
                Halt::Stopped => Next::Ended(Ending::Stopped),
                Halt::HandBack => Next::Interrupted(Interruption::HandBack),
            },
            () = self.hold.reworded(), if !has_shown => {
                Next::Interrupted(Interruption::AskAnew)
            }
            () = clock.sleep_until(self.question.deadline) => Next::Ended(Ending::DeadlinePassed),
            (publisher, result) = showing => {
                self.showing = None;
                self.idle = Some(publisher);
                result.map_or_else(Next::Interrupted, |()| Next::Shown)
            }
            () = pace => Next::Shown,
            () = self.typing.keep_up() => Next::Shown,
            event = event => Next::Event(event),
        }
    }

    /// What to do about showing now; nothing while something is being shown.
    fn step(&self) -> Option<Step> {
        self.idle.as_ref()?;
        let world = self.world;
        let pace = match preview::reader(&world.settings, &world.rules, self.question) {
            Some(_) => preview::pace(world.settings.pace),
            None => world.settings.pace,
        };
        let now = self.world.clock.now();
        let step = pace.step(now, self.begun, self.chars, self.shown);
        match (step, self.thinking_since, self.shown) {
            (Step::WaitForText, Some(since), Some(shown)) if self.chars == 0 => {
                let at = next_sign(since, shown.at);
                Some(if at <= now {
                    Step::Show
                } else {
                    Step::WaitUntil(at)
                })
            }
            _ => Some(step),
        }
    }

    /// What is shown before anything is written.
    fn sign_of_life(&self) -> String {
        match self.thinking_since {
            Some(since) => {
                let language = self.world.languages.of_asker(self.question);
                sign(language, since, self.world.clock.now())
            }
            None => NOTHING_YET.to_owned(),
        }
    }

    /// Everything that was written.
    fn written(&self) -> String {
        gone_on(&self.carried, &self.text)
    }

    /// Says how the models did.
    fn run(&mut self, prompt: &Prompt, ending: &Ending) -> Run {
        let now = self.world.clock.now();
        Run {
            begun_at: self.begun,
            asked: prompt.choice.model.clone(),
            target: self.target.clone(),
            model: self.model.clone(),
            attempts: std::mem::take(&mut self.attempts),
            first_token: self.first_token.map(|at| at.since(self.begun)),
            whole: now.since(self.begun),
            usage: self.spent.plus(self.usage),
            finish: match ending {
                Ending::Finished(reason) => Some(*reason),
                Ending::Failed(_) | Ending::Stopped | Ending::DeadlinePassed => None,
            },
        }
    }

    /// Books what a call used that is over.
    fn account(&mut self) {
        let used = std::mem::take(&mut self.usage);
        self.spent = self.spent.plus(used);
    }

    /// Returns what another model is asked where this one broke off; `None` where it is not known which one that was.
    fn next_model(&mut self, prompt: &Prompt, failure: ModelFailure) -> Option<Prompt> {
        let target = self.target.clone()?;
        self.attempts.push(Attempt {
            target: target.clone(),
            failure,
            after: self.world.clock.now().since(self.begun),
        });
        self.carried = self.written();
        self.text.clear();
        let cut = CutAnswer {
            beginning: gone_on(&self.redacted.hide(self.beginning), &self.carried),
            go_on: go_on(self.world.languages.of_asker(self.question)),
        };
        Some(prompt.going_on(cut, &target))
    }

    /// Whether people have seen, or are about to see, a word of the answer.
    fn has_shown(&self) -> bool {
        !self.beginning.is_empty() || self.shown.is_some_and(|shown| shown.chars > 0)
    }

    fn show(&mut self) {
        let Some(mut publisher) = self.idle.take() else {
            return;
        };
        publisher.shows_words(self.chars > 0 || !self.beginning.is_empty());
        let written = self.redacted.restore_growing(&self.written());
        let mut written = gone_on(self.beginning, &written);
        if written.trim().is_empty() {
            written = self.sign_of_life();
        }
        let composed = self.world.composer.view(self.question, &written);
        self.shown = Some(Shown {
            chars: self.chars,
            at: self.world.clock.now(),
        });
        self.showing = Some(Box::pin(publisher.show(composed.texts)));
    }

    /// Takes in a delta; returns why the model finished, where it says so.
    fn take(&mut self, delta: Delta) -> Option<FinishReason> {
        match delta {
            Delta::Text(text) => {
                self.first_token.get_or_insert(self.world.clock.now());
                self.chars += text.chars().count();
                self.text.push_str(&text);
                None
            }
            Delta::Reasoning(more) => {
                if self.world.settings.reasoning == Reasoning::Quoted
                    && self.reasoning.len() < MOST_REASONING_BYTES
                {
                    self.reasoning.push_str(&more);
                }
                let now = self.world.clock.now();
                self.thinking_since.get_or_insert(now);
                self.first_token.get_or_insert(now);
                None
            }
            Delta::Failed(attempt) => {
                self.account();
                self.attempts.push(attempt);
                None
            }
            Delta::Answering { target } => {
                self.target = Some(target);
                None
            }
            Delta::Usage(usage) => {
                self.usage = usage;
                None
            }
            Delta::Model(model) => {
                self.model = Some(model);
                None
            }
            Delta::Finished(reason) => Some(reason),
        }
    }

    fn is_full(&self) -> bool {
        self.chars > self.most_chars
    }

    fn ended(&self, finish: Option<FinishReason>) -> Tried {
        match finish {
            // A model that finishes without a word may do better when asked again.
            Some(FinishReason::Stop | FinishReason::Unsaid) if self.text.trim().is_empty() => {
                Tried::FailedAtOnce(failure(ModelFailure::Empty))
            }
            Some(reason) => Tried::Ended(Ending::Finished(reason)),
            None => self.failed(failure(ModelFailure::Broken), None),
        }
    }

    fn failed(&self, error: ModelError, finish: Option<FinishReason>) -> Tried {
        match finish {
            Some(reason) => Tried::Ended(Ending::Finished(reason)),
            None if self.text.trim().is_empty() => Tried::FailedAtOnce(error),
            None => {
                tracing::warn!(question.id = %self.question.id, failure = ?error.failure, source = ?std::error::Error::source(&error).map(ToString::to_string), "the model broke off in the middle of an answer");
                match error.failure {
                    // These are the answer's own end.
                    ModelFailure::Filtered | ModelFailure::TooLarge => {
                        Tried::Ended(Ending::Failed(error.failure))
                    }
                    failure => Tried::BrokeOff(failure),
                }
            }
        }
    }

    /// Waits to ask again; returns the ending where the question ends meanwhile.
    async fn wait_until(&mut self, at: Timestamp) -> Result<Option<Ending>, Interruption> {
        let clock = self.world.clock.clone();
        loop {
            let waited = async {
                clock.sleep_until(at).await;
                Event::Delta(None)
            };
            match self.next(waited).await {
                Next::Event(_) => return Ok(None),
                Next::Shown => {}
                Next::Ended(ending) => return Ok(Some(ending)),
                Next::Interrupted(interruption) => return Err(interruption),
            }
        }
    }

    /// Waits for what is being shown and returns the publisher.
    async fn publisher(&mut self) -> Result<Publisher<'a>, Interruption> {
        self.typing.stop();
        if let Some(publisher) = self.idle.take() {
            return Ok(publisher);
        }
        match self.showing.take() {
            Some(showing) => {
                let (publisher, result) = showing.await;
                result.map(|()| publisher)
            }
            None => Err(Interruption::LeaseLost),
        }
    }
}

fn failure(failure: ModelFailure) -> ModelError {
    ModelError {
        failure,
        status: None,
        retry_after: None,
        excess: None,
        source: None,
    }
}
