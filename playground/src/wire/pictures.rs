//! The pictures of accounts.

use std::sync::Arc;

use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use bytes::Bytes;

use crate::shared::Shared;
use crate::wire::caller::Caller;
use crate::wire::reply::{Answer, status_ok};
use crate::world::AppError;

type App = State<Arc<Shared>>;

/// Takes the picture in a form's field `image`.
pub(crate) async fn set(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
    request: Request,
) -> Answer {
    let user_id = caller.or_me(user_id);
    let picture = read_picture(request).await.ok_or_else(|| {
        AppError::new(
            400,
            "api.user.upload_profile_user.no_file.app_error",
            "No file under 'image' in request.",
        )
    })?;
    shared.change(|world| world.set_picture(&caller.user_id, &user_id, Some(picture)))?;
    Ok(status_ok())
}

async fn read_picture(request: Request) -> Option<Bytes> {
    let mut parts = Multipart::from_request(request, &()).await.ok()?;
    while let Ok(Some(part)) = parts.next_field().await {
        if part.name() == Some("image") {
            return part.bytes().await.ok().filter(|bytes| !bytes.is_empty());
        }
    }
    None
}

pub(crate) async fn remove(
    State(shared): App,
    caller: Caller,
    Path(user_id): Path<String>,
) -> Answer {
    let user_id = caller.or_me(user_id);
    shared.change(|world| world.set_picture(&caller.user_id, &user_id, None))?;
    Ok(status_ok())
}

/// The picture of an account, or a grey square.
pub(crate) async fn get(State(shared): App, caller: Caller, Path(user_id): Path<String>) -> Answer {
    let user_id = caller.or_me(user_id);
    let picture = shared.read(|world| {
        world.user(&user_id)?;
        Ok::<_, AppError>(world.pictures.get(&user_id).cloned())
    })?;
    let (kind, picture) = match picture {
        Some(picture) => ("image/png", picture),
        None => ("image/svg+xml", Bytes::from_static(DEFAULT.as_bytes())),
    };
    Ok(([(CONTENT_TYPE, kind)], picture).into_response())
}

const DEFAULT: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"><rect width="128" height="128" fill="#b8b8b8"/></svg>"##;
