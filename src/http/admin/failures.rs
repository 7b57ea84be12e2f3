//! Questions that failed: the id that people quote, what happened, and what to do about it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::layout::{Frame, Place, page};
use super::questions::Before;
use super::router::House;
use super::shown::{Moment, Times};
use super::visitor::{Unwelcome, Visitor, failed};
use crate::domain::figures::Asked;
use crate::domain::question::{Failure, Outcome};
use crate::ports::{AskedPage, Which};
use crate::text::{PageWord, remedy_word};

/// Failures on a page.
const ON_A_PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "failures.html")]
struct Failures {
    frame: Frame,
    rows: Vec<FailureRow>,
    /// After which the next page begins, where there is one.
    next: Option<String>,
}

/// A question that failed.
pub(super) struct FailureRow {
    pub(super) id: String,
    pub(super) quoted: String,
    pub(super) at: Moment,
    pub(super) word: String,
    pub(super) remedy: PageWord,
    pub(super) asker: String,
    pub(super) channel: String,
}

/// `/failures`
pub(super) async fn show(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Query(before): Query<Before>,
) -> Response {
    match listed(&house, &visitor, &before).await {
        Ok(failures) => page(StatusCode::OK, &failures),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

async fn listed(house: &House, visitor: &Visitor, before: &Before) -> Result<Failures, Unwelcome> {
    let page = AskedPage {
        before: before.question(),
        which: Which::Failed,
        limit: ON_A_PAGE + 1,
    };
    let server = &visitor.session.of.server;
    let found = house.world.store.asked(server, page).await;
    let mut found = found.map_err(|error| failed(&error))?;
    let next = super::questions::next(&mut found, ON_A_PAGE);
    let frame = Frame::of(visitor, Place::Failures);
    let times = Times::of(&visitor.site.time_zone);
    Ok(Failures {
        rows: rows(&found, &times),
        next,
        frame,
    })
}

/// Returns failures as rows.
pub(super) fn rows(failures: &[Asked], times: &Times) -> Vec<FailureRow> {
    failures.iter().map(|one| row(one, times)).collect()
}

fn row(asked: &Asked, times: &Times) -> FailureRow {
    let ended = asked.ended.as_ref();
    let outcome = ended.map_or("", |ended| ended.outcome.as_str());
    FailureRow {
        id: asked.id.to_string(),
        quoted: asked.id.quoted(),
        at: times.moment(ended.map_or(asked.asked_at, |ended| ended.at)),
        word: outcome.trim_start_matches("failed:").to_owned(),
        remedy: remedy_of(outcome),
        asker: asked.asker_name.clone(),
        channel: asked.channel_name.clone(),
    }
}

/// Says what to do about an outcome.
pub(super) fn remedy_of(outcome: &str) -> PageWord {
    match Outcome::from_stored(outcome) {
        Some(Outcome::Failed(failure)) => remedy_word(&failure),
        Some(_) | None => remedy_word(&Failure::Internal),
    }
}
