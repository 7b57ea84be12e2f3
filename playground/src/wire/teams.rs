//! Teams.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::{Fields, Json, Texts};
use crate::wire::reply::{Answer, created, ok, status_ok};
use crate::wire::router::{Paging, page_size};
use crate::world::AppError;
use crate::world::team::Team;

type App = State<Arc<Shared>>;

pub(crate) async fn create(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let (name, display_name) = (fields.text("name"), fields.text("display_name"));
    let team = shared.change(|world| world.open_team(&caller.user_id, &name, &display_name))?;
    Ok(created(&team.to_json()))
}

pub(crate) async fn list(
    State(shared): App,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Answer {
    let teams: Vec<Value> = shared.read(|world| {
        let teams = if world.is_admin(&caller.user_id) {
            world.teams.values().collect()
        } else {
            world.teams_of(&caller.user_id)
        };
        paging.cut(teams).map(Team::to_json).collect()
    });
    Ok(ok(&teams))
}

pub(crate) async fn of_user(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let teams: Vec<Value> = shared.read(|world| {
        if user_id != caller.user_id && !world.is_admin(&caller.user_id) {
            return Err(AppError::permissions());
        }
        Ok(world
            .teams_of(&user_id)
            .into_iter()
            .map(Team::to_json)
            .collect())
    })?;
    Ok(ok(&teams))
}

pub(crate) async fn get(State(shared): App, caller: Caller, Path(team_id): Path<String>) -> Answer {
    let team = shared.read(|world| world.team(&team_id).cloned())?;
    visible(&shared, &caller, &team)?;
    Ok(ok(&team.to_json()))
}

pub(crate) async fn get_by_name(
    State(shared): App,
    caller: Caller,
    Path(name): Path<String>,
) -> Answer {
    let team = shared
        .read(|world| world.teams.values().find(|team| team.name == name).cloned())
        .ok_or_else(AppError::team_not_found)?;
    visible(&shared, &caller, &team)?;
    Ok(ok(&team.to_json()))
}

fn visible(shared: &Shared, caller: &Caller, team: &Team) -> Result<(), AppError> {
    let is_admin = shared.read(|world| world.is_admin(&caller.user_id));
    if is_admin || team.members.contains_key(&caller.user_id) {
        Ok(())
    } else {
        Err(AppError::permissions())
    }
}

pub(crate) async fn add_member(
    State(shared): App,
    caller: Caller,
    Path(team_id): Path<String>,
    fields: Fields,
) -> Answer {
    let user_id = fields.text("user_id");
    let member =
        shared.change(|world| world.add_team_member(&caller.user_id, &team_id, &user_id))?;
    Ok(created(&member))
}

pub(crate) async fn member(
    State(shared): App,
    caller: Caller,
    Path((team_id, user_id)): Path<(String, String)>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let member = shared.read(|world| world.team_member(&caller.user_id, &team_id, &user_id))?;
    Ok(ok(&member))
}

#[derive(Deserialize)]
pub(crate) struct MembersQuery {
    page: Option<usize>,
    per_page: Option<usize>,
}

pub(crate) async fn members(
    State(shared): App,
    caller: Caller,
    Path(team_id): Path<String>,
    Query(query): Query<MembersQuery>,
) -> Answer {
    let size = page_size(query.per_page);
    let skip = query.page.unwrap_or(0).saturating_mul(size);
    let members: Vec<Value> = shared.read(|world| {
        let team = world.team(&team_id)?;
        if !world.is_admin(&caller.user_id) && !team.members.contains_key(&caller.user_id) {
            return Err(AppError::permissions());
        }
        let ids = team.members.keys().skip(skip).take(size);
        Ok(ids.filter_map(|id| team.member_json(id)).collect())
    })?;
    Ok(ok(&members))
}

pub(crate) async fn members_by_ids(
    State(shared): App,
    caller: Caller,
    Path(team_id): Path<String>,
    Texts(ids): Texts,
) -> Answer {
    let members: Vec<Value> = shared.read(|world| {
        let found = ids.iter();
        let found = found.filter_map(|id| world.team_member(&caller.user_id, &team_id, id).ok());
        found.collect()
    });
    Ok(ok(&members))
}

/// Several at once, each as `{"user_id": …}`.
pub(crate) async fn add_members(
    State(shared): App,
    caller: Caller,
    Path(team_id): Path<String>,
    Json(body): Json,
) -> Answer {
    let items = body.as_array().cloned().unwrap_or_default();
    let members: Vec<Value> = shared.change(|world| {
        let ids = items
            .iter()
            .map(|item| item["user_id"].as_str().unwrap_or_default());
        ids.map(|id| world.add_team_member(&caller.user_id, &team_id, id))
            .collect::<Result<_, AppError>>()
    })?;
    Ok(created(&members))
}

pub(crate) async fn remove_member(
    State(shared): App,
    caller: Caller,
    Path((team_id, user_id)): Path<(String, String)>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    shared.change(|world| world.remove_team_member(&caller.user_id, &team_id, &user_id))?;
    Ok(status_ok())
}

pub(crate) async fn set_member_roles(
    State(shared): App,
    caller: Caller,
    Path((team_id, user_id)): Path<(String, String)>,
    fields: Fields,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let is_admin = fields
        .text("roles")
        .split_whitespace()
        .any(|role| role == "team_admin")
        || fields.0.get("scheme_admin").and_then(Value::as_bool) == Some(true);
    shared.change(|world| world.set_team_admin(&caller.user_id, (&team_id, &user_id), is_admin))?;
    Ok(status_ok())
}

pub(crate) async fn patch(
    State(shared): App,
    caller: Caller,
    Path(team_id): Path<String>,
    fields: Fields,
) -> Answer {
    let team = shared.change(|world| world.patch_team(&caller.user_id, &team_id, &fields.0))?;
    Ok(ok(&team.to_json()))
}

/// One's own memberships in teams.
pub(crate) async fn memberships(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let members: Vec<Value> = shared.read(|world| {
        if user_id != caller.user_id && !world.is_admin(&caller.user_id) {
            return Err(AppError::permissions());
        }
        let teams = world.teams_of(&user_id).into_iter();
        Ok(teams
            .filter_map(|team| team.member_json(&user_id))
            .collect())
    })?;
    Ok(ok(&members))
}

/// Whether a team's name is taken.
pub(crate) async fn exists(
    State(shared): App,
    _caller: Caller,
    Path(name): Path<String>,
) -> Answer {
    let exists = shared.read(|world| world.teams.values().any(|team| team.name == name));
    Ok(ok(&json!({ "exists": exists })))
}
