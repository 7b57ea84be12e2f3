//! The door of the page for administrators: links that are good once, and sessions.

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::audit;
use super::session::Session;
use super::statement::{Row, Statement};
use super::verbs::{SqlStore, verb};
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::door::{self, Administrator, KeyHash, Link, SESSION_LIFE};
use crate::domain::id::{ServerId, UserId};
use crate::domain::time::Timestamp;
use crate::ports::{Door, StoreError};

#[async_trait]
impl Door for SqlStore {
    async fn keep_link(&self, link: &Link, now: Timestamp) -> Result<(), StoreError> {
        let link = link.clone();
        self.write(verb!(session => keep_link(session, &link, now)))
            .await
    }

    async fn enter(
        &self,
        link: &KeyHash,
        session: &KeyHash,
        now: Timestamp,
    ) -> Result<Option<door::Session>, StoreError> {
        let (link, key) = (link.clone(), session.clone());
        self.write(verb!(session => enter(session, &link, &key, now)))
            .await
    }

    async fn session(&self, session: &KeyHash) -> Result<Option<door::Session>, StoreError> {
        let key = session.clone();
        self.read(verb!(session => find(session, &key))).await
    }

    async fn note_session(
        &self,
        session: &KeyHash,
        noted: &door::Session,
    ) -> Result<(), StoreError> {
        let (key, seen_at, checked_at) = (session.clone(), noted.seen_at, noted.checked_at);
        self.write(verb!(session => note(session, &key, seen_at, checked_at)))
            .await
    }

    async fn leave(&self, session: &KeyHash, now: Timestamp) -> Result<(), StoreError> {
        let key = session.clone();
        self.write(verb!(session => leave(session, &key, now)))
            .await
    }
}

const FORGET_LINKS: &str =
    "DELETE FROM page_links WHERE until <= $3 OR (server_id = $1 AND person_id = $2)";

const KEEP_LINK: &str = "INSERT INTO page_links (hash, server_id, person_id, person_name, until)
     VALUES ($1, $2, $3, $4, $5)";

async fn keep_link(session: &mut Session, link: &Link, now: Timestamp) -> Result<(), StoreError> {
    let forget = Statement::new(FORGET_LINKS)
        .bind(link.to.server.as_str())
        .bind(link.to.id.as_str())
        .bind(now);
    session.execute(forget).await?;
    let keep = Statement::new(KEEP_LINK)
        .bind(link.hash.as_str())
        .bind(link.to.server.as_str())
        .bind(link.to.id.as_str())
        .bind(link.to.name.as_str())
        .bind(link.until);
    session.execute(keep).await?;
    Ok(())
}

/// Takes a link away; of several who come at once, one finds it.
const SPEND_LINK: &str = "DELETE FROM page_links WHERE hash = $1 AND until > $2
     RETURNING server_id, person_id, person_name";

const FORGET_SESSIONS: &str = "DELETE FROM page_sessions WHERE begun_at <= $1";

const BEGIN_SESSION: &str =
    "INSERT INTO page_sessions (hash, server_id, person_id, person_name, begun_at, seen_at, checked_at)
     VALUES ($1, $2, $3, $4, $5, $5, $6)";

async fn enter(
    session: &mut Session,
    link: &KeyHash,
    key: &KeyHash,
    now: Timestamp,
) -> Result<Option<door::Session>, StoreError> {
    let spend = Statement::new(SPEND_LINK).bind(link.as_str()).bind(now);
    let Some(row) = session.fetch_optional(spend).await? else {
        return Ok(None);
    };
    let of = administrator(&row)?;
    let forget = Statement::new(FORGET_SESSIONS).bind(now.before(SESSION_LIFE));
    session.execute(forget).await?;
    let begin = Statement::new(BEGIN_SESSION)
        .bind(key.as_str())
        .bind(of.server.as_str())
        .bind(of.id.as_str())
        .bind(of.name.as_str())
        .bind(now)
        .bind(door::NEVER_CHECKED);
    session.execute(begin).await?;
    audit::append(session, &entry(&of, AuditAction::SignedIn, now)).await?;
    Ok(Some(door::Session {
        of,
        begun_at: now,
        seen_at: now,
        checked_at: door::NEVER_CHECKED,
    }))
}

fn entry(of: &Administrator, action: AuditAction, at: Timestamp) -> AuditEntry {
    AuditEntry {
        at,
        server: Some(of.server.clone()),
        by: Actor::Person(of.id.clone()),
        action,
        subject: "page".to_owned(),
        detail: String::new(),
    }
}

fn administrator(row: &Row) -> Result<Administrator, StoreError> {
    let corrupt = |what| StoreError::Corrupt { what };
    Ok(Administrator {
        server: ServerId::parse(&row.text("server_id")?).map_err(|_| corrupt("server_id"))?,
        id: UserId::parse(&row.text("person_id")?).map_err(|_| corrupt("person_id"))?,
        name: row.text("person_name")?,
    })
}

const FIND: &str =
    "SELECT server_id, person_id, person_name, begun_at, seen_at, checked_at FROM page_sessions
     WHERE hash = $1";

async fn find(session: &mut Session, key: &KeyHash) -> Result<Option<door::Session>, StoreError> {
    let statement = Statement::new(FIND).bind(key.as_str());
    let row = session.fetch_optional(statement).await?;
    row.map(|row| {
        Ok(door::Session {
            of: administrator(&row)?,
            begun_at: row.time("begun_at")?,
            seen_at: row.time("seen_at")?,
            checked_at: row.time("checked_at")?,
        })
    })
    .transpose()
}

const NOTE: &str = "UPDATE page_sessions SET seen_at = $2, checked_at = $3 WHERE hash = $1";

async fn note(
    session: &mut Session,
    key: &KeyHash,
    seen_at: Timestamp,
    checked_at: Timestamp,
) -> Result<(), StoreError> {
    let statement = Statement::new(NOTE)
        .bind(key.as_str())
        .bind(seen_at)
        .bind(checked_at);
    session.execute(statement).await?;
    Ok(())
}

const END: &str =
    "DELETE FROM page_sessions WHERE hash = $1 RETURNING server_id, person_id, person_name";

async fn leave(session: &mut Session, key: &KeyHash, now: Timestamp) -> Result<(), StoreError> {
    let end = Statement::new(END).bind(key.as_str());
    if let Some(row) = session.fetch_optional(end).await? {
        let of = administrator(&row)?;
        audit::append(session, &entry(&of, AuditAction::SignedOut, now)).await?;
    }
    Ok(())
}
