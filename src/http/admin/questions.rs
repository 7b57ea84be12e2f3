//! Questions: whose, where, whom they were for, how they ended, and what they took. What was said is left out, unless the installation
//! lets it be looked at: then a button shows it, and each look is written down.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::failures::remedy_of;
use super::form::Deed;
use super::layout::{Frame, Place, Told, page};
use super::router::House;
use super::shown::{Moment, Standing, Times, brief, duration, duration_or_dash, number, standing};
use super::visitor::{Unwelcome, Visitor, failed};
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::figures::{Asked, Said};
use crate::domain::id::QuestionId;
use crate::domain::run::Run;
use crate::ports::{AskedPage, Which};
use crate::text::{Language, PageWord};

/// Questions on a page.
const ON_A_PAGE: u32 = 50;

/// Where a page begins.
#[derive(Deserialize)]
pub(super) struct Before {
    before: Option<String>,
}

impl Before {
    /// Returns the question before which it begins; what is none begins at the newest.
    pub(super) fn question(&self) -> Option<QuestionId> {
        let before = self.before.as_deref()?;
        QuestionId::parse(before).ok()
    }
}

/// Takes away what is beyond a page, and returns where the next one begins.
pub(super) fn next(found: &mut Vec<Asked>, on_a_page: u32) -> Option<String> {
    let most = usize::try_from(on_a_page).unwrap_or(usize::MAX);
    if found.len() <= most {
        return None;
    }
    found.truncate(most);
    found.last().map(|last| last.id.to_string())
}

#[derive(Template)]
#[template(path = "questions.html")]
struct Questions {
    frame: Frame,
    rows: Vec<QuestionRow>,
    next: Option<String>,
}

struct QuestionRow {
    id: String,
    quoted: String,
    asked_at: Moment,
    asker: String,
    channel: String,
    agent: String,
    standing: Standing,
    model: String,
    tokens: String,
    took: String,
}

