//! The audit trail, the newest entry first, by page and by kind.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::layout::{Frame, Place, Words, page};
use super::names::Names;
use super::router::House;
use super::shown::{Moment, Times};
use super::visitor::{Unwelcome, Visitor, failed};
use crate::domain::audit::{Actor, AuditAction, AuditRecord};
use crate::domain::id::{ChannelId, UserId};
use crate::ports::AuditPage;
use crate::text::{PageWord, action_word};

/// Entries on a page.
const ON_A_PAGE: u32 = 50;

/// Which page is wanted.
#[derive(Deserialize)]
pub(super) struct Wanted {
    before: Option<String>,
    action: Option<String>,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Trail {
    frame: Frame,
    rows: Vec<EntryRow>,
    choices: Vec<Choice>,
    action: String,
    next: Option<u64>,
}

/// A kind of entries that can be chosen.
struct Choice {
    word: &'static str,
    title: PageWord,
    is_chosen: bool,
}

struct EntryRow {
    seq: u64,
    at: Moment,
    actor: String,
    action: String,
    subject: String,
    detail: String,
    hash: String,
}

/// `/audit`
pub(super) async fn show(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Response {
    match listed(&house, &visitor, &wanted).await {
        Ok(trail) => page(StatusCode::OK, &trail),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

async fn listed(house: &House, visitor: &Visitor, wanted: &Wanted) -> Result<Trail, Unwelcome> {
    let (world, site) = (&house.world, &*visitor.site);
    let chosen = wanted.action.as_deref().and_then(AuditAction::from_stored);
    let page = AuditPage {
        server: Some(site.server.clone()),
        before: wanted.before.as_deref().and_then(|seq| seq.parse().ok()),
        action: chosen,
        limit: ON_A_PAGE + 1,
    };
    let found = world.store.audited(page).await;
    let mut found = found.map_err(|error| failed(&error))?;
    let most = usize::try_from(ON_A_PAGE).unwrap_or(usize::MAX);
    let has_more = found.len() > most;
    found.truncate(most);
    let people: Vec<_> = found.iter().filter_map(person).collect();
    let channels: Vec<_> = found.iter().filter_map(channel).collect();
    tokio::join!(
        house.names.learn_people(site, &people, &*world.clock),
        house.names.learn_channels(site, &channels, &*world.clock),
    );
    let times = Times::of(&site.time_zone);
    let words = Words(visitor.language);
    let rows = found
        .iter()
        .map(|entry| row(entry, &house.names, &times, words));
    let choices = AuditAction::ALL.iter().map(|action| Choice {
        word: action.as_str(),
        title: action_word(*action),
        is_chosen: chosen == Some(*action),
    });
    Ok(Trail {
        frame: Frame::of(visitor, Place::Audit),
        rows: rows.collect(),
        choices: choices.collect(),
        action: chosen.map_or("", AuditAction::as_str).to_owned(),
        next: found.last().filter(|_| has_more).map(|last| last.seq),
    })
}

fn person(entry: &AuditRecord) -> Option<UserId> {
    match Actor::from_stored(&entry.actor)? {
        Actor::Person(id) => Some(id),
        Actor::Operator(_) | Actor::Configuration | Actor::Askwell => None,
    }
}

fn channel(entry: &AuditRecord) -> Option<ChannelId> {
    let id = entry.subject.strip_prefix("channel:")?;
    ChannelId::parse(id).ok()
}

fn row(entry: &AuditRecord, names: &Names, times: &Times, words: Words) -> EntryRow {
    let actor = match Actor::from_stored(&entry.actor) {
        Some(Actor::Person(id)) => names.person(&id),
        Some(Actor::Operator(name)) => name,
        Some(Actor::Configuration) => words.say(PageWord::TheConfiguration),
        Some(Actor::Askwell) => "askwell".to_owned(),
        None => entry.actor.clone(),
    };
    let action = AuditAction::from_stored(&entry.action);
    EntryRow {
        seq: entry.seq,
        at: times.moment(entry.at),
        actor,
        action: action.map_or_else(
            || entry.action.clone(),
            |action| words.say(action_word(action)),
        ),
        subject: channel(entry).map_or_else(|| subject(&entry.subject), |id| names.channel(&id)),
        detail: entry.detail.clone(),
        hash: entry.hash.chars().take(12).collect(),
    }
}

/// Shortens the id of a question to what people quote.
fn subject(written: &str) -> String {
    let question = written.strip_prefix("question:");
    let id = question.and_then(|id| crate::domain::id::QuestionId::parse(id).ok());
    id.map_or_else(|| written.to_owned(), crate::domain::id::QuestionId::quoted)
}
