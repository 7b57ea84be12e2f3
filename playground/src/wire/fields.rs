//! Request bodies: bounded, JSON, read leniently as the server does.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::ids::is_id;
use crate::shared::Shared;
use crate::world::AppError;

/// A JSON object; absent and wrongly typed fields read as empty.
pub(crate) struct Fields(pub(crate) Map<String, Value>);

/// A JSON array of texts.
pub(crate) struct Texts(pub(crate) Vec<String>);

/// Any JSON.
pub(crate) struct Json(pub(crate) Value);

impl Fields {
    pub(crate) fn text(&self, name: &str) -> String {
        self.0
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        self.0
            .get(name)
            .and_then(Value::as_array)
            .map(|items| texts(items))
    }

    pub(crate) fn object(&self, name: &str) -> Option<Map<String, Value>> {
        self.0.get(name).and_then(Value::as_object).cloned()
    }
}

fn texts(items: &[Value]) -> Vec<String> {
    items
        .iter()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// Reads a body up to the server's limit.
pub(crate) async fn bounded(shared: &Shared, body: Body) -> Result<Bytes, AppError> {
    let limit = shared.read(|world| world.settings.max_payload_bytes);
    axum::body::to_bytes(body, limit)
        .await
        .map_err(|_| AppError::body_too_large())
}

async fn json_body(request: Request, shared: &Shared) -> Result<Value, AppError> {
    let bytes = bounded(shared, request.into_body()).await?;
    serde_json::from_slice(&bytes).map_err(|_| AppError::body_param("body"))
}

impl FromRequest<Arc<Shared>> for Json {
    type Rejection = AppError;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, AppError> {
        json_body(request, shared).await.map(Self)
    }
}

impl FromRequest<Arc<Shared>> for Fields {
    type Rejection = AppError;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, AppError> {
        match json_body(request, shared).await? {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(AppError::body_param("body")),
        }
    }
}

impl FromRequest<Arc<Shared>> for Texts {
    type Rejection = AppError;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, AppError> {
        match json_body(request, shared).await? {
            Value::Array(items) => Ok(Self(texts(&items))),
            _ => Err(AppError::body_param("body")),
        }
    }
}

/// Checks that a part of a path is an id.
pub(crate) fn check_id(id: &str, name: &str) -> Result<(), AppError> {
    if is_id(id) {
        Ok(())
    } else {
        Err(AppError::url_param(name))
    }
}
