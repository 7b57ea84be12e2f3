//! What was used, by whom or what, as exact as the ledger.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::layout::{Frame, Place, page};
use super::router::House;
use super::shown::number;
use super::visitor::{Unwelcome, Visitor, failed};
use crate::domain::budget::BudgetPeriod;
use crate::pipeline::calendar::Calendar;
use crate::ports::{Dimension, UsageQuery, UsageRow, UsageSpan};
use crate::text::PageWord;

/// Rows that are listed, at most: those that cost most.
const MOST_LISTED: u32 = 100;

/// The word of the span that is the whole month so far; every other is today.
const MONTH: &str = "month";

/// Which table is wanted.
#[derive(Deserialize)]
pub(super) struct Wanted {
    by: Option<String>,
    span: Option<String>,
}

#[derive(Template)]
#[template(path = "usage.html")]
struct Usage {
    frame: Frame,
    dimensions: Vec<Choice>,
    spans: [Choice; 2],
    rows: Vec<UsedRow>,
    /// How many are listed, where there are more.
    more_than: Option<String>,
    since: String,
    until: String,
}

struct Choice {
    word: &'static str,
    title: PageWord,
    is_chosen: bool,
}

struct UsedRow {
    name: String,
    questions: String,
    calls: String,
    prompt_tokens: String,
    answer_tokens: String,
    cost: String,
}

/// `/usage`
pub(super) async fn show(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Response {
    match used(&house, &visitor, &wanted).await {
        Ok(usage) => page(StatusCode::OK, &usage),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

async fn used(house: &House, visitor: &Visitor, wanted: &Wanted) -> Result<Usage, Unwelcome> {
    let mut all = Dimension::ALL.into_iter();
    let by = all.find(|by| Some(by.as_str()) == wanted.by.as_deref());
    let by = by.unwrap_or(Dimension::Person);
    let is_month = wanted.span.as_deref() == Some(MONTH);
    let calendar = Calendar::of(&visitor.site.time_zone);
    let now = house.world.clock.now();
    let until = calendar.day(now);
    let (since, span) = if is_month {
        let month = calendar.period(BudgetPeriod::Month, now).name;
        (calendar.first_of_month(now), UsageSpan::Month(month))
    } else {
        (until.clone(), UsageSpan::Day(until.clone()))
    };
    let query = UsageQuery {
        by,
        subject: None,
        span,
        limit: MOST_LISTED + 1,
    };
    let found = house.world.store.usage(&visitor.session.of.server, &query);
    let mut found = found.await.map_err(|error| failed(&error))?;
    let most = usize::try_from(MOST_LISTED).unwrap_or(usize::MAX);
    let has_more = found.len() > most;
    found.truncate(most);
    let dimensions = Dimension::ALL.map(|own| choice(own.as_str(), by_word(own), own == by));
    Ok(Usage {
        frame: Frame::of(visitor, Place::Usage),
        dimensions: dimensions.into(),
        spans: [
            choice("today", PageWord::SpanToday, !is_month),
            choice(MONTH, PageWord::SpanMonth, is_month),
        ],
        rows: found.iter().map(|row| used_row(row, by)).collect(),
        more_than: has_more.then(|| number(u64::from(MOST_LISTED))),
        since,
        until,
    })
}

fn choice(word: &'static str, title: PageWord, is_chosen: bool) -> Choice {
    Choice {
        word,
        title,
        is_chosen,
    }
}

fn by_word(dimension: Dimension) -> PageWord {
    match dimension {
        Dimension::Total => PageWord::ByTotal,
        Dimension::Person => PageWord::ByPerson,
        Dimension::Channel => PageWord::ByChannel,
        Dimension::Team => PageWord::ByTeam,
        Dimension::Agent => PageWord::ByAgent,
        Dimension::Model => PageWord::ByModel,
    }
}

fn used_row(row: &UsageRow, by: Dimension) -> UsedRow {
    let sign = match by {
        Dimension::Person => "@",
        Dimension::Channel => "~",
        Dimension::Total | Dimension::Team | Dimension::Agent | Dimension::Model => "",
    };
    let name = if row.name.is_empty() {
        &row.subject
    } else {
        &row.name
    };
    UsedRow {
        name: if name.is_empty() {
            "–".to_owned()
        } else {
            format!("{sign}{name}")
        },
        questions: number(row.questions),
        calls: number(row.calls),
        prompt_tokens: number(row.usage.prompt_tokens),
        answer_tokens: number(row.usage.completion_tokens),
        cost: row.cost.to_string(),
    }
}
