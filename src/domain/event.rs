//! What Mattermost, or somebody trying by hand, sent us: verified and parsed, not yet decided upon.

use super::attention::ChannelKind;
use super::id::{ChannelId, PostId, ResponseUrlId, ServerId, TeamId, UserId};
use super::time::Timestamp;

/// The name under which one event is known however often and by whatever way it arrives; unique for each server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey(String);

impl EventKey {
    /// Names an event by its post: the WebSocket, a catch-up and a webhook all see the same one.
    #[must_use]
    pub fn of_post(post: &PostId) -> Self {
        Self(format!("post:{post}"))
    }

    /// Names a command by the id inside its `response_url`, which is new for every invocation and the same in a replay; of it only a digest
    /// is kept, because whoever has it may post.
    #[must_use]
    pub fn of_response_url(digest_hex: &str) -> Self {
        Self(format!("response:{digest_hex}"))
    }

    /// Names a command that has no `response_url` by its `trigger_id`, of which only a digest is kept.
    #[must_use]
    pub fn of_trigger(digest_hex: &str) -> Self {
        Self(format!("trigger:{digest_hex}"))
    }

    /// Names a request made by hand, which carries nothing that repeats.
    #[must_use]
    pub fn by_hand(random: u128) -> Self {
        Self(format!("hand:{random:032x}"))
    }

    /// Takes a key back from the store.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the key as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who wrote something, as a verified event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The account; absent only for a request made by hand.
    pub id: Option<UserId>,
    /// The account's name as people see it, untrusted text.
    pub name: String,
}

/// Says whether a list of names and ids of accounts names somebody, as far as their id and name are known; `None` where that decides nothing.
///
/// An entry that has the form of an id is an id: who calls themselves by somebody's id is not somebody.
#[must_use]
pub fn is_listed(entries: &[String], id: Option<&UserId>, name: Option<&str>) -> Option<bool> {
    let is_it = |entry: &String| match UserId::parse(entry) {
        Ok(listed) => id.map(|id| *id == listed),
        Err(_) => name.map(|name| entry.eq_ignore_ascii_case(name)),
    };
    let mut decides = Some(false);
    for entry in entries {
        match is_it(entry) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => decides = None,
        }
    }
    decides
}

/// Where something was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The team, absent in direct and group channels.
    pub team: Option<TeamId>,
    /// The channel.
    pub channel: ChannelId,
    /// The channel's name in URLs; incoming webhooks address channels by it.
    pub channel_name: String,
    /// The root post of the thread, where it was written in one.
    pub thread: Option<PostId>,
}

/// By which of Mattermost's ways an event came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A slash command. The command itself is no post, so nobody else saw it.
    Command {
        /// Where the person runs it; always known to Mattermost.
        place: Place,
        /// The right to answer by `response_url`, where one was sent.
        response: Option<ResponseUrlId>,
    },
    /// An outgoing webhook, which says neither thread nor props of the post it reports.
    OutgoingHook {
        /// Where the post is.
        place: Place,
        /// The post that fired the hook.
        post: PostId,
    },
    /// A post that the bot heard or read back: one that is addressed to it.
    Post {
        /// Where it is. Its thread is the one in which it is answered: outside direct channels a post that begins none yet begins one.
        place: Place,
        /// The post.
        post: PostId,
        /// The kind of its channel.
        kind: ChannelKind,
    },
    /// A form sent by hand, to be answered in the reply itself.
    ByHand,
}

impl Origin {
    /// Returns where the event happened, where that is known.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Command { place, .. }
            | Self::OutgoingHook { place, .. }
            | Self::Post { place, .. } => Some(place),
            Self::ByHand => None,
        }
    }

    /// Returns the post that it is, where it is one.
    #[must_use]
    pub fn post(&self) -> Option<&PostId> {
        match self {
            Self::OutgoingHook { post, .. } | Self::Post { post, .. } => Some(post),
            Self::Command { .. } | Self::ByHand => None,
        }
    }
}

/// Drops what a person who reads a text cannot see and a model can: control characters but for line breaks and tabs (a database stores no NUL,
/// and terminals obey the others), overrides of direction, hidden tags, and characters without width that join nothing.
#[must_use]
pub fn cleaned(text: &str) -> String {
    text.chars()
        .filter(|character| match character {
            '\n' | '\t' => true,
            '\u{ad}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2060}'..='\u{2064}'
            | '\u{feff}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{e0000}'..='\u{e007f}' => false,
            other => !other.is_control(),
        })
        .collect()
}

/// One verified event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundEvent {
    /// The server it came from.
    pub server: ServerId,
    /// What makes it the same event when it comes again.
    pub key: EventKey,
    /// How it came.
    pub origin: Origin,
    /// Who wrote it.
    pub asker: Person,
    /// What stood in front of the text and was taken away: a hook's trigger word with the sign after it; empty elsewhere.
    pub address: String,
    /// What was written, without trigger word; untrusted and bounded by the body limit.
    pub text: String,
    /// When we received it; where it is late, when it was made.
    pub received_at: Timestamp,
    /// Whether it was read back so long after it was made that it is not answered any more.
    pub is_late: bool,
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn what_nobody_sees_is_dropped_and_what_joins_letters_stays() {
        let hidden: String = "ignore"
            .chars()
            .map(|c| char::from_u32(0xe0000 + u32::from(c)).unwrap())
            .collect();
        let table = [
            (format!("hi{hidden}"), "hi"),
            ("a\u{202e}b\u{2066}c\u{200b}d\u{feff}".to_owned(), "abcd"),
            ("a\0b\u{1b}[31m\nc\td".to_owned(), "ab[31m\nc\td"),
            ("👩\u{200d}💻 한글".to_owned(), "👩\u{200d}💻 한글"),
        ];
        for (text, expected) in table {
            assert_eq!(cleaned(&text), expected, "{text:?}");
        }
    }
}
