//! Leasing what is due, each the first unfinished of its lane, and knowing when the next is due.

use std::time::Duration;

use super::row::{again, concluded, generation, question};
use super::session::Session;
use super::statement::{Row, Sql, Statement, locking};
use crate::domain::id::ServerId;
use crate::domain::job::{Attempt, ClaimedJob, Lease};
use crate::domain::time::Timestamp;
use crate::ports::{Claim, IdSource, StoreError};

/// The furthest a try may be put off. One that seems further away is due: the clock jumped back after it was set.
pub const FURTHEST_RETRY: Duration = Duration::from_mins(10);

/// Whether a job is the first unfinished of its lane.
///
/// It cannot cease to be: sequence numbers become visible in order, and what has ended never begins again. So a claim that saw
/// it in an old snapshot (PostgreSQL, READ COMMITTED) is still right when it gets the row's lock; of the row itself PostgreSQL
/// then checks the newest version.
///
/// Asked of one job after the other by index, so that a claim ends when it has enough; of `NOT EXISTS` PostgreSQL may make a join
/// over everything that waits.
macro_rules! first_of_its_lane {
    () => {
        "jobs.state IN ('ready', 'run') AND jobs.seq = (
             SELECT earliest.seq FROM jobs AS earliest
             WHERE earliest.server_id = jobs.server_id AND earliest.lane = jobs.lane AND earliest.state IN ('ready', 'run')
             ORDER BY earliest.seq LIMIT 1)"
    };
}

/// How often the work on a job died, when it is claimed: a lease that nobody gave back ended by a death.
macro_rules! deaths {
    () => {
        "jobs.deaths + CASE WHEN jobs.state = 'run' THEN 1 ELSE 0 END"
    };
}

/// Oldest questions first. What another claim holds is skipped, not waited for.
const DUE: Sql = locking!(
    concat!(
        "SELECT due.lane, due.attempt, due.deaths, due.stop_requested, due.pressed_at, due.picture, due.over_budget, ",
        super::row::question_columns!(),
        ", ",
        super::row::again_columns!(),
        ", ",
        super::row::conclusion_columns!(),
        " FROM questions JOIN (
             SELECT question_id, lane, attempt, ",
        deaths!(),
        " AS deaths, stop_requested, pressed_at, picture, over_budget FROM jobs
             WHERE ((state = 'ready' AND (run_at <= $1 OR run_at > $2))
                 OR (state = 'run' AND (lease_until <= $3 OR lease_until > $4))) AND ",
        first_of_its_lane!(),
        " AND jobs.server_id = $6 ORDER BY question_id LIMIT $5"
    ),
    "FOR UPDATE OF jobs SKIP LOCKED",
    ") AS due ON due.question_id = questions.id ORDER BY questions.id"
);

const LEASE: &str = concat!(
    "UPDATE jobs SET state = 'run', attempt = jobs.attempt + 1, deaths = ",
    deaths!(),
    ", lease_token = given.column2, lease_until = given.column3, worker = given.column4
     FROM (VALUES "
);
const TO_GIVEN: &str = ") AS given WHERE jobs.question_id = given.column1";

/// Leases questions that are due.
///
/// A row that cannot be read (damage, or a newer version's) is leased but not returned: it comes up again when its lease ends,
/// stands in nobody's way but its own lane's, and is never lost.
pub(super) async fn claim(
    session: &mut Session,
    claim: &Claim,
    ids: &dyn IdSource,
) -> Result<Vec<ClaimedJob>, StoreError> {
    let lease_time = session.lease_time(claim.now).await?;
    let due = Statement::new(DUE)
        .bind(claim.now)
        .bind(claim.now.after(FURTHEST_RETRY))
        .bind(lease_time)
        // A lease further away than any that could have been given: the clock jumped back.
        .bind(lease_time.after(claim.lease.saturating_mul(2)))
        .bind(claim.limit)
        .bind(claim.server.as_str());
    let rows = session.fetch(due).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut tokens = Vec::with_capacity(rows.len());
    for row in &rows {
        tokens.push((row.question_id("id")?, ids.token()));
    }
    let until = lease_time.after(claim.lease);
    let given = tokens
        .iter()
        .map(|&(id, token)| [id.into(), token.into(), until.into(), claim.worker.into()]);
    let statement = Statement::of_rows(LEASE, given, TO_GIVEN);
    session.execute(statement).await?;
    Ok(rows
        .iter()
        .zip(tokens)
        .filter_map(|(row, (id, token))| match claimed_job(row, claim, token) {
            Ok(job) => Some(job),
            Err(error) => {
                tracing::error!(question.id = %id, error = %error, "a question in the database cannot be read and waits");
                None
            }
        })
        .collect())
}

/// Reads a claimed row. Its lease is told in the worker's own time, counted from before the claim.
fn claimed_job(row: &Row, claim: &Claim, token: u128) -> Result<ClaimedJob, StoreError> {
    let question = question(row)?;
    let corrupt = |what| StoreError::Corrupt { what };
    let attempt = u32::try_from(row.count("attempt")?)
        .ok()
        .and_then(|before| before.checked_add(1))
        .ok_or(corrupt("attempt"))?;
    let deaths = u32::try_from(row.count("deaths")?).map_err(|_| corrupt("deaths"))?;
    Ok(ClaimedJob {
        lease: Lease {
            question: question.id,
            attempt: Attempt(attempt),
            token,
            until: claim.now.after(claim.lease),
        },
        question,
        concluded: concluded(row)?,
        deaths,
        stop_requested: row.truth("stop_requested")?,
        generation: generation(row)?,
        over_budget: row.optional_text("over_budget")?,
        again: again(row)?,
        pressed_at: row
            .optional_integer("pressed_at")?
            .map(Timestamp::from_micros),
    })
}

const NEXT_DUE: &str = concat!(
    "SELECT MIN(CASE WHEN state = 'ready' THEN run_at END) AS run_at,
            MIN(CASE WHEN state = 'run' THEN lease_until END) AS lease_until
     FROM jobs WHERE jobs.server_id = $1 AND ",
    first_of_its_lane!()
);

/// Returns when the next question of a server becomes due by itself, in the caller's time; a time not after `now` means that one is due.
pub(super) async fn next_due(
    session: &mut Session,
    server: &ServerId,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let lease_time = session.lease_time(now).await?;
    let next = Statement::new(NEXT_DUE).bind(server.as_str());
    let Some(row) = session.fetch_optional(next).await? else {
        return Ok(None);
    };
    let run_at = row.optional_integer("run_at")?.map(Timestamp::from_micros);
    let lease_end = row
        .optional_integer("lease_until")?
        .map(|until| now.after(Timestamp::from_micros(until).since(lease_time)));
    Ok(run_at.into_iter().chain(lease_end).min())
}
