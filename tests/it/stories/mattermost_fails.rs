//! A Mattermost that is away, slow, at fault or limiting, or behind a proxy that is: the answer appears once, in the end.

use std::time::Duration;

use askwell_playground::model::Reply;
use askwell_playground::{Fault, Gate, HookFormat, TimeSource, route};

use super::house::{Account, CALL_TIMEOUT, House};

const FIRST: &str = "The first half of a long answer. ";
const SECOND: &str = "The second half, and that is all.";

/// Every way to fail that passes by itself.
fn faults() -> Vec<(&'static str, Fault)> {
    let limited = |retry_after_seconds| Fault::TooManyRequests {
        retry_after_seconds,
    };
    vec![
        ("500", Fault::InternalError),
        ("502 of a proxy", Fault::BadGateway),
        ("200 of a proxy", Fault::LoginPage),
        ("429", limited(None)),
        ("429 with a delay", limited(Some(7))),
        ("429 with a long delay", limited(Some(100))),
        ("a cut connection", Fault::DropBefore),
        ("a cut connection after the work", Fault::DropAfter),
    ]
}

/// Asks a question whose answer stops in the middle at the gate `middle`, and returns the id of the post that shows its first half.
async fn grow_an_answer(house: &House) -> String {
    house
        .model
        .answer_next(Reply::deltas([FIRST]).gate("middle").content(SECOND));
    house.ask("alice", "hi").await;
    house.model.wait_at_gate("middle").await;
    let shown = house
        .see("bob", "the first half", |post| {
            post.text.contains(FIRST.trim())
        })
        .await;
    shown.id
}

/// Waits for the whole answer, which is in one post and the only thing there is to see, also half a minute later.
async fn see_the_whole_answer_once(house: &House, what: &str) -> String {
    let whole = house
        .see_in_time("bob", what, |post| post.text.contains(SECOND))
        .await;
    house.pass(Duration::from_secs(30)).await;
    assert_eq!(
        house.texts("bob"),
        [format!("**alice**: hi\n**GPT**: {FIRST}{SECOND}")],
        "{what}"
    );
    whole.id
}

