//! An answer that is being read: its connection, its time-outs, its deltas.
//!
//! What has arrived is drained before anything is handed on, so a reader who is busy elsewhere finds one long delta. Reading on a tick
//! was left out (ADR 5): hyper hands chunks over one at a time through a task of its own, so "nothing is ready" does not mean that
//! the socket is empty, and a tick that believes it falls behind a fast model; and the end of an answer would be late by up to a tick.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, stream};

use super::client::Incoming;
use super::completion::{Progress, ReplyEnd};
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

/// What deltas come from: a connection, and what reads it.
pub(super) trait Source: Send {
    /// Waits for the next that arrives, and reads it. Nothing is lost where the wait is given up.
    fn hear(&mut self) -> impl Future<Output = Result<(), ModelError>> + Send;

    /// Takes the next delta that is ready.
    fn take(&mut self) -> Option<Delta>;

    /// Says how far the completion has come.
    fn progress(&self) -> Progress;

    /// Says that nothing more comes.
    fn end(&mut self, ending: ReplyEnd) -> Result<(), ModelError>;

    /// Says whether there is a connection.
    fn is_open(&self) -> bool;

    /// Closes the connection.
    fn close(&mut self);
}

/// A response, and what reads it in one of our own protocols.
pub(super) struct Connection {
    /// None once it has ended.
    response: Option<Incoming>,
    reply: Reply,
}

impl Connection {
    pub(super) fn new(response: Incoming, reply: Reply) -> Self {
        Self {
            response: Some(response),
            reply,
        }
    }
}

impl Source for Connection {
    async fn hear(&mut self) -> Result<(), ModelError> {
        let Some(response) = self.response.as_mut() else {
            return Ok(());
        };
        match response.chunk().await {
            Ok(Some(bytes)) => self.reply.receive(&bytes),
            Ok(None) => self.reply.end(ReplyEnd::Clean),
            Err(error) => self.reply.end(ReplyEnd::Cut).map_err(|broken| ModelError {
                source: Some(Box::new(error.without_url())),
                ..broken
            }),
        }
    }

    fn take(&mut self) -> Option<Delta> {
        self.reply.take()
    }

    fn progress(&self) -> Progress {
        self.reply.progress()
    }

    fn end(&mut self, ending: ReplyEnd) -> Result<(), ModelError> {
        self.reply.end(ending)
    }

    fn is_open(&self) -> bool {
        self.response.is_some()
    }

    fn close(&mut self) {
        self.response = None;
    }
}

struct Answer<S> {
    source: S,
    /// What ended it, until it is handed on.
    error: Option<ModelError>,
    clock: Arc<dyn Clock>,
    patience: Patience,
}

/// Makes a stream of deltas of what comes from a source. Dropping it closes the connection.
pub(super) fn deltas<S: Source + 'static>(
    source: S,
    clock: Arc<dyn Clock>,
    patience: Patience,
) -> DeltaStream {
    Answer::new(source, clock, patience).deltas()
}

/// The same for a source that has yet to be accepted by its server: it returns when something has come.
///
/// # Errors
/// When nothing comes but a failure.
pub(super) async fn accepted_deltas<S: Source + 'static>(
    source: S,
    clock: Arc<dyn Clock>,
    patience: Patience,
) -> Result<DeltaStream, ModelError> {
    let mut answer = Answer::new(source, clock, patience);
    while answer.source.progress() == Progress::Silent && answer.source.is_open() {
        answer.step().await;
    }
    match answer.error.take() {
        Some(error) if answer.source.progress() == Progress::Silent => Err(error),
        error => {
            answer.error = error;
            Ok(answer.deltas())
        }
    }
}

impl<S: Source + 'static> Answer<S> {
    fn new(source: S, clock: Arc<dyn Clock>, patience: Patience) -> Self {
        Self {
            source,
            error: None,
            clock,
            patience,
        }
    }

    fn deltas(self) -> DeltaStream {
        Box::pin(stream::unfold(self, |mut answer| async move {
            let item = answer.next().await?;
            Some((item, answer))
        }))
    }

    async fn next(&mut self) -> Option<Result<Delta, ModelError>> {
        loop {
            if let Some(delta) = self.source.take() {
                return Some(Ok(delta));
            }
            if let Some(error) = self.error.take() {
                return Some(Err(error));
            }
            if !self.source.is_open() {
                return None;
            }
            self.step().await;
        }
    }

    /// Waits for what comes next, as long as patience lasts.
    async fn step(&mut self) {
        let (limit, in_vain) = self
            .patience
            .limit(self.source.progress(), self.clock.now());
        let outcome = match timeout(&*self.clock, limit, self.source.hear()).await {
            Ok(heard) => heard.and_then(|()| self.drain()),
            Err(elapsed) => self.give_up(in_vain, elapsed),
        };
        if let Err(error) = outcome {
            self.source.close();
            self.error = Some(error);
        } else if self.source.progress() == Progress::Over {
            self.source.close();
        }
    }

    /// Reads on as long as there is something to read at once.
    fn drain(&mut self) -> Result<(), ModelError> {
        while self.source.progress() != Progress::Over {
            let Some(heard) = self.source.hear().now_or_never() else {
                break;
            };
            heard?;
        }
        Ok(())
    }

    fn give_up(&mut self, in_vain: ModelFailure, elapsed: Elapsed) -> Result<(), ModelError> {
        if self.source.progress() == Progress::Finished {
            return self.source.end(ReplyEnd::Cut);
        }
        Err(caused(in_vain, elapsed))
    }
}
