//! A circuit breaker: keeps questions from a target that fails, and lets one try now and then whether it has recovered.
//!
//! After M. Nygard, "Release It!", 2nd ed., 2018, ch. 5. It knows nothing of the others; what to do where all are open is the router's.

use std::time::Duration;

use crate::domain::completion::ModelFailure;
use crate::domain::figures::ModelState;
use crate::domain::time::Timestamp;

/// Failures in a row after which a target that fails is asked no more for a while.
pub(super) const MOST_FAILURES: u32 = 3;

/// How long it is not asked after that, the first time; doubled each further time.
pub(super) const FIRST_REST: Duration = Duration::from_secs(5);

/// How long it is not asked, at most; also where its key, its model or its account is wrong.
pub(super) const LONGEST_REST: Duration = Duration::from_mins(1);

/// Whether a target may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Breaker {
    state: State,
    /// How often it has opened since it last worked.
    openings: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is asked.
    Closed { failures: u32 },
    /// It is not asked until then.
    Open {
        until: Timestamp,
        because: ModelFailure,
    },
    /// One question is trying it, and no other meanwhile; believed lost when it has not ended by then.
    HalfOpen {
        until: Timestamp,
        because: ModelFailure,
    },
}

/// What becomes of a question that is asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is asked.
    Closed,
    /// One question is trying the target, or may.
    HalfOpen,
    /// It is not asked.
    Open,
}

/// Why a target is not asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shut {
    pub(super) because: ModelFailure,
    pub(super) until: Timestamp,
}

/// What a failure says of the target.
enum Verdict {
    /// Nothing: the fault lies in the question.
    Works,
    /// It is ill, or far too slow.
    Ails,
    /// It wants to be left alone for so long.
    Rests(Duration),
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            state: State::Closed { failures: 0 },
            openings: 0,
        }
    }
}

impl Breaker {
    /// Says whether a question may be asked now, without asking one.
    pub(super) fn shut(&self, now: Timestamp) -> Option<Shut> {
        match self.state {
            State::Closed { .. } => None,
            State::Open { until, because } | State::HalfOpen { until, because } => {
                (now < until).then_some(Shut { because, until })
            }
        }
    }

    /// Says how it stands, for people.
    pub(super) fn told(&self, now: Timestamp) -> ModelState {
        match self.state {
            State::Closed { failures: 0 } => ModelState::Asked,
            State::Open { until, because } | State::HalfOpen { until, because } if now < until => {
                ModelState::Resting { until, because }
            }
            State::Closed { .. } | State::Open { .. } | State::HalfOpen { .. } => {
                ModelState::Failing
            }
        }
    }

    /// Says how it stands, for whoever measures.
    pub(super) fn standing(&self, now: Timestamp) -> Standing {
        match self.state {
            State::Closed { .. } => Standing::Closed,
            State::HalfOpen { .. } => Standing::HalfOpen,
            State::Open { until, .. } if until <= now => Standing::HalfOpen,
            State::Open { .. } => Standing::Open,
        }
    }

    /// Begins a question. Where the breaker was open and its time is up, this one tries; `patience` is how long that may take.
    pub(super) fn begin(&mut self, now: Timestamp, patience: Duration) {
        match self.state {
            State::Open { because, until } | State::HalfOpen { because, until } if until <= now => {
                let until = now.after(patience);
                self.state = State::HalfOpen { until, because };
            }
            State::Closed { .. } | State::Open { .. } | State::HalfOpen { .. } => {}
        }
    }

    /// It has written something.
    pub(super) fn worked(&mut self) {
        *self = Self::default();
    }

    /// A question was given up before anything was known: whoever tries next may.
    pub(super) fn given_up(&mut self, now: Timestamp) {
        if let State::HalfOpen { because, .. } = self.state {
            self.state = State::Open {
                until: now,
                because,
            };
        }
    }

    /// It has failed before it wrote anything, or in the middle.
    pub(super) fn failed(
        &mut self,
        failure: ModelFailure,
        retry_after: Option<Duration>,
        now: Timestamp,
    ) {
        match verdict(failure, retry_after) {
            Verdict::Works => self.worked(),
            Verdict::Rests(rest) => self.open(failure, now.after(rest)),
            Verdict::Ails => match self.state {
                State::Closed { failures } if failures + 1 < MOST_FAILURES => {
                    self.state = State::Closed {
                        failures: failures + 1,
                    };
                }
                State::Closed { .. } | State::HalfOpen { .. } => {
                    let doubled = FIRST_REST.saturating_mul(1 << self.openings.min(10));
                    self.open(failure, now.after(doubled.min(LONGEST_REST)));
                }
                // Asked all the same; it rests as long as was decided.
                State::Open { .. } => {}
            },
        }
    }

    fn open(&mut self, because: ModelFailure, until: Timestamp) {
        self.openings = self.openings.saturating_add(1);
        self.state = State::Open { until, because };
    }
}

