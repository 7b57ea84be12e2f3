//! Looks at a database without changing it, for `askwell doctor`: is it there, is it whole, whose version made it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::Settings;
use super::migrate::{MigrationFailure, pending};
use crate::ports::{Clock, timeout};

/// Reading a whole file to see whether it is whole, at most. A larger one is not read to its end.
const LOOK_WITHIN: Duration = Duration::from_secs(30);

/// How a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Examined {
    /// There is no file yet; the next start makes it.
    Missing,
    /// It is whole.
    Whole {
        /// Bytes of the file.
        size_bytes: u64,
        /// Migrations that the next start applies.
        pending: usize,
    },
    /// Nobody looked, because it was too large, or because its server looks after it.
    NotLookedAt,
    /// It is damaged, or no database.
    Damaged,
    /// Another version of askwell has worked on it.
    MadeByAnotherVersion {
        /// The migration that this version does not have.
        version: i64,
    },
    /// It cannot be read.
    Unreadable {
        /// What the system or SQLite says.
        why: String,
    },
}

/// Looks at a database. On PostgreSQL, whose server looks after its own files, only opening it tells more.
pub async fn examine(settings: &Settings, clock: &dyn Clock) -> Examined {
    let Settings::Sqlite(path) = settings else {
        return Examined::NotLookedAt;
    };
    let size_bytes = match tokio::fs::metadata(path).await {
        Ok(file) => file.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Examined::Missing,
        Err(error) => {
            return Examined::Unreadable {
                why: error.to_string(),
            };
        }
    };
    let connection = match open(path) {
        Ok(connection) => connection,
        Err(error) => return unreadable(&error),
    };
    let interrupt = Arc::new(connection.get_interrupt_handle());
    let looking = tokio::task::spawn_blocking(move || look(&connection, size_bytes));
    match timeout(clock, LOOK_WITHIN, looking).await {
        Ok(Ok(examined)) => examined,
        Ok(Err(_)) => Examined::NotLookedAt,
        Err(_elapsed) => {
            // What is still being read ends at the next page.
            interrupt.interrupt();
            Examined::NotLookedAt
        }
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

fn look(connection: &Connection, size_bytes: u64) -> Examined {
    let is_whole = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match is_whole {
        Ok(said) if said == "ok" => {}
        Ok(_) => return Examined::Damaged,
        Err(error) => return unreadable(&error),
    }
    match pending(connection) {
        Ok(pending) => Examined::Whole {
            size_bytes,
            pending: pending.len(),
        },
        Err(MigrationFailure::MadeByAnotherVersion(version)) => {
            Examined::MadeByAnotherVersion { version }
        }
        Err(MigrationFailure::Database(error)) => unreadable(&error),
    }
}

fn unreadable(error: &rusqlite::Error) -> Examined {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Examined::Damaged,
        Some(ErrorCode::OperationInterrupted) => Examined::NotLookedAt,
        _ => Examined::Unreadable {
            why: error.to_string(),
        },
    }
}
