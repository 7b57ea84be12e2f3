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
    #[serde(skip_serializing_if = "Option::is_none")]
    props: Option<Inert>,
    /// Further posts of a long answer; must hold no `null`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_responses: Vec<Spoken<'a>>,
}

/// Keeps server and clients from fetching what a model's words name. It must be a string.
#[derive(Debug, Serialize)]
struct Inert {
    unsafe_links: &'static str,
}

const INERT: Inert = Inert {
    unsafe_links: "true",
};

/// Says a reply of the pipeline's to whoever sent the event.
pub(super) fn say(shape: Shape, reply: &Reply) -> Response<Body> {
    match (shape, reply) {
        (_, Reply::Silent) => empty(StatusCode::OK),
        (Shape::Command, Reply::Ephemeral(text) | Reply::Failure(text)) => ephemeral(text),
        (Shape::Command, Reply::Channel(texts)) => in_channel(texts),
        // Whatever an outgoing webhook is answered becomes a post; as a comment it stays with the question.
        (Shape::OutgoingHook, Reply::Ephemeral(text) | Reply::Failure(text)) => comment(text),
        (Shape::OutgoingHook, Reply::Channel(texts)) => comment(&texts.join("\n\n")),
        (Shape::ByHand, Reply::Channel(texts)) => by_hand("in_channel", &texts.join("\n\n")),
        (Shape::ByHand, Reply::Ephemeral(text)) => by_hand("ephemeral", text),
        (Shape::ByHand, Reply::Failure(text)) => plain(StatusCode::INTERNAL_SERVER_ERROR, text),
    }
}

/// Answers a command in its channel. What is longer than a post would be refused, so each part is one.
fn in_channel(texts: &[String]) -> Response<Body> {
    let Some((first, further)) = texts.split_first() else {
        return empty(StatusCode::OK);
    };
    let mut spoken = to_a_command("in_channel", first);
    spoken.extra_responses = further
        .iter()
        .map(|text| to_a_command("in_channel", text))
        .collect();
    json(StatusCode::OK, &spoken)
}

/// Tells whoever ran a command something that only they see; with 200, because Mattermost hides the body of any other status.
pub(super) fn ephemeral(text: &str) -> Response<Body> {
    json(StatusCode::OK, &to_a_command("ephemeral", text))
}

fn to_a_command<'a>(response_type: &'static str, text: &'a str) -> Spoken<'a> {
    Spoken {
        skip_slack_parsing: true,
        props: Some(INERT),
        ..spoken(Some(response_type), text)
    }
}

fn comment(text: &str) -> Response<Body> {
    let spoken = Spoken {
        props: Some(INERT),
        ..spoken(Some("comment"), text)
    };
    json(StatusCode::OK, &spoken)
}

/// Tells a caller by hand that it did not work.
pub(super) fn plain(status: StatusCode, text: &str) -> Response<Body> {
    json(status, &spoken(None, text))
}

fn by_hand(response_type: &'static str, text: &str) -> Response<Body> {
    json(StatusCode::OK, &spoken(Some(response_type), text))
}

fn spoken<'a>(response_type: Option<&'static str>, text: &'a str) -> Spoken<'a> {
    Spoken {
        response_type,
        text,
        skip_slack_parsing: false,
        props: None,
        extra_responses: Vec::new(),
    }
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
