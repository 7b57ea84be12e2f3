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
use crate::world::AppError;
use crate::world::dedupe::Dedupe;
use crate::world::ephemeral::Ephemeral;
use crate::world::post::Draft;
use crate::world::post_edit::PostPatch;

type App = State<Arc<Shared>>;

/// Posts that may be asked for at once.
const MAX_IDS: usize = 1000;

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
        file_ids: fields
            .get("file_ids")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect(),
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
    let post = fields
        .object("post")
        .ok_or_else(|| AppError::body_param("post"))?;
    let given = Ephemeral {
        reader_id: fields.text("user_id"),
        post_id: post
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        update_at: post.get("update_at").and_then(Value::as_i64).unwrap_or(0),
        draft: draft_of(&caller.user_id, &post),
    };
    let post = shared.change(|world| world.create_ephemeral(&caller.user_id, given))?;
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
    if ids.is_empty() || ids.len() > MAX_IDS {
        return Err(AppError::body_param("post_ids"));
    }
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

#[derive(Deserialize)]
pub(crate) struct DeleteQuery {
    permanent: Option<bool>,
}

pub(crate) async fn delete(
    State(shared): App,
    caller: Caller,
    Path(post_id): Path<String>,
    Query(query): Query<DeleteQuery>,
) -> Answer {
    check_id(&post_id, "post_id")?;
    if query.permanent == Some(true) {
        // `EnableAPIPostDeletion` is off, and nothing here switches it on.
        return Err(AppError::new(
            501,
            "api.post.delete_post.not_enabled.app_error",
            "Permanent post deletion feature is not enabled. Please contact your System Administrator.",
        ));
    }
    shared.change(|world| world.delete_post(&caller.user_id, &post_id))?;
    Ok(status_ok())
}

pub(crate) async fn pin(State(shared): App, caller: Caller, Path(post_id): Path<String>) -> Answer {
    set_pinned(&shared, &caller, &post_id, true)
}

pub(crate) async fn unpin(
    State(shared): App,
    caller: Caller,
    Path(post_id): Path<String>,
) -> Answer {
    set_pinned(&shared, &caller, &post_id, false)
}

fn set_pinned(shared: &Shared, caller: &Caller, post_id: &str, is_pinned: bool) -> Answer {
    check_id(post_id, "post_id")?;
    shared.change(|world| world.pin_post(&caller.user_id, post_id, is_pinned))?;
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