#[tokio::test]
async fn an_answer_appears_once_however_posting_it_fails_at_first() {
    for (what, fault) in faults() {
        let house = House::with(Account::Bot, "").await;
        house.playground.faults().next(route::CREATE_POST, 3, fault);
        house
            .model
            .answer_next(Reply::text(&format!("{FIRST}{SECOND}")));
        house.ask("alice", "hi").await;
        see_the_whole_answer_once(&house, what).await;
        assert_eq!(house.playground.faults().left(), 0, "{what}");
        assert_eq!(house.model.requests().len(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_growing_answer_is_finished_in_its_post_however_editing_it_fails_at_first() {
    for (what, fault) in faults() {
        let house = House::with(Account::Bot, "").await;
        let post = grow_an_answer(&house).await;
        house.playground.faults().next(route::PATCH_POST, 3, fault);
        house.model.open_gate("middle");
        assert_eq!(see_the_whole_answer_once(&house, what).await, post);
        assert_eq!(house.playground.faults().left(), 0, "{what}");
        assert_eq!(house.model.requests().len(), 1, "{what}");
    }
}

#[tokio::test]
async fn an_answer_appears_once_however_everything_that_is_asked_of_mattermost_fails_at_first() {
    for (what, fault) in faults() {
        let house = House::with(Account::Bot, "").await;
        house.playground.faults().next(route::ANY, 4, fault);
        house
            .model
            .answer_next(Reply::text(&format!("{FIRST}{SECOND}")));
        house.ask("alice", "hi").await;
        see_the_whole_answer_once(&house, what).await;
        assert_eq!(house.playground.faults().left(), 0, "{what}");
    }
}

#[tokio::test]
async fn a_question_asked_just_before_mattermost_went_away_is_answered_once_it_is_back() {
    let house = House::with(Account::Bot, "").await;
    house
        .model
        .answer_next(Reply::text(&format!("{FIRST}{SECOND}")));
    house.playground.go_down().await;
    house.ask("alice", "hi").await;
    house.pass(Duration::from_secs(100)).await;
    house.playground.come_up().await;
    see_the_whole_answer_once(&house, "the answer").await;
}

#[tokio::test]
async fn an_answer_that_was_growing_when_mattermost_went_away_is_finished_in_its_post_once_it_is_back()
 {
    let house = House::with(Account::Bot, "").await;
    let post = grow_an_answer(&house).await;
    house.playground.go_down().await;
    house.model.open_gate("middle");
    house.model.wait_for_answers(1).await;
    house.pass(Duration::from_secs(100)).await;
    house.playground.come_up().await;
    assert_eq!(see_the_whole_answer_once(&house, "the answer").await, post);
    assert_eq!(house.model.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_appears_once_where_posting_it_takes_longer_than_we_wait() {
    for (what, hang) in [
        (
            "done, and the reply late",
            Fault::HangAfter as fn(Gate) -> Fault,
        ),
        ("taken, and done late", Fault::HangInside),
        ("not even begun", Fault::HangBefore),
    ] {
        let house = House::with(Account::Bot, "").await;
        let gate = Gate::new();
        house
            .playground
            .faults()
            .next(route::CREATE_POST, 1, hang(gate.clone()));
        house
            .model
            .answer_next(Reply::text(&format!("{FIRST}{SECOND}")));
        house.ask("alice", "hi").await;
        gate.reached().await;
        house.clock.until_someone_sleeps_for(CALL_TIMEOUT).await;
        house.clock.advance(CALL_TIMEOUT);
        house.pass(Duration::from_secs(2)).await;
        gate.release();
        see_the_whole_answer_once(&house, what).await;
    }
}

#[tokio::test]
async fn a_growing_answer_is_finished_in_its_post_where_an_edit_takes_longer_than_we_wait() {
    let house = House::with(Account::Bot, "").await;
    let post = grow_an_answer(&house).await;
    let gate = Gate::new();
    house
        .playground
        .faults()
        .next(route::PATCH_POST, 1, Fault::HangBefore(gate.clone()));
    house.model.open_gate("middle");
    gate.reached().await;
    house.clock.until_someone_sleeps_for(CALL_TIMEOUT).await;
    house.clock.advance(CALL_TIMEOUT);
    assert_eq!(see_the_whole_answer_once(&house, "the answer").await, post);
}

/// Asks without a bot, while whatever carries the answer first meets a fault; returns what is seen in the end, all of it.
async fn seen_without_a_bot(fault: Fault, route: &str, ask: impl AsyncFn(&House)) -> Vec<String> {
    let mut house = House::built(Account::Nothing, TimeSource::Real).await;
    house.listen_for("gpt", HookFormat::Form);
    let hook = house
        .playground
        .create_incoming_webhook("lobby", "assistant");
    house
        .environment
        .insert("MATTERMOST_INCOMING_WEBHOOK_URL".to_owned(), hook);
    house.open("");
    house.model.answer_next(Reply::text(SECOND));
    house.playground.faults().next(route, 2, fault);
    ask(&house).await;
    house
        .see_in_time("bob", route, |post| post.text.contains(SECOND))
        .await;
    house.pass(Duration::from_secs(30)).await;
    house.texts("bob")
}

#[tokio::test]
async fn without_a_bot_an_answer_that_never_got_through_at_first_appears_once() {
    let whole = format!("**alice**: hi\n**GPT**: {SECOND}");
    for (what, fault) in faults() {
        if matches!(fault, Fault::DropAfter) {
            // It got through, and nobody can know.
            continue;
        }
        let by_command = seen_without_a_bot(fault.clone(), route::COMMAND_WEBHOOK, async |house| {
            house.ask("alice", "hi").await;
        });
        assert_eq!(by_command.await, [whole.as_str()], "{what}");
        let by_hook = seen_without_a_bot(fault, route::INCOMING_WEBHOOK, async |house| {
            house.playground.say("alice", "lobby", "gpt hi", None);
        });
        assert_eq!(by_hook.await, ["gpt hi", whole.as_str()], "{what}");
    }
}
