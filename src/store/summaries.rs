//! What is told of the old turns of long conversations.

use super::runs;
use super::seal::place;
use super::session::Session;
use super::statement::{Statement, Value};
use crate::domain::conversation::ConversationKey;
use crate::domain::id::ServerId;
use crate::domain::summary::Summary;
use crate::ports::{KeptSummary, StoreError};

const SUMMARY: &str =
    "SELECT covered, text FROM summaries WHERE server_id = $1 AND conversation = $2";

/// Returns the summary of a conversation's first turns, where there is one.
pub(super) async fn of_conversation(
    session: &mut Session,
    server: &ServerId,
    conversation: &ConversationKey,
) -> Result<Option<Summary>, StoreError> {
    let statement = Statement::new(SUMMARY)
        .bind(server.as_str())
        .bind(conversation.as_str());
    let Some(row) = session.fetch_optional(statement).await? else {
        return Ok(None);
    };
    let covered = row.text("covered")?;
    Ok(Some(Summary {
        covered: covered.split(' ').map(str::to_owned).collect(),
        text: row.opened("text", place::SUMMARY, &row_key(server, conversation))?,
    }))
}

fn row_key(server: &ServerId, conversation: &ConversationKey) -> String {
    format!("{server}|{}", conversation.as_str())
}

const FORGET: &str = "DELETE FROM summaries WHERE server_id = $1 AND conversation = $2";

/// Forgets the summary of a conversation.
pub(super) async fn forget(
    session: &mut Session,
    server: &ServerId,
    conversation: &ConversationKey,
) -> Result<(), StoreError> {
    let statement = Statement::new(FORGET)
        .bind(server.as_str())
        .bind(conversation.as_str());
    session.execute(statement).await?;
    Ok(())
}

// What was erased while it was being written may be told of in it.
const KEEP: &str = "INSERT INTO summaries (server_id, conversation, covered, text, made_at)
     SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (
         SELECT 1 FROM questions WHERE server_id = $1 AND conversation = $2 AND is_turn = 1 AND erased_at >= $6)
     ON CONFLICT (server_id, conversation)
     DO UPDATE SET covered = excluded.covered, text = excluded.text, made_at = excluded.made_at";

/// Remembers a summary in place of the one there was, unless a turn was erased since it was begun, and what it took.
pub(super) async fn keep(
    session: &mut Session,
    server: &ServerId,
    conversation: &ConversationKey,
    kept: &KeptSummary,
) -> Result<(), StoreError> {
    let covered = kept.summary.covered.join(" ");
    let statement = Statement::new(KEEP)
        .bind(server.as_str())
        .bind(conversation.as_str())
        .bind(covered.as_str())
        .bind(Value::sealed(
            place::SUMMARY,
            &row_key(server, conversation),
            &kept.summary.text,
        ))
        .bind(kept.at)
        .bind(kept.run.begun_at);
    session.execute(statement).await?;
    runs::add(session, kept.after, &kept.run).await
}
