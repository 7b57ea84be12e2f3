//! The answer to one question: the page to read first.
//!
//! A question that an earlier attempt concluded is only published. Otherwise it is put into its place, refused or ended where it
//! must be, or gathered, generated and concluded; the conclusion is committed before its last edit, so that a crash after it needs no
//! model again. Whether the asker may still read the channel is asked once more before it is shown.

use std::borrow::Cow;

use super::DeletedQuestion;
use super::access;
use super::accounts::keep_language_current;
use super::agents;
use super::attached::note;
use super::budgets::{self, Used};
use super::compose::Composed;
use super::draw::{Wanted, draw};
use super::gather::{Gathered, Ready, gather, is_deleted, may_read, place};
use super::generate::{Asked, Ending, Generated, generate};
use super::going_on::gone_on;
use super::hold::{Halt, Hold};
use super::interruption::Interruption;
use super::measure;
use super::publish::{Finished, Publisher};
use super::recover;
use super::retain::leave_nothing;
use super::settle::{Verdict, judge, of_nothing};
use super::summary::ToldConversation;
use super::thinking::quoted;
use super::world::World;
use crate::domain::completion::{ModelFailure, Usage};
use crate::domain::job::{Again, ClaimedJob, Earlier};
use crate::domain::post::Delivery;
use crate::domain::prompt::ModelChoice;
use crate::domain::question::{Conclusion, Failure, Outcome, Refusal};
use crate::domain::run::Run;
use crate::markdown;
use crate::ports::Drawn;
use crate::text::{Reason, Sentence, say};

/// Works on a question until it has ended and people have seen its end; returns the conversation that it went on with, where it did.
pub(super) async fn answer(
    world: &World,
    job: &ClaimedJob,
    hold: &Hold,
) -> Result<Option<ToldConversation>, Interruption> {
    keep_language_current(world, job.question.asker.id.as_ref()).await;
    let mut publisher = Publisher::resume(world, job, hold).await?;
    let mut spoken = None;
    let mut conclusion = if let Some(concluded) = &job.concluded {
        concluded.clone()
    } else {
        let concluded = conclude(world, job, hold, publisher).await?;
        publisher = concluded.publisher;
        spoken = concluded.spoken;
        let mut conclusion = concluded.conclusion;
        if conclusion.outcome == Outcome::Stopped && is_deleted(world, &job.question).await? {
            conclusion = deleted(world, job, &publisher);
        }
        if leave_nothing(world, &job.question, hold).await? {
            spoken = None;
        }
        world.store.conclude(hold.lease(), &conclusion).await?;
        conclusion
    };
    if let Some(withdrawn) = withdrawn(world, job, &conclusion).await? {
        world.store.conclude(hold.lease(), &withdrawn).await?;
        conclusion = withdrawn;
    }
    hold.tell_ending(&conclusion);
    if publisher.finish_measured(job, &conclusion).await? == Finished::WithoutPicture {
        conclusion = ended(world, job, Outcome::Failed(Failure::PictureNotTaken));
        world.store.conclude(hold.lease(), &conclusion).await?;
        hold.tell_ending(&conclusion);
        publisher.finish_measured(job, &conclusion).await?;
    }
    let settling = world.clock.now();
    world.store.settle(hold.lease(), settling).await?;
    measure::step(world, job, "settle", settling);
    measure::ended(world, job, &conclusion, publisher.sighting());
    tracing::info!(question.id = %job.question.id, outcome = conclusion.outcome.as_str(), attempt = hold.lease().attempt.0, "a question has ended");
    Ok(spoken)
}

