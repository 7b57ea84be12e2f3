//! Replays what was recorded of REST as a plain bot account, of the limits, and of what a bot's post notifies.

use std::time::Duration;

use askwell_playground::{RateLimit, Settings};
use serde_json::{Value, json};

use crate::support::client::{Client, Reply};
use crate::support::compare::differences;
use crate::support::integration::Told;
use crate::support::replay::{Recorded, Steps, form_field, heard_so_far};

/// The recorded body of a request, whole again where the recording shortened it.
fn whole_body(what: &str, recorded: &Value) -> Option<Value> {
    let mut body = recorded.clone();
    match what {
        "over the limit" => body["message"] = json!("가".repeat(16384)),
        "at the limit" => body["message"] = json!("가".repeat(16383)),
        "body over 300000 bytes" => body["props"]["a"] = json!("y".repeat(310_000)),
        _ => {}
    }
    (!body.is_null()).then_some(body)
}

/// Makes a recorded request with our ids, as a client.
async fn repeat(recorded: &Recorded, client: &Client, step: &Value) -> Reply {
    let request = &step["request"];
    let what = step["what"].as_str().unwrap();
    let path = recorded.names.translate(request["path"].as_str().unwrap());
    let body = whole_body(what, &request["body"]).map(|body| recorded.names.translate_value(&body));
    let method = request["method"].as_str().unwrap();
    client.call(method, &path, body.as_ref()).await
}

/// The thread, the reply and the public channel that the recording refers to.
async fn prepare_rest(recorded: &mut Recorded) {
    let root_id = recorded.playground.say("alice", "lobby", "a thread", None);
    recorded.names.learn("xyhie6i9rpr4jyedb9j53b4z6a", &root_id);
    recorded.time.advance(Duration::from_millis(50));
    let answer = json!({"response_type": "in_channel", "text": "**alice**: 오늘 날씨 어때?\n**GPT**: 맑아요"});
    recorded.integration.tell(Told::json(&answer.to_string()));
    recorded
        .execute(&recorded.lobby(), "/askgpt in a thread", &root_id)
        .await;
    let other = recorded.playground.say("alice", "lobby", "another", None);
    let reply = recorded
        .playground
        .say("alice", "lobby", "a reply", Some(&other));
    recorded.names.learn("wchximyggjnom81bbd8zcwzc6o", &reply);
    let closed = recorded
        .playground
        .create_channel("acme", "elsewhere", &["alice"]);
    recorded.names.learn("nq9oe5a55tbg38qdy59o6w9nae", &closed);
}

#[tokio::test]
async fn rest_answers_a_bot_as_recorded() {
    let mut recorded = Recorded::world().await;
    prepare_rest(&mut recorded).await;
    let mut listener = recorded.listen_as("alice").await;
    let stranger = Client::new(
        &recorded.playground.url(),
        Some("nosuchtokennosuchtokennosu"),
    );
    for step in Steps::of("rest.json").rest() {
        let what = step["what"].as_str().unwrap();
        if let Some(event) = step.get("event") {
            let heard = listener.event("posted").await;
            recorded.same(what, event, &heard);
            continue;
        }
        if let Some(events) = step.get("events") {
            let heard = heard_so_far(&mut listener).await;
            recorded.same(what, events, &json!(heard));
            continue;
        }
        let client = if what == "bad token" {
            &stranger
        } else {
            &recorded.gptbot
        };
        let reply = repeat(&recorded, client, &step).await;
        recorded.time.advance(Duration::from_millis(10));
        match what {
            "my channels" => same_channels(&mut recorded, &step["response"], &reply),
            "client config" => same_part(&mut recorded, &step["response"]["body"], &reply.body),
            _ => recorded.same_reply(what, &step["response"], &reply),
        }
    }
}

/// The channels, each found by its display name and kind, since their order is that of random ids.
#[track_caller]
fn same_channels(recorded: &mut Recorded, expected: &Value, reply: &Reply) {
    assert_eq!(expected["status"], reply.status);
    let ours = reply.body.as_array().unwrap();
    let ids: Vec<&str> = ours
        .iter()
        .map(|channel| channel["id"].as_str().unwrap())
        .collect();
    assert!(ids.is_sorted(), "channels are ordered by id");
    for channel in expected["body"].as_array().unwrap() {
        let name = recorded.names.translate(channel["name"].as_str().unwrap());
        let turned = name
            .split_once("__")
            .map(|(one, other)| format!("{other}__{one}"));
        let is_it = |candidate: &&Value| {
            let held = candidate["name"].as_str().unwrap();
            let by_name = held == name || Some(held) == turned.as_deref();
            let by_title = channel["type"] == "G" && candidate["type"] == "G";
            by_name || by_title
        };
        let held = ours.iter().find(is_it);
        let held = held.unwrap_or_else(|| panic!("no channel like {channel}"));
        recorded.same("my channels", channel, held);
    }
    assert_eq!(ours.len(), expected["body"].as_array().unwrap().len());
}

/// The settings that the recording kept out of several hundred.
#[track_caller]
fn same_part(recorded: &mut Recorded, expected: &Value, ours: &Value) {
    let keys = expected.as_object().unwrap().keys();
    let part: serde_json::Map<String, Value> = keys
        .filter_map(|key| Some((key.clone(), ours.get(key)?.clone())))
        .collect();
    recorded.same("client config", expected, &Value::Object(part));
}

