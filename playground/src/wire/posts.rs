//! Posts.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::integration::tell_outgoing_webhooks;
use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::{Fields, Texts, check_id};
use crate::wire::gate::HangInside;
use crate::wire::reply::{Answer, created, ok, status_ok, tagged};
use crate::wire::router::page_size;
use crate::world::AppError;
use crate::world::dedupe::Dedupe;
use crate::world::history::{ChannelQuery, PostList, ThreadQuery, ThreadsShown};
use crate::world::post::Draft;
use crate::world::post_edit::PostPatch;

type App = State<Arc<Shared>>;

pub(crate) async fn create(
    State(shared): App,
    caller: Caller,
    Query(query): Query<CreateQuery>,
    hang: Option<Extension<HangInside>>,
    fields: Fields,
) -> Answer {
    let mut draft = draft_of(&caller.user_id, &fields.0);
    draft.set_online = query.set_online != Some(false);
    if !shared.read(|world| world.may_post(&draft.user_id, &draft.channel_id)) {
        return Err(AppError::permissions());
    }
    match shared.change(|world| world.begin_create(&draft.pending_post_id))? {
        Dedupe::Done(post) => return Ok(created(&post)),
        Dedupe::New => {}
    }
    if let Some(Extension(HangInside(gate))) = hang {
        gate.pass().await;
    }
    let post = shared.change(|world| {
        world.note_activity(&caller.token);
        world.finish_create(draft)
    })?;
    tell_outgoing_webhooks(&shared, std::slice::from_ref(&post));
    Ok(created(&post))
}

#[derive(Deserialize)]
pub(crate) struct CreateQuery {
    set_online: Option<bool>,
}

fn draft_of(user_id: &str, fields: &Map<String, Value>) -> Draft {
    let text = |name: &str| {
        fields
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Draft {
        user_id: user_id.to_owned(),
        channel_id: text("channel_id"),
        root_id: text("root_id"),
        message: text("message"),
        kind: text("type"),
        props: fields
            .get("props")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
        file_ids: Vec::new(),
        pending_post_id: text("pending_post_id"),
        is_pinned: fields
            .get("is_pinned")
            .and_then(Value::as_bool)
            .unwrap_or(false),
        by_rest: true,
        set_online: true,
    }
}

pub(crate) async fn create_ephemeral(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let reader = fields.text("user_id");
    let post = fields.object("post").unwrap_or_default();
    let draft = draft_of(&caller.user_id, &post);
    let post_id = post.get("id").and_then(Value::as_str).unwrap_or_default();
    let post =
        shared.change(|world| world.create_ephemeral(&caller.user_id, &reader, post_id, draft))?;
    Ok(created(&post))
}

pub(crate) async fn get(
    State(shared): App,
    caller: Caller,
    headers: HeaderMap,
    Path(post_id): Path<String>,
) -> Answer {
    check_id(&post_id, "post_id")?;
    let post = shared.read(|world| world.read_post(&caller.user_id, &post_id))?;
    let etag = format!("11.1.0.{}.{}", post.id, post.update_at);
    Ok(tagged(&etag, &headers, &post))
}

pub(crate) async fn by_ids(State(shared): App, caller: Caller, Texts(ids): Texts) -> Answer {
    let posts: Vec<_> = shared.read(|world| {
        ids.iter()
            .filter_map(|id| world.read_post(&caller.user_id, id).ok())
            .collect()
    });
    Ok(ok(&posts))
}

/// Both the patch and the whole post; the latter clears what it leaves out.
pub(crate) async fn patch(
    State(shared): App,
    caller: Caller,
    Path(post_id): Path<String>,
    fields: Fields,
) -> Answer {
    change(&shared, &caller, &post_id, patch_of(&fields))
}

pub(crate) async fn update(
    State(shared): App,
    caller: Caller,
    Path(post_id): Path<String>,
    fields: Fields,
) -> Answer {
    let mut patch = patch_of(&fields);
    patch.props.get_or_insert_default();
    patch.is_pinned.get_or_insert(false);
    change(&shared, &caller, &post_id, patch)
}

fn patch_of(fields: &Fields) -> PostPatch {
    PostPatch {
        message: fields
            .0
            .get("message")
            .and_then(Value::as_str)
            .map(str::to_owned),
        props: fields.object("props"),
        file_ids: fields.texts("file_ids"),
        is_pinned: fields.0.get("is_pinned").and_then(Value::as_bool),
    }
}

fn change(shared: &Shared, caller: &Caller, post_id: &str, patch: PostPatch) -> Answer {
    check_id(post_id, "post_id")?;
    let post = shared.change(|world| world.patch_post(&caller.user_id, post_id, patch))?;
    Ok(ok(&post))
}

pub(crate) async fn delete(
    State(shared): App,
    caller: Caller,
    Path(post_id): Path<String>,
) -> Answer {
    check_id(&post_id, "post_id")?;
    shared.change(|world| world.delete_post(&caller.user_id, &post_id))?;
    Ok(status_ok())
}

pub(crate) async fn edit_history(
    State(shared): App,
    caller: Caller,
    Path(post_id): Path<String>,
) -> Answer {
    let posts = shared.read(|world| world.edit_history(&caller.user_id, &post_id))?;
    Ok(ok(&posts))
}

/// The names are the server's: this one query is in camel case.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThreadParams {
    per_page: Option<usize>,
    direction: Option<String>,
    from_create_at: Option<i64>,
    from_post: Option<String>,
}

pub(crate) async fn thread(
    State(shared): App,
    caller: Caller,
    headers: HeaderMap,
    Path(post_id): Path<String>,
    Query(params): Query<ThreadParams>,
) -> Answer {
    check_id(&post_id, "post_id")?;
    let query = ThreadQuery {
        per_page: params
            .per_page
            .unwrap_or(0)
            .min(crate::wire::router::MAX_PER_PAGE),
        is_up: params.direction.as_deref() == Some("up"),
        from_create_at: params.from_create_at,
        from_post: params.from_post,
    };
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
    since: Option<i64>,
    #[serde(rename = "skipFetchThreads")]
    skip_fetch_threads: Option<bool>,
    #[serde(rename = "collapsedThreads")]
    collapsed_threads: Option<bool>,
}

pub(crate) async fn of_channel(
    State(shared): App,
    caller: Caller,
    Path(channel_id): Path<String>,
    Query(params): Query<ChannelParams>,
) -> Answer {
    check_id(&channel_id, "channel_id")?;
    let threads = ThreadsShown {
        skip_fetch_threads: params.skip_fetch_threads == Some(true),
        collapsed: params.collapsed_threads == Some(true),
    };
    let query = channel_query(params);
    let list: PostList =
        shared.read(|world| world.channel_posts(&caller.user_id, &channel_id, &query, threads))?;
    Ok(ok(&list))
}

fn channel_query(params: ChannelParams) -> ChannelQuery {
    let page = params.page.unwrap_or(0);
    let per_page = page_size(params.per_page);
    match params {
        ChannelParams {
            since: Some(update_at),
            ..
        } => ChannelQuery::Since { update_at },
        ChannelParams {
            after: Some(post_id),
            ..
        } => ChannelQuery::After {
            post_id,
            page,
            per_page,
        },
        ChannelParams {
            before: Some(post_id),
            ..
        } => ChannelQuery::Before {
            post_id,
            page,
            per_page,
        },
        _ => ChannelQuery::Page { page, per_page },
    }
}