/// Returns what is said in place of an answer whose asker may no longer read the channel that it came from.
async fn withdrawn(
    world: &World,
    job: &ClaimedJob,
    conclusion: &Conclusion,
) -> Result<Option<Conclusion>, Interruption> {
    let is_of_the_channel = match conclusion.outcome {
        Outcome::QuestionDeleted | Outcome::Ignored | Outcome::Refused(_) | Outcome::Failed(_) => {
            false
        }
        Outcome::Answered | Outcome::CutShort | Outcome::Interrupted | Outcome::Stopped => true,
    };
    if !is_of_the_channel || may_read(world, &job.question).await? {
        return Ok(None);
    }
    let refused = Outcome::Refused(Refusal::NotAMember);
    Ok(Some(ended(world, job, refused)))
}

/// A question that has ended, and is not shown to have yet.
struct Concluded<'a> {
    conclusion: Conclusion,
    publisher: Publisher<'a>,
    spoken: Option<ToldConversation>,
}

impl<'a> Concluded<'a> {
    fn early(conclusion: Conclusion, publisher: Publisher<'a>) -> Self {
        Self {
            conclusion,
            publisher,
            spoken: None,
        }
    }
}

async fn conclude<'a>(
    world: &'a World,
    job: &ClaimedJob,
    hold: &'a Hold,
    publisher: Publisher<'a>,
) -> Result<Concluded<'a>, Interruption> {
    let Some(mut job) = place(world, job, hold).await? else {
        let ignored = ended(world, job, Outcome::Ignored);
        return Ok(Concluded::early(ignored, publisher));
    };
    let mut publisher = publisher.addressed_as(&job.question);
    let shown = recover::shown(world, &job, &publisher).await?;
    if let Some(outcome) = end_at_once(world, &job) {
        let early = ended_early(world, &job, outcome, shown);
        return Ok(Concluded::early(early, publisher));
    }
    if let Some(budget) = &job.over_budget {
        let used = Used {
            budget: budget.clone(),
            at: job.question.asked_at,
        };
        let refused = over_budget(world, &job, &used, None);
        return Ok(Concluded::early(refused, publisher));
    }
    if let Some(shown) = shown.filter(|shown| recover::is_worth_keeping(world, shown)) {
        let conclusion = kept(world, &job, Outcome::Interrupted, shown);
        return Ok(Concluded::early(conclusion, publisher));
    }
    let not_theirs = agents::choose(world, &mut job, hold).await?;
    // Also of one who may not ask that agent, because it says who may be told so.
    let permitted = access::permit(world, &mut job, hold, &mut publisher).await?;
    let publisher = publisher.addressed_as(&job.question);
    let choice = match (not_theirs, permitted) {
        (None, Ok(choice)) => choice,
        (Some(refusal), _) | (None, Err(refusal)) => {
            let refused = ended(world, &job, Outcome::Refused(refusal));
            return Ok(Concluded::early(refused, publisher));
        }
    };
    let gathering = world.clock.now();
    let gathered = gather_in_time(world, &mut job, hold, choice).await?;
    measure::step(world, &job, "gather", gathering);
    let gathered = match gathered {
        Ok(gathered) => gathered,
        Err(outcome) => {
            let ended = ended(world, &job, outcome);
            return Ok(Concluded::early(ended, publisher));
        }
    };
    match gathered {
        Gathered::Refused(refusal) => {
            let refused = ended(world, &job, Outcome::Refused(refusal));
            Ok(Concluded::early(refused, publisher))
        }
        Gathered::Deleted => {
            let deleted = deleted(world, &job, &publisher);
            Ok(Concluded::early(deleted, publisher))
        }
        Gathered::Picture(description) => {
            let publisher = publisher.addressed_as(&job.question);
            let (drawn, publisher) = picture(world, &job, &description, hold, publisher).await?;
            Ok(Concluded::early(drawn, publisher))
        }
        Gathered::Ready(ready) => {
            let publisher = publisher.addressed_as(&job.question);
            written(world, &job, *ready, hold, publisher).await
        }
    }
}

