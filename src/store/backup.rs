//! Copies of a SQLite file: made while another process serves it, looked at, and put in its place again.
//!
//! What is whole has its name, and nothing else has: a copy is written under another name, flushed, and renamed. Killed at any moment,
//! [`restore`] leaves the old database or the new one, and the old one besides under a name of its own.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::audit;
use super::migrate::{MigrationFailure, pending};
use super::open::OpenError;
use super::seal::{SealKeys, Seals};
use super::session::Session;
use super::sqlite::{is_damaged, lock_for_serving};
use crate::domain::audit::AuditVerdict;
use crate::domain::time::Timestamp;

/// How long a statement waits for a process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long it is waited until nobody else has the old database open.
const ALONE_WITHIN: Duration = Duration::from_secs(2);

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Bytes of the file.
    pub size_bytes: u64,
    /// Migrations that the next start applies to it.
    pub pending: usize,
    /// Questions, answered or not.
    pub questions: u64,
    /// Those among them that wait for their answer or for its end, and will be taken up.
    pub waiting: u64,
    /// Calls of models in the ledger.
    pub calls: u64,
    /// What its audit trail says of itself; `None` where it is older than the trail.
    pub trail: Option<AuditVerdict>,
    /// When the last thing in it happened; `None` where nothing has.
    pub newest: Option<Timestamp>,
}

/// What a restored database replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What is in place now.
    pub contents: Contents,
    /// Where the old one is kept; `None` where there was none.
    pub kept: Option<PathBuf>,
}

/// Why a database was not copied or restored.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// What is to be written is there already.
    #[error("write {path}: it is there already", path = path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// What is to be read is not there.
    #[error("read {path}: it is not there", path = path.display())]
    Missing {
        /// Which.
        path: PathBuf,
    },
    /// The system refuses to read or write a file.
    #[error("read or write {path}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What it says.
        #[source]
        source: io::Error,
    },
    /// The file is damaged, or is no database of askwell's.
    #[error("read {path}: {why}", path = path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The file is a database that is being used, whose last changes are in another file.
    #[error("read {path}: its last changes are in the file beside it", path = path.display())]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// Another process has the database that is to be replaced open.
    #[error("replace {path}: another process uses it", path = path.display())]
    Used {
        /// Which.
        path: PathBuf,
    },
    /// Another version of askwell made it.
    #[error("read a database that another version of askwell made (migration {version})")]
    NewerDatabase {
        /// The migration that this version does not have.
        version: i64,
    },
    /// The database could not be copied.
    #[error("copy the database")]
    Database(#[source] rusqlite::Error),
    /// The thread that copied it died of a defect of ours.
    #[error("copy the database: a part of the process died")]
    Died,
}

/// Writes a consistent copy of a database, which others may be writing, to a file that is not there yet; returns its bytes.
///
/// # Errors
/// See [`CopyError`]; nothing is left of a copy that failed.
pub async fn back_up(database: &Path, to: &Path) -> Result<u64, CopyError> {
    let (database, to) = (database.to_owned(), to.to_owned());
    blocking(move || back_up_blocking(&database, &to)).await
}

/// Reads a copy to its end, and says what it holds.
///
/// # Errors
/// See [`CopyError`].
pub async fn inspect(copy: &Path) -> Result<Contents, CopyError> {
    let copy = copy.to_owned();
    blocking(move || {
        refuse_in_use(&copy)?;
        look(&copy)
    })
    .await
}

/// Puts a copy in the place of a database that nobody serves, and keeps the old one beside it.
///
/// # Errors
/// See [`CopyError`]; the old database is then in its place.
pub async fn restore(database: &Path, copy: &Path, now: Timestamp) -> Result<Restored, CopyError> {
    let (database, copy) = (database.to_owned(), copy.to_owned());
    blocking(move || restore_blocking(&database, &copy, now, &mut |_| Ok(()))).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CopyError> + Send + 'static,
) -> Result<T, CopyError> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|_| CopyError::Died)?
}

fn refused(path: &Path) -> impl FnOnce(io::Error) -> CopyError {
    let path = path.to_owned();
    |source| match source.kind() {
        io::ErrorKind::AlreadyExists => CopyError::Exists { path },
        io::ErrorKind::NotFound => CopyError::Missing { path },
        _ => CopyError::File { path, source },
    }
}

/// Returns a path with something at its end.
fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Has a rename survive a power cut.
fn flush_directory(path: &Path) -> Result<(), CopyError> {
    let directory = directory_of(path);
    let flushed = File::open(directory).and_then(|directory| directory.sync_all());
    flushed.map_err(refused(directory))
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.write(true).mode(0o600)
}

