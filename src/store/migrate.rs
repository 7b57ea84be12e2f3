//! The shape of the database, brought up to date by migrations that only move forward and are the same for both databases.

use sqlx::migrate::{MigrateError, Migrator};

/// All migrations, embedded. Applied ones are recorded in `_sqlx_migrations` and never change again.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations");

/// Why the database could not be brought up to date.
#[derive(Debug)]
pub(super) enum MigrationFailure {
    /// It holds a migration that this version does not have, or has otherwise.
    MadeByAnotherVersion(i64),
    /// A statement failed.
    Database(sqlx::Error),
}

impl From<MigrateError> for MigrationFailure {
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
