//! Recording questions: many at once, in one transaction (promises 1 and 5 of ARCHITECTURE.md).
//!
//! On PostgreSQL by one statement of many rows a table; on SQLite row by row, by one prepared statement (ADR 7).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::books::{Books, keep_claims};
use super::ledger;
use super::row::{QUESTION_COLUMNS, question_values};
use super::session::{Session, UnlessKnown};
use super::statement::{Statement, Value, storable};
use crate::domain::budget::{Account, Claim};
use crate::domain::id::QuestionId;
use crate::domain::question::Question;
use crate::domain::time::Timestamp;
use crate::ports::{Admission, Candidate, IfOver, StoreError};

/// How many rows one statement writes at most; more are split over several within the same transaction.
///
/// A row of questions has the most values, and a statement may have 32,766 on SQLite and 65,535 on PostgreSQL.
pub const ROWS_PER_STATEMENT: usize = 256;
const _: () = assert!(ROWS_PER_STATEMENT * QUESTION_COLUMNS <= 32_766);

const INSERT_QUESTIONS: &str = concat!(
    "INSERT INTO questions (",
    super::row::question_columns!(),
    ") VALUES "
);
const UNLESS_KNOWN: UnlessKnown = UnlessKnown {
    silently: " ON CONFLICT (server_id, event_key) DO NOTHING",
    returning_id: " ON CONFLICT (server_id, event_key) DO NOTHING RETURNING id",
};

const LAST_IN_LANE: &str =
    "SELECT seq FROM jobs WHERE server_id = $1 AND lane = $2 AND state IN ('ready', 'run')
     ORDER BY seq DESC LIMIT 1";

const INSERT_LANES: &str = "INSERT INTO lanes (server_id, lane, next_seq) VALUES ";
const OR_ADVANCE: &str =
    " ON CONFLICT (server_id, lane) DO UPDATE SET next_seq = lanes.next_seq + excluded.next_seq
     RETURNING server_id, lane, next_seq";

const INSERT_JOBS: &str = "INSERT INTO jobs (question_id, server_id, lane, seq, state, run_at, attempt, stop_requested, over_budget) VALUES ";

/// A lane by its server and its name, as they are stored.
pub(super) type Lane<'q> = (Cow<'q, str>, Cow<'q, str>);

fn lane_of(question: &Question) -> Lane<'_> {
    (
        storable(question.server.as_str()),
        storable(question.lane.as_str()),
    )
}

/// Records questions, each with its job and its place in its lane, and reserves what they claim; returns what became of each, in order.
pub(super) async fn admit(
    session: &mut Session,
    candidates: &[Candidate],
) -> Result<Vec<Admission>, StoreError> {
    let questions: Vec<&Question> = candidates
        .iter()
        .map(|candidate| &candidate.question)
        .collect();
    let mut inserted = insert_questions(session, &questions).await?;
    // An id is taken out by the first question that has it: a second one in the batch, equal to the last digit, is a duplicate.
    let new: Vec<bool> = questions
        .iter()
        .map(|question| inserted.remove(&question.id))
        .collect();
    let claiming = candidates.iter().zip(&new);
    let claiming: Vec<&Candidate> = claiming
        .filter(|(candidate, is_new)| **is_new && !candidate.claims.is_empty())
        .map(|(candidate, _)| candidate)
        .collect();
    let mut over = reserve(session, &claiming).await?;
    let mut accepted: Vec<(&Question, Option<String>)> = Vec::with_capacity(candidates.len());
    let mut admissions = Vec::with_capacity(candidates.len());
    for (candidate, is_new) in candidates.iter().zip(new) {
        let question = &candidate.question;
        let account = over.remove(&question.id);
        admissions.push(match (is_new, account, candidate.if_over) {
            (false, _, _) => Admission::Duplicate,
            (true, Some(account), IfOver::Dropped) => {
                let forget = Statement::new(FORGET).bind(question.id);
                session.execute(forget).await?;
                Admission::OverBudget(account)
            }
            (true, account, _) => {
                accepted.push((question, account.map(|account| account.budget)));
                Admission::Accepted
            }
        });
    }
    let lanes = accepted.iter().map(|(question, _)| lane_of(question));
    let next_seqs = next_in_lanes(session, lanes).await?;
    insert_jobs(session, &accepted, next_seqs).await?;
    Ok(admissions)
}

const FORGET: &str = "DELETE FROM questions WHERE id = $1";

/// Reserves what questions claim, in their order; returns the accounts of those whose claims do not fit.
async fn reserve(
    session: &mut Session,
    candidates: &[&Candidate],
) -> Result<HashMap<QuestionId, Account>, StoreError> {
    let mut over = HashMap::new();
    let servers: BTreeSet<&str> = candidates
        .iter()
        .map(|candidate| candidate.question.server.as_str())
        .collect();
    for server in servers {
        let of_server: Vec<&Candidate> = candidates
            .iter()
            .copied()
            .filter(|candidate| candidate.question.server.as_str() == server)
            .collect();
        let mut accounts = BTreeSet::new();
        for candidate in &of_server {
            accounts.extend(candidate.claims.iter().map(|claim| claim.account.clone()));
        }
        let mut books = Books::open(session, server, accounts).await?;
        let mut held: Vec<(String, &Claim)> = Vec::new();
        for candidate in of_server {
            let question = candidate.question.id;
            if let Some(account) = books.claim(&candidate.claims)? {
                over.insert(question, account);
                continue;
            }
            let holder = ledger::holder(question, 1);
            held.extend(candidate.claims.iter().map(|claim| (holder.clone(), claim)));
        }
        books.close(session).await?;
        keep_claims(session, server, &held).await?;
    }
    Ok(over)
}

