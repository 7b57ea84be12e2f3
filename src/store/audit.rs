//! The audit trail: entries that are appended and never changed, each tied to the one before it by a hash.
//!
//! [`append`] runs inside whichever transaction makes the change that it writes down. It locks the end of the chain until that commits,
//! so it is the last thing a verb does: whoever locked something else after it could wait for somebody who waits for the chain.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::session::Session;
use super::statement::{Row, Statement, storable};
use crate::domain::audit::{
    AuditEntry, AuditFlaw, AuditRecord, AuditVerdict, MAX_DETAIL_CHARS, MAX_SUBJECT_CHARS,
};
use crate::domain::hexadecimal::hexadecimal;
use crate::domain::id::ServerId;
use crate::ports::{AuditPage, StoreError};

/// Locks the end of the chain, on PostgreSQL until the transaction ends, and names the next place.
const LOCK_END: &str =
    "UPDATE audit_end SET seq = seq + 1 WHERE id = 1 RETURNING seq, hash AS previous";

const INSERT: &str =
    "INSERT INTO audit (seq, at, server_id, actor, action, subject, detail, previous, hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const MOVE_END: &str = "UPDATE audit_end SET hash = $1 WHERE id = 1";

/// Writes an entry down as the last one; returns its place.
pub(super) async fn append(session: &mut Session, entry: &AuditEntry) -> Result<u64, StoreError> {
    let end = session.fetch_optional(Statement::new(LOCK_END)).await?;
    let end = end.ok_or(StoreError::Corrupt { what: "audit_end" })?;
    let mut record = AuditRecord {
        seq: end.count("seq")?,
        at: entry.at,
        server: entry
            .server
            .as_ref()
            .map_or_else(String::new, |server| server.as_str().to_owned()),
        actor: storable(&entry.by.as_stored()).into_owned(),
        action: entry.action.as_str().to_owned(),
        subject: at_most(&entry.subject, MAX_SUBJECT_CHARS).into_owned(),
        detail: at_most(&entry.detail, MAX_DETAIL_CHARS).into_owned(),
        previous: end.text("previous")?,
        hash: String::new(),
    };
    record.hash = hash_of(&record);
    let insert = Statement::new(INSERT)
        .bind(i64::try_from(record.seq).unwrap_or(i64::MAX))
        .bind(record.at)
        .bind(record.server.as_str())
        .bind(record.actor.as_str())
        .bind(record.action.as_str())
        .bind(record.subject.as_str())
        .bind(record.detail.as_str())
        .bind(record.previous.as_str())
        .bind(record.hash.as_str());
    session.execute(insert).await?;
    let moved = Statement::new(MOVE_END).bind(record.hash.as_str());
    session.execute(moved).await?;
    // An anchor where whoever owns the database cannot reach it. What is rolled back after this stands here too: of two of one place the
    // last holds.
    tracing::info!(
        audit.seq = record.seq,
        audit.hash = record.hash,
        "an entry of the audit trail was written"
    );
    Ok(record.seq)
}

/// Returns a text as it is stored: what is hashed must be what is read again.
fn at_most(text: &str, chars: usize) -> Cow<'_, str> {
    let end = text.char_indices().nth(chars).map(|(end, _)| end);
    storable(end.and_then(|end| text.get(..end)).unwrap_or(text))
}

fn hash_of(record: &AuditRecord) -> String {
    hexadecimal(&Sha256::digest(record.hashed()))
}

macro_rules! columns {
    () => {
        "SELECT seq, at, server_id, actor, action, subject, detail, previous, hash FROM audit "
    };
}

// An absent server is any.
const NEWEST: &str = concat!(
    columns!(),
    "WHERE seq < $1 AND ($3 = '' OR server_id IN ($3, '')) ORDER BY seq DESC LIMIT $2"
);
const NEWEST_OF_A_KIND: &str = concat!(
    columns!(),
    "WHERE action = $4 AND seq < $1 AND ($3 = '' OR server_id IN ($3, '')) ORDER BY seq DESC LIMIT $2"
);
const AFTER: &str = concat!(columns!(), "WHERE seq > $1 ORDER BY seq LIMIT $2");

