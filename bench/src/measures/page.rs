//! How soon the administrators' page is there with a million questions in the database.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use rusqlite::Connection as Database;

use super::Setting;
use crate::load::Connection;
use crate::neighbours::{BOT_TOKEN, FakeMattermost, FakeModel, Manner};
use crate::report::{Goal, Row, Section};
use crate::spread::Samples;
use crate::subject::{Setup, free_address};

const QUESTIONS: i64 = 1_000_000;

/// Who asked them.
const PEOPLE: i64 = QUESTIONS / 10;

/// Over how many days they are spread.
const DAYS: i64 = 30;

/// How often each page is asked for in a round.
const LOADS: usize = 200;

const PAGES: [&str; 18] = [
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
    "/usage?by=channel&span=month",
    "/usage?by=total&span=month",
    "/budgets",
    "/models",
    "/channels",
    "/settings",
    "/audit",
    "/audit?action=budget_granted&before=500",
];

/// What the cookie of the reader holds, and its SHA-256, under which the database knows it.
const COOKIE: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const COOKIE_HASH: &str = "60e05bd1b195af2f94112fa7197a5c88289058840ce7c6df9693756bc6250f55";

const GOAL: Goal = Goal::AtMost {
    goal: 50.0,
    aim: 20.0,
};

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let programs = &setting.programs;
    let mattermost = FakeMattermost::start().await?;
    let model = FakeModel::start(Manner::Brief).await?;
    let directory = programs.fresh_directory("page")?;
    let page = free_address()?;
    let setup = Setup {
        bot_token: Some(BOT_TOKEN.to_owned()),
        further: format!("[admin]\nlisten = \"{page}\"\n"),
        ..Setup::beside(&mattermost, model.base_url())
    };
    // The tables are made by askwell, and filled while it does not run.
    drop(programs.start_askwell(&directory, &setup).await?);
    fill(&directory.join("askwell.db"))?;
    let askwell = programs.start_askwell(&directory, &setup).await?;
    let mut rounds = Vec::new();
    for _ in 0..setting.long_repetitions() {
        rounds.push(loaded(page).await?);
    }
    drop(askwell);
    let mut rows = Vec::new();
    for (number, path) in PAGES.iter().enumerate() {
        let each = |figure: fn(&Samples) -> f64| {
            let figures = rounds.iter().map(move |round| figure(&round[number]));
            figures.map(|micros| micros / 1_000.0).collect::<Vec<_>>()
        };
        let (half, most) = (each(Samples::median_micros), each(Samples::p99_micros));
        rows.push(Row::new(&format!("`{path}`, p99 (ms)"), most, GOAL)?);
        let half_of = format!("`{path}`, median (ms)");
        rows.push(Row::new(&half_of, half, Goal::None)?);
    }
    Ok(Section {
        title: "The administrators' page".to_owned(),
        rows,
        notes: vec![format!(
            "{QUESTIONS} questions of {PEOPLE} people over {DAYS} days, all of whom used something today, in SQLite; {LOADS} loads of each page a round, \
             the pages in turns, one after another on one kept connection, from the request to the last byte."
        )],
    })
}

/// Loads every page so often, in turns.
async fn loaded(page: SocketAddr) -> anyhow::Result<Vec<Samples>> {
    let mut connection = Connection::open(page).await?;
    let mut samples = vec![Vec::with_capacity(LOADS); PAGES.len()];
    for _ in 0..LOADS {
        for (path, samples) in PAGES.iter().zip(&mut samples) {
            let request =
                format!("GET {path} HTTP/1.1\r\nHost: {page}\r\nCookie: askwell={COOKIE}\r\n\r\n");
            let sent = Instant::now();
            let reply = connection.ask(request.as_bytes()).await;
            reply.with_context(|| format!("load {path}"))?;
            samples.push(sent.elapsed());
        }
    }
    Ok(samples.into_iter().map(Samples::new).collect())
}

