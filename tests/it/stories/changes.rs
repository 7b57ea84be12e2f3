//! Posts that people edit or delete, before and after they were answered.

use std::time::Duration;

use askwell::text::{Language, Sentence, say};
use askwell_playground::model::Reply;
use askwell_playground::{HookFormat, ManualTime, SeenPost, TimeSource};

use super::house::{Account, House};

const HEARS: &str = "[bot]\nhears = \"thread\"\n";

async fn listening_with(toml: &str) -> House {
    let house = House::with(Account::Bot, &format!("{HEARS}{toml}")).await;
    house.until_the_bot_hears().await;
    house
}

/// What alice sees of the bot in her direct channel with it, oldest first.
fn answers_in(house: &House, channel: &str) -> Vec<SeenPost> {
    let posts = house
        .playground
        .look(|view| view.posts_seen_by("alice", channel));
    let by_bot = posts.into_iter().filter(|post| post.author == "gptbot");
    by_bot.collect()
}

/// Waits for an answer with these words in a channel.
async fn see_in(house: &House, channel: &str, words: &str) -> SeenPost {
    house
        .playground
        .wait_for(words, |view| {
            let posts = view.posts_seen_by("alice", channel);
            posts
                .into_iter()
                .find(|post| post.author == "gptbot" && post.text.contains(words))
        })
        .await
}

/// Has alice ask something in a direct channel, and be answered with its beginning and no more.
async fn half_answered(house: &House) -> (String, String) {
    let channel = house.playground.direct_channel("alice", "gptbot");
    let begun = "A very long answer begins here, and goes on and on. ";
    house
        .model
        .answer_next(Reply::deltas([begun]).gate("never"));
    let asked = house
        .playground
        .say("alice", &channel, "tell me everything", None);
    see_in(house, &channel, "begins here").await;
    (channel, asked)
}

#[tokio::test]
async fn a_half_written_answer_says_that_its_question_was_deleted() {
    let house = listening_with("").await;
    let (channel, asked) = half_answered(&house).await;
    house.playground.delete("alice", &asked);
    house.model.wait_for_disconnect().await;
    let said = say(Language::Korean, &Sentence::QuestionDeleted);
    see_in(&house, &channel, &said).await;
    let answers = answers_in(&house, &channel);
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].text, said, "nothing of the answer is left");
}

#[tokio::test]
async fn a_half_written_answer_goes_with_its_question_where_that_is_configured() {
    let house = listening_with("[answer]\ndeleted_question = \"remove\"\n").await;
    let (channel, asked) = half_answered(&house).await;
    house.playground.delete("alice", &asked);
    house
        .playground
        .wait_until("nothing of the answer", |view| {
            let posts = view.posts_seen_by("alice", &channel);
            posts.iter().all(|post| post.author != "gptbot")
        })
        .await;
}

#[tokio::test]
async fn a_question_that_is_deleted_while_it_waits_is_never_asked() {
    let house = listening_with("").await;
    let (channel, _) = half_answered(&house).await;
    let second = house
        .playground
        .say("alice", &channel, "and something else", None);
    house.model.answer_otherwise(Reply::text("The third."));
    house.playground.say("alice", &channel, "and a third", None);
    house.playground.delete("alice", &second);
    house.model.open_gate("never");
    see_in(&house, &channel, "The third.").await;
    let requests = house.model.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].last_user_message(), "alice: and a third");
    assert_eq!(answers_in(&house, &channel).len(), 2);
}

#[tokio::test]
async fn deleting_a_thread_stops_the_answer_to_a_question_in_it() {
    let house = listening_with("").await;
    house.model.answer_next(Reply::text("I see."));
    let root = house.playground.say("alice", "lobby", "@gptbot hi", None);
    house
        .see("bob", "the first answer", |post| post.text == "I see.")
        .await;
    house
        .model
        .answer_next(Reply::deltas(["An answer that never ends. "]).gate("never"));
    house
        .playground
        .say("alice", "lobby", "and more?", Some(&root));
    house
        .see("bob", "the beginning", |post| {
            post.text.contains("never ends")
        })
        .await;
    house.playground.delete("alice", &root);
    house.model.wait_for_disconnect().await;
}

#[tokio::test]
async fn a_question_that_is_edited_before_anything_was_shown_is_answered_as_edited() {
    let house = listening_with("").await;
    house.model.answer_next(Reply::empty().gate("never"));
    let asked = house
        .playground
        .say("alice", "lobby", "@gptbot how old is Rome?", None);
    house.model.wait_at_gate("never").await;
    house.model.answer_next(Reply::text("About 4,500 years."));
    house.playground.edit(
        "alice",
        &asked,
        "@gptbot how old is Seoul? How old is Troy?",
    );
    house
        .see("bob", "the answer", |post| {
            post.text == "About 4,500 years."
        })
        .await;
    let requests = house.model.requests();
    assert_eq!(requests.len(), 2);
    let last = requests[1].last_user_message();
    assert!(
        last.ends_with("how old is Seoul? How old is Troy?"),
        "{last}"
    );
    assert!(!requests[1].body.to_string().contains("Rome"));
}

