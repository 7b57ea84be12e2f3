//! An answer that is being read: its connection, its time-outs, its deltas.
//!
//! What has arrived is drained before anything is handed on, so a reader who is busy elsewhere finds one long delta. Reading on a tick
//! was left out (ADR 5): hyper hands chunks over one at a time through a task of its own, so "nothing is ready" does not mean that
//! the socket is empty, and a tick that believes it falls behind a fast model; and the end of an answer would be late by up to a tick.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, stream};

use super::client::Incoming;
use super::completion::{Ending, Progress};
use super::error::caused;
use super::reply::Reply;
use crate::domain::completion::{Delta, ModelFailure};
use crate::domain::time::Timestamp;
use crate::ports::{Clock, DeltaStream, Elapsed, ModelError, timeout};

/// How long a usage report is waited for after the model has finished.
const USAGE_GRACE: Duration = Duration::from_secs(2);

/// Until when, and for how long, an answer may keep us waiting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// The first token must have come.
    pub(super) first_token_by: Timestamp,
    /// The whole answer must have come.
    pub(super) whole_by: Timestamp,
    /// The longest silence after the first token.
    pub(super) idle: Duration,
}

impl Patience {
    /// Returns how long to wait now, and what it means when that was in vain.
    pub(super) fn limit(&self, progress: Progress, now: Timestamp) -> (Duration, ModelFailure) {
        let whole = (self.whole_by.since(now), ModelFailure::TotalTimeout);
        let step = match progress {
            Progress::Silent | Progress::Begun => (
                self.first_token_by.since(now),
                ModelFailure::FirstTokenTimeout,
            ),
            Progress::Writing => (self.idle, ModelFailure::IdleTimeout),
            // In vain means here that there is no report; the answer is whole all the same.
            Progress::Finished | Progress::Over => {
                (USAGE_GRACE.min(self.idle), ModelFailure::IdleTimeout)
            }
        };
        if whole.0 < step.0 { whole } else { step }
    }
}

struct Answer {
    /// The connection; none once it has ended.
    response: Option<Incoming>,
    reply: Reply,
    /// What ended it, until it is handed on.
    error: Option<ModelError>,
    clock: Arc<dyn Clock>,
    patience: Patience,
}

/// Makes a stream of deltas of a response. Dropping it ends it at its server ([`Incoming`]).
pub(super) fn deltas(
    response: Incoming,
    reply: Reply,
    clock: Arc<dyn Clock>,
    patience: Patience,
) -> DeltaStream {
    let answer = Answer {
        response: Some(response),
        reply,
        error: None,
        clock,
        patience,
    };
    Box::pin(stream::unfold(answer, |mut answer| async move {
        let item = answer.next().await?;
        Some((item, answer))
    }))
}

impl Answer {
    async fn next(&mut self) -> Option<Result<Delta, ModelError>> {
        loop {
            if let Some(delta) = self.reply.take() {
                return Some(Ok(delta));
            }
            if let Some(error) = self.error.take() {
                return Some(Err(error));
            }
            let response = self.response.as_mut()?;
            let (limit, in_vain) = self.patience.limit(self.reply.progress(), self.clock.now());
            let outcome = match timeout(&*self.clock, limit, response.chunk()).await {
                Ok(read) => self.hear(read).and_then(|()| self.drain()),
                Err(elapsed) => self.give_up(in_vain, elapsed),
            };
            if let Err(error) = outcome {
                self.response = None;
                self.error = Some(error);
            } else if self.reply.progress() == Progress::Over {
                self.response = None;
            }
        }
    }

    fn hear(&mut self, read: reqwest::Result<Option<Bytes>>) -> Result<(), ModelError> {
        match read {
            Ok(Some(bytes)) => self.reply.receive(&bytes),
            Ok(None) => self.reply.end(Ending::Clean),
            Err(error) => self.reply.end(Ending::Cut).map_err(|broken| ModelError {
                source: Some(Box::new(error.without_url())),
                ..broken
            }),
        }
    }

    /// Reads on as long as there is something to read at once.
    fn drain(&mut self) -> Result<(), ModelError> {
        while self.reply.progress() != Progress::Over {
            let Some(response) = self.response.as_mut() else {
                break;
            };
            let Some(read) = response.chunk().now_or_never() else {
                break;
            };
            self.hear(read)?;
        }
        Ok(())
    }

    fn give_up(&mut self, in_vain: ModelFailure, elapsed: Elapsed) -> Result<(), ModelError> {
        if self.reply.progress() == Progress::Finished {
            return self.reply.end(Ending::Cut);
        }
        Err(caused(in_vain, elapsed))
    }
}

/// Reads a short body: at most `most` bytes of it, and what comes in time. Whoever parses it finds out whether it is whole.
pub(super) async fn read_body(
    mut response: Incoming,
    clock: &dyn Clock,
    within: Duration,
    most: usize,
) -> Vec<u8> {
    let mut body = Vec::new();
    let reading = async {
        while let Ok(Some(bytes)) = response.chunk().await {
            let room = most.saturating_sub(body.len());
            body.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
            if bytes.len() >= room {
                break;
            }
        }
    };
    // A body that is cut or late is judged by what came of it.
    let _in_time = timeout(clock, within, reading).await.is_ok();
    body
}