/// Reads entries, the newest first.
pub(super) async fn newest(
    session: &mut Session,
    page: AuditPage,
) -> Result<Vec<AuditRecord>, StoreError> {
    let before = page.before.map_or(i64::MAX, place);
    let sql = match page.action {
        None => NEWEST,
        Some(_) => NEWEST_OF_A_KIND,
    };
    let server = page.server.as_ref().map_or("", ServerId::as_str);
    let mut statement = Statement::new(sql)
        .bind(before)
        .bind(page.limit)
        .bind(server);
    if let Some(action) = page.action {
        statement = statement.bind(action.as_str());
    }
    let rows = session.fetch(statement).await?;
    rows.iter().map(record).collect()
}

/// Reads the entries after a place, the oldest first.
pub(super) async fn after(
    session: &mut Session,
    seq: u64,
    limit: u32,
) -> Result<Vec<AuditRecord>, StoreError> {
    let statement = Statement::new(AFTER).bind(place(seq)).bind(limit);
    let rows = session.fetch(statement).await?;
    rows.iter().map(record).collect()
}

fn place(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn record(row: &Row) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        seq: row.count("seq")?,
        at: row.time("at")?,
        server: row.text("server_id")?,
        actor: row.text("actor")?,
        action: row.text("action")?,
        subject: row.text("subject")?,
        detail: row.text("detail")?,
        previous: row.text("previous")?,
        hash: row.text("hash")?,
    })
}

/// How many entries are read at a time while all of them are verified.
const VERIFIED_AT_A_TIME: u32 = 1_000;

const END: &str = "SELECT seq, hash FROM audit_end WHERE id = 1";

/// Reads the whole trail, and says whether it is as it was written.
///
/// The end of the chain is read first: on PostgreSQL each statement sees what was committed when it began, and entries that are appended
/// meanwhile lie after it.
pub(super) async fn verify(session: &mut Session) -> Result<AuditVerdict, StoreError> {
    let end = session.fetch_optional(Statement::new(END)).await?;
    let end = end.ok_or(StoreError::Corrupt { what: "audit_end" })?;
    let (last_seq, last_hash) = (end.count("seq")?, end.text("hash")?);
    let mut verified = Verified::default();
    loop {
        let entries = after(session, verified.seq, VERIFIED_AT_A_TIME).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            if let Err(flaw) = verified.goes_on_with(&entry) {
                let seq = verified.seq + 1;
                return Ok(AuditVerdict::Broken { seq, flaw });
            }
            if entry.seq == last_seq && entry.hash != last_hash {
                let (seq, flaw) = (entry.seq, AuditFlaw::Changed);
                return Ok(AuditVerdict::Broken { seq, flaw });
            }
        }
    }
    if verified.seq < last_seq {
        let (seq, flaw) = (verified.seq + 1, AuditFlaw::Missing);
        return Ok(AuditVerdict::Broken { seq, flaw });
    }
    Ok(AuditVerdict::Whole {
        entries: verified.seq,
        last_hash: verified.hash,
    })
}

/// How far the chain was found to hold.
struct Verified {
    seq: u64,
    hash: String,
}

impl Default for Verified {
    fn default() -> Self {
        Self {
            seq: 0,
            hash: AuditRecord::NO_HASH.to_owned(),
        }
    }
}

impl Verified {
    fn goes_on_with(&mut self, entry: &AuditRecord) -> Result<(), AuditFlaw> {
        if entry.seq != self.seq + 1 {
            return Err(AuditFlaw::Missing);
        }
        if entry.hash != hash_of(entry) {
            return Err(AuditFlaw::Changed);
        }
        if entry.previous != self.hash {
            return Err(AuditFlaw::Unlinked);
        }
        self.seq = entry.seq;
        self.hash.clone_from(&entry.hash);
        Ok(())
    }
}
