//! What is read back later: earlier turns, our own texts, and how much there is to do.

use std::borrow::Cow;

use super::row::{shown_part, turn};
use super::session::Session;
use super::statement::{Row, Statement, Value};
use super::summaries;
use crate::domain::agent::AgentName;
use crate::domain::conversation::{ConversationKey, History, Turn};
use crate::domain::hexadecimal::hexadecimal;
use crate::domain::id::{ChannelId, QuestionId, ServerId};
use crate::domain::post::OWN_TEXT_MEMORY;
use crate::domain::time::Timestamp;
use crate::ports::{Backlog, StoreError};

// A row for each post of the answer, and one where there is none.
const TURNS: &str = "SELECT turns.id, asker_name, text, answer, texts, asked_at, concluded_at, turns.post_id AS asked_in, origin, parts.part, parts.post_id AS answered_in
     FROM (SELECT id, asker_name, text, answer, texts, asked_at, concluded_at, post_id, origin FROM questions
           WHERE server_id = $1 AND conversation = $2 AND is_turn = 1 AND erased_at IS NULL AND id < $3
           ORDER BY concluded_at DESC, id DESC LIMIT $4) AS turns
     LEFT JOIN parts ON parts.question_id = turns.id
     ORDER BY turns.concluded_at, turns.id, parts.part";

const AFRESH_AT: &str =
    "SELECT afresh_at FROM conversations WHERE server_id = $1 AND conversation = $2";

/// Reads the newest finished turns of a conversation, oldest first; where `before` is given, of questions before that one.
pub(super) async fn history(
    session: &mut Session,
    server: &ServerId,
    conversation: &ConversationKey,
    before: Option<QuestionId>,
    limit: u32,
) -> Result<History, StoreError> {
    let newest = Statement::new(TURNS)
        .bind(server.as_str())
        .bind(conversation.as_str())
        .bind(before.unwrap_or(QuestionId::from_bits(u128::MAX)))
        .bind(limit);
    let rows = session.fetch(newest).await?;
    let turns = turns(&rows)?;
    let afresh = Statement::new(AFRESH_AT)
        .bind(server.as_str())
        .bind(conversation.as_str());
    let afresh = session.fetch_optional(afresh).await?;
    Ok(History {
        turns,
        afresh_at: afresh.map(|row| row.time("afresh_at")).transpose()?,
    })
}

const LAST_AGENT: &str = "SELECT agent FROM questions
     WHERE server_id = $1 AND conversation = $2 AND is_turn = 1
     ORDER BY concluded_at DESC, asked_at DESC LIMIT 1";

/// Returns whom the newest finished turn of a conversation was for, where that was said.
pub(super) async fn last_agent(
    session: &mut Session,
    server: &ServerId,
    conversation: &ConversationKey,
) -> Result<Option<AgentName>, StoreError> {
    let statement = Statement::new(LAST_AGENT)
        .bind(server.as_str())
        .bind(conversation.as_str());
    let Some(row) = session.fetch_optional(statement).await? else {
        return Ok(None);
    };
    Ok(row.optional_text("agent")?.map(AgentName::from_stored))
}

/// Makes turns of rows that stand together where they are of one.
fn turns(rows: &[Row]) -> Result<Vec<Turn>, StoreError> {
    let mut turns: Vec<Turn> = Vec::new();
    let mut last = None;
    for row in rows {
        let id = row.question_id("id")?;
        if last != Some(id) {
            turns.push(turn(row)?);
            last = Some(id);
        }
        if let Some(turn) = turns.last_mut() {
            turn.posts.answer.extend(shown_part(row)?);
        }
    }
    Ok(turns)
}

const START_AFRESH: &str =
    "INSERT INTO conversations (server_id, conversation, afresh_at) VALUES ($1, $2, $3)
     ON CONFLICT (server_id, conversation) DO UPDATE SET afresh_at = excluded.afresh_at";

