//! The verdict on what was generated: which end it is, and what is said beneath it.

use super::generate::{Ending, Generated};
use crate::domain::completion::{FinishReason, ModelFailure};
use crate::domain::question::{Failure, Outcome, Refusal};
use crate::text::Sentence;

/// How a question ended, and the footnote under what was shown of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) footnote: Option<Sentence<'static>>,
}

/// Judges what was generated. What was shown is kept in every case; an error stands alone only where nothing was.
pub(super) fn judge(generated: &Generated) -> Verdict {
    let verdict = |outcome, footnote| Verdict { outcome, footnote };
    if generated.text.trim().is_empty() {
        let outcome = of_nothing(&generated.ending);
        let is_stopped = outcome == Outcome::Stopped;
        return verdict(outcome, is_stopped.then_some(Sentence::AnswerStopped));
    }
    match &generated.ending {
        Ending::Stopped => verdict(Outcome::Stopped, Some(Sentence::AnswerStopped)),
        Ending::Failed(ModelFailure::Filtered) | Ending::Finished(FinishReason::ContentFilter) => {
            verdict(Outcome::Interrupted, Some(Sentence::AnswerWithheld))
        }
        Ending::Failed(ModelFailure::TooLarge) | Ending::Finished(FinishReason::Length) => {
            verdict(Outcome::CutShort, Some(Sentence::AnswerCutAtLength))
        }
        Ending::Failed(_) | Ending::DeadlinePassed => {
            verdict(Outcome::Interrupted, Some(Sentence::AnswerInterrupted))
        }
        Ending::Finished(FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Unsaid) => {
            let footnote = generated.went_on.then_some(Sentence::AnswerWentOn);
            verdict(Outcome::Answered, footnote)
        }
    }
}

/// Judges an ending by which nothing came of it.
pub(super) fn of_nothing(ending: &Ending) -> Outcome {
    match ending {
        Ending::Stopped => Outcome::Stopped,
        Ending::Failed(ModelFailure::Filtered) | Ending::Finished(FinishReason::ContentFilter) => {
            Outcome::Refused(Refusal::Filtered)
        }
        Ending::Failed(ModelFailure::OverBudget) => Outcome::Refused(Refusal::OverBudget),
        Ending::Failed(failure) => Outcome::Failed(Failure::Model(*failure)),
        Ending::DeadlinePassed => Outcome::Failed(Failure::Deadline),
        Ending::Finished(_) => Outcome::Failed(Failure::Model(ModelFailure::Empty)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run::Run;
    use crate::domain::time::Timestamp;

    fn generated(text: &str, ending: Ending) -> Generated {
        Generated {
            text: text.to_owned(),
            ending,
            run: Run::begun(Timestamp::EPOCH, None),
            reasoning: String::new(),
            went_on: false,
        }
    }

    #[test]
    fn what_was_shown_is_kept_and_an_error_stands_alone_only_where_nothing_was() {
        let broken = || Ending::Failed(ModelFailure::Broken);
        let table = [
            (
                "hi",
                Ending::Finished(FinishReason::Stop),
                "answered",
                false,
            ),
            (
                "hi",
                Ending::Finished(FinishReason::Length),
                "cut_short",
                true,
            ),
            (
                "hi",
                Ending::Finished(FinishReason::ContentFilter),
                "interrupted",
                true,
            ),
            ("hi", broken(), "interrupted", true),
            (
                "hi",
                Ending::Failed(ModelFailure::TooLarge),
                "cut_short",
                true,
            ),
            ("hi", Ending::DeadlinePassed, "interrupted", true),
            ("hi", Ending::Stopped, "stopped", true),
            (
                "",
                Ending::Finished(FinishReason::Stop),
                "failed:model_empty",
                false,
            ),
            (
                " \n",
                Ending::Finished(FinishReason::ContentFilter),
                "refused:filtered",
                false,
            ),
            (
                "",
                Ending::Failed(ModelFailure::Filtered),
                "refused:filtered",
                false,
            ),
            ("", broken(), "failed:model_broken", false),
            ("", Ending::DeadlinePassed, "failed:deadline", false),
            ("", Ending::Stopped, "stopped", true),
        ];
        for (text, ending, outcome, has_footnote) in table {
            let verdict = judge(&generated(text, ending.clone()));
            assert_eq!(verdict.outcome.as_str(), outcome, "{text:?} {ending:?}");
            assert_eq!(
                verdict.footnote.is_some(),
                has_footnote,
                "{text:?} {ending:?}"
            );
        }
    }
}
