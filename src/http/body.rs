//! Reads what was sent: bounded in bytes and in time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Request};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::Semaphore;

use crate::mattermost::inbound::{Rejection, Submission};
use crate::ports::{Clock, timeout};

/// Why a request could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is written in something we do not understand.
    ContentType,
    /// It is larger than we take.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// It broke off, or is not what it says it is.
    Malformed,
}

/// A body of up to so many bytes is read by anybody at any time; nearly every command is far smaller.
pub const LARGE_BODY_BYTES: usize = 32 * 1024;

/// How many larger bodies are read at once; further ones wait, within the time that a body has. Who sends them has shown no token yet.
pub const LARGE_BODIES: usize = 64;

/// How much is read, and for how long.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    pub(super) bytes: usize,
    pub(super) time: Duration,
    /// The places for large bodies.
    pub(super) large: Arc<Semaphore>,
}

impl Bounds {
    pub(super) fn new(bytes: usize, time: Duration) -> Self {
        Self {
            bytes,
            time,
            large: Arc::new(Semaphore::new(LARGE_BODIES)),
        }
    }
}

/// What a request was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    Form,
    Json,
}

/// The bytes of a request and what they are written in.
pub(super) struct Written {
    notation: Notation,
    bytes: Bytes,
}

impl Written {
    /// Reads a request: the query of a GET, the body of anything else.
    pub(super) async fn read(
        request: Request<Body>,
        bounds: &Bounds,
        clock: &dyn Clock,
    ) -> Result<Self, Unread> {
        if request.method() == Method::GET {
            let query = request.uri().query().unwrap_or_default();
            let bytes = Bytes::copy_from_slice(query.as_bytes());
            let notation = Notation::Form;
            return Ok(Self { notation, bytes });
        }
        let notation = notation(request.headers()).ok_or(Unread::ContentType)?;
        let declared = declared_bytes(request.headers());
        if declared.is_some_and(|length| length > bounds.bytes) {
            // Refused before a byte of it is read.
            return Err(Unread::TooLarge);
        }
        let body = async {
            // One that does not say its length may be any.
            let _place = if declared.is_some_and(|length| length <= LARGE_BODY_BYTES) {
                None
            } else {
                bounds.large.acquire().await.ok()
            };
            Limited::new(request.into_body(), bounds.bytes)
                .collect()
                .await
        };
        let Ok(collected) = timeout(clock, bounds.time, body).await else {
            return Err(Unread::TooSlow);
        };
        let bytes = collected
            .map_err(|error| {
                if error.is::<LengthLimitError>() {
                    Unread::TooLarge
                } else {
                    Unread::Malformed
                }
            })?
            .to_bytes();
        Ok(Self { notation, bytes })
    }

    /// Returns the bytes, where they say that they are JSON.
    pub(super) fn json(&self) -> Option<&[u8]> {
        match self.notation {
            Notation::Json => Some(&self.bytes),
            Notation::Form => None,
        }
    }

    /// Reads the fields.
    pub(super) fn submission(&self) -> Result<Submission<'_>, Rejection> {
        match self.notation {
            Notation::Form => Ok(Submission::from_form(&self.bytes)),
            Notation::Json => Submission::from_json(&self.bytes),
        }
    }
}

fn notation(headers: &HeaderMap) -> Option<Notation> {
    let written = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = written.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Some(Notation::Form)
    } else if essence.eq_ignore_ascii_case("application/json") {
        Some(Notation::Json)
    } else {
        None
    }
}

fn declared_bytes(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_forms_and_json_are_understood() {
        let table = [
            ("application/x-www-form-urlencoded", Some(Notation::Form)),
            (
                "Application/X-WWW-Form-Urlencoded; charset=utf-8",
                Some(Notation::Form),
            ),
            ("application/json", Some(Notation::Json)),
            ("application/json;charset=utf-8", Some(Notation::Json)),
            ("application/jsonx", None),
            ("text/plain", None),
            ("multipart/form-data; boundary=x", None),
            ("", None),
        ];
        for (written, expected) in table {
            let value = HeaderValue::from_static(written);
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, value)]);
            assert_eq!(notation(&headers), expected, "{written}");
        }
        assert_eq!(notation(&HeaderMap::new()), None);
    }
}
