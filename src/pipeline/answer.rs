//! The answer to one question: the page to read first.
//!
//! A question that an earlier attempt concluded is only published. Otherwise it is put into its place, refused or ended where it
//! must be, or gathered, generated and concluded; the conclusion is committed before its last edit, so that a crash after it needs no model again.

use super::compose::Composed;
use super::gather::{Gathered, gather, place};
use super::generate::{Ending, Generated, generate};
use super::hold::Hold;
use super::interruption::Interruption;
use super::publish::Publisher;
use super::recover;
use super::settle::{Verdict, judge};
use super::world::World;
use crate::domain::completion::Usage;
use crate::domain::job::ClaimedJob;
use crate::domain::question::{Conclusion, Failure, Outcome};
use crate::text::{Reason, Sentence};

/// Works on a question until it has ended and people have seen its end.
pub(super) async fn answer(
    world: &World,
    job: &ClaimedJob,
    hold: &Hold,
) -> Result<(), Interruption> {
    let mut publisher = Publisher::resume(world, &job.question, hold).await?;
    let conclusion = if let Some(concluded) = &job.concluded {
        concluded.clone()
    } else {
        let (conclusion, used) = conclude(world, job, hold, publisher).await?;
        publisher = used;
        world.store.conclude(hold.lease(), &conclusion).await?;
        conclusion
    };
    publisher.finish(&conclusion).await?;
    world.store.settle(hold.lease(), world.clock.now()).await?;
    tracing::info!(question.id = %job.question.id, outcome = conclusion.outcome.as_str(), attempt = hold.lease().attempt.0, "a question has ended");
    Ok(())
}

async fn conclude<'a>(
    world: &'a World,
    job: &ClaimedJob,
    hold: &'a Hold,
    publisher: Publisher<'a>,
) -> Result<(Conclusion, Publisher<'a>), Interruption> {
    let Some(question) = place(world, job, hold).await? else {
        return Ok((ended(world, job, Outcome::Ignored), publisher));
    };
    let publisher = publisher.addressed_as(&question);
    let shown = recover::shown(world, job, &publisher).await?;
    if let Some(outcome) = end_at_once(world, job) {
        return Ok((ended_early(world, job, outcome, shown), publisher));
    }
    if let Some(shown) = shown.filter(|shown| recover::is_worth_keeping(world, shown)) {
        let conclusion = kept(world, job, Outcome::Interrupted, shown);
        return Ok((conclusion, publisher));
    }
    match gather(world, &question).await? {
        Gathered::Refused(refusal) => Ok((ended(world, job, Outcome::Refused(refusal)), publisher)),
        Gathered::Ready(prompt) => {
            let (generated, publisher) =
                generate(world, &question, &prompt, hold, publisher).await?;
            Ok((of_generated(world, job, generated), publisher))
        }
    }
}

/// Ends that need no model: too many deaths, a deadline that has passed, a stop before the beginning.
fn end_at_once(world: &World, job: &ClaimedJob) -> Option<Outcome> {
    if job.stop_requested {
        Some(Outcome::Stopped)
    } else if world.clock.now() >= job.question.deadline {
        Some(Outcome::Failed(Failure::Deadline))
    } else if job.deaths >= world.settings.max_deaths {
        Some(Outcome::Failed(Failure::Abandoned))
    } else {
        None
    }
}

fn of_generated(world: &World, job: &ClaimedJob, generated: Generated) -> Conclusion {
    let Verdict { outcome, footnote } = judge(&generated);
    if generated.text.trim().is_empty() {
        return Conclusion {
            usage: generated.usage,
            model: generated.model,
            ..ended(world, job, outcome)
        };
    }
    let Composed { texts, is_cut } =
        world
            .composer
            .answer(&job.question, &generated.text, footnote);
    let outcome = if is_cut && generated.ending != Ending::Stopped {
        Outcome::CutShort
    } else {
        outcome
    };
    Conclusion {
        outcome,
        answer: generated.text,
        texts,
        usage: generated.usage,
        model: generated.model,
        at: world.clock.now(),
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
        at: world.clock.now(),
    }
}

/// The conclusion of a question to which no model wrote anything.
fn ended(world: &World, job: &ClaimedJob, outcome: Outcome) -> Conclusion {
    let quoted = job.question.id.quoted();
    let sentence = match &outcome {
        Outcome::Ignored => None,
        Outcome::Stopped => Some(Sentence::AnswerStopped),
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
        at: world.clock.now(),
    }
}
