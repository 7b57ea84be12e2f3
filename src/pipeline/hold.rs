//! The hold on a question while it is worked on: its lease, kept alive, and the ways in which work on it is halted.

use std::collections::HashMap;
use std::future::pending;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::changed::{Addressees, question_now};
use super::world::World;
use crate::domain::id::QuestionId;
use crate::domain::job::{ClaimedJob, Lease};
use crate::domain::post::SeenPost;
use crate::domain::question::{Conclusion, Question};
use crate::domain::time::Timestamp;
use crate::ports::{Clock, StoreError};

/// A lease is renewed when a third of it has passed, so that two renewals may fail before it ends. [`super::lease_for`] relies on it.
const RENEWALS_A_LEASE: u32 = 3;

/// A question that people keep editing is begun anew so often, at most: each time may have cost something.
const MOST_BEGINNINGS: u32 = 5;

/// The right to work on a question, and whether to go on.
pub(super) struct Hold {
    lease: Lease,
    until: AtomicI64,
    signals: Signals,
}

#[derive(Clone)]
struct Signals {
    stop: CancellationToken,
    hand_back: CancellationToken,
    reworded: CancellationToken,
    /// The post that asks and what it asked, where it is one that people can change.
    asked: Option<Arc<Question>>,
    /// When a press was last replied to with a text for the answer's post.
    pressed_at: Arc<AtomicI64>,
    /// How the question ended, once that is to be shown.
    ending: watch::Sender<Option<Arc<Conclusion>>>,
}

/// Until when the reply to a press may still be shown by Mattermost, which does so as soon as it has it.
const REPLY_LANDS: Duration = Duration::from_secs(3);

/// Why work on a question is halted before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// The asker wants it ended.
    Stopped,
    /// This process ends; another takes over.
    HandBack,
}

