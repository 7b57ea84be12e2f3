//! Preferences.

use std::sync::Arc;

use axum::extract::{Path, State};

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::Json;
use crate::wire::reply::{Answer, ok, status_ok};
use crate::world::AppError;

type App = State<Arc<Shared>>;

/// Whose preferences are meant: one's own, or anybody's for an administrator.
fn own(shared: &Shared, caller: &Caller, user_id: String) -> Result<String, AppError> {
    let user_id = caller.or_me(user_id);
    if user_id == caller.user_id || shared.read(|world| world.is_admin(&caller.user_id)) {
        Ok(user_id)
    } else {
        Err(AppError::permissions())
    }
}

pub(crate) async fn list(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Answer {
    let user_id = own(&shared, &caller, user_id)?;
    Ok(ok(
        &shared.read(|world| world.preferences_of(&user_id, None))
    ))
}

pub(crate) async fn of_category(
    State(shared): App,
    caller: Caller,
    Path((user_id, category)): Path<(String, String)>,
) -> Answer {
    let user_id = own(&shared, &caller, user_id)?;
    let found = shared.read(|world| world.preferences_of(&user_id, Some(&category)));
    if found.is_empty() {
        return Err(AppError::new(
            404,
            "api.preference.preferences_category.get.app_error",
            "Unable to get user preferences.",
        ));
    }
    Ok(ok(&found))
}

pub(crate) async fn one(
    State(shared): App,
    caller: Caller,
    Path((user_id, category, name)): Path<(String, String, String)>,
) -> Answer {
    let user_id = own(&shared, &caller, user_id)?;
    let found = shared.read(|world| world.preferences_of(&user_id, Some(&category)));
    let found = found.into_iter().find(|preference| preference.name == name);
    let found = found.ok_or_else(|| {
        AppError::new(
            400,
            "app.preference.get.app_error",
            "We encountered an error while finding preferences.",
        )
    })?;
    Ok(ok(&found))
}

pub(crate) async fn set(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
    Json(body): Json,
) -> Answer {
    let user_id = own(&shared, &caller, user_id)?;
    shared.change(|world| world.set_preferences(&user_id, &body))?;
    Ok(status_ok())
}

pub(crate) async fn delete(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
    Json(body): Json,
) -> Answer {
    let user_id = own(&shared, &caller, user_id)?;
    shared.change(|world| world.delete_preferences(&user_id, &body))?;
    Ok(status_ok())
}
