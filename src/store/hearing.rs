//! What is remembered of listening: how far each channel was heard, and who has addressed the bot where.

use super::session::Session;
use super::statement::Statement;
use crate::domain::chat::Cursor;
use crate::domain::id::{ChannelId, PostId, ServerId, UserId};
use crate::ports::StoreError;

const CURSORS: &str =
    "SELECT channel_id, heard_at, anchor_id FROM cursors WHERE server_id = $1 ORDER BY channel_id";

/// Returns how far each channel was heard.
pub(super) async fn cursors(
    session: &mut Session,
    server: &ServerId,
) -> Result<Vec<Cursor>, StoreError> {
    let corrupt = |what| StoreError::Corrupt { what };
    let rows = session
        .fetch(Statement::new(CURSORS).bind(server.as_str()))
        .await?;
    rows.iter()
        .map(|row| {
            let anchor = row.optional_text("anchor_id")?;
            Ok(Cursor {
                channel: ChannelId::parse(&row.text("channel_id")?)
                    .map_err(|_| corrupt("channel_id"))?,
                heard_at_ms: row.integer("heard_at")?,
                anchor: anchor
                    .map(|id| PostId::parse(&id).map_err(|_| corrupt("anchor_id")))
                    .transpose()?,
            })
        })
        .collect()
}

const INSERT_CURSORS: &str =
    "INSERT INTO cursors (server_id, channel_id, heard_at, anchor_id) VALUES ";

// Two replicas may have heard differently far.
const UNLESS_FURTHER: &str = " ON CONFLICT (server_id, channel_id) DO UPDATE
     SET heard_at = excluded.heard_at, anchor_id = excluded.anchor_id WHERE cursors.heard_at <= excluded.heard_at";

/// Remembers how far channels were heard; none goes back.
pub(super) async fn move_cursors(
    session: &mut Session,
    server: &ServerId,
    cursors: &[Cursor],
) -> Result<(), StoreError> {
    // In one order, so that two replicas do not wait for each other in a circle.
    let mut sorted: Vec<&Cursor> = cursors.iter().collect();
    sorted.sort_by_key(|cursor| &cursor.channel);
    for chunk in sorted.chunks(super::ROWS_PER_STATEMENT) {
        let rows = chunk.iter().map(|cursor| {
            [
                server.as_str().into(),
                cursor.channel.as_str().into(),
                cursor.heard_at_ms.into(),
                cursor.anchor.as_ref().map(PostId::as_str).into(),
            ]
        });
        let statement = Statement::of_rows(INSERT_CURSORS, rows, UNLESS_FURTHER);
        session.execute(statement).await?;
    }
    Ok(())
}

const ADDRESSED: &str = "SELECT 1 FROM questions
     WHERE thread_id = $1 AND asker_id = $2 AND channel_kind IS NOT NULL AND server_id = $3 LIMIT 1";

/// Says whether a person has addressed the bot in a thread.
pub(super) async fn has_addressed(
    session: &mut Session,
    server: &ServerId,
    root: &PostId,
    person: &UserId,
) -> Result<bool, StoreError> {
    let statement = Statement::new(ADDRESSED)
        .bind(root.as_str())
        .bind(person.as_str())
        .bind(server.as_str());
    Ok(session.fetch_optional(statement).await?.is_some())
}
