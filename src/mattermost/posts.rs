//! Posts of the bot account: created, edited, read back and deleted.

use reqwest::Method;

use super::rest::Server;
use super::wire::{CreatePost, PatchPost, Post, PostList, PropsOut};
use crate::domain::id::{ChannelId, PostId, QuestionId};
use crate::domain::post::{NewPost, PostProps, SeenPost};
use crate::ports::{Edited, MattermostError, MattermostFailure, Priority};

/// Posts on one page when looking for our own; Mattermost gives at most 200.
pub const FIND_PAGE_POSTS: usize = 60;

/// Posts read at once, at most: so many of the longest that Mattermost takes fit into a reply. It would give 1,000.
const READ_POSTS: usize = 60;

/// Pages read when looking for our own posts after an anchor, at most. The anchor is read within minutes of the post looked for, so
/// that it lies on the first pages even where thousands of posts came later.
pub const MAX_FIND_PAGES: usize = 20;

pub(super) async fn create(server: &Server, post: &NewPost) -> Result<PostId, MattermostError> {
    let name = "create a post";
    let call = server
        .client()
        .api(name, Method::POST, &["posts"])
        // The bot's green dot says nothing about us.
        .with_query(&[("set_online", "false")])
        .with_json(&CreatePost::of(post, server.actions.as_ref()));
    let reply = server.write(name, call).await?;
    let created = reply.json::<Post>()?;
    let id = created.id().ok_or_else(|| reply.unusable())?;
    server.previews().changed(&id, created.updated_at_ms());
    Ok(id)
}

pub(super) async fn edit(
    server: &Server,
    post: &PostId,
    message: &str,
    props: Option<&PostProps>,
    priority: Priority,
) -> Result<Edited, MattermostError> {
    let name = "edit a post";
    let path = ["posts", post.as_str(), "patch"];
    let call = server
        .client()
        .api(name, Method::PUT, &path)
        .with_json(&PatchPost {
            message: Some(message),
            props: props.map(|props| PropsOut::of(props, server.actions.as_ref())),
        });
    let sent = match priority {
        Priority::First => server.write(name, call).await.map(Some),
        Priority::Later => server.write_or_skip(call).await,
    };
    match sent {
        Ok(Some(reply)) => {
            let edited = reply.json::<Post>()?;
            server.previews().changed(post, edited.updated_at_ms());
            Ok(Edited::Done)
        }
        Ok(None) => Ok(Edited::Skipped),
        Err(error) if error.id == TOO_OLD => Ok(Edited::TooOld),
        Err(error) if stays_as_it_is(&error) => Ok(Edited::Gone),
        Err(error) => Err(error),
    }
}

pub(super) async fn edit_props(
    server: &Server,
    post: &PostId,
    props: &PostProps,
) -> Result<(), MattermostError> {
    let path = ["posts", post.as_str(), "patch"];
    let call = server
        .client()
        .api("edit a post's props", Method::PUT, &path)
        .with_json(&PatchPost {
            message: None,
            props: Some(PropsOut::of(props, server.actions.as_ref())),
        });
    if let Some(reply) = server.write_or_skip(call).await? {
        let edited = reply.json::<Post>()?;
        server.previews().changed(post, edited.updated_at_ms());
    }
    Ok(())
}

/// The error of an edit after `PostEditTimeLimit`; recorded in `recorded/limits.json`.
const TOO_OLD: &str = "api.post.update_post.permissions_time_limit.app_error";

/// Says whether a post can never be edited again: it is gone (which Mattermost calls 403), or its channel was archived.
fn stays_as_it_is(error: &MattermostError) -> bool {
    match error.kind {
        MattermostFailure::Forbidden | MattermostFailure::NotFound => true,
        MattermostFailure::Rejected => error.id.ends_with(".can_not_update_post_in_deleted.error"),
        MattermostFailure::TokenRefused
        | MattermostFailure::UsedUp
        | MattermostFailure::RateLimited { .. }
        | MattermostFailure::Unreachable
        | MattermostFailure::Ambiguous => false,
    }
}

