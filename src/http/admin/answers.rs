//! Answers in progress, and stopping them.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::door::go_to;
use super::form::Deed;
use super::layout::{Frame, Place, Told, Words, page};
use super::router::House;
use super::shown::{Moment, Times, duration, number};
use super::visitor::{Unwelcome, Visitor, failed};
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::figures::Underway;
use crate::domain::id::QuestionId;
use crate::domain::time::Timestamp;
use crate::text::PageWord;

/// Answers that are listed, at most: the oldest, which are those that somebody waits for longest.
const MOST_LISTED: u32 = 100;

#[derive(Template)]
#[template(path = "answers.html")]
struct Answers {
    frame: Frame,
    now: AnswersNow,
}

/// The part that is fetched again and again.
#[derive(Template)]
#[template(path = "answers_now.html")]
struct AnswersNow {
    words: Words,
    form_token: String,
    rows: Vec<AnswerRow>,
    /// How many are listed, where there are more.
    more_than: Option<String>,
}

/// An answer in progress.
struct AnswerRow {
    id: String,
    quoted: String,
    asked_at: Moment,
    since: String,
    asker: String,
    channel: String,
    agent: String,
    state: PageWord,
    tone: &'static str,
    attempt: u32,
    can_be_stopped: bool,
}

/// `/answers`
pub(super) async fn show(State(house): State<Arc<House>>, visitor: Visitor) -> Response {
    match in_progress(&house, &visitor).await {
        Ok(now) => {
            let frame = Frame::of(&visitor, Place::Answers);
            page(StatusCode::OK, &Answers { frame, now })
        }
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

/// `/answers/now`
pub(super) async fn now(State(house): State<Arc<House>>, visitor: Visitor) -> Response {
    match in_progress(&house, &visitor).await {
        Ok(now) => page(StatusCode::OK, &now),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

async fn in_progress(house: &House, visitor: &Visitor) -> Result<AnswersNow, Unwelcome> {
    let world = &house.world;
    let server = &visitor.session.of.server;
    let found = world.store.underway(server, MOST_LISTED + 1).await;
    let found = found.map_err(|error| failed(&error))?;
    let most = usize::try_from(MOST_LISTED).unwrap_or(usize::MAX);
    let times = Times::of(&visitor.site.time_zone);
    let now = world.clock.now();
    let rows = found.iter().take(most);
    Ok(AnswersNow {
        words: Words(visitor.language),
        form_token: visitor.form_token.clone(),
        rows: rows.map(|one| row(one, &times, now)).collect(),
        more_than: (found.len() > most).then(|| number(u64::from(MOST_LISTED))),
    })
}

fn row(underway: &Underway, times: &Times, now: Timestamp) -> AnswerRow {
    let Underway {
        asked,
        is_running,
        attempt,
        stop_requested,
    } = underway;
    let (state, tone) = match (stop_requested, is_running) {
        (true, _) => (PageWord::Stopping, "warn"),
        (false, true) => (PageWord::Running, "live"),
        (false, false) => (PageWord::Waiting, "calm"),
    };
    AnswerRow {
        id: asked.id.to_string(),
        quoted: asked.id.quoted(),
        asked_at: times.moment(asked.asked_at),
        since: duration(now.since(asked.asked_at)),
        asker: asked.asker_name.clone(),
        channel: asked.channel_name.clone(),
        agent: asked.agent.clone().unwrap_or_default(),
        state,
        tone,
        attempt: *attempt,
        can_be_stopped: !stop_requested,
    }
}

/// `POST /answers/{id}/stop`: as the button beneath the answer does, wherever it is worked on.
pub(super) async fn stop(
    State(house): State<Arc<House>>,
    Path(id): Path<String>,
    deed: Deed,
) -> Response {
    let visitor = deed.visitor;
    let Ok(question) = QuestionId::parse(&id) else {
        return Told::new(
            visitor.language,
            PageWord::NoSuchPage,
            PageWord::NoSuchPageMore,
        )
        .with(StatusCode::NOT_FOUND);
    };
    match stopped(&house, &visitor, question).await {
        Ok(()) => go_to("/answers"),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

async fn stopped(house: &House, visitor: &Visitor, question: QuestionId) -> Result<(), Unwelcome> {
    let world = &house.world;
    let entry = AuditEntry {
        at: world.clock.now(),
        server: Some(visitor.session.of.server.clone()),
        by: Actor::Person(visitor.session.of.id.clone()),
        action: AuditAction::AnswerStopped,
        subject: format!("question:{question}"),
        detail: String::new(),
    };
    // Where it ended meanwhile, the list shows that.
    let stopped = visitor.site.controls.stop(question, &entry).await;
    stopped.map_err(|error| failed(&error))
}
