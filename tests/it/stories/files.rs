//! What is long is also a file.

use std::time::Duration;

use askwell_playground::model::Reply;

use super::house::{Account, House};

const TOML: &str = "[answer]\nattach_from_posts = 2\nattach_code_from_chars = 600\n";

/// An answer of two posts with a long block of code.
fn long_answer() -> String {
    let code = "let number = 1;\n".repeat(60);
    let words = "Many words of an answer.\n\n".repeat(700);
    format!("{words}```rust\n{code}```\n\nThat is all.")
}

#[tokio::test]
async fn a_long_answer_and_its_code_are_attached_to_its_last_post() {
    let house = House::with(Account::Bot, TOML).await;
    house.model.answer_next(Reply::text(&long_answer()));
    house.ask("alice", "a long one?").await;
    let last = house
        .see("bob", "the files", |post| !post.files.is_empty())
        .await;
    assert!(last.text.contains("That is all."));
    let names: Vec<&str> = last.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["answer.md", "code-1.rs"]);
    assert_eq!(last.files[0].text, long_answer());
    assert_eq!(last.files[1].text, "let number = 1;\n".repeat(60));
}

#[tokio::test]
async fn a_short_answer_has_no_files() {
    let house = House::with(Account::Bot, TOML).await;
    house
        .model
        .answer_next(Reply::text("```rust\nlet x = 1;\n```"));
    house.ask("alice", "a short one?").await;
    let answer = house
        .see("bob", "the answer", |post| post.text.contains("let x"))
        .await;
    house.pass(Duration::from_mins(1)).await;
    assert!(answer.files.is_empty());
}

#[tokio::test]
async fn a_server_that_takes_no_files_shows_the_answer_all_the_same_and_is_not_asked_again() {
    let house = House::with(Account::Bot, TOML).await;
    house
        .playground
        .configure(|settings| settings.max_file_size = 100);
    house.model.answer_next(Reply::text(&long_answer()));
    house.ask("alice", "a long one?").await;
    house
        .see("bob", "the end", |post| post.text.contains("That is all."))
        .await;
    house.pass(Duration::from_mins(1)).await;
    assert_eq!(house.texts("bob").len(), 2);
}
