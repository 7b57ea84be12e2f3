//! What the bot account sees of the chat: who it is, where it is, what was said there, and its reactions.

use std::collections::HashMap;

use reqwest::Method;

use super::posts::unless_unseen;
use super::rest::Server;
use super::socket::channel_kind;
use super::wire::{Account, Channel, PostList, Reaction};
use crate::domain::attention::Identity;
use crate::domain::chat::JoinedChannel;
use crate::domain::id::{ChannelId, PostId, TeamId, UserId};
use crate::domain::post::SeenPost;
use crate::ports::MattermostError;

/// Posts of one page; Mattermost gives at most 200.
const PAGE_POSTS: usize = 200;

/// Pages of a channel read back, at most: what 10,000 posts ago was missed is no longer waited for.
pub const MAX_MISSED_PAGES: usize = 50;

/// Posts that Mattermost gives of what changed since a moment, at most: any of them where there are more (`GetPostsSince`, 11.1).
const CHANGED_POSTS: usize = 1_000;

/// Posts of a thread that are read, at most; a model takes in less.
pub const THREAD_POSTS: usize = 200;

/// Accounts asked for at once.
const PAGE_ACCOUNTS: usize = 100;

pub(super) async fn identity(server: &Server) -> Result<Identity, MattermostError> {
    let call = server
        .client()
        .api("read the bot's account", Method::GET, &["users", "me"]);
    let reply = server.read(call).await?;
    let me: Account = reply.json()?;
    Ok(Identity {
        id: UserId::parse(&me.id).map_err(|_| reply.unusable())?,
        username: me.username.to_lowercase(),
    })
}

pub(super) async fn joined_channels(
    server: &Server,
) -> Result<Vec<JoinedChannel>, MattermostError> {
    let path = ["users", "me", "channels"];
    let call = server
        .client()
        .api("read the bot's channels", Method::GET, &path);
    let reply = server.read(call).await?;
    // An account in no channel is answered with something that is no JSON.
    let channels: Vec<Channel> = reply.json().unwrap_or_default();
    Ok(channels.into_iter().filter_map(joined).collect())
}

fn joined(channel: Channel) -> Option<JoinedChannel> {
    if channel.delete_at != 0 {
        return None;
    }
    Some(JoinedChannel {
        id: ChannelId::parse(&channel.id).ok()?,
        kind: channel_kind(&channel.kind)?,
        name: channel.name,
        team: TeamId::parse(&channel.team_id).ok(),
        last_post_at_ms: channel.last_post_at,
    })
}

pub(super) async fn posts_since(
    server: &Server,
    channel: &ChannelId,
    anchor: Option<&PostId>,
    since_ms: i64,
) -> Result<Option<Vec<SeenPost>>, MattermostError> {
    let from_anchor = match anchor {
        Some(anchor) => posts_after(server, channel, anchor).await?,
        None => None,
    };
    let found = match from_anchor {
        Some(found) if !found.is_empty() => Some(found),
        // There is none yet, or it is gone for good: nothing comes after a post that is not there, as `after` has it.
        Some(_) | None => posts_changed_since(server, channel, since_ms).await?,
    };
    Ok(found.map(|mut posts| {
        posts.retain(|post| post.created_at_ms >= since_ms);
        in_order(posts)
    }))
}

/// Reads on from a post, page by page; `None` where the post or the channel is not to be seen.
async fn posts_after(
    server: &Server,
    channel: &ChannelId,
    anchor: &PostId,
) -> Result<Option<Vec<SeenPost>>, MattermostError> {
    let mut found = Vec::new();
    for number in 0..MAX_MISSED_PAGES {
        let (number, size) = (number.to_string(), PAGE_POSTS.to_string());
        let query = [
            ("after", anchor.as_str()),
            ("page", number.as_str()),
            ("per_page", size.as_str()),
        ];
        let Some(list) = posts(server, channel, &query).await? else {
            return Ok(None);
        };
        let is_last = list.len() < PAGE_POSTS;
        found.extend(list.into_seen());
        if is_last {
            return Ok(Some(found));
        }
    }
    warn_of_the_rest(channel, &found);
    Ok(Some(found))
}

pub(super) async fn posts_before(
    server: &Server,
    channel: &ChannelId,
    post: &PostId,
    count: u32,
) -> Result<Vec<SeenPost>, MattermostError> {
    let size = count.to_string();
    let query = [("before", post.as_str()), ("per_page", size.as_str())];
    let list = posts(server, channel, &query).await?;
    Ok(in_order(list.map_or_else(Vec::new, PostList::into_seen)))
}

