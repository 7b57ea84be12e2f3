//! How the creation of one post goes: repeated while the server recognises it, then looked for, then begun again. Pure.

use std::time::Duration;

use crate::domain::post::PartIntent;
use crate::domain::time::Timestamp;

/// How long the server remembers a `pending_post_id`.
const REMEMBERED: Duration = Duration::from_secs(30);

/// How long after its intent a create is repeated under the same `pending_post_id`, at most; later it is cheaper to look for it.
const RESEND_WINDOW: Duration = Duration::from_secs(20);

/// How long a repeated create may be on its way, once its turn has come, and still be recognised.
const ON_THE_WAY: Duration = Duration::from_secs(5);

/// How often the channel is read back before another create.
const READ_BACKS: u32 = 2;

/// How far the creation of one post has come.
pub(super) struct Creation {
    pub(super) intent: PartIntent,
    /// Whether a create under this intent may have happened already.
    pub(super) is_repeated: bool,
    pub(super) read_backs: u32,
}

/// What to do next about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CreationStep {
    /// Create, or repeat a create that the server recognises.
    Create,
    /// Look for the post in the channel.
    ReadBack,
    /// It was never created: begin again.
    IntendAgain,
}

impl Creation {
    pub(super) fn new(intent: PartIntent) -> Self {
        Self {
            intent,
            is_repeated: false,
            read_backs: 0,
        }
    }

    pub(super) fn of_unknown(intent: PartIntent) -> Self {
        Self {
            is_repeated: true,
            ..Self::new(intent)
        }
    }

    pub(super) fn step(&self, now: Timestamp, longest_wait: Duration) -> CreationStep {
        let is_recognised = now.since(self.intent.intended_at) < resend_window(longest_wait);
        if !self.is_repeated || (is_recognised && self.read_backs == 0) {
            CreationStep::Create
        } else if self.read_backs < READ_BACKS {
            CreationStep::ReadBack
        } else {
            CreationStep::IntendAgain
        }
    }
}

/// How long after its intent a create may be repeated, so that it arrives while the server remembers the first one.
fn resend_window(longest_wait: Duration) -> Duration {
    REMEMBERED
        .saturating_sub(longest_wait + ON_THE_WAY)
        .min(RESEND_WINDOW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ChannelId;

    fn creation(is_repeated: bool, read_backs: u32) -> Creation {
        let intent = PartIntent {
            part: 0,
            generation: 1,
            channel: ChannelId::parse("5y9gmg3343depb6sytofa1y1eh").unwrap(),
            root: None,
            pending: 7,
            anchor: None,
            intended_at: Timestamp::EPOCH,
        };
        Creation {
            intent,
            is_repeated,
            read_backs,
        }
    }

    #[test]
    fn an_unknown_create_is_repeated_while_the_server_recognises_it_then_looked_for_twice_then_made_again()
     {
        let wait = Duration::from_secs(15);
        let window = resend_window(wait);
        let early = Timestamp::EPOCH.after(window.saturating_sub(Duration::from_micros(1)));
        let late = Timestamp::EPOCH.after(window);
        assert_eq!(creation(false, 0).step(late, wait), CreationStep::Create);
        assert_eq!(creation(true, 0).step(early, wait), CreationStep::Create);
        assert_eq!(creation(true, 0).step(late, wait), CreationStep::ReadBack);
        assert_eq!(
            creation(true, READ_BACKS - 1).step(late, wait),
            CreationStep::ReadBack
        );
        assert_eq!(
            creation(true, READ_BACKS).step(late, wait),
            CreationStep::IntendAgain
        );
    }

    #[test]
    fn a_repeated_create_arrives_while_the_server_remembers_the_first_however_long_it_waits() {
        let seconds = Duration::from_secs;
        for (wait, window) in [(1, 20), (5, 20), (6, 19), (15, 10), (25, 0), (60, 0)] {
            assert_eq!(resend_window(seconds(wait)), seconds(window), "{wait}");
        }
    }
}