/// Fills the tables that the page reads, one question of 50 a failure, and lets in whoever has the cookie.
fn fill(file: &Path) -> anyhow::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = i64::try_from(now.as_micros())?;
    let step = DAYS * 86_400_000_000 / QUESTIONS;
    let asked_at = format!("{now} - ({QUESTIONS} - i) * {step} - 5000000");
    let numbers = |count: i64| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})")
    };
    let all = numbers(QUESTIONS);
    let questions = format!(
        "{all} INSERT INTO questions (id, server_id, event_key, origin, team_id, channel_id, channel_name, channel_kind, asker_id, asker_name,
             text, audience, delivery, conversation, asked_at, deadline, outcome, is_turn, answer, texts, prompt_tokens,
             completion_tokens, cached_tokens, reasoning_tokens, model, concluded_at)
         SELECT printf('%032x', i), 'mattermost', 'event:' || i, 'command', printf('t%025d', 1), printf('c%025d', i % 500),
             'channel-' || (i % 500), 'open', printf('u%025d', i % {PEOPLE}), 'person' || (i % {PEOPLE}),
             printf('%.200c', 'q'), 'channel', 'bot', 'channel:' || (i % 500), {asked_at}, {asked_at} + 600000000,
             CASE WHEN i % 50 = 0 THEN 'failed:model_unavailable' ELSE 'answered' END, i % 50 <> 0, printf('%.600c', 'a'),
             '[\"a\"]', 900, 150, 0, 0, 'bench', {asked_at} + 4000000
         FROM n;"
    );
    let jobs = format!(
        "{all} INSERT INTO jobs (question_id, server_id, lane, seq, state, run_at, attempt, stop_requested, ended_at, buried_for, burial_detail)
         SELECT printf('%032x', i), 'mattermost', 'lane', i, CASE WHEN i % ({QUESTIONS} / 200) = 0 THEN 'dead' ELSE 'done' END, 0, 1, 0,
             {asked_at} + 4000000, CASE WHEN i % ({QUESTIONS} / 200) = 0 THEN 'refused' END, CASE WHEN i % ({QUESTIONS} / 200) = 0 THEN '' END
         FROM n;
         {all} INSERT INTO runs (question_id, begun_at, target, model, attempts, first_token_ms, whole_ms, prompt_tokens, completion_tokens,
             cached_tokens, reasoning_tokens, finish)
         SELECT printf('%032x', i), {asked_at} + 1000, 'default', 'bench', '[]', 300 + i % 900, 2000 + i % 3000, 900, 150, 0, 0, 'stop' FROM n;"
    );
    let each_person = numbers(PEOPLE);
    let (day, month) = (
        format!("date({now} / 1000000, 'unixepoch')"),
        format!("strftime('%Y-%m', {now} / 1000000, 'unixepoch')"),
    );
    let used = [("usage", day), ("usage_months", month)].map(|(table, period)| {
        format!(
            "{each_person} INSERT INTO {table} SELECT 'mattermost', 'person', {period}, printf('u%025d', i),
                 'person' || i, 3, 3, 2700, 450, 0, 0, i * 7919 % {PEOPLE} FROM n;
             {} INSERT INTO {table} SELECT 'mattermost', 'channel', {period}, printf('c%025d', i),
                 'channel-' || i, 600, 600, 540000, 90000, 0, 0, i FROM n;
             INSERT INTO {table} VALUES ('mattermost', 'total', {period}, '', '', 300000, 300000, 270000000, 45000000, 0, 0, 1);",
            numbers(500)
        )
    });
    let used = used.concat();
    let audit = format!(
        "{each_person} INSERT INTO audit SELECT i, {now} - i, 'mattermost', 'person:' || printf('u%025d', i % 100),
             CASE WHEN i % 3 = 0 THEN 'budget_granted' ELSE 'signed_in' END, 'budget:' || i, 'micros = 1', printf('%064d', i - 1),
             printf('%064d', i) FROM n;
         UPDATE audit_end SET seq = {PEOPLE}, hash = printf('%064d', {PEOPLE});"
    );
    // Mattermost is not asked who they are before all is measured.
    let checked_at = now + i64::try_from(Duration::from_hours(2).as_micros())?;
    let session = format!(
        "INSERT INTO page_sessions (hash, server_id, person_id, person_name, begun_at, seen_at, checked_at)
         VALUES ('{COOKIE_HASH}', 'mattermost', printf('u%025d', 1), 'admin', {now}, {now}, {checked_at});"
    );
    let database = Database::open(file)?;
    database.execute_batch(&format!(
        "BEGIN; {questions} {jobs} {used} {audit} {session} COMMIT;"
    ))?;
    Ok(())
}
