//! Making sure that what was erased is gone from the disk, and erasing figures.
//!
//! SQLite overwrites what it deletes (`secure_delete`), but copies of rows that it moved between pages stay where they were, and the log
//! holds pages as they were before. So the log is emptied as soon as somebody wants to be forgotten, and the file is written anew within
//! the day. PostgreSQL keeps what was deleted until its tables are vacuumed.

use std::time::Duration;

use super::session::Session;
use super::statement::{Row, Statement, Value};
use super::usage::month_of;
use crate::domain::id::ServerId;
use crate::domain::time::Timestamp;
use crate::ports::{StoreError, UsageBefore};

/// How often it is done, at most: it may take as long as writing the whole database.
const EVERY: Duration = Duration::from_hours(20);

/// After what time whoever began it is taken to have died.
const LONGEST: Duration = Duration::from_hours(1);

/// What is vacuumed on PostgreSQL: every table that holds texts, and those whose rows go.
pub(super) const VACUUM: [&str; 8] = [
    "VACUUM questions",
    "VACUUM jobs",
    "VACUUM summaries",
    "VACUUM votes",
    "VACUUM parts",
    "VACUUM calls",
    "VACUUM runs",
    "VACUUM usage",
];

// A clock that jumped back would otherwise put it off until it has caught up. What was being erased when it was last begun may not have
// been committed then, and is looked for once more.
const BEGIN: &str = "UPDATE scrubs SET begun_at = $1 WHERE id = 1 AND (begun_at = done_at OR begun_at < $2 OR begun_at > $1)
         AND (done_at <= $3 OR done_at > $1) AND EXISTS (SELECT 1 FROM questions WHERE erased_at >= scrubs.done_at - $4)";

/// Takes it upon this process, where there is something to do and nobody else is at it; says whether.
pub(super) async fn begin(session: &mut Session, now: Timestamp) -> Result<bool, StoreError> {
    let statement = Statement::new(BEGIN)
        .bind(now)
        .bind(now.before(LONGEST))
        .bind(now.before(EVERY))
        .bind(micros(LONGEST));
    Ok(session.execute(statement).await? > 0)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

const DONE: &str = "UPDATE scrubs SET done_at = $1 WHERE id = 1 AND begun_at = $1";

/// Remembers that what was erased before it was begun is gone.
pub(super) async fn done(session: &mut Session, begun_at: Timestamp) -> Result<(), StoreError> {
    let statement = Statement::new(DONE).bind(begun_at);
    session.execute(statement).await?;
    Ok(())
}

/// How many rows of figures are looked at in one transaction.
const ROWS_AT_A_TIME: u32 = 500;

const ERASE_USAGE: &str =
    "DELETE FROM usage WHERE (server_id, dimension, day, subject) IN (
         SELECT server_id, dimension, day, subject FROM usage WHERE server_id = $1 AND day < $2 LIMIT $3)";

// A month goes when its last day has gone.
const ERASE_MONTHS: &str =
    "DELETE FROM usage_months WHERE (server_id, dimension, month, subject) IN (
         SELECT server_id, dimension, month, subject FROM usage_months WHERE server_id = $1 AND month < $2 LIMIT $3)";

// Minutes and days of a month come behind it, and `ever` behind all.
const ERASE_BALANCES: &str =
    "DELETE FROM balances WHERE server_id = $1 AND period < $2 AND reserved = 0";

const NEXT_CALLS: &str =
    "SELECT id, server_id, begun_at, settled_by FROM calls WHERE id > $1 ORDER BY id LIMIT $2";
const ERASE_CALLS: &str = "DELETE FROM calls WHERE id IN (VALUES ";

const NEXT_RUNS: &str = "SELECT runs.question_id AS id, questions.server_id, begun_at FROM runs JOIN questions ON questions.id = runs.question_id
     WHERE runs.question_id > $1 ORDER BY runs.question_id, begun_at LIMIT $2";
const ERASE_RUNS: &str = "DELETE FROM runs WHERE begun_at < $1 AND question_id = $2";

/// Where erasing goes on: first the sums, then the calls, then the runs, each in the order of its ids.
const CALLS: &str = "calls:";
const RUNS: &str = "runs:";

/// Erases figures of before a time, some at a time; returns where to go on.
pub(super) async fn erase_usage(
    session: &mut Session,
    server: &ServerId,
    before: &UsageBefore,
) -> Result<Option<String>, StoreError> {
    if let Some(after) = before.after.strip_prefix(CALLS) {
        let next = erase_calls(session, server, before.at, after).await?;
        return Ok(Some(
            next.map_or(RUNS.to_owned(), |last| format!("{CALLS}{last}")),
        ));
    }
    if let Some(after) = before.after.strip_prefix(RUNS) {
        let next = erase_runs(session, server, before.at, after).await?;
        return Ok(next.map(|last| format!("{RUNS}{last}")));
    }
    let month = month_of(&before.day);
    for (sql, before) in [(ERASE_USAGE, before.day.as_str()), (ERASE_MONTHS, month)] {
        let sums = Statement::new(sql)
            .bind(server.as_str())
            .bind(before)
            .bind(ROWS_AT_A_TIME);
        if session.execute(sums).await? == u64::from(ROWS_AT_A_TIME) {
            return Ok(Some(String::new()));
        }
    }
    let balances = Statement::new(ERASE_BALANCES)
        .bind(server.as_str())
        .bind(month);
    session.execute(balances).await?;
    Ok(Some(CALLS.to_owned()))
}

async fn erase_calls(
    session: &mut Session,
    server: &ServerId,
    before: Timestamp,
    after: &str,
) -> Result<Option<String>, StoreError> {
    let rows = next(session, NEXT_CALLS, after).await?;
    let mut old = Vec::new();
    for row in &rows {
        let is_settled = row.optional_text("settled_by")?.is_some();
        if is_settled && is_old(row, server, before)? {
            old.push(row.text("id")?);
        }
    }
    if !old.is_empty() {
        let old = old.iter().map(|id| [Value::from(id.as_str())]);
        session
            .execute(Statement::of_rows(ERASE_CALLS, old, ")"))
            .await?;
    }
    last(&rows)
}

async fn erase_runs(
    session: &mut Session,
    server: &ServerId,
    before: Timestamp,
    after: &str,
) -> Result<Option<String>, StoreError> {
    let rows = next(session, NEXT_RUNS, after).await?;
    for row in &rows {
        if is_old(row, server, before)? {
            let question = row.text("id")?;
            let erase = Statement::new(ERASE_RUNS)
                .bind(before)
                .bind(question.as_str());
            session.execute(erase).await?;
        }
    }
    last(&rows)
}

async fn next(
    session: &mut Session,
    sql: &'static str,
    after: &str,
) -> Result<Vec<Row>, StoreError> {
    let statement = Statement::new(sql).bind(after).bind(ROWS_AT_A_TIME);
    session.fetch(statement).await
}

fn is_old(row: &Row, server: &ServerId, before: Timestamp) -> Result<bool, StoreError> {
    Ok(row.text("server_id")? == server.as_str() && row.time("begun_at")? < before)
}

/// Returns the last row that was looked at, where there may be more.
fn last(rows: &[Row]) -> Result<Option<String>, StoreError> {
    let is_full = rows.len() == ROWS_AT_A_TIME as usize;
    let last = rows.last().filter(|_| is_full);
    last.map(|row| row.text("id")).transpose()
}
