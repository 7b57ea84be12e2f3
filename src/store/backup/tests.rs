//! Copies that are made, broken, put in place, and killed at each step of it.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

const THEN: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// A database of our own, in which a conversation has this name.
fn database_with(path: &Path, name: &str) {
    const NAME: &str =
        "INSERT INTO conversations (server_id, conversation, afresh_at) VALUES ('main', ?1, 1)";
    private(OpenOptions::new().create(true).truncate(false))
        .open(path)
        .unwrap();
    let mut connection = Connection::open(path).unwrap();
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .unwrap();
    crate::store::migrate::migrate_sqlite(&mut connection)
        .map_err(|_| "a fresh database takes every migration")
        .unwrap();
    connection.execute(NAME, [name]).unwrap();
}

fn name_in(path: &Path) -> String {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT group_concat(conversation) FROM conversations";
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

struct Shelf {
    directory: tempfile::TempDir,
}

impl Shelf {
    /// An old database and a copy of a new one.
    fn with_both() -> Self {
        let shelf = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        database_with(&shelf.at("askwell.db"), "old");
        database_with(&shelf.at("new.db"), "new");
        back_up_blocking(&shelf.at("new.db"), &shelf.at("copy.db")).unwrap();
        shelf
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

#[test]
fn a_copy_is_for_its_owner_alone_and_replaces_nothing() {
    let shelf = Shelf::with_both();
    let copy = shelf.at("copy.db");
    assert_eq!(
        fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(!shelf.at("copy.db.unfinished").exists());
    let again = back_up_blocking(&shelf.at("askwell.db"), &copy);
    assert!(matches!(again, Err(CopyError::Exists { .. })), "{again:?}");
    assert_eq!(name_in(&copy), "new");
    let nothing = back_up_blocking(&shelf.at("nothing.db"), &shelf.at("other.db"));
    assert!(
        matches!(nothing, Err(CopyError::Missing { .. })),
        "{nothing:?}"
    );
    assert!(!shelf.at("other.db").exists());
}

#[test]
fn a_copy_that_fails_leaves_no_file() {
    let shelf = Shelf::with_both();
    fs::write(
        shelf.at("askwell.db"),
        "notes, and no database ".repeat(500),
    )
    .unwrap();
    let failed = back_up_blocking(&shelf.at("askwell.db"), &shelf.at("other.db"));
    assert!(
        matches!(failed, Err(CopyError::Damaged { .. })),
        "{failed:?}"
    );
    assert!(!shelf.at("other.db").exists());
    assert!(!shelf.at("other.db.unfinished").exists());
}

#[test]
fn killed_at_any_step_a_restore_leaves_the_old_or_the_new_and_can_be_made_again() {
    for (killed_after, left) in [
        (Step::Prepared, "old"),
        (Step::PutAside, "old"),
        (Step::Replaced, "new"),
    ] {
        let shelf = Shelf::with_both();
        let database = shelf.at("askwell.db");
        let mut kill = |step| {
            if step == killed_after {
                return Err(CopyError::Died);
            }
            Ok(())
        };
        let killed = restore_blocking(&database, &shelf.at("copy.db"), THEN, &mut kill);
        assert!(matches!(killed, Err(CopyError::Died)), "{killed:?}");
        assert_eq!(name_in(&database), left, "{killed_after:?}");

        let later = THEN.after(Duration::from_mins(1));
        let again = restore_blocking(&database, &shelf.at("copy.db"), later, &mut |_| Ok(()));
        assert_eq!(name_in(&database), "new");
        assert_eq!(name_in(&again.unwrap().kept.unwrap()), left);
    }
}

#[test]
fn the_log_of_the_old_database_is_kept_with_it_and_read_into_no_other() {
    let shelf = Shelf::with_both();
    let database = shelf.at("askwell.db");
    // Left open, as by a process that was killed: what it wrote is in the log.
    let writer = Connection::open(&database).unwrap();
    writer
        .execute("UPDATE conversations SET conversation = 'late'", [])
        .unwrap();
    let log = fs::read(shelf.at("askwell.db-wal")).unwrap();
    assert!(!log.is_empty());
    drop(writer);
    fs::write(shelf.at("askwell.db-wal"), log).unwrap();
    let restored =
        restore_blocking(&database, &shelf.at("copy.db"), THEN, &mut |_| Ok(())).unwrap();
    assert!(!shelf.at("askwell.db-wal").exists());
    assert_eq!(name_in(&database), "new");
    assert_eq!(name_in(&restored.kept.unwrap()), "late");
}

#[test]
fn a_damaged_database_is_replaced_and_kept_as_it_was() {
    let shelf = Shelf::with_both();
    let database = shelf.at("askwell.db");
    fs::write(&database, "broken").unwrap();
    let restored =
        restore_blocking(&database, &shelf.at("copy.db"), THEN, &mut |_| Ok(())).unwrap();
    assert_eq!(name_in(&database), "new");
    assert_eq!(
        fs::read_to_string(restored.kept.unwrap()).unwrap(),
        "broken"
    );
}

#[test]
fn what_is_no_whole_copy_of_ours_is_refused_and_changes_nothing() {
    let shelf = Shelf::with_both();
    let database = shelf.at("askwell.db");
    let whole = fs::read(shelf.at("copy.db")).unwrap();
    let foreign = shelf.at("foreign.db");
    let connection = Connection::open(&foreign).unwrap();
    connection
        .execute_batch("CREATE TABLE notes (text TEXT)")
        .unwrap();
    drop(connection);
    let half = whole.get(..whole.len() / 2).unwrap();
    let mut torn = whole.clone();
    torn.get_mut(100..5_000).unwrap().fill(0xa5);
    for (name, bytes) in [
        ("empty", &b""[..]),
        ("half", half),
        ("torn", &torn),
        ("notes", b"not a database, but somebody's notes"),
        ("foreign", &fs::read(&foreign).unwrap()),
    ] {
        let copy = shelf.at("wrong.db");
        fs::write(&copy, bytes).unwrap();
        let refused = restore_blocking(&database, &copy, THEN, &mut |_| Ok(()));
        assert!(
            matches!(refused, Err(CopyError::Damaged { .. })),
            "{name}: {refused:?}"
        );
        assert!(!shelf.at("askwell.db.restoring").exists());
        assert_eq!(name_in(&database), "old", "{name}");
    }
    fs::write(shelf.at("copy.db-wal"), "a log").unwrap();
    let refused = restore_blocking(&database, &shelf.at("copy.db"), THEN, &mut |_| Ok(()));
    assert!(
        matches!(refused, Err(CopyError::InUse { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_database_that_is_served_or_used_is_not_replaced() {
    let shelf = Shelf::with_both();
    let database = shelf.at("askwell.db");
    let restore = || restore_blocking(&database, &shelf.at("copy.db"), THEN, &mut |_| Ok(()));
    let serving = lock_for_serving(&database).unwrap();
    assert!(matches!(restore(), Err(CopyError::Used { .. })));
    drop(serving);
    let reader = Connection::open(&database).unwrap();
    reader
        .execute_batch("BEGIN; SELECT * FROM conversations")
        .unwrap();
    assert!(matches!(restore(), Err(CopyError::Used { .. })));
    assert_eq!(name_in(&database), "old");
}
