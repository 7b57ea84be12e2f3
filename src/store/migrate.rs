//! The shape of the database, brought up to date by migrations that only move forward and are the same for both databases.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};
use sqlx::PgConnection;
use sqlx::migrate::{MigrateError, Migrator};

/// All migrations, embedded. Applied ones are recorded in `_sqlx_migrations` and never change again.
static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations");

/// Why the database could not be brought up to date.
#[derive(Debug)]
pub(super) enum MigrationFailure<E> {
    /// It holds a migration that this version does not have, or has otherwise.
    MadeByAnotherVersion(i64),
    /// A statement failed.
    Database(E),
}

impl From<rusqlite::Error> for MigrationFailure<rusqlite::Error> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<MigrateError> for MigrationFailure<sqlx::Error> {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version)
            | MigrateError::VersionMismatch(version)
            | MigrateError::VersionTooOld(version, _)
            | MigrateError::VersionTooNew(version, _) => Self::MadeByAnotherVersion(version),
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                Self::Database(error)
            }
            other => Self::Database(sqlx::Error::Migrate(Box::new(other))),
        }
    }
}

/// Brings a database of PostgreSQL's up to date; replicas that start together wait for each other.
pub(super) async fn migrate_postgres(
    connection: &mut PgConnection,
) -> Result<(), MigrationFailure<sqlx::Error>> {
    Ok(MIGRATIONS.run(connection).await?)
}

/// The table in which sqlx records migrations, made as sqlx makes it.
const RECORD: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
         version BIGINT PRIMARY KEY,
         description TEXT NOT NULL,
         installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
         success BOOLEAN NOT NULL,
         checksum BLOB NOT NULL,
         execution_time BIGINT NOT NULL
     )";

const IS_RECORDED: &str =
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_sqlx_migrations'";

const APPLIED: &str = "SELECT version, checksum FROM _sqlx_migrations ORDER BY version";

const APPLY: &str =
    "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
     VALUES (?1, ?2, TRUE, ?3, 0)";

/// What only SQLite is to read; see the first migration.
const FOR_SQLITE: &str = "/* WITHOUT ROWID */";

/// Between these lines stands a comment whose text only SQLite is to read, for what the two cannot be told in the same words.
const ONLY_SQLITE: [&str; 2] = ["-- only SQLite:\n/*", "*/"];

/// Between these lines stands what only PostgreSQL is to read.
const ONLY_POSTGRES: [&str; 2] = ["-- only PostgreSQL:", "-- both:"];

/// Returns a migration as SQLite is to read it.
fn for_sqlite(sql: &str) -> String {
    let [begin, end] = ONLY_POSTGRES;
    let shared = between(sql, begin, end, |_| "");
    let [begin, end] = ONLY_SQLITE;
    between(&shared, begin, end, |text| text).replace(FOR_SQLITE, "WITHOUT ROWID")
}

/// Puts something in place of each text between two marks, and of the marks.
fn between<'s>(sql: &'s str, begin: &str, end: &str, put: fn(&'s str) -> &'s str) -> String {
    let (mut made, mut rest) = (String::with_capacity(sql.len()), sql);
    while let Some((before, after)) = rest.split_once(begin) {
        let (inside, after) = after.split_once(end).unwrap_or((after, ""));
        made.push_str(before);
        made.push_str(put(inside));
        rest = after;
    }
    made.push_str(rest);
    made
}

/// Brings a file of SQLite's up to date, in one transaction that other processes wait for.
pub(super) fn migrate_sqlite(
    connection: &mut Connection,
) -> Result<(), MigrationFailure<rusqlite::Error>> {
    // Most starts find nothing to do, and then write nothing.
    if pending(connection)?.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(RECORD)?;
    // Another process may have been first.
    for migration in pending(&transaction)? {
        transaction.execute_batch(&for_sqlite(migration.sql.as_str()))?;
        let applied = (
            migration.version,
            &*migration.description,
            &*migration.checksum,
        );
        transaction.execute(APPLY, applied)?;
    }
    Ok(transaction.commit()?)
}

/// Returns the migrations that are still to be applied, or the version of one that is not ours.
pub(super) fn pending(
    connection: &Connection,
) -> Result<Vec<&'static sqlx::migrate::Migration>, MigrationFailure<rusqlite::Error>> {
    let mut all = MIGRATIONS.iter();
    let is_recorded: Option<i64> = connection
        .query_row(IS_RECORDED, [], |row| row.get(0))
        .optional()?;
    if is_recorded.is_none() {
        return Ok(all.collect());
    }
    let mut applied = connection.prepare(APPLIED)?;
    let mut applied = applied.query([])?;
    while let Some(row) = applied.next()? {
        let (version, checksum): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let is_ours = all
            .next()
            .is_some_and(|ours| ours.version == version && *ours.checksum == *checksum);
        if !is_ours {
            return Err(MigrationFailure::MadeByAnotherVersion(version));
        }
    }
    Ok(all.collect())
}
