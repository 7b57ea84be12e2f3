//! What could be shown to nobody: seen in a terminal, and tried again from there, while the service runs.

use std::time::Duration;

use askwell_playground::model::Reply;
use serde_json::Value;

use super::chance::{Chance, FIRST_DELAY, HOOK_WORD, house};
use super::house::{Account, House};
use super::terminal::{run, text};

/// Runs `askwell dead …` beside the service.
fn dead(house: &House, arguments: &[&str]) -> (Option<i32>, String) {
    let arguments = [&["dead"], arguments].concat();
    let output = run(house.directory.path(), &house.environment, &arguments);
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), text(&said))
}

/// Waits for a dead letter, and returns the line that tells of it.
async fn dead_letter(house: &House) -> String {
    /// So often is it looked for, which takes a process each time, before it is called lost.
    const LOOKS: usize = 200;
    for _ in 0..LOOKS {
        let (code, said) = dead(house, &["list"]);
        assert_eq!(code, Some(0), "{said}");
        if said.contains(&house.playground.channel_id("lobby")) {
            return said;
        }
        tokio::task::yield_now().await;
    }
    panic!("nothing became a dead letter");
}

/// Somebody asks, and Mattermost is away for longer than anybody waits.
pub(super) async fn house_after_a_long_outage(is_concluded: bool) -> House {
    let house = house(Chance::steady(), "").await;
    house
        .model
        .answer_otherwise(Reply::deltas(["a very secret answer"]).gate("thinking"));
    if is_concluded {
        house.ask("alice", "a very secret question").await;
        house.model.wait_for_requests(1).await;
        house.playground.go_down().await;
    } else {
        house.playground.go_down().await;
        let asked = format!("{HOOK_WORD} a very secret question");
        house.playground.say("alice", "lobby", &asked, None);
    }
    house.model.open_gate("thinking");
    house.clock.until_someone_sleeps_for(FIRST_DELAY).await;
    house.clock.advance(Duration::from_hours(25));
    house
}

#[tokio::test]
async fn a_dead_letter_is_listed_without_a_word_of_it_and_published_when_it_is_tried_again() {
    let house = house_after_a_long_outage(true).await;
    let line = dead_letter(&house).await;
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!((words[2], words[4]), ("mattermost", "answered"), "{line}");
    assert!(line.contains("Mattermost에 올릴 수 없었어요"), "{line}");
    assert!(
        !line.contains("secret") && !line.contains("alice"),
        "{line}"
    );

    house.playground.come_up().await;
    let (code, said) = dead(&house, &["retry", words[0]]);
    assert_eq!(
        (code, said.as_str()),
        (Some(0), "답변 1개를 다시 전해 볼게요.\n")
    );
    house
        .see_in_time("bob", "the answer", |post| {
            post.text.contains("secret answer")
        })
        .await;
    assert_eq!(house.model.requests().len(), 1, "it is not asked again");
    assert_eq!(dead(&house, &["list"]).1, "전하지 못한 답변이 없어요.\n");
}

#[tokio::test]
async fn a_dead_letter_that_had_no_answer_is_asked_when_all_are_tried_again() {
    let mut house = house_after_a_long_outage(false).await;
    house
        .environment
        .insert("ASKWELL_LANGUAGE".to_owned(), "en".to_owned());
    let line = dead_letter(&house).await;
    assert!(line.contains(" - ") && line.contains("for a day"), "{line}");

    house.playground.come_up().await;
    let (code, said) = dead(&house, &["retry", "--all"]);
    assert_eq!(
        (code, said.as_str()),
        (Some(0), "One answer will be tried again.\n")
    );
    house
        .see_in_time("bob", "the answer", |post| {
            post.text.contains("secret answer")
        })
        .await;
}

#[tokio::test]
async fn what_is_no_dead_letter_is_called_so() {
    let house = House::with(Account::Bot, "").await;
    let (code, said) = dead(&house, &["retry", "0123456789"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("0123456789"), "{said}");
    let (code, said) = dead(&house, &["retry", "%"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("문의 번호가 아니에요"), "{said}");
    assert_eq!(dead(&house, &["retry"]).0, Some(2), "one, or all");
    assert_eq!(
        dead(&house, &["retry", "--all"]),
        (Some(0), "전하지 못한 답변이 없어요.\n".to_owned())
    );
}

#[tokio::test]
async fn the_doctor_counts_what_could_be_shown_to_nobody_and_says_what_to_do() {
    let mut house = house_after_a_long_outage(true).await;
    dead_letter(&house).await;
    house.playground.come_up().await;
    for (name, value) in [
        ("ASKWELL_LISTEN", house.address.to_string()),
        ("ASKWELL_LANGUAGE", "en".to_owned()),
    ] {
        house.environment.insert(name.to_owned(), value);
    }
    let (directory, environment) = (house.directory.path().to_owned(), house.environment.clone());
    let looking = move || run(&directory, &environment, &["doctor", "--json"]);
    let said = tokio::task::spawn_blocking(looking).await.unwrap();
    let report: Value = serde_json::from_slice(&said.stdout).unwrap();
    let mut findings = report["findings"].as_array().unwrap().iter();
    let found = findings.find(|finding| finding["check"] == "dead-letters");
    let found = found.unwrap_or_else(|| panic!("{report}"));
    assert_eq!(found["severity"], "warning");
    let what = "Answers that could be shown to nobody: 1";
    assert_eq!(found["what"], what);
    let remedy = found["remedy"].as_str().unwrap();
    assert!(remedy.contains("askwell dead list"), "{remedy}");
    assert!(!report.to_string().contains("secret"), "{report}");
}
