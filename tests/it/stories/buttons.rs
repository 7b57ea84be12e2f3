//! Buttons beneath an answer: who may press them, and what everybody sees when one is pressed. And a house whose answers have them.

use std::time::Duration;

use askwell_playground::model::Reply;
use askwell_playground::{SeenPost, TimeSource};
use serde_json::{Value, json};

use super::house::{Account, House, find};

pub(super) const BEGINNING: &str = "The first half of a long answer. ";
const STOPPED: &str = "_요청하신 대로 여기서 답변을 멈췄어요._";

/// A house whose Mattermost can reach askwell.
pub(super) async fn house() -> House {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.be_reachable();
    house.open("");
    house
}

/// What stands on the buttons of a post, from left to right.
pub(super) fn labels(post: &SeenPost) -> Vec<String> {
    actions(post)
        .iter()
        .map(|action| action["name"].as_str().unwrap().to_owned())
        .collect()
}

fn actions(post: &SeenPost) -> Vec<Value> {
    let actions = &post
        .props
        .get("attachments")
        .map(|list| &list[0]["actions"]);
    actions
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

/// What a button carries, which nobody but a server's operator sees before its post is deleted.
pub(super) fn context(post: &SeenPost, button: &str) -> String {
    let actions = actions(post);
    let action = actions.iter().find(|action| action["id"] == button);
    let context = &action.unwrap()["integration"]["context"]["askwell"];
    context.as_str().unwrap().to_owned()
}

impl House {
    /// Says where Mattermost reaches askwell.
    pub(super) fn be_reachable(&mut self) {
        let url = self.url.clone();
        self.environment
            .insert("ASKWELL_PUBLIC_URL".to_owned(), url);
    }

    /// Presses a button as a person's client would.
    pub(super) async fn press(&self, person: &str, post: &SeenPost, button: &str) {
        let seen = self.playground.click(person, &post.id, button, None).await;
        assert_eq!(seen.status, 200, "{}", seen.body);
    }

    /// Sends what Mattermost would send if a person had pressed a button; returns the status and the reply.
    pub(super) async fn report(&self, person: &str, post: &str, context: &str) -> (u16, Value) {
        let user = self.playground.look(|view| view.user_id(person));
        let press = json!({"user_id": user, "post_id": post, "context": {"askwell": context}});
        self.send_action(&press.to_string()).await
    }

    /// Sends JSON to where presses are reported; returns the status and the reply.
    pub(super) async fn send_action(&self, body: &str) -> (u16, Value) {
        let client = reqwest::Client::builder().build().unwrap();
        let reply = client
            .post(format!("{}/mattermost/actions", self.url))
            .header("content-type", "application/json")
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        let status = reply.status().as_u16();
        let body = reply.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// A post in the lobby as it is now.
    pub(super) fn look_at(&self, id: &str) -> SeenPost {
        let posts = self
            .playground
            .look(|view| view.posts_seen_by("bob", "lobby"));
        posts.into_iter().find(|post| post.id == id).unwrap()
    }

    /// What only a person was told.
    pub(super) fn told(&self, person: &str) -> Vec<String> {
        let posts = self
            .playground
            .look(|view| view.posts_seen_by(person, "lobby"));
        let told = posts.into_iter().filter(|post| post.is_ephemeral);
        told.map(|post| post.text).collect()
    }
}

/// Alice has asked, and the model stops in the middle of its answer.
pub(super) async fn growing() -> (House, SeenPost) {
    let house = house().await;
    let post = grow_in(&house, "alice", "lobby").await;
    (house, post)
}

/// Somebody asks in a channel, and the model stops in the middle of its answer.
async fn grow_in(house: &House, person: &str, channel: &str) -> SeenPost {
    let reply = Reply::deltas([BEGINNING])
        .gate("middle")
        .content("The end.");
    house.model.answer_next(reply);
    let seen = house
        .playground
        .run_command(person, channel, "/askgpt hi", None)
        .await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    house
        .playground
        .wait_for("the beginning", |view| {
            find(view, "bob", channel, |post| {
                post.text.contains(BEGINNING.trim())
            })
        })
        .await
}

fn stopped() -> String {
    format!("**alice**: hi\n**GPT**: {}\n\n{STOPPED}", BEGINNING.trim())
}

#[tokio::test]
async fn stop_ends_an_answer_at_once_and_its_post_then_has_other_buttons() {
    let (house, post) = growing().await;
    assert_eq!(labels(&post), ["■ 멈추기"]);
    house.press("alice", &post, "stop").await;
    // The reply to the press showed it already.
    let seen = house.look_at(&post.id);
    assert_eq!(seen.text, stopped());
    assert_eq!(labels(&seen), ["↻ 다시 쓰기", "👍", "👎"]);
    house.model.wait_for_disconnect().await;
    assert_eq!(house.texts("bob").len(), 1);
}

#[tokio::test]
async fn the_buttons_of_whoever_reads_english_are_in_english() {
    let house = house().await;
    house.playground.set_locale("alice", "en");
    let post = grow_in(&house, "alice", "lobby").await;
    assert_eq!(labels(&post), ["■ Stop"]);
    house.press("alice", &post, "stop").await;
    let seen = house.look_at(&post.id);
    assert_eq!(labels(&seen), ["↻ Regenerate", "👍", "👎"]);
}

#[tokio::test]
async fn stop_pressed_twice_and_after_the_end_shows_the_same_end() {
    let (house, post) = growing().await;
    let pressed = context(&post, "stop");
    tokio::join!(
        house.press("alice", &post, "stop"),
        house.press("alice", &post, "stop")
    );
    assert_eq!(house.look_at(&post.id).text, stopped());
    // The button is gone, but a client that did not see that yet can still press it.
    let (status, reply) = house.report("alice", &post.id, &pressed).await;
    assert_eq!(status, 200);
    assert_eq!(reply["update"]["message"], stopped());
    let shown = &reply["update"]["props"]["attachments"][0]["actions"];
    assert_eq!(shown.as_array().unwrap().len(), 3);
    assert_eq!(house.texts("bob"), [stopped()]);
}

#[tokio::test]
async fn stop_pressed_after_a_whole_answer_changes_nothing_of_it() {
    let (house, post) = growing().await;
    let pressed = context(&post, "stop");
    house.model.open_gate("middle");
    let whole = format!("**alice**: hi\n**GPT**: {BEGINNING}The end.");
    house.see("bob", "the end", |post| post.text == whole).await;
    let (status, reply) = house.report("alice", &post.id, &pressed).await;
    assert_eq!(
        (status, &reply["update"]["message"]),
        (200, &json!(whole.clone()))
    );
    assert_eq!(house.texts("bob"), [whole]);
}

#[tokio::test]
async fn only_the_asker_and_administrators_stop_an_answer_and_others_are_told_so() {
    let (house, post) = growing().await;
    house.press("bob", &post, "stop").await;
    assert_eq!(house.told("bob"), ["질문하신 분과 관리자만 할 수 있어요."]);
    assert!(house.told("alice").is_empty());
    assert_eq!(labels(&house.look_at(&post.id)), ["■ 멈추기"]);
    // Of the whole server.
    house.press("admin", &post, "stop").await;
    assert_eq!(house.look_at(&post.id).text, stopped());
}

#[tokio::test]
async fn an_administrator_of_the_channel_stops_an_answer_there() {
    let (house, post) = growing().await;
    house.playground.make_channel_admin("lobby", "bob");
    house.press("bob", &post, "stop").await;
    assert_eq!(house.look_at(&post.id).text, stopped());
}

#[tokio::test]
async fn a_context_that_we_did_not_make_for_this_is_refused_whoever_shows_it() {
    let (house, post) = growing().await;
    let stop = context(&post, "stop");
    let elsewhere = grow_in(&house, "bob", "garden").await;
    let other = context(&elsewhere, "stop");
    let unsigned = stop.rsplit_once('.').unwrap().0;
    let forged = [
        String::new(),
        "stop".to_owned(),
        unsigned.to_owned(),
        format!("{unsigned}.{}", "0".repeat(64)),
        stop.replacen("stop", "regenerate", 1),
        stop.replacen(".1.", ".2.", 1),
        // Made for another answer.
        other,
    ];
    for context in forged {
        let (status, reply) = house.report("alice", &post.id, &context).await;
        assert_eq!((status, reply), (401, Value::Null), "{context}");
    }
    // A post of the bot's, but not the one that it was made for.
    let (status, _) = house.report("alice", &elsewhere.id, &stop).await;
    assert_eq!(status, 401);
    for body in ["", "{}", "[1]", "{\"context\":{\"askwell\":1}}"] {
        assert_eq!(house.send_action(body).await.0, 400, "{body}");
    }
    assert_eq!(labels(&house.look_at(&post.id)), ["■ 멈추기"]);
    assert_eq!(house.texts("bob").len(), 1);
}

#[tokio::test]
async fn a_button_that_is_too_old_says_so_and_does_nothing() {
    let (house, post) = growing().await;
    let stop = context(&post, "stop");
    house.press("alice", &post, "stop").await;
    house.clock.advance(Duration::from_hours(31 * 24));
    let (status, reply) = house.report("alice", &post.id, &stop).await;
    assert_eq!(status, 200);
    let told = reply["ephemeral_text"].as_str().unwrap();
    assert!(told.contains("오래된 버튼"), "{told}");
    assert_eq!(reply.get("update"), None);
}

/// What everybody in the channel sees when a post is deleted must let nobody act as the asker.
#[tokio::test]
async fn what_a_deleted_post_gave_away_works_no_more() {
    let (house, post) = growing().await;
    let stop = context(&post, "stop");
    house.playground.delete("admin", &post.id);
    let (status, _) = house.report("alice", &post.id, &stop).await;
    assert_eq!(status, 401);
    house.model.open_gate("middle");
}
