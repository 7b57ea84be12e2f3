//! Which keys the database needs, and sealing anew what was sealed with others, while others serve.

use super::row::{EARLIER_ANSWER, SEALED_COLUMNS};
use super::seal::{Seals, place};
use super::session::Session;
use super::statement::{Row, Sql, Statement, locking};
use crate::domain::time::Timestamp;
use crate::ports::StoreError;

const KEYS: &str = "SELECT key_id FROM seals ORDER BY key_id";
const ADD_KEY: &str =
    "INSERT INTO seals (key_id, used_since) VALUES ($1, $2) ON CONFLICT (key_id) DO NOTHING";

/// Remembers that the present key seals from now on; returns the names of keys that are needed and not here.
pub(super) async fn missing_keys(
    session: &mut Session,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let rows = session.fetch(Statement::new(KEYS)).await?;
    let known: Result<Vec<_>, _> = rows.iter().map(|row| row.text("key_id")).collect();
    let known = known?;
    let seals = session.seals();
    let missing: Vec<_> = known
        .iter()
        .filter(|name| !seals.has(name))
        .cloned()
        .collect();
    let current = seals.current().map(str::to_owned);
    if let Some(current) = current.filter(|current| missing.is_empty() && !known.contains(current))
    {
        let add = Statement::new(ADD_KEY).bind(current.as_str()).bind(now);
        session.execute(add).await?;
    }
    Ok(missing)
}

/// How many rows are sealed anew in one transaction.
const ROWS_AT_A_TIME: u32 = 100;

/// Where sealing anew goes on: questions and pictures in the order of their ids, then the few summaries and keys.
const PICTURES: &str = "pictures:";
const SUMMARIES: &str = "summaries:";

const NEXT_QUESTIONS: Sql = locking!(
    "SELECT id, asker_name, text, answer, texts, earlier_answer, response_id, delivery_response_id FROM questions
     WHERE id > $1 ORDER BY id LIMIT $2",
    "FOR UPDATE"
);
const RESEAL_QUESTION: &str =
    "UPDATE questions SET asker_name = $2, text = $3, answer = $4, texts = $5, earlier_answer = $6,
         response_id = $7, delivery_response_id = $8 WHERE id = $1";

const NEXT_PICTURES: Sql = locking!(
    "SELECT question_id AS id, picture FROM jobs WHERE picture IS NOT NULL AND question_id > $1 ORDER BY question_id LIMIT $2",
    "FOR UPDATE"
);
const RESEAL_PICTURE: &str = "UPDATE jobs SET picture = $2 WHERE question_id = $1";

const NEXT_SUMMARIES: Sql = locking!(
    "SELECT server_id, conversation, text FROM summaries WHERE conversation > $1 ORDER BY conversation LIMIT $2",
    "FOR UPDATE"
);
const RESEAL_SUMMARY: &str =
    "UPDATE summaries SET text = $3 WHERE server_id = $1 AND conversation = $2";

const SIGNING_KEYS: Sql = locking!(
    "SELECT server_id, key_id, secret FROM signing_keys",
    "FOR UPDATE"
);
const RESEAL_SIGNING_KEY: &str =
    "UPDATE signing_keys SET secret = $3 WHERE server_id = $1 AND key_id = $2";

const FORGET_OTHER_KEYS: &str = "DELETE FROM seals WHERE key_id <> $1";

/// Seals some rows anew that are not sealed with the present key; returns after which to go on, and how many were.
pub(super) async fn reseal(
    session: &mut Session,
    after: &str,
) -> Result<(Option<String>, u64), StoreError> {
    let seals = session.seals();
    if let Some(after) = after.strip_prefix(PICTURES) {
        return pictures(session, &seals, after).await;
    }
    if let Some(after) = after.strip_prefix(SUMMARIES) {
        return summaries(session, &seals, after).await;
    }
    let statement = Statement::new(NEXT_QUESTIONS)
        .bind(after)
        .bind(ROWS_AT_A_TIME);
    let rows = session.fetch(statement).await?;
    let mut resealed = 0;
    for row in &rows {
        resealed += u64::from(question(session, &seals, row).await?);
    }
    let last = rows.last().map(|row| row.text("id")).transpose()?;
    Ok((Some(last.unwrap_or_else(|| PICTURES.to_owned())), resealed))
}

