//! What is remembered, on SQLite or PostgreSQL: the same verbs, nearly all of them the same SQL.

use std::path::PathBuf;

use secrecy::SecretString;

/// Which database, from `ASKWELL_DATABASE`.
#[derive(Clone, Debug)]
pub enum Settings {
    /// `sqlite:PATH`: the embedded default. One process at a time.
    Sqlite(PathBuf),
    /// `postgres://…`, which holds a password.
    Postgres(SecretString),
}