/// Has a model write the answer, and counts what that uses.
async fn written<'a>(
    world: &'a World,
    job: &ClaimedJob,
    ready: Ready,
    hold: &'a Hold,
    mut publisher: Publisher<'a>,
) -> Result<Concluded<'a>, Interruption> {
    if let Some(Again::Regenerate(_)) = job.again {
        publisher.clear_earlier().await?;
    }
    let meter = budgets::meter_of(world, job, hold);
    let asked = Asked {
        question: &job.question,
        prompt: &ready.prompt,
        meter: &meter,
        again: job.again.as_ref(),
    };
    let generated = generate(world, asked, hold, publisher).await;
    meter.settle().await;
    let (generated, publisher) = generated?;
    let language = world.languages.of_asker(&job.question);
    let mut noted = budgets::notes(world, language, &meter);
    noted.push(note(language, &ready.troubles));
    noted.retain(|note| !note.is_empty());
    let conclusion = match meter.refused_by().filter(|_| is_refused(&generated)) {
        Some(used) => over_budget(world, job, &used, Some(generated.run)),
        None => of_generated(world, job, generated, &noted.join("\n\n")),
    };
    Ok(Concluded {
        conclusion,
        publisher,
        spoken: ready.spoken,
    })
}

/// Gathers, unless the question ends meanwhile: a long recording takes its time.
async fn gather_in_time(
    world: &World,
    job: &mut ClaimedJob,
    hold: &Hold,
    choice: ModelChoice,
) -> Result<Result<Gathered, Outcome>, Interruption> {
    let deadline = job.question.deadline;
    tokio::select! {
        biased;
        gathered = gather(world, job, choice) => gathered.map(Ok),
        halt = hold.halted() => match halt {
            Halt::Stopped => Ok(Err(Outcome::Stopped)),
            Halt::HandBack => Err(Interruption::HandBack),
        },
        () = world.clock.sleep_until(deadline) => Ok(Err(Outcome::Failed(Failure::Deadline))),
    }
}

/// Has a picture drawn, where there is somebody who draws and a way to show it.
async fn picture<'a>(
    world: &'a World,
    job: &ClaimedJob,
    description: &str,
    hold: &'a Hold,
    mut publisher: Publisher<'a>,
) -> Result<(Conclusion, Publisher<'a>), Interruption> {
    let refused = |refusal| ended(world, job, Outcome::Refused(refusal));
    let Some(images) = world.images.as_deref() else {
        return Ok((refused(Refusal::NoImages), publisher));
    };
    match job.question.delivery {
        Delivery::Bot { .. } | Delivery::Direct { .. } => {}
        Delivery::Response { .. } | Delivery::Webhook { .. } | Delivery::Inline => {
            return Ok((refused(Refusal::NoBot), publisher));
        }
    }
    if let Some(Again::Regenerate(_)) = job.again {
        publisher.clear_earlier().await?;
    }
    let meter = budgets::meter_of(world, job, hold);
    let wanted = Wanted {
        question: &job.question,
        description,
        images,
        meter: &meter,
    };
    let drawn = draw(world, wanted, hold, publisher).await;
    meter.settle().await;
    let (drawn, publisher) = drawn?;
    let conclusion = match drawn {
        Ok(drawn) => of_drawn(world, job, drawn),
        Err(Ending::Failed(ModelFailure::OverBudget)) => match meter.refused_by() {
            Some(used) => over_budget(world, job, &used, None),
            None => ended(world, job, Outcome::Refused(Refusal::OverBudget)),
        },
        Err(ending) => ended(world, job, of_nothing(&ending)),
    };
    Ok((conclusion, publisher))
}

fn of_drawn(world: &World, job: &ClaimedJob, drawn: Drawn) -> Conclusion {
    let language = world.languages.of_asker(&job.question);
    let answer = say(language, &Sentence::PictureDrawn);
    Conclusion {
        texts: world.composer.answer(&job.question, &answer, None).texts,
        answer,
        picture: Some(drawn.picture),
        usage: drawn.usage,
        model: drawn.model,
        ..blank(world, Outcome::Answered)
    }
}

