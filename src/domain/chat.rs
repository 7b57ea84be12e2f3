//! What happens in the channels the bot is in, as it is heard or read back.

use super::attention::{ChannelKind, Writer};
use super::id::{ChannelId, PostId, TeamId, UserId};
use super::post::{SeenPost, Source};

/// A post, and what an event says of where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardPost {
    /// The post.
    pub post: SeenPost,
    /// The kind of its channel.
    pub channel_kind: ChannelKind,
    /// The name of its channel in URLs.
    pub channel_name: String,
    /// Its team; absent in direct and group channels.
    pub team: Option<TeamId>,
    /// The account name of its writer, untrusted text; absent where the event does not say it.
    pub writer_name: Option<String>,
}

/// A person's reaction to a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// Whose it is.
    pub person: UserId,
    /// To which post.
    pub post: PostId,
    /// The emoji's name, without colons.
    pub emoji: String,
}

/// Something that happened where the bot is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatEvent {
    /// Somebody posted.
    Posted(Box<HeardPost>),
    /// A post was changed.
    Edited(Box<SeenPost>),
    /// A post was deleted, and with a root its replies.
    Deleted {
        /// Which.
        post: PostId,
        /// Where.
        channel: ChannelId,
    },
    /// Somebody put a reaction to a post.
    Reacted(Reaction),
    /// Somebody took a reaction from a post again.
    Unreacted(Reaction),
    /// The bot was added to a channel, or a channel it is in came back.
    Joined(ChannelId),
    /// What a channel says of itself was changed, or it became private.
    ChannelChanged(ChannelId),
    /// Something about a person's account was changed.
    PersonChanged(UserId),
    /// The bot was removed from a channel, or the channel was archived.
    Left(ChannelId),
}

/// A channel that the bot is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinedChannel {
    /// Its id.
    pub id: ChannelId,
    /// Its kind.
    pub kind: ChannelKind,
    /// Its name in URLs.
    pub name: String,
    /// Its team; absent for direct and group channels.
    pub team: Option<TeamId>,
    /// When its newest post was made, in milliseconds by the server's clock; 0 where there is none.
    pub last_post_at_ms: i64,
}

/// What a channel says of itself: untrusted text of whoever may change it, each cut to what Mattermost takes, on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelProfile {
    /// Its kind; absent where it is not to be seen.
    pub kind: Option<ChannelKind>,
    /// Its team; absent for direct and group channels, and where it is not to be seen.
    pub team_id: Option<TeamId>,
    /// The name of its team in URLs; absent where that is, or the team is not to be seen.
    pub team_name: Option<String>,
    /// What its team is called; empty for direct and group channels, and where it is not to be seen.
    pub team: String,
    /// What it is called; empty for direct channels.
    pub name: String,
    /// The line above its posts.
    pub header: String,
    /// What it is for.
    pub purpose: String,
}

/// What a server is set up to take and to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerRules {
    /// Runes of a post, at most (`MaxPostSize`).
    pub post_runes: usize,
    /// Whether formulas are shown (`EnableLatex`).
    pub latex: bool,
    /// Whether the bot seems to have the right to show one person a post that nobody else sees (`create_post_ephemeral`).
    pub previews: bool,
}

/// How far a channel was heard: every post up to a time was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The channel.
    pub channel: ChannelId,
    /// The time, in milliseconds by the server's clock.
    pub heard_at_ms: i64,
    /// A post from which to read on. It is older than the time by more than the lag of a replica, so that no post before it can still
    /// become visible.
    pub anchor: Option<PostId>,
}

/// What is heard over a connection that may break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Something happened.
    Event(ChatEvent),
    /// From the event before this until now, anything may have happened unheard.
    Missed,
}

impl SeenPost {
    /// Says who wrote a post.
    #[must_use]
    pub fn writer(&self, bot: &UserId) -> Writer {
        if self.author == *bot {
            return Writer::Ourselves;
        }
        match self.source {
            Source::Author => Writer::Person,
            Source::Webhook | Source::Bot | Source::App => Writer::Machine,
            Source::System => Writer::System,
        }
    }
}