fn back_up_blocking(database: &Path, to: &Path) -> Result<u64, CopyError> {
    // Opened first: what is not there shall leave no file.
    let connection = open_for_copying(database)?;
    // Its name is taken, so that nobody's file is replaced when the copy gets it.
    private(OpenOptions::new().create_new(true))
        .open(to)
        .map_err(refused(to))?;
    let unfinished = with_end(to, ".unfinished");
    let copied = copy_out(&connection, database, &unfinished).and_then(|size_bytes| {
        fs::rename(&unfinished, to).map_err(refused(to))?;
        flush_directory(to)?;
        Ok(size_bytes)
    });
    if copied.is_err() {
        // What cannot be removed either is empty, or says by its name what it is.
        fs::remove_file(&unfinished).ok();
        fs::remove_file(to).ok();
    }
    copied
}

fn open_for_copying(database: &Path) -> Result<Connection, CopyError> {
    fs::metadata(database).map_err(refused(database))?;
    let opened = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE);
    let connection = opened.map_err(|error| of_sqlite(database, error))?;
    let patient = connection.busy_timeout(BUSY_TIMEOUT);
    patient.map_err(|error| of_sqlite(database, error))?;
    Ok(connection)
}

/// Copies within one transaction that reads: others write on, and what they write is not part of it.
fn copy_out(connection: &Connection, database: &Path, to: &Path) -> Result<u64, CopyError> {
    private(OpenOptions::new().create(true).truncate(true))
        .open(to)
        .map_err(refused(to))?;
    let name = to.to_str().ok_or_else(|| {
        let source = io::Error::other("its name is not in UTF-8");
        refused(to)(source)
    })?;
    let copied = connection.execute("VACUUM INTO ?1", [name]);
    copied.map_err(|error| of_sqlite(database, error))?;
    // SQLite does not wait for the disk here.
    let copy = File::open(to).map_err(refused(to))?;
    copy.sync_all().map_err(refused(to))?;
    Ok(copy.metadata().map_err(refused(to))?.len())
}

fn of_sqlite(path: &Path, error: rusqlite::Error) -> CopyError {
    if is_damaged(&error) {
        return CopyError::Damaged {
            path: path.to_owned(),
            why: error.to_string(),
        };
    }
    CopyError::Database(error)
}

/// A file with a log beside it lacks what is in the log.
fn refuse_in_use(copy: &Path) -> Result<(), CopyError> {
    let size_bytes = fs::metadata(copy).map_err(refused(copy))?.len();
    if size_bytes == 0 {
        return Err(CopyError::Damaged {
            path: copy.to_owned(),
            why: "it is empty".to_owned(),
        });
    }
    let log = fs::metadata(with_end(copy, "-wal"));
    if log.is_ok_and(|log| log.len() > 0) {
        return Err(CopyError::InUse {
            path: copy.to_owned(),
        });
    }
    Ok(())
}

/// Reads a copy, which nobody writes, to its end.
fn look(copy: &Path) -> Result<Contents, CopyError> {
    let size_bytes = fs::metadata(copy).map_err(refused(copy))?.len();
    let connection = open_unchanging(copy)?;
    let looked = look_into(connection, size_bytes);
    looked.map_err(|flaw| match flaw {
        Flaw::Said(why) => CopyError::Damaged {
            path: copy.to_owned(),
            why,
        },
        Flaw::Sqlite(error) => of_sqlite(copy, error),
        Flaw::NewerDatabase(version) => CopyError::NewerDatabase { version },
    })
}

/// Opens a file that does not change: SQLite then makes no file beside it, and needs no right to.
fn open_unchanging(copy: &Path) -> Result<Connection, CopyError> {
    let absolute = fs::canonicalize(copy).map_err(refused(copy))?;
    let mut url = url::Url::from_file_path(&absolute).map_err(|()| {
        let source = io::Error::other("it has no address");
        refused(copy)(source)
    })?;
    url.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(url.as_str(), flags).map_err(|error| of_sqlite(copy, error))
}

/// What is wrong with a copy.
enum Flaw {
    Said(String),
    Sqlite(rusqlite::Error),
    NewerDatabase(i64),
}

impl From<rusqlite::Error> for Flaw {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<MigrationFailure<rusqlite::Error>> for Flaw {
    fn from(failure: MigrationFailure<rusqlite::Error>) -> Self {
        match failure {
            MigrationFailure::MadeByAnotherVersion(version) => Self::NewerDatabase(version),
            MigrationFailure::Database(error) => Self::Sqlite(error),
        }
    }
}

fn look_into(connection: Connection, size_bytes: u64) -> Result<Contents, Flaw> {
    let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        return Err(Flaw::Said(said));
    }
    if !has(&connection, "_sqlx_migrations")? || !has(&connection, "questions")? {
        return Err(Flaw::Said("it is no database of askwell's".to_owned()));
    }
    let pending = pending(&connection)?.len();
    let count = |table: &str, sql: &str| -> Result<u64, Flaw> {
        if !has(&connection, table)? {
            return Ok(0);
        }
        let rows: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        Ok(u64::try_from(rows).unwrap_or(0))
    };
    let questions = count("questions", "SELECT COUNT(*) FROM questions")?;
    let waiting = count("jobs", WAITING)?;
    let calls = count("calls", "SELECT COUNT(*) FROM calls")?;
    let has_trail = has(&connection, "audit_end")?;
    let newest = newest(&connection, has_trail)?;
    Ok(Contents {
        size_bytes,
        pending,
        questions,
        waiting,
        calls,
        trail: has_trail.then(|| verify(connection)).transpose()?,
        newest,
    })
}

