//! The overview: how much was asked in the last day, how fast it was answered, and what goes on now.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::failures::{FailureRow, rows};
use super::hours::{HOUR, first_hour};
use super::layout::{Frame, Place, Words, page};
use super::router::House;
use super::shown::{Times, brief, dollars, duration_or_dash, number, share};
use super::targets::{ModelRow, model_rows};
use super::visitor::{Unwelcome, Visitor, failed};
use crate::domain::budget::BudgetPeriod;
use crate::domain::figures::{Slot, Tallied, Timing, percentile};
use crate::domain::id::ServerId;
use crate::domain::money::Money;
use crate::pipeline::calendar::Calendar;
use crate::ports::{AskedPage, Backlog, Dimension, UsageQuery, UsageSpan, Which};
use crate::text::PageWord;

/// Of how many runs at most it is said how fast they were: enough for the slowest twentieth of an hour.
const MOST_TIMINGS: u32 = 2_000;

/// How many failures are shown.
const FAILURES: u32 = 5;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    now: Now,
    day: Day,
    hours: Vec<Hour>,
    asked_chart: String,
    speed_chart: String,
    models: Vec<ModelRow>,
    failures: Vec<FailureRow>,
}

/// What goes on, which is fetched again and again.
#[derive(Template)]
#[template(path = "now.html")]
struct Now {
    words: Words,
    waiting: String,
    running: String,
    dead: String,
    has_dead: bool,
    at: String,
}

/// The last day in numbers.
struct Day {
    questions: String,
    answered: String,
    failed: String,
    failed_share: String,
    has_failed: bool,
    first_half: String,
    first_most: String,
    whole_half: String,
    whole_most: String,
    prompt_tokens: String,
    completion_tokens: String,
    cost_today: String,
    cost_this_month: String,
}

/// An hour as a row, for whoever sees no picture.
struct Hour {
    begins: String,
    questions: String,
    failed: String,
    first_half: String,
    first_most: String,
}

