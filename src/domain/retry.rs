//! Whether and when to try again: decided once, here, by the class of a failure.

use std::time::Duration;

/// What kind of failure a neighbour's failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// It may work the next time.
    Transient,
    /// It will work after a while.
    RateLimited {
        /// The delay the neighbour asked for, where it said one.
        retry_after: Option<Duration>,
    },
    /// It will not work however often it is tried.
    Permanent,
    /// The fault is ours.
    Ours,
}

/// How often and how patiently to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many tries in all, the first included; at least 1.
    pub tries: u32,
    /// The delay before the second try; it doubles with each further one.
    pub first_delay: Duration,
    /// The longest delay, also for what a neighbour asks for: a longer wait is no longer worth it.
    pub longest_delay: Duration,
}

impl RetryPolicy {
    /// Decides after the `failed`-th failed try (counting from 1) how long to wait before the next; `None` ends it.
    ///
    /// `jitter` is a random number in `0.0..1.0`: the delay lies between half of the doubled delay and all of it, so that many who
    /// failed together do not come back together. A neighbour's own delay is kept whole and jitter is added to it.
    #[must_use]
    pub fn delay(&self, class: FailureClass, failed: u32, jitter: f64) -> Option<Duration> {
        if failed >= self.tries {
            return None;
        }
        match class {
            FailureClass::Permanent | FailureClass::Ours => None,
            FailureClass::Transient | FailureClass::RateLimited { retry_after: None } => {
                Some(self.backoff(failed, jitter))
            }
            FailureClass::RateLimited {
                retry_after: Some(asked),
            } => (asked <= self.longest_delay)
                .then(|| asked + self.first_delay.mul_f64(jitter.clamp(0.0, 1.0))),
        }
    }

    fn backoff(&self, failed: u32, jitter: f64) -> Duration {
        let doubled = self
            .first_delay
            .saturating_mul(1 << failed.saturating_sub(1).min(30))
            .min(self.longest_delay);
        doubled.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        tries: 4,
        first_delay: Duration::from_secs(1),
        longest_delay: Duration::from_secs(3),
    };

    #[test]
    fn delays_double_up_to_the_longest_and_end_with_the_last_try() {
        let delays: Vec<_> = (1..=5)
            .map(|failed| POLICY.delay(FailureClass::Transient, failed, 1.0))
            .collect();
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(delays, [seconds(1), seconds(2), seconds(3), None, None]);
    }

    #[test]
    fn a_neighbours_own_delay_is_kept_unless_it_is_too_long() {
        let asked = |seconds| FailureClass::RateLimited {
            retry_after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(POLICY.delay(asked(3), 1, 0.0), Some(Duration::from_secs(3)));
        assert_eq!(POLICY.delay(asked(4), 1, 0.0), None);
    }

    #[test]
    fn what_is_permanent_or_ours_is_not_tried_again() {
        assert_eq!(POLICY.delay(FailureClass::Permanent, 1, 0.5), None);
        assert_eq!(POLICY.delay(FailureClass::Ours, 1, 0.5), None);
    }
}
