//! Bot accounts.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde_json::Value;

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::Fields;
use crate::wire::reply::{Answer, created, ok};
use crate::wire::router::Paging;
use crate::world::AppError;
use crate::world::account::User;
use crate::world::bot::bot_json;

type App = State<Arc<Shared>>;

fn shown(user: &User) -> Response {
    ok(&bot_json(user).unwrap_or(Value::Null))
}

pub(crate) async fn create(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let (username, display_name) = (fields.text("username"), fields.text("display_name"));
    let description = fields.text("description");
    let bot = shared.change(|world| {
        world.create_bot(&caller.user_id, &username, &display_name, &description)
    })?;
    Ok(created(&bot_json(&bot).unwrap_or(Value::Null)))
}

pub(crate) async fn list(
    State(shared): App,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Answer {
    let bots: Vec<Value> = shared.read(|world| {
        if !world.is_admin(&caller.user_id) {
            return Err(AppError::permissions());
        }
        let mut bots: Vec<&User> = world
            .users
            .values()
            .filter(|user| user.is_bot())
            .filter(|user| user.delete_at == 0 || paging.include_deleted == Some(true))
            .collect();
        bots.sort_by_key(|bot| bot.create_at);
        Ok(paging.cut(bots).filter_map(bot_json).collect())
    })?;
    Ok(ok(&bots))
}

pub(crate) async fn get(State(shared): App, caller: Caller, Path(id): Path<String>) -> Answer {
    let bot = shared.read(|world| world.bot(&caller.user_id, &id).cloned())?;
    Ok(shown(&bot))
}

pub(crate) async fn update(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let bot = shared.change(|world| world.update_bot(&caller.user_id, &id, &fields.0))?;
    Ok(shown(&bot))
}

pub(crate) async fn enable(State(shared): App, caller: Caller, Path(id): Path<String>) -> Answer {
    let bot = shared.change(|world| world.switch_bot(&caller.user_id, &id, true))?;
    Ok(shown(&bot))
}

pub(crate) async fn disable(State(shared): App, caller: Caller, Path(id): Path<String>) -> Answer {
    let bot = shared.change(|world| world.switch_bot(&caller.user_id, &id, false))?;
    Ok(shown(&bot))
}

pub(crate) async fn assign(
    State(shared): App,
    caller: Caller,
    Path((id, owner_id)): Path<(String, String)>,
) -> Answer {
    let owner_id = caller.or_me(owner_id);
    let bot = shared.change(|world| world.assign_bot(&caller.user_id, &id, &owner_id))?;
    Ok(shown(&bot))
}
