//! What is told about questions to those who look after askwell: how many, how fast, whose, where; never a word of what was said.

use std::time::Duration;

use super::channel_settings::SettingName;
use super::completion::ModelFailure;
use super::id::{ChannelId, QuestionId, UserId};
use super::question::Outcome;
use super::time::Timestamp;

/// What became of the questions that ended within a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tallied {
    /// Those that were answered, if only in part.
    pub answered: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that were stopped, refused or withdrawn.
    pub otherwise: u64,
    /// Tokens of prompts, as reported.
    pub prompt_tokens: u64,
    /// Tokens of answers, as reported.
    pub completion_tokens: u64,
}

impl Tallied {
    /// All that ended.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.answered
            .saturating_add(self.failed)
            .saturating_add(self.otherwise)
    }

    /// Counts questions that ended in one way.
    pub fn count(&mut self, outcome: Option<&Outcome>, questions: u64) {
        let counted = match outcome {
            Some(Outcome::Failed(_)) | None => &mut self.failed,
            Some(outcome) if outcome.is_a_turn() => &mut self.answered,
            Some(_) => &mut self.otherwise,
        };
        *counted = counted.saturating_add(questions);
    }

    /// Adds another stretch of time.
    pub fn add(&mut self, other: &Self) {
        let Self {
            answered,
            failed,
            otherwise,
            prompt_tokens,
            completion_tokens,
        } = other;
        for (sum, more) in [
            (&mut self.answered, answered),
            (&mut self.failed, failed),
            (&mut self.otherwise, otherwise),
            (&mut self.prompt_tokens, prompt_tokens),
            (&mut self.completion_tokens, completion_tokens),
        ] {
            *sum = sum.saturating_add(*more);
        }
    }
}

/// What ended within one of many stretches of equal length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When the stretch begins.
    pub begins_at: Timestamp,
    /// What became of its questions.
    pub tallied: Tallied,
}

/// How fast one run of the models was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// When it began.
    pub begun_at: Timestamp,
    /// Which model answered, by its name in the configuration.
    pub target: Option<String>,
    /// To the first word, where one came.
    pub first_token: Option<Duration>,
    /// To the end.
    pub whole: Duration,
}

/// Returns the time within which so many of a hundred came; `None` where there are none.
#[must_use]
pub fn percentile(mut times: Vec<Duration>, percent: usize) -> Option<Duration> {
    times.sort_unstable();
    let rank = (times.len() * percent).div_ceil(100);
    times.get(rank.saturating_sub(1)).copied()
}

/// A question as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its id.
    pub id: QuestionId,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Who asked it, where they have an account.
    pub asker: Option<UserId>,
    /// By what name.
    pub asker_name: String,
    /// Where.
    pub channel: Option<ChannelId>,
    /// The channel's name in URLs; empty where it is not known.
    pub channel_name: String,
    /// Whom it was for, where that is known.
    pub agent: Option<String>,
    /// How it ended, where it has.
    pub ended: Option<Ended>,
}

/// How a question ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The word of its outcome; see [`Outcome::as_str`].
    pub outcome: String,
    /// When.
    pub at: Timestamp,
    /// The model that answered, as its server names it.
    pub model: Option<String>,
    /// Tokens of the prompt, as reported.
    pub prompt_tokens: u64,
    /// Tokens of the answer, as reported.
    pub completion_tokens: u64,
}

/// A question that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Underway {
    /// Which.
    pub asked: Asked,
    /// Whether somebody works on it now.
    pub is_running: bool,
    /// How often work on it has begun.
    pub attempt: u32,
    /// Whether it is to be stopped.
    pub stop_requested: bool,
}

/// What was said, for those who may look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The question.
    pub question: String,
    /// The answer, as the model wrote it; empty where there is none.
    pub answer: String,
}

/// One setting of a channel, as somebody said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custom {
    /// Where.
    pub channel: ChannelId,
    /// Which.
    pub name: SettingName,
    /// How it is stored.
    pub value: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Whether a model is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelState {
    /// It is, and nothing is known against it.
    Asked,
    /// It is, though the last calls failed.
    Failing,
    /// It is not for a while.
    Resting {
        /// Until when.
        until: Timestamp,
        /// Why.
        because: ModelFailure,
    },
}

/// How a model does, as far as this process has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelHealth {
    /// Its name in the configuration.
    pub id: String,
    /// Whether it is asked.
    pub state: ModelState,
    /// The time within which nineteen of twenty of its first tokens came lately; absent where too few did.
    pub first_token_p95: Option<Duration>,
    /// Answers that it is writing.
    pub writing: usize,
    /// How many it may write at once, where that is limited.
    pub most_at_once: Option<usize>,
    /// How much it takes in, in tokens.
    pub window_tokens: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_of_a_hundred_came_within_the_percentile() {
        let millis = |count: u64| (1..=count).map(Duration::from_millis).collect::<Vec<_>>();
        for (times, percent, expected) in [
            (0, 50, None),
            (1, 50, Some(1)),
            (1, 95, Some(1)),
            (100, 50, Some(50)),
            (100, 95, Some(95)),
            (3, 50, Some(2)),
            (3, 95, Some(3)),
        ] {
            let found = percentile(millis(times), percent);
            assert_eq!(found, expected.map(Duration::from_millis), "{times}");
        }
    }

    #[test]
    fn every_outcome_is_counted_once() {
        let mut tallied = Tallied::default();
        for (word, questions) in [
            ("answered", 1),
            ("cut_short", 2),
            ("failed:deadline", 4),
            ("stopped", 8),
            ("refused:late", 16),
            ("nothing we know", 32),
        ] {
            tallied.count(Outcome::from_stored(word).as_ref(), questions);
        }
        assert_eq!(
            (tallied.answered, tallied.failed, tallied.otherwise),
            (3, 36, 24)
        );
        assert_eq!(tallied.ended(), 63);
    }
}
