//! SQLite: one file, one connection that writes, a few that read, each on a thread of its own.
//!
//! WAL with `synchronous=FULL`: a commit that waits for the disk survives a power cut (with NORMAL a WAL is not synced at
//! commit). Only one connection writes, because SQLite has one writer anyway and waiting for it here is fair.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migrate::{MigrationFailure, migrate_sqlite};
use super::open::{Access, OpenError};
use super::seal::Seals;
use super::session::{Durability, Verb};
use super::sqlite_worker::{Purpose, Worker};
use crate::ports::StoreError;

/// How many connections read. Reading is brief; the second is for a page of figures beside the work.
const READERS: usize = 2;

/// How long a statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a new file is tried to be given a log; each time but the first, another process has just done something to it.
const LOG_TRIES: u32 = 20;

/// How many statements a connection keeps prepared: more than there are.
const PREPARED: usize = 128;

/// How much of the file a connection holds in memory at most; it grows with what is touched.
const CACHE_KIBIBYTES: i64 = 8 * 1024;

/// After how many pages the WAL is written into the file: a page that changes often is then written once for many commits.
const CHECKPOINT_PAGES: u32 = 4_000;

/// To how many bytes the WAL is cut back after it has grown beyond what a checkpoint needs. Cut shorter, it would be given its blocks
/// anew each time.
const WAL_KEPT_BYTES: u32 = 32 * 1024 * 1024;

/// A file of SQLite's, open.
///
/// Dropped in this order: the last connection that is closed puts the WAL into the file and must be one that writes, and who serves is
/// another's to say only after all are closed.
pub(super) struct SqliteDatabase {
    readers: [Worker; READERS],
    next_reader: AtomicUsize,
    writer: Worker,
    /// Held by the one process that serves; the operating system takes it back when that process ends, however it ends.
    serving: Option<File>,
}

impl SqliteDatabase {
    /// Opens a file, made if it is missing, and brings it up to date.
    pub(super) async fn open(
        path: &Path,
        access: Access,
        seals: Arc<Seals>,
    ) -> Result<Self, OpenError> {
        let path = path.to_owned();
        let opened =
            tokio::task::spawn_blocking(move || Self::open_blocking(&path, access, &seals));
        opened.await.map_err(OpenError::unusable)?
    }

    fn open_blocking(path: &Path, access: Access, seals: &Arc<Seals>) -> Result<Self, OpenError> {
        make_private(path)?;
        let serving = match access {
            Access::Serve => Some(lock_for_serving(path)?),
            Access::Beside => None,
        };
        let prepared = || {
            let mut writer = connect(path, Purpose::Write)?;
            migrate_sqlite(&mut writer)?;
            Ok((
                writer,
                connect(path, Purpose::Read)?,
                connect(path, Purpose::Read)?,
            ))
        };
        let (writer, first, second) = prepared().map_err(|failure| match failure {
            MigrationFailure::MadeByAnotherVersion(version) => OpenError::NewerDatabase { version },
            MigrationFailure::Database(source) if is_damaged(&source) => OpenError::Damaged {
                path: path.to_owned(),
                source,
            },
            MigrationFailure::Database(source) => OpenError::unusable(source),
        })?;
        let start = |connection, purpose| {
            Worker::start(connection, purpose, Arc::clone(seals)).map_err(OpenError::unusable)
        };
        Ok(Self {
            writer: start(writer, Purpose::Write)?,
            readers: [start(first, Purpose::Read)?, start(second, Purpose::Read)?],
            next_reader: AtomicUsize::new(0),
            serving,
        })
    }

    /// Whether no other process can be working on questions.
    pub(super) fn is_served_by_us(&self) -> bool {
        self.serving.is_some()
    }

