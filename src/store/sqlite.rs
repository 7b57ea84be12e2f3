//! SQLite: one file, one writing connection, a few that read.
//!
//! WAL with `synchronous=FULL`: a commit that waits for the disk survives a power cut (with NORMAL a WAL is not synced at
//! commit). Only one connection writes, because SQLite has one writer anyway and waiting for it here is fair.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Pool, Sqlite, SqliteConnection, Transaction};

use super::migrate::{MIGRATIONS, MigrationFailure};
use super::open::{Access, OpenError};
use super::session::Durability;

/// How many connections read. Reading is brief; this is for a page of figures beside the work.
const READERS: u32 = 4;

/// How long a statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// To how many bytes the WAL is cut back after it has grown.
const WAL_KEPT_BYTES: u32 = 16 * 1024 * 1024;

/// A file of SQLite's, open.
pub(super) struct SqliteDatabase {
    writer: Pool<Sqlite>,
    readers: Pool<Sqlite>,
    /// Held by the one process that serves; the operating system takes it back when that process ends, however it ends.
    serving: Option<File>,
}

impl SqliteDatabase {
    /// Opens a file, made if it is missing, and brings it up to date.
    pub(super) async fn open(path: &Path, access: Access) -> Result<Self, OpenError> {
        make_private(path)?;
        let serving = match access {
            Access::Serve => Some(lock_for_serving(path)?),
            Access::Beside => None,
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            // What people erase is gone from the file, not only from its index.
            .pragma("secure_delete", "ON")
            .pragma("journal_size_limit", WAL_KEPT_BYTES.to_string())
            .disable_statement_logging();
        migrate(path, &options).await?;
        let readers = PoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .connect_lazy_with(options.clone().read_only(true));
        let writer = PoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .test_before_acquire(false)
            // SQLite may roll back by itself (a full disk), and sqlx then believes forever that a transaction is open: such a
            // connection is replaced.
            .before_acquire(|connection: &mut SqliteConnection, _| {
                let clean = !connection.is_in_transaction();
                Box::pin(async move { Ok(clean) })
            })
            .connect_lazy_with(options);
        Ok(Self {
            writer,
            readers,
            serving,
        })
    }

    /// Whether no other process can be working on questions.
    pub(super) fn is_served_by_us(&self) -> bool {
        self.serving.is_some()
    }

    /// Begins a transaction that reads.
    pub(super) async fn read(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.readers.begin().await
    }

    /// Begins a transaction that writes.
    ///
    /// The level is set together with every beginning, in one call: it cannot be left at the wrong one, whatever was dropped
    /// or failed before.
    pub(super) async fn write(
        &self,
        durability: Durability,
    ) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        let begin = match durability {
            Durability::Flushed => "PRAGMA synchronous = FULL; BEGIN IMMEDIATE",
            Durability::Lazy => "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE",
        };
        self.writer.begin_with(begin).await
    }
}

