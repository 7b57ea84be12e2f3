//! Mattermost: where people are.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::access::Account;
use crate::domain::attention::Identity;
use crate::domain::chat::{ChannelProfile, JoinedChannel, ServerRules};
use crate::domain::control::Standing;
use crate::domain::file::SharedFile;
use crate::domain::id::{ChannelId, FileId, PostId, QuestionId, ResponseUrlId, ServerId, UserId};
use crate::domain::post::{Audience, File, NewPost, PostProps, Preview, SeenPost};
use crate::domain::retry::FailureClass;

/// How a call to Mattermost fails.
#[derive(Debug, thiserror::Error)]
#[error("{call} in Mattermost (status {status:?}, {id})")]
pub struct MattermostError {
    /// Which call, as a verb and its object.
    pub call: &'static str,
    /// What kind of failure it is.
    pub kind: MattermostFailure,
    /// The HTTP status, where one came.
    pub status: Option<u16>,
    /// The error's id as Mattermost gives it, cut to a bound; empty where none came.
    pub id: String,
    /// What the HTTP client said, where no reply came.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl MattermostError {
    /// Whether the text of a post was longer than the server takes.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.id == "model.post.is_valid.message_length.app_error"
    }
}

/// The kinds of failure of a call to Mattermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MattermostFailure {
    /// The token is revoked or wrong (401).
    TokenRefused,
    /// We may not do this there, or the thing is not there (403).
    Forbidden,
    /// It is not there (404).
    NotFound,
    /// It will never be accepted as it is (400, 413 and the like).
    Rejected,
    /// A `response_url` that was used up or has expired.
    UsedUp,
    /// Too many requests (429); nothing happened.
    RateLimited {
        /// The delay asked for.
        retry_after: Option<Duration>,
    },
    /// It was never reached; nothing happened.
    Unreachable,
    /// It failed or fell silent after the request was sent (5xx, time-out, cut connection): it may have happened or not.
    Ambiguous,
}

impl MattermostFailure {
    /// Whether we may not post there at all, so that another way of delivery is to be taken.
    #[must_use]
    pub fn is_shut_out(self) -> bool {
        matches!(self, Self::Forbidden | Self::NotFound | Self::Rejected)
    }

    /// Returns the class that decides whether to try again.
    #[must_use]
    pub fn class(self) -> FailureClass {
        match self {
            Self::RateLimited { retry_after } => FailureClass::RateLimited { retry_after },
            // A token can be replaced while we wait.
            Self::Unreachable | Self::Ambiguous | Self::TokenRefused => FailureClass::Transient,
            Self::Forbidden | Self::NotFound | Self::Rejected | Self::UsedUp => {
                FailureClass::Permanent
            }
        }
    }
}

/// Which write goes first when writes have to wait for the pace that a server is spared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A new post, or the final edit of one.
    First,
    /// An edit that will be followed by another.
    Later,
}

/// What an edit found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// The post has the text now.
    Done,
    /// The post was deleted by somebody, or its channel was archived: it stays as it is.
    Gone,
    /// The post is older than the server lets people edit theirs (`PostEditTimeLimit`): it stays as it is, but may be deleted.
    TooOld,
    /// It was not tried: an edit of low priority that would have had to wait.
    Skipped,
}

/// What became of a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previewed {
    /// Whoever is connected sees it.
    Shown,
    /// It was not tried: too many others were.
    Skipped,
    /// The bot may not.
    Forbidden,
}

/// One Mattermost server, seen as the bot account where there is one.
#[async_trait]
pub trait Mattermost: Send + Sync {
    /// Which server this is.
    fn server(&self) -> &ServerId;

    /// Creates a post as the bot. The same `pending` within 30 seconds creates no second one.
    async fn create_post(&self, post: &NewPost) -> Result<PostId, MattermostError>;

    /// Replaces the text of a post of the bot's, and where props are given all that stands beside it. Repeating it is harmless.
    async fn edit_post(
        &self,
        post: &PostId,
        message: &str,
        props: Option<&PostProps>,
        priority: Priority,
    ) -> Result<Edited, MattermostError>;

    /// Replaces what stands beside the text of a post of the bot's, and leaves the text. Best effort: it is left out where it would have to
    /// wait.
    async fn edit_props(&self, post: &PostId, props: &PostProps) -> Result<(), MattermostError>;

    /// Shows one person another text in place of a post of the bot's; nothing of it is stored, and the post's next edit takes its place.
    async fn preview(&self, preview: &Preview) -> Result<Previewed, MattermostError>;

    /// Reads a post; `None` where it is gone or not to be seen.
    async fn read_post(&self, post: &PostId) -> Result<Option<SeenPost>, MattermostError>;

    /// Reads posts; those that are gone or not to be seen are left out.
    async fn read_posts(&self, posts: &[PostId]) -> Result<Vec<SeenPost>, MattermostError>;

