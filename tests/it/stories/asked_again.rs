//! Answers that are written once more, or gone on with: one answer, in the posts that there are.

use std::time::Duration;

use askwell_playground::model::Reply;
use askwell_playground::{SeenPost, TimeSource, route};

use super::buttons::{context, house, labels};
use super::house::{Account, House, lasting_address};
use super::process::Process;

const FIRST: &str = "The first answer, which nobody liked.";
const SECOND: &str = "The second answer, which is better.";
const CUT: &str =
    "_길이 제한 때문에 답변이 여기서 끊겼어요. 나머지가 필요하시면 그 부분만 다시 물어봐 주세요._";

fn shown(answer: &str) -> String {
    format!("**alice**: hi\n**GPT**: {answer}")
}

impl House {
    /// Alice asks, and is answered so.
    async fn answered(&self, reply: Reply, text: &str) -> SeenPost {
        self.model.answer_next(reply);
        self.ask("alice", "hi").await;
        self.see_in_time("bob", text, |post| {
            post.text == text && labels(post).len() == 3
        })
        .await
    }

    /// Waits until nothing is being worked on; time passes only while nobody asks.
    pub(super) async fn until_settled(&self) {
        while self.readiness().await["backlog"]["running"] != 0 {
            self.pass(Duration::from_secs(1)).await;
        }
    }
}

#[tokio::test]
async fn another_answer_takes_the_place_of_the_first_in_its_post_and_in_the_conversation() {
    let house = house().await;
    let post = house.answered(Reply::text(FIRST), &shown(FIRST)).await;
    let again = Reply::empty().gate("again").content(SECOND);
    house.model.answer_next(again);
    house.press("alice", &post, "regenerate").await;
    let seen = house.look_at(&post.id);
    assert_eq!(seen.text, shown("…"));
    assert_eq!(labels(&seen), ["■ 멈추기"]);
    house.model.open_gate("again");
    let seen = house
        .see_in_time("bob", "the second answer", |post| {
            post.text == shown(SECOND) && labels(post).len() == 3
        })
        .await;
    assert_eq!(seen.id, post.id);
    assert_eq!(seen.props["askwell"]["generation"], 2);
    house.until_settled().await;
    assert_eq!(house.texts("bob"), [shown(SECOND)]);

    house.model.answer_next(Reply::text("You are welcome."));
    house.ask("alice", "thanks").await;
    let requests = house.model.wait_for_requests(3).await;
    assert!(!requests[1].body.to_string().contains("nobody liked"));
    let told = requests[2].body.to_string();
    assert!(
        told.contains(SECOND) && !told.contains("nobody liked"),
        "{told}"
    );
}

#[tokio::test]
async fn another_answer_is_not_told_what_was_said_after_its_question() {
    let house = house().await;
    let post = house.answered(Reply::text(FIRST), &shown(FIRST)).await;
    house.model.answer_next(Reply::text("It is Nabi."));
    house.ask("bob", "what is my cat called?").await;
    house
        .see("bob", "the other answer", |post| post.text.contains("Nabi"))
        .await;
    house.model.answer_next(Reply::text(SECOND));
    house.press("alice", &post, "regenerate").await;
    let requests = house.model.wait_for_requests(3).await;
    assert!(!requests[2].body.to_string().contains("cat"));
}

#[tokio::test]
async fn a_shorter_answer_takes_the_place_of_a_longer_one_and_no_post_is_left_over() {
    let house = house().await;
    let long = "Many words of one kind. ".repeat(1_000);
    house.model.answer_next(Reply::text(&long));
    house.ask("alice", "hi").await;
    let post = house
        .see_in_time("bob", "the first part", |post| labels(post).len() == 3)
        .await;
    let is_further = |other: &SeenPost| other.root.as_ref() == Some(&post.id);
    house.see("bob", "the last part", is_further).await;
    assert_eq!(house.texts("bob").len(), 2);
    house.model.answer_next(Reply::text(SECOND));
    house.press("alice", &post, "regenerate").await;
    house
        .see_in_time("bob", "the second answer", |post| {
            post.text == shown(SECOND)
        })
        .await;
    house.until_settled().await;
    assert_eq!(house.texts("bob"), [shown(SECOND)]);
    // And grows into as many again.
    house.model.answer_next(Reply::text(&long));
    let post = house.look_at(&post.id);
    house.press("alice", &post, "regenerate").await;
    house.see_in_time("bob", "the last part", is_further).await;
    house.until_settled().await;
    assert_eq!(house.texts("bob").len(), 2);
}