/// Inserts questions whose event is new; returns their ids.
///
/// In the order of their keys, so that two transactions that insert the same events wait for each other in one order only.
async fn insert_questions(
    session: &mut Session,
    questions: &[&Question],
) -> Result<HashSet<QuestionId>, StoreError> {
    let mut sorted: Vec<&Question> = questions.to_vec();
    sorted.sort_by_key(|question| (&question.server, &question.key));
    let mut inserted = HashSet::with_capacity(questions.len());
    for chunk in sorted.chunks(ROWS_PER_STATEMENT) {
        let rows = chunk.iter().map(|question| question_values(question));
        let are_new = session
            .insert_new(INSERT_QUESTIONS, rows, UNLESS_KNOWN)
            .await?;
        let new = chunk.iter().zip(are_new).filter(|(_, is_new)| *is_new);
        inserted.extend(new.map(|(question, _)| question.id));
    }
    Ok(inserted)
}

/// Finds the sequence number at which each lane goes on, to be taken once for every time it is named.
///
/// On SQLite nobody else writes until the commit, so it is one more than the last unfinished job's. On PostgreSQL the row of a lane counts
/// and stays locked until the commit, so that a later number is never visible before an earlier one. Lanes are taken in order, and
/// after all questions, so that transactions cannot wait for each other in a circle.
pub(super) async fn next_in_lanes<'q>(
    session: &mut Session,
    named: impl Iterator<Item = Lane<'q>>,
) -> Result<HashMap<Lane<'q>, i64>, StoreError> {
    let mut counts: BTreeMap<Lane<'q>, i64> = BTreeMap::new();
    for lane in named {
        *counts.entry(lane).or_default() += 1;
    }
    match session {
        Session::Sqlite(..) => after_the_last(session, counts.into_keys()).await,
        Session::Postgres(..) => advance_lanes(session, &counts).await,
    }
}

async fn after_the_last<'q>(
    session: &mut Session,
    lanes: impl Iterator<Item = Lane<'q>>,
) -> Result<HashMap<Lane<'q>, i64>, StoreError> {
    let mut next_seqs = HashMap::new();
    for lane in lanes {
        let last = Statement::new(LAST_IN_LANE)
            .bind(lane.0.as_ref())
            .bind(lane.1.as_ref());
        let next_seq = match session.fetch_optional(last).await? {
            Some(row) => row.integer("seq")?.saturating_add(1),
            None => 0,
        };
        next_seqs.insert(lane, next_seq);
    }
    Ok(next_seqs)
}

async fn advance_lanes<'q>(
    session: &mut Session,
    counts: &BTreeMap<Lane<'q>, i64>,
) -> Result<HashMap<Lane<'q>, i64>, StoreError> {
    let lanes: Vec<(&Lane<'q>, &i64)> = counts.iter().collect();
    let mut next_seqs = HashMap::with_capacity(lanes.len());
    for chunk in lanes.chunks(ROWS_PER_STATEMENT) {
        let rows = chunk.iter().map(|&((server, lane), count)| {
            [
                server.as_ref().into(),
                lane.as_ref().into(),
                (*count).into(),
            ]
        });
        let statement = Statement::of_rows(INSERT_LANES, rows, OR_ADVANCE);
        for row in session.fetch(statement).await? {
            let lane: Lane<'q> = (row.text("server_id")?.into(), row.text("lane")?.into());
            let count = counts
                .get(&lane)
                .ok_or(StoreError::Corrupt { what: "lane" })?;
            next_seqs.insert(lane, row.integer("next_seq")? - count);
        }
    }
    Ok(next_seqs)
}

/// Inserts the jobs, numbered within their lanes in the order in which the questions were given.
async fn insert_jobs(
    session: &mut Session,
    accepted: &[(&Question, Option<String>)],
    mut next_seqs: HashMap<Lane<'_>, i64>,
) -> Result<(), StoreError> {
    for chunk in accepted.chunks(ROWS_PER_STATEMENT) {
        let mut rows: Vec<[Value<'_>; 9]> = Vec::with_capacity(chunk.len());
        for (question, over_budget) in chunk {
            let next_seq = next_seqs
                .get_mut(&lane_of(question))
                .ok_or(StoreError::Corrupt { what: "lane" })?;
            rows.push([
                question.id.into(),
                question.server.as_str().into(),
                question.lane.as_str().into(),
                (*next_seq).into(),
                "ready".into(),
                Timestamp::EPOCH.into(),
                0_i64.into(),
                false.into(),
                over_budget.as_deref().into(),
            ]);
            *next_seq += 1;
        }
        let statement = Statement::of_rows(INSERT_JOBS, rows.into_iter(), "");
        session.execute(statement).await?;
    }
    Ok(())
}
