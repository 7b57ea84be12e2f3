//! What a client may ask over the WebSocket.

use serde_json::{Value, json};

use crate::ids::is_id;
use crate::shared::Shared;
use crate::world::client_config::VERSION;
use crate::world::connection::Presence;
use crate::world::hub::Line;
use crate::world::{AppError, World};

/// Whether a conversation goes on.
#[derive(PartialEq, Eq)]
pub(crate) enum Next {
    Continue,
    End,
}

/// Does what a client asks; only authentication is heard from one that is not known.
pub(crate) fn act(shared: &Shared, line: &Line, text: &str) -> Next {
    // What is no request ends the connection.
    let Ok(request) = serde_json::from_str::<Value>(text) else {
        return Next::End;
    };
    let seq = request.get("seq").and_then(Value::as_i64).unwrap_or(0);
    let action = request
        .get("action")
        .and_then(Value::as_str)
        .unwrap_or_default();
    shared.change(|world| {
        let Some(connection) = world.hub.connection(line.socket) else {
            return Next::End;
        };
        let user_id = connection.user_id.clone();
        let is_challenge = action == "authentication_challenge";
        let answered = match (action, user_id) {
            ("", _) => Err(router_error(400, "no_action", "No websocket action.")),
            _ if seq <= 0 => Err(router_error(
                400,
                "bad_seq",
                "Invalid sequence for WebSocket message.",
            )),
            // Who is known already is not asked again.
            (_, Some(_)) if is_challenge => return Next::Continue,
            (_, None) if is_challenge => {
                let token = request.pointer("/data/token").and_then(Value::as_str);
                if !token.is_some_and(|token| world.answer_challenge(line, token)) {
                    return Next::End;
                }
                Ok(None)
            }
            (_, None) => Err(router_error(
                401,
                "not_authenticated",
                "WebSocket connection is not authenticated. Please log in and try again.",
            )),
            (action, Some(user_id)) => {
                let asked = Asked {
                    line,
                    user_id: &user_id,
                    data: request.get("data").unwrap_or(&Value::Null),
                };
                asked.answer(world, action)
            }
        };
        if let Some(connection) = world.hub.connection(line.socket) {
            connection.reply(&reply(seq, answered));
        }
        Next::Continue
    })
}

fn reply(seq: i64, answered: Result<Option<Value>, AppError>) -> Value {
    match answered {
        Ok(None) => json!({"status": "OK", "seq_reply": seq}),
        Ok(Some(data)) => json!({"status": "OK", "seq_reply": seq, "data": data}),
        Err(error) => json!({
            "status": "FAIL",
            "seq_reply": seq,
            "error": {
                "id": error.id,
                "message": error.message,
                "detailed_error": "",
                "status_code": error.status,
            },
        }),
    }
}

fn router_error(status: u16, name: &str, message: &'static str) -> AppError {
    let id = format!("api.web_socket_router.{name}.app_error");
    AppError::new(status, id, message)
}

/// What somebody who is known asks.
struct Asked<'a> {
    line: &'a Line,
    user_id: &'a str,
    data: &'a Value,
}

impl Asked<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.data.get(name).and_then(Value::as_str)
    }

    fn answer(&self, world: &mut World, action: &str) -> Result<Option<Value>, AppError> {
        match action {
            "ping" => Ok(Some(json!({
                "node_id": "",
                "server_time": world.now(),
                "text": "pong",
                "version": VERSION,
            }))),
            "user_typing" => self.typing(world).map(|()| None),
            "presence" => {
                self.note_presence(world);
                Ok(None)
            }
            "get_statuses" => {
                let everybody: Vec<String> = world.users.keys().cloned().collect();
                Ok(Some(statuses(world, &everybody)))
            }
            "get_statuses_by_ids" => {
                let ids = self.data.get("user_ids").and_then(Value::as_array);
                let ids: Vec<String> = ids
                    .ok_or_else(|| invalid_param(action, "user_ids"))?
                    .iter()
                    .filter_map(|id| id.as_str().map(str::to_owned))
                    .collect();
                Ok(Some(statuses(world, &ids)))
            }
            "user_update_active_status" | "posted_notify_ack" => Ok(None),
            _ => Err(router_error(500, "bad_action", "Unknown WebSocket action.")),
        }
    }

    fn typing(&self, world: &mut World) -> Result<(), AppError> {
        let channel_id = self
            .text("channel_id")
            .filter(|id| is_id(id) && world.may_post(self.user_id, id))
            .ok_or_else(|| invalid_param("user_typing", "channel_id"))?;
        let parent_id = self.text("parent_id").unwrap_or_default();
        world.typing(self.user_id, channel_id, parent_id)
    }

    fn note_presence(&self, world: &mut World) {
        let Some(connection) = world.hub.connection(self.line.socket) else {
            return;
        };
        let Presence {
            channel,
            thread_beside,
            thread_view,
        } = &mut connection.presence;
        if let Some(id) = self.text("channel_id") {
            *channel = Some(id.to_owned());
        }
        if let Some(id) = self.text("thread_channel_id") {
            let is_view = self.data.get("is_thread_view") == Some(&json!(true));
            let place = if is_view { thread_view } else { thread_beside };
            *place = Some(id.to_owned());
        }
    }
}

fn statuses(world: &World, ids: &[String]) -> Value {
    let statuses = ids.iter().map(|id| {
        let status = world.status_of(id)["status"].clone();
        (id.clone(), status)
    });
    statuses.collect()
}

fn invalid_param(action: &str, name: &str) -> AppError {
    AppError::new(
        400,
        "api.websocket_handler.invalid_param.app_error",
        format!("Invalid {name} parameter for {action}."),
    )
}
