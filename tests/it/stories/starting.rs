//! `askwell serve` that cannot begin: it says why and what to do, and ends with a code that says so too.

use askwell_playground::TimeSource;
use askwell_playground::model::Reply;

use super::house::{Account, House};
use super::process::Process;
use crate::store::bed::Bed;

async fn house() -> House {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let english = ("ASKWELL_LANGUAGE".to_owned(), "en".to_owned());
    house.environment.extend([english]);
    house
}

/// Starts askwell, which must end by itself; returns what it said.
async fn refusal(house: &mut House) -> String {
    let (status, log) = Process::start(house, "").ended().await;
    assert_eq!(status.code(), Some(1), "{log}");
    log
}

fn assert_says(log: &str, words: &[&str]) {
    for words in words {
        assert!(log.contains(words), "{words:?} is missing in:\n{log}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_left_as_it_is() {
    let mut house = house().await;
    let file = house.directory.path().join("askwell.db");
    let notes = "not a database, but somebody's notes\n".repeat(1_000);
    std::fs::write(&file, &notes).unwrap();
    let log = refusal(&mut house).await;
    assert_says(
        &log,
        &["damaged, or is no database", "askwell.db", "backup"],
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), notes);
}

#[tokio::test]
async fn a_damaged_database_is_named_with_what_to_do() {
    let mut house = house().await;
    house.open("");
    house.close().await;
    let file = house.directory.path().join("askwell.db");
    let mut bytes = std::fs::read(&file).unwrap();
    // All but the header, of which the file is recognised.
    bytes[100..].fill(0xa5);
    std::fs::write(&file, &bytes).unwrap();
    let log = refusal(&mut house).await;
    assert_says(
        &log,
        &["damaged, or is no database", "askwell.db", "backup"],
    );
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone_with_what_to_do() {
    let mut house = house().await;
    let bed = Bed::on_sqlite().await;
    bed.tamper(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 9999, 'from the future', success, checksum, 1 FROM _sqlx_migrations WHERE version = 1",
    )
    .await;
    let file = format!("sqlite:{}", bed.file().display());
    drop(bed.store);
    house
        .environment
        .insert("ASKWELL_DATABASE".to_owned(), file);
    for _ in 0..2 {
        let log = refusal(&mut house).await;
        assert_says(
            &log,
            &[
                "Another version",
                "9999",
                "Run the newer version of askwell",
            ],
        );
    }
}

#[tokio::test]
async fn a_second_process_on_one_file_is_refused_and_the_first_goes_on() {
    let mut house = house().await;
    let first = Process::start(&mut house, "");
    first.listening().await;
    let second = Process::start_at(&house, "127.0.0.1:0");
    let (status, log) = second.ended().await;
    assert_eq!(status.code(), Some(1), "{log}");
    assert_says(&log, &["Another askwell serves", "Stop the other process"]);
    house.model.answer_next(Reply::text("Still here."));
    house.ask("alice", "are you there?").await;
    house
        .see("bob", "the answer", |post| {
            post.text.contains("Still here.")
        })
        .await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_what_to_do() {
    let mut house = house().await;
    let taken = house.take_door();
    let address = taken.local_addr().unwrap().to_string();
    let (status, log) = Process::start_at(&house, &address).ended().await;
    assert_eq!(status.code(), Some(1), "{log}");
    assert_says(&log, &["cannot listen", &address, "ASKWELL_LISTEN"]);
}

#[tokio::test]
async fn everything_that_is_wrong_with_the_configuration_is_said_at_once() {
    let mut house = house().await;
    house.environment.remove("MATTERMOST_URL");
    house.environment.remove("MATTERMOST_COMMAND_TOKENS");
    house.environment.remove("MATTERMOST_BOT_TOKEN");
    let (status, log) = Process::start(&mut house, "").ended().await;
    assert_eq!(status.code(), Some(2), "{log}");
    assert_says(&log, &["MATTERMOST_URL", "MATTERMOST_COMMAND_TOKENS"]);
}
