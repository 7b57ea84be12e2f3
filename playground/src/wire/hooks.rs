//! `/hooks`: delayed answers to commands, and incoming webhooks. The id in the path is the whole secret.

use std::sync::Arc;

use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::integration::tell_outgoing_webhooks;
use crate::shared::Shared;
use crate::wire::fields::bounded;
use crate::wire::reply::{Answer, plain_ok};
use crate::world::AppError;
use crate::world::command_reply::CommandReply;

type App = State<Arc<Shared>>;

fn content_type(request: &Request) -> String {
    request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

pub(crate) async fn command_webhook(
    State(shared): App,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    let content_type = content_type(&request);
    let body = bounded(&shared, request.into_body()).await?;
    let reply = CommandReply::from_http(&content_type, &body).ok_or_else(|| {
        AppError::new(
            400,
            "web.command_webhook.parse.app_error",
            format!("Unable to parse incoming data for webhook {id}."),
        )
    })?;
    let outcome = shared.change(|world| world.use_command_webhook(&id, reply));
    tell_outgoing_webhooks(&shared, &outcome.posts);
    outcome.result.map(|_| plain_ok())
}

pub(crate) async fn incoming_webhook(
    State(shared): App,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    let content_type = content_type(&request);
    let media_type = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned();
    let payload = read_payload(&shared, &media_type, request).await?;
    let payload = payload.ok_or_else(|| {
        AppError::new(
            400,
            "web.incoming_webhook.decode.app_error",
            format!(
                "Failed to decode the payload of media type {media_type} for incoming webhook {id}."
            ),
        )
    })?;
    shared.change(|world| world.use_incoming_webhook(&id, &media_type, &payload))?;
    Ok(plain_ok())
}

/// The payload of a form's field `payload`, of a multipart form's fields, or of JSON; `None` where it cannot be read.
async fn read_payload(
    shared: &Arc<Shared>,
    media_type: &str,
    request: Request,
) -> Result<Option<Map<String, Value>>, AppError> {
    if media_type == "multipart/form-data" {
        return Ok(multipart_payload(request).await);
    }
    let body = bounded(shared, request.into_body()).await?;
    if media_type == "application/x-www-form-urlencoded" {
        let payload = url::form_urlencoded::parse(&body).find(|(name, _)| name == "payload");
        return Ok(payload.and_then(|(_, payload)| json_object(payload.as_bytes())));
    }
    Ok(json_payload(&body))
}

fn json_payload(body: &Bytes) -> Option<Map<String, Value>> {
    // Where raw line ends and tabs stand in texts, the server escapes them and tries again.
    json_object(body).or_else(|| {
        let escaped = String::from_utf8_lossy(body)
            .replace('\n', "\\n")
            .replace('\t', "\\t");
        json_object(escaped.as_bytes())
    })
}

fn json_object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}

async fn multipart_payload(request: Request) -> Option<Map<String, Value>> {
    let mut parts = Multipart::from_request(request, &()).await.ok()?;
    let mut fields = Map::new();
    while let Ok(Some(part)) = parts.next_field().await {
        let name = part.name().unwrap_or_default().to_owned();
        let text = part.text().await.ok()?;
        if name == "payload" {
            return json_object(text.as_bytes());
        }
        fields.insert(name, Value::String(text));
    }
    Some(fields)
}