async fn posts_changed_since(
    server: &Server,
    channel: &ChannelId,
    since_ms: i64,
) -> Result<Option<Vec<SeenPost>>, MattermostError> {
    let since = since_ms.max(1).to_string();
    let list = posts(server, channel, &[("since", since.as_str())]).await?;
    match list {
        // The rest cannot be asked for: nothing says which are left out.
        Some(list) if list.len() >= CHANGED_POSTS => {
            posts_back_to(server, channel, since_ms).await.map(Some)
        }
        list => Ok(list.map(PostList::into_seen)),
    }
}

/// Reads back from the newest post to a moment, page by page.
async fn posts_back_to(
    server: &Server,
    channel: &ChannelId,
    since_ms: i64,
) -> Result<Vec<SeenPost>, MattermostError> {
    let mut found = Vec::new();
    for number in 0..MAX_MISSED_PAGES {
        let (number, size) = (number.to_string(), PAGE_POSTS.to_string());
        let query = [("page", number.as_str()), ("per_page", size.as_str())];
        let Some(list) = posts(server, channel, &query).await? else {
            return Ok(found);
        };
        let is_short = list.len() < PAGE_POSTS;
        let seen = list.into_seen();
        let is_last = is_short || seen.iter().any(|post| post.created_at_ms < since_ms);
        found.extend(seen);
        if is_last {
            return Ok(found);
        }
    }
    warn_of_the_rest(channel, &found);
    Ok(found)
}

fn warn_of_the_rest(channel: &ChannelId, found: &[SeenPost]) {
    tracing::warn!(channel.id = %channel, posts = found.len(), "more was missed in a channel than is read back");
}

async fn posts(
    server: &Server,
    channel: &ChannelId,
    query: &[(&str, &str)],
) -> Result<Option<PostList>, MattermostError> {
    let path = ["channels", channel.as_str(), "posts"];
    let call = server
        .client()
        .api("read a channel's posts", Method::GET, &path)
        .with_query(query)
        // Else whole threads of the listed replies come along.
        .with_query(&[("skipFetchThreads", "true")]);
    match unless_unseen(server.read(call).await)? {
        Some(reply) => reply.json().map(Some),
        None => Ok(None),
    }
}

pub(super) async fn thread(
    server: &Server,
    root: &PostId,
) -> Result<Option<Vec<SeenPost>>, MattermostError> {
    let size = THREAD_POSTS.to_string();
    let call = server
        .client()
        .api(
            "read a thread",
            Method::GET,
            &["posts", root.as_str(), "thread"],
        )
        .with_query(&[("perPage", size.as_str()), ("direction", "up")]);
    let Some(reply) = unless_unseen(server.read(call).await)? else {
        return Ok(None);
    };
    Ok(Some(in_order(reply.json::<PostList>()?.into_seen())))
}

/// Mattermost sorts lists now one way, now the other, and a post may stand in two pages. Nobody replies before there is what they reply to,
/// also within a millisecond.
fn in_order(mut posts: Vec<SeenPost>) -> Vec<SeenPost> {
    posts.sort_by(|one, other| {
        let key = |post: &SeenPost| (post.created_at_ms, post.root.is_some());
        key(one)
            .cmp(&key(other))
            .then_with(|| one.id.cmp(&other.id))
    });
    posts.dedup_by(|one, other| one.id == other.id);
    posts
}

pub(super) async fn names(
    server: &Server,
    people: &[UserId],
) -> Result<HashMap<UserId, String>, MattermostError> {
    let mut names = HashMap::with_capacity(people.len());
    for chunk in people.chunks(PAGE_ACCOUNTS) {
        let ids: Vec<&str> = chunk.iter().map(UserId::as_str).collect();
        let call = server
            .client()
            .api("read accounts", Method::POST, &["users", "ids"])
            .with_json(&ids);
        let accounts: Vec<Account> = server.read(call).await?.json()?;
        names.extend(
            accounts
                .into_iter()
                .filter_map(|account| Some((UserId::parse(&account.id).ok()?, account.username))),
        );
    }
    Ok(names)
}

pub(super) async fn react(
    server: &Server,
    post: &PostId,
    emoji: &str,
) -> Result<(), MattermostError> {
    let bot = server.bot().await?;
    let reaction = Reaction {
        user_id: bot.as_str(),
        post_id: post.as_str(),
        emoji_name: emoji,
    };
    let call = server
        .client()
        .api("react to a post", Method::POST, &["reactions"])
        .with_json(&reaction);
    server.write_or_skip(call).await.map(|_| ())
}

pub(super) async fn unreact(
    server: &Server,
    post: &PostId,
    emoji: &str,
) -> Result<(), MattermostError> {
    let name = "take back a reaction";
    let bot = server.bot().await?;
    let path = [
        "users",
        bot.as_str(),
        "posts",
        post.as_str(),
        "reactions",
        emoji,
    ];
    let call = server.client().api(name, Method::DELETE, &path);
    unless_unseen(server.write(name, call).await).map(|_| ())
}
