//! Teams.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use serde_json::Value;

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::Fields;
use crate::wire::reply::{Answer, created, ok};
use crate::wire::router::Paging;
use crate::world::AppError;
use crate::world::team::Team;

type App = State<Arc<Shared>>;

pub(crate) async fn create(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let (name, display_name) = (fields.text("name"), fields.text("display_name"));
    let team = shared.change(|world| world.create_team(&caller.user_id, &name, &display_name))?;
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