    /// Runs a verb that reads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        verb: impl Verb<T>,
    ) -> Result<T, StoreError> {
        let turn = self.next_reader.fetch_add(1, Ordering::Relaxed) % READERS;
        let reader = self.readers.get(turn).unwrap_or(&self.writer);
        reader.run(Durability::Lazy, verb).await
    }

    /// Runs a verb that writes.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        verb: impl Verb<T>,
    ) -> Result<T, StoreError> {
        self.writer.run(durability, verb).await
    }

    /// Puts the log into the file and cuts it to nothing.
    pub(super) async fn empty_log(&self) -> Result<(), StoreError> {
        self.writer.run_alone(empty_log).await
    }

    /// Writes the whole file anew, so that nothing is left in it of what was erased; whoever wants to write waits meanwhile.
    pub(super) async fn write_anew(&self) -> Result<(), StoreError> {
        self.writer.run_alone(write_anew).await
    }
}

fn empty_log(connection: &Connection) -> rusqlite::Result<()> {
    let is_busy: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy {
        // Somebody read for longer than a statement waits.
        let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(busy, None));
    }
    Ok(())
}

/// The copy that SQLite makes lies on the disk, in its directory for temporary files: memory may not hold it.
fn write_anew(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "temp_store", "FILE")?;
    let written = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    written?;
    empty_log(connection)
}

/// Opens a connection, which belongs to one thread at a time.
fn connect(path: &Path, purpose: Purpose) -> Result<Connection, MigrationFailure<rusqlite::Error>> {
    let access = match purpose {
        Purpose::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Purpose::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    connection.pragma_update(None, "cache_size", -CACHE_KIBIBYTES)?;
    if purpose == Purpose::Write {
        keep_a_log(&connection)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // What a savepoint could give back is kept in memory, not in a file of its own.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        // What people erase is gone from the file, not only from its index.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.pragma_update(None, "journal_size_limit", WAL_KEPT_BYTES)?;
    }
    Ok(connection)
}

/// Has what is written go to a write-ahead log. Processes that do this at once to a new file are told that it is locked without having
/// waited, lest they wait for each other; each then waits for the other's transaction to end, and tries again.
fn keep_a_log(connection: &Connection) -> rusqlite::Result<()> {
    for _ in 1..LOG_TRIES {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
            }
            done => return done,
        }
    }
    connection.pragma_update(None, "journal_mode", "WAL")
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

