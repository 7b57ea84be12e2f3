//! askwell asked to end while it answers: what runs is finished or handed to the next start.

use askwell::app::GRACE;
use askwell_playground::TimeSource;
use askwell_playground::model::Reply;

use super::house::{Account, House};
use super::process::Process;

/// Leases are then renewed at another rhythm than what ends within [`GRACE`].
const LEASES: &str = "[limits]\nlease_seconds = 90\n";
const BEGINNING: &str = "The first half of a long answer. ";
const END: &str = "The second half, and that is all.";

async fn in_the_middle_of_an_answer() -> House {
    let house = House::with(Account::Bot, LEASES).await;
    house
        .model
        .answer_next(Reply::deltas([BEGINNING]).gate("middle").content(END));
    house.ask("alice", "hi").await;
    house.model.wait_at_gate("middle").await;
    house
        .see("bob", "the beginning", |post| {
            post.text.contains(BEGINNING.trim())
        })
        .await;
    house
}

fn whole() -> String {
    format!("**alice**: hi\n**GPT**: {BEGINNING}{END}")
}

#[tokio::test]
async fn an_answer_that_ends_in_time_is_finished_before_the_end() {
    let mut house = in_the_middle_of_an_answer().await;
    house.ask_to_end();
    house.clock.until_someone_sleeps_for(GRACE).await;
    house.model.open_gate("middle");
    house.ended().await;
    assert_eq!(house.texts("bob"), [whole()]);
}

#[tokio::test]
async fn an_answer_that_does_not_end_in_time_is_handed_back_and_written_by_the_next_start() {
    let mut house = in_the_middle_of_an_answer().await;
    house.ask_to_end();
    house.clock.until_someone_sleeps_for(GRACE).await;
    house.clock.advance(GRACE);
    house.ended().await;
    house.model.wait_for_disconnect().await;

    house
        .model
        .answer_next(Reply::text(&format!("{BEGINNING}{END}")));
    house.open(LEASES);
    house
        .see_in_time("bob", "the whole answer", |post| post.text == whole())
        .await;
    assert_eq!(house.texts("bob").len(), 1);
}

#[tokio::test]
async fn a_question_that_waited_behind_another_is_answered_by_the_next_start_in_its_order() {
    let mut house = in_the_middle_of_an_answer().await;
    house.ask("alice", "and then?").await;
    house.ask_to_end();
    house.clock.until_someone_sleeps_for(GRACE).await;
    house.model.open_gate("middle");
    house.ended().await;
    assert_eq!(house.texts("bob"), [whole()]);

    house.model.answer_next(Reply::text("Nothing more."));
    house.open(LEASES);
    house
        .see_in_time("bob", "the other answer", |post| {
            post.text == "**alice**: and then?\n**GPT**: Nothing more."
        })
        .await;
    assert_eq!(house.texts("bob").len(), 2);
}

/// Starts a process and asks it a question whose answer stops in the middle.
async fn a_process_in_the_middle_of_an_answer() -> (House, Process) {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let process = Process::start(&mut house, "");
    process.listening().await;
    house
        .model
        .answer_next(Reply::deltas([BEGINNING]).gate("middle").content(END));
    house.ask("alice", "hi").await;
    house.model.wait_at_gate("middle").await;
    (house, process)
}

#[tokio::test]
async fn a_process_that_is_sent_sigterm_finishes_what_it_writes_and_ends_well() {
    for signal in ["TERM", "INT"] {
        let (house, process) = a_process_in_the_middle_of_an_answer().await;
        process.signal(signal);
        process.logged("asked to stop").await;
        house.model.open_gate("middle");
        let (status, log) = process.ended().await;
        assert_eq!(status.code(), Some(0), "{log}");
        assert_eq!(house.texts("bob"), [whole()]);
    }
}

#[tokio::test]
async fn a_process_that_is_sent_sigterm_twice_ends_at_once_and_the_next_start_answers() {
    let (mut house, process) = a_process_in_the_middle_of_an_answer().await;
    process.signal("TERM");
    process.logged("asked to stop (SIGTERM)").await;
    process.signal("INT");
    let (status, log) = process.ended().await;
    assert_eq!(status.code(), Some(0), "{log}");
    house.model.wait_for_disconnect().await;

    house
        .model
        .answer_next(Reply::text(&format!("{BEGINNING}{END}")));
    let process = Process::start(&mut house, "");
    process.listening().await;
    house
        .see("bob", "the whole answer", |post| post.text == whole())
        .await;
    assert_eq!(house.texts("bob").len(), 1);
}
