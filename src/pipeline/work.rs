//! The workforce: claims questions, works on each under its lease, and decides what becomes of one whose work broke off.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::answer;
use super::hold::Hold;
use super::interruption::Interruption;
use super::world::World;
use crate::domain::job::ClaimedJob;
use crate::domain::retry::FailureClass;
use crate::domain::time::Timestamp;
use crate::ports::{Claim, StoreError, timeout};

/// How long to wait for a bell that may have rung in another process. The bell of this process is heard at once.
const POLL: Duration = Duration::from_secs(1);

/// How long to wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// How long after its deadline the end of a question is still tried to be shown, in case Mattermost comes back.
pub const DELIVERY_GRACE: Duration = Duration::from_hours(24);

/// Works on questions until it is told to stop.
pub struct Workforce {
    world: Arc<World>,
    tracker: TaskTracker,
    places: Arc<Semaphore>,
    worker: u128,
}

/// How the work that was running ended when the workforce stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every question that was worked on has ended or was handed back.
    Cleanly,
    /// Some could not even be handed back in time; their leases will end by themselves.
    WithLeasesHeld,
}

impl Workforce {
    /// Makes a workforce of the configured size.
    #[must_use]
    pub fn new(world: Arc<World>) -> Self {
        let places = usize::try_from(world.settings.workers.max(1)).unwrap_or(usize::MAX);
        Self {
            worker: world.ids.token(),
            tracker: TaskTracker::new(),
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            world,
        }
    }

    /// Claims and works until `stop` is cancelled, then lets what is running end.
    ///
    /// What has not ended `grace` later is handed back, to be begun again by the next process.
    pub async fn run(self, stop: CancellationToken, grace: Duration) -> Drained {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.round() => {}
            }
        }
        self.drain(grace).await
    }

    /// Claims as much as there are free places for, then waits until there may be more.
    async fn round(&self) {
        let Ok(first) = self.places.clone().acquire_owned().await else {
            return;
        };
        let world = &self.world;
        let free = u32::try_from(self.places.available_permits()).unwrap_or(u32::MAX);
        let limit = free.saturating_add(1);
        // The bell keeps one ring while nobody listens, so a question admitted between this claim and the wait is not slept over.
        match self.claim(limit).await {
            Ok(jobs) => {
                let found = u32::try_from(jobs.len()).unwrap_or(u32::MAX);
                self.begin(jobs, first);
                if found < limit {
                    self.wait().await;
                }
            }
            Err(error) => {
                tracing::error!(error = %error, source = ?std::error::Error::source(&error), "work cannot be claimed; trying again");
                world
                    .clock
                    .sleep_until(world.clock.now().after(STORE_PAUSE))
                    .await;
            }
        }
    }

    async fn claim(&self, limit: u32) -> Result<Vec<ClaimedJob>, StoreError> {
        let claim = Claim {
            worker: self.worker,
            lease: self.world.settings.lease,
            limit,
            now: self.world.clock.now(),
        };
        self.world.store.claim(claim).await
    }

    async fn wait(&self) {
        let clock = &*self.world.clock;
        let poll = clock.now().after(POLL);
        let until = match self.world.store.next_due().await {
            Ok(Some(due)) => due.min(poll).max(clock.now()),
            Ok(None) | Err(_) => poll,
        };
        tokio::select! {
            () = self.world.work_waits.notified() => {}
            () = clock.sleep_until(until) => {}
        }
    }

    fn begin(&self, jobs: Vec<ClaimedJob>, first: OwnedSemaphorePermit) {
        let mut permit = Some(first);
        for job in jobs {
            let place = permit
                .take()
                .or_else(|| self.places.clone().try_acquire_owned().ok());
            let world = self.world.clone();
            self.tracker.spawn(async move {
                // The place is held, whether or not it was free, until the work has ended.
                let _place = place;
                work(&world, job).await;
                world.work_waits.notify_one();
            });
        }
    }

    async fn drain(&self, grace: Duration) -> Drained {
        self.tracker.close();
        let clock = &*self.world.clock;
        if timeout(clock, grace, self.tracker.wait()).await.is_ok() {
            return Drained::Cleanly;
        }
        self.world.halts.hand_all_back();
        match timeout(clock, STORE_PAUSE * 5, self.tracker.wait()).await {
            Ok(()) => Drained::Cleanly,
            Err(_) => Drained::WithLeasesHeld,
        }
    }
}

/// Works on one question, and gives it back where its end is not yet reached.
async fn work(world: &World, job: ClaimedJob) {
    let hold = Hold::new(job.lease.clone(), job.stop_requested);
    let _listed = world.halts.list(&hold);
    let worked = AssertUnwindSafe(answer(world, &job, &hold)).catch_unwind();
    let interruption = tokio::select! {
        worked = worked => match worked {
            Ok(Ok(())) => return,
            Ok(Err(interruption)) => Some(interruption),
            Err(_panic) => None,
        },
        lost = hold.keep(world) => Some(lost.into()),
    };
    if let Err(error) = give_back(world, &job, &hold, interruption).await {
        tracing::warn!(question.id = %job.question.id, error = %error, "a question could not be given back; it is taken up again when its lease ends");
    }
}

async fn give_back(
    world: &World,
    job: &ClaimedJob,
    hold: &Hold,
    interruption: Option<Interruption>,
) -> Result<(), StoreError> {
    let lease = hold.lease();
    let now = world.clock.now();
    match interruption {
        Some(Interruption::LeaseLost) => {
            tracing::warn!(question.id = %job.question.id, attempt = lease.attempt.0, "the lease on a question was lost");
            Ok(())
        }
        Some(Interruption::HandBack) => world.store.hand_back(lease).await,
        Some(Interruption::Store(error)) => {
            tracing::error!(question.id = %job.question.id, error = %error, source = ?std::error::Error::source(&error), "the store failed while a question was worked on");
            world.store.retry(lease, now.after(STORE_PAUSE)).await
        }
        Some(Interruption::Mattermost(error)) => {
            let delay = delivery_delay(world, job, error.kind.class(), now);
            tracing::warn!(question.id = %job.question.id, call = error.call, status = error.status, kind = ?error.kind, again = delay.is_some(), "Mattermost failed a question");
            match delay {
                Some(delay) => world.store.retry(lease, now.after(delay)).await,
                None => world.store.bury(lease, now).await,
            }
        }
        None => {
            tracing::error!(question.id = %job.question.id, attempt = lease.attempt.0, "work on a question panicked");
            let delay = world.settings.delivery_retry.first_delay;
            world.store.retry(lease, now.after(delay)).await
        }
    }
}

/// How long to wait before Mattermost is tried again; `None` where it is of no use, or no longer.
fn delivery_delay(
    world: &World,
    job: &ClaimedJob,
    class: FailureClass,
    now: Timestamp,
) -> Option<Duration> {
    if now > job.question.deadline.after(DELIVERY_GRACE) {
        return None;
    }
    let policy = world.settings.delivery_retry;
    // The question's end must be seen, so the number of tries is bounded by time and not by count.
    let failed = job
        .lease
        .attempt
        .0
        .min(policy.tries.saturating_sub(1))
        .max(1);
    policy.delay(class, failed, world.ids.jitter())
}
