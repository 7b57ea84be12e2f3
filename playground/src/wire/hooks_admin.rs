//! Keeping webhooks.

use std::sync::Arc;

use axum::extract::{Path, Query, State};

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::commands::TeamParams;
use crate::wire::fields::Fields;
use crate::wire::reply::{Answer, created, ok, status_ok};
use crate::wire::router::Paging;

type App = State<Arc<Shared>>;

pub(crate) async fn create_incoming(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let hook = shared.change(|world| world.create_incoming_webhook(&caller.user_id, &fields.0))?;
    Ok(created(&hook.to_json()))
}

pub(crate) async fn list_incoming(
    State(shared): App,
    caller: Caller,
    Query(params): Query<TeamParams>,
    Query(paging): Query<Paging>,
) -> Answer {
    let hooks =
        shared.read(|world| world.incoming_webhooks_of(&caller.user_id, params.team_id()))?;
    Ok(ok(&paging.cut(hooks).collect::<Vec<_>>()))
}

pub(crate) async fn get_incoming(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    let hook = shared.read(|world| world.incoming_webhook(&caller.user_id, &id).cloned())?;
    Ok(ok(&hook.to_json()))
}

/// The server answers 201, though nothing is created.
pub(crate) async fn update_incoming(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let hook =
        shared.change(|world| world.update_incoming_webhook(&caller.user_id, &id, &fields.0))?;
    Ok(created(&hook.to_json()))
}

pub(crate) async fn delete_incoming(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    shared.change(|world| world.delete_incoming_webhook(&caller.user_id, &id))?;
    Ok(status_ok())
}

pub(crate) async fn create_outgoing(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let hook = shared.change(|world| world.create_outgoing_webhook(&caller.user_id, &fields.0))?;
    Ok(created(&hook.to_json()))
}

pub(crate) async fn list_outgoing(
    State(shared): App,
    caller: Caller,
    Query(params): Query<TeamParams>,
    Query(paging): Query<Paging>,
) -> Answer {
    let hooks =
        shared.read(|world| world.outgoing_webhooks_of(&caller.user_id, params.team_id()))?;
    Ok(ok(&paging.cut(hooks).collect::<Vec<_>>()))
}

pub(crate) async fn get_outgoing(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    let hook = shared.read(|world| world.outgoing_webhook(&caller.user_id, &id).cloned())?;
    Ok(ok(&hook.to_json()))
}

pub(crate) async fn update_outgoing(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let hook =
        shared.change(|world| world.update_outgoing_webhook(&caller.user_id, &id, &fields.0))?;
    Ok(ok(&hook.to_json()))
}

pub(crate) async fn delete_outgoing(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    shared.change(|world| world.delete_outgoing_webhook(&caller.user_id, &id))?;
    Ok(status_ok())
}

pub(crate) async fn regenerate_outgoing_token(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    let hook = shared.change(|world| world.regenerate_outgoing_token(&caller.user_id, &id))?;
    Ok(ok(&hook.to_json()))
}
