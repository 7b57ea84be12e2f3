//! Buttons, menus and dialogs.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::Uri;
use serde_json::json;

use crate::integration;
use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::fields::{Fields, check_id};
use crate::wire::reply::{Answer, ok, status_ok};
use crate::wire::system;
use crate::world::action::Click;

type App = State<Arc<Shared>>;

pub(crate) async fn click(
    State(shared): App,
    caller: Caller,
    Path((post_id, action_id)): Path<(String, String)>,
    uri: Uri,
    fields: Fields,
) -> Answer {
    // The server's route knows letters and digits only.
    if !action_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(system::unknown_route(uri).await);
    }
    check_id(&post_id, "post_id")?;
    let click = Click {
        user_id: caller.user_id,
        post_id,
        action_id,
        selected_option: fields.text("selected_option"),
        cookie: fields.text("cookie"),
    };
    let trigger_id = integration::click(shared, click).await?;
    Ok(ok(&json!({"status": "OK", "trigger_id": trigger_id})))
}

pub(crate) async fn open_dialog(State(shared): App, fields: Fields) -> Answer {
    shared.change(|world| world.open_dialog(&fields.0))?;
    Ok(status_ok())
}

pub(crate) async fn submit_dialog(State(shared): App, caller: Caller, fields: Fields) -> Answer {
    let told = integration::submit_dialog(shared, &caller.user_id, &fields.0).await?;
    Ok(ok(&told))
}
