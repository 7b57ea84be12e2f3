//! An error as the server words it: an id, a message, a status.

use std::borrow::Cow;

/// What a rule answers when it refuses; on the wire it is the server's error JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status} {id}: {message}")]
pub(crate) struct AppError {
    pub(crate) id: Cow<'static, str>,
    pub(crate) message: Cow<'static, str>,
    pub(crate) detailed: String,
    pub(crate) status: u16,
}

impl AppError {
    pub(crate) fn new(
        status: u16,
        id: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            id: id.into(),
            message: message.into(),
            detailed: String::new(),
            status,
        }
    }

    pub(crate) fn permissions() -> Self {
        Self::new(
            403,
            "api.context.permissions.app_error",
            "You do not have the appropriate permissions.",
        )
    }

    pub(crate) fn session_expired() -> Self {
        Self::new(
            401,
            "api.context.session_expired.app_error",
            "Invalid or expired session, please login again.",
        )
    }

    pub(crate) fn body_param(name: &str) -> Self {
        Self::new(
            400,
            "api.context.invalid_body_param.app_error",
            format!("Invalid or missing {name} in request body."),
        )
    }

    pub(crate) fn url_param(name: &str) -> Self {
        Self::new(
            400,
            "api.context.invalid_url_param.app_error",
            format!("Invalid or missing {name} parameter in request URL."),
        )
    }

    pub(crate) fn body_too_large() -> Self {
        Self::new(
            413,
            "api.context.request_body_too_large.app_error",
            "Unable to process request. Request body too large.",
        )
    }

    pub(crate) fn post_not_found() -> Self {
        Self::new(404, "app.post.get.app_error", "Unable to get the post.")
    }

    pub(crate) fn channel_not_found() -> Self {
        Self::new(
            404,
            "app.channel.get.existing.app_error",
            "Unable to find the existing channel.",
        )
    }

    pub(crate) fn user_not_found() -> Self {
        Self::new(
            404,
            "app.user.missing_account.const",
            "Unable to find the user.",
        )
    }

    pub(crate) fn team_not_found() -> Self {
        Self::new(
            404,
            "app.team.get.find.app_error",
            "Unable to find the existing team.",
        )
    }
}
