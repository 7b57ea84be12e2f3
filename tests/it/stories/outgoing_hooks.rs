//! Outgoing webhooks: a word at the beginning of a post in a public channel, and what comes of it.

use askwell_playground::model::Reply;
use askwell_playground::{HookFormat, SeenPost, TimeSource, route};

use super::house::{Account, House};

const ANSWER: &str = "It is a quarter past nine.";

async fn listening(account: Account, format: HookFormat, toml: &str) -> House {
    let mut house = House::built(account, TimeSource::Real).await;
    house.listen_for("gpt", format);
    house.open(toml);
    house.model.answer_otherwise(Reply::text(ANSWER));
    house
}

fn lobby(house: &House) -> Vec<SeenPost> {
    house
        .playground
        .look(|view| view.posts_seen_by("bob", "lobby"))
}

#[tokio::test]
async fn a_post_that_begins_with_the_word_is_answered_in_its_thread() {
    for format in [HookFormat::Form, HookFormat::Json] {
        let house = listening(Account::Bot, format, "").await;
        let asked = house
            .playground
            .say("alice", "lobby", "gpt what time is it?", None);
        let answer = house
            .see("bob", "the answer", |post| post.text == ANSWER)
            .await;
        assert_eq!(answer.author, "gptbot");
        assert_eq!(answer.root, Some(asked));
        assert_eq!(lobby(&house).len(), 2);
        let requests = house.model.requests();
        assert_eq!(requests[0].last_user_message(), "alice: what time is it?");
    }
}

#[tokio::test]
async fn a_reply_that_begins_with_the_word_is_answered_in_the_thread_it_is_in() {
    let house = listening(Account::Bot, HookFormat::Form, "").await;
    let root = house
        .playground
        .say("bob", "lobby", "Is anybody there?", None);
    house
        .playground
        .say("alice", "lobby", "gpt what time is it?", Some(&root));
    let answer = house
        .see("bob", "the answer", |post| post.text == ANSWER)
        .await;
    assert_eq!(answer.root.as_deref(), Some(root.as_str()));
    assert_eq!(lobby(&house).len(), 3);
}

#[tokio::test]
async fn a_thread_is_a_conversation_of_its_own() {
    let house = listening(Account::Bot, HookFormat::Form, "").await;
    let root = house.playground.say("bob", "lobby", "About cats", None);
    house
        .playground
        .say("alice", "lobby", "gpt my cat is Nabi", Some(&root));
    house
        .see("bob", "the first answer", |post| post.text == ANSWER)
        .await;
    let other = house.playground.say("bob", "lobby", "About dogs", None);
    house
        .playground
        .say("bob", "lobby", "gpt who is in here?", Some(&other));
    house.model.wait_for_requests(2).await;
    house
        .playground
        .say("bob", "lobby", "gpt who is my cat?", Some(&root));
    let requests = house.model.wait_for_requests(3).await;
    assert!(!requests[1].body.to_string().contains("Nabi"));
    assert!(
        requests[2]
            .body
            .to_string()
            .contains("alice: my cat is Nabi")
    );
}

#[tokio::test]
async fn what_does_not_begin_with_the_word_or_is_said_in_private_asks_nobody() {
    let house = listening(Account::Bot, HookFormat::Form, "").await;
    house
        .playground
        .create_private_channel("acme", "cellar", &["alice", "bob", "gptbot"]);
    house
        .playground
        .say("alice", "lobby", "what does gpt say?", None);
    house.playground.say("alice", "cellar", "gpt hello", None);
    house.playground.say("alice", "lobby", "gpt and now?", None);
    house
        .see("bob", "the answer", |post| post.text == ANSWER)
        .await;
    assert_eq!(house.model.requests().len(), 1);
}

#[tokio::test]
async fn a_post_of_the_bot_that_begins_with_the_word_answers_nobody() {
    let house = listening(Account::Bot, HookFormat::Form, "").await;
    house
        .model
        .answer_when("hello", Reply::text("gpt is what they call me."));
    house.playground.say("alice", "lobby", "gpt hello", None);
    // The bot's answer comes back through the hook, and its post is read before anything is made of it.
    house
        .playground
        .wait_until("two posts read", |view| view.requests(route::GET_POST) == 2)
        .await;
    house.playground.say("bob", "lobby", "gpt and now?", None);
    house
        .see("bob", "the other answer", |post| post.text == ANSWER)
        .await;
    assert_eq!(house.model.requests().len(), 2);
    assert_eq!(lobby(&house).len(), 4);
}

#[tokio::test]
async fn what_a_command_was_answered_without_a_bot_is_not_asked_again_when_it_comes_back() {
    let template = "[answer]\ntemplate = \"{{ answer }}\"\n";
    let house = listening(Account::Nothing, HookFormat::Form, template).await;
    house
        .model
        .answer_when("hello", Reply::text("gpt is  what they\ncall me."));
    house.ask("alice", "hello").await;
    house
        .playground
        .wait_until("the hook of the answer", |view| {
            view.outgoing_calls_ended() == 1
        })
        .await;
    // Elsewhere the same words are those of whoever says them.
    house
        .playground
        .say("alice", "garden", "gpt is  what they\ncall me.", None);
    let requests = house.model.wait_for_requests(2).await;
    assert_eq!(
        requests[1].last_user_message(),
        "alice: is  what they\n  call me."
    );
    assert_eq!(house.texts("bob"), ["gpt is  what they\ncall me."]);
}

#[tokio::test]
async fn without_a_bot_the_incoming_webhook_answers_in_the_same_channel() {
    for format in [HookFormat::Form, HookFormat::Json] {
        let mut house = House::built(Account::Nothing, TimeSource::Real).await;
        house.listen_for("gpt", format);
        let hook = house
            .playground
            .create_incoming_webhook("garden", "assistant");
        house
            .environment
            .insert("MATTERMOST_INCOMING_WEBHOOK_URL".to_owned(), hook);
        house.open("");
        house.model.answer_otherwise(Reply::text(ANSWER));
        house
            .playground
            .say("alice", "lobby", "gpt what time is it?", None);
        house
            .see("bob", "the answer", |post| {
                post.text == format!("**alice**: what time is it?\n**GPT**: {ANSWER}")
            })
            .await;
        assert_eq!(lobby(&house).len(), 2);
        assert!(house.texts_in("garden", "bob").is_empty());
    }
}

#[tokio::test]
async fn without_a_bot_and_a_webhook_the_reply_itself_is_the_answer_in_the_thread() {
    let house = listening(Account::Nothing, HookFormat::Form, "").await;
    let asked = house
        .playground
        .say("alice", "lobby", "gpt what time is it?", None);
    let answer = house
        .see("bob", "the answer", |post| post.text.contains(ANSWER))
        .await;
    assert_eq!(answer.root, Some(asked));
    assert_eq!(lobby(&house).len(), 2);
}
