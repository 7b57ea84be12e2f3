//! What we post: how it is addressed, marked and found again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::control::Control;
use super::id::{ChannelId, FileId, PostId, QuestionId, ResponseUrlId, UserId};

/// How long a text we posted without a mark is remembered and taken for ours when an outgoing webhook brings it back. It comes back
/// within seconds, so an hour is ample.
pub const OWN_TEXT_MEMORY: Duration = Duration::from_hours(1);

/// Who may see an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody in the channel or thread.
    Channel,
    /// The asker alone.
    Asker,
}

/// How an answer reaches people; chosen at admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// As posts of the bot account, growing by edits.
    Bot {
        /// The channel.
        channel: ChannelId,
        /// The thread, where there is one.
        root: Option<PostId>,
        /// What is used instead where the bot may not post there.
        fallback: Option<ResponseUrlId>,
    },
    /// As posts of the bot account in its direct channel with the asker.
    Direct {
        /// The asker.
        asker: UserId,
    },
    /// By a command's `response_url`: finished text, no id back, five uses in 30 minutes.
    Response {
        /// The right to post.
        id: ResponseUrlId,
        /// Who may see it.
        audience: Audience,
    },
    /// By the incoming webhook: finished text, no id back.
    Webhook {
        /// The channel's name, which must be sent, else the hook posts in its home channel.
        channel_name: String,
        /// The same channel by id, to recognise our own text when it comes back.
        channel: ChannelId,
    },
    /// In the HTTP reply to a request made by hand.
    Inline,
}

/// What a post of ours is part of; kept in its props, so that it is known again after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Marker {
    /// The question answered.
    pub question: QuestionId,
    /// Which generation of the answer: 1, and one more for each regeneration.
    pub generation: u32,
    /// Which post of the answer, counting from 0.
    pub part: u32,
}

/// A button beneath a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// What it asks for; its word is also the button's id.
    pub control: Control,
    /// What stands on it.
    pub label: String,
    /// What Mattermost sends back when it is pressed: signed, and no secret, because whoever sees the post deleted sees it.
    pub context: String,
    /// Whether it can be pressed.
    pub is_enabled: bool,
}

/// All of ours that stands beside a post's text. Whoever sends it replaces all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostProps {
    /// What it is part of, where it is part of an answer.
    pub marker: Option<Marker>,
    /// Its buttons, from left to right.
    pub buttons: Vec<Button>,
}

/// What was committed before a post was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartIntent {
    /// Which post of the answer, counting from 0.
    pub part: u32,
    /// The generation of the answer for which it was made; the post may since show a later one.
    pub generation: u32,
    /// Where it is to be created.
    pub channel: ChannelId,
    /// The thread, where there is one.
    pub root: Option<PostId>,
    /// The random `pending_post_id` by which Mattermost recognises a repeated create for 30 seconds.
    pub pending: u128,
    /// A post known to be older than ours, from which to read back.
    pub anchor: Option<PostId>,
    /// When the intent was committed.
    pub intended_at: super::time::Timestamp,
}

/// One post of an answer as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What was intended.
    pub intent: PartIntent,
    /// The post, once its creation was confirmed and committed.
    pub post: Option<PostId>,
}

/// A post to be created by the bot account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPost {
    /// Where.
    pub channel: ChannelId,
    /// The thread, where there is one.
    pub root: Option<PostId>,
    /// The finished Markdown, at most 16,383 runes.
    pub message: String,
    /// What stands beside the text.
    pub props: PostProps,
    /// Recognised by Mattermost for 30 seconds.
    pub pending: u128,
}

/// What one person is shown in place of a post of the bot's, while others see that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Who sees it.
    pub reader: UserId,
    /// The post in whose place it stands.
    pub post: PostId,
    /// Its channel.
    pub channel: ChannelId,
    /// Its thread, where it is in one.
    pub root: Option<PostId>,
    /// The Markdown.
    pub message: String,
    /// What stands beside the text: the buttons of the post, else they would be gone.
    pub props: PostProps,
}

/// A file to be attached to a post.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, of ASCII letters, digits, `-` and `.`.
    pub name: String,
    /// As in a `Content-Type`.
    pub media_type: &'static str,
    /// What is in it, never empty.
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for File {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            media_type,
            bytes,
        } = self;
        write!(
            formatter,
            "File({name}, {media_type}, {} bytes)",
            bytes.len()
        )
    }
}

/// What wrote a post, by its type and its props. The props could be set by a person's client too, and then hide that person's post; they
/// never make anybody of somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Its author, as a message.
    Author,
    /// A webhook or a command.
    Webhook,
    /// A bot account.
    Bot,
    /// A plugin, or an app of somebody's.
    App,
    /// The server; or it is of a kind of its own.
    System,
}

/// A post as read from Mattermost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenPost {
    /// Its id.
    pub id: PostId,
    /// Its author.
    pub author: UserId,
    /// Its channel.
    pub channel: ChannelId,
    /// The root of its thread, where it is a reply.
    pub root: Option<PostId>,
    /// Its text.
    pub message: String,
    /// Our marker, where it carries one.
    pub marker: Option<Marker>,
    /// What wrote it.
    pub source: Source,
    /// The files attached to it, in order.
    pub files: Vec<FileId>,
    /// When it was created, in milliseconds since the Unix epoch, by the server's clock.
    pub created_at_ms: i64,
}
