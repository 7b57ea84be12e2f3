//! Who makes a request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::shared::Shared;
use crate::world::AppError;

/// Longer tokens are cut.
const MAX_TOKEN: usize = 50;

/// The account behind a request.
pub(crate) struct Caller {
    pub(crate) user_id: String,
    pub(crate) token: String,
}

impl Caller {
    /// An account's id out of a path, where `me` is the caller.
    pub(crate) fn or_me(&self, user_id: String) -> String {
        if user_id == "me" {
            self.user_id.clone()
        } else {
            user_id
        }
    }
}

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = AppError;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        let token = token_of(&parts.headers).ok_or_else(AppError::session_expired)?;
        let user_id = shared
            .read(|world| world.authenticate(&token).map(|user| user.id.clone()))
            .ok_or_else(AppError::session_expired)?;
        Ok(Self { user_id, token })
    }
}

/// The caller where there is one; a wrong token is an error all the same.
pub(crate) struct MaybeCaller(pub(crate) Option<Caller>);

impl FromRequestParts<Arc<Shared>> for MaybeCaller {
    type Rejection = AppError;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        if token_of(&parts.headers).is_none() {
            return Ok(Self(None));
        }
        Caller::from_request_parts(parts, shared)
            .await
            .map(|caller| Self(Some(caller)))
    }
}

/// The token of a request: of the cookie, else of the `Authorization` header.
pub(crate) fn token_of(headers: &HeaderMap) -> Option<String> {
    let from_cookie = headers
        .get(header::COOKIE)
        .and_then(|value| value.to_str().ok())
        .and_then(|cookies| {
            cookies
                .split(';')
                .find_map(|cookie| cookie.trim().strip_prefix("MMAUTHTOKEN="))
        });
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let from_header = authorization
        .split_once(' ')
        .filter(|(word, _)| {
            word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("token")
        })
        .map(|(_, token)| token.trim());
    from_cookie
        .or(from_header)
        .filter(|token| !token.is_empty())
        .map(|token| token.chars().take(MAX_TOKEN).collect())
}
