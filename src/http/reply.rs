//! Says a reply in the form that its receiver understands.
//!
//! Mattermost shows a person only the body of a 200, and takes a body for JSON only where the content type is exactly
//! `application/json`; recorded in `recorded/slash_command_replies.json`.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{Response, StatusCode};
use serde::Serialize;

use crate::mattermost::inbound::Shape;
use crate::pipeline::admit::Reply;

/// The JSON of a reply.
#[derive(Debug, Serialize)]
struct Spoken<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    response_type: Option<&'static str>,
    text: &'a str,
    /// Keeps Mattermost from rewriting `<…>` in what we say.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    skip_slack_parsing: bool,
}

/// Says a reply of the pipeline's to whoever sent the event.
pub(super) fn say(shape: Shape, reply: &Reply) -> Response<Body> {
    match (shape, reply) {
        (_, Reply::Silent) => empty(StatusCode::OK),
        (Shape::Command, Reply::Ephemeral(text) | Reply::Failure(text)) => ephemeral(text),
        (Shape::Command, Reply::Channel(text)) => json(
            StatusCode::OK,
            &Spoken {
                response_type: Some("in_channel"),
                text,
                skip_slack_parsing: true,
            },
        ),
        // Whatever an outgoing webhook is answered becomes a post; as a comment it stays with the question.
        (
            Shape::OutgoingHook,
            Reply::Ephemeral(text) | Reply::Channel(text) | Reply::Failure(text),
        ) => typed("comment", text),
        (Shape::ByHand, Reply::Channel(text)) => typed("in_channel", text),
        (Shape::ByHand, Reply::Ephemeral(text)) => typed("ephemeral", text),
        (Shape::ByHand, Reply::Failure(text)) => plain(StatusCode::INTERNAL_SERVER_ERROR, text),
    }
}

/// Tells whoever ran a command something that only they see; with 200, because Mattermost hides the body of any other status.
pub(super) fn ephemeral(text: &str) -> Response<Body> {
    let spoken = Spoken {
        response_type: Some("ephemeral"),
        text,
        skip_slack_parsing: true,
    };
    json(StatusCode::OK, &spoken)
}

/// Tells a caller by hand that it did not work.
pub(super) fn plain(status: StatusCode, text: &str) -> Response<Body> {
    let spoken = Spoken {
        response_type: None,
        text,
        skip_slack_parsing: false,
    };
    json(status, &spoken)
}

fn typed(response_type: &'static str, text: &str) -> Response<Body> {
    let spoken = Spoken {
        response_type: Some(response_type),
        text,
        skip_slack_parsing: false,
    };
    json(StatusCode::OK, &spoken)
}

/// Sends JSON.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    let body = serde_json::to_vec(body).expect("our wire types have string keys only");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// Sends a status and nothing else. Mattermost takes an empty 200 for «all is well, nothing to show».
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
