//! Slash commands.

use std::sync::Arc;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE};

use crate::integration::call::send;
use crate::integration::form::{FORM, form_encode};
use crate::integration::tell_outgoing_webhooks;
use crate::shared::Shared;
use crate::world::AppError;
use crate::world::answer::Answer;
use crate::world::command_reply::CommandReply;
use crate::world::command_run::{CommandCall, CommandRun};

/// Runs a slash command to its end, also when the client that asked goes away meanwhile.
pub(crate) async fn execute_command(
    shared: Arc<Shared>,
    run: CommandRun,
) -> Result<CommandReply, AppError> {
    let call = shared.change(|world| world.begin_command(run))?;
    let task = shared.tasks.spawn({
        let shared = Arc::clone(&shared);
        async move {
            let answer = call_command(&shared, &call).await;
            let outcome = shared.change(|world| world.finish_command(&call, &answer));
            tell_outgoing_webhooks(&shared, &outcome.posts);
            outcome.result
        }
    });
    task.await.unwrap_or_else(|_| {
        Err(AppError::new(
            500,
            "api.internal_error",
            "The command's task ended.",
        ))
    })
}

async fn call_command(shared: &Shared, call: &CommandCall) -> Answer {
    let command = &call.command;
    let fields = call
        .fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    let form = form_encode(fields);
    let request = if command.method == "G" {
        let join = if command.url.contains('?') { '&' } else { '?' };
        shared
            .integrations
            .get(format!("{}{join}{form}", command.url))
    } else {
        shared
            .integrations
            .post(&command.url)
            .header(CONTENT_TYPE, FORM)
            .body(form)
    };
    let request = request
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, format!("Token {}", command.token))
        .header(ACCEPT_ENCODING, "gzip");
    send(shared, &command.url, request).await
}
