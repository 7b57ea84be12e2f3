//! Opening a store: which database, for what, and every way in which it fails. The remedy of each is in `text`.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::Settings;
use super::postgres::PostgresDatabase;
use super::reseal::missing_keys;
use super::seal::{SealKeys, Seals};
use super::session::{Database, Durability, Session};
use super::sqlite::SqliteDatabase;
use super::verbs::{SqlStore, verb};
use crate::ports::{Clock, IdSource, Store};
use futures_util::future::BoxFuture;

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To answer questions: on SQLite one process at a time.
    Serve,
    /// For a command that looks or mends while another process may serve.
    Beside,
}

/// Whose time decides on PostgreSQL when a lease ends. On SQLite it is always the clock's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseTime {
    /// The database's own, which all replicas share.
    Database,
    /// The clock's, which a test holds.
    Clock,
}

/// What is needed to open a store.
pub struct Opening<'a> {
    /// Which database.
    pub settings: &'a Settings,
    /// With which keys texts are sealed and opened.
    pub seals: &'a SealKeys,
    /// What for.
    pub access: Access,
    /// Whose time leases go by.
    pub lease_time: LeaseTime,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for the fences of leases.
    pub ids: Arc<dyn IdSource>,
}

/// Opens a store and brings its database up to date; a missing SQLite file is made, a missing PostgreSQL database is not.
///
/// # Errors
/// See [`OpenError`]: each variant is mended in another place.
pub async fn open(opening: Opening<'_>) -> Result<Arc<dyn Store>, OpenError> {
    let Opening {
        settings,
        seals,
        access,
        lease_time,
        clock,
        ids,
    } = opening;
    let seals = Arc::new(Seals::new(seals));
    let database = match settings {
        Settings::Sqlite(path) => {
            Database::Sqlite(SqliteDatabase::open(path, access, seals).await?)
        }
        Settings::Postgres(url) => {
            Database::Postgres(PostgresDatabase::open(url, lease_time, &*clock, seals).await?)
        }
    };
    let now = clock.now();
    let missing = database
        .write(
            Durability::Flushed,
            verb!(session => missing_keys(session, now)),
        )
        .await
        .map_err(OpenError::unusable)?;
    if !missing.is_empty() {
        return Err(OpenError::SealKeyMissing { names: missing });
    }
    Ok(Arc::new(SqlStore::new(database, clock, ids)))
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory of the SQLite file is not there, or is no directory.
    #[error("open the database: there is no directory {directory}", directory = directory.display())]
    DirectoryMissing {
        /// Which.
        directory: PathBuf,
    },
    /// The operating system refuses to open or make the file.
    #[error("open the database file {path}", path = path.display())]
    Refused {
        /// Which.
        path: PathBuf,
        /// What it says.
        #[source]
        source: io::Error,
    },
    /// Another process serves this file.
    #[error("open the database file {path}: another askwell serves it", path = path.display())]
    ServedAlready {
        /// Which.
        path: PathBuf,
    },
    /// The file is damaged, or is no SQLite database.
    #[error("read the database file {path}: it is damaged or no database", path = path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// A newer version of askwell has worked on the database.
    #[error("use the database: another version of askwell made it (migration {version})")]
    NewerDatabase {
        /// The migration this version does not have.
        version: i64,
    },
    /// Something may be sealed with keys that are not given.
    #[error("open what is sealed in the database: the keys {} are missing", names.join(", "))]
    SealKeyMissing {
        /// Their names.
        names: Vec<String>,
    },
    /// The address of the PostgreSQL server cannot be read. It is not shown, because it holds a password.
    #[error("read the address of the database")]
    AddressUnreadable,
    /// The PostgreSQL server cannot be reached.
    #[error("reach the database server")]
    Unreachable {
        /// What the driver says.
        #[source]
        source: sqlx::Error,
    },
    /// The PostgreSQL server was reached but did not answer in time.
    #[error("reach the database server: it does not answer")]
    Silent,
    /// The PostgreSQL server refuses the user or the password.
    #[error("log in to the database server")]
    LoginRefused {
        /// What it says.
        #[source]
        source: sqlx::Error,
    },
    /// The PostgreSQL server has no such database.
    #[error("find the database on its server")]
    DatabaseMissing {
        /// What it says.
        #[source]
        source: sqlx::Error,
    },
    /// The database could not be prepared: it is full, read-only, or locked by another program.
    #[error("prepare the database")]
    Unusable {
        /// What it says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl OpenError {
    pub(super) fn unusable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unusable {
            source: Box::new(source),
        }
    }
}
