//! One transaction on either database: how it begins, what it runs, how it commits.

use sqlx::{Database as Driver, Postgres, Sqlite, Transaction};

use super::open::LeaseTime;
use super::postgres::PostgresDatabase;
use super::sqlite::SqliteDatabase;
use super::statement::{Dialect, Row, Statement, Value};
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
    /// Begins a transaction that reads only.
    pub(super) async fn read(&self) -> Result<Session, StoreError> {
        match self {
            Self::Sqlite(database) => database.read().await.map(Session::Sqlite),
            Self::Postgres(database) => database.begin(Durability::Flushed).await,
        }
        .map_err(unavailable)
    }

    /// Begins a transaction that writes.
    pub(super) async fn write(&self, durability: Durability) -> Result<Session, StoreError> {
        match self {
            Self::Sqlite(database) => database.write(durability).await.map(Session::Sqlite),
            Self::Postgres(database) => database.begin(durability).await,
        }
        .map_err(unavailable)
    }
}

/// One open transaction. Dropped without a commit, it is rolled back.
pub(super) enum Session {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL, where leases may go by the database's time.
    Postgres(Transaction<'static, Postgres>, LeaseTime),
}

/// Every failure of a database is one that may pass: it is full, locked, or away.
fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

type Query<'v, D> = sqlx::query::Query<'v, D, <D as Driver>::Arguments>;

/// Binds a statement's values for one driver.
macro_rules! bound {
    ($driver:ident, $statement:expr) => {{
        let statement = $statement;
        let mut query: Query<'_, $driver> = sqlx::query(statement.sql.text(Dialect::$driver));
        for value in statement.values {
            query = match value {
                Value::Integer(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
            };
        }
        query.persistent(statement.kept_prepared)
    }};
}

impl Session {
    /// Runs a statement; returns how many rows it changed.
    pub(super) async fn execute(&mut self, statement: Statement<'_>) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(transaction) => bound!(Sqlite, statement)
                .execute(&mut **transaction)
                .await
                .map(|done| done.rows_affected()),
            Self::Postgres(transaction, _) => bound!(Postgres, statement)
                .execute(&mut **transaction)
                .await
                .map(|done| done.rows_affected()),
        }
        .map_err(unavailable)
    }

    /// Runs a statement; returns the rows it found or made.
    pub(super) async fn fetch(&mut self, statement: Statement<'_>) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(transaction) => bound!(Sqlite, statement)
                .fetch_all(&mut **transaction)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Self::Postgres(transaction, _) => bound!(Postgres, statement)
                .fetch_all(&mut **transaction)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        }
        .map_err(unavailable)
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
            Self::Sqlite(_) | Self::Postgres(_, LeaseTime::Clock) => Ok(now),
            Self::Postgres(_, LeaseTime::Database) => {
                const TIME: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS micros";
                let row = self.fetch_optional(Statement::new(TIME)).await?;
                row.ok_or(StoreError::Corrupt { what: "micros" })?
                    .time("micros")
            }
        }
    }

    /// Commits. When it fails, nothing was written as far as can be known.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction, _) => transaction.commit().await,
        }
        .map_err(unavailable)
    }
}
