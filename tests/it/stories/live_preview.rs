//! What the asker alone sees of an answer that grows, and what everybody does.

use std::time::Duration;

use askwell_playground::model::Reply;

use super::house::{Account, House};

const FIRST: &str = "The first words of an answer. ";

/// How often a preview grows.
const EVERY: Duration = Duration::from_millis(250);

impl House {
    /// Lets pass what must pass between two previews.
    async fn until_the_next_preview(&self) {
        self.clock.until_someone_sleeps_for(EVERY).await;
        self.clock.advance(EVERY);
    }
}

async fn house() -> House {
    let house = House::with(Account::Bot, "").await;
    house.playground.allow_ephemeral_posts("gptbot");
    house
}

#[tokio::test]
async fn the_asker_sees_an_answer_grow_before_the_others_and_in_the_end_all_see_the_same() {
    let house = house().await;
    let growing = Reply::deltas([FIRST])
        .gate("more")
        .content("More. ")
        .gate("end")
        .content("The end.");
    house.model.answer_next(growing);
    house.ask("alice", "slowly, please").await;
    house.model.wait_at_gate("more").await;
    house
        .see("bob", "the first words", |post| {
            post.text.contains("first words")
        })
        .await;
    house.model.open_gate("more");
    house.model.wait_at_gate("end").await;
    house.until_the_next_preview().await;
    let preview = house
        .see("alice", "the preview", |post| post.text.ends_with("More."))
        .await;
    assert!(preview.is_ephemeral);
    assert!(!house.texts("bob")[0].contains("More."), "nobody else does");

    house.model.open_gate("end");
    for person in ["alice", "bob"] {
        let answer = house
            .see_in_time(person, "the answer", |post| {
                !post.is_ephemeral && post.text.ends_with("The end.")
            })
            .await;
        assert_eq!(answer.edits, 1, "a preview costs no edit");
    }
    assert_eq!(house.texts("alice").len(), 1);
}

#[tokio::test]
async fn the_others_see_an_answer_grow_every_few_seconds() {
    let house = house().await;
    let growing = Reply::deltas([FIRST])
        .gate("more")
        .content("More. ")
        .gate("later")
        .content("Later. ")
        .gate("end")
        .content("The end.");
    house.model.answer_next(growing);
    house.ask("alice", "slowly, please").await;
    house.model.wait_at_gate("more").await;
    house
        .see("bob", "the first words", |post| {
            post.text.contains("first words")
        })
        .await;
    house.model.open_gate("more");
    house.model.wait_at_gate("later").await;
    house.until_the_next_preview().await;
    house
        .see("alice", "the preview", |post| post.text.ends_with("More."))
        .await;
    house.clock.advance(Duration::from_secs(4));
    house.model.open_gate("later");
    house.model.wait_at_gate("end").await;
    house
        .see("bob", "more of it", |post| post.text.ends_with("Later."))
        .await;
    house.model.open_gate("end");
    house
        .see_in_time("bob", "the answer", |post| post.text.ends_with("The end."))
        .await;
}

#[tokio::test]
async fn a_right_that_was_taken_away_again_leaves_the_edits() {
    let house = house().await;
    house.model.answer_otherwise(Reply::text("Yes."));
    house.ask("alice", "one?").await;
    house
        .see("bob", "an answer", |post| post.text.contains("Yes."))
        .await;
    house.playground.forbid_ephemeral_posts("gptbot");
    let growing = Reply::deltas([FIRST])
        .gate("more")
        .content(&"More words of it. ".repeat(20))
        .gate("end")
        .content("The end.");
    house.model.answer_next(growing);
    house.ask("alice", "two?").await;
    house.model.wait_at_gate("more").await;
    house
        .see("bob", "the first words", |post| {
            post.text.contains("first words")
        })
        .await;
    house.model.open_gate("more");
    house.model.wait_at_gate("end").await;
    house.until_the_next_preview().await;
    house
        .see("bob", "more of it", |post| post.text.ends_with("of it."))
        .await;
    house.model.open_gate("end");
    house
        .see_in_time("alice", "the answer", |post| {
            post.text.ends_with("The end.")
        })
        .await;
}
