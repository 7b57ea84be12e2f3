//! Posts by the page: of a channel, of a thread.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use serde::Deserialize;

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::check_id;
use crate::wire::reply::{Answer, ok, tagged};
use crate::wire::router::{MAX_PER_PAGE, page_size};
use crate::world::AppError;
use crate::world::history::{ChannelQuery, PostList, ThreadsShown};
use crate::world::thread_page::{Direction, ThreadQuery};

type App = State<Arc<Shared>>;

/// The names are the server's: this one query is in camel case.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadParams {
    per_page: Option<usize>,
    direction: Option<String>,
    from_create_at: Option<i64>,
    from_update_at: Option<i64>,
    from_post: Option<String>,
    updates_only: Option<bool>,
    skip_fetch_threads: Option<bool>,
    collapsed_threads: Option<bool>,
    collapsed_threads_extended: Option<bool>,
}

impl ThreadParams {
    fn query(self) -> Result<ThreadQuery, AppError> {
        let direction = match self.direction.as_deref() {
            None | Some("") => Direction::None,
            Some("up") => Direction::Up,
            Some("down") => Direction::Down,
            Some(_) => return Err(AppError::url_param("direction")),
        };
        let updates_only = self.updates_only == Some(true);
        if updates_only && self.from_update_at.unwrap_or(0) == 0 {
            return Err(AppError::url_param("fromUpdateAt"));
        }
        if updates_only && direction == Direction::Up {
            return Err(AppError::url_param("direction"));
        }
        let from = if updates_only {
            self.from_update_at
        } else {
            self.from_create_at
        };
        Ok(ThreadQuery {
            per_page: self.per_page.unwrap_or(0).min(MAX_PER_PAGE),
            direction,
            from_at: from.unwrap_or(0),
            from_post: self.from_post.filter(|id| !id.is_empty()),
            updates_only,
            threads: ThreadsShown {
                skip_fetch_threads: self.skip_fetch_threads == Some(true),
                collapsed: self.collapsed_threads == Some(true),
                is_extended: self.collapsed_threads_extended == Some(true),
            },
        })
    }
}

pub(crate) async fn thread(
    State(shared): App,
    caller: Caller,
    headers: HeaderMap,
    Path(post_id): Path<String>,
    Query(params): Query<ThreadParams>,
) -> Answer {
    check_id(&post_id, "post_id")?;
    let query = params.query()?;
    let list = shared.read(|world| world.thread(&caller.user_id, &post_id, &query))?;
    let newest = list.posts.values().map(|post| post.update_at).max();
    let etag = format!("11.1.0.{post_id}.{post_id}.{}", newest.unwrap_or(0));
    Ok(tagged(&etag, &headers, &list))
}

#[derive(Deserialize)]
pub(crate) struct ChannelParams {
    page: Option<usize>,
    per_page: Option<usize>,
    before: Option<String>,
    after: Option<String>,
    since: Option<String>,
    #[serde(rename = "skipFetchThreads")]
    skip_fetch_threads: Option<bool>,
    #[serde(rename = "collapsedThreads")]
    collapsed_threads: Option<bool>,
    #[serde(rename = "collapsedThreadsExtended")]
    collapsed_threads_extended: Option<bool>,
}

pub(crate) async fn of_channel(
    State(shared): App,
    caller: Caller,
    headers: HeaderMap,
    Path(channel_id): Path<String>,
    Query(params): Query<ChannelParams>,
) -> Answer {
    check_id(&channel_id, "channel_id")?;
    let threads = ThreadsShown {
        skip_fetch_threads: params.skip_fetch_threads == Some(true),
        collapsed: params.collapsed_threads == Some(true),
        is_extended: params.collapsed_threads_extended == Some(true),
    };
    let query = channel_query(params)?;
    let (list, newest): (PostList, i64) = shared.read(|world| {
        let list = world.channel_posts(&caller.user_id, &channel_id, &query, threads)?;
        Ok::<_, AppError>((list, world.newest_change(&channel_id)))
    })?;
    if matches!(query, ChannelQuery::Since { .. }) || list.order.is_empty() {
        return Ok(ok(&list));
    }
    Ok(tagged(&format!("11.1.0.{newest}"), &headers, &list))
}

fn channel_query(params: ChannelParams) -> Result<ChannelQuery, AppError> {
    let page = params.page.unwrap_or(0);
    let per_page = page_size(params.per_page);
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (before, after) = (given(params.before), given(params.after));
    if let Some(id) = &before {
        check_id(id, "before")?;
    }
    if let Some(id) = &after {
        check_id(id, "after")?;
    }
    let since = match given(params.since) {
        None => 0,
        Some(moment) => moment.parse().map_err(|_| AppError::url_param("since"))?,
    };
    Ok(match (since, after, before) {
        (since, ..) if since > 0 => ChannelQuery::Since { update_at: since },
        (_, Some(post_id), _) => ChannelQuery::After {
            post_id,
            page,
            per_page,
        },
        (_, None, Some(post_id)) => ChannelQuery::Before {
            post_id,
            page,
            per_page,
        },
        (_, None, None) => ChannelQuery::Page { page, per_page },
    })
}

/// The pinned posts of a channel.
pub(crate) async fn pinned(
    State(shared): App,
    caller: Caller,
    Path(channel_id): Path<String>,
) -> Answer {
    check_id(&channel_id, "channel_id")?;
    let list = shared.read(|world| world.pinned_posts(&caller.user_id, &channel_id))?;
    Ok(ok(&list))
}
