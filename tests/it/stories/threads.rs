//! Questions that outgoing webhooks report from threads, whose reports do not say that there is a thread.

use std::time::Duration;

use askwell_playground::SeenPost;
use askwell_playground::model::Reply;

use super::chance::{Chance, FIRST_DELAY, HOOK_WORD, house};
use super::house::House;

/// Somebody begins a thread, and alice asks in it; returns the thread's root.
fn ask_in_a_thread(house: &House, question: &str) -> String {
    let root = house
        .playground
        .say("bob", "lobby", "what shall we eat?", None);
    let asked = format!("{HOOK_WORD} {question}");
    house.playground.say("alice", "lobby", &asked, Some(&root));
    root
}

async fn see_answer(house: &House, text: &str) -> SeenPost {
    house
        .see("bob", "the answer", |post| {
            post.author == "gptbot" && post.text.contains(text)
        })
        .await
}

#[tokio::test]
async fn an_answer_finds_its_thread_when_it_is_taken_up_again() {
    let house = house(Chance::steady(), "").await;
    house
        .model
        .answer_next(Reply::deltas(["noodles"]).gate("thinking"));
    let root = ask_in_a_thread(&house, "noodles or rice?");
    house.model.wait_for_requests(1).await;
    house.playground.go_down().await;
    house.model.open_gate("thinking");
    // The answer is concluded, cannot be posted, and waits for its next try.
    house.clock.until_someone_sleeps_for(FIRST_DELAY).await;
    house.playground.come_up().await;
    house.clock.advance(FIRST_DELAY);
    assert_eq!(see_answer(&house, "noodles").await.root, Some(root));
    assert_eq!(house.model.requests().len(), 1);
}

#[tokio::test]
async fn an_end_without_an_answer_is_told_in_the_thread_too() {
    let house = house(Chance::steady(), "").await;
    house.playground.go_down().await;
    let root = ask_in_a_thread(&house, "noodles or rice?");
    house.clock.until_someone_sleeps_for(FIRST_DELAY).await;
    house.playground.come_up().await;
    house.clock.advance(Duration::from_mins(11));
    assert_eq!(see_answer(&house, "오래 걸려서").await.root, Some(root));
    assert!(house.model.requests().is_empty());
}