    /// Returns the newest post of a channel, replies included; `None` where the channel is empty or not to be seen.
    async fn newest_post(&self, channel: &ChannelId) -> Result<Option<PostId>, MattermostError>;

    /// Finds the bot's posts created in a channel after `anchor` that carry a marker of `question`, oldest first.
    async fn find_own_posts(
        &self,
        channel: &ChannelId,
        anchor: Option<&PostId>,
        question: QuestionId,
    ) -> Result<Vec<SeenPost>, MattermostError>;

    /// Deletes a post of the bot's; that it is gone already is no failure.
    async fn delete_post(&self, post: &PostId) -> Result<(), MattermostError>;

    /// Fetches a file that people attached, its bytes only where there are at most so many; `None` where it is not to be seen.
    async fn file(
        &self,
        file: &FileId,
        most_bytes: usize,
    ) -> Result<Option<SharedFile>, MattermostError>;

    /// Attaches files to a post of the bot's, in place of those it has. Repeating it leaves one of each, and uploads that nobody sees.
    async fn attach(
        &self,
        channel: &ChannelId,
        post: &PostId,
        files: &[File],
    ) -> Result<(), MattermostError>;

    /// Opens the direct channel between the bot and a person, or returns the one there is.
    async fn direct_channel(&self, person: &UserId) -> Result<ChannelId, MattermostError>;

    /// Says whether a person is a member of a channel; `None` where the bot cannot see that channel.
    async fn is_member(
        &self,
        channel: &ChannelId,
        person: &UserId,
    ) -> Result<Option<bool>, MattermostError>;

    /// Returns what the server is set up to take and to show; asked as the bot.
    async fn rules(&self) -> Result<ServerRules, MattermostError>;

    /// Says what a person is in a channel, as far as the bot can see.
    async fn standing(
        &self,
        channel: &ChannelId,
        person: &UserId,
    ) -> Result<Standing, MattermostError>;

    /// Says whether a person administers the whole server, and their account is not deactivated, as far as the bot can see.
    async fn administers(&self, person: &UserId) -> Result<bool, MattermostError>;

    /// Returns who the bot is.
    async fn identity(&self) -> Result<Identity, MattermostError>;

    /// Returns the channels the bot is in, archived ones left out.
    async fn joined_channels(&self) -> Result<Vec<JoinedChannel>, MattermostError>;

    /// Returns what a channel says of itself; `None` where it is not to be seen.
    async fn channel_profile(
        &self,
        channel: &ChannelId,
    ) -> Result<Option<ChannelProfile>, MattermostError>;

    /// Reads back the posts of a channel made at or after `since_ms` (the server's time), oldest first, from `anchor` where it is known, up to
    /// a bound; `None` where the channel is not to be seen.
    async fn posts_since(
        &self,
        channel: &ChannelId,
        anchor: Option<&PostId>,
        since_ms: i64,
    ) -> Result<Option<Vec<SeenPost>>, MattermostError>;

    /// Reads the last posts that were made in a channel before another, replies included, oldest first, at most `count` (up to 200); none where
    /// the channel is not to be seen.
    async fn posts_before(
        &self,
        channel: &ChannelId,
        post: &PostId,
        count: u32,
    ) -> Result<Vec<SeenPost>, MattermostError>;

    /// Reads the newest posts of a thread, its root included, oldest first, up to a bound; `None` where it is gone or not to be seen.
    async fn thread(&self, root: &PostId) -> Result<Option<Vec<SeenPost>>, MattermostError>;

    /// Returns the account names of people, of as many as are known.
    async fn names(&self, people: &[UserId]) -> Result<HashMap<UserId, String>, MattermostError>;

    /// Returns a person's account; `None` where there is no such account.
    async fn account(&self, person: &UserId) -> Result<Option<Account>, MattermostError>;

    /// Returns the account of a name, without `@`; `None` where there is no such account.
    async fn account_named(&self, name: &str) -> Result<Option<Account>, MattermostError>;

    /// Puts the bot's reaction to a post. Best effort.
    async fn react(&self, post: &PostId, emoji: &str) -> Result<(), MattermostError>;

    /// Takes the bot's reaction from a post; that there is none is no failure. Best effort.
    async fn unreact(&self, post: &PostId, emoji: &str) -> Result<(), MattermostError>;

    /// Shows that the bot is typing. Best effort.
    async fn show_typing(
        &self,
        channel: &ChannelId,
        root: Option<&PostId>,
    ) -> Result<(), MattermostError>;

    /// Posts finished texts by a command's `response_url`, all in one of its five uses.
    async fn respond(
        &self,
        id: &ResponseUrlId,
        texts: &[String],
        audience: Audience,
    ) -> Result<(), MattermostError>;

    /// Posts a finished text by the incoming webhook, in the channel of this name.
    async fn post_by_webhook(&self, channel_name: &str, text: &str) -> Result<(), MattermostError>;

    /// Says whether the server answers, for `/readyz`.
    async fn ping(&self) -> Result<(), MattermostError>;
}
