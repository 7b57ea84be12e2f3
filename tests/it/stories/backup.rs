//! A copy of the database is made while questions are answered, looked at, and put in its place again.

use std::path::Path;

use askwell_playground::TimeSource;
use askwell_playground::model::Reply;
use rusqlite::Connection;

use super::house::{Account, House};
use super::terminal::{run, text};

const TOML: &str = "[[budgets]]\nname = \"all\"\ntokens = 1000000\n";

/// Runs a command in the house's directory; returns its exit code and all that it said.
fn command(house: &House, arguments: &[&str]) -> (Option<i32>, String) {
    let mut environment = house.environment.clone();
    environment.extend([
        ("ASKWELL_LANGUAGE".to_owned(), "en".to_owned()),
        ("LOGNAME".to_owned(), "olga".to_owned()),
    ]);
    let output = run(house.directory.path(), &environment, arguments);
    let said = text(&output.stdout) + &text(&output.stderr);
    (output.status.code(), said)
}

fn number(copy: &Path, sql: &str) -> i64 {
    let connection = Connection::open(copy).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// A house in which one question was answered and two are being answered, one of them by nobody yet.
async fn busy_house() -> House {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.open(TOML);
    house.model.answer_next(Reply::text("The first answer."));
    house.ask("alice", "first?").await;
    house
        .see("bob", "the first answer", |post| {
            post.text.contains("The first answer.")
        })
        .await;
    let held = Reply::deltas(["The second"])
        .gate("middle")
        .content(" answer.");
    house.model.answer_next(held);
    house
        .model
        .answer_otherwise(Reply::text("The third answer."));
    house.ask("alice", "second?").await;
    house.model.wait_at_gate("middle").await;
    // In the same lane: it waits for the one before it.
    house.ask("alice", "third?").await;
    house
}

#[tokio::test]
async fn a_copy_made_while_questions_are_answered_is_whole_and_its_sums_hold() {
    let house = busy_house().await;
    let (code, said) = command(&house, &["backup", "copy.db"]);
    assert_eq!(code, Some(0), "{said}");
    let copy = house.directory.path().join("copy.db");

    let (code, said) = command(&house, &["restore", "--check", "copy.db"]);
    assert_eq!(code, Some(0), "{said}");
    for words in ["3 questions", "2 wait", "2 calls", " ago", "0 entries"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // What is reserved in the accounts is what calls have reserved, also in the middle of one.
    let reserved = number(&copy, "SELECT SUM(reserved) FROM balances");
    assert!(reserved > 0);
    assert_eq!(number(&copy, "SELECT SUM(amount) FROM claims"), reserved);
    let spent = number(&copy, "SELECT SUM(spent) FROM balances");
    assert!(spent > 0);
    house.model.open_gate("middle");

    let (code, said) = command(&house, &["backup", "copy.db"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("is there already"), "{said}");
    let (_, said) = command(&house, &["audit", "export", "--format", "csv"]);
    let entries: Vec<_> = said.lines().filter(|line| line.starts_with("1,")).collect();
    assert_eq!(said.matches("backup_made").count(), 1, "{said}");
    assert!(entries[0].contains("operator:olga") && entries[0].contains("file:copy.db"));
}

#[tokio::test]
async fn a_house_that_is_restored_answers_what_waited_when_the_copy_was_made() {
    let mut house = busy_house().await;
    command(&house, &["backup", "copy.db"]);
    let (code, said) = command(&house, &["restore", "copy.db"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("is being used"), "{said}");
    house.model.open_gate("middle");
    house
        .see_in_time("bob", "the third answer", |post| {
            post.text.contains("The third answer.")
        })
        .await;
    house.close().await;

    house
        .model
        .answer_otherwise(Reply::text("The answer after."));
    let (code, said) = command(&house, &["restore", "copy.db"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("is what the copy was"), "{said}");
    assert!(said.contains("askwell.db.before-"), "{said}");
    let database = house.directory.path().join("askwell.db");
    let waiting = "SELECT COUNT(*) FROM jobs WHERE state IN ('ready', 'run')";
    assert_eq!(number(&database, waiting), 2);
    let (_, said) = command(&house, &["audit", "export", "--format", "csv"]);
    assert!(said.contains("backup_restored"), "{said}");
    let (code, _) = command(&house, &["audit", "verify"]);
    assert_eq!(code, Some(0));

    house.open(TOML);
    house
        .see_in_time("bob", "what waited is answered", |post| {
            post.text.contains("The answer after.")
        })
        .await;
}

#[tokio::test]
async fn a_file_that_is_no_copy_is_refused_with_what_to_do_and_the_database_stays() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.open(TOML);
    house.close().await;
    let wrong = house.directory.path().join("copy.db");
    std::fs::write(&wrong, "somebody's notes, and no database").unwrap();
    let database = house.directory.path().join("askwell.db");
    let before = std::fs::read(&database).unwrap();
    for arguments in [
        &["restore", "copy.db"][..],
        &["restore", "--check", "copy.db"],
    ] {
        let (code, said) = command(&house, arguments);
        assert_eq!(code, Some(1));
        assert!(said.contains("is damaged, or is no database"), "{said}");
        assert!(said.contains("older copy"), "{said}");
    }
    assert_eq!(std::fs::read(&database).unwrap(), before);
    let (code, said) = command(&house, &["restore", "nothing.db"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("There is no file nothing.db"), "{said}");
}

#[tokio::test]
async fn on_postgresql_the_line_to_run_is_said_without_the_password() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let database = "postgres://askwell:hunter2@127.0.0.1:9/askwell";
    house
        .environment
        .insert("ASKWELL_DATABASE".to_owned(), database.to_owned());
    let (code, said) = command(&house, &["backup", "copy.dump"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("pg_dump --format=custom"), "{said}");
    assert!(
        said.contains("--file=copy.dump") && !said.contains("hunter2"),
        "{said}"
    );
    let (code, said) = command(&house, &["restore", "copy.dump"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("pg_restore"), "{said}");
}
