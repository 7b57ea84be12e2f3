//! A house whose database is PostgreSQL.

use askwell_playground::TimeSource;
use askwell_playground::model::Reply;

use super::house::{Account, House};

#[tokio::test]
async fn questions_are_answered_remembered_and_taken_up_after_a_restart() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.move_to_postgres().await;
    house.open("");
    house
        .model
        .answer_next(Reply::text("I will remember Nabi."));
    house.ask("alice", "my cat is Nabi").await;
    house
        .see("bob", "the first answer", |post| {
            post.text == "**alice**: my cat is Nabi\n**GPT**: I will remember Nabi."
        })
        .await;

    house.playground.go_down().await;
    house.ask("bob", "who is her cat?").await;
    house.close().await;
    house.playground.come_up().await;
    house.open("");
    house.model.answer_next(Reply::text("Nabi is."));
    house
        .see_in_time("alice", "the second answer", |post| {
            post.text == "**bob**: who is her cat?\n**GPT**: Nabi is."
        })
        .await;
    assert_eq!(house.texts("alice").len(), 2);
    let requests = house.model.requests();
    let asked = requests[1].body.to_string();
    assert!(asked.contains("alice: my cat is Nabi"));
    assert!(asked.contains("I will remember Nabi."));
}