#[tokio::test]
async fn the_earlier_answer_stays_where_no_other_comes() {
    let house = house().await;
    let post = house.answered(Reply::text(FIRST), &shown(FIRST)).await;
    house.model.answer_next(Reply::unauthorized());
    house.press("alice", &post, "regenerate").await;
    let seen = house
        .see_in_time("bob", "the earlier answer", |post| {
            post.text.contains("앞의 답변을 그대로 두었어요")
        })
        .await;
    assert!(seen.text.starts_with(&shown(FIRST)), "{}", seen.text);
    assert!(seen.text.contains("API 키"), "{}", seen.text);
    assert_eq!(labels(&seen), ["↻ 다시 쓰기", "👍", "👎"]);
    house.until_settled().await;

    // It is still what was said.
    house.model.answer_next(Reply::text("You are welcome."));
    house.ask("alice", "thanks").await;
    let requests = house.model.wait_for_requests(3).await;
    assert!(requests[2].body.to_string().contains(FIRST));
}

#[tokio::test]
async fn the_earlier_answer_stays_where_the_other_is_stopped_before_a_word() {
    let house = house().await;
    let post = house.answered(Reply::text(FIRST), &shown(FIRST)).await;
    house.model.answer_next(Reply::empty().gate("never"));
    house.press("alice", &post, "regenerate").await;
    house.model.wait_for_requests(2).await;
    let seen = house.look_at(&post.id);
    house.press("alice", &seen, "stop").await;
    let seen = house.look_at(&post.id);
    assert!(seen.text.starts_with(&shown(FIRST)), "{}", seen.text);
    assert!(
        seen.text.contains("새 답변을 쓰기 전에 멈춰서"),
        "{}",
        seen.text
    );
    house.until_settled().await;
    assert_eq!(house.texts("bob").len(), 1);
}

#[tokio::test]
async fn an_answer_is_not_written_twice_at_once_whoever_presses_how_often() {
    let house = house().await;
    let post = house.answered(Reply::text(FIRST), &shown(FIRST)).await;
    let again = Reply::empty().gate("again").content(SECOND);
    house.model.answer_next(again);
    let regenerate = context(&post, "regenerate");
    tokio::join!(
        house.report("alice", &post.id, &regenerate),
        house.report("admin", &post.id, &regenerate),
        house.report("alice", &post.id, &regenerate),
    );
    house.model.wait_for_requests(2).await;
    // The button as it was before; it is of an answer that is no more.
    let (status, _) = house.report("alice", &post.id, &regenerate).await;
    assert!([200, 401].contains(&status), "{status}");
    house.model.open_gate("again");
    house
        .see_in_time("bob", "the second answer", |post| {
            post.text == shown(SECOND)
        })
        .await;
    house.until_settled().await;
    assert_eq!(house.model.requests().len(), 2);
    assert_eq!(house.texts("bob"), [shown(SECOND)]);
}

#[tokio::test]
async fn only_the_asker_and_administrators_have_an_answer_written_once_more() {
    let house = house().await;
    let post = house.answered(Reply::text(FIRST), &shown(FIRST)).await;
    house.press("bob", &post, "regenerate").await;
    assert_eq!(house.told("bob"), ["질문하신 분과 관리자만 할 수 있어요."]);
    assert_eq!(house.model.requests().len(), 1);
    house.model.answer_next(Reply::text(SECOND));
    house.press("admin", &post, "regenerate").await;
    house
        .see_in_time("bob", "the second answer", |post| {
            post.text == shown(SECOND)
        })
        .await;
}

