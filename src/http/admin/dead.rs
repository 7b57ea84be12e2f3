//! Dead letters: answers that could be shown to nobody, and having them delivered again.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::door::go_to;
use super::form::Deed;
use super::layout::{Frame, Place, Told, page};
use super::router::House;
use super::shown::{Moment, Standing, Times, number, standing};
use super::visitor::{Unwelcome, Visitor, failed};
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::id::QuestionId;
use crate::domain::job::DeadLetter;
use crate::domain::question::Outcome;
use crate::text::{Language, Notice, PageWord, notify};

/// Dead letters that are listed, at most.
const MOST_LISTED: u32 = 100;

#[derive(Template)]
#[template(path = "dead.html")]
struct Dead {
    frame: Frame,
    rows: Vec<DeadRow>,
    /// How many are listed, where there are more.
    more_than: Option<String>,
}

struct DeadRow {
    id: String,
    quoted: String,
    asked_at: Moment,
    channel: String,
    standing: Standing,
    why: String,
    detail: String,
}

/// `/dead`
pub(super) async fn show(State(house): State<Arc<House>>, visitor: Visitor) -> Response {
    match listed(&house, &visitor).await {
        Ok(dead) => page(StatusCode::OK, &dead),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

async fn listed(house: &House, visitor: &Visitor) -> Result<Dead, Unwelcome> {
    let (world, site) = (&house.world, &*visitor.site);
    let found = world.store.dead_letters_of(&site.server, MOST_LISTED + 1);
    let mut found = found.await.map_err(|error| failed(&error))?;
    let most = usize::try_from(MOST_LISTED).unwrap_or(usize::MAX);
    let has_more = found.len() > most;
    found.truncate(most);
    let channels: Vec<_> = found.iter().filter_map(|one| one.channel.clone()).collect();
    let names = &house.names;
    names.learn_channels(site, &channels, &*world.clock).await;
    let times = Times::of(&site.time_zone);
    let row = |letter: &DeadLetter| DeadRow {
        id: letter.question.to_string(),
        quoted: letter.question.quoted(),
        asked_at: times.moment(letter.asked_at),
        channel: letter
            .channel
            .as_ref()
            .map_or_else(String::new, |id| names.channel(id)),
        standing: standing(letter.outcome.as_ref().map(Outcome::as_str)),
        why: why(letter, visitor.language),
        detail: letter.detail.clone(),
    };
    Ok(Dead {
        frame: Frame::of(visitor, Place::Dead),
        rows: found.iter().map(row).collect(),
        more_than: has_more.then(|| number(u64::from(MOST_LISTED))),
    })
}

fn why(letter: &DeadLetter, language: Language) -> String {
    notify(language, &Notice::Undeliverable(letter.reason))
}

/// `POST /dead/{id}/retry`: makes one due again, as `askwell dead retry` does.
pub(super) async fn retry(
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
    match retried(&house, &visitor, question).await {
        Ok(()) => go_to("/dead"),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

async fn retried(house: &House, visitor: &Visitor, question: QuestionId) -> Result<(), Unwelcome> {
    let world = &house.world;
    let server = &visitor.session.of.server;
    let deadline = world.clock.now().after(visitor.site.deadline);
    let entry = AuditEntry {
        at: world.clock.now(),
        server: Some(server.clone()),
        by: Actor::Person(visitor.session.of.id.clone()),
        action: AuditAction::DeadLetterRetried,
        subject: format!("question:{question}"),
        detail: String::new(),
    };
    let revived = world
        .store
        .revive_as_written(server, question, deadline, &entry)
        .await;
    // Where it was none any more, the list shows that.
    revived.map(|_was_dead| ()).map_err(|error| failed(&error))
}
