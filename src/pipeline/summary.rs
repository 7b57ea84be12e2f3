//! Long conversations: their old turns are told in a summary, which the model writes when nobody waits for it.
//!
//! After a question has ended whose conversation nearly fills the model's room, the oldest turns are summarised, and those that were before
//! them. A later question is told the summary in place of them, as long as all of them are as they were: what was edited or deleted since
//! is told in no form. A crash costs the summary, which is made after the next question.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};

use super::OldTurns;
use super::budgets::meter_beside;
use super::hold::Hold;
use super::world::World;
use crate::domain::completion::Delta;
use crate::domain::conversation::{ConversationKey, Turn};
use crate::domain::hexadecimal::hexadecimal;
use crate::domain::prompt::{
    Message, ModelChoice, Prompt, Role, Window, beginning_within, message_tokens, turn_tokens,
};
use crate::domain::question::Question;
use crate::domain::run::Run;
use crate::domain::summary::{MAX_SUMMARY_CHARS, Summary, to_summarise};
use crate::ports::{KeptSummary, Meter, ModelError, StoreError, timeout};
use crate::redaction::Redacted;
use crate::text::{Language, summary_instructions, summary_told};

/// Tokens that the model is given for a summary, at most.
const SUMMARY_TOKENS: u32 = 1_000;

/// Conversations that are summarised at once.
pub(super) const SUMMARIES_AT_ONCE: usize = 2;

/// How long a summary may take, the wait for a model that is busy included.
const LONGEST: Duration = Duration::from_mins(1);

/// Hexadecimal digits by which a turn is known again.
const DIGEST_DIGITS: usize = 32;

/// A conversation as it was told with a question.
pub(super) struct ToldConversation {
    /// Its name.
    pub(super) conversation: ConversationKey,
    /// Its turns, oldest first, also those that did not fit.
    pub(super) turns: Vec<Turn>,
    /// The tokens that there are for them.
    pub(super) room: u64,
    /// The window of the model.
    pub(super) window: Window,
    /// Which model is asked.
    pub(super) choice: ModelChoice,
}

/// What is told in place of the first turns of a conversation, and of how many.
pub(super) struct SummaryTold {
    pub(super) text: String,
    pub(super) turns: usize,
}

/// Returns what is told in place of the first turns of a question's conversation, where something is.
pub(super) async fn in_place_of(
    world: &World,
    question: &Question,
    turns: &[Turn],
) -> Result<Option<SummaryTold>, StoreError> {
    if world.settings.old_turns == OldTurns::LeftOut || turns.is_empty() {
        return Ok(None);
    }
    let (server, conversation) = (&question.server, &question.conversation);
    let Some(summary) = world.store.summary(server, conversation).await? else {
        return Ok(None);
    };
    let Some(stands_for) = summary.stands_for(&digests(turns)) else {
        // It tells of what is not there any more.
        world.store.forget_summary(server, conversation).await?;
        return Ok(None);
    };
    let language = world.languages.of_asker(question);
    Ok(Some(SummaryTold {
        text: summary_told(language, &summary.text),
        turns: stands_for,
    }))
}

/// Summarises the old turns of a conversation where there will soon be no room for them. What fails is done after the next question.
pub(super) async fn keep_up(
    world: &World,
    question: &Question,
    spoken: &ToldConversation,
    hold: &Hold,
) {
    if world.settings.old_turns == OldTurns::LeftOut {
        return;
    }
    // Where others are at it, this conversation's turn comes after its next question.
    let Ok(_turn) = world.summary_turns.try_acquire() else {
        return;
    };
    let summarised = timeout(&*world.clock, LONGEST, summarise(world, question, spoken));
    let done = tokio::select! {
        biased;
        _ = hold.halted() => return,
        done = summarised => done,
    };
    match done {
        Ok(Ok(())) => {}
        Err(_elapsed) => {
            tracing::warn!(question.id = %question.id, "a conversation could not be summarised in time");
        }
        Ok(Err(Failed::Store(error))) => {
            tracing::warn!(question.id = %question.id, error = %error, "a conversation could not be summarised");
        }
        Ok(Err(Failed::Model(error))) => {
            tracing::warn!(question.id = %question.id, failure = ?error.failure, status = error.status, "a conversation could not be summarised");
        }
    }
}

