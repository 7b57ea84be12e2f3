//! The page for administrators over a database in which much was asked. The suite fills in few questions; with
//! `ASKWELL_PAGE_QUESTIONS=1000000` and `--nocapture` it says how long each page takes.

use std::time::{Duration, Instant};

use askwell_playground::TimeSource;
use reqwest::StatusCode;

use super::house::{Account, House};
use super::page::{Reader, invited};

/// Over how many days the questions are spread.
const DAYS: i64 = 30;

const PAGES: [&str; 16] = [
    "/",
    "/now",
    "/answers",
    "/questions",
    "/questions?before=00000000000000000000000000000400",
    "/failures",
    "/failures?before=00000000000000000000000000000400",
    "/dead",
    "/usage",
    "/usage?span=month",
    "/usage?by=total&span=month",
    "/budgets",
    "/models",
    "/channels",
    "/audit",
    "/audit?action=budget_granted&before=500",
];

/// How many questions there are, and how often each page is asked for.
fn size() -> (i64, usize) {
    match std::env::var("ASKWELL_PAGE_QUESTIONS") {
        Ok(questions) => (questions.parse().unwrap(), 200),
        Err(_) => (4_000, 1),
    }
}

/// Fills the tables that the page reads: questions of a tenth as many people in 500 channels, one of 50 a failure; their runs; what a
/// tenth as many people used today and in this month; as many entries in the audit trail as people.
fn fill(file: &std::path::Path, questions: i64, now: i64) {
    let connection = rusqlite::Connection::open(file).unwrap();
    let (people, step) = (questions / 10, DAYS * 86_400_000_000 / questions);
    let numbers = |count: i64| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})")
    };
    let (all, each_person) = (numbers(questions), numbers(people));
    let asked_at = format!("{now} - ({questions} - i) * {step} - 5000000");
    let sql = format!(
        "BEGIN;
         {all} INSERT INTO questions (id, server_id, event_key, origin, team_id, channel_id, channel_name, channel_kind, asker_id, asker_name,
             text, audience, delivery, conversation, asked_at, deadline, outcome, is_turn, answer, texts, prompt_tokens,
             completion_tokens, cached_tokens, reasoning_tokens, model, concluded_at)
         SELECT printf('%032x', i), 'mattermost', 'event:' || i, 'command', printf('t%025d', 1), printf('c%025d', i % 500),
             'channel-' || (i % 500), 'open', printf('u%025d', i % {people}), 'person' || (i % {people}),
             printf('%.200c', 'q'), 'channel', 'bot', 'channel:' || (i % 500), {asked_at}, {asked_at} + 600000000,
             CASE WHEN i % 50 = 0 THEN 'failed:model_unavailable' ELSE 'answered' END, i % 50 <> 0, printf('%.600c', 'a'),
             '[\"a\"]', 900, 150, 0, 0, 'scripted', {asked_at} + 4000000
         FROM n;
         {all} INSERT INTO jobs (question_id, server_id, lane, seq, state, run_at, attempt, stop_requested, ended_at, buried_for, burial_detail)
         SELECT printf('%032x', i), 'mattermost', 'lane', i, CASE WHEN i % ({questions} / 200) = 0 THEN 'dead' ELSE 'done' END, 0, 1, 0,
             {asked_at} + 4000000, CASE WHEN i % ({questions} / 200) = 0 THEN 'refused' END, CASE WHEN i % ({questions} / 200) = 0 THEN '' END
         FROM n;
         {all} INSERT INTO runs (question_id, begun_at, target, model, attempts, first_token_ms, whole_ms, prompt_tokens, completion_tokens,
             cached_tokens, reasoning_tokens, finish)
         SELECT printf('%032x', i), {asked_at} + 1000, 'default', 'scripted', '[]', 300 + i % 900, 2000 + i % 3000, 900, 150, 0, 0, 'stop' FROM n;
         {each_person} INSERT INTO usage SELECT 'mattermost', 'person', date({now} / 1000000, 'unixepoch'), printf('u%025d', i),
             'person' || i, 3, 3, 2700, 450, 0, 0, i FROM n;
         INSERT INTO usage_months SELECT server_id, dimension, SUBSTR(day, 1, 7), subject, name, questions, calls, prompt_tokens,
             completion_tokens, cached_tokens, reasoning_tokens, cost FROM usage;
         {each_person} INSERT INTO audit SELECT i, {now} - i, 'mattermost', 'person:' || printf('u%025d', i % 100),
             CASE WHEN i % 3 = 0 THEN 'budget_granted' ELSE 'signed_in' END, 'budget:' || i, 'micros = 1', printf('%064d', i - 1),
             printf('%064d', i) FROM n;
         UPDATE audit_end SET seq = {people}, hash = printf('%064d', {people});
         COMMIT;"
    );
    connection.execute_batch(&sql).unwrap();
}

/// How long somebody waits who looks at a clock on the wall: what is measured is no time of askwell's.
#[expect(
    clippy::disallowed_methods,
    reason = "the time that passes for a reader is real"
)]
fn looked_at() -> Instant {
    Instant::now()
}

/// Asks for a page so often, and returns how long that took each time, the shortest first.
async fn asked_for(reader: &Reader, path: &str, times: usize) -> Vec<Duration> {
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let begun = looked_at();
        let given = reader.get(path).await;
        took.push(begun.elapsed());
        assert_eq!(given.status, StatusCode::OK, "{path}");
    }
    took.sort_unstable();
    took
}

#[tokio::test]
async fn every_page_is_there_however_much_was_asked() {
    let (questions, times) = size();
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let url = house.lay_out_page();
    house.open("");
    house.readiness().await;
    house.close().await;
    let file = house.directory.path().join("askwell.db");
    fill(&file, questions, house.clock_ms() * 1_000);
    house.open("");
    let mut reader = Reader::new(&url);
    reader.enter(&invited(&house, "admin", "admin").await).await;
    let html = reader.get("/failures").await.html;
    assert!(html.contains("model_unavailable") && html.contains("rel=\"next\""));
    for path in PAGES {
        let took = asked_for(&reader, path, times).await;
        let of_a_hundred = |percent: usize| took[(took.len() * percent).div_ceil(100) - 1];
        eprintln!(
            "{path}: half within {:.1?}, 99 of 100 within {:.1?}",
            of_a_hundred(50),
            of_a_hundred(99)
        );
    }
}
