//! What is told of the old turns of a long conversation, in place of them.

/// Characters of a summary, at most.
pub const MAX_SUMMARY_CHARS: usize = 6_000;

/// A summary of the first turns of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The digests of the turns that it tells of, oldest first. It is worth nothing once one of them was changed or deleted.
    pub covered: Vec<String>,
    /// What is told.
    pub text: String,
}

impl Summary {
    /// Returns how many of the first of some turns it stands for; `None` where they are not those it tells of.
    #[must_use]
    pub fn stands_for(&self, digests: &[String]) -> Option<usize> {
        let is_of_them = !self.covered.is_empty() && digests.starts_with(&self.covered);
        is_of_them.then_some(self.covered.len())
    }
}

/// Returns how many of the oldest turns are to be summarised, by the tokens of each and the room there is for all; `None` where the room is
/// not nearly full. `covered` are summarised already.
///
/// It leaves the newest turns that fill a third of the room, and begins where the others leave less than a fifth of it free: so a
/// conversation is summarised once for many questions, and before turns have to be left out.
#[must_use]
pub fn to_summarise(turns: &[u64], room: u64, covered: usize) -> Option<usize> {
    let untold: u64 = turns.iter().skip(covered).sum();
    if untold.saturating_mul(5) <= room.saturating_mul(4) {
        return None;
    }
    let mut left = 0;
    let kept = turns.iter().rev().take_while(|tokens| {
        left += **tokens;
        left.saturating_mul(3) <= room
    });
    let summarised = turns.len() - kept.count();
    (summarised > covered).then_some(summarised)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_summary_stands_for_the_turns_that_it_was_made_of_and_no_others() {
        let summary = Summary {
            covered: digests(&["a", "b"]),
            text: "They met.".to_owned(),
        };
        for (turns, expected) in [
            (&["a", "b", "c"][..], Some(2)),
            (&["a", "b"], Some(2)),
            (&["a"], None),
            (&["a", "B", "c"], None),
            (&["b", "c"], None),
            (&[], None),
        ] {
            assert_eq!(summary.stands_for(&digests(turns)), expected, "{turns:?}");
        }
        let empty = Summary {
            covered: Vec::new(),
            text: String::new(),
        };
        assert_eq!(empty.stands_for(&digests(&["a"])), None);
    }

    #[test]
    fn old_turns_are_summarised_when_the_room_is_nearly_full_and_then_for_a_while_none() {
        let turns = [10; 10];
        assert_eq!(to_summarise(&turns, 126, 0), None);
        assert_eq!(to_summarise(&turns, 120, 0), Some(6));
        assert_eq!(to_summarise(&turns, 120, 6), None);
        // Half as many again.
        assert_eq!(to_summarise(&[10; 15], 120, 6), None);
        assert_eq!(to_summarise(&[10; 16], 120, 6), Some(12));
        // A turn that fills the room alone.
        assert_eq!(to_summarise(&[10, 10, 500], 120, 0), Some(3));
        assert_eq!(to_summarise(&[500], 120, 0), Some(1));
        assert_eq!(to_summarise(&[], 0, 0), None);
        assert_eq!(to_summarise(&[1], 0, 1), None);
    }
}
