//! One transaction on either database: what it runs, and how it commits.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use rusqlite::Connection;
use sqlx::{Postgres, Transaction};

use super::open::LeaseTime;
use super::postgres::PostgresDatabase;
use super::seal::Seals;
use super::sqlite::SqliteDatabase;
use super::sqlite_statement;
use super::statement::{Row, Statement, Stored, Value};
use crate::domain::time::Timestamp;
use crate::ports::StoreError;

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// What was committed survives a power cut.
    Flushed,
    /// A power cut may undo it; for what is made again anyway.
    Lazy,
}

/// Either database, connected.
pub(super) enum Database {
    /// SQLite.
    Sqlite(SqliteDatabase),
    /// PostgreSQL.
    Postgres(PostgresDatabase),
}

impl Database {
    /// Runs a verb that reads only, in a transaction of its own.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        verb: impl Verb<T>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(database) => database.read(verb).await,
            Self::Postgres(database) => {
                transact(database.begin(Durability::Flushed).await, verb).await
            }
        }
    }

    /// Runs a verb that writes, atomically, and commits it.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        verb: impl Verb<T>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(database) => database.write(durability, verb).await,
            Self::Postgres(database) => transact(database.begin(durability).await, verb).await,
        }
    }
}

/// What is done in one transaction: it owns what it needs, because on SQLite it runs on another thread.
pub(super) trait Verb<T>:
    for<'s> FnOnce(&'s mut Session) -> BoxFuture<'s, Result<T, StoreError>> + Send + 'static
{
}

impl<T, V> Verb<T> for V where
    V: for<'s> FnOnce(&'s mut Session) -> BoxFuture<'s, Result<T, StoreError>> + Send + 'static
{
}

/// Runs a verb in a transaction of PostgreSQL's. Where it fails, the transaction is dropped, which rolls it back.
async fn transact<T>(
    begun: Result<Session, sqlx::Error>,
    verb: impl Verb<T>,
) -> Result<T, StoreError> {
    let mut session = begun.map_err(unavailable)?;
    let found = verb(&mut session).await?;
    match session {
        Session::Postgres(transaction, ..) => transaction.commit().await.map_err(unavailable)?,
        Session::Sqlite(..) => {}
    }
    Ok(found)
}

/// One open transaction.
pub(super) enum Session {
    /// On SQLite: the connection, whose thread begins and ends the transactions.
    Sqlite(Connection, Arc<Seals>),
    /// On PostgreSQL, where leases may go by the database's time.
    Postgres(Transaction<'static, Postgres>, LeaseTime, Arc<Seals>),
}

/// How an insertion passes over rows that are known.
pub(super) struct UnlessKnown {
    /// `ON CONFLICT … DO NOTHING`.
    pub(super) silently: &'static str,
    /// The same with `RETURNING id`.
    pub(super) returning_id: &'static str,
}

/// Every failure of a database is one that may pass: it is full, locked, or away.
pub(super) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

type PostgresQuery<'v> = sqlx::query::Query<'v, Postgres, <Postgres as sqlx::Database>::Arguments>;

/// Binds a statement's values for PostgreSQL.
fn bound(statement: Statement<'_>) -> PostgresQuery<'_> {
    let mut query: PostgresQuery<'_> = sqlx::query(statement.sql.for_postgres());
    for value in statement.values {
        query = match value {
            Value::Integer(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
            Value::Sealed { .. } => unreachable!("a session seals before it binds"),
        };
    }
    query.persistent(statement.kept_prepared)
}

impl Session {
    /// Returns the keys with which is sealed and opened.
    pub(super) fn seals(&self) -> Arc<Seals> {
        match self {
            Self::Sqlite(_, seals) | Self::Postgres(_, _, seals) => Arc::clone(seals),
        }
    }

    /// Runs a statement; returns how many rows it changed.
    pub(super) async fn execute(&mut self, statement: Statement<'_>) -> Result<u64, StoreError> {
        let statement = self.seals().sealed(statement);
        match self {
            Self::Sqlite(connection, _) => {
                sqlite_statement::execute(connection, &statement).map_err(unavailable)
            }
            Self::Postgres(transaction, ..) => bound(statement)
                .execute(&mut **transaction)
                .await
                .map(|done| done.rows_affected())
                .map_err(unavailable),
        }
    }

    /// Runs a statement; returns the rows it found or made.
    pub(super) async fn fetch(&mut self, statement: Statement<'_>) -> Result<Vec<Row>, StoreError> {
        let seals = self.seals();
        let statement = seals.sealed(statement);
        let stored: Vec<Stored> = match self {
            Self::Sqlite(connection, _) => {
                let rows = sqlite_statement::fetch(connection, &statement);
                let rows = rows.map_err(unavailable)?;
                rows.into_iter().map(Stored::Sqlite).collect()
            }
            Self::Postgres(transaction, ..) => {
                let rows = bound(statement).fetch_all(&mut **transaction).await;
                let rows = rows.map_err(unavailable)?;
                rows.into_iter().map(Stored::Postgres).collect()
            }
        };
        let rows = stored.into_iter().map(|stored| Row::new(stored, &seals));
        Ok(rows.collect())
    }

    /// Inserts rows, whose first column is `id`, of which some may be known; returns for each, in order, whether it was new.
    ///
    /// SQLite writes rows one by one and counts them, which spares it the table it would make for `RETURNING`.
    pub(super) async fn insert_new<'v, const COLUMNS: usize>(
        &mut self,
        insert: &'static str,
        rows: impl Iterator<Item = [Value<'v>; COLUMNS]>,
        unless_known: UnlessKnown,
    ) -> Result<Vec<bool>, StoreError> {
        let seals = self.seals();
        match self {
            Self::Sqlite(connection, _) => {
                let statement = Statement::of_rows(insert, rows, unless_known.silently);
                let statement = seals.sealed(statement);
                let changed = sqlite_statement::execute_each(connection, &statement);
                Ok(changed
                    .map_err(unavailable)?
                    .into_iter()
                    .map(|rows| rows > 0)
                    .collect())
            }
            Self::Postgres(transaction, ..) => {
                let statement = Statement::of_rows(insert, rows, unless_known.returning_id);
                let statement = seals.sealed(statement);
                let ids = statement.first_of_each_row(COLUMNS);
                let returned = bound(statement)
                    .fetch_all(&mut **transaction)
                    .await
                    .map_err(unavailable)?;
                let mut new = HashSet::with_capacity(returned.len());
                for row in returned {
                    new.insert(Row::new(Stored::Postgres(row), &seals).text("id")?);
                }
                // The first of several that are equal is the new one.
                Ok(ids.iter().map(|id| new.remove(id)).collect())
            }
        }
    }

    /// Runs a statement that finds one row at most.
    pub(super) async fn fetch_optional(
        &mut self,
        statement: Statement<'_>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(statement).await?.into_iter().next())
    }

    /// Returns the time by which leases are given and end: the database's own on PostgreSQL, because the clocks of replicas
    /// differ; `now` on SQLite, which one process serves.
    pub(super) async fn lease_time(&mut self, now: Timestamp) -> Result<Timestamp, StoreError> {
        match self {
            Self::Sqlite(..) | Self::Postgres(_, LeaseTime::Clock, _) => Ok(now),
            Self::Postgres(_, LeaseTime::Database, _) => {
                const TIME: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS micros";
                let row = self.fetch_optional(Statement::new(TIME)).await?;
                row.ok_or(StoreError::Corrupt { what: "micros" })?
                    .time("micros")
            }
        }
    }
}