async fn question(session: &mut Session, seals: &Seals, row: &Row) -> Result<bool, StoreError> {
    let id = row.text("id")?;
    let mut statement = Statement::new(RESEAL_QUESTION).bind(id.as_str());
    let mut is_changed = false;
    let columns = SEALED_COLUMNS.iter().chain(&[EARLIER_ANSWER]);
    let mut values = Vec::new();
    for (column, place) in columns {
        let stored = row.optional_text(column)?;
        let renewed = match &stored {
            Some(stored) => seals.renewed(place, &id, stored)?,
            None => None,
        };
        is_changed |= renewed.is_some();
        values.push((*column, renewed.or(stored)));
    }
    let order = [
        "asker_name",
        "text",
        "answer",
        "texts",
        "earlier_answer",
        "response_id",
        "delivery_response_id",
    ];
    for column in order {
        let value = values.iter().find(|(name, _)| *name == column);
        statement = statement.bind(value.and_then(|(_, value)| value.as_deref()));
    }
    if is_changed {
        session.execute(statement).await?;
    }
    Ok(is_changed)
}

async fn pictures(
    session: &mut Session,
    seals: &Seals,
    after: &str,
) -> Result<(Option<String>, u64), StoreError> {
    let statement = Statement::new(NEXT_PICTURES)
        .bind(after)
        .bind(ROWS_AT_A_TIME);
    let rows = session.fetch(statement).await?;
    let mut resealed = 0;
    for row in &rows {
        let id = row.text("id")?;
        if let Some(renewed) = seals.renewed(place::PICTURE, &id, &row.text("picture")?)? {
            let update = Statement::new(RESEAL_PICTURE)
                .bind(id.as_str())
                .bind(renewed.as_str());
            resealed += session.execute(update).await?;
        }
    }
    let last = rows.last().map(|row| row.text("id")).transpose()?;
    let next = last.map_or(SUMMARIES.to_owned(), |last| format!("{PICTURES}{last}"));
    Ok((Some(next), resealed))
}

async fn summaries(
    session: &mut Session,
    seals: &Seals,
    after: &str,
) -> Result<(Option<String>, u64), StoreError> {
    let statement = Statement::new(NEXT_SUMMARIES)
        .bind(after)
        .bind(ROWS_AT_A_TIME);
    let rows = session.fetch(statement).await?;
    let mut resealed = 0;
    for row in &rows {
        let names = ["server_id", "conversation", "text"];
        resealed += one(session, seals, row, (names, place::SUMMARY, RESEAL_SUMMARY)).await?;
    }
    if let Some(last) = rows.last() {
        let last = last.text("conversation")?;
        return Ok((Some(format!("{SUMMARIES}{last}")), resealed));
    }
    for row in session.fetch(Statement::new(SIGNING_KEYS)).await? {
        let names = ["server_id", "key_id", "secret"];
        resealed += one(
            session,
            seals,
            &row,
            (names, place::SIGNING, RESEAL_SIGNING_KEY),
        )
        .await?;
    }
    let current = seals.current().unwrap_or_default();
    let forget = Statement::new(FORGET_OTHER_KEYS).bind(current);
    session.execute(forget).await?;
    Ok((None, resealed))
}

/// Names of the columns of a key of two and of what is sealed; its place; and what writes it.
type Sealed = ([&'static str; 3], &'static str, &'static str);

async fn one(
    session: &mut Session,
    seals: &Seals,
    row: &Row,
    sealed: Sealed,
) -> Result<u64, StoreError> {
    let ([first, second, column], place, update) = sealed;
    let (first, second) = (row.text(first)?, row.text(second)?);
    let key = format!("{first}|{second}");
    let Some(renewed) = seals.renewed(place, &key, &row.text(column)?)? else {
        return Ok(0);
    };
    let update = Statement::new(update)
        .bind(first.as_str())
        .bind(second.as_str())
        .bind(renewed.as_str());
    session.execute(update).await
}
