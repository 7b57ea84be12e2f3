//! Assistants with a name of their own: how they are called, what they are told, and for whom they are.

use std::time::Duration;

use askwell::app::GRACE;
use askwell_playground::SeenPost;
use askwell_playground::model::Reply;
use serde_json::Value;

use super::house::{Account, House};

const AGENTS: &str = r#"
[bot]
hears = "thread"

[[agents]]
name = "reviewer"
title = "Code Reviewer"
about = "reads code"
prompt = "You review code, and nothing else."
model = "careful"
temperature = 0.1

[[agents]]
name = "번역가"
title = "번역가"
prompt = "You translate."

[[agents]]
name = "payroll"
prompt = "You know what people earn."
people = ["@alice"]
"#;

async fn house() -> House {
    let house = House::with(Account::Bot, AGENTS).await;
    house.until_the_bot_hears().await;
    house
}

fn instructions(body: &Value) -> String {
    body["messages"][0]["content"].as_str().unwrap().to_owned()
}

/// What the model was last sent.
fn last(house: &House) -> Value {
    house.model.requests().last().unwrap().body.clone()
}

/// Has somebody ask by the command, and returns the answer's post.
async fn asked(house: &House, person: &str, question: &str, answer: &str) -> String {
    house.model.answer_next(Reply::text(answer));
    house.ask(person, question).await;
    let seen = house.see("bob", answer, |post| post.text.ends_with(answer));
    seen.await.text
}

/// Has somebody say something, and returns the answer's post.
async fn said(
    house: &House,
    person: &str,
    text: &str,
    thread: Option<&str>,
    answer: &str,
) -> (String, SeenPost) {
    house.model.answer_next(Reply::text(answer));
    // Posts of one millisecond have no order.
    house.clock.advance(Duration::from_secs(1));
    let post = house.playground.say(person, "lobby", text, thread);
    let seen = house.see("bob", answer, |post| post.text.ends_with(answer));
    (post, seen.await)
}

#[tokio::test]
async fn an_agent_is_called_by_its_name_in_a_command() {
    let house = house().await;
    let answer = asked(&house, "alice", "with reviewer: is it right?", "It is.").await;
    assert_eq!(answer, "**alice**: is it right?\n**Code Reviewer**: It is.");
    let sent = last(&house);
    assert_eq!(sent["model"], "careful");
    let temperature = sent["temperature"].as_f64().unwrap();
    assert!((temperature - 0.1).abs() < 1e-6, "{temperature}");
    let told = instructions(&sent);
    assert!(
        told.contains("You review code, and nothing else."),
        "{told}"
    );
    assert!(
        told.contains("Code Reviewer") && !told.contains("GPT"),
        "{told}"
    );

    let answer = asked(&house, "alice", "번역가에게 안녕을 옮겨 줘", "Hello.").await;
    assert_eq!(answer, "**alice**: 안녕을 옮겨 줘\n**번역가**: Hello.");
    let sent = last(&house);
    assert_eq!(sent["model"], "scripted");
    assert!(instructions(&sent).contains("You translate."));

    let answer = asked(&house, "alice", "with care, is it right?", "Surely.").await;
    assert_eq!(
        answer,
        "**alice**: with care, is it right?\n**GPT**: Surely."
    );
    assert!(!instructions(&last(&house)).contains("You review code"));
}

#[tokio::test]
async fn an_agent_is_called_by_a_mention_and_a_thread_goes_on_with_it() {
    let house = house().await;
    let (root, first) = said(&house, "alice", "@reviewer look at this", None, "Seen.").await;
    assert_eq!(first.text, "**Code Reviewer**: Seen.");
    assert_eq!(first.root.as_deref(), Some(root.as_str()));
    assert!(
        house.model.requests()[0]
            .last_user_message()
            .ends_with("look at this")
    );

    let (_, second) = said(&house, "alice", "and now?", Some(&root), "Still good.").await;
    assert_eq!(second.text, "**Code Reviewer**: Still good.");
    assert_eq!(last(&house)["model"], "careful");
    // Also whoever comes to the thread by the bot's own name.
    let (_, third) = said(&house, "bob", "@gptbot and me?", Some(&root), "You too.").await;
    assert_eq!(third.text, "**Code Reviewer**: You too.");

    let ask = "@gptbot with default: who are you?";
    let (_, usual) = said(&house, "bob", ask, Some(&root), "Nobody in particular.").await;
    assert_eq!(usual.text, "Nobody in particular.");
    assert_eq!(last(&house)["model"], "scripted");
    let (_, goes_on) = said(&house, "bob", "really?", Some(&root), "Really.").await;
    assert_eq!(goes_on.text, "Really.");
    let (_, other) = said(&house, "bob", "@번역가야 옮겨 줘", Some(&root), "Done.").await;
    assert_eq!(other.text, "**번역가**: Done.");
}

#[tokio::test]
async fn an_agent_that_is_gone_is_answered_for_by_the_usual_assistant() {
    let mut house = house().await;
    let (root, _) = said(&house, "alice", "@reviewer look at this", None, "Seen.").await;
    house.close().await;
    house.open("[bot]\nhears = \"thread\"\n");
    house.until_the_bot_hears().await;
    let (_, answer) = said(&house, "alice", "and now?", Some(&root), "As ever.").await;
    assert_eq!(answer.text, "As ever.");
}

