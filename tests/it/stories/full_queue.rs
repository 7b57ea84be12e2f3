//! More questions than may wait: who comes too late is told so at once, and nothing of it is kept.

use std::time::Duration;

use askwell::text::{Language, Reason, Sentence, say};
use askwell_playground::model::Reply;

use super::house::{Account, House};

async fn waiting(house: &House) -> u64 {
    // Said anew each second.
    house.clock.advance(Duration::from_secs(1));
    house.readiness().await["backlog"]["waiting"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn so_many_questions_may_wait_and_one_more_is_refused_until_there_is_room() {
    let toml = "[limits]\nworkers = 1\nmax_waiting = 2\n";
    let house = House::with(Account::Bot, toml).await;
    let too_many = say(Language::Korean, &Sentence::Refused(Reason::QueueFull));
    house
        .model
        .answer_when("first", Reply::text("one").gate("first"));
    house.model.answer_otherwise(Reply::text("another"));

    house.ask("alice", "first").await;
    house.model.wait_for_requests(1).await;
    assert_eq!(waiting(&house).await, 0);
    for text in ["second", "third"] {
        let told = house.ask("bob", text).await;
        assert!(!told.contains(&too_many), "{text}: {told}");
    }
    assert_eq!(waiting(&house).await, 2);
    for _ in 0..2 {
        let told = house.ask("alice", "fourth").await;
        assert!(told.contains(&too_many), "{told}");
        assert_eq!(waiting(&house).await, 2, "nothing is stored");
    }

    house.model.open_gate("first");
    house
        .see("bob", "the third answer", |post| {
            post.text.starts_with("**bob**: third")
        })
        .await;
    house.clock.advance(Duration::from_secs(1));
    house.ask("alice", "fifth").await;
    house
        .see("bob", "the fifth answer", |post| {
            post.text.starts_with("**alice**: fifth")
        })
        .await;
    assert!(!house.texts("bob").concat().contains("fourth"));
}
