//! Buttons, menus and dialogs.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::integration::call::post_json;
use crate::shared::Shared;
use crate::world::AppError;
use crate::world::action::Click;
use crate::world::dialog::finish_submission;

/// Calls an action's URL and does what it answers; answers the id by which the client recognises a dialog.
pub(crate) async fn click(shared: Arc<Shared>, click: Click) -> Result<String, AppError> {
    let call = shared.change(|world| world.begin_action(&click))?;
    let answer = post_json(&shared, &call.url, &call.payload).await;
    shared.change(|world| world.finish_action(&call, &answer))
}

/// Passes on what somebody filled in; answers what the client is told of the reply.
pub(crate) async fn submit_dialog(
    shared: Arc<Shared>,
    caller: &str,
    request: &Map<String, Value>,
) -> Result<Value, AppError> {
    let call = shared.read(|world| world.begin_submission(caller, request))?;
    finish_submission(&post_json(&shared, &call.url, &call.payload).await)
}