pub(super) fn lock_for_serving(path: &Path) -> Result<File, OpenError> {
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

/// Whether SQLite says that the file is damaged or none of its own.
pub(super) fn is_damaged(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

#[cfg(test)]
mod tests {
    use futures_util::future::{BoxFuture, join_all};

    use super::super::recall::start_afresh;
    use super::super::seal::SealKeys;
    use super::super::session::Session;
    use super::*;
    use crate::domain::conversation::ConversationKey;
    use crate::domain::id::ServerId;
    use crate::domain::time::Timestamp;

    fn connection(session: &Session) -> &Connection {
        match session {
            Session::Sqlite(connection, _) => connection,
            Session::Postgres(..) => unreachable!("these tests are of SQLite"),
        }
    }

    /// Writes about as many bytes as `length`, and then fails where it is to.
    fn write(number: u32, length: usize, fails: bool) -> impl Verb<()> {
        move |session: &mut Session| -> BoxFuture<'_, Result<(), StoreError>> {
            Box::pin(async move {
                let text = format!("{number}{}", "x".repeat(length));
                let conversation = ConversationKey::from_stored(text);
                let server = ServerId::parse("main").unwrap();
                start_afresh(session, &server, &conversation, Timestamp::EPOCH).await?;
                if fails {
                    return Err(StoreError::LeaseLost);
                }
                Ok(())
            })
        }
    }

    /// Runs plain SQL, in the transaction of a verb.
    fn query(sql: &'static str) -> impl Verb<i64> {
        move |session: &mut Session| -> BoxFuture<'_, Result<i64, StoreError>> {
            let found = connection(session).query_row(sql, [], |row| row.get(0));
            Box::pin(async move { found.map_err(|error| StoreError::Unavailable(Box::new(error))) })
        }
    }

    /// Rolls back, as SQLite may do by itself.
    fn roll_back() -> impl Verb<()> {
        |session: &mut Session| -> BoxFuture<'_, Result<(), StoreError>> {
            connection(session).execute_batch("ROLLBACK").unwrap();
            Box::pin(async { Ok(()) })
        }
    }

    fn panics() -> impl Verb<()> {
        |_: &mut Session| -> BoxFuture<'_, Result<(), StoreError>> { panic!("as a defect would") }
    }

    async fn database(directory: &tempfile::TempDir) -> SqliteDatabase {
        let path = directory.path().join("askwell.db");
        let seals = Arc::new(Seals::new(&SealKeys::default()));
        SqliteDatabase::open(&path, Access::Serve, seals)
            .await
            .unwrap()
    }

    const MEGABYTE: usize = 1_000_000;

    #[tokio::test]
    async fn a_full_disk_fails_writes_until_it_has_space_again() {
        let directory = tempfile::TempDir::new().unwrap();
        let database = database(&directory).await;
        let full = |number| database.write(Durability::Flushed, write(number, MEGABYTE, false));
        // Lets the file grow to a thousand pages: four megabytes.
        database
            .write(Durability::Lazy, query("PRAGMA max_page_count = 1000"))
            .await
            .unwrap();
        let mut number = 0;
        while full(number).await.is_ok() {
            number += 1;
            assert!(
                number < 10,
                "ten megabytes do not fit into a thousand pages"
            );
        }
        for number in [number, number + 1] {
            let full = full(number).await;
            assert!(matches!(full, Err(StoreError::Unavailable(_))), "{full:?}");
        }
        database
            .write(Durability::Lazy, query("PRAGMA max_page_count = 100000"))
            .await
            .unwrap();
        full(number).await.unwrap();
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
            let found = database.write(durability, query(LEVEL)).await.unwrap();
            assert_eq!(found, level, "{durability:?}");
        }
    }

    #[tokio::test]
    async fn verbs_that_share_a_commit_fail_alone() {
        const COUNT: &str = "SELECT COUNT(*) FROM conversations";
        let directory = tempfile::TempDir::new().unwrap();
        let database = database(&directory).await;
        let verbs = (0..100)
            .map(|number| database.write(Durability::Flushed, write(number, 1, number % 3 == 0)));
        let results = join_all(verbs).await;
        for (number, result) in results.iter().enumerate() {
            assert_eq!(result.is_err(), number % 3 == 0, "{number}: {result:?}");
        }
        assert_eq!(database.read(query(COUNT)).await.unwrap(), 66);
    }

    #[tokio::test]
    async fn a_transaction_that_sqlite_rolled_back_by_itself_commits_nothing_and_blocks_no_later_one()
     {
        const COUNT: &str = "SELECT COUNT(*) FROM conversations";
        let directory = tempfile::TempDir::new().unwrap();
        let database = database(&directory).await;
        let (before, itself, after) = futures_util::join!(
            database.write(Durability::Flushed, write(1, 1, false)),
            database.write(Durability::Flushed, roll_back()),
            database.write(Durability::Flushed, write(2, 1, false)),
        );
        assert!(
            matches!(itself, Err(StoreError::Unavailable(_))),
            "{itself:?}"
        );
        // Whether the others shared its transaction is chance; what they were told is true.
        let kept = [before, after].iter().filter(|told| told.is_ok()).count();
        assert_eq!(
            database.read(query(COUNT)).await.unwrap(),
            i64::try_from(kept).unwrap()
        );
        database
            .write(Durability::Flushed, write(3, 1, false))
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_verb_that_panics_fails_alone() {
        let directory = tempfile::TempDir::new().unwrap();
        let database = database(&directory).await;
        let told = database.write(Durability::Flushed, panics()).await;
        assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
        database
            .write(Durability::Flushed, write(1, 1, false))
            .await
            .unwrap();
    }
}