#[tokio::test]
async fn the_seventh_request_of_a_burst_of_five_is_refused() {
    let settings = Settings {
        rate_limit: Some(RateLimit {
            per_second: 5,
            max_burst: 5,
        }),
        ..Settings::prepared()
    };
    // Furnishing made requests of its own; the bucket is full again after a while.
    let mut recorded = Recorded::with_settings(settings).await;
    recorded.time.advance(Duration::from_mins(1));
    let mut steps = Steps::of("limits.json");
    for number in 1..=8 {
        let what = format!("request {number} in a burst");
        if !matches!(number, 1 | 7 | 8) {
            assert_eq!(recorded.gptbot.get("/api/v4/users/me").await.status, 200);
            continue;
        }
        let step = steps.next(&what);
        let reply = repeat(&recorded, &recorded.gptbot, &step).await;
        let mut expected = step["response"].clone();
        if number == 1 {
            // The recorded bot had a display name, which our furnished one has not.
            expected["body"]["first_name"] = json!("");
        }
        recorded.same_reply(&what, &expected, &reply);
    }
}

#[tokio::test]
async fn limits_of_time_are_those_recorded() {
    let mut recorded = Recorded::world().await;
    let mut steps = Steps::of("limits.json").rest().skip(3);
    recorded.playground.configure(|settings| {
        settings.post_edit_time_limit = Some(5);
        settings.integration_timeout = Duration::from_secs(2);
    });
    let create = json!({"channel_id": recorded.lobby(), "message": "soon too old"});
    let post = recorded.gptbot.post("/api/v4/posts", create).await;
    let id = post.body["id"].as_str().unwrap().to_owned();
    recorded.names.learn("b3gndgku6fyg8e58qkiwfdwsir", &id);
    let patch = format!("/api/v4/posts/{id}/patch");
    recorded.time.advance(Duration::from_secs(5));
    let in_time = recorded
        .gptbot
        .put(&patch, json!({"message": "soon too old"}))
        .await;
    assert_eq!(in_time.status, 200);
    recorded.time.advance(Duration::from_millis(1));
    for what in [
        "patch after PostEditTimeLimit",
        "props-only patch after PostEditTimeLimit",
    ] {
        let step = steps.next().unwrap();
        assert_eq!(step["what"], what);
        let reply = repeat(&recorded, &recorded.gptbot, &step).await;
        recorded.same_reply(what, &without_limits(&step["response"]), &reply);
    }

    let step = steps.next().unwrap();
    let to = recorded.integration.url.clone();
    let slow = askwell_playground::CommandSpec::new("slow", &to);
    recorded.playground.create_command("acme", &slow);
    recorded.integration.tell(Told {
        hangs: true,
        ..Told::nothing()
    });
    let lobby = recorded.lobby();
    let (seen, ()) = tokio::join!(recorded.execute(&lobby, "/slow x", ""), async {
        recorded.integration.wait_for(1).await;
        recorded.time.advance(Duration::from_secs(2));
    });
    recorded.same_reply("time-out", &without_limits(&step["client_saw"]), &seen);

    let step = steps.next().unwrap();
    let url = form_field(&recorded.integration.last().body, "response_url").unwrap();
    let reply = Client::new("", None)
        .post(&url, json!({"text": "late"}))
        .await;
    recorded.same_reply("response_url after that", &step, &reply);
    assert_eq!(steps.next(), None);
}

/// A recorded reply without the headers of the rate limit, which another test has on.
fn without_limits(recorded: &Value) -> Value {
    let mut recorded = recorded.clone();
    let headers = recorded["headers"].as_object_mut().unwrap();
    headers.retain(|name, _| !name.starts_with("x-ratelimit"));
    recorded
}

#[tokio::test]
async fn a_bots_post_pings_exactly_where_it_was_recorded_to() {
    let recorded = Recorded::world().await;
    let mut listener = recorded.listen_as("alice").await;
    let alice_id = recorded.playground.user_id("alice");
    let mut wrong = Vec::new();
    for step in Steps::of("mentions_by_a_bot.json").rest() {
        let mut body = json!({"channel_id": recorded.lobby(), "message": ""});
        match step["text"].as_str() {
            Some(text) => body["message"] = json!(text),
            None => body["props"] = json!({"attachments": [{"text": "@all"}]}),
        }
        let post = recorded.gptbot.post("/api/v4/posts", body).await;
        let event = listener.event("posted").await;
        let is_told = event["data"].get("mentions").is_some();
        let id = post.body["id"].as_str().unwrap();
        let is_pinged = recorded.playground.look(|view| view.is_pinged("alice", id));
        assert_eq!(is_told, is_pinged);
        if is_told {
            assert_eq!(event["data"]["mentions"], json!([alice_id]).to_string());
        }
        if step["pings_alice"] != is_told {
            wrong.push(step["what"].clone());
        }
    }
    assert_eq!(wrong, Vec::<Value>::new());
}

#[tokio::test]
async fn a_replay_fails_where_the_recording_says_otherwise() {
    let mut recorded = Recorded::world().await;
    let reply = recorded.gptbot.get("/api/v4/users/me").await;
    let mut other = reply.body.clone();
    other["username"] = json!("somebody");
    let found = differences(&other, &reply.body, &mut recorded.names);
    assert_eq!(found.len(), 1, "{found:?}");
}