#[tokio::test]
async fn a_reply_to_a_press_that_comes_late_does_not_undo_the_end() {
    let house = house().await;
    let post = house.answered(Reply::text(FIRST), &shown(FIRST)).await;
    house.model.answer_next(Reply::text(SECOND));
    // Mattermost does not show what a report is replied to with; here it does so after the new answer has ended.
    let regenerate = context(&post, "regenerate");
    let (_, reply) = house.report("alice", &post.id, &regenerate).await;
    house
        .see("bob", "the second answer", |post| {
            post.text == shown(SECOND) && labels(post).len() == 3
        })
        .await;
    let late = reply["update"]["message"].as_str().unwrap();
    assert_eq!(late, shown("…"));
    house.playground.edit("gptbot", &post.id, late);
    house.until_settled().await;
    assert_eq!(house.texts("bob"), [shown(SECOND)]);
}

#[tokio::test]
async fn an_answer_that_was_cut_at_its_length_is_gone_on_with() {
    let house = house().await;
    let beginning = "One, two, three, fo";
    let cut = Reply::text(beginning).finish("length");
    let post = house
        .answered(cut, &format!("{}\n\n{CUT}", shown(beginning)))
        .await;
    assert_eq!(labels(&post), ["이어 쓰기", "👍", "👎"]);
    let more = Reply::empty().gate("more").content("ur, five, six.");
    house.model.answer_next(more);
    house.press("alice", &post, "continue").await;
    let seen = house.look_at(&post.id);
    assert_eq!(seen.text, shown(beginning));
    assert_eq!(labels(&seen), ["■ 멈추기"]);
    house.model.open_gate("more");
    let whole = shown("One, two, three, four, five, six.");
    let seen = house
        .see_in_time("bob", "the whole answer", |post| {
            post.text == whole && labels(post).len() == 3
        })
        .await;
    assert_eq!(labels(&seen), ["↻ 다시 쓰기", "👍", "👎"]);
    house.until_settled().await;
    assert_eq!(house.texts("bob"), [whole]);

    let asked = house.model.requests()[1].body["messages"].clone();
    let roles: Vec<_> = asked
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["role"].clone())
        .collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
    assert_eq!(asked[2]["content"], beginning);
    house.model.answer_next(Reply::text("Seven."));
    house.ask("alice", "and then?").await;
    let requests = house.model.wait_for_requests(3).await;
    assert!(requests[2].body.to_string().contains("three, four, five"));
}

#[tokio::test]
async fn what_cannot_be_gone_on_with_stays_as_it_was_and_can_be_tried_again() {
    let house = house().await;
    let beginning = "One, two, three, fo";
    let cut = Reply::text(beginning).finish("length");
    let post = house
        .answered(cut, &format!("{}\n\n{CUT}", shown(beginning)))
        .await;
    house.model.answer_next(Reply::unauthorized());
    house.press("alice", &post, "continue").await;
    let seen = house
        .see_in_time("bob", "the earlier answer", |post| {
            post.text.contains("그대로 두었어요")
        })
        .await;
    assert!(seen.text.starts_with(&shown(beginning)), "{}", seen.text);
    assert_eq!(labels(&seen), ["이어 쓰기", "👍", "👎"]);
}

/// A process that is killed after a press was obeyed and before anything came of it.
async fn killed_after(press: &str, first: Reply, shown_first: &str) -> (House, SeenPost, Process) {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.be_reachable();
    let process = Process::start(&mut house, "");
    process.listening().await;
    house.model.answer_next(first);
    house.ask("alice", "hi").await;
    let post = house
        .see("bob", shown_first, |post| {
            post.text == shown_first && labels(post).len() == 3
        })
        .await;
    house.model.answer_next(Reply::empty().gate("never"));
    house.press("alice", &post, press).await;
    house.model.wait_for_requests(2).await;
    drop(process);
    let process = Process::start_at(&house, &house.address.to_string());
    (house, post, process)
}

