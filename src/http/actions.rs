//! The handler of what Mattermost sends when a button is pressed: read, hand over, reply.
//!
//! Nothing that is sent can show who sent it but the context that the button carries; the pipeline believes or refuses that. Mattermost
//! takes the body of a 200 alone, so that whatever a person is to be told comes with one.

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use url::Url;

use super::body::{Bounds, Unread, Written};
use super::reply;
use super::router::Site;
use crate::domain::audit::AuditEntry;
use crate::domain::control::Press;
use crate::domain::id::QuestionId;
use crate::mattermost::{PressReply, read_press};
use crate::pipeline::control::{Controls, Feedback};
use crate::ports::{Clock, StoreError};

/// Bytes of a report that are read, at most; Mattermost's own have about 1,000.
pub const MAX_PRESS_BYTES: usize = 16 * 1024;

/// Does what presses ask for: the pipeline's [`Controls`], and what stands in for them in tests.
#[async_trait]
pub trait Obey: Send + Sync {
    /// Does what a press asks for and returns what it is replied to with.
    async fn pressed(&self, press: Press) -> Feedback;

    /// Has an answer stopped, wherever it is worked on, as a press on its button does, and writes that down; where it had ended, neither.
    async fn stop(&self, question: QuestionId, entry: &AuditEntry) -> Result<(), StoreError>;
}

#[async_trait]
impl Obey for Controls {
    async fn pressed(&self, press: Press) -> Feedback {
        Self::pressed(self, press).await
    }

    async fn stop(&self, question: QuestionId, entry: &AuditEntry) -> Result<(), StoreError> {
        self.stop_as_written(question, entry).await
    }
}

/// What the handler is given.
pub(super) struct Office {
    pub(super) desks: Vec<Desk>,
    pub(super) bounds: Bounds,
    pub(super) clock: Arc<dyn Clock>,
}

/// A bot whose posts have buttons.
pub(super) struct Desk {
    controls: Arc<dyn Obey>,
    /// Where the buttons that a reply shows report to.
    url: Url,
}

impl Desk {
    /// Takes a bot whose posts have buttons.
    pub(super) fn of(site: &Site) -> Option<Self> {
        let url = site.actions_url.clone()?;
        let controls = site.controls.clone();
        Some(Self { controls, url })
    }
}

/// `/mattermost/actions`: a button was pressed.
pub(super) async fn press(
    State(office): State<Arc<Office>>,
    request: Request<Body>,
) -> Response<Body> {
    let written = match Written::read(request, &office.bounds, &*office.clock).await {
        Ok(written) => written,
        Err(unread) => return reply::empty(status(unread)),
    };
    let Some(Ok(press)) = written.json().map(read_press) else {
        tracing::debug!("could not read a press on a button");
        return reply::empty(StatusCode::BAD_REQUEST);
    };
    // Each bot believes what it signed itself, so that at most one of them does anything.
    for desk in &office.desks {
        let reply = match desk.controls.pressed(press.clone()).await {
            Feedback::Silent => reply::empty(StatusCode::OK),
            Feedback::Show(redrawn) => {
                reply::json(StatusCode::OK, &PressReply::showing(&redrawn, &desk.url))
            }
            Feedback::Tell(text) => reply::json(StatusCode::OK, &PressReply::telling(&text)),
            Feedback::Refuse => continue,
        };
        return reply;
    }
    reply::empty(StatusCode::UNAUTHORIZED)
}

fn status(unread: Unread) -> StatusCode {
    match unread {
        Unread::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Unread::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Unread::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Unread::Malformed => StatusCode::BAD_REQUEST,
    }
}
