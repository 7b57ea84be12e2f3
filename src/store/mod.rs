//! What is remembered, on SQLite or PostgreSQL: the same verbs, nearly all of them the same SQL.
//!
//! [`open`] connects, migrates, and gives the [`crate::ports::Store`]. Its verbs are in `verbs`, one page a subject
//! (`admit`, `claim`, `work`, `control`, `recall`, `hearing`, `dead`, `summaries`, `ledger` with `books` and `usage`, `audit`, `door`, `figures`, `privacy` with `scrub`, `reseal`), written once for both databases as statements that `session` runs in a
//! transaction. What differs: `postgres` connects through sqlx; `sqlite` calls SQLite on threads of its own (`sqlite_worker`), where
//! verbs that wait together share a commit and rows are written one by one (`sqlite_statement`; ADR 7); the few statements
//! that need a lock on PostgreSQL carry it visibly (`statement::locking`); and `admit` numbers the jobs of a lane differently.
//! `examine` looks at a database without changing it, `backup` copies one and puts a copy in its place. `row` turns rows into nouns and back, `seal` encrypts what of them is people's.
//!
//! A crash costs nothing that was returned as done, but for claims and renewals, whose commit does not wait for the disk.

mod admit;
mod audit;
mod backup;
mod books;
mod channels;
mod claim;
mod control;
mod dead;
mod deeds;
mod door;
mod examine;
mod figures;
mod hearing;
mod ledger;
mod ledger_verbs;
mod migrate;
mod open;
mod postgres;
mod privacy;
mod privacy_verbs;
mod recall;
mod reseal;
mod row;
mod runs;
mod scrub;
mod seal;
mod session;
mod sqlite;
mod sqlite_statement;
mod sqlite_worker;
mod statement;
mod summaries;
mod trail;
mod usage;
mod verbs;
mod work;

use std::path::PathBuf;

use secrecy::SecretString;

pub use admit::ROWS_PER_STATEMENT;
pub use backup::{Contents, CopyError, Restored, back_up, inspect, restore};
pub use claim::FURTHEST_RETRY;
pub use examine::{Examined, examine};
pub use open::{Access, LeaseTime, OpenError, Opening, open};
pub use seal::{SealKey, SealKeys};

/// Which database, from `ASKWELL_DATABASE`.
#[derive(Clone, Debug)]
pub enum Settings {
    /// `sqlite:PATH`: the embedded default. One process at a time.
    Sqlite(PathBuf),
    /// `postgres://…`, which holds a password.
    Postgres(SecretString),
}