pub(super) async fn read(
    server: &Server,
    post: &PostId,
) -> Result<Option<SeenPost>, MattermostError> {
    if !server.client().has_bot() {
        return Ok(None);
    }
    let call = server
        .client()
        .api("read a post", Method::GET, &["posts", post.as_str()]);
    let Some(reply) = unless_unseen(server.read(call).await)? else {
        return Ok(None);
    };
    Ok(reply.json::<Post>()?.into_seen())
}

pub(super) async fn read_all(
    server: &Server,
    posts: &[PostId],
) -> Result<Vec<SeenPost>, MattermostError> {
    let mut found = Vec::with_capacity(posts.len());
    for chunk in posts.chunks(READ_POSTS) {
        let asked: Vec<&str> = chunk.iter().map(PostId::as_str).collect();
        let call = server
            .client()
            .api("read posts", Method::POST, &["posts", "ids"])
            .with_json(&asked);
        let read: Vec<Post> = server.read(call).await?.json()?;
        found.extend(read.into_iter().filter_map(Post::into_seen));
    }
    Ok(found)
}

pub(super) async fn newest(
    server: &Server,
    channel: &ChannelId,
) -> Result<Option<PostId>, MattermostError> {
    let list = page(server, channel, &[("per_page", "1")]).await?;
    Ok(list.and_then(|list| list.newest()))
}

pub(super) async fn find_own(
    server: &Server,
    channel: &ChannelId,
    anchor: Option<&PostId>,
    question: QuestionId,
) -> Result<Vec<SeenPost>, MattermostError> {
    let bot = server.bot().await?;
    let mut found = Vec::new();
    for number in 0..MAX_FIND_PAGES {
        let (number, size) = (number.to_string(), FIND_PAGE_POSTS.to_string());
        let mut query = vec![("page", number.as_str()), ("per_page", size.as_str())];
        query.extend(anchor.map(|anchor| ("after", anchor.as_str())));
        let Some(list) = page(server, channel, &query).await? else {
            break;
        };
        let is_last = list.len() < FIND_PAGE_POSTS || anchor.is_none();
        found.extend(list.into_seen().into_iter().filter(|post| {
            post.author == bot
                && post
                    .marker
                    .is_some_and(|marker| marker.question == question)
        }));
        if is_last {
            break;
        }
    }
    found.sort_by(|one, other| (one.created_at_ms, &one.id).cmp(&(other.created_at_ms, &other.id)));
    // A post that slipped onto the next page while we turned it is seen twice.
    found.dedup_by(|one, other| one.id == other.id);
    Ok(found)
}

/// Reads a page of a channel's posts, replies included; `None` where the channel is not to be seen.
async fn page(
    server: &Server,
    channel: &ChannelId,
    query: &[(&str, &str)],
) -> Result<Option<PostList>, MattermostError> {
    if !server.client().has_bot() {
        return Ok(None);
    }
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

pub(super) async fn delete(server: &Server, post: &PostId) -> Result<(), MattermostError> {
    let name = "delete a post";
    let call = server
        .client()
        .api(name, Method::DELETE, &["posts", post.as_str()]);
    match server.write(name, call).await {
        Ok(reply) => reply.must_be_json(),
        Err(error) if is_unseen(&error) => {
            // Mattermost says 403 both of a post that is gone and of one that we may not delete.
            let is_gone = read(server, post).await?.is_none();
            if is_gone { Ok(()) } else { Err(error) }
        }
        Err(error) => Err(error),
    }
}

/// Makes a value of what is not there, or not for us.
pub(super) fn unless_unseen<T>(
    result: Result<T, MattermostError>,
) -> Result<Option<T>, MattermostError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_unseen(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_unseen(error: &MattermostError) -> bool {
    matches!(
        error.kind,
        MattermostFailure::Forbidden | MattermostFailure::NotFound
    )
}
