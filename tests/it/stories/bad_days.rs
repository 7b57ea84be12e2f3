//! Bad days: a model or a Mattermost that fails, and what people then see.

use askwell_playground::model::Reply;
use askwell_playground::{Fault, Gate, route};

use super::house::{Account, House};

#[tokio::test]
async fn what_was_shown_stays_when_the_model_breaks_off() {
    let house = House::with(Account::Bot, "").await;
    house
        .model
        .answer_next(Reply::deltas(["The first half of an answer, and "]).cut());
    house.ask("alice", "hi").await;
    let answer = house
        .see("bob", "the footnote", |post| {
            post.text.contains("first half") && post.text.contains("\n\n")
        })
        .await;
    assert_eq!(house.texts("bob").len(), 1, "{}", answer.text);
}

#[tokio::test]
async fn a_create_whose_outcome_is_unknown_makes_one_post() {
    let house = House::with(Account::Bot, "").await;
    house
        .playground
        .faults()
        .next(route::CREATE_POST, 1, Fault::DropAfter);
    house.model.answer_next(Reply::text("once and only once"));
    house.ask("alice", "hi").await;
    house
        .clock
        .until_someone_sleeps_for(std::time::Duration::from_secs(3))
        .await;
    house.clock.advance(std::time::Duration::from_secs(3));
    house
        .see("bob", "the answer", |post| {
            post.text.contains("once and only once")
        })
        .await;
    house
        .playground
        .wait_until("two creates", |view| view.requests(route::CREATE_POST) == 2)
        .await;
    assert_eq!(house.texts("bob").len(), 1);
}

#[tokio::test]
async fn the_same_command_delivered_twice_is_one_question() {
    let house = House::with(Account::Bot, "").await;
    house.model.answer_otherwise(Reply::text("once"));
    let (id, alice) = (
        "cyi3e1qg4tbwfyu1i56pnrempo",
        house.playground.user_id("alice"),
    );
    let client = reqwest::Client::builder().build().unwrap();
    let form = format!(
        "token={}&text=hi&user_name=alice&user_id={alice}&channel_id={id}&channel_name=x&command=%2Faskgpt&response_url=http%3A%2F%2Fx%2Fhooks%2Fcommands%2F{id}",
        house.command_token
    );
    for _ in 0..2 {
        let reply = client
            .post(format!("{}/mattermost-gpt", house.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status(), 200);
    }
    house.ask("alice", "and then?").await;
    house.model.wait_for_requests(2).await;
    house
        .see("bob", "the other answer", |post| {
            post.text.contains("and then?")
        })
        .await;
    assert_eq!(house.model.requests().len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_whole_before_its_first_post_is_made_is_one_whole_post() {
    let house = House::with(Account::Bot, "").await;
    let slow = Gate::new();
    house
        .playground
        .faults()
        .next(route::CREATE_POST, 1, Fault::HangBefore(slow.clone()));
    let growing = Reply::deltas(["The first half of an answer, and "])
        .gate("rest")
        .content("the second.");
    house.model.answer_next(growing);
    house.ask("alice", "hi").await;
    slow.reached().await;
    house.model.open_gate("rest");
    house.model.wait_for_answers(1).await;
    assert!(house.texts("bob").is_empty());
    slow.release();
    let whole = "**alice**: hi\n**GPT**: The first half of an answer, and the second.";
    house
        .see("bob", "the whole answer", |post| post.text == whole)
        .await;
    assert_eq!(house.texts("bob"), [whole]);
    let creates = house
        .playground
        .look(|view| view.requests(route::CREATE_POST));
    assert_eq!(creates, 1);
}
