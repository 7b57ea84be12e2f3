//! The keys of one model's server, asked with in turn; one that was held back or refused rests for a while.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;

use crate::domain::completion::ModelFailure;
use crate::domain::time::Timestamp;
use crate::ports::ModelError;

/// How long a key rests that asked too often, where its server does not say.
const REST: Duration = Duration::from_secs(5);

/// How long a key rests that was refused, or whose account is spent.
const LONG_REST: Duration = Duration::from_mins(1);

/// Keys, and until when each rests.
pub(super) struct KeyRing {
    keys: Vec<SecretString>,
    turn: Mutex<Turn>,
}

struct Turn {
    next: usize,
    rests_until: Vec<Timestamp>,
}

impl KeyRing {
    pub(super) fn new(keys: Vec<SecretString>) -> Self {
        let turn = Turn {
            next: 0,
            rests_until: vec![Timestamp::EPOCH; keys.len()],
        };
        Self {
            keys,
            turn: Mutex::new(turn),
        }
    }

    /// Returns the key whose turn it is and its number: the next that does not rest, else the one that rests the shortest.
    pub(super) fn take(&self, now: Timestamp) -> Option<(usize, &SecretString)> {
        let mut turn = self.turn();
        let count = self.keys.len();
        let in_turn = (0..count).map(|step| (turn.next + step) % count);
        let chosen = in_turn.min_by_key(|key| turn.rests_until[*key].max(now))?;
        turn.next = (chosen + 1) % count;
        Some((chosen, &self.keys[chosen]))
    }

    /// Lets a key rest because of a failure; returns whether another may be tried at once.
    pub(super) fn rest(&self, key: usize, error: &ModelError, now: Timestamp) -> bool {
        let rest = match error.failure {
            ModelFailure::RateLimited => error.retry_after.unwrap_or(REST),
            ModelFailure::KeyRefused | ModelFailure::QuotaSpent => LONG_REST,
            _ => return false,
        };
        let mut turn = self.turn();
        if let Some(until) = turn.rests_until.get_mut(key) {
            *until = now.after(rest);
        }
        turn.rests_until.iter().any(|until| *until <= now)
    }

    fn turn(&self) -> std::sync::MutexGuard<'_, Turn> {
        // Whoever panicked while holding it left numbers that are in range.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn taken(ring: &KeyRing, now: Timestamp) -> (usize, String) {
        let (number, key) = ring.take(now).unwrap();
        (number, key.expose_secret().to_owned())
    }

    fn failed(failure: ModelFailure, retry_after: Option<Duration>) -> ModelError {
        ModelError {
            failure,
            status: None,
            retry_after,
            excess: None,
            source: None,
        }
    }

    #[test]
    fn keys_take_turns_and_one_that_asked_too_often_rests() {
        let ring = KeyRing::new(vec!["a".into(), "b".into(), "c".into()]);
        let now = Timestamp::EPOCH.after(Duration::from_hours(1));
        let names: Vec<_> = (0..4).map(|_| taken(&ring, now).1).collect();
        assert_eq!(names, ["a", "b", "c", "a"]);
        let seven = Some(Duration::from_secs(7));
        assert!(ring.rest(1, &failed(ModelFailure::RateLimited, seven), now));
        assert_eq!(taken(&ring, now).1, "c");
        assert_eq!(taken(&ring, now).1, "a");
        assert_eq!(taken(&ring, now).1, "c");
        let later = now.after(Duration::from_secs(7));
        let names: Vec<_> = (0..3).map(|_| taken(&ring, later).1).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn where_all_rest_the_one_that_rests_the_shortest_is_taken_and_none_is_tried_at_once() {
        let ring = KeyRing::new(vec!["a".into(), "b".into()]);
        let now = Timestamp::EPOCH;
        assert!(ring.rest(0, &failed(ModelFailure::KeyRefused, None), now));
        assert!(!ring.rest(1, &failed(ModelFailure::RateLimited, None), now));
        assert_eq!(taken(&ring, now).1, "b");
        assert_eq!(taken(&ring, now).1, "b");
    }

    #[test]
    fn a_failure_that_is_no_keys_fault_rests_none() {
        let ring = KeyRing::new(vec!["a".into(), "b".into()]);
        assert!(!ring.rest(
            0,
            &failed(ModelFailure::Unavailable, None),
            Timestamp::EPOCH
        ));
        assert!(KeyRing::new(Vec::new()).take(Timestamp::EPOCH).is_none());
    }
}
