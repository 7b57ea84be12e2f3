//! Roles.

use std::sync::Arc;

use axum::extract::{Path, State};

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::{Fields, Texts};
use crate::wire::reply::{Answer, ok, status_ok};
use crate::world::AppError;
use crate::world::role::Role;

type App = State<Arc<Shared>>;

pub(crate) async fn list(State(shared): App, caller: Caller) -> Answer {
    let roles: Vec<Role> = shared.read(|world| {
        if world.is_admin(&caller.user_id) {
            Ok(world.roles.values().cloned().collect())
        } else {
            Err(AppError::permissions())
        }
    })?;
    Ok(ok(&roles))
}

pub(crate) async fn get(State(shared): App, _caller: Caller, Path(id): Path<String>) -> Answer {
    let role = shared.read(|world| world.role(&id).cloned())?;
    Ok(ok(&role))
}

pub(crate) async fn get_by_name(
    State(shared): App,
    _caller: Caller,
    Path(name): Path<String>,
) -> Answer {
    let role = shared.read(|world| world.role_named(&name).cloned())?;
    Ok(ok(&role))
}

/// The roles of some names; names that nothing has are left out.
pub(crate) async fn by_names(State(shared): App, _caller: Caller, Texts(names): Texts) -> Answer {
    let roles: Vec<Role> = shared.read(|world| {
        let found = names.iter().filter_map(|name| world.roles.get(name));
        found.cloned().collect()
    });
    Ok(ok(&roles))
}

pub(crate) async fn patch(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let permissions = fields.texts("permissions");
    let role = shared.change(|world| world.patch_role(&caller.user_id, &id, permissions))?;
    Ok(ok(&role))
}

pub(crate) async fn of_user(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
    fields: Fields,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let roles = fields.text("roles");
    shared.change(|world| world.set_roles(&caller.user_id, &user_id, &roles))?;
    Ok(status_ok())
}
