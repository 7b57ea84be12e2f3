//! Dead letters: questions whose end could be shown to nobody, for a person to look at and have tried again.

use super::admit::{Lane, ROWS_PER_STATEMENT, next_in_lanes};
use super::session::Session;
use super::statement::{Row, Sql, Statement, locking};
use crate::domain::id::{ChannelId, QuestionId, ServerId};
use crate::domain::job::{DeadLetter, Undeliverable};
use crate::domain::question::Outcome;
use crate::domain::time::Timestamp;
use crate::ports::{Letters, StoreError};

const DEAD_LETTERS: &str =
    "SELECT questions.id, questions.server_id, questions.channel_id, questions.asked_at, questions.outcome,
         jobs.buried_for, jobs.burial_detail
     FROM jobs JOIN questions ON questions.id = jobs.question_id
     WHERE jobs.state = 'dead' ORDER BY jobs.ended_at DESC, jobs.question_id DESC LIMIT $1";

/// Returns dead letters, the last one first.
pub(super) async fn dead_letters(
    session: &mut Session,
    limit: u32,
) -> Result<Vec<DeadLetter>, StoreError> {
    let statement = Statement::new(DEAD_LETTERS).bind(limit);
    let rows = session.fetch(statement).await?;
    rows.iter().map(dead_letter).collect()
}

/// Reads a dead letter. What it is dead of may be that its row cannot be read, so that as much is read as can be.
pub(super) fn dead_letter(row: &Row) -> Result<DeadLetter, StoreError> {
    let corrupt = |what| StoreError::Corrupt { what };
    let word = |column| row.optional_text(column).ok().flatten();
    let server = ServerId::parse(&row.text("server_id")?).map_err(|_| corrupt("server_id"))?;
    Ok(DeadLetter {
        question: row.question_id("id")?,
        server,
        channel: word("channel_id").and_then(|id| ChannelId::parse(&id).ok()),
        asked_at: row.time("asked_at")?,
        outcome: word("outcome").and_then(|word| Outcome::from_stored(&word)),
        reason: word("buried_for").and_then(|word| Undeliverable::from_stored(&word)),
        detail: word("burial_detail").unwrap_or_default(),
    })
}

const DEAD: Sql = locking!(
    "SELECT question_id, server_id, lane FROM jobs
     WHERE state = 'dead' AND question_id LIKE $1
       AND NOT EXISTS (SELECT 1 FROM questions WHERE questions.id = jobs.question_id AND questions.erased_at IS NOT NULL)
     ORDER BY question_id",
    "FOR UPDATE"
);

const REVIVE: &str = "UPDATE jobs SET state = 'ready', seq = given.column2, run_at = 0, deaths = 0,
         ended_at = NULL, buried_for = NULL, burial_detail = NULL, over_budget = NULL
     FROM (VALUES ";
const REVIVED: &str = ") AS given WHERE jobs.question_id = given.column1";

const PROLONG: &str = "UPDATE questions SET deadline = given.column2 FROM (VALUES ";
const PROLONGED: &str = ") AS given WHERE questions.id = given.column1";

/// Makes dead letters due again but for those whose texts were erased; returns them, oldest first.
///
/// Each gets a new place at the end of its lane, as if it had just been admitted: what a claim saw to be the first of its lane stays
/// so, and nobody is worked on beside another of the lane.
pub(super) async fn revive(
    session: &mut Session,
    letters: &Letters,
    deadline: Timestamp,
) -> Result<Vec<QuestionId>, StoreError> {
    let pattern = match letters {
        Letters::All => "%".to_owned(),
        // Nothing but digits, so nothing that means more than itself.
        Letters::Quoted(id) => format!("%{}", id.as_str()),
    };
    let rows = session
        .fetch(Statement::new(DEAD).bind(pattern.as_str()))
        .await?;
    let mut dead: Vec<(QuestionId, Lane<'static>)> = Vec::with_capacity(rows.len());
    for row in &rows {
        let lane = (row.text("server_id")?.into(), row.text("lane")?.into());
        dead.push((row.question_id("question_id")?, lane));
    }
    let lanes = dead.iter().map(|(_, lane)| lane.clone());
    let mut next_seqs = next_in_lanes(session, lanes).await?;
    for chunk in dead.chunks(ROWS_PER_STATEMENT) {
        let mut placed = Vec::with_capacity(chunk.len());
        for (question, lane) in chunk {
            let next_seq = next_seqs
                .get_mut(lane)
                .ok_or(StoreError::Corrupt { what: "lane" })?;
            placed.push([(*question).into(), (*next_seq).into()]);
            *next_seq += 1;
        }
        let revived = Statement::of_rows(REVIVE, placed.into_iter(), REVIVED);
        session.execute(revived).await?;
        let deadlines = chunk
            .iter()
            .map(|(question, _)| [(*question).into(), deadline.into()]);
        let prolonged = Statement::of_rows(PROLONG, deadlines, PROLONGED);
        session.execute(prolonged).await?;
    }
    Ok(dead.into_iter().map(|(question, _)| question).collect())
}
