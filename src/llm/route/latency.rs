//! How long a target takes to its first token, as far as it was seen lately.

use std::collections::VecDeque;
use std::time::Duration;

/// How many first tokens are remembered.
const REMEMBERED: usize = 64;

/// From how many on there is something to say of the slowest twentieth.
pub(super) const ENOUGH: usize = 20;

/// The last first tokens.
#[derive(Debug, Default)]
pub(super) struct Latency(VecDeque<Duration>);

impl Latency {
    pub(super) fn note(&mut self, first_token: Duration) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(first_token);
    }

    /// Returns the time within which nineteen of twenty first tokens came; `None` where too few were seen.
    pub(super) fn p95(&self) -> Option<Duration> {
        if self.0.len() < ENOUGH {
            return None;
        }
        let mut sorted: Vec<_> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get((sorted.len() * 95).div_ceil(100) - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nineteen_of_twenty_came_within_it_and_few_say_nothing() {
        let mut latency = Latency::default();
        for millis in 1..ENOUGH as u64 {
            latency.note(Duration::from_millis(millis));
            assert_eq!(latency.p95(), None);
        }
        latency.note(Duration::from_millis(20));
        assert_eq!(latency.p95(), Some(Duration::from_millis(19)));
        for _ in 0..REMEMBERED {
            latency.note(Duration::from_millis(7));
        }
        assert_eq!(latency.p95(), Some(Duration::from_millis(7)));
    }
}
