//! Slash commands: keeping them, running them.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::json;

use crate::integration;
use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::Fields;
use crate::wire::reply::{Answer, created, ok, status_ok};
use crate::world::command_run::CommandRun;

type App = State<Arc<Shared>>;

pub(crate) async fn create(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let command = shared.change(|world| world.create_command(&caller.user_id, &fields.0))?;
    Ok(created(&command.to_json()))
}

#[derive(Deserialize)]
pub(crate) struct TeamParams {
    team_id: Option<String>,
}

impl TeamParams {
    /// The team that was asked for; empty for every team.
    pub(crate) fn team_id(&self) -> &str {
        self.team_id.as_deref().unwrap_or_default()
    }
}

pub(crate) async fn list(
    State(shared): App,
    caller: Caller,
    Query(params): Query<TeamParams>,
) -> Answer {
    let commands =
        shared.read(|world| world.commands_of_team(&caller.user_id, params.team_id()))?;
    Ok(ok(&commands))
}

pub(crate) async fn get(State(shared): App, caller: Caller, Path(id): Path<String>) -> Answer {
    let command = shared.read(|world| world.command(&caller.user_id, &id).cloned())?;
    Ok(ok(&command.to_json()))
}

pub(crate) async fn update(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let command = shared.change(|world| world.update_command(&caller.user_id, &id, &fields.0))?;
    Ok(ok(&command.to_json()))
}

pub(crate) async fn delete(State(shared): App, caller: Caller, Path(id): Path<String>) -> Answer {
    shared.change(|world| world.delete_command(&caller.user_id, &id))?;
    Ok(status_ok())
}

pub(crate) async fn regenerate_token(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    let token = shared.change(|world| world.regenerate_command_token(&caller.user_id, &id))?;
    Ok(ok(&json!({ "token": token })))
}

pub(crate) async fn move_to(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let team_id = fields.text("team_id");
    shared.change(|world| world.move_command(&caller.user_id, &id, &team_id))?;
    Ok(status_ok())
}

pub(crate) async fn offered(
    State(shared): App,
    caller: Caller,
    Path(team_id): Path<String>,
) -> Answer {
    let commands = shared.read(|world| world.offered_commands(&caller.user_id, &team_id))?;
    Ok(ok(&commands))
}

pub(crate) async fn execute(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let run = CommandRun {
        user_id: caller.user_id,
        channel_id: fields.text("channel_id"),
        team_id: fields.text("team_id"),
        root_id: fields.text("root_id"),
        line: fields.text("command"),
    };
    let reply = integration::execute_command(shared, run).await?;
    Ok(ok(&reply))
}

#[derive(Deserialize)]
pub(crate) struct SuggestParams {
    user_input: Option<String>,
}

pub(crate) async fn suggest(
    State(shared): App,
    caller: Caller,
    Path(team_id): Path<String>,
    Query(params): Query<SuggestParams>,
) -> Answer {
    let input = params.user_input.unwrap_or_default();
    let found = shared.read(|world| world.suggest_commands(&caller.user_id, &team_id, &input))?;
    Ok(ok(&found))
}
