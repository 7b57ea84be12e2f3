//! Channels and their members.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::{Fields, Texts};
use crate::wire::reply::{Answer, created, ok, status_ok};
use crate::wire::router::Paging;
use crate::world::AppError;
use crate::world::channel::{Channel, NewChannel};

type App = State<Arc<Shared>>;

pub(crate) async fn create(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let (team_id, kind) = (fields.text("team_id"), fields.text("type"));
    let (name, display_name) = (fields.text("name"), fields.text("display_name"));
    let new = NewChannel {
        team_id: &team_id,
        kind: if kind == "P" { "P" } else { "O" },
        name: &name,
        display_name: &display_name,
        creator_id: &caller.user_id,
    };
    if kind != "O" && kind != "P" {
        return Err(AppError::body_param("channel"));
    }
    let channel = shared.change(|world| world.create_channel(&new))?;
    Ok(created(&channel.to_json()))
}

pub(crate) async fn create_direct(State(shared): App, caller: Caller, Texts(ids): Texts) -> Answer {
    let [one, other] = ids.as_slice() else {
        return Err(AppError::body_param("user_ids"));
    };
    let channel = shared.change(|world| {
        let is_own = *one == caller.user_id || *other == caller.user_id;
        if !is_own && !world.is_admin(&caller.user_id) {
            return Err(AppError::permissions());
        }
        world.direct_channel(one, other)
    })?;
    Ok(created(&channel.to_json()))
}

pub(crate) async fn create_group(State(shared): App, caller: Caller, Texts(ids): Texts) -> Answer {
    let channel = shared.change(|world| world.group_channel(&caller.user_id, &ids))?;
    Ok(created(&channel.to_json()))
}

pub(crate) async fn get(
    State(shared): App,
    caller: Caller,
    Path(channel_id): Path<String>,
) -> Answer {
    let channel = shared.read(|world| world.read_channel(&caller.user_id, &channel_id).cloned())?;
    Ok(ok(&channel.to_json()))
}

pub(crate) async fn get_by_name(
    State(shared): App,
    caller: Caller,
    Path((team_id, name)): Path<(String, String)>,
) -> Answer {
    let channel = shared.read(|world| {
        let id = world
            .channel_named(&team_id, &name)
            .map(|channel| channel.id.clone())
            .ok_or_else(AppError::channel_not_found)?;
        world.read_channel(&caller.user_id, &id).cloned()
    })?;
    Ok(ok(&channel.to_json()))
}

/// A team's public channels.
pub(crate) async fn of_team(
    State(shared): App,
    caller: Caller,
    Path(team_id): Path<String>,
    Query(paging): Query<Paging>,
) -> Answer {
    let channels: Vec<Value> = shared.read(|world| {
        let team = world.team(&team_id)?;
        if !team.members.contains_key(&caller.user_id) && !world.is_admin(&caller.user_id) {
            return Err(AppError::permissions());
        }
        let public = world
            .channels
            .values()
            .filter(|channel| channel.team_id == team_id && channel.is_public())
            .filter(|channel| channel.delete_at == 0)
            .collect();
        Ok(paging.cut(public).map(Channel::to_json).collect())
    })?;
    Ok(ok(&channels))
}

pub(crate) async fn of_user(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Answer {
    own_channels(&shared, &caller, user_id, None)
}

pub(crate) async fn of_user_in_team(
    State(shared): App,
    caller: Caller,
    Path((user_id, team_id)): Path<(String, String)>,
) -> Answer {
    own_channels(&shared, &caller, user_id, Some(&team_id))
}

fn own_channels(
    shared: &Shared,
    caller: &Caller,
    user_id: String,
    team_id: Option<&str>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let channels: Vec<Value> = shared.read(|world| {
        if user_id != caller.user_id && !world.is_admin(&caller.user_id) {
            return Err(AppError::permissions());
        }
        Ok(world
            .channels_of(&user_id, team_id)
            .into_iter()
            .map(Channel::to_json)
            .collect())
    })?;
    Ok(ok(&channels))
}

pub(crate) async fn archive(
    State(shared): App,
    caller: Caller,
    Path(channel_id): Path<String>,
) -> Answer {
    shared.change(|world| world.archive_channel(&caller.user_id, &channel_id))?;
    Ok(status_ok())
}

/// Both the patch and the whole channel.
pub(crate) async fn patch(
    State(shared): App,
    caller: Caller,
    Path(channel_id): Path<String>,
    fields: Fields,
) -> Answer {
    let channel =
        shared.change(|world| world.patch_channel(&caller.user_id, &channel_id, &fields.0))?;
    Ok(ok(&channel.to_json()))
}

pub(crate) async fn convert(
    State(shared): App,
    caller: Caller,
    Path(channel_id): Path<String>,
    fields: Fields,
) -> Answer {
    let kind = fields.text("privacy");
    let channel =
        shared.change(|world| world.convert_channel(&caller.user_id, &channel_id, &kind))?;
    Ok(ok(&channel.to_json()))
}

pub(crate) async fn restore(
    State(shared): App,
    caller: Caller,
    Path(channel_id): Path<String>,
) -> Answer {
    let channel = shared.change(|world| world.restore_channel(&caller.user_id, &channel_id))?;
    Ok(ok(&channel.to_json()))
}

pub(crate) async fn stats(
    State(shared): App,
    caller: Caller,
    Path(channel_id): Path<String>,
) -> Answer {
    let stats = shared.read(|world| {
        let channel = world.read_channel(&caller.user_id, &channel_id)?;
        let pinned = world.pinned_posts(&caller.user_id, &channel_id)?;
        let files = world.files.values();
        let files = files.filter(|file| {
            file.info.channel_id == channel_id
                && !file.info.post_id.is_empty()
                && file.info.delete_at == 0
        });
        Ok::<_, AppError>(json!({
            "channel_id": channel_id,
            "member_count": channel.members.len(),
            "guest_count": 0,
            "pinnedpost_count": pinned.order.len(),
            "files_count": files.count(),
        }))
    })?;
    Ok(ok(&stats))
}
