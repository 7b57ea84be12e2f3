//! Files: uploading them, and reading them back.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Path, Query, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::reply::{Answer, created, ok};
use crate::world::AppError;
use crate::world::file::{FileInfo, StoredFile, Upload, file_too_large};

type App = State<Arc<Shared>>;

/// What surrounds the files of a form.
const FORM_OVERHEAD: usize = 64 * 1024;

#[derive(Deserialize)]
pub(crate) struct UploadParams {
    channel_id: Option<String>,
    filename: Option<String>,
    client_id: Option<String>,
}

/// Takes files as the parts of a form, or one as the whole body.
pub(crate) async fn upload(
    State(shared): App,
    caller: Caller,
    Query(params): Query<UploadParams>,
    request: Request,
) -> Answer {
    let is_form = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("multipart/form-data"));
    let (uploads, client_ids) = if is_form {
        read_form(&shared, &caller, request).await?
    } else {
        let channel_id = params.channel_id.unwrap_or_default();
        shared.read(|world| world.check_upload(&caller.user_id, &channel_id))?;
        let name = params
            .filename
            .filter(|name| !name.is_empty())
            .ok_or_else(|| AppError::url_param("filename"))?;
        let content = whole_body(&shared, request.into_body(), 0).await?;
        let upload = Upload {
            channel_id,
            name,
            content,
        };
        (vec![upload], params.client_id.into_iter().collect())
    };
    let infos: Vec<FileInfo> = shared.change(|world| {
        let uploads = uploads.into_iter();
        uploads
            .map(|upload| world.upload(&caller.user_id, upload))
            .collect::<Result<_, AppError>>()
    })?;
    let client_ids = if client_ids.is_empty() {
        Value::Null
    } else {
        json!(client_ids)
    };
    Ok(created(
        &json!({"file_infos": infos, "client_ids": client_ids}),
    ))
}

async fn whole_body(shared: &Shared, body: Body, overhead: usize) -> Result<Bytes, AppError> {
    let limit = shared.read(|world| world.settings.max_file_size);
    axum::body::to_bytes(body, limit + overhead)
        .await
        .map_err(|_| file_too_large(limit))
}

/// The files of a form. The channel comes first, since everything else depends on it; what is not known is refused.
async fn read_form(
    shared: &Shared,
    caller: &Caller,
    request: Request,
) -> Result<(Vec<Upload>, Vec<String>), AppError> {
    let unreadable = || AppError::body_param("multipart");
    let (head, body) = request.into_parts();
    let body = whole_body(shared, body, FORM_OVERHEAD).await?;
    let request = Request::from_parts(head, Body::from(body));
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| unreadable())?;
    let (mut uploads, mut client_ids, mut channel_id) = (Vec::new(), Vec::new(), String::new());
    while let Some(part) = parts.next_field().await.map_err(|_| unreadable())? {
        let field = part.name().unwrap_or_default().to_owned();
        let file_name = part.file_name().map(str::to_owned);
        let content = part.bytes().await.map_err(|_| unreadable())?;
        match (file_name, field.as_str()) {
            (None, "channel_id") => {
                channel_id = String::from_utf8_lossy(&content).into_owned();
                shared.read(|world| world.check_upload(&caller.user_id, &channel_id))?;
            }
            (None, "client_ids") => client_ids.push(String::from_utf8_lossy(&content).into_owned()),
            (Some(name), _) if !channel_id.is_empty() => uploads.push(Upload {
                channel_id: channel_id.clone(),
                name,
                content,
            }),
            (Some(_), _) => return Err(AppError::body_param("channel_id")),
            (None, unknown) => return Err(AppError::body_param(unknown)),
        }
    }
    Ok((uploads, client_ids))
}

pub(crate) async fn info(State(shared): App, caller: Caller, Path(id): Path<String>) -> Answer {
    let info = shared.read(|world| {
        let file = world.file(&caller.user_id, &id)?;
        Ok::<_, AppError>(file.info.clone())
    })?;
    Ok(ok(&info))
}

#[derive(Deserialize)]
pub(crate) struct DownloadParams {
    download: Option<String>,
}

pub(crate) async fn get(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
    Query(params): Query<DownloadParams>,
) -> Answer {
    let file = shared.read(|world| world.file(&caller.user_id, &id).cloned())?;
    Ok(content_of(&file, params.download.is_some()))
}

fn content_of(file: &StoredFile, is_download: bool) -> Response {
    let mime_type = match file.info.mime_type.as_str() {
        "" => "application/octet-stream",
        known => known,
    };
    // What a browser would run is never shown in place.
    let is_shown = !is_download && (mime_type.starts_with("image/p") || mime_type == "image/gif");
    let place = if is_shown { "inline" } else { "attachment" };
    let mut response = (StatusCode::OK, file.content.clone()).into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(mime_type) {
        headers.insert(CONTENT_TYPE, value);
    }
    let disposition = format!(
        "{place};filename=\"{}\"",
        file.info.name.replace('"', "\\\"")
    );
    if let Ok(value) = HeaderValue::from_bytes(disposition.as_bytes()) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

pub(crate) async fn thumbnail(
    State(shared): App,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    small(&shared, &caller, &id, "thumbnail")
}

pub(crate) async fn preview(State(shared): App, caller: Caller, Path(id): Path<String>) -> Answer {
    small(&shared, &caller, &id, "preview")
}

/// A small picture of a picture, which here is the picture itself.
fn small(shared: &Shared, caller: &Caller, id: &str, kind: &str) -> Answer {
    let file = shared.read(|world| world.file(&caller.user_id, id).cloned())?;
    if file.info.has_preview_image {
        return Ok(content_of(&file, false));
    }
    Err(AppError::new(
        400,
        format!("api.file.get_file_{kind}.no_{kind}.app_error"),
        format!("File doesn't have a {kind} image."),
    ))
}

pub(crate) async fn of_post(
    State(shared): App,
    caller: Caller,
    Path(post_id): Path<String>,
) -> Answer {
    let infos: Vec<FileInfo> = shared.read(|world| {
        let post = world.read_post(&caller.user_id, &post_id)?;
        let infos = world.files_of(&post).cloned().collect();
        Ok::<_, AppError>(infos)
    })?;
    Ok(ok(&infos))
}