#[tokio::test]
async fn an_edit_that_changes_nothing_of_the_question_asks_no_model_again() {
    let house = listening_with("").await;
    house
        .model
        .answer_next(Reply::empty().gate("later").content("Answered."));
    let asked = house
        .playground
        .say("alice", "lobby", "@gptbot how old is Rome?", None);
    house.model.wait_at_gate("later").await;
    house
        .playground
        .edit("alice", &asked, "@gptbot, how old is Rome?");
    house.model.open_gate("later");
    house
        .see("bob", "the answer", |post| post.text == "Answered.")
        .await;
    assert_eq!(house.model.requests().len(), 1);
}

#[tokio::test]
async fn a_question_that_is_edited_when_its_answer_has_begun_keeps_that_answer() {
    let house = listening_with("").await;
    let (channel, asked) = half_answered(&house).await;
    house.playground.edit("alice", &asked, "tell me nothing");
    house.model.open_gate("never");
    house.model.wait_for_answers(1).await;
    house.model.answer_next(Reply::text("The next one."));
    house.playground.say("alice", &channel, "next?", None);
    see_in(&house, &channel, "The next one.").await;
    let requests = house.model.requests();
    assert_eq!(requests.len(), 2);
    let told = requests[1].body.to_string();
    assert!(told.contains("tell me nothing") && !told.contains("tell me everything"));
}

#[tokio::test]
async fn what_was_edited_or_deleted_since_reaches_no_model_in_its_old_form() {
    let house = listening_with("").await;
    let channel = house.playground.direct_channel("alice", "gptbot");
    let mut posts = Vec::new();
    for (question, answer) in [
        ("my key is hunter2", "Noted."),
        ("and the second is swordfish", "Noted too."),
        ("who am I?", "You are Mallory."),
    ] {
        house.model.answer_next(Reply::text(answer));
        let asked = house.playground.say("alice", &channel, question, None);
        posts.push((asked, see_in(&house, &channel, answer).await.id));
    }
    house
        .playground
        .edit("alice", &posts[0].0, "my key is a secret");
    house.playground.delete("alice", &posts[1].0);
    house.playground.delete("admin", &posts[2].1);
    house.model.answer_next(Reply::text("Done."));
    house.playground.say("alice", &channel, "what now?", None);
    see_in(&house, &channel, "Done.").await;
    let told = house.model.requests()[3].body.to_string();
    assert!(told.contains("my key is a secret") && told.contains("Noted."));
    for gone in ["hunter2", "swordfish", "Noted too.", "who am I", "Mallory"] {
        assert!(!told.contains(gone), "{gone} is still told: {told}");
    }
}

#[tokio::test]
async fn a_post_that_a_webhook_reported_is_told_as_it_is_now() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.listen_for("ask", HookFormat::Json);
    house.open("");
    house.model.answer_next(Reply::text("First."));
    let asked = house.playground.say("alice", "lobby", "ask for one", None);
    house
        .see("bob", "the first", |post| post.text == "First.")
        .await;
    house.playground.edit("alice", &asked, "ask for another");
    house.model.answer_next(Reply::text("Second."));
    house.playground.say("alice", "lobby", "ask for two", None);
    house
        .see("bob", "the second", |post| post.text == "Second.")
        .await;
    let told = house.model.requests()[1].body.to_string();
    assert!(
        told.contains("for another") && !told.contains("for one"),
        "{told}"
    );
}

/// A house whose clocks agree, and whose bot was there once and is away now.
async fn away() -> (House, ManualTime) {
    let time = ManualTime::default();
    let mut house = House::built(Account::Bot, TimeSource::Manual(time.clone())).await;
    let behind = time.now_ms() - house.clock_ms();
    house
        .clock
        .advance(Duration::from_millis(u64::try_from(behind).unwrap()));
    house.open(HEARS);
    house.until_the_bot_hears().await;
    house.model.answer_otherwise(Reply::text("Here I am."));
    house.playground.say("alice", "lobby", "@gptbot hi", None);
    house
        .see("bob", "a first answer", |post| post.text == "Here I am.")
        .await;
    house.close().await;
    (house, time)
}

#[tokio::test]
async fn whoever_asked_too_long_ago_is_told_so_once_and_may_ask_again() {
    let (mut house, time) = away().await;
    let late = house
        .playground
        .say("alice", "lobby", "@gptbot anybody there?", None);
    let clock = house.clock.clone();
    let pass = |minutes| {
        time.advance(Duration::from_mins(minutes));
        clock.advance(Duration::from_mins(minutes));
    };
    pass(14);
    let recent = house
        .playground
        .say("bob", "lobby", "@gptbot and now?", None);
    pass(2);
    house.open(HEARS);
    let said = say(Language::Korean, &Sentence::WasAway);
    house
        .see("bob", "why it was not answered", |post| {
            post.root.as_deref() == Some(late.as_str()) && post.text == said
        })
        .await;
    house
        .see("bob", "the answer", |post| {
            post.root.as_deref() == Some(recent.as_str()) && post.text == "Here I am."
        })
        .await;
    house.close().await;
    pass(1);
    house.open(HEARS);
    house.until_the_bot_hears().await;
    let again = house
        .playground
        .say("alice", "lobby", "@gptbot again", None);
    house
        .see("bob", "the next answer", |post| {
            post.root.as_deref() == Some(again.as_str()) && post.text == "Here I am."
        })
        .await;
    let texts = house.texts("bob");
    assert_eq!(texts.iter().filter(|text| **text == said).count(), 1);
    assert_eq!(house.model.requests().len(), 3);
}