/// Makes the file, readable by nobody else, if it is missing; SQLite gives its other files the same mode.
fn make_private(path: &Path) -> Result<(), OpenError> {
    let refused = |source: io::Error| OpenError::Refused {
        path: path.to_owned(),
        source,
    };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !directory.is_dir() {
        return Err(OpenError::DirectoryMissing {
            directory: directory.to_owned(),
        });
    }
    private_file().open(path).map_err(refused)?;
    Ok(())
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The file whose lock says that a process serves this database. A file of its own: closing any handle of the database's file
/// would drop SQLite's own locks on it.
fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn lock_for_serving(path: &Path) -> Result<File, OpenError> {
    let lock_path = lock_path(path);
    let refused = |source: io::Error| OpenError::Refused {
        path: lock_path.clone(),
        source,
    };
    let file = private_file().open(&lock_path).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::ServedAlready {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(refused(source)),
    }
}

/// Brings the file up to date, in one transaction that other processes wait for.
async fn migrate(path: &Path, options: &SqliteConnectOptions) -> Result<(), OpenError> {
    let migrated = async {
        let mut connection = SqliteConnection::connect_with(options).await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        MIGRATIONS.run(&mut *transaction).await?;
        transaction.commit().await?;
        connection.close().await?;
        Ok(())
    };
    migrated.await.map_err(|failure| match failure {
        MigrationFailure::MadeByAnotherVersion(version) => OpenError::NewerDatabase { version },
        MigrationFailure::Database(source) if is_damaged(&source) => OpenError::Damaged {
            path: path.to_owned(),
            source,
        },
        MigrationFailure::Database(source) => OpenError::Unusable { source },
    })
}

impl From<sqlx::Error> for MigrationFailure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// Whether SQLite says that the file is damaged (`SQLITE_CORRUPT`) or none of its own (`SQLITE_NOTADB`).
fn is_damaged(error: &sqlx::Error) -> bool {
    const SQLITE_CORRUPT: i32 = 11;
    const SQLITE_NOTADB: i32 = 26;
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .and_then(|code| code.parse::<i32>().ok())
        // The low byte is the kind, the rest its details.
        .map(|code| code & 0xff);
    matches!(code, Some(SQLITE_CORRUPT | SQLITE_NOTADB))
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::super::recall::start_afresh;
    use super::super::session::Session;
    use super::*;
    use crate::domain::conversation::ConversationKey;
    use crate::domain::id::ServerId;
    use crate::domain::time::Timestamp;
    use crate::ports::StoreError;

    impl SqliteDatabase {
        /// Lets the file grow to this many pages, as a disk would.
        async fn limit_pages(&self, pages: u32) {
            let sql = AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
            sqlx::query(sql).execute(&self.writer).await.unwrap();
        }

        /// Writes about a megabyte.
        async fn write_much(&self, number: u32) -> Result<(), StoreError> {
            let conversation =
                ConversationKey::from_stored(format!("{number}{}", "x".repeat(1_000_000)));
            let server = ServerId::parse("main").unwrap();
            let transaction = self.write(Durability::Flushed).await;
            let mut session = Session::Sqlite(transaction.unwrap());
            start_afresh(&mut session, &server, &conversation, Timestamp::EPOCH).await?;
            session.commit().await
        }
    }

    async fn database(directory: &tempfile::TempDir) -> SqliteDatabase {
        let path = directory.path().join("askwell.db");
        SqliteDatabase::open(&path, Access::Serve).await.unwrap()
    }

    /// Writes about a megabyte where the file may have a thousand pages: four.
    async fn write_much_to_a_small_disk(
        database: &SqliteDatabase,
        number: u32,
    ) -> Result<(), StoreError> {
        // Every time, because the limit belongs to a connection, and a failed one may have been replaced.
        database.limit_pages(1_000).await;
        database.write_much(number).await
    }

    #[tokio::test]
    async fn a_full_disk_fails_writes_until_it_has_space_again() {
        let directory = tempfile::TempDir::new().unwrap();
        let database = database(&directory).await;
        let mut number = 0;
        while write_much_to_a_small_disk(&database, number).await.is_ok() {
            number += 1;
            assert!(
                number < 10,
                "ten megabytes do not fit into a thousand pages"
            );
        }
        for number in [number, number + 1] {
            let full = write_much_to_a_small_disk(&database, number).await;
            assert!(matches!(full, Err(StoreError::Unavailable(_))), "{full:?}");
        }
        database.limit_pages(100_000).await;
        database.write_much(number).await.unwrap();
    }

    #[tokio::test]
    async fn each_transaction_waits_for_the_disk_as_it_says() {
        const LEVEL: &str = "SELECT synchronous FROM pragma_synchronous";
        let directory = tempfile::TempDir::new().unwrap();
        let database = database(&directory).await;
        for (durability, level) in [
            (Durability::Flushed, 2),
            (Durability::Lazy, 1),
            (Durability::Lazy, 1),
            (Durability::Flushed, 2),
        ] {
            let mut transaction = database.write(durability).await.unwrap();
            let found: i64 = sqlx::query_scalar(LEVEL)
                .fetch_one(&mut *transaction)
                .await
                .unwrap();
            assert_eq!(found, level, "{durability:?}");
        }
    }

    #[tokio::test]
    async fn a_transaction_that_sqlite_rolled_back_by_itself_blocks_no_later_one() {
        let directory = tempfile::TempDir::new().unwrap();
        let database = database(&directory).await;
        let mut transaction = database.write(Durability::Flushed).await.unwrap();
        sqlx::query("ROLLBACK")
            .execute(&mut *transaction)
            .await
            .unwrap();
        assert!(transaction.commit().await.is_err());
        database.write_much(1).await.unwrap();
    }
}
