//! Replies as the server writes them.

use axum::http::header::{CONTENT_TYPE, ETAG, EXPIRES};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::world::AppError;
use crate::world::event::go_json;

/// What a handler answers.
pub(crate) type Answer = Result<Response, AppError>;

/// 200 with JSON.
pub(crate) fn ok(body: &impl Serialize) -> Response {
    with_status(StatusCode::OK, body)
}

/// 201 with JSON.
pub(crate) fn created(body: &impl Serialize) -> Response {
    with_status(StatusCode::CREATED, body)
}

/// `{"status":"OK"}`
pub(crate) fn status_ok() -> Response {
    ok(&json!({"status": "OK"}))
}

/// `ok` as plain text, as hooks answer.
pub(crate) fn plain_ok() -> Response {
    ([(CONTENT_TYPE, "text/plain")], "ok").into_response()
}

/// 200 with JSON and an entity tag, or 304 where the client has that already.
pub(crate) fn tagged(etag: &str, headers: &HeaderMap, body: &impl Serialize) -> Response {
    let held = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    if held == Some(etag) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut response = ok(body);
    if let Ok(value) = HeaderValue::from_str(etag) {
        response.headers_mut().insert(ETAG, value);
    }
    response
        .headers_mut()
        .insert(EXPIRES, HeaderValue::from_static("0"));
    response
}

fn with_status(status: StatusCode, body: &impl Serialize) -> Response {
    let headers = [(CONTENT_TYPE, "application/json")];
    (status, headers, go_json(body)).into_response()
}

impl IntoResponse for AppError {
    /// A reply without a body; the gate writes it, because only it knows the request's id.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The reply to a request that a rule refused.
pub(crate) fn error_response(error: &AppError, request_id: &str) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    with_status(status, &error_json(error, request_id))
}

/// The JSON of an error.
pub(crate) fn error_json(error: &AppError, request_id: &str) -> Value {
    let mut body = json!({
        "id": error.id,
        "message": error.message,
        "detailed_error": error.detailed,
        "request_id": request_id,
        "status_code": error.status,
    });
    // An unknown route is answered before a request has an id.
    if error.id == "api.context.404.app_error"
        && let Value::Object(fields) = &mut body
    {
        fields.shift_remove("request_id");
    }
    body
}
