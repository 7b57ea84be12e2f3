//! The server about itself.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::Uri;
use serde::Deserialize;
use serde_json::json;

use crate::shared::Shared;
use crate::wire::caller::{Caller, MaybeCaller};
use crate::wire::fields::Json;
use crate::wire::reply::{Answer, ok};
use crate::world::AppError;

type App = State<Arc<Shared>>;

#[derive(Deserialize)]
pub(crate) struct PingParams {
    get_server_status: Option<bool>,
}

pub(crate) async fn ping(State(_): App, Query(params): Query<PingParams>) -> Answer {
    let mut body = json!({
        "ActiveSearchBackend": "database",
        "AndroidLatestVersion": "",
        "AndroidMinVersion": "",
        "IosLatestVersion": "",
        "IosMinVersion": "",
    });
    if params.get_server_status == Some(true) {
        body["database_status"] = json!("OK");
        body["filestore_status"] = json!("OK");
        body["root_status"] = json!(true);
    }
    body["status"] = json!("OK");
    Ok(ok(&body))
}

pub(crate) async fn client_config(State(shared): App, MaybeCaller(caller): MaybeCaller) -> Answer {
    Ok(ok(
        &shared.read(|world| world.client_config(caller.is_some()))
    ))
}

pub(crate) async fn config(State(shared): App, caller: Caller) -> Answer {
    let config = shared.read(|world| world.config(&caller.user_id))?;
    Ok(ok(&config))
}

/// Both for the whole configuration and for a part of it: what is absent stays.
pub(crate) async fn change_config(State(shared): App, caller: Caller, Json(patch): Json) -> Answer {
    let config = shared.change(|world| world.patch_config(&caller.user_id, &patch))?;
    Ok(ok(&config))
}

pub(crate) async fn environment(State(shared): App, caller: Caller) -> Answer {
    let environment = shared.read(|world| world.environment(&caller.user_id))?;
    Ok(ok(&environment))
}

/// A server without a licence.
pub(crate) async fn license(State(_): App) -> Answer {
    Ok(ok(&json!({"IsLicensed": "false"})))
}

pub(crate) async fn unknown_route(uri: Uri) -> AppError {
    let mut error = AppError::new(
        404,
        "api.context.404.app_error",
        "Sorry, we could not find the page.",
    );
    error.detailed = format!(
        "There doesn't appear to be an api call for the url='{}'.  Typo? are you missing a team_id or user_id as part of the url?",
        uri.path()
    );
    error
}
