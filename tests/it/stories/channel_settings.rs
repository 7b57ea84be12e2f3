//! What a channel does otherwise than the others: who may say so, how, and what comes of it.

use std::time::Duration;

use askwell_playground::model::Reply;
use askwell_playground::{Fault, ManualTime, SeenPost, TimeSource, route};

use super::house::{Account, House};

/// A house in whose lobby alice is a channel admin.
async fn house(toml: &str) -> House {
    let house = House::built(Account::Bot, TimeSource::Real).await;
    opened(house, toml)
}

fn opened(mut house: House, toml: &str) -> House {
    house.playground.make_channel_admin("lobby", "alice");
    house.open(&format!("[bot]\nhears = \"thread\"\n{toml}"));
    house
}

const CHOICES: &str = "[model]\nchoices = [\"gpt-4o\", \"local/tiny\"]\n";

/// Has somebody ask in the lobby, and returns what the model was sent.
async fn sent(house: &House, person: &str) -> serde_json::Value {
    let asked = house.model.requests().len();
    let answer = format!("Because of {asked}.");
    house.model.answer_next(Reply::text(&answer));
    house.ask(person, "why?").await;
    house
        .see("bob", "the answer", |post| post.text.contains(&answer))
        .await;
    house.model.requests()[asked].body.clone()
}

fn instructions(body: &serde_json::Value) -> String {
    body["messages"][0]["content"].as_str().unwrap().to_owned()
}

/// Waits for what the bot says in the thread of a post.
async fn told_in_thread(house: &House, root: &str) -> SeenPost {
    house
        .see("bob", "a word in the thread", |post| {
            post.author == "gptbot" && post.root.as_deref() == Some(root)
        })
        .await
}

#[tokio::test]
async fn everybody_sees_what_their_channel_does_otherwise_and_how_it_is_changed() {
    let house = house("").await;
    let told = house.ask("bob", "채널").await;
    assert!(
        told.contains("**모델**: 기본값") && told.contains("채널 초기화"),
        "{told}"
    );
}

#[tokio::test]
async fn only_whoever_administers_a_channel_changes_it() {
    let house = house(CHOICES).await;
    let refused = house.ask("bob", "channel model: gpt-4o").await;
    assert!(
        refused.contains("채널 관리자와 시스템 관리자만"),
        "{refused}"
    );
    assert_eq!(sent(&house, "bob").await["model"], "scripted");
    let changed = house.ask("alice", "채널 모델: gpt-4o").await;
    assert!(
        changed.contains("바꿨어요") && changed.contains("**모델**: gpt-4o"),
        "{changed}"
    );
    assert_eq!(sent(&house, "bob").await["model"], "gpt-4o");
    // A system admin who is no admin of the channel.
    house.ask("admin", "채널 모델: local/tiny").await;
    assert_eq!(sent(&house, "bob").await["model"], "local/tiny");
    house.ask("alice", "채널 모델: 기본").await;
    assert_eq!(sent(&house, "bob").await["model"], "scripted");
}

#[tokio::test]
async fn a_model_that_is_offered_no_more_is_asked_no_more() {
    let mut house = house(CHOICES).await;
    house.ask("alice", "channel model: gpt-4o").await;
    assert_eq!(sent(&house, "bob").await["model"], "gpt-4o");
    house.close().await;
    house.open("[model]\nchoices = [\"local/tiny\"]\n");
    assert_eq!(sent(&house, "bob").await["model"], "scripted");
}

#[tokio::test]
async fn what_was_changed_holds_in_that_channel_alone_and_after_a_restart() {
    let mut house = house("").await;
    house.ask("alice", "channel temperature: 0.3").await;
    house
        .ask("alice", "channel prompt: Speak like a pirate.\nAlways.")
        .await;
    let body = sent(&house, "bob").await;
    let temperature = body["temperature"].as_f64().unwrap();
    assert!((temperature - 0.3).abs() < 1e-6, "{temperature}");
    assert!(instructions(&body).contains("Speak like a pirate.\nAlways."));
    let garden = house
        .playground
        .run_command("bob", "garden", "/askgpt why?", None)
        .await;
    assert_eq!(garden.status, 200);
    house.model.wait_for_requests(2).await;
    let elsewhere = house.model.requests()[1].body.clone();
    assert_eq!(elsewhere.get("temperature"), None);
    assert!(!instructions(&elsewhere).contains("pirate"));
    house.close().await;
    house.open("[bot]\nhears = \"thread\"\n");
    assert!(instructions(&sent(&house, "bob").await).contains("pirate"));
}

#[tokio::test]
async fn a_channel_decides_which_posts_are_heard() {
    let house = house("").await;
    house.until_the_bot_hears().await;
    house.ask("alice", "채널 듣기: 모두").await;
    house.model.answer_next(Reply::text("At noon."));
    let asked = house.playground.say("bob", "lobby", "when is lunch?", None);
    assert_eq!(told_in_thread(&house, &asked).await.text, "At noon.");
    house.ask("alice", "채널 듣기: 멘션").await;
    house
        .playground
        .say("bob", "lobby", "and dinner?", Some(&asked));
    house.model.answer_next(Reply::text("At six."));
    let mentioned = house
        .playground
        .say("bob", "lobby", "@gptbot and dinner?", None);
    assert_eq!(told_in_thread(&house, &mentioned).await.text, "At six.");
    assert_eq!(
        house.model.requests().len(),
        2,
        "the follow-up was not heard"
    );
}

