//! Where askwell may not speak: no member of the channel, a token that was switched off, a `response_url` that is over.

use std::time::Duration;

use askwell::text::{Language, Reason, Sentence, say};
use askwell_playground::model::Reply;
use askwell_playground::{ManualTime, TimeSource, route};

use super::house::{Account, House, find};

const WORDS: &str = "The first half of a long answer. ";

#[tokio::test]
async fn in_a_channel_without_the_bot_the_command_itself_carries_the_answer_once() {
    let house = House::with(Account::Bot, "").await;
    house
        .playground
        .create_private_channel("acme", "annex", &["alice", "bob"]);
    house.model.answer_otherwise(Reply::text(WORDS));
    house
        .playground
        .run_command("alice", "annex", "/askgpt hi", None)
        .await;
    let answer = house
        .playground
        .wait_for("the answer", |view| {
            find(view, "bob", "annex", |post| post.text.contains("first"))
        })
        .await;
    assert_eq!(answer.author, "alice", "it is said in the asker's name");
    assert_eq!(
        answer.text,
        format!("**alice**: hi\n**GPT**: {}", WORDS.trim())
    );
    house.pass(Duration::from_mins(1)).await;
    assert_eq!(house.texts_in("annex", "bob").len(), 1);
}

#[tokio::test]
async fn a_command_from_a_channel_that_is_not_there_is_given_up_and_holds_up_nobody() {
    let house = House::with(Account::Bot, "").await;
    house.model.answer_otherwise(Reply::text("Yes."));
    let client = reqwest::Client::builder().build().unwrap();
    let nowhere = "cyi3e1qg4tbwfyu1i56pnrempo";
    for way_back in [
        format!("response_url=http%3A%2F%2Fx%2Fhooks%2Fcommands%2F{nowhere}"),
        "trigger_id=abc".to_owned(),
    ] {
        let form = format!(
            "token={}&text=hi&user_name=alice&user_id={}&channel_id={nowhere}&channel_name=x&command=%2Faskgpt&{way_back}",
            house.command_token,
            house.playground.user_id("alice"),
        );
        let reply = client
            .post(format!("{}/mattermost-gpt", house.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send();
        assert_eq!(reply.await.unwrap().status(), 200);
    }
    house.pass(Duration::from_mins(2)).await;
    let backlog = &house.readiness().await["backlog"];
    assert_eq!(backlog["waiting"], 0, "neither is tried for ever");
    assert_eq!(backlog["running"], 0, "neither is tried for ever");
    assert!(house.texts("bob").is_empty());

    house.ask("alice", "still there?").await;
    house
        .see("bob", "the answer", |post| post.text.contains("Yes."))
        .await;
    assert_eq!(house.texts("bob").len(), 1);
}

#[tokio::test]
async fn an_archived_channel_gets_no_answer_and_holds_up_no_other_question() {
    let house = House::with(Account::Bot, "").await;
    house
        .model
        .answer_when("hi", Reply::text(WORDS).gate("archived"));
    house.model.answer_otherwise(Reply::text("Yes."));
    house.ask("alice", "hi").await;
    house.model.wait_for_requests(1).await;
    house.playground.archive_channel("lobby");
    house.model.open_gate("archived");
    house
        .playground
        .run_command("alice", "garden", "/askgpt still there?", None)
        .await;
    house
        .playground
        .wait_for("the other answer", |view| {
            find(view, "bob", "garden", |post| post.text.contains("Yes."))
        })
        .await;
}

#[tokio::test]
async fn while_the_bots_token_is_off_a_question_waits_and_is_answered_once_it_is_on() {
    let house = House::with(Account::Bot, "").await;
    house.model.answer_otherwise(Reply::text(WORDS));
    house.playground.disable_tokens_of("gptbot");
    house.ask("alice", "hi").await;
    house.pass(Duration::from_mins(1)).await;
    assert!(house.texts("alice").is_empty());
    let readiness = house.readiness().await;
    assert_eq!(readiness["mattermost"]["failure"], "token_refused");
    assert_eq!(readiness["ready"], true, "what is accepted is kept");

    house.playground.enable_tokens_of("gptbot");
    house
        .see_in_time("bob", "the answer", |post| post.text.contains("first"))
        .await;
    house.pass(Duration::from_mins(1)).await;
    assert_eq!(house.texts("bob").len(), 1);
}

#[tokio::test]
async fn an_answer_that_was_growing_when_the_token_was_replaced_is_finished_by_the_new_one() {
    let mut house = House::with(Account::Bot, "").await;
    house
        .model
        .answer_next(Reply::deltas([WORDS]).gate("revoked").content("The rest."));
    house.ask("alice", "hi").await;
    house.model.wait_at_gate("revoked").await;
    let begun = house
        .see("bob", "the beginning", |post| post.text.contains("first"))
        .await;

    house.playground.revoke_tokens_of("gptbot");
    house.model.open_gate("revoked");
    house.model.wait_for_answers(1).await;
    house.pass(Duration::from_secs(30)).await;
    assert!(!house.texts("bob")[0].contains("The rest."));

    house.close().await;
    let token = house.playground.grant_token("gptbot");
    house
        .environment
        .insert("MATTERMOST_BOT_TOKEN".to_owned(), token);
    house.open("");
    let finished = house
        .see_in_time("bob", "the rest", |post| post.text.contains("The rest."))
        .await;
    assert_eq!(finished.id, begun.id);
    assert_eq!(house.texts("bob").len(), 1);
    assert_eq!(house.model.requests().len(), 1);
}

#[tokio::test]
async fn a_question_whose_time_passed_while_the_token_was_off_is_told_so_in_the_end() {
    let mut house = House::with(Account::Bot, "").await;
    house.playground.disable_tokens_of("gptbot");
    house.ask("alice", "hi").await;
    house.pass(Duration::from_secs(30)).await;
    house.close().await;
    house.clock.advance(Duration::from_mins(20));
    house.playground.enable_tokens_of("gptbot");
    house.open("");
    let reason = say(Language::Korean, &Sentence::Refused(Reason::DeadlinePassed));
    house
        .see_in_time("alice", "the end", |post| post.text.contains(&reason))
        .await;
    assert_eq!(house.texts("bob").len(), 1);
    assert!(house.model.requests().is_empty());
}

/// Asks without a bot, and answers only after something has happened to the `response_url`; returns the house after it.
async fn answered_too_late(happens: impl FnOnce(&House, &ManualTime)) -> House {
    let time = ManualTime::default();
    let mut house = House::built(Account::Nothing, TimeSource::Manual(time.clone())).await;
    house.open("");
    house
        .model
        .answer_next(Reply::empty().gate("late").content(WORDS));
    house.ask("alice", "hi").await;
    house.model.wait_at_gate("late").await;
    happens(&house, &time);
    house.model.open_gate("late");
    house
        .playground
        .wait_until("the try to answer", |view| {
            view.requests(route::COMMAND_WEBHOOK) == 1
        })
        .await;
    house.pass(Duration::from_mins(2)).await;
    house
}

#[tokio::test]
async fn a_response_url_that_is_over_is_tried_once_and_holds_up_no_other_question() {
    let expires = |_: &House, time: &ManualTime| time.advance(Duration::from_mins(31));
    let is_used_up = |house: &House, _: &ManualTime| house.playground.use_up_response_urls();
    for house in [
        answered_too_late(expires).await,
        answered_too_late(is_used_up).await,
    ] {
        assert!(house.texts("bob").is_empty());
        let readiness = house.readiness().await;
        assert_eq!(readiness["backlog"]["dead"], 1, "for somebody to look at");
        house.model.answer_otherwise(Reply::text("Yes."));
        house.ask("alice", "still there?").await;
        house
            .see("bob", "the other answer", |post| post.text.contains("Yes."))
            .await;
        let tries = house
            .playground
            .look(|view| view.requests(route::COMMAND_WEBHOOK));
        assert_eq!(tries, 2);
    }
}