#[tokio::test]
async fn a_press_is_not_forgotten_where_the_process_dies() {
    let first = Reply::text(FIRST);
    let (house, post, process) = killed_after("regenerate", first, &shown(FIRST)).await;
    house.model.answer_next(Reply::text(SECOND));
    process.listening().await;
    let seen = house
        .see("bob", "the second answer", |post| {
            post.text == shown(SECOND)
        })
        .await;
    assert_eq!(seen.id, post.id);
    assert_eq!(house.texts("bob"), [shown(SECOND)]);

    let beginning = "One, two, three, fo";
    let cut = Reply::text(beginning).finish("length");
    let cut_text = format!("{}\n\n{CUT}", shown(beginning));
    let (house, _, process) = killed_after("continue", cut, &cut_text).await;
    house.model.answer_next(Reply::text("ur, five."));
    process.listening().await;
    let whole = shown("One, two, three, four, five.");
    house
        .see("bob", "the whole answer", |post| post.text == whole)
        .await;
    assert_eq!(house.texts("bob"), [whole]);
}

#[tokio::test]
async fn without_an_address_of_ours_there_are_no_buttons_and_nothing_is_taken_for_a_press() {
    let house = House::with(Account::Bot, "").await;
    house.model.answer_next(Reply::text(FIRST));
    house.ask("alice", "hi").await;
    let seen = house
        .see("bob", "the answer", |post| post.text == shown(FIRST))
        .await;
    assert_eq!(seen.props.get("attachments"), None);
    assert_eq!(house.send_action("{}").await.0, 404);
    let edits = house
        .playground
        .look(|view| view.requests(route::PATCH_POST));
    assert_eq!(edits, 0, "an answer that comes at once needs no edit");
}

#[tokio::test]
async fn what_waits_for_its_turn_is_stopped_too_and_that_it_will_be_is_seen_at_once() {
    let house = house().await;
    let post = house.answered(Reply::text(FIRST), &shown(FIRST)).await;
    let other = Reply::deltas(["Something else is being said."]).gate("other");
    house.model.answer_next(other);
    house.ask("alice", "and then?").await;
    house.model.wait_at_gate("other").await;
    house.press("alice", &post, "regenerate").await;
    let waiting = house.look_at(&post.id);
    assert_eq!(labels(&waiting), ["■ 멈추기"]);
    house.press("alice", &waiting, "stop").await;
    let stopping = house.look_at(&post.id);
    assert_eq!(labels(&stopping), ["멈추는 중…"]);
    assert_eq!(stopping.text, waiting.text);
    house.model.open_gate("other");
    let seen = house
        .see_in_time("bob", "the earlier answer", |seen| {
            seen.id == post.id && seen.text.contains("멈춰서 앞의 답변을")
        })
        .await;
    assert_eq!(labels(&seen), ["↻ 다시 쓰기", "👍", "👎"]);
    assert_eq!(house.model.requests().len(), 2);
}

#[tokio::test]
async fn an_answer_is_stopped_by_whichever_replica_the_press_reaches() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.move_to_postgres().await;
    // Presses reach another replica than commands.
    let other = lasting_address();
    house
        .environment
        .insert("ASKWELL_PUBLIC_URL".to_owned(), format!("http://{other}"));
    let one = Process::start(&mut house, "");
    one.listening().await;
    let growing = Reply::deltas(["A long answer begins here, and goes on and on."]).gate("never");
    house.model.answer_next(growing);
    house.ask("alice", "hi").await;
    let post = house
        .see("bob", "the beginning", |post| {
            post.text.contains("on and on")
        })
        .await;
    let two = Process::start_at(&house, &other.to_string());
    two.listening().await;
    house.press("alice", &post, "stop").await;
    let seen = house
        .see("bob", "the end", |post| {
            post.text.contains("답변을 멈췄어요") && labels(post).len() == 3
        })
        .await;
    assert_eq!(seen.id, post.id);
    house.model.wait_for_disconnect().await;
}