#[tokio::test]
async fn a_channel_has_its_own_context_and_time_zone() {
    let time = ManualTime::starting_at(1_600_000_000_000);
    let house = House::built(Account::Bot, TimeSource::Manual(time.clone())).await;
    let house = opened(house, "[answer]\ntime_zone = \"Asia/Seoul\"\n");
    house.until_the_bot_hears().await;
    house.ask("alice", "channel context: 1").await;
    house
        .ask("alice", "channel time zone: America/New_York")
        .await;
    let unknown = house.ask("alice", "channel time zone: Mars/Base").await;
    assert!(unknown.contains("그런 시간대가 없어요"), "{unknown}");
    house
        .playground
        .say("bob", "lobby", "The build is red.", None);
    // Posts of one millisecond have no order.
    time.advance(Duration::from_millis(1));
    house.model.answer_next(Reply::text("It is."));
    let asked = house.playground.say("bob", "lobby", "@gptbot why?", None);
    told_in_thread(&house, &asked).await;
    let body = house.model.requests()[0].body.clone();
    assert!(
        body.to_string().contains("bob: The build is red."),
        "{body}"
    );
    assert!(instructions(&body).contains("America/New_York"));
}

#[tokio::test]
async fn a_mention_changes_a_channel_before_everybodys_eyes() {
    let house = house(CHOICES).await;
    house.until_the_bot_hears().await;
    let said = house
        .playground
        .say("bob", "lobby", "@gptbot channel model: gpt-4o", None);
    let told = told_in_thread(&house, &said).await;
    assert!(told.text.contains("채널 관리자와"), "{}", told.text);
    let said = house.playground.say(
        "alice",
        "lobby",
        "@gptbot channel prompt: Greet @all and **me**",
        None,
    );
    let told = told_in_thread(&house, &said).await;
    assert!(
        told.text.contains("바꿨어요") && !told.text.contains("@all"),
        "{}",
        told.text
    );
    house
        .playground
        .wait_until("no eyes", |view| view.reactions_on(&said).is_empty())
        .await;
    assert_eq!(house.model.requests().len(), 0);
}

#[tokio::test]
async fn in_a_direct_message_whoever_is_there_may() {
    let house = house("").await;
    let direct = house.playground.direct_channel("bob", "gptbot");
    house.until_the_bot_hears().await;
    house
        .playground
        .say("bob", &direct, "채널 지시: 반말로 답해", None);
    house
        .playground
        .wait_for("the change", |view| {
            let posts = view.posts_seen_by("bob", &direct);
            posts
                .into_iter()
                .find(|post| post.text.contains("바꿨어요"))
        })
        .await;
    house.playground.say("bob", &direct, "안녕?", None);
    house.model.wait_for_requests(1).await;
    assert!(instructions(&house.model.requests()[0].body).contains("반말로 답해"));
}

#[tokio::test]
async fn what_is_said_in_a_channel_comes_before_what_is_configured_for_it() {
    let house = House::built(Account::Bot, TimeSource::Real).await;
    let lobby = house.playground.channel_id("lobby");
    let toml = format!(
        "[answer]\ninstructions = \"You are a cook.\"\n[[channel]]\nid = \"{lobby}\"\nmodel = \"configured\"\nprompt = \"Cook fish.\"\n"
    );
    let house = opened(house, &toml);
    let body = sent(&house, "bob").await;
    assert_eq!(body["model"], "configured");
    assert_eq!(instructions(&body), "You are a cook.\n\nCook fish.");
    house.ask("alice", "channel prompt: Cook rice.").await;
    assert!(instructions(&sent(&house, "bob").await).ends_with("Cook rice."));
    house.ask("alice", "channel reset").await;
    assert!(instructions(&sent(&house, "bob").await).ends_with("Cook fish."));
}

#[tokio::test]
async fn what_cannot_be_is_said_with_how_it_could() {
    let house = house(CHOICES).await;
    for (typed, expected) in [
        ("channel model: gpt-9", "`gpt-4o`, `local/tiny`"),
        ("channel temperature: hot", "0부터 2까지"),
        ("channel hears: nothing", "`멘션`, `스레드`, `모두`"),
        ("channel context: 101", "0부터 100까지"),
        ("채널 지시:", "4,000자까지"),
    ] {
        let told = house.ask("alice", typed).await;
        assert!(told.contains(expected), "{typed}: {told}");
    }
    let unchanged = house.ask("alice", "채널").await;
    assert!(unchanged.contains("**모델**: 기본값"), "{unchanged}");
}

#[tokio::test]
async fn nothing_is_changed_where_it_cannot_be_known_who_may() {
    let failing = house("").await;
    failing
        .playground
        .faults()
        .always(route::CHANNEL_MEMBER, Fault::InternalError);
    let told = failing.ask("alice", "channel temperature: 1").await;
    assert!(told.contains("지금은 처리하지 못했어요"), "{told}");
    let without = House::with(Account::Nothing, "").await;
    let told = without.ask("alice", "channel temperature: 1").await;
    assert!(told.contains("확인할 수 없어서"), "{told}");
    for house in [failing, without] {
        let shown = house.ask("alice", "채널").await;
        assert!(shown.contains("**온도**: 기본값"), "{shown}");
    }
}
