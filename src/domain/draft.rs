//! An answer while it grows, and when to show its growth.

use std::time::Duration;

use super::time::Timestamp;

/// How often people see an answer grow: seldom enough to spare Mattermost (promise 10 of ARCHITECTURE.md), often enough to stay ahead of a
/// reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// A post is created at the first readable text or after this time, whichever is first.
    pub create_after: Duration,
    /// Time between two edits of one post, at least.
    pub edit_interval: Duration,
    /// Growth since the last edit, in characters, at least.
    pub edit_growth_chars: usize,
    /// Growth since the last edit, as a share of what is shown, in percent, at least.
    pub edit_growth_percent: usize,
}

impl Default for Pace {
    /// 13 edits for 600 tokens, 23 for a full post.
    fn default() -> Self {
        Self {
            create_after: Duration::from_secs(2),
            edit_interval: Duration::from_millis(500),
            edit_growth_chars: 120,
            edit_growth_percent: 20,
        }
    }
}

/// Characters from which a beginning reads as words, so that the notification made of it says something.
pub const READABLE_CHARS: usize = 24;

/// What to do about a growing answer now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing before this time, unless more text arrives.
    WaitUntil(Timestamp),
    /// Nothing until more text arrives.
    WaitForText,
    /// Show what there is.
    Show,
}

/// What of an answer was shown, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Characters shown.
    pub chars: usize,
    /// When.
    pub at: Timestamp,
}

impl Pace {
    /// Decides what to do about an answer of `chars` characters, asked for at `begun`, of which `shown` is visible.
    #[must_use]
    pub fn step(
        &self,
        now: Timestamp,
        begun: Timestamp,
        chars: usize,
        shown: Option<Shown>,
    ) -> Step {
        match shown {
            None => self.first_step(now, begun, chars),
            Some(shown) => self.next_step(now, chars, shown),
        }
    }

    fn first_step(&self, now: Timestamp, begun: Timestamp, chars: usize) -> Step {
        let latest = begun.after(self.create_after);
        if chars >= READABLE_CHARS || now >= latest {
            Step::Show
        } else {
            Step::WaitUntil(latest)
        }
    }

    fn next_step(&self, now: Timestamp, chars: usize, shown: Shown) -> Step {
        let share = shown.chars.saturating_mul(self.edit_growth_percent) / 100;
        let needed = match shown.chars {
            // Nothing but a sign of life is shown: the first words matter.
            0 => READABLE_CHARS,
            _ => self.edit_growth_chars.max(share),
        };
        let earliest = shown.at.after(self.edit_interval);
        if chars < shown.chars.saturating_add(needed) {
            Step::WaitForText
        } else if now < earliest {
            Step::WaitUntil(earliest)
        } else {
            Step::Show
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::EPOCH.after(Duration::from_millis(millis))
    }

    /// Plays an answer that grows by `chars` characters every `millis` and counts how often it is shown before its end.
    fn shows(total_chars: usize, chars: usize, millis: u64) -> usize {
        let pace = Pace::default();
        let (mut written, mut now, mut shown, mut count) = (0, 0, None, 0);
        while written < total_chars {
            written += chars;
            now += millis;
            if pace.step(at(now), at(0), written, shown) == Step::Show {
                shown = Some(Shown {
                    chars: written,
                    at: at(now),
                });
                count += 1;
            }
        }
        count
    }

    #[test]
    fn an_answer_of_600_tokens_takes_at_most_20_edits_at_any_speed() {
        for millis in [1, 5, 20, 100, 500, 2_000] {
            // 600 tokens of four characters; the create and the final edit count too.
            let edits = shows(2_400, 4, millis);
            assert!(edits < 20, "{edits} edits at {millis} ms a token");
        }
    }

    #[test]
    fn a_full_post_takes_at_most_25_edits_at_any_speed() {
        for millis in [1, 5, 20, 100, 500, 2_000] {
            let edits = shows(16_383, 4, millis);
            assert!(edits < 25, "{edits} edits at {millis} ms a token");
        }
    }

    #[test]
    fn the_first_post_waits_for_readable_words_or_two_seconds() {
        let pace = Pace::default();
        assert_eq!(
            pace.step(at(100), at(0), 0, None),
            Step::WaitUntil(at(2_000))
        );
        assert_eq!(
            pace.step(at(100), at(0), READABLE_CHARS - 1, None),
            Step::WaitUntil(at(2_000))
        );
        assert_eq!(pace.step(at(100), at(0), READABLE_CHARS, None), Step::Show);
        assert_eq!(pace.step(at(2_000), at(0), 1, None), Step::Show);
    }
}
