//! The workforce: claims questions, works on each under its lease, and decides what becomes of one whose work broke off.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::answer;
use super::budgets;
use super::hold::Hold;
use super::interruption::Interruption;
use super::measure;
use super::summary::{ToldConversation, keep_up};
use super::world::World;
use crate::domain::job::{Attempt, ClaimedJob, Undeliverable};
use crate::domain::retry::{FailureClass, RetryPolicy};
use crate::domain::time::Timestamp;
use crate::ports::{Burial, Claim, MattermostError, StoreError, timeout};

/// How long to wait for a bell that may have rung in another process. The bell of this process is heard at once.
const POLL: Duration = Duration::from_secs(1);

/// How long to wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// How often it is measured how far budgets are used.
const MEASURED_EVERY: Duration = Duration::from_secs(30);

/// A call that began so long ago over a question that has ended is one that nobody settles.
const LOST_AFTER: Duration = Duration::from_hours(1);

/// How long after its deadline the end of a question is still tried to be shown, in case Mattermost comes back.
pub const DELIVERY_GRACE: Duration = Duration::from_hours(24);

/// Works on questions until it is told to stop.
pub struct Workforce {
    world: Arc<World>,
    tracker: TaskTracker,
    places: Arc<Semaphore>,
    /// When another takes its place.
    replaced: CancellationToken,
    worker: u128,
    /// When it was last looked what other processes were asked to stop.
    looked_at: AtomicI64,
    /// When calls that nobody settled were last looked for.
    audited_at: AtomicI64,
    /// When it was last measured how far budgets are used.
    budgeted_at: AtomicI64,
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
            looked_at: AtomicI64::new(i64::MIN),
            audited_at: AtomicI64::new(i64::MIN),
            budgeted_at: AtomicI64::new(i64::MIN),
            tracker: TaskTracker::new(),
            replaced: CancellationToken::new(),
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            world,
        }
    }

    /// Has it claim nothing more once `replaced` is cancelled, because another takes its place in this process. What is running then ends as
    /// it began, for which there is time up to the questions' deadlines.
    #[must_use]
    pub fn until(self, replaced: CancellationToken) -> Self {
        Self { replaced, ..self }
    }

    /// Claims and works until `stop` is cancelled, then lets what is running end.
    ///
    /// What has not ended `grace` later is handed back, to be begun again by the next process.
    pub async fn run(self, stop: CancellationToken, grace: Duration) -> Drained {
        while !stop.is_cancelled() && !self.replaced.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => break,
                // Not broken off where it is replaced: what was claimed is worked on.
                () = self.round() => {}
            }
        }
        if !stop.is_cancelled() {
            self.tracker.close();
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.tracker.wait() => return Drained::Cleanly,
            }
        }
        self.drain(grace).await
    }

    /// Looks now and then whether other processes were asked to stop what is worked on here; in this one it is known at once. Renewing a
    /// lease tells it too, but later.
    async fn heed_stops(&self) {
        let world = &self.world;
        let now = world.clock.now();
        let looked_at = Timestamp::from_micros(self.looked_at.load(Ordering::Relaxed));
        let is_soon = now.since(looked_at) < POLL && looked_at.since(now) < POLL;
        if is_soon || !world.store.is_shared() || world.halts.are_none() {
            return;
        }
        self.looked_at.store(now.as_micros(), Ordering::Relaxed);
        match world.store.stops_of(self.worker).await {
            Ok(questions) => world.halts.stop_for_another(&questions, now),
            Err(error) => {
                tracing::debug!(error = %error, "what is to be stopped could not be learnt");
            }
        }
    }

    /// Measures now and then how far budgets are used.
    async fn tell_how_far_budgets_are_used(&self) {
        let world = &self.world;
        if world.counting.budgets.is_empty() || !self.is_time(&self.budgeted_at, MEASURED_EVERY) {
            return;
        }
        if let Err(error) = budgets::tell_how_far(world).await {
            tracing::debug!(error = %error, "how far budgets are used could not be learnt");
        }
    }

    /// Whether something was last done so long ago that it is to be done again; then it is taken to be done now.
    fn is_time(&self, last: &AtomicI64, every: Duration) -> bool {
        let now = self.world.clock.now();
        let at = Timestamp::from_micros(last.load(Ordering::Relaxed));
        let is_time = now.since(at) >= every || at.since(now) >= every;
        if is_time {
            last.store(now.as_micros(), Ordering::Relaxed);
        }
        is_time
    }

    /// Settles, now and then, calls that nobody will settle any more: of summaries that were written when a process ended.
    async fn settle_lost(&self) {
        let world = &self.world;
        if !self.is_time(&self.audited_at, LOST_AFTER) {
            return;
        }
        let before = world.clock.now().before(LOST_AFTER);
        match world.store.settle_lost(before).await {
            Ok(0) => {}
            Ok(calls) => {
                tracing::info!(
                    calls,
                    "calls that nobody settled are taken to have used all that they reserved"
                );
            }
            Err(error) => {
                tracing::warn!(error = %error, "calls that nobody settled could not be looked for");
            }
        }
    }

    /// Claims as much as there are free places for, then waits until there may be more.
    async fn round(&self) {
        let place = self.places.clone().acquire_owned();
        let Some(Ok(first)) = self.replaced.run_until_cancelled(place).await else {
            return;
        };
        self.heed_stops().await;
        self.tell_how_far_budgets_are_used().await;
        let world = &self.world;
        let free = u32::try_from(self.places.available_permits()).unwrap_or(u32::MAX);
        let limit = free.saturating_add(1);
        // The bell keeps one ring while nobody listens, so a question admitted between this claim and the wait is not slept over.
        match self.claim(limit).await {
            Ok(jobs) => {
                let found = u32::try_from(jobs.len()).unwrap_or(u32::MAX);
                self.begin(jobs, first);
                if found < limit {
                    self.settle_lost().await;
                    self.wait().await;
                }
            }
            Err(error) => {
                tracing::error!(error = %error, source = ?std::error::Error::source(&error).map(ToString::to_string), "work cannot be claimed; trying again");
                world
                    .clock
                    .sleep_until(world.clock.now().after(STORE_PAUSE))
                    .await;
            }
        }
    }

    async fn claim(&self, limit: u32) -> Result<Vec<ClaimedJob>, StoreError> {
        let claim = Claim {
            server: self.world.mattermost.server().clone(),
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
        let server = self.world.mattermost.server();
        let until = match self.world.store.next_due(server).await {
            Ok(Some(due)) => due.min(poll).max(clock.now()),
            Ok(None) | Err(_) => poll,
        };
        tokio::select! {
            () = self.replaced.cancelled() => {}
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
                work(&world, job, place).await;
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
async fn work(world: &World, job: ClaimedJob, place: Option<OwnedSemaphorePermit>) {
    let hold = Hold::new(&job);
    measure::claimed(world, &job);
    let _listed = world.halts.list(&hold);
    let given_up = if is_hopeless(job.deaths, world.settings.max_deaths) {
        tracing::error!(question.id = %job.question.id, deaths = job.deaths, "a question that kills whoever works on it is buried");
        let burial = Burial {
            reason: Undeliverable::Deadly,
            detail: String::new(),
        };
        bury(world, &job, &hold, &burial).await
    } else {
        match attempt(world, &job, &hold).await {
            Attempted::Ended(spoken) => {
                if let Some(spoken) = spoken {
                    // Nobody waits for this: neither who is behind it, nor who has no place.
                    drop(place);
                    world.work_waits.notify_one();
                    keep_up(world, &job.question, &spoken, &hold).await;
                }
                return;
            }
            Attempted::Interrupted(interruption) => {
                give_back(world, &job, &hold, interruption).await
            }
            Attempted::Panicked => {
                tracing::error!(question.id = %job.question.id, attempt = hold.lease().attempt.0, "work on a question panicked");
                let delay = world.settings.delivery_retry.first_delay;
                die(world, &hold, delay).await
            }
        }
    };
    if let Err(error) = given_up {
        tracing::warn!(question.id = %job.question.id, error = %error, "a question could not be given back; it is taken up again when its lease ends");
    }
}

/// Says whether even telling the asker that it was given up has died as often as answering it had.
fn is_hopeless(deaths: u32, max_deaths: u32) -> bool {
    deaths >= max_deaths.saturating_mul(2)
}

/// How one attempt at a question went.
enum Attempted {
    Ended(Option<ToldConversation>),
    Interrupted(Interruption),
    Panicked,
}

async fn attempt(world: &World, job: &ClaimedJob, hold: &Hold) -> Attempted {
    let answered = AssertUnwindSafe(answer(world, job, hold)).catch_unwind();
    tokio::select! {
        answered = answered => match answered {
            Ok(Ok(spoken)) => Attempted::Ended(spoken),
            Ok(Err(interruption)) => Attempted::Interrupted(interruption),
            Err(_panic) => Attempted::Panicked,
        },
        lost = hold.keep(world) => Attempted::Interrupted(lost.into()),
    }
}

async fn give_back(
    world: &World,
    job: &ClaimedJob,
    hold: &Hold,
    interruption: Interruption,
) -> Result<(), StoreError> {
    let lease = hold.lease();
    let now = world.clock.now();
    match interruption {
        Interruption::LeaseLost => {
            tracing::warn!(question.id = %job.question.id, attempt = lease.attempt.0, "the lease on a question was lost, or would not have outlasted a call");
            match world.store.retry(lease, now.after(STORE_PAUSE)).await {
                // Nothing to give back: somebody else has it.
                Err(StoreError::LeaseLost) => Ok(()),
                result => result,
            }
        }
        Interruption::HandBack | Interruption::AskAnew => world.store.hand_back(lease).await,
        Interruption::Store(error) => {
            tracing::error!(question.id = %job.question.id, error = %error, source = ?std::error::Error::source(&error).map(ToString::to_string), "the store failed while a question was worked on");
            match error {
                // It will be no better the next time.
                StoreError::Corrupt { .. } => die(world, hold, STORE_PAUSE).await,
                StoreError::Unavailable(_) | StoreError::LeaseLost => {
                    world.store.retry(lease, now.after(STORE_PAUSE)).await
                }
            }
        }
        Interruption::Mattermost(error) => wait_for_mattermost(world, job, hold, &error).await,
    }
}

/// Gives a question back after work on it died while the process lived on.
async fn die(world: &World, hold: &Hold, delay: Duration) -> Result<(), StoreError> {
    let again = world.clock.now().after(delay);
    world.store.retry_after_death(hold.lease(), again).await
}

/// Gives a question back until Mattermost may do better, or buries it where that is of no use, or no longer.
async fn wait_for_mattermost(
    world: &World,
    job: &ClaimedJob,
    hold: &Hold,
    error: &MattermostError,
) -> Result<(), StoreError> {
    let (lease, now) = (hold.lease(), world.clock.now());
    let policy = world.settings.delivery_retry;
    let is_over = now > job.question.deadline.after(DELIVERY_GRACE);
    let delay = delivery_delay(
        policy,
        error.kind.class(),
        lease.attempt,
        world.ids.jitter(),
    )
    .filter(|_| !is_over);
    tracing::warn!(question.id = %job.question.id, call = error.call, status = error.status, kind = ?error.kind, again = delay.is_some(), "Mattermost failed a question");
    match delay {
        Some(delay) => world.store.retry(lease, now.after(delay)).await,
        None => bury(world, job, hold, &burial(error)).await,
    }
}

async fn bury(
    world: &World,
    job: &ClaimedJob,
    hold: &Hold,
    burial: &Burial,
) -> Result<(), StoreError> {
    let now = world.clock.now();
    world.store.bury(hold.lease(), now, burial).await?;
    measure::buried(world, job, burial);
    Ok(())
}

/// Says why Mattermost could not be used, without anything it may have quoted.
fn burial(error: &MattermostError) -> Burial {
    let status = error.status.map(|status| status.to_string());
    let id = Some(error.id.clone()).filter(|id| !id.is_empty());
    let said: Vec<String> = [Some(error.call.to_owned()), status, id]
        .into_iter()
        .flatten()
        .collect();
    Burial {
        reason: match error.kind.class() {
            FailureClass::Permanent | FailureClass::Ours => Undeliverable::Refused,
            FailureClass::Transient | FailureClass::RateLimited { .. } => Undeliverable::OutOfReach,
        },
        detail: said.join(", "),
    }
}

/// How long to wait before Mattermost is tried again; `None` where it is of no use.
fn delivery_delay(
    policy: RetryPolicy,
    class: FailureClass,
    attempt: Attempt,
    jitter: f64,
) -> Option<Duration> {
    // The question's end must be seen, so the number of tries is bounded by time and not by count.
    let failed = attempt.0.min(policy.tries.saturating_sub(1)).max(1);
    let delay = policy.delay(class, failed, jitter);
    match class {
        // Nor is it given up because Mattermost asks for more patience than we have: then it is asked once too early.
        FailureClass::Transient | FailureClass::RateLimited { .. } => {
            Some(delay.unwrap_or(policy.longest_delay))
        }
        FailureClass::Permanent | FailureClass::Ours => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_yet_be_shown_is_tried_again_however_often_and_however_long_mattermost_wants_to_rest()
     {
        let policy = RetryPolicy {
            tries: 3,
            first_delay: Duration::from_secs(1),
            longest_delay: Duration::from_mins(1),
        };
        let delay = |policy, class, attempt| {
            delivery_delay(policy, class, Attempt(attempt), 1.0).map(|delay| delay.as_secs())
        };
        let limited = |seconds| FailureClass::RateLimited {
            retry_after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(delay(policy, FailureClass::Transient, 1), Some(1));
        assert_eq!(delay(policy, FailureClass::Transient, 1_000), Some(2));
        assert_eq!(delay(policy, limited(30), 1), Some(31));
        assert_eq!(delay(policy, limited(300), 1), Some(60));
        let impatient = RetryPolicy { tries: 1, ..policy };
        assert_eq!(delay(impatient, FailureClass::Transient, 1), Some(60));
        assert_eq!(delay(policy, FailureClass::Permanent, 1), None);
    }

    #[test]
    fn a_question_may_die_as_often_again_while_its_asker_is_told_that_it_was_given_up() {
        assert!(!is_hopeless(3, 3));
        assert!(!is_hopeless(5, 3));
        assert!(is_hopeless(6, 3));
    }
}