/// `/`
pub(super) async fn show(State(house): State<Arc<House>>, visitor: Visitor) -> Response {
    match overview(&house, &visitor).await {
        Ok(overview) => page(StatusCode::OK, &overview),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

/// `/now`: the part that is fetched again and again.
pub(super) async fn now(State(house): State<Arc<House>>, visitor: Visitor) -> Response {
    match going_on(&house, &visitor).await {
        Ok(now) => page(StatusCode::OK, &now),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

async fn going_on(house: &House, visitor: &Visitor) -> Result<Now, Unwelcome> {
    let world = &house.world;
    let backlog = world.store.backlog(&visitor.session.of.server).await;
    let Backlog {
        waiting,
        running,
        dead,
    } = backlog.map_err(|error| failed(&error))?;
    let times = Times::of(&visitor.site.time_zone);
    Ok(Now {
        words: Words(visitor.language),
        waiting: number(waiting),
        running: number(running),
        dead: number(dead),
        has_dead: dead > 0,
        at: times.moment(world.clock.wall()).shown,
    })
}

async fn overview(house: &House, visitor: &Visitor) -> Result<Overview, Unwelcome> {
    let (world, server) = (&house.world, &visitor.session.of.server);
    let asked_at = world.clock.now();
    let since = first_hour(asked_at);
    let (slots, timings, now, failures, costs) = tokio::join!(
        house
            .hours
            .of_last_day(world.store.as_ref(), server, asked_at),
        world.store.timings(server, since, MOST_TIMINGS),
        going_on(house, visitor),
        last_failures(house, server),
        costs(house, visitor),
    );
    let slots = slots.map_err(|error| failed(&error))?;
    let timings = timings.map_err(|error| failed(&error))?;
    let times = Times::of(&visitor.site.time_zone);
    let words = Words(visitor.language);
    let speeds = speeds(&timings, &slots);
    let hours = slots.iter().zip(&speeds).map(|(slot, speed)| Hour {
        begins: times.hour(slot.begins_at),
        questions: number(slot.tallied.ended()),
        failed: number(slot.tallied.failed),
        first_half: duration_or_dash(speed.half),
        first_most: duration_or_dash(speed.most),
    });
    let zone = visitor.site.time_zone.as_str();
    Ok(Overview {
        now: now?,
        day: day(&slots, &timings, costs?),
        hours: hours.collect(),
        asked_chart: asked_chart(words, zone, &slots),
        speed_chart: speed_chart(words, zone, &slots, &speeds),
        models: model_rows(&visitor.site, words, world.clock.now()),
        failures: rows(&failures?, &times),
        frame: Frame::of(visitor, Place::Overview),
    })
}

/// Returns what was spent today, and in this month.
async fn costs(house: &House, visitor: &Visitor) -> Result<[Money; 2], Unwelcome> {
    let (world, calendar) = (&house.world, Calendar::of(&visitor.site.time_zone));
    let now = world.clock.now();
    let spans = [
        UsageSpan::Day(calendar.day(now)),
        UsageSpan::Month(calendar.period(BudgetPeriod::Month, now).name),
    ];
    let mut costs = [Money::ZERO; 2];
    for (cost, span) in costs.iter_mut().zip(spans) {
        let query = UsageQuery {
            by: Dimension::Total,
            subject: None,
            span,
            limit: 1,
        };
        let used = world.store.usage(&visitor.session.of.server, &query).await;
        let used = used.map_err(|error| failed(&error))?;
        *cost = used.iter().map(|row| row.cost).sum();
    }
    Ok(costs)
}

async fn last_failures(
    house: &House,
    server: &ServerId,
) -> Result<Vec<crate::domain::figures::Asked>, Unwelcome> {
    let page = AskedPage {
        before: None,
        which: Which::Failed,
        limit: FAILURES,
    };
    let found = house.world.store.asked(server, page).await;
    found.map_err(|error| failed(&error))
}

/// How fast first words came.
#[derive(Clone, Copy)]
struct Speed {
    half: Option<Duration>,
    most: Option<Duration>,
}

/// Says it of each hour.
fn speeds(timings: &[Timing], slots: &[Slot]) -> Vec<Speed> {
    let of_hour = |slot: &Slot| {
        let until = slot.begins_at.after(HOUR);
        let within = timings
            .iter()
            .filter(|timing| (slot.begins_at..until).contains(&timing.begun_at));
        let firsts: Vec<_> = within.filter_map(|timing| timing.first_token).collect();
        Speed {
            half: percentile(firsts.clone(), 50),
            most: percentile(firsts, 95),
        }
    };
    slots.iter().map(of_hour).collect()
}

fn day(slots: &[Slot], timings: &[Timing], costs: [Money; 2]) -> Day {
    let [cost_today, cost_this_month] = costs.map(dollars);
    let mut sum = Tallied::default();
    for slot in slots {
        sum.add(&slot.tallied);
    }
    let firsts: Vec<_> = timings.iter().filter_map(|one| one.first_token).collect();
    let wholes: Vec<_> = timings.iter().map(|one| one.whole).collect();
    Day {
        questions: number(sum.ended()),
        answered: number(sum.answered),
        failed: number(sum.failed),
        failed_share: share(sum.failed, sum.ended()),
        has_failed: sum.failed > 0,
        first_half: duration_or_dash(percentile(firsts.clone(), 50)),
        first_most: duration_or_dash(percentile(firsts, 95)),
        whole_half: duration_or_dash(percentile(wholes.clone(), 50)),
        whole_most: duration_or_dash(percentile(wholes, 95)),
        prompt_tokens: brief(sum.prompt_tokens),
        completion_tokens: brief(sum.completion_tokens),
        cost_today,
        cost_this_month,
    }
}

fn seconds(slots: &[Slot]) -> Vec<i64> {
    let begins = slots.iter().map(|slot| slot.begins_at.as_micros());
    begins.map(|micros| micros / 1_000_000).collect()
}

/// What `page.js` draws: bars that stand upon each other.
fn asked_chart(words: Words, zone: &str, slots: &[Slot]) -> String {
    let of = |count: fn(&Tallied) -> u64| -> Vec<u64> {
        slots.iter().map(|slot| count(&slot.tallied)).collect()
    };
    let series = |word: PageWord, tone: &str, values: Vec<u64>| json!({"label": words.say(word), "tone": tone, "values": values});
    json!({
        "kind": "bars",
        "zone": zone,
        "hour": words.say(PageWord::Hour),
        "x": seconds(slots),
        "series": [
            series(PageWord::Answered, "good", of(|tallied| tallied.answered)),
            series(PageWord::EndedOtherwise, "calm", of(|tallied| tallied.otherwise)),
            series(PageWord::Failed, "bad", of(|tallied| tallied.failed)),
        ],
    })
    .to_string()
}

/// What `page.js` draws: lines, in seconds, with gaps where nothing came.
fn speed_chart(words: Words, zone: &str, slots: &[Slot], speeds: &[Speed]) -> String {
    let of = |time: fn(&Speed) -> Option<Duration>| -> Vec<Value> {
        let times = speeds.iter().map(time);
        times
            .map(|time| time.map_or(Value::Null, |time| json!(time.as_secs_f64())))
            .collect()
    };
    json!({
        "kind": "lines",
        "unit": "s",
        "zone": zone,
        "hour": words.say(PageWord::Hour),
        "x": seconds(slots),
        "series": [
            {"label": words.say(PageWord::HalfWithin), "tone": "accent", "values": of(|speed| speed.half)},
            {"label": words.say(PageWord::MostWithin), "tone": "warn", "values": of(|speed| speed.most)},
        ],
    })
    .to_string()
}
