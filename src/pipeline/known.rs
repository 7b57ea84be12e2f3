//! What was learnt of something and is believed for a while, so that it is not asked for each time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::time::Timestamp;

/// Things that are kept of one kind, at most; where more come, all are asked for anew.
const MOST: usize = 10_000;

/// How long nothing is asked where asking failed.
const PUT_OFF: Duration = Duration::from_secs(10);

/// What this process has learnt of things, as it was last learnt.
pub(super) struct Known<K, V> {
    ask_every: Duration,
    known: Mutex<HashMap<K, Fact<V>>>,
}

struct Fact<V> {
    /// As it was last learnt, where it ever was.
    learnt: Option<V>,
    asked_at: Timestamp,
    holds: Duration,
}

impl<K: Eq + Hash, V: Clone> Known<K, V> {
    /// Nothing yet; what is learnt is due to be asked for again after `ask_every`, and holds until it is learnt anew.
    pub(super) fn asked_every(ask_every: Duration) -> Self {
        Self {
            ask_every,
            known: Mutex::default(),
        }
    }

    pub(super) fn get(&self, of: &K) -> Option<V> {
        self.lock().get(of)?.learnt.clone()
    }

    pub(super) fn is_due(&self, of: &K, now: Timestamp) -> bool {
        self.lock()
            .get(of)
            .is_none_or(|fact| now.since(fact.asked_at) >= fact.holds)
    }

    pub(super) fn learn(&self, of: K, learnt: V, now: Timestamp) {
        let fact = Fact {
            learnt: Some(learnt),
            asked_at: now,
            holds: self.ask_every,
        };
        self.keep(of, fact);
    }

    /// Says that something could not be learnt: what was known of it holds, and it is asked for again after a while.
    pub(super) fn put_off(&self, of: K, now: Timestamp) {
        let fact = Fact {
            learnt: self.get(&of),
            asked_at: now,
            holds: PUT_OFF.min(self.ask_every),
        };
        self.keep(of, fact);
    }

    /// Says that something may have changed: it is due to be asked for, and holds until it is learnt anew. Returns whether it was known.
    pub(super) fn doubt(&self, of: &K) -> bool {
        let mut known = self.lock();
        let fact = known.get_mut(of);
        fact.map(|fact| fact.holds = Duration::ZERO).is_some()
    }

    fn keep(&self, of: K, fact: Fact<V>) {
        let mut known = self.lock();
        if known.len() >= MOST && !known.contains_key(&of) {
            known.clear();
        }
        known.insert(of, fact);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Fact<V>>> {
        // No code panics while it holds this lock, and a map is whole in any case.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::EPOCH;

    #[test]
    fn what_was_learnt_is_due_after_a_while_and_holds_until_it_is_learnt_anew() {
        let known = Known::asked_every(Duration::from_mins(1));
        let (soon, later) = (
            START.after(Duration::from_micros(59_999_999)),
            START.after(Duration::from_mins(1)),
        );
        assert!(known.is_due(&1, START));
        known.learn(1, "one", START);
        assert!(!known.is_due(&1, soon) && known.is_due(&1, later));
        assert!(known.is_due(&2, soon));
        assert_eq!((known.get(&1), known.get(&2)), (Some("one"), None));
        known.learn(1, "uno", later);
        assert!(!known.is_due(&1, later));
        assert!(known.doubt(&1) && !known.doubt(&2));
        assert!(known.is_due(&1, later));
        assert_eq!(known.get(&1), Some("uno"));
    }

    #[test]
    fn what_could_not_be_learnt_is_asked_for_again_soon_and_holds_meanwhile() {
        let known = Known::asked_every(Duration::from_mins(1));
        known.put_off(1, START);
        assert!(known.get(&1).is_none() && !known.is_due(&1, START));
        assert!(known.is_due(&1, START.after(PUT_OFF)));
        known.learn(1, "one", START);
        let later = START.after(Duration::from_mins(1));
        known.put_off(1, later);
        assert!(!known.is_due(&1, later) && known.is_due(&1, later.after(PUT_OFF)));
        assert_eq!(known.get(&1), Some("one"));
    }

    #[test]
    fn no_more_is_kept_than_the_bound() {
        let known = Known::asked_every(Duration::from_mins(1));
        for number in 0..=MOST {
            known.learn(number, (), START);
        }
        assert_eq!(known.lock().len(), 1);
        assert!(known.get(&MOST).is_some());
    }
}