/// Remembers when a conversation began afresh. The last word counts, not the latest time: the clock may have jumped back.
pub(super) async fn start_afresh(
    session: &mut Session,
    server: &ServerId,
    conversation: &ConversationKey,
    at: Timestamp,
) -> Result<(), StoreError> {
    let statement = Statement::new(START_AFRESH)
        .bind(server.as_str())
        .bind(conversation.as_str())
        .bind(at);
    session.execute(statement).await?;
    summaries::forget(session, server, conversation).await
}

/// Writes a digest as it is stored.
fn digest_text(digest: &[u8; 32]) -> Value<'static> {
    Value::Text(Some(Cow::Owned(hexadecimal(digest))))
}

const FORGET_TEXTS: &str = "DELETE FROM own_texts WHERE posted_at < $1 OR posted_at > $2";

const REMEMBER_TEXT: &str =
    "INSERT INTO own_texts (server_id, channel_id, digest, posted_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (server_id, channel_id, digest) DO UPDATE SET posted_at = excluded.posted_at";

/// Remembers the digest of a text of ours, and forgets those older than [`OWN_TEXT_MEMORY`], or as far in the future, which a clock
/// that jumped back has left.
///
/// Forgetting goes first: nobody then waits for rows of others while holding one that they want to forget.
pub(super) async fn remember_text(
    session: &mut Session,
    server: &ServerId,
    channel: &ChannelId,
    digest: &[u8; 32],
    at: Timestamp,
) -> Result<(), StoreError> {
    let forget = Statement::new(FORGET_TEXTS)
        .bind(at.before(OWN_TEXT_MEMORY))
        .bind(at.after(OWN_TEXT_MEMORY));
    session.execute(forget).await?;
    let remember = Statement::new(REMEMBER_TEXT)
        .bind(server.as_str())
        .bind(channel.as_str())
        .bind(digest_text(digest))
        .bind(at);
    session.execute(remember).await?;
    Ok(())
}

const OWN_TEXT: &str = "SELECT 1 FROM own_texts
     WHERE server_id = $1 AND channel_id = $2 AND digest = $3 AND posted_at >= $4";

/// Says whether we posted this text in this channel at or after `since`.
pub(super) async fn is_own_text(
    session: &mut Session,
    server: &ServerId,
    channel: &ChannelId,
    digest: &[u8; 32],
    since: Timestamp,
) -> Result<bool, StoreError> {
    let statement = Statement::new(OWN_TEXT)
        .bind(server.as_str())
        .bind(channel.as_str())
        .bind(digest_text(digest))
        .bind(since);
    Ok(session.fetch_optional(statement).await?.is_some())
}

// Two counts, so that each finds its partial index.
const BACKLOG: &str =
    "SELECT state, COUNT(*) AS jobs FROM jobs WHERE state IN ('ready', 'run') AND server_id = $1 GROUP BY state
     UNION ALL SELECT state, COUNT(*) AS jobs FROM jobs WHERE state = 'dead' AND server_id = $1 GROUP BY state";

/// Counts what of a server's waits, runs and is dead.
pub(super) async fn backlog(
    session: &mut Session,
    server: &ServerId,
) -> Result<Backlog, StoreError> {
    let mut backlog = Backlog::default();
    let count = Statement::new(BACKLOG).bind(server.as_str());
    for row in session.fetch(count).await? {
        let jobs = row.count("jobs")?;
        match row.text("state")?.as_str() {
            "ready" => backlog.waiting = jobs,
            "run" => backlog.running = jobs,
            "dead" => backlog.dead = jobs,
            _ => return Err(StoreError::Corrupt { what: "state" }),
        }
    }
    Ok(backlog)
}

const CHECK_WRITABLE: &str = "INSERT INTO write_checks (id, checked_at) VALUES (1, $1)
     ON CONFLICT (id) DO UPDATE SET checked_at = excluded.checked_at";

/// Writes something.
pub(super) async fn check_writable(
    session: &mut Session,
    now: Timestamp,
) -> Result<(), StoreError> {
    session
        .execute(Statement::new(CHECK_WRITABLE).bind(now))
        .await?;
    Ok(())
}
