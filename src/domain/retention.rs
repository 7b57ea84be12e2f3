//! For how long what people wrote and were answered is kept, by where it was said.

use std::collections::HashMap;
use std::time::Duration;

use super::attention::ChannelKind;
use super::id::{ChannelId, PostId, QuestionId, UserId};
use super::time::Timestamp;

/// For how long texts are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// As long as nobody asks for them to be forgotten.
    #[default]
    ForEver,
    /// For so long after the question was asked.
    For(Duration),
    /// Until the question has ended.
    UntilEnded,
}

impl Keep {
    /// Whether what was asked at a time is kept no more, where it has ended.
    #[must_use]
    pub fn is_over(self, asked_at: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::ForEver => false,
            Self::For(time) => now.since(asked_at) >= time,
            Self::UntilEnded => true,
        }
    }
}

/// What is kept for how long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Texts, where nothing below says otherwise.
    pub texts: Keep,
    /// Those of direct and group messages.
    pub direct: Option<Keep>,
    /// Those of private channels.
    pub private: Option<Keep>,
    /// Those of single channels, whatever their kind.
    pub channels: HashMap<ChannelId, Keep>,
    /// The ledger, what was used a day, and how models did; for ever where absent.
    pub usage: Option<Duration>,
}

impl Retention {
    /// Returns for how long texts of a channel are kept. A channel whose kind cannot be seen is taken for a private one: open channels can
    /// be seen by whoever looks after the server, and so by a bot that is to see them.
    #[must_use]
    pub fn of(&self, channel: &ChannelId, kind: Option<ChannelKind>) -> Keep {
        if let Some(keep) = self.channels.get(channel) {
            return *keep;
        }
        let of_kind = match kind {
            Some(ChannelKind::Open) => None,
            Some(ChannelKind::Direct | ChannelKind::Group) => self.direct,
            Some(ChannelKind::Private) | None => self.private,
        };
        of_kind.unwrap_or(self.texts)
    }

    /// Whether the kind of a channel makes a difference.
    #[must_use]
    pub fn asks_for_kind(&self, channel: &ChannelId) -> bool {
        let differs = |of_kind: Option<Keep>| of_kind.is_some_and(|keep| keep != self.texts);
        !self.channels.contains_key(channel) && (differs(self.direct) || differs(self.private))
    }

    /// Whether any texts are ever erased without being asked for.
    #[must_use]
    pub fn erases_texts(&self) -> bool {
        let of_kinds = self.direct.iter().chain(&self.private);
        let mut all = of_kinds
            .chain(self.channels.values())
            .chain(std::iter::once(&self.texts));
        all.any(|keep| *keep != Keep::ForEver)
    }

    /// Whether any texts are kept no longer than until their question has ended.
    #[must_use]
    pub fn leaves_nothing_somewhere(&self) -> bool {
        let of_kinds = self.direct.iter().chain(&self.private);
        let mut all = of_kinds.chain(self.channels.values());
        all.any(|keep| *keep == Keep::UntilEnded)
    }
}

/// Returns the kind of a channel as far as its name says it: those of direct messages are two ids.
#[must_use]
pub fn kind_by_name(channel_name: &str) -> Option<ChannelKind> {
    let (one, other) = channel_name.split_once("__")?;
    let are_ids = UserId::parse(one).is_ok() && UserId::parse(other).is_ok();
    are_ids.then_some(ChannelKind::Direct)
}

/// Where what somebody wants forgotten was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForgetWithin {
    /// Wherever they asked on this server.
    Everywhere,
    /// In a channel, its threads included.
    Channel(ChannelId),
    /// In a thread.
    Thread(ChannelId, PostId),
}

/// That a person wants to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgetting {
    /// Who.
    pub person: UserId,
    /// Where.
    pub within: ForgetWithin,
    /// When they said so.
    pub at: Timestamp,
}

/// What was found of a person's that was to be forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// How many questions were erased with their answers.
    pub erased: u64,
    /// Those that had not ended: they are to be stopped, and are erased when they have.
    pub stopped: Vec<QuestionId>,
    /// Whether there may be more, which take another call.
    pub is_to_go_on: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn channel(tag: char) -> ChannelId {
        ChannelId::parse(&tag.to_string().repeat(26)).unwrap()
    }

    #[test]
    fn a_channel_comes_before_its_kind_and_its_kind_before_all() {
        let retention = Retention {
            texts: Keep::For(30 * DAY),
            direct: Some(Keep::UntilEnded),
            private: Some(Keep::For(7 * DAY)),
            channels: HashMap::from([(channel('a'), Keep::ForEver)]),
            usage: None,
        };
        for (of, kind, expected) in [
            ('b', Some(ChannelKind::Open), Keep::For(30 * DAY)),
            ('b', Some(ChannelKind::Private), Keep::For(7 * DAY)),
            ('b', Some(ChannelKind::Direct), Keep::UntilEnded),
            ('b', Some(ChannelKind::Group), Keep::UntilEnded),
            ('b', None, Keep::For(7 * DAY)),
            ('a', Some(ChannelKind::Direct), Keep::ForEver),
            ('a', None, Keep::ForEver),
        ] {
            assert_eq!(retention.of(&channel(of), kind), expected, "{of} {kind:?}");
        }
        assert!(retention.asks_for_kind(&channel('b')) && !retention.asks_for_kind(&channel('a')));
        assert!(retention.erases_texts() && retention.leaves_nothing_somewhere());
        assert!(!Retention::default().erases_texts());
    }

    #[test]
    fn a_text_is_over_when_its_time_has_passed_and_not_a_moment_before() {
        let asked = Timestamp::EPOCH;
        let before = asked.after(DAY.saturating_sub(Duration::from_micros(1)));
        assert!(!Keep::For(DAY).is_over(asked, before));
        assert!(Keep::For(DAY).is_over(asked, asked.after(DAY)));
        assert!(!Keep::ForEver.is_over(asked, asked.after(100_000 * DAY)));
        assert!(Keep::UntilEnded.is_over(asked, asked));
    }

    #[test]
    fn a_direct_channel_is_known_by_its_name() {
        let id = "5y9gmg3343depb6sytofa1y1eh";
        let direct = Some(ChannelKind::Direct);
        assert_eq!(kind_by_name(&format!("{id}__{id}")), direct);
        for other in ["lobby", "a__b", &format!("{id}__lobby")] {
            assert_eq!(kind_by_name(other), None, "{other}");
        }
    }
}