/// A conclusion of which nothing is to be shown.
fn blank(world: &World, outcome: Outcome) -> Conclusion {
    Conclusion {
        outcome,
        answer: String::new(),
        texts: Vec::new(),
        picture: None,
        usage: Usage::default(),
        model: None,
        run: None,
        at: world.clock.now(),
    }
}

/// The conclusion of a question that was deleted: what was shown of its answer says so, or goes.
fn deleted(world: &World, job: &ClaimedJob, publisher: &Publisher<'_>) -> Conclusion {
    let says_so = world.settings.deleted_question == DeletedQuestion::SaidSo;
    let sentence = Sentence::QuestionDeleted;
    Conclusion {
        texts: if says_so && publisher.has_begun() {
            world.composer.sentence(&job.question, &sentence).texts
        } else {
            Vec::new()
        },
        ..blank(world, Outcome::QuestionDeleted)
    }
}

/// Ends that need no model: too many deaths, a deadline that has passed, a stop before the beginning.
fn end_at_once(world: &World, job: &ClaimedJob) -> Option<Outcome> {
    if job.stop_requested {
        Some(Outcome::Stopped)
    } else if job.question.is_late() {
        Some(Outcome::Refused(Refusal::Late))
    } else if world.clock.now() >= job.question.deadline {
        Some(Outcome::Failed(Failure::Deadline))
    } else if job.deaths >= world.settings.max_deaths {
        Some(Outcome::Failed(Failure::Abandoned))
    } else {
        None
    }
}

fn of_generated(world: &World, job: &ClaimedJob, generated: Generated, note: &str) -> Conclusion {
    let Verdict { outcome, footnote } = judge(&generated);
    if generated.text.trim().is_empty() {
        return Conclusion {
            usage: generated.run.usage,
            model: generated.run.model.clone(),
            run: Some(Box::new(generated.run)),
            ..ended(world, job, outcome)
        };
    }
    let beginning = job.again.as_ref().map_or("", Again::beginning);
    let answer = gone_on(beginning, &generated.text);
    let shown = format!("{}{answer}", quoted(&generated.reasoning));
    let noted = with_note(&shown, note);
    let Composed { texts, is_cut } = world.composer.answer(&job.question, &noted, footnote);
    let outcome = if is_cut && generated.ending != Ending::Stopped {
        Outcome::CutShort
    } else {
        outcome
    };
    Conclusion {
        answer,
        texts,
        usage: generated.run.usage,
        model: generated.run.model.clone(),
        run: Some(Box::new(generated.run)),
        ..blank(world, outcome)
    }
}

/// Puts beneath an answer what is to be said of files; it must not stand within what the answer left open.
fn with_note<'a>(answer: &'a str, note: &str) -> Cow<'a, str> {
    if note.is_empty() {
        Cow::Borrowed(answer)
    } else {
        Cow::Owned(format!("{}\n\n{note}", markdown::close(answer).trim_end()))
    }
}

/// The conclusion of a question that ends before the model is asked; what an earlier attempt had shown stays.
fn ended_early(
    world: &World,
    job: &ClaimedJob,
    outcome: Outcome,
    shown: Option<String>,
) -> Conclusion {
    match (shown, outcome) {
        (Some(shown), Outcome::Stopped) => kept(world, job, Outcome::Stopped, shown),
        (Some(shown), _) => kept(world, job, Outcome::Interrupted, shown),
        (None, outcome) => ended(world, job, outcome),
    }
}

fn kept(world: &World, job: &ClaimedJob, outcome: Outcome, shown: String) -> Conclusion {
    let footnote = match outcome {
        Outcome::Stopped => Sentence::AnswerStopped,
        _ => Sentence::AnswerInterrupted,
    };
    let composed = world.composer.answer(&job.question, &shown, Some(footnote));
    Conclusion {
        answer: shown,
        texts: composed.texts,
        ..blank(world, outcome)
    }
}

/// Whether a budget kept every model from being asked.
fn is_refused(generated: &Generated) -> bool {
    generated.ending == Ending::Failed(ModelFailure::OverBudget) && generated.text.trim().is_empty()
}

