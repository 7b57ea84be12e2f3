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

pub(crate) async fn members(
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

pub(crate) async fn members_by_ids(
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

pub(crate) async fn member(
    State(shared): App,
    caller: Caller,
    Path((channel_id, user_id)): Path<(String, String)>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let member =
        shared.read(|world| world.channel_member(&caller.user_id, &channel_id, &user_id))?;
    Ok(ok(&member))
}

pub(crate) async fn add_member(
    State(shared): App,
    caller: Caller,
    Path(channel_id): Path<String>,
    fields: Fields,
) -> Answer {
    let several = fields.texts("user_ids");
    let one = fields.text("user_id");
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

pub(crate) async fn remove_member(
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
