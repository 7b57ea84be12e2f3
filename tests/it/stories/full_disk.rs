//! A disk without space: nothing that cannot be kept is accepted, and nothing that was accepted is lost.

use askwell::text::{Language, Reason, Sentence, say};
use askwell_playground::TimeSource;
use askwell_playground::model::Reply;

use super::house::{Account, House};
use super::process::Process;

const FULL: &str = "0";
const SPACE: &str = "unlimited";
const BEGINNING: &str = "The first half of a long answer. ";
const END: &str = "The second half, and that is all.";

async fn serving() -> (House, Process) {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let process = Process::start(&mut house, "");
    process.listening().await;
    (house, process)
}

#[tokio::test]
async fn a_question_that_cannot_be_kept_is_told_so_and_the_next_is_answered_once_there_is_space() {
    let (house, process) = serving().await;
    house.model.answer_otherwise(Reply::text("Yes."));
    house.ask("alice", "first?").await;
    house
        .see("bob", "the first answer", |post| {
            post.text == "**alice**: first?\n**GPT**: Yes."
        })
        .await;
    process.logged("a question has ended").await;

    process.limit_files(FULL);
    let sorry = say(Language::Korean, &Sentence::Refused(Reason::Internal));
    for _ in 0..3 {
        let told = house.ask("alice", "second?").await;
        assert!(told.contains(&sorry), "{told}");
    }
    house
        .see("alice", "that it failed", |post| {
            post.is_ephemeral && post.text.contains(&sorry)
        })
        .await;
    let readiness = house.readiness().await;
    assert_eq!(readiness["ready"], false);
    assert_eq!(readiness["store"]["failure"], "unavailable");

    process.limit_files(SPACE);
    let told = house.ask("alice", "third?").await;
    assert!(!told.contains(&sorry), "{told}");
    house
        .see("bob", "the third answer", |post| {
            post.text == "**alice**: third?\n**GPT**: Yes."
        })
        .await;
    assert_eq!(
        house.texts("bob").len(),
        2,
        "what was refused is not answered"
    );
    assert_eq!(house.model.requests().len(), 2);
}

#[tokio::test]
async fn an_answer_that_could_not_be_kept_is_shown_whole_after_a_restart_with_space() {
    let (mut house, process) = serving().await;
    house
        .model
        .answer_next(Reply::deltas([BEGINNING]).gate("full").content(END));
    house
        .model
        .answer_next(Reply::text(&format!("{BEGINNING}{END}")));
    house.ask("alice", "hi").await;
    house.model.wait_at_gate("full").await;
    house
        .see("bob", "the beginning", |post| {
            post.text.contains(BEGINNING.trim())
        })
        .await;
    process.limit_files(FULL);
    house.model.open_gate("full");
    process.logged("could not be given back").await;
    process.signal("TERM");
    let (status, log) = process.ended().await;
    assert_eq!(status.code(), Some(0), "{log}");

    let process = Process::start(&mut house, "");
    process.listening().await;
    let whole = format!("**alice**: hi\n**GPT**: {BEGINNING}{END}");
    house
        .see("bob", "the whole answer", |post| post.text == whole)
        .await;
    assert_eq!(house.texts("bob").len(), 1);
}