/// The conclusion of a question for which too little is left of a budget.
fn over_budget(world: &World, job: &ClaimedJob, used: &Used, run: Option<Run>) -> Conclusion {
    let refused = Outcome::Refused(Refusal::OverBudget);
    let run = run.map(Box::new);
    if job.again.is_some() {
        return Conclusion {
            run,
            ..ended(world, job, refused)
        };
    }
    let language = world.languages.of_asker(&job.question);
    let said = budgets::over_text(world, language, used);
    Conclusion {
        texts: world.composer.said(&job.question, &said).texts,
        run,
        ..blank(world, refused)
    }
}

/// The conclusion of a question to which no model wrote anything: where there was an answer before, it stays.
fn ended(world: &World, job: &ClaimedJob, outcome: Outcome) -> Conclusion {
    let earlier = job.again.as_ref().map(Again::earlier);
    if let Some(earlier) = earlier.filter(|earlier| !earlier.answer.is_empty())
        && let Some(footnote) = why_earlier_is_kept(&outcome)
    {
        return restored(world, job, earlier, footnote);
    }
    let quoted = job.question.id.quoted();
    let sentence = match &outcome {
        Outcome::QuestionDeleted | Outcome::Ignored => None,
        Outcome::Stopped => Some(Sentence::AnswerStopped),
        Outcome::Refused(Refusal::Late) => Some(Sentence::WasAway),
        // No id is to be quoted for what is meant to be so.
        Outcome::Refused(
            refusal @ (Refusal::NoImages
            | Refusal::NoBot
            | Refusal::NotAllowed
            | Refusal::NoPrivateWay
            | Refusal::OverBudget),
        ) => Some(Sentence::Refused(Reason::from(*refusal))),
        Outcome::Refused(refusal) => Some(Sentence::Error {
            reason: Reason::from(*refusal),
            id: &quoted,
        }),
        Outcome::Failed(failure) => Some(Sentence::Error {
            reason: Reason::from(failure),
            id: &quoted,
        }),
        Outcome::Answered | Outcome::CutShort | Outcome::Interrupted => {
            Some(Sentence::AnswerInterrupted)
        }
    };
    Conclusion {
        texts: sentence.map_or_else(Vec::new, |sentence| {
            world.composer.sentence(&job.question, &sentence).texts
        }),
        ..blank(world, outcome)
    }
}

/// Says why an earlier answer is kept; `None` where it may not be.
fn why_earlier_is_kept(outcome: &Outcome) -> Option<Sentence<'static>> {
    match outcome {
        Outcome::Stopped => Some(Sentence::EarlierKeptStopped),
        Outcome::Failed(failure) => Some(Sentence::EarlierKept {
            reason: Reason::from(failure),
        }),
        Outcome::Refused(
            refusal @ (Refusal::Filtered
            | Refusal::NoImages
            | Refusal::NoBot
            | Refusal::NotAllowed
            | Refusal::NoPrivateWay
            | Refusal::OverBudget),
        ) => Some(Sentence::EarlierKept {
            reason: Reason::from(*refusal),
        }),
        Outcome::Refused(Refusal::NotAMember | Refusal::AgentNotForThem | Refusal::Late)
        | Outcome::QuestionDeleted
        | Outcome::Ignored
        | Outcome::Answered
        | Outcome::CutShort
        | Outcome::Interrupted => None,
    }
}

/// The conclusion of a question whose earlier answer stays, because no other came.
fn restored(
    world: &World,
    job: &ClaimedJob,
    earlier: &Earlier,
    footnote: Sentence<'_>,
) -> Conclusion {
    let composed = world
        .composer
        .answer(&job.question, &earlier.answer, Some(footnote));
    Conclusion {
        answer: earlier.answer.clone(),
        texts: composed.texts,
        ..blank(world, earlier.outcome.clone())
    }
}
