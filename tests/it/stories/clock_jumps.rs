//! Clocks that jump, while askwell runs and while it does not.

use std::sync::Arc;
use std::time::Duration;

use askwell::ports::Clock;
use askwell::text::{Language, Reason, Sentence, say};
use askwell_playground::model::Reply;
use askwell_playground::{Fault, Gate, route};

use super::house::{Account, House};
use crate::clock::ManualClock;

const DAY: Duration = Duration::from_hours(24);
const DAY_SECONDS: i64 = 86_400;
const BEGINNING: &str = "The first half of a long answer. ";
const END: &str = "The second half, and that is all.";

/// Opens askwell again after its machine's clock was changed.
fn open_at(house: &mut House, change: impl FnOnce(&ManualClock) -> ManualClock) {
    house.clock = Arc::new(change(&house.clock));
    house.open("");
}

fn a_day_back(clock: &ManualClock) -> ManualClock {
    ManualClock::starting_at(clock.now().before(DAY))
}

fn a_day_ahead(clock: &ManualClock) -> ManualClock {
    ManualClock::starting_at(clock.now().after(DAY))
}

/// Asks a question that waits for Mattermost when askwell is closed.
async fn a_question_that_waits() -> House {
    let mut house = House::with(Account::Bot, "").await;
    house
        .model
        .answer_otherwise(Reply::text(&format!("{BEGINNING}{END}")));
    house.playground.go_down().await;
    house.ask("alice", "hi").await;
    house.pass(Duration::from_secs(10)).await;
    house.close().await;
    house.playground.come_up().await;
    house
}

#[tokio::test]
async fn a_wall_clock_that_is_set_changes_the_date_the_model_is_told_and_nothing_else() {
    let utc = "[answer]\ntime_zone = \"UTC\"\n";
    for (ahead, date) in [
        (-DAY_SECONDS, "2020년 9월 12일"),
        (DAY_SECONDS, "2020년 9월 14일"),
    ] {
        let house = House::with(Account::Bot, utc).await;
        house
            .model
            .answer_next(Reply::deltas([BEGINNING]).gate("middle").content(END));
        house.ask("alice", "hi").await;
        house.model.wait_at_gate("middle").await;
        house.clock.set_wall_ahead_by(ahead);
        house.model.open_gate("middle");
        house
            .see_in_time("bob", "the answer", |post| post.text.contains(END))
            .await;

        house.model.answer_next(Reply::text("Nabi."));
        house.ask("alice", "and now?").await;
        house
            .see("bob", "the other answer", |post| {
                post.text.contains("Nabi.")
            })
            .await;
        assert_eq!(house.texts("bob").len(), 2);
        let requests = house.model.requests();
        assert!(requests[0].messages()[0].1.contains("2020년 9월 13일"));
        assert!(requests[1].messages()[0].1.contains(date), "{date}");
        let remembered = requests[1].body.to_string();
        assert!(remembered.contains(END), "the conversation goes on");
    }
}

#[tokio::test]
async fn a_machine_that_slept_for_minutes_in_the_middle_of_an_answer_shows_it_once() {
    let house = House::with(Account::Bot, "").await;
    house
        .model
        .answer_otherwise(Reply::deltas([BEGINNING]).gate("middle").content(END));
    house.ask("alice", "hi").await;
    house.model.wait_at_gate("middle").await;
    house
        .see("bob", "the beginning", |post| {
            post.text.contains(BEGINNING.trim())
        })
        .await;
    // Past the end of the lease and of the model's time, and short of the question's.
    house.clock.advance(Duration::from_mins(5));
    house.model.open_gate("middle");
    house
        .see_in_time("bob", "the end of it", |post| {
            let footnote = say(Language::Korean, &Sentence::AnswerInterrupted);
            post.text.ends_with(END) || post.text.ends_with(&footnote)
        })
        .await;
    house.pass(Duration::from_mins(2)).await;
    assert_eq!(house.texts("bob").len(), 1);
}

/// Waits until what was shown stands there with a word that it broke off, and nothing else.
async fn see_it_kept(house: &House, shown: &str) {
    let footnote = say(Language::Korean, &Sentence::AnswerInterrupted);
    let kept = format!("**alice**: hi\n**GPT**: {shown}\n\n{footnote}");
    house
        .see_in_time("bob", "the footnote", |post| post.text == kept)
        .await;
    house.pass(Duration::from_mins(2)).await;
    assert_eq!(house.texts("bob"), [kept]);
}

#[tokio::test]
async fn a_machine_that_slept_for_hours_in_the_middle_of_an_answer_keeps_what_was_shown() {
    let house = House::with(Account::Bot, "").await;
    let shown = "More and more of it is written. ".repeat(6);
    house.model.answer_next(
        Reply::deltas([BEGINNING])
            .gate("first")
            .content(&shown)
            .gate("never"),
    );
    house.ask("alice", "hi").await;
    house
        .see("bob", "the beginning", |post| {
            post.text.contains(BEGINNING.trim())
        })
        .await;
    house.model.open_gate("first");
    house.pass(Duration::from_secs(2)).await;
    house
        .see("bob", "more of it", |post| post.text.contains(shown.trim()))
        .await;
    house.clock.advance(Duration::from_hours(5));
    see_it_kept(&house, format!("{BEGINNING}{shown}").trim()).await;
}

#[tokio::test]
async fn a_machine_that_slept_for_hours_while_a_post_was_made_keeps_what_it_shows() {
    let house = House::with(Account::Bot, "").await;
    let made = Gate::new();
    house
        .playground
        .faults()
        .next(route::CREATE_POST, 1, Fault::HangAfter(made.clone()));
    house
        .model
        .answer_next(Reply::deltas([BEGINNING]).gate("never"));
    house.ask("alice", "hi").await;
    made.reached().await;
    house.clock.advance(Duration::from_hours(5));
    see_it_kept(&house, BEGINNING.trim()).await;
}

#[tokio::test]
async fn a_question_that_waited_is_answered_though_the_clock_was_a_day_back_at_the_next_start() {
    let mut house = a_question_that_waits().await;
    open_at(&mut house, a_day_back);
    house
        .see_in_time("bob", "the answer", |post| post.text.contains(END))
        .await;
    house.ask("alice", "and now?").await;
    house
        .see_in_time("bob", "the other answer", |post| {
            post.text.contains("and now?")
        })
        .await;
    let requests = house.model.requests();
    assert!(requests[1].body.to_string().contains(END));
    assert_eq!(house.texts("bob").len(), 2);
}

#[tokio::test]
async fn a_question_that_waited_is_told_that_it_took_too_long_where_the_clock_was_a_day_ahead_at_the_next_start()
 {
    let mut house = a_question_that_waits().await;
    open_at(&mut house, a_day_ahead);
    let reason = say(Language::Korean, &Sentence::Refused(Reason::DeadlinePassed));
    house
        .see_in_time("alice", "the end", |post| post.text.contains(&reason))
        .await;
    house.ask("alice", "and now?").await;
    house
        .see_in_time("bob", "the other answer", |post| post.text.contains(END))
        .await;
    assert_eq!(house.texts("bob").len(), 2);
}
