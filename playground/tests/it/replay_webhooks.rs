//! Replays what was recorded of webhooks in both directions.

use askwell_playground::HookFormat;
use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::integration::Told;
use crate::support::replay::{Recorded, Steps};

#[tokio::test]
async fn an_outgoing_webhook_is_sent_as_recorded_and_its_reply_posted() {
    let mut recorded = Recorded::world().await;
    let mut listener = recorded.listen_as("alice").await;
    let mut steps = Steps::of("outgoing_webhook.json");
    for (word, format) in [("gptj", HookFormat::Json), ("gptf", HookFormat::Form)] {
        let what = format!("outgoing webhook, {word}");
        let step = steps.next(&what);
        let to = format!("{}/out", recorded.integration.url);
        recorded
            .playground
            .create_outgoing_webhook("acme", word, &to, format);
        recorded
            .integration
            .tell(Told::json(step["our_reply"].as_str().unwrap()));
        let post =
            json!({"channel_id": recorded.lobby(), "message": format!("{word} 오늘 날씨 어때?")});
        let post = recorded.alice.post("/api/v4/posts", post).await;
        assert_eq!(post.status, 201);
        let own = listener.event("posted").await;
        assert!(own["data"]["post"].as_str().unwrap().contains(word));
        let event = listener.event("posted").await;
        let received = recorded.integration.last();
        recorded.same_request(&what, &step["to_us"], &received);
        recorded.same(&what, &step["event"], &event);
    }
    steps.end();
}

/// The posts of a channel that came after some others, oldest first, with the length that the recording notes.
async fn new_posts(admin: &Client, channel_id: &str, known: &[Value]) -> Vec<Value> {
    let list = admin
        .get(&format!("/api/v4/channels/{channel_id}/posts"))
        .await
        .body;
    let order = list["order"].as_array().unwrap();
    order
        .iter()
        .rev()
        .map(|id| list["posts"][id.as_str().unwrap()].clone())
        .filter(|post| post["type"] == "" && known.iter().all(|old| old["id"] != post["id"]))
        .map(|mut post| {
            post["message_runes"] = json!(post["message"].as_str().unwrap().chars().count());
            post
        })
        .collect()
}

#[tokio::test]
async fn an_incoming_webhook_posts_as_recorded() {
    let mut recorded = Recorded::world().await;
    let url = recorded
        .playground
        .create_incoming_webhook("lobby", "answers");
    let nobody = Client::new("", None);
    let root_id = recorded.playground.say("alice", "den", "a thread", None);
    recorded.names.learn("xyhie6i9rpr4jyedb9j53b4z6a", &root_id);
    let mut seen: Vec<Value> = Vec::new();
    for step in Steps::of("incoming_webhook.json").rest() {
        let what = step["what"].as_str().unwrap();
        if what == "unknown hook" {
            let unknown = format!("{}/hooks/{}", recorded.playground.url(), "b".repeat(26));
            let reply = nobody.post(&unknown, json!({"text": "x"})).await;
            recorded.same_reply(what, &step["reply"], &reply);
            continue;
        }
        let mut body = step["body"].clone();
        if what == "too long is split" {
            // The recording shows forty of the 16,400 letters that were sent.
            body["text"] = json!("가".repeat(16400));
        }
        if what == "other channel" {
            let den = recorded.playground.channel_id("den");
            seen.extend(new_posts(&recorded.admin, &den, &seen).await);
        }
        let reply = nobody.post(&url, body).await;
        recorded.same_reply(what, &step["reply"], &reply);
        let channel = if what == "other channel" {
            "den"
        } else {
            "lobby"
        };
        let channel_id = recorded.playground.channel_id(channel);
        let posts = new_posts(&recorded.admin, &channel_id, &seen).await;
        // A late reply of the outgoing webhook recorded before stands among them; it is not of this step.
        let expected: Vec<Value> = step["posts"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|post| post["message"] != "hook answer")
            .map(as_long_as_it_was)
            .collect();
        recorded.same(what, &json!(expected), &json!(posts));
        seen.extend(posts);
    }
}

/// A recorded post with a message of the length that the recording notes; it shows forty letters of it.
fn as_long_as_it_was(post: &Value) -> Value {
    let mut post = post.clone();
    let runes = usize::try_from(post["message_runes"].as_u64().unwrap()).unwrap();
    let message = post["message"].as_str().unwrap();
    if message.chars().count() < runes {
        let letter = message.chars().next().unwrap().to_string();
        post["message"] = json!(letter.repeat(runes));
    }
    post
}
