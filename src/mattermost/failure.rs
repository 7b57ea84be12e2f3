//! What kind of failure a reply of Mattermost's is: pure, and held to recorded replies.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, RETRY_AFTER};

use super::wire;
use crate::ports::{MattermostError, MattermostFailure};

/// Characters of an error's id that are kept. Real ids have about 60; a plugin can put any text there.
pub const MAX_ERROR_ID_CHARS: usize = 128;

/// The longest delay that a reply can ask for and have obeyed: a proxy that says «a day» must not silence us for one.
pub const MAX_RETRY_AFTER: Duration = Duration::from_mins(5);

/// Seconds until the whole burst is free again; the documentation calls it an epoch time, the server sends a duration.
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// What is asked, because the same status says different things of different calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A call of the REST API, or of the incoming webhook.
    Api,
    /// A use of a `response_url`, which is addressed by a secret and so is «not found» when it is over.
    ResponseUrl,
}

/// Makes an error of a reply whose status is no success.
pub(super) fn of_reply(
    call: &'static str,
    subject: Subject,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> MattermostError {
    let spoken = wire::error_id(body);
    let id = spoken.as_deref().map(bounded).unwrap_or_default();
    let kind = match subject {
        Subject::ResponseUrl if is_used_up(status, &id) => MattermostFailure::UsedUp,
        Subject::ResponseUrl | Subject::Api => kind(status, spoken.is_some(), headers),
    };
    MattermostError {
        call,
        kind,
        status: Some(status),
        id,
        source: None,
    }
}

/// Says what a status means. `spoken` says that the body is an error of Mattermost's own and not, say, a proxy's page.
fn kind(status: u16, spoken: bool, headers: &HeaderMap) -> MattermostFailure {
    match status {
        429 => MattermostFailure::RateLimited {
            retry_after: retry_after(headers),
        },
        // Only Mattermost itself can say these; a proxy in front that says so may change its mind.
        401 | 403 | 404 if !spoken => MattermostFailure::Ambiguous,
        401 => MattermostFailure::TokenRefused,
        403 => MattermostFailure::Forbidden,
        404 => MattermostFailure::NotFound,
        // A feature that is switched off.
        501 if spoken => MattermostFailure::Rejected,
        // A proxy that grew tired of waiting for us or for Mattermost.
        408 | 500.. => MattermostFailure::Ambiguous,
        // A redirect counts here: it is never followed, because the token would go along.
        _ => MattermostFailure::Rejected,
    }
}

/// Says whether a reply to a `response_url` means that it is over: unknown or expired is 404, used five times is 400 with the same id.
fn is_used_up(status: u16, id: &str) -> bool {
    matches!(status, 400 | 404) && id == "web.command_webhook.general.app_error"
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = |name: &HeaderName| headers.get(name)?.to_str().ok()?.trim().parse().ok();
    seconds(&RETRY_AFTER)
        .or_else(|| seconds(&RATE_LIMIT_RESET))
        .map(|seconds| Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

/// Cuts an id at the first character that no id has, because a plugin's veto puts a sentence there.
fn bounded(id: &str) -> String {
    id.chars()
        .take_while(|character| {
            character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
        })
        .take(MAX_ERROR_ID_CHARS)
        .collect()
}

/// Makes an error of a call that got no reply.
pub(super) fn of_transport(call: &'static str, error: reqwest::Error) -> MattermostError {
    let kind = if error.is_connect() {
        MattermostFailure::Unreachable
    } else if error.is_builder() {
        MattermostFailure::Rejected
    } else {
        MattermostFailure::Ambiguous
    };
    MattermostError {
        call,
        kind,
        status: None,
        id: String::new(),
        // The address of a hook is a secret.
        source: Some(Box::new(error.without_url())),
    }
}

/// Makes an error of a call that was not made, or whose reply cannot be used.
pub(super) fn plain(
    call: &'static str,
    kind: MattermostFailure,
    status: Option<u16>,
    id: &str,
) -> MattermostError {
    MattermostError {
        call,
        kind,
        status,
        id: id.to_owned(),
        source: None,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn spoken(id: &str) -> String {
        format!(r#"{{"id":"{id}","message":"x","detailed_error":"","status_code":1}}"#)
    }

    #[test]
    fn a_status_means_what_mattermost_means_by_it() {
        let html = "<html>bad gateway</html>".to_owned();
        let table = [
            (
                401,
                spoken("api.context.session_expired.app_error"),
                MattermostFailure::TokenRefused,
            ),
            (
                403,
                spoken("api.context.permissions.app_error"),
                MattermostFailure::Forbidden,
            ),
            (
                404,
                spoken("app.post.get.app_error"),
                MattermostFailure::NotFound,
            ),
            (
                400,
                spoken("model.post.is_valid.message_length.app_error"),
                MattermostFailure::Rejected,
            ),
            (
                413,
                spoken("api.context.request_body_too_large.app_error"),
                MattermostFailure::Rejected,
            ),
            (
                500,
                spoken("api.post.deduplicate_create_post.pending"),
                MattermostFailure::Ambiguous,
            ),
            (
                501,
                spoken("api.command.disabled.app_error"),
                MattermostFailure::Rejected,
            ),
            (501, html.clone(), MattermostFailure::Ambiguous),
            (502, html.clone(), MattermostFailure::Ambiguous),
            (401, html.clone(), MattermostFailure::Ambiguous),
            (403, html.clone(), MattermostFailure::Ambiguous),
            (404, html.clone(), MattermostFailure::Ambiguous),
            (413, html.clone(), MattermostFailure::Rejected),
            (301, html, MattermostFailure::Rejected),
            (503, String::new(), MattermostFailure::Ambiguous),
        ];
        for (status, body, expected) in table {
            let error = of_reply(
                "create a post",
                Subject::Api,
                status,
                &HeaderMap::new(),
                body.as_bytes(),
            );
            assert_eq!(error.kind, expected, "{status} {body}");
            assert_eq!(error.status, Some(status));
        }
    }

    #[test]
    fn a_response_url_is_used_up_after_five_uses_and_when_it_is_unknown() {
        let general = spoken("web.command_webhook.general.app_error");
        let parse = spoken("web.command_webhook.parse.app_error");
        let table = [
            (400, &general, MattermostFailure::UsedUp),
            (404, &general, MattermostFailure::UsedUp),
            (500, &general, MattermostFailure::Ambiguous),
            (400, &parse, MattermostFailure::Rejected),
        ];
        for (status, body, expected) in table {
            let error = of_reply(
                "respond",
                Subject::ResponseUrl,
                status,
                &HeaderMap::new(),
                body.as_bytes(),
            );
            assert_eq!(error.kind, expected, "{status} {body}");
        }
    }

    #[test]
    fn a_limited_call_says_how_long_to_wait_up_to_a_bound() {
        let table = [
            (
                headers(&[("retry-after", "1"), ("x-ratelimit-reset", "2")]),
                Some(1),
            ),
            (headers(&[("x-ratelimit-reset", "2")]), Some(2)),
            (headers(&[("retry-after", "300")]), Some(300)),
            (headers(&[("retry-after", "301")]), Some(300)),
            (
                headers(&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")]),
                None,
            ),
            (HeaderMap::new(), None),
        ];
        for (headers, expected) in table {
            let error = of_reply(
                "edit a post",
                Subject::Api,
                429,
                &headers,
                b"limit exceeded\n",
            );
            let retry_after = expected.map(Duration::from_secs);
            assert_eq!(
                error.kind,
                MattermostFailure::RateLimited { retry_after },
                "{headers:?}"
            );
        }
    }

    #[test]
    fn an_id_is_cut_at_its_bound_and_at_what_is_no_id() {
        let longest = "a".repeat(MAX_ERROR_ID_CHARS);
        assert_eq!(bounded(&longest), longest);
        assert_eq!(bounded(&format!("{longest}b")), longest);
        assert_eq!(bounded("Post rejected by plugin. secret"), "Post");
    }
}