fn verdict(failure: ModelFailure, retry_after: Option<Duration>) -> Verdict {
    match failure {
        ModelFailure::KeyRefused | ModelFailure::ModelUnknown | ModelFailure::QuotaSpent => {
            Verdict::Rests(LONGEST_REST)
        }
        ModelFailure::RateLimited | ModelFailure::Unavailable => {
            retry_after.map_or(Verdict::Ails, Verdict::Rests)
        }
        ModelFailure::FirstTokenTimeout
        | ModelFailure::IdleTimeout
        | ModelFailure::Broken
        | ModelFailure::Garbled => Verdict::Ails,
        // A question can ask for nothing.
        ModelFailure::Empty
        | ModelFailure::TotalTimeout
        | ModelFailure::ContextTooLong
        | ModelFailure::RequestRefused
        | ModelFailure::Filtered
        | ModelFailure::OnlyReasoned
        | ModelFailure::TooLarge
        | ModelFailure::PictureTooLarge
        | ModelFailure::PictureLinked
        // Never told to a breaker.
        | ModelFailure::OverBudget
        | ModelFailure::Unpriced
        | ModelFailure::Unmetered => Verdict::Works,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.after(Duration::from_secs(seconds))
    }

    fn ill(times: u32, now: Timestamp) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..times {
            breaker.failed(ModelFailure::Unavailable, None, now);
        }
        breaker
    }

    #[test]
    fn it_opens_after_the_most_failures_in_a_row_and_not_before() {
        assert_eq!(ill(MOST_FAILURES - 1, at(0)).shut(at(0)), None);
        let shut = ill(MOST_FAILURES, at(0)).shut(at(0)).unwrap();
        assert_eq!(
            (shut.until, shut.because),
            (at(5), ModelFailure::Unavailable)
        );
        let mut breaker = ill(MOST_FAILURES - 1, at(0));
        breaker.worked();
        breaker.failed(ModelFailure::Broken, None, at(0));
        assert_eq!(breaker.shut(at(0)), None);
    }

    #[test]
    fn when_its_time_is_up_one_tries_and_the_others_wait_for_it() {
        let mut breaker = ill(MOST_FAILURES, at(0));
        assert!(breaker.shut(at(4)).is_some());
        assert!(breaker.shut(at(5)).is_none());
        breaker.begin(at(5), PATIENCE);
        assert!(breaker.shut(at(5)).is_some(), "another one is trying");
        breaker.worked();
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn a_try_that_fails_rests_it_for_twice_as_long_up_to_the_longest() {
        let mut breaker = ill(MOST_FAILURES, at(0));
        let mut now = at(5);
        for rest in [10, 20, 40, 60, 60] {
            breaker.begin(now, PATIENCE);
            breaker.failed(ModelFailure::FirstTokenTimeout, None, now);
            let until = now.after(Duration::from_secs(rest));
            assert_eq!(breaker.shut(now).unwrap().until, until);
            now = until;
        }
    }

    #[test]
    fn a_try_that_is_given_up_or_lost_lets_the_next_one_try() {
        let mut breaker = ill(MOST_FAILURES, at(0));
        breaker.begin(at(5), PATIENCE);
        breaker.given_up(at(6));
        assert!(breaker.shut(at(6)).is_none());
        breaker.begin(at(6), PATIENCE);
        assert!(breaker.shut(at(35)).is_some());
        assert!(breaker.shut(at(36)).is_none());
    }

    #[test]
    fn the_kind_of_a_failure_decides_how_long_it_rests() {
        for (failure, retry_after, rest) in [
            (ModelFailure::RateLimited, Some(7), Some(7)),
            (ModelFailure::RateLimited, None, None),
            (ModelFailure::Unavailable, Some(9), Some(9)),
            (ModelFailure::KeyRefused, None, Some(60)),
            (ModelFailure::QuotaSpent, None, Some(60)),
            (ModelFailure::Filtered, None, None),
            (ModelFailure::ContextTooLong, None, None),
        ] {
            let mut breaker = Breaker::default();
            breaker.failed(failure, retry_after.map(Duration::from_secs), at(0));
            let until = breaker.shut(at(0)).map(|shut| shut.until);
            assert_eq!(until, rest.map(at), "{failure:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_happens_it_may_be_asked_again_within_the_longest_rest(
            steps in prop::collection::vec((0..4u8, 0..ModelFailure::ALL.len(), 0..100u64), 0..40),
        ) {
            let mut breaker = Breaker::default();
            let mut now = at(0);
            for (step, failure, later) in steps {
                now = now.after(Duration::from_secs(later));
                match step {
                    0 => breaker.begin(now, PATIENCE),
                    1 => breaker.worked(),
                    2 => breaker.given_up(now),
                    _ => breaker.failed(ModelFailure::ALL[failure], None, now),
                }
                if let Some(shut) = breaker.shut(now) {
                    prop_assert!(shut.until <= now.after(LONGEST_REST));
                }
            }
        }
    }
}
