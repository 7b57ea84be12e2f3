//! A call that is counted: reserved before it is made, and told of when it is over, however that comes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt as _};

use super::Member;
use crate::domain::budget::Bound;
use crate::domain::completion::{Delta, FinishReason, ModelFailure, Usage};
use crate::domain::prompt::Prompt;
use crate::llm::error::failed;
use crate::ports::{Allowed, CallUse, DeltaStream, LanguageModel, Meter, ModelError, NotReserved};

/// Returns how much a call can use at most.
pub(super) fn bound_of(member: &Member, prompt: &Prompt) -> Bound {
    Bound {
        prompt_tokens: prompt.most_tokens(),
        answer_tokens: u64::from(prompt.max_answer_tokens),
        price: member.price(prompt.choice.model.as_deref()),
    }
}

/// Asks a model once what a call may use is reserved.
pub(super) async fn asked_within(
    meter: Arc<dyn Meter>,
    target: &str,
    bound: Bound,
    model: &dyn LanguageModel,
    prompt: &Prompt,
) -> Result<DeltaStream, ModelError> {
    let reserved = meter.reserve(target, bound).await;
    let allowed = reserved.map_err(|refused| {
        failed(match refused {
            NotReserved::OverBudget => ModelFailure::OverBudget,
            NotReserved::Unpriced => ModelFailure::Unpriced,
            NotReserved::Unavailable => ModelFailure::Unmetered,
        })
    })?;
    let mut tab = Tab::begun(meter, allowed, bound);
    match model.complete(prompt).await {
        Ok(deltas) => Ok(Box::pin(Metered {
            deltas,
            tab,
            is_cut: false,
        })),
        Err(error) => {
            tab.refused(&error);
            Err(error)
        }
    }
}

/// Bytes of a token, at most, on average over an answer: four in English, and fewer in most languages.
const MOST_BYTES_A_TOKEN: u64 = 16;

/// What is known of a call so far; told when it is dropped.
struct Tab {
    meter: Arc<dyn Meter>,
    call: u128,
    /// Tokens of the answer, at most.
    most: u64,
    /// Pieces of answer and reasoning, each of which is a token at least.
    pieces: u64,
    written: u64,
    usage: Option<Usage>,
    model: Option<String>,
    is_finished: bool,
    is_refused: bool,
}

impl Tab {
    fn begun(meter: Arc<dyn Meter>, allowed: Allowed, bound: Bound) -> Self {
        Self {
            meter,
            call: allowed.call,
            most: if allowed.is_bounded {
                bound.answer_tokens
            } else {
                u64::MAX
            },
            pieces: 0,
            written: 0,
            usage: None,
            model: None,
            is_finished: false,
            is_refused: false,
        }
    }

    fn refused(&mut self, error: &ModelError) {
        // Who refuses has read nothing, and whom nobody reached neither; filters read, and of gateways and all else nothing is known.
        match error.status {
            _ if error.failure == ModelFailure::Filtered => self.is_finished = true,
            Some(408 | 502 | 504 | ..=299) => {}
            Some(_) => self.is_refused = true,
            None => self.is_refused = is_unreached(error),
        }
    }

    fn take(&mut self, delta: &Delta) {
        match delta {
            Delta::Text(text) | Delta::Reasoning(text) => {
                self.pieces += 1;
                self.written += text.len() as u64;
            }
            Delta::Usage(usage) => self.usage = Some(*usage),
            Delta::Model(model) => self.model = Some(model.clone()),
            Delta::Finished(_) => self.is_finished = true,
            Delta::Failed(_) | Delta::Answering { .. } => {}
        }
    }

    /// Whether more tokens were written than were reserved, without a doubt.
    fn is_beyond(&self) -> bool {
        let fewest = self.pieces.max(self.written / MOST_BYTES_A_TOKEN);
        fewest > self.most
    }

    fn used(&self) -> CallUse {
        let written = self.written;
        match self.usage {
            _ if self.is_refused => CallUse::Nothing,
            // Who reports a prompt of nothing, or nothing of what was written, reports nonsense.
            Some(usage)
                if self.is_finished
                    && usage.prompt_tokens > 0
                    && (usage.completion_tokens > 0 || written == 0) =>
            {
                CallUse::Reported(usage)
            }
            _ if self.is_finished => CallUse::Unreported { written },
            _ => CallUse::Unknown,
        }
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.meter.ended(self.call, self.used(), self.model.take());
    }
}

/// Whether a connection was never made.
fn is_unreached(error: &ModelError) -> bool {
    let source = error.source.as_deref();
    let source = source.and_then(|source| source.downcast_ref::<reqwest::Error>());
    source.is_some_and(reqwest::Error::is_connect)
}

/// An answer that is counted, and cut where it has more tokens than were reserved.
struct Metered {
    deltas: DeltaStream,
    tab: Tab,
    is_cut: bool,
}

impl Stream for Metered {
    type Item = Result<Delta, ModelError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_cut {
            return Poll::Ready(None);
        }
        if self.tab.is_beyond() && !self.tab.is_finished {
            self.is_cut = true;
            return Poll::Ready(Some(Ok(Delta::Finished(FinishReason::Length))));
        }
        let polled = self.deltas.poll_next_unpin(context);
        match &polled {
            Poll::Ready(Some(Ok(delta))) => self.tab.take(delta),
            Poll::Ready(Some(Err(error))) if self.tab.pieces == 0 => self.tab.refused(error),
            Poll::Ready(Some(Err(_)) | None) | Poll::Pending => {}
        }
        polled
    }
}
