//! What Mattermost does after everybody has given up on it: a post that comes to be after all, an edit that comes after the last one.

use std::time::Duration;

use askwell_playground::model::Reply;
use askwell_playground::{Fault, Gate, TimeSource, route};

use super::house::{Account, CALL_TIMEOUT, House};

const FIRST: &str = "The first half of a long answer. ";
const SECOND: &str = "The second half, and that is all.";

async fn listening(toml: &str) -> House {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.open(&format!("[bot]\nhears = \"thread\"\n{toml}"));
    house.until_the_bot_hears().await;
    house
}

/// Waits until bob sees one answer in the lobby, whole.
async fn until_one_whole_answer(house: &House, what: &str) {
    let wait = house.playground.wait_until(what, |view| {
        let posts = view.posts_seen_by("bob", "lobby");
        let answers: Vec<_> = posts
            .iter()
            .filter(|post| post.author == "gptbot")
            .collect();
        matches!(answers.as_slice(), [one] if one.text.ends_with(SECOND))
    });
    house.meanwhile(wait).await;
}

#[tokio::test]
async fn a_post_that_comes_to_be_after_another_was_made_in_its_stead_is_deleted() {
    let house = listening("").await;
    let gate = Gate::new();
    let faults = house.playground.faults();
    // Also every repetition of it.
    faults.next(route::CREATE_POST, 1, Fault::HangInside(gate.clone()));
    faults.next(route::CREATE_POST, 9, Fault::BadGateway);
    house
        .model
        .answer_next(Reply::text(&format!("{FIRST}{SECOND}")));
    house.ask("alice", "hi").await;
    gate.reached().await;
    house.clock.advance(CALL_TIMEOUT);
    house
        .see_in_time("bob", "the answer", |post| post.text.contains(SECOND))
        .await;
    gate.release();
    let deleted = house
        .playground
        .wait_until("one of them is deleted", |view| {
            view.requests(route::DELETE_POST) == 1
        });
    // The connection may be gone by now, with all this time that passed at once.
    house.meanwhile(deleted).await;
    until_one_whole_answer(&house, "one of them").await;
}

#[tokio::test]
async fn an_edit_that_comes_after_the_last_one_does_not_stay() {
    for (controls, how) in [("none", "heard"), ("buttons", "heard"), ("none", "unheard")] {
        let house = listening(&format!(
            "[answer]\ncontrols = \"{controls}\"\nedit_growth_chars = 10\n"
        ))
        .await;
        let middle = "And the middle of it, which is long enough to be worth an edit. ";
        house.model.answer_next(
            Reply::deltas([FIRST])
                .gate("middle")
                .content(middle)
                .gate("end")
                .content(SECOND),
        );
        house.ask("alice", "hi").await;
        house
            .see("bob", "the first half", |post| {
                post.text.contains(FIRST.trim())
            })
            .await;
        let gate = Gate::new();
        let faults = house.playground.faults();
        faults.next(route::PATCH_POST, 1, Fault::HangBefore(gate.clone()));
        house.model.open_gate("middle");
        house.model.wait_at_gate("end").await;
        house.pass(Duration::from_secs(1)).await;
        gate.reached().await;
        house.clock.advance(CALL_TIMEOUT);
        house.model.open_gate("end");
        until_one_whole_answer(&house, "the answer").await;
        let edits = edits_of_the_answer(&house);
        if how == "unheard" {
            house
                .playground
                .faults()
                .next(route::WEBSOCKET, 1, Fault::BadGateway);
            house.playground.cut_connections_of("gptbot");
        }
        gate.release();
        let repaired = house.playground.wait_until("the edit and another", |view| {
            let posts = view.posts_seen_by("bob", "lobby");
            posts.iter().any(|post| post.edits >= edits + 2)
        });
        if how == "unheard" {
            house.meanwhile(repaired).await;
        } else {
            repaired.await;
        }
        until_one_whole_answer(&house, "the whole answer again").await;
        house.pass(Duration::from_secs(5)).await;
        assert_eq!(edits_of_the_answer(&house), edits + 2, "{controls}");
    }
}

fn edits_of_the_answer(house: &House) -> usize {
    house.playground.look(|view| {
        let posts = view.posts_seen_by("bob", "lobby");
        let answer = posts.iter().find(|post| post.author == "gptbot");
        answer.map_or(0, |post| post.edits)
    })
}

#[tokio::test]
async fn what_somebody_else_changed_in_an_answer_stays() {
    let house = listening("").await;
    house
        .model
        .answer_next(Reply::text(&format!("{FIRST}{SECOND}")));
    house.ask("alice", "hi").await;
    let answer = house
        .see("bob", "the answer", |post| post.text.contains(SECOND))
        .await;
    house.playground.edit("admin", &answer.id, "Withdrawn.");
    house
        .model
        .answer_next(Reply::text("Another answer, to be sure of the order."));
    house.ask("bob", "and you?").await;
    house
        .see("bob", "the next answer", |post| {
            post.text.contains("Another answer")
        })
        .await;
    assert!(
        house.texts("bob").contains(&"Withdrawn.".to_owned()),
        "{:?}",
        house.texts("bob")
    );
}