enum Failed {
    Store(StoreError),
    Model(ModelError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ModelError> for Failed {
    fn from(error: ModelError) -> Self {
        Self::Model(error)
    }
}

async fn summarise(
    world: &World,
    question: &Question,
    spoken: &ToldConversation,
) -> Result<(), Failed> {
    let tokens: Vec<u64> = spoken.turns.iter().map(turn_tokens).collect();
    if to_summarise(&tokens, spoken.room, 0).is_none() {
        return Ok(());
    }
    let digests = digests(&spoken.turns);
    let (server, conversation) = (&question.server, &spoken.conversation);
    let earlier = world.store.summary(server, conversation).await?;
    let earlier = earlier.and_then(|summary| Some((summary.stands_for(&digests)?, summary.text)));
    let covered = earlier.as_ref().map_or(0, |(covered, _)| *covered);
    let Some(until) = to_summarise(&tokens, spoken.room, covered) else {
        return Ok(());
    };
    let told = earlier.map(|(_, text)| text).unwrap_or_default();
    let turns = spoken.turns.get(covered..until).unwrap_or_default();
    let language = world.languages.of_asker(question);
    let prompt = prompt(language, &told, turns, spoken);
    let mut redacted = Redacted::by(&world.settings.redaction);
    let prompt = redacted.hide_in(&prompt).unwrap_or(prompt);
    let meter = meter_beside(world, question);
    let written = written(world, &prompt, meter.clone()).await;
    let kept = match written {
        Ok((text, _)) if text.trim().is_empty() => Ok(()),
        Ok((text, run)) => {
            let summary = Summary {
                covered: digests.into_iter().take(until).collect(),
                text: redacted
                    .restore(&text)
                    .trim()
                    .chars()
                    .take(MAX_SUMMARY_CHARS)
                    .collect(),
            };
            let kept = KeptSummary {
                summary,
                after: question.id,
                run,
                at: world.clock.now(),
            };
            tracing::debug!(question.id = %question.id, turns = until, "the old turns of a conversation were summarised");
            world
                .store
                .keep_summary(server, conversation, &kept)
                .await
                .map_err(Failed::from)
        }
        Err(error) => Err(error.into()),
    };
    // The next question of the conversation may wait for the summary, and nobody for this.
    meter.settle().await;
    kept
}

/// Asks for a summary of what was told before and some turns. Of turns that are too long, each is told as far as its share of the room goes.
fn prompt(language: Language, told: &str, turns: &[Turn], spoken: &ToldConversation) -> Prompt {
    let instructions = summary_instructions(language);
    let most = SUMMARY_TOKENS.min(spoken.window.answer_tokens);
    let fixed = message_tokens(&instructions) + message_tokens(told) + u64::from(most);
    let room = u64::from(spoken.window.total_tokens).saturating_sub(fixed);
    let sayings = turns.len().saturating_mul(2).max(1) as u64;
    let share = (room / sayings).saturating_sub(message_tokens(""));
    let mut said = String::new();
    if !told.is_empty() {
        said.push_str(told);
        said.push_str("\n\n");
    }
    for turn in turns {
        for (mark, text) in [("> ", &turn.question), ("< ", &turn.answer)] {
            said.push_str(mark);
            said.push_str(beginning_within(text, share));
            said.push_str("\n\n");
        }
    }
    let mut prompt = Prompt::single(&said, most);
    let instructions = Message::new(Role::System, instructions);
    Arc::make_mut(&mut prompt.messages).insert(0, instructions);
    prompt.choice = spoken.choice.clone();
    prompt
}

/// Has the model write, to the end.
async fn written(
    world: &World,
    prompt: &Prompt,
    meter: Arc<dyn Meter>,
) -> Result<(String, Run), ModelError> {
    let begun = world.clock.now();
    let mut run = Run::begun(begun, prompt.choice.model.clone());
    let mut text = String::new();
    let mut deltas = world.model.complete_within(prompt, meter).await?;
    while let Some(delta) = deltas.next().await {
        match delta? {
            Delta::Text(more) => text.push_str(&more),
            Delta::Reasoning(_) => {}
            Delta::Usage(usage) => run.usage = usage,
            Delta::Model(model) => run.model = Some(model),
            Delta::Failed(attempt) => run.attempts.push(attempt),
            Delta::Answering { target } => run.target = Some(target),
            Delta::Finished(reason) => run.finish = Some(reason),
        }
        if run.first_token.is_none() && !text.is_empty() {
            run.first_token = Some(world.clock.now().since(begun));
        }
    }
    run.whole = world.clock.now().since(begun);
    Ok((text, run))
}

/// Returns by what each turn is known again.
fn digests(turns: &[Turn]) -> Vec<String> {
    let digest = |turn: &Turn| {
        let mut digest = Sha256::new();
        digest.update(&turn.question);
        digest.update([0]);
        digest.update(&turn.answer);
        let mut digits = hexadecimal(&digest.finalize());
        digits.truncate(DIGEST_DIGITS);
        digits
    };
    turns.iter().map(digest).collect()
}
