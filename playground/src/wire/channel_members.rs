//! Who is in a channel.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::{Fields, Texts};
use crate::wire::reply::{Answer, created, ok, status_ok};
use crate::wire::router::Paging;
use crate::world::AppError;

type App = State<Arc<Shared>>;

/// Members that are added at once.
const MAX_AT_ONCE: usize = 1000;

pub(crate) async fn list(
    State(shared): App,
    caller: Caller,
    Path(channel_id): Path<String>,
    Query(paging): Query<Paging>,
) -> Answer {
    let members: Vec<Value> = shared.read(|world| {
        let channel = world.read_channel(&caller.user_id, &channel_id)?;
        let ids = channel.members.keys().collect();
        Ok::<_, AppError>(
            paging
                .cut(ids)
                .filter_map(|user_id| channel.member_json(&caller.user_id, user_id))
                .collect(),
        )
    })?;
    Ok(ok(&members))
}

/// One's own memberships in a team's channels, and in direct and group channels.
pub(crate) async fn memberships(
    State(shared): App,
    caller: Caller,
    Path((user_id, team_id)): Path<(String, String)>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    if user_id != caller.user_id {
        return Err(AppError::permissions());
    }
    let members: Vec<Value> = shared.read(|world| {
        world
            .channels_of(&user_id, Some(&team_id))
            .into_iter()
            .filter_map(|channel| channel.member_json(&user_id, &user_id))
            .collect()
    });
    Ok(ok(&members))
}

/// Notes that one has seen a channel.
pub(crate) async fn view(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
    fields: Fields,
) -> Answer {
    if caller.or_me(user_id) != caller.user_id {
        return Err(AppError::permissions());
    }
    let channel_id = fields.text("channel_id");
    if !channel_id.is_empty() {
        shared.change(|world| {
            world.note_activity(&caller.token);
            world.view_channel(&caller.user_id, &channel_id)
        })?;
    }
    Ok(ok(&json!({"status": "OK", "last_viewed_at_times": {}})))
}

pub(crate) async fn by_ids(
    State(shared): App,
    caller: Caller,
    Path(channel_id): Path<String>,
    Texts(ids): Texts,
) -> Answer {
    let members: Vec<Value> = shared.read(|world| {
        let channel = world.read_channel(&caller.user_id, &channel_id)?;
        Ok::<_, AppError>(
            ids.iter()
                .filter_map(|user_id| channel.member_json(&caller.user_id, user_id))
                .collect(),
        )
    })?;
    Ok(ok(&members))
}

pub(crate) async fn get(
    State(shared): App,
    caller: Caller,
    Path((channel_id, user_id)): Path<(String, String)>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let member =
        shared.read(|world| world.channel_member(&caller.user_id, &channel_id, &user_id))?;
    Ok(ok(&member))
}

pub(crate) async fn add(
    State(shared): App,
    caller: Caller,
    Path(channel_id): Path<String>,
    fields: Fields,
) -> Answer {
    let several = fields.texts("user_ids");
    let one = fields.text("user_id");
    if several.as_ref().is_some_and(|ids| ids.len() > MAX_AT_ONCE) {
        return Err(AppError::body_param("user_ids"));
    }
    let members = shared.change(|world| {
        let ids = several.clone().unwrap_or_else(|| vec![one.clone()]);
        ids.iter()
            .map(|user_id| world.add_channel_member(&caller.user_id, &channel_id, user_id))
            .collect::<Result<Vec<Value>, AppError>>()
    })?;
    Ok(match (several, members.first()) {
        (None, Some(member)) => created(member),
        _ => created(&members),
    })
}

pub(crate) async fn remove(
    State(shared): App,
    caller: Caller,
    Path((channel_id, user_id)): Path<(String, String)>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    shared.change(|world| world.remove_channel_member(&caller.user_id, &channel_id, &user_id))?;
    Ok(status_ok())
}

pub(crate) async fn set_notify_props(
    State(shared): App,
    caller: Caller,
    Path((channel_id, user_id)): Path<(String, String)>,
    fields: Fields,
) -> Answer {
    let user_id = caller.or_me(user_id);
    shared.change(|world| {
        world.set_channel_notify_props(&caller.user_id, &channel_id, &user_id, &fields.0)
    })?;
    Ok(status_ok())
}

pub(crate) async fn set_roles(
    State(shared): App,
    caller: Caller,
    Path((channel_id, user_id)): Path<(String, String)>,
    fields: Fields,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let roles = fields.text("roles");
    let is_admin = roles.split_whitespace().any(|role| role == "channel_admin")
        || fields.0.get("scheme_admin").and_then(Value::as_bool) == Some(true);
    shared.change(|world| {
        world.set_channel_admin(&caller.user_id, (&channel_id, &user_id), is_admin)
    })?;
    Ok(status_ok())
}