const WAITING: &str = "SELECT COUNT(*) FROM jobs WHERE state IN ('ready', 'run')";

fn has(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    const IS_THERE: &str = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    connection.query_row(IS_THERE, [table], |row| Ok(row.get::<_, i64>(0)? > 0))
}

fn newest(connection: &Connection, has_trail: bool) -> rusqlite::Result<Option<Timestamp>> {
    let of = |sql| connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
    let mut newest = of("SELECT MAX(MAX(asked_at, COALESCE(concluded_at, 0))) FROM questions")?;
    if has_trail {
        newest = newest.max(of("SELECT MAX(at) FROM audit")?);
    }
    Ok(newest.map(Timestamp::from_micros))
}

fn verify(connection: Connection) -> Result<AuditVerdict, Flaw> {
    // The trail is not sealed.
    let seals = Arc::new(Seals::new(&SealKeys::default()));
    let mut session = Session::Sqlite(connection, seals);
    let verified = audit::verify(&mut session).now_or_never();
    match verified {
        Some(Ok(verdict)) => Ok(verdict),
        Some(Err(error)) => Err(Flaw::Said(error.to_string())),
        None => Err(Flaw::Said("its audit trail cannot be read".to_owned())),
    }
}

/// A step of [`restore_blocking`] that is done; a test breaks off after each, as a kill does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Prepared,
    PutAside,
    Replaced,
}

fn restore_blocking(
    database: &Path,
    copy: &Path,
    now: Timestamp,
    after: &mut dyn FnMut(Step) -> Result<(), CopyError>,
) -> Result<Restored, CopyError> {
    refuse_in_use(copy)?;
    let serving = lock_for_serving(database).map_err(|error| match error {
        OpenError::Refused { path, source } => refused(&path)(source),
        _ => CopyError::Used {
            path: database.to_owned(),
        },
    })?;
    let prepared = with_end(database, ".restoring");
    // What is put in place is what was looked at, whatever becomes of the copy meanwhile.
    let looked = copy_in(copy, &prepared).and_then(|()| look(&prepared));
    let contents = looked.inspect_err(|_| {
        fs::remove_file(&prepared).ok();
    })?;
    after(Step::Prepared)?;
    let kept = put_aside(database, now)?;
    after(Step::PutAside)?;
    fs::rename(&prepared, database).map_err(refused(database))?;
    flush_directory(database)?;
    after(Step::Replaced)?;
    drop(serving);
    Ok(Restored { contents, kept })
}

fn copy_in(copy: &Path, prepared: &Path) -> Result<(), CopyError> {
    let mut from = File::open(copy).map_err(refused(copy))?;
    let mut to = private(OpenOptions::new().create(true).truncate(true))
        .open(prepared)
        .map_err(refused(prepared))?;
    io::copy(&mut from, &mut to).map_err(refused(prepared))?;
    to.sync_all().map_err(refused(prepared))
}

/// Gives the old database a second name under which it stays. Its first one is free then, and nothing of its log is left there that
/// SQLite would take for the new one's.
fn put_aside(database: &Path, now: Timestamp) -> Result<Option<PathBuf>, CopyError> {
    match fs::metadata(database) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(database)(error)),
    }
    take_log_in(database)?;
    let kept = with_end(database, &format!(".before-{}", now.as_micros()));
    if fs::hard_link(database, &kept).is_err() {
        // Not every file system has a second name for a file.
        copy_in(database, &kept)?;
    }
    for end in ["-wal", "-shm"] {
        match fs::rename(with_end(database, end), with_end(&kept, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(refused(&with_end(database, end))(error));
            }
            _ => {}
        }
    }
    flush_directory(database)?;
    Ok(Some(kept))
}

/// Brings what is in the log into the file, so that it is whole by itself. One that is damaged stays as it is, with its log.
fn take_log_in(database: &Path) -> Result<(), CopyError> {
    let taken = || {
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(ALONE_WITHIN)?;
        connection.pragma_update(None, "journal_mode", "DELETE")
    };
    match taken() {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
            Err(CopyError::Used {
                path: database.to_owned(),
            })
        }
        // It is replaced because it is broken.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
