//! Opening a database: what fails, and how that is said.

use std::path::Path;
use std::sync::Arc;

use askwell::ports::Store;
use askwell::store::{Access, LeaseTime, OpenError, Settings};

use super::bed::{Bed, ids, numbered, on_both, question, server};

on_both!(
    a_database_of_a_newer_version_is_left_alone,
    a_database_opened_twice_is_migrated_once,
);

async fn open_at(bed: &mut Bed, path: &Path) -> Result<Arc<dyn Store>, OpenError> {
    bed.settings = Settings::Sqlite(path.to_owned());
    bed.open(Access::Serve, LeaseTime::Clock).await
}

fn error_of(result: Result<Arc<dyn Store>, OpenError>) -> OpenError {
    result.err().expect("it cannot be opened")
}

async fn a_database_of_a_newer_version_is_left_alone(bed: Bed) {
    bed.tamper(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 9999, 'from the future', success, checksum, 1 FROM _sqlx_migrations WHERE version = 1",
    )
    .await;
    let error = error_of(bed.open(Access::Beside, LeaseTime::Clock).await);
    assert!(
        matches!(error, OpenError::NewerDatabase { version: 9999 }),
        "{error:?}"
    );
}

async fn a_database_opened_twice_is_migrated_once(bed: Bed) {
    bed.admit(&[question(1)]).await;
    let beside = bed.open(Access::Beside, LeaseTime::Clock).await.unwrap();
    assert_eq!(beside.backlog(&server()).await.unwrap().waiting, 1);
}

#[tokio::test]
async fn a_second_process_that_serves_one_file_is_refused_until_the_first_has_gone() {
    let mut bed = Bed::on_sqlite().await;
    let error = error_of(bed.open(Access::Serve, LeaseTime::Clock).await);
    assert!(
        matches!(error, OpenError::ServedAlready { .. }),
        "{error:?}"
    );
    bed.open(Access::Beside, LeaseTime::Clock).await.unwrap();
    let elsewhere = bed.directory.path().join("elsewhere.db");
    let file = bed.file();
    bed.store = open_at(&mut bed, &elsewhere).await.unwrap();
    open_at(&mut bed, &file).await.unwrap();
}

#[tokio::test]
async fn a_missing_directory_is_named() {
    let mut bed = Bed::on_sqlite().await;
    let directory = bed.directory.path().join("missing");
    let error = error_of(open_at(&mut bed, &directory.join("askwell.db")).await);
    assert!(
        error.to_string().contains(directory.to_str().unwrap()),
        "{error}"
    );
    assert!(
        matches!(error, OpenError::DirectoryMissing { .. }),
        "{error:?}"
    );
    let inside_a_file = bed.directory.path().join("askwell.db").join("askwell.db");
    let error = error_of(open_at(&mut bed, &inside_a_file).await);
    assert!(
        matches!(error, OpenError::DirectoryMissing { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_path_that_is_no_file_is_refused() {
    let mut bed = Bed::on_sqlite().await;
    let directory = bed.directory.path().to_owned();
    let error = error_of(open_at(&mut bed, &directory).await);
    assert!(matches!(error, OpenError::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_called_damaged_and_left_alone() {
    let mut bed = Bed::on_sqlite().await;
    let path = bed.directory.path().join("notes.txt");
    let notes = "not a database, but somebody's notes\n".repeat(1_000);
    std::fs::write(&path, &notes).unwrap();
    let error = error_of(open_at(&mut bed, &path).await);
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), notes);
}

#[tokio::test]
async fn a_database_with_destroyed_pages_is_called_damaged() {
    let mut bed = Bed::on_sqlite().await;
    bed.admit(&(0..50).map(question).collect::<Vec<_>>()).await;
    bed.tamper("PRAGMA wal_checkpoint(TRUNCATE)").await;
    let mut bytes = std::fs::read(bed.file()).unwrap();
    // All but the header, of which the file is recognised.
    bytes[100..].fill(0xa5);
    let path = bed.directory.path().join("damaged.db");
    std::fs::write(&path, bytes).unwrap();
    let error = error_of(open_at(&mut bed, &path).await);
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let bed = Bed::on_sqlite().await;
    bed.admit(&[question(1)]).await;
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let path = bed.directory.path().join(format!("askwell.db{suffix}"));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn several_processes_share_a_postgresql_database() {
    let bed = Bed::on_postgres().await;
    let other = bed.open(Access::Serve, LeaseTime::Clock).await.unwrap();
    other.admit(&[question(1)]).await.unwrap();
    assert_eq!(ids(&bed.claim(10).await), numbered([1]));
}

#[tokio::test]
async fn replicas_that_start_together_on_an_empty_database_all_start() {
    let mut bed = Bed::on_postgres().await;
    bed.settings = Settings::Postgres(crate::postgres::fresh_database().await.into());
    let open = || bed.open(Access::Serve, LeaseTime::Clock);
    let (first, second, third) = tokio::join!(open(), open(), open());
    for store in [first, second, third] {
        store.unwrap().check_writable(bed.now()).await.unwrap();
    }
}

#[tokio::test]
async fn commands_that_start_together_on_a_missing_file_all_start() {
    let mut bed = Bed::on_sqlite().await;
    bed.settings = Settings::Sqlite(bed.directory.path().join("new.db"));
    let open = |access| bed.open(access, LeaseTime::Clock);
    let (first, second, third) = tokio::join!(
        open(Access::Serve),
        open(Access::Beside),
        open(Access::Beside)
    );
    for store in [first, second, third] {
        store.unwrap().check_writable(bed.now()).await.unwrap();
    }
}

async fn postgres_error(url: String) -> OpenError {
    let mut bed = Bed::on_sqlite().await;
    bed.settings = Settings::Postgres(url.into());
    error_of(bed.open(Access::Serve, LeaseTime::Clock).await)
}

#[tokio::test]
async fn each_reason_why_postgresql_cannot_be_used_is_told_apart() {
    let missing = postgres_error(crate::postgres::url_of("nowhere")).await;
    assert!(
        matches!(missing, OpenError::DatabaseMissing { .. }),
        "{missing:?}"
    );
    let stranger = crate::postgres::url_of("postgres").replace("askwell@", "stranger@");
    let refused = postgres_error(stranger).await;
    assert!(
        matches!(refused, OpenError::LoginRefused { .. }),
        "{refused:?}"
    );
    // Nothing listens on the port of discard.
    let away = postgres_error("postgres://me:geheim@127.0.0.1:9/askwell".to_owned()).await;
    assert!(matches!(away, OpenError::Unreachable { .. }), "{away:?}");
    let unreadable = postgres_error("geheim".to_owned()).await;
    assert!(
        matches!(unreadable, OpenError::AddressUnreadable),
        "{unreadable:?}"
    );
    for error in [away, unreadable] {
        assert!(
            !format!("{error:?} {error}").contains("geheim"),
            "a password is never shown"
        );
    }
}

#[tokio::test]
async fn work_goes_on_after_the_database_server_has_cut_its_connections() {
    let bed = Bed::on_postgres().await;
    bed.admit(&[question(1)]).await;
    bed.tamper(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .await;
    bed.admit(&[question(2)]).await;
    assert_eq!(ids(&bed.claim(10).await), numbered([1, 2]));
}