impl Hold {
    pub(super) fn new(job: &ClaimedJob) -> Self {
        let pressed_at = job.pressed_at.map_or(i64::MIN, Timestamp::as_micros);
        let signals = Signals {
            stop: CancellationToken::new(),
            hand_back: CancellationToken::new(),
            reworded: CancellationToken::new(),
            asked: job
                .question
                .origin
                .post()
                .map(|_| Arc::new(job.question.clone())),
            pressed_at: Arc::new(AtomicI64::new(pressed_at)),
            ending: watch::Sender::new(None),
        };
        if job.stop_requested {
            signals.stop.cancel();
        }
        let lease = job.lease.clone();
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

    /// Tells whoever waits for it how the question ended.
    pub(super) fn tell_ending(&self, conclusion: &Conclusion) {
        let conclusion = Arc::new(conclusion.clone());
        self.signals.ending.send_replace(Some(conclusion));
    }

    /// Returns until when the reply to a press may undo an edit of the answer's post; `None` where none may.
    pub(super) fn unsettled_until(&self, now: Timestamp) -> Option<Timestamp> {
        let pressed_at = self.signals.pressed_at.load(Ordering::Relaxed);
        let until = Timestamp::from_micros(pressed_at).after(REPLY_LANDS);
        // Not for longer where the clock has jumped back since.
        (now < until).then(|| until.min(now.after(REPLY_LANDS)))
    }

    /// Waits until work is to be halted.
    pub(super) async fn halted(&self) -> Halt {
        tokio::select! {
            biased;
            () = self.signals.stop.cancelled() => Halt::Stopped,
            () = self.signals.hand_back.cancelled() => Halt::HandBack,
        }
    }

    /// Waits until the question says something else; for ever where that has been so often that it is answered as it is.
    pub(super) async fn reworded(&self) {
        if self.lease.attempt.0 > MOST_BEGINNINGS {
            return pending().await;
        }
        self.signals.reworded.cancelled().await;
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
                        self.signals.stop_for_another(world.clock.now());
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

impl Signals {
    fn press(&self, now: Timestamp) {
        self.pressed_at.store(now.as_micros(), Ordering::Relaxed);
    }

    /// Stops where another process was asked to, which may just be replying to whoever asked.
    fn stop_for_another(&self, now: Timestamp) {
        if !self.stop.is_cancelled() {
            self.press(now);
            self.stop.cancel();
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
    /// By which it is known as its own.
    signals: Arc<AtomicI64>,
}

impl Halts {
    pub(super) fn list(&self, hold: &Hold) -> Listed {
        let question = hold.lease.question;
        self.lock().insert(question, hold.signals.clone());
        Listed {
            halts: self.clone(),
            question,
            signals: Arc::clone(&hold.signals.pressed_at),
        }
    }

    /// Stops those of these questions that are worked on here.
    pub(super) fn stop(&self, questions: &[QuestionId]) {
        let listed = self.lock();
        for signals in questions.iter().filter_map(|question| listed.get(question)) {
            signals.stop.cancel();
        }
    }

    /// Tells the work on the question that a post asks, where it is worked on here, that the post was changed.
    pub(super) fn edited(&self, post: &SeenPost, addressees: Addressees<'_>) {
        for signals in self.lock().values() {
            let asked = signals.asked.as_ref();
            let asked = asked.filter(|asked| asked.origin.post() == Some(&post.id));
            if asked.is_some_and(|asked| question_now(asked, post, addressees).is_some()) {
                signals.reworded.cancel();
            }
        }
    }

    /// Stops those of these questions that are worked on here, because another process was asked to.
    pub(super) fn stop_for_another(&self, questions: &[QuestionId], now: Timestamp) {
        let listed = self.lock();
        for signals in questions.iter().filter_map(|question| listed.get(question)) {
            signals.stop_for_another(now);
        }
    }

    /// Waits until a question that is worked on here when this is called has ended and that is to be shown, and returns how; `None`
    /// where it is not worked on here, or work on it breaks off.
    pub(super) fn ending(
        &self,
        question: QuestionId,
    ) -> impl Future<Output = Option<Arc<Conclusion>>> + use<> {
        let listed = self.lock();
        let ending = listed
            .get(&question)
            .map(|signals| signals.ending.subscribe());
        async move {
            let mut ending = ending?;
            let ended = ending.wait_for(Option::is_some).await.ok()?;
            ended.clone()
        }
    }

    /// Waits until a question that is worked on here when this is called is worked on here no more; `None` where it is not.
    pub(super) fn gone(&self, question: QuestionId) -> Option<impl Future<Output = ()> + use<>> {
        let listed = self.lock();
        let mut ending = listed.get(&question)?.ending.subscribe();
        Some(async move { while ending.changed().await.is_ok() {} })
    }

    /// Says that a press is being replied to with a text for the post of an answer, so that whoever writes it makes sure of theirs.
    pub(super) fn press(&self, question: QuestionId, now: Timestamp) {
        if let Some(signals) = self.lock().get(&question) {
            signals.press(now);
        }
    }

    /// Whether nothing is worked on here.
    pub(super) fn are_none(&self) -> bool {
        self.lock().is_empty()
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
        let mut listed = self.halts.lock();
        // The question may have been taken up again meanwhile.
        let is_own = |signals: &Signals| Arc::ptr_eq(&signals.pressed_at, &self.signals);
        if listed.get(&self.question).is_some_and(is_own) {
            listed.remove(&self.question);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::domain::conversation::ConversationKey;
    use crate::domain::event::{EventKey, Origin, Person};
    use crate::domain::id::ServerId;
    use crate::domain::job::{Attempt, LaneKey};
    use crate::domain::post::{Audience, Delivery};

    fn job(attempt: u32) -> ClaimedJob {
        let id = QuestionId::from_bits(1);
        ClaimedJob {
            over_budget: None,
            lease: Lease {
                question: id,
                attempt: Attempt(attempt),
                token: u128::from(attempt),
                until: Timestamp::EPOCH,
            },
            question: Question {
                id,
                server: ServerId::parse("main").unwrap(),
                key: EventKey::by_hand(1),
                origin: Origin::ByHand,
                asker: Person {
                    id: None,
                    name: "alice".to_owned(),
                },
                text: "why?".to_owned(),
                agent: None,
                audience: Audience::Channel,
                delivery: Delivery::Inline,
                conversation: ConversationKey::alone(id),
                lane: LaneKey::alone(id),
                asked_at: Timestamp::EPOCH,
                deadline: Timestamp::EPOCH,
            },
            concluded: None,
            deaths: 0,
            stop_requested: false,
            generation: 1,
            again: None,
            pressed_at: None,
        }
    }

    #[tokio::test]
    async fn a_question_that_is_taken_up_again_stays_listed_when_the_work_before_it_ends() {
        let halts = Halts::default();
        let [before, after] = [1, 2].map(|attempt| Hold::new(&job(attempt)));
        let listed = halts.list(&before);
        let still = halts.list(&after);
        drop(listed);
        halts.stop(&[QuestionId::from_bits(1)]);
        assert_eq!(after.halted().now_or_never(), Some(Halt::Stopped));
        drop(still);
        assert!(halts.are_none());
    }

    #[tokio::test]
    async fn a_question_that_is_edited_again_and_again_is_answered_as_it_is() {
        for (attempt, is_heard) in [(MOST_BEGINNINGS, true), (MOST_BEGINNINGS + 1, false)] {
            let hold = Hold::new(&job(attempt));
            hold.signals.reworded.cancel();
            let heard = hold.reworded().now_or_never();
            assert_eq!(heard.is_some(), is_heard, "{attempt}");
        }
    }
}
