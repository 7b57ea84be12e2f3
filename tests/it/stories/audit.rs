//! The audit trail in a terminal: held against its hashes, and written out, while the service runs.

use askwell_playground::TimeSource;
use serde_json::Value;

use super::house::{Account, House};
use super::process::Process;
use super::terminal::{run, text};

/// Runs `askwell audit …` beside the service; returns its exit code, what it printed and what it complained of.
fn audit(house: &House, arguments: &[&str]) -> (Option<i32>, String, String) {
    let arguments = [&["audit"], arguments].concat();
    let output = run(house.directory.path(), &house.environment, &arguments);
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// A house in whose lobby alice has changed what the bot is told.
async fn house_that_was_changed() -> House {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.playground.make_channel_admin("lobby", "alice");
    house.open("[bot]\nhears = \"thread\"\n");
    let told = house
        .ask("alice", "channel prompt: a very secret plan")
        .await;
    assert!(told.contains("a very secret plan"), "{told}");
    house
}

#[tokio::test]
async fn what_was_changed_in_the_chat_is_exported_and_verified_beside_the_service() {
    let house = house_that_was_changed().await;
    let (code, said, _) = audit(&house, &["export"]);
    assert_eq!(code, Some(0));
    let entries: Value = serde_json::from_str(&said).unwrap();
    let [entry] = entries.as_array().unwrap().as_slice() else {
        panic!("{entries}")
    };
    assert_eq!(entry["seq"], 1);
    assert_eq!(entry["action"], "channel_changed");
    let alice = house.playground.user_id("alice");
    assert_eq!(entry["actor"], format!("person:{alice}"));
    let lobby = house.playground.channel_id("lobby");
    assert_eq!(entry["subject"], format!("channel:{lobby}"));
    assert!(!said.contains("secret"), "{said}");

    let (code, said, _) = audit(&house, &["verify"]);
    assert_eq!(code, Some(0));
    let hash = entry["hash"].as_str().unwrap();
    assert!(said.contains(hash), "{said}");

    let (code, said, _) = audit(&house, &["export", "--format", "csv"]);
    assert_eq!(code, Some(0));
    let rows: Vec<_> = said.lines().collect();
    assert_eq!(rows.len(), 2, "{said}");
    assert!(
        rows[1].starts_with("1,") && rows[1].ends_with(hash),
        "{said}"
    );
    let (_, said, _) = audit(&house, &["export", "--format", "csv", "--after", "1"]);
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test]
async fn a_trail_that_was_tampered_with_is_said_to_be_so_with_the_first_entry_that_is() {
    let mut house = house_that_was_changed().await;
    house.close().await;
    let file = house.directory.path().join("askwell.db");
    let connection = rusqlite::Connection::open(file).unwrap();
    connection
        .execute_batch("DROP TRIGGER audit_is_not_updated; UPDATE audit SET detail = 'hears = all'")
        .unwrap();
    drop(connection);
    let (code, _, complaint) = audit(&house, &["verify"]);
    assert_eq!(code, Some(1));
    assert!(
        complaint.contains('1') && complaint.contains("바뀌었어요"),
        "{complaint}"
    );
}

#[tokio::test]
async fn the_hash_of_each_entry_is_logged_where_whoever_owns_the_database_cannot_change_it() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.playground.make_channel_admin("lobby", "alice");
    let process = Process::start(&mut house, "");
    process.listening().await;
    house.ask("alice", "channel prompt: a plan").await;
    let (_, said, _) = audit(&house, &["export"]);
    let entries: Value = serde_json::from_str(&said).unwrap();
    process.logged("audit.seq=1").await;
    process.logged(entries[0]["hash"].as_str().unwrap()).await;
}
