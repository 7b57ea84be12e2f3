//! Which database.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::config::fault::Fault;
use crate::config::raw::Values;
use crate::config::reference::{DATABASE_OLD_SEAL_KEYS, DATABASE_SEAL_KEY, DATABASE_URL, Key};
use crate::store::{SealKey, SealKeys, Settings};

pub(super) fn settings(values: &Values, directory: &Path) -> Option<Settings> {
    let written = values.secret(&DATABASE_URL)?;
    let settings = parse(&written, directory);
    if settings.is_none() {
        values.report(&DATABASE_URL, Fault::Database);
    }
    settings
}

/// Returns the keys with which texts are sealed.
pub(super) fn seals(values: &Values) -> SealKeys {
    let read = |key: &'static Key, written: &SecretString| {
        let parsed = SealKey::parse(written);
        if parsed.is_none() {
            values.report(key, Fault::SealKey);
        }
        parsed
    };
    let current = values.secret(&DATABASE_SEAL_KEY);
    let old = values.secrets(&DATABASE_OLD_SEAL_KEYS);
    SealKeys {
        current: current.and_then(|written| read(&DATABASE_SEAL_KEY, &written)),
        old: old
            .iter()
            .filter_map(|written| read(&DATABASE_OLD_SEAL_KEYS, written))
            .collect(),
    }
}

fn parse(written: &SecretString, directory: &Path) -> Option<Settings> {
    let text = written.expose_secret();
    match text.split_once(':')? {
        ("sqlite", path) => {
            let path = path.strip_prefix("//").unwrap_or(path);
            // `:memory:` would forget accepted questions, and options in the address would undo what durability needs.
            let usable = !path.is_empty() && !path.starts_with(':') && !path.contains('?');
            usable.then(|| Settings::Sqlite(directory.join(path)))
        }
        ("postgres" | "postgresql", _) => {
            Url::parse(text).ok()?;
            Some(Settings::Postgres(written.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<String> {
        match parse(&SecretString::from(text), Path::new("/srv"))? {
            Settings::Sqlite(path) => Some(path.display().to_string()),
            Settings::Postgres(_) => Some("postgres".to_owned()),
        }
    }

    #[test]
    fn a_database_is_a_file_or_a_postgresql_server() {
        assert_eq!(kind("sqlite:a.db").as_deref(), Some("/srv/a.db"));
        assert_eq!(kind("sqlite:///var/a.db").as_deref(), Some("/var/a.db"));
        assert_eq!(kind("postgres://u:p@h/n").as_deref(), Some("postgres"));
        assert_eq!(kind("postgresql://h/n").as_deref(), Some("postgres"));
        for text in [
            "sqlite:",
            "sqlite::memory:",
            "sqlite:a.db?mode=ro",
            "postgres:",
            "mysql://h/n",
            "a.db",
        ] {
            assert!(kind(text).is_none_or(|_| text == "postgres:"), "{text}");
        }
    }
}
