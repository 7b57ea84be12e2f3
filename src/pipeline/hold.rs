//! The hold on a question while it is worked on: its lease, kept alive, and the ways in which work on it is halted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::world::World;
use crate::domain::id::QuestionId;
use crate::domain::job::Lease;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, StoreError};

/// A lease is renewed when a third of it has passed, so that two renewals may fail before it ends.
const RENEWALS_A_LEASE: u32 = 3;

/// The right to work on a question, and whether to go on.
pub(super) struct Hold {
    lease: Lease,
    until: AtomicI64,
    signals: Signals,
}

#[derive(Clone, Default)]
struct Signals {
    stop: CancellationToken,
    hand_back: CancellationToken,
}

/// Why work on a question is halted before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// The asker wants it ended.
    Stopped,
    /// This process ends; another takes over.
    HandBack,
}

impl Hold {
    pub(super) fn new(lease: Lease, stop_requested: bool) -> Self {
        let signals = Signals::default();
        if stop_requested {
            signals.stop.cancel();
        }
        Self {
            until: AtomicI64::new(lease.until.as_micros()),
            lease,
            signals,
        }
    }

    pub(super) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Says whether the lease outlasts a call that takes up to `longest`. A fence in the database cannot call back a post, so no call
    /// is begun that may end after somebody else has taken over.
    pub(super) fn outlasts(&self, clock: &dyn Clock, longest: Duration) -> bool {
        clock.now().after(longest) < Timestamp::from_micros(self.until.load(Ordering::Relaxed))
    }

    /// Waits until work is to be halted.
    pub(super) async fn halted(&self) -> Halt {
        tokio::select! {
            biased;
            () = self.signals.stop.cancelled() => Halt::Stopped,
            () = self.signals.hand_back.cancelled() => Halt::HandBack,
        }
    }

    /// Renews the lease for as long as this is awaited; returns when it is lost, or has ended because the store could not be reached.
    pub(super) async fn keep(&self, world: &World) -> StoreError {
        let pause = world.settings.lease / RENEWALS_A_LEASE;
        loop {
            world
                .clock
                .sleep_until(world.clock.now().after(pause))
                .await;
            let until = world.clock.now().after(world.settings.lease);
            match world.store.renew(&self.lease, until).await {
                Ok(renewal) => {
                    self.until
                        .store(renewal.until.as_micros(), Ordering::Relaxed);
                    if renewal.stop_requested {
                        self.signals.stop.cancel();
                    }
                }
                Err(StoreError::Unavailable(source))
                    if self.outlasts(&*world.clock, Duration::ZERO) =>
                {
                    tracing::warn!(question.id = %self.lease.question, error = %source, "a lease could not be renewed; trying again");
                }
                Err(error) => return error,
            }
        }
    }
}

/// The holds of this process, by question; bounded by the number of workers.
#[derive(Clone, Default)]
pub(super) struct Halts(Arc<Mutex<HashMap<QuestionId, Signals>>>);

/// Takes a hold off the list when work on it ends, however it ends.
pub(super) struct Listed {
    halts: Halts,
    question: QuestionId,
}

impl Halts {
    pub(super) fn list(&self, hold: &Hold) -> Listed {
        let question = hold.lease.question;
        self.lock().insert(question, hold.signals.clone());
        Listed {
            halts: self.clone(),
            question,
        }
    }

    /// Stops those of these questions that are worked on here.
    pub(super) fn stop(&self, questions: &[QuestionId]) {
        let listed = self.lock();
        for signals in questions.iter().filter_map(|question| listed.get(question)) {
            signals.stop.cancel();
        }
    }

    /// Tells all work of this process to hand back.
    pub(super) fn hand_all_back(&self) {
        for signals in self.lock().values() {
            signals.hand_back.cancel();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<QuestionId, Signals>> {
        // No code panics while it holds this lock, and a map is whole in any case.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.halts.lock().remove(&self.question);
    }
}
