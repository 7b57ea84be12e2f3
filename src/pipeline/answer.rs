//! The answer to one question: the page to read first.
//!
//! A question that an earlier attempt concluded is only published. Otherwise it is put into its place, refused or ended where it
//! must be, or gathered, generated and concluded; the conclusion is committed before its last edit, so that a crash after it needs no
//! model again. Whether the asker may still read the channel is asked once more before it is shown.

use std::borrow::Cow;

use super::DeletedQuestion;
use super::attached::note;
use super::compose::Composed;
use super::gather::{Gathered, gather, is_deleted, may_read, place};
use super::generate::{Asked, Ending, Generated, generate};
use super::going_on::gone_on;
use super::hold::Hold;
use super::interruption::Interruption;
use super::languages;
use super::publish::Publisher;
use super::recover;
use super::settle::{Verdict, judge};
use super::thinking::quoted;
use super::world::World;
use crate::domain::completion::Usage;
use crate::domain::job::{Again, ClaimedJob, Earlier};
use crate::domain::question::{Conclusion, Failure, Outcome, Refusal};
use crate::markdown;
use crate::text::{Reason, Sentence};

/// Works on a question until it has ended and people have seen its end.
pub(super) async fn answer(
    world: &World,
    job: &ClaimedJob,
    hold: &Hold,
) -> Result<(), Interruption> {
    languages::keep_current(world, job.question.asker.id.as_ref()).await;
    let mut publisher = Publisher::resume(world, job, hold).await?;
    let mut conclusion = if let Some(concluded) = &job.concluded {
        concluded.clone()
    } else {
        let (mut conclusion, used) = conclude(world, job, hold, publisher).await?;
        publisher = used;
        if conclusion.outcome == Outcome::Stopped && is_deleted(world, &job.question).await? {
            conclusion = deleted(world, job, &publisher);
        }
        world.store.conclude(hold.lease(), &conclusion).await?;
        conclusion
    };
    if let Some(withdrawn) = withdrawn(world, job, &conclusion).await? {
        world.store.conclude(hold.lease(), &withdrawn).await?;
        conclusion = withdrawn;
    }
    hold.tell_ending(&conclusion);
    // Apart, so that a task is not as large as this from its beginning on.
    Box::pin(publisher.finish(&conclusion)).await?;
    world.store.settle(hold.lease(), world.clock.now()).await?;
    tracing::info!(question.id = %job.question.id, outcome = conclusion.outcome.as_str(), attempt = hold.lease().attempt.0, "a question has ended");
    Ok(())
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

async fn conclude<'a>(
    world: &'a World,
    job: &ClaimedJob,
    hold: &'a Hold,
    publisher: Publisher<'a>,
) -> Result<(Conclusion, Publisher<'a>), Interruption> {
    let Some(mut job) = place(world, job, hold).await? else {
        return Ok((ended(world, job, Outcome::Ignored), publisher));
    };
    let publisher = publisher.addressed_as(&job.question);
    let shown = recover::shown(world, &job, &publisher).await?;
    if let Some(outcome) = end_at_once(world, &job) {
        return Ok((ended_early(world, &job, outcome, shown), publisher));
    }
    if let Some(shown) = shown.filter(|shown| recover::is_worth_keeping(world, shown)) {
        let conclusion = kept(world, &job, Outcome::Interrupted, shown);
        return Ok((conclusion, publisher));
    }
    match gather(world, &mut job).await? {
        Gathered::Refused(refusal) => {
            Ok((ended(world, &job, Outcome::Refused(refusal)), publisher))
        }
        Gathered::Deleted => Ok((deleted(world, &job, &publisher), publisher)),
        Gathered::Ready(prompt, troubles) => {
            let mut publisher = publisher.addressed_as(&job.question);
            if let Some(Again::Regenerate(_)) = job.again {
                publisher.clear_earlier().await?;
            }
            let asked = Asked {
                question: &job.question,
                prompt: &prompt,
                again: job.again.as_ref(),
            };
            let (generated, publisher) = generate(world, asked, hold, publisher).await?;
            let note = note(world.languages.of_asker(&job.question), &troubles);
            Ok((of_generated(world, &job, generated, &note), publisher))
        }
    }
}

/// The conclusion of a question that was deleted: what was shown of its answer says so, or goes.
fn deleted(world: &World, job: &ClaimedJob, publisher: &Publisher<'_>) -> Conclusion {
    let says_so = world.settings.deleted_question == DeletedQuestion::SaidSo;
    let sentence = Sentence::QuestionDeleted;
    Conclusion {
        outcome: Outcome::QuestionDeleted,
        answer: String::new(),
        texts: if says_so && publisher.has_begun() {
            world.composer.sentence(&job.question, &sentence).texts
        } else {
            Vec::new()
        },
        usage: Usage::default(),
        model: None,
        run: None,
        at: world.clock.now(),
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
        outcome,
        answer,
        texts,
        usage: generated.run.usage,
        model: generated.run.model.clone(),
        run: Some(Box::new(generated.run)),
        at: world.clock.now(),
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
        outcome,
        answer: shown,
        texts: composed.texts,
        usage: Usage::default(),
        model: None,
        run: None,
        at: world.clock.now(),
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
        outcome,
        answer: String::new(),
        usage: Usage::default(),
        model: None,
        run: None,
        at: world.clock.now(),
    }
}

/// Says why an earlier answer is kept; `None` where it may not be.
fn why_earlier_is_kept(outcome: &Outcome) -> Option<Sentence<'static>> {
    match outcome {
        Outcome::Stopped => Some(Sentence::EarlierKeptStopped),
        Outcome::Failed(failure) => Some(Sentence::EarlierKept {
            reason: Reason::from(failure),
        }),
        Outcome::Refused(refusal @ Refusal::Filtered) => Some(Sentence::EarlierKept {
            reason: Reason::from(*refusal),
        }),
        Outcome::Refused(Refusal::NotAMember | Refusal::Late)
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
        outcome: earlier.outcome.clone(),
        answer: earlier.answer.clone(),
        texts: composed.texts,
        usage: Usage::default(),
        model: None,
        run: None,
        at: world.clock.now(),
    }
}