#[tokio::test]
async fn whoever_takes_a_question_up_again_asks_the_same_agent() {
    // Leases are then renewed at another rhythm than what ends within the grace.
    let agents = format!("[limits]\nlease_seconds = 90\n{AGENTS}");
    let mut house = House::with(Account::Bot, &agents).await;
    house.playground.make_channel_admin("lobby", "alice");
    house.ask("alice", "채널 에이전트: reviewer").await;
    house.model.answer_next(Reply::silence());
    house.ask("bob", "is it right?").await;
    house.model.wait_for_requests(1).await;
    // Chosen since, for later questions.
    house.ask("alice", "채널 에이전트: 번역가").await;
    house.ask_to_end();
    house.clock.until_someone_sleeps_for(GRACE).await;
    house.clock.advance(GRACE);
    house.ended().await;
    house.model.answer_next(Reply::text("It is."));
    house.open(&agents);
    let seen = house.see_in_time("bob", "the answer", |post| post.text.ends_with("It is."));
    assert_eq!(
        seen.await.text,
        "**bob**: is it right?\n**Code Reviewer**: It is."
    );
    assert_eq!(last(&house)["model"], "careful");
}

#[tokio::test]
async fn an_agent_is_asked_only_by_those_whom_it_is_for() {
    let house = house().await;
    let told = house.ask("bob", "agents").await;
    assert!(
        told.contains("`reviewer`") && told.contains("reads code"),
        "{told}"
    );
    assert!(
        told.contains("`번역가`") && !told.contains("payroll"),
        "{told}"
    );
    let told = house.ask("alice", "에이전트").await;
    assert!(told.contains("`payroll`"), "{told}");

    house
        .ask("bob", "with payroll: what does alice earn?")
        .await;
    let refused = house.see("bob", "a refusal", |post| post.text.contains("오류 발생"));
    let refused = refused.await.text;
    assert!(
        refused.contains("이 에이전트에게 물어볼 수 없어요"),
        "{refused}"
    );
    assert_eq!(house.model.requests().len(), 0);
    let answer = asked(&house, "alice", "with payroll: what do I earn?", "Enough.").await;
    assert_eq!(answer, "**alice**: what do I earn?\n**payroll**: Enough.");
}

#[tokio::test]
async fn a_channel_chooses_who_answers_where_nobody_is_named() {
    let house = house().await;
    house.playground.make_channel_admin("lobby", "alice");
    let told = house.ask("alice", "채널 에이전트: nobody").await;
    assert!(told.contains("`reviewer`, `번역가`, `payroll`"), "{told}");
    let told = house.ask("alice", "채널 에이전트: reviewer").await;
    assert!(told.contains("**에이전트**: reviewer"), "{told}");
    let answer = asked(&house, "bob", "is it right?", "It is.").await;
    assert_eq!(answer, "**bob**: is it right?\n**Code Reviewer**: It is.");
    let told = house.ask("bob", "agents").await;
    assert!(told.contains("`reviewer` 에이전트가 답해요"), "{told}");
    let answer = asked(&house, "bob", "기본에게: is it right?", "Perhaps.").await;
    assert_eq!(answer, "**bob**: is it right?\n**GPT**: Perhaps.");
    let answer = asked(&house, "bob", "with 번역가 is it right?", "Sí.").await;
    assert_eq!(answer, "**bob**: is it right?\n**번역가**: Sí.");
}

#[tokio::test]
async fn where_there_are_no_agents_nothing_is_said_of_them() {
    let house = House::with(Account::Bot, "").await;
    let help = house.ask("bob", "help").await;
    assert!(!help.contains("에이전트"), "{help}");
    let answer = asked(&house, "bob", "agents", "They act.").await;
    assert_eq!(answer, "**bob**: agents\n**GPT**: They act.");
    let with = self::house().await;
    let help = with.ask("bob", "help").await;
    assert!(help.contains("`/askgpt 에이전트`"), "{help}");
}

#[tokio::test]
async fn whom_somebody_may_not_ask_does_not_keep_them_from_an_answer() {
    let house = house().await;
    let ask = "@payroll what do I earn?";
    let (root, _) = said(&house, "alice", ask, None, "Enough.").await;
    let (_, usual) = said(&house, "bob", "@gptbot and I?", Some(&root), "Ask them.").await;
    assert_eq!(usual.text, "Ask them.");
    assert!(!instructions(&last(&house)).contains("what people earn"));
    // Who names it is refused, and is not told of whom.
    let asked = house.model.requests().len();
    house.clock.advance(Duration::from_secs(1));
    house
        .playground
        .say("bob", "lobby", "@payroll and I?", Some(&root));
    let refused = house.see("bob", "a refusal", |post| post.text.contains("오류 발생"));
    assert!(refused.await.text.starts_with("오류 발생"));
    assert_eq!(house.model.requests().len(), asked);
}

#[tokio::test]
async fn whoever_administers_no_channel_does_not_learn_what_agents_there_are() {
    let house = house().await;
    let told = house.ask("bob", "채널 에이전트: nobody").await;
    assert!(told.contains("관리자만"), "{told}");
    assert!(!told.contains("payroll"), "{told}");
}
