//! How many questions may still be admitted, without asking the store each time.
//!
//! What waits is counted once and then only added to, as if nothing of it were ever answered. Only where that leaves no room is it
//! counted again, and not more often than once a second: a flood of questions must not become a flood of counts. Each process
//! counts for itself, so that several that share a database can together admit more, until each has counted again.

use std::time::Duration;

use crate::domain::time::Timestamp;

/// How long a count is believed that leaves no room.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// The room for questions that wait.
pub(super) struct Room {
    limit: u64,
    counted: Option<Counted>,
}

struct Counted {
    /// Questions that waited then, and those admitted since.
    waiting: u64,
    at: Timestamp,
}

impl Room {
    pub(super) fn new(limit: u64) -> Self {
        Self {
            limit,
            counted: None,
        }
    }

    /// Says whether to count what waits before so many are admitted.
    pub(super) fn is_to_be_counted(&self, wanted: u64, now: Timestamp) -> bool {
        match &self.counted {
            None => true,
            Some(counted) => self.left() < wanted && now.since(counted.at) >= COUNT_EVERY,
        }
    }

    /// Takes in how many wait.
    pub(super) fn count(&mut self, waiting: u64, now: Timestamp) {
        self.counted = Some(Counted { waiting, at: now });
    }

    /// Returns how many may be admitted.
    pub(super) fn left(&self) -> u64 {
        let waiting = self.counted.as_ref().map_or(0, |counted| counted.waiting);
        self.limit.saturating_sub(waiting)
    }

    /// Takes in that so many were admitted.
    pub(super) fn fill(&mut self, admitted: u64) {
        if let Some(counted) = &mut self.counted {
            counted.waiting = counted.waiting.saturating_add(admitted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000);

    #[test]
    fn as_many_may_wait_as_the_limit_says_and_not_one_more() {
        let mut room = Room::new(3);
        assert!(room.is_to_be_counted(1, NOW), "nothing is known yet");
        room.count(1, NOW);
        assert_eq!(room.left(), 2);
        room.fill(2);
        assert_eq!(room.left(), 0);
        room.count(5, NOW);
        assert_eq!(room.left(), 0, "more may wait after a limit was lowered");
    }

    #[test]
    fn it_is_counted_again_only_where_there_is_no_room_and_once_a_second() {
        let (soon, later) = (
            NOW.after(COUNT_EVERY.saturating_sub(Duration::from_micros(1))),
            NOW.after(COUNT_EVERY),
        );
        let mut room = Room::new(3);
        room.count(0, NOW);
        assert!(!room.is_to_be_counted(3, later));
        assert!(room.is_to_be_counted(4, later));
        room.fill(3);
        assert!(!room.is_to_be_counted(1, soon));
        assert!(room.is_to_be_counted(1, later));
    }
}