/// `/questions`
pub(super) async fn list(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Query(before): Query<Before>,
) -> Response {
    match listed(&house, &visitor, &before).await {
        Ok(questions) => page(StatusCode::OK, &questions),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

async fn listed(house: &House, visitor: &Visitor, before: &Before) -> Result<Questions, Unwelcome> {
    let page = AskedPage {
        before: before.question(),
        which: Which::All,
        limit: ON_A_PAGE + 1,
    };
    let server = &visitor.session.of.server;
    let found = house.world.store.asked(server, page).await;
    let mut found = found.map_err(|error| failed(&error))?;
    let next = next(&mut found, ON_A_PAGE);
    let times = Times::of(&visitor.site.time_zone);
    Ok(Questions {
        frame: Frame::of(visitor, Place::Questions),
        rows: found.iter().map(|asked| row(asked, &times)).collect(),
        next,
    })
}

fn row(asked: &Asked, times: &Times) -> QuestionRow {
    let ended = asked.ended.as_ref();
    let used = ended.map(|ended| ended.prompt_tokens.saturating_add(ended.completion_tokens));
    QuestionRow {
        id: asked.id.to_string(),
        quoted: asked.id.quoted(),
        asked_at: times.moment(asked.asked_at),
        asker: asked.asker_name.clone(),
        channel: asked.channel_name.clone(),
        agent: asked.agent.clone().unwrap_or_default(),
        standing: standing(ended.map(|ended| ended.outcome.as_str())),
        model: ended
            .and_then(|ended| ended.model.clone())
            .unwrap_or_default(),
        tokens: used.map(brief).unwrap_or_default(),
        took: ended.map_or_else(String::new, |ended| {
            duration(ended.at.since(asked.asked_at))
        }),
    }
}

#[derive(Template)]
#[template(path = "question.html")]
struct OneQuestion {
    frame: Frame,
    row: QuestionRow,
    outcome: String,
    remedy: Option<PageWord>,
    asker_id: String,
    channel_id: String,
    prompt_tokens: String,
    completion_tokens: String,
    runs: Vec<RunRow>,
    /// Whether what was said may be looked at.
    may_look: bool,
    said: Option<Said>,
}

struct RunRow {
    begun_at: Moment,
    target: String,
    model: String,
    first_token: String,
    whole: String,
    tokens: String,
    finish: &'static str,
    attempts: Vec<AttemptRow>,
}

struct AttemptRow {
    target: String,
    failure: &'static str,
    after: String,
}

/// `/questions/{id}`
pub(super) async fn one(
    State(house): State<Arc<House>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Response {
    let Ok(question) = QuestionId::parse(&id) else {
        return no_such(visitor.language);
    };
    reply(&visitor, found(&house, &visitor, question, None).await)
}

/// `POST /questions/{id}/texts`: looks at what was said.
pub(super) async fn look(
    State(house): State<Arc<House>>,
    Path(id): Path<String>,
    deed: Deed,
) -> Response {
    let (visitor, may_look) = (deed.visitor, house.world.settings.shows_texts);
    let Some(question) = QuestionId::parse(&id).ok().filter(|_| may_look) else {
        return no_such(visitor.language);
    };
    let entry = AuditEntry {
        at: house.world.clock.now(),
        server: Some(visitor.session.of.server.clone()),
        by: Actor::Person(visitor.session.of.id.clone()),
        action: AuditAction::TextLookedAt,
        subject: format!("question:{question}"),
        detail: String::new(),
    };
    let server = &visitor.session.of.server;
    match house.world.store.look_at(server, question, &entry).await {
        Ok(Some(said)) => reply(
            &visitor,
            found(&house, &visitor, question, Some(said)).await,
        ),
        Ok(None) => no_such(visitor.language),
        Err(error) => failed(&error).reply(visitor.language),
    }
}

fn reply(visitor: &Visitor, found: Result<Option<OneQuestion>, Unwelcome>) -> Response {
    match found {
        Ok(Some(question)) => page(StatusCode::OK, &question),
        Ok(None) => no_such(visitor.language),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

fn no_such(language: Language) -> Response {
    Told::new(language, PageWord::NoSuchPage, PageWord::NoSuchPageMore).with(StatusCode::NOT_FOUND)
}

async fn found(
    house: &House,
    visitor: &Visitor,
    question: QuestionId,
    said: Option<Said>,
) -> Result<Option<OneQuestion>, Unwelcome> {
    let (world, server) = (&house.world, &visitor.session.of.server);
    let asked = world.store.asked_one(server, question).await;
    let Some(asked) = asked.map_err(|error| failed(&error))? else {
        return Ok(None);
    };
    let runs = world.store.runs(question).await;
    let runs = runs.map_err(|error| failed(&error))?;
    let times = Times::of(&visitor.site.time_zone);
    let ended = asked.ended.as_ref();
    let outcome = ended.map_or("", |ended| ended.outcome.as_str());
    Ok(Some(OneQuestion {
        frame: Frame::of(visitor, Place::Questions),
        row: row(&asked, &times),
        remedy: outcome.starts_with("failed:").then(|| remedy_of(outcome)),
        outcome: outcome.to_owned(),
        asker_id: asked
            .asker
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        channel_id: asked
            .channel
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        prompt_tokens: ended.map_or_else(String::new, |ended| number(ended.prompt_tokens)),
        completion_tokens: ended.map_or_else(String::new, |ended| number(ended.completion_tokens)),
        runs: runs.iter().map(|run| run_row(run, &times)).collect(),
        may_look: world.settings.shows_texts,
        said,
    }))
}

fn run_row(run: &Run, times: &Times) -> RunRow {
    let used = run
        .usage
        .prompt_tokens
        .saturating_add(run.usage.completion_tokens);
    let attempts = run.attempts.iter().map(|attempt| AttemptRow {
        target: attempt.target.clone(),
        failure: attempt.failure.as_outcome().trim_start_matches("failed:"),
        after: duration(attempt.after),
    });
    RunRow {
        begun_at: times.moment(run.begun_at),
        target: run.target.clone().unwrap_or_default(),
        model: run.model.clone().unwrap_or_default(),
        first_token: duration_or_dash(run.first_token),
        whole: duration(run.whole),
        tokens: number(used),
        finish: run
            .finish
            .map_or("", crate::domain::completion::FinishReason::as_str),
        attempts: attempts.collect(),
    }
}
