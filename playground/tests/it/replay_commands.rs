//! Replays what was recorded of slash commands and their `response_url`s.

use crate::support::client::{Client, Reply};
use crate::support::integration::Told;
use crate::support::replay::{Recorded, Steps, form_field, heard_so_far, told};
use askwell_playground::CommandSpec;
use serde_json::{Value, json};

/// The channel in which a recorded command was run.
fn channel_of(recorded: &Recorded, name: &str) -> String {
    if name.contains("__") {
        return recorded.playground.direct_channel("alice", "bob");
    }
    if name.len() == 40 {
        return recorded
            .playground
            .group_channel(&["alice", "bob", "admin"]);
    }
    recorded.playground.channel_id(name)
}

#[tokio::test]
async fn a_command_is_sent_as_recorded_and_its_client_sees_what_was_recorded() {
    let mut recorded = Recorded::world().await;
    let to = format!("{}/get", recorded.integration.url);
    let spec = CommandSpec {
        is_get: true,
        ..CommandSpec::new("askget", &to)
    };
    recorded.playground.create_command("acme", &spec);
    let root_id = recorded.playground.say("alice", "lobby", "a thread", None);
    recorded.names.learn("xyhie6i9rpr4jyedb9j53b4z6a", &root_id);
    let mut listener = recorded.listen_as("gptbot").await;

    for step in Steps::of("slash_command_requests.json").rest() {
        let what = step["what"].as_str().unwrap();
        let Some(to_us) = step.get("to_us") else {
            let event = listener.event("posted").await;
            recorded.same(what, &step["event"], &event);
            continue;
        };
        let form = if to_us["method"] == "GET" {
            to_us["path"].as_str().unwrap().split_once('?').unwrap().1
        } else {
            to_us["body"].as_str().unwrap()
        };
        let field = |name: &str| form_field(form, name).unwrap();
        let channel_id = channel_of(&recorded, &field("channel_name"));
        let line = format!("{} {}", field("command"), field("text"));
        let root_id = recorded.names.translate(&field("root_id"));
        if let Some(reply) = step.get("our_reply") {
            recorded.integration.tell(told(reply));
        }
        let seen = recorded.execute(&channel_id, &line, &root_id).await;
        let received = recorded.integration.last();
        recorded.same_request(what, to_us, &received);
        if let Some(client_saw) = step.get("client_saw") {
            recorded.same_reply(what, client_saw, &seen);
        }
    }
}

/// A reply whose recorded body was shortened, whole again.
fn whole_reply(what: &str, recorded: &Value) -> Told {
    let mut told = told(recorded);
    let long = |letter: &str, count: usize| letter.repeat(count);
    let body = match what {
        "in_channel over the limit" => {
            json!({"response_type": "in_channel", "text": long("가", 16384)})
        }
        "in_channel at the limit" => {
            json!({"response_type": "in_channel", "text": long("나", 16383)})
        }
        "ephemeral over the limit" => json!({"text": long("가", 20000)}),
        "over 1 MiB" => json!({"text": long("a", 1024 * 1024)}),
        _ => return told,
    };
    told.body = body.to_string();
    told
}

#[tokio::test]
async fn each_kind_of_reply_does_what_was_recorded() {
    let mut recorded = Recorded::world().await;
    let mut listener = recorded.listen_as("alice").await;
    let lobby = recorded.lobby();
    for step in Steps::of("slash_command_replies.json").rest() {
        let what = step["what"].as_str().unwrap();
        recorded
            .integration
            .tell(whole_reply(what, &step["our_reply"]));
        let seen = recorded
            .execute(&lobby, &format!("/askgpt {what}"), "")
            .await;
        recorded.same_reply(what, &step["client_saw"], &seen);
        let to_us = recorded.integration.last();
        recorded.same_request(what, &step["to_us"], &to_us);
        let events = heard_so_far(&mut listener).await;
        recorded.same(what, &step["events"], &json!(events));
    }
}

/// Runs a command whose answer comes later; answers its `response_url`.
async fn later(recorded: &Recorded) -> String {
    recorded
        .execute(&recorded.lobby(), "/askgpt later", "")
        .await;
    form_field(&recorded.integration.last().body, "response_url").unwrap()
}

#[tokio::test]
async fn a_response_url_has_five_uses_and_keeps_props() {
    let mut recorded = Recorded::world().await;
    let mut steps = Steps::of("response_url.json");
    let nobody = Client::new("", None);
    let mut listener = recorded.listen_as("alice").await;
    let url = later(&recorded).await;
    for number in 1..=6 {
        let step = steps.next(&format!("use {number}"));
        let what = format!("use {number}");
        let mut body = step["body"].clone();
        if number == 3 {
            // The recording shows fifty of the 16,384 letters that were sent.
            body["text"] = json!("가".repeat(16384));
        }
        let reply = nobody.post(&url, body).await;
        recorded.same_reply(&what, &step["reply"], &reply);
        let events = heard_so_far(&mut listener).await;
        recorded.same(&what, &step["events"], &json!(events));
    }
    let step = steps.next("unknown id");
    let unknown = format!(
        "{}/hooks/commands/{}",
        recorded.playground.url(),
        "a".repeat(26)
    );
    let reply = nobody.post(&unknown, json!({"text": "x"})).await;
    recorded.same_reply("unknown id", &step["reply"], &reply);

    let step = steps.next("bad JSON");
    let url = later(&recorded).await;
    let reply = post_text(&url, "application/json", "{\"text\":").await;
    recorded.same_reply("bad JSON", &step["reply"], &reply);

    let step = steps.next("plain text");
    let reply = post_text(&url, "text/plain", "words").await;
    recorded.same_reply("plain text", &step["reply"], &reply);
    let events = heard_so_far(&mut listener).await;
    assert_eq!(events[0]["event"], "ephemeral_message");
    steps.end();
}

async fn post_text(url: &str, content_type: &str, text: &str) -> Reply {
    Client::new("", None)
        .upload(url, content_type, text.to_owned())
        .await
}
