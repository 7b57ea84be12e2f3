//! Replays what was recorded of the WebSocket: connecting, and every way in which a post reaches a bot.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::{Heard, Listener};
use crate::support::replay::{Recorded, Steps, heard_so_far};

#[tokio::test]
async fn connecting_goes_as_recorded() {
    let mut recorded = Recorded::world().await;
    let address = recorded.playground.address();
    let mut steps = Steps::of("websocket_connect.json");

    let step = steps.next("hello after a header-authenticated upgrade");
    let mut listener = Listener::connect(address, Some(&recorded.bot.token)).await;
    let hello = listener.frame().await;
    recorded.same("hello", &step["event"], &hello);

    let step = steps.next("authentication challenge: the order of frames");
    let mut challenged = Listener::connect(address, None).await;
    let token = recorded.bot.token.clone();
    challenged.send(challenge(&token)).await;
    let frames = json!([challenged.frame().await, challenged.frame().await]);
    recorded.same("challenge", &step["events"], &frames);

    let step = steps.next("challenge with a bad token");
    assert_eq!(step["events"], json!([]));
    let mut wrong = Listener::connect(address, None).await;
    wrong.send(challenge("nosuchtokennosuchtokennosu")).await;
    assert!(matches!(wrong.hear().await, Heard::Closed(None)));

    let step = steps.next("bad token in the header: upgrade succeeds, then");
    assert_eq!(step["events"], json!([]));
    let mut silent = Listener::connect(address, Some("nosuchtokennosuchtokennosu")).await;
    // A refused action shows that the connection is there, and that its time runs.
    silent.send(json!({"seq": 1, "action": "ping"})).await;
    assert_eq!(silent.frame().await["status"], "FAIL");
    let seconds = step["closed_after_seconds"].as_f64().unwrap();
    recorded.time.advance(Duration::from_secs_f64(seconds));
    assert!(matches!(silent.hear().await, Heard::Closed(None)));

    let step = steps.next("ping");
    listener.send(json!({"seq": 2, "action": "ping"})).await;
    let pong = json!([listener.frame().await]);
    recorded.same("ping", &step["event"], &pong);
    steps.end();
}

fn challenge(token: &str) -> Value {
    json!({"seq": 1, "action": "authentication_challenge", "data": {"token": token}})
}

#[tokio::test]
async fn a_frame_over_eight_kibibytes_closes_the_connection() {
    let recorded = Recorded::world().await;
    let mut listener = recorded.listen_as("gptbot").await;
    let padded = |length: usize| {
        let ping = json!({"seq": 5, "action": "ping"}).to_string();
        format!("{ping}{}", " ".repeat(length - ping.len()))
    };
    listener.send_text(padded(8192)).await;
    assert_eq!(listener.frame().await["seq_reply"], 5);
    listener.send_text(padded(8193)).await;
    assert!(matches!(listener.hear().await, Heard::Closed(Some(1009))));
}

#[tokio::test]
async fn posts_reach_a_bot_as_recorded() {
    let mut recorded = Recorded::world().await;
    let mut listener = recorded.listen_as("gptbot").await;
    let mut roots: Vec<String> = Vec::new();
    for step in Steps::of("websocket_posts.json").rest() {
        let what = step["what"].as_str().unwrap().to_owned();
        recorded.time.advance(Duration::from_millis(10));
        if let Some(expected) = step.get("event") {
            let id = say_as_recorded(&recorded, expected, &roots);
            let event = event_of(&mut listener, &id).await;
            recorded.same(&what, expected, &event);
            roots.push(id);
        } else {
            do_as_recorded(&mut recorded, &what, &mut listener).await;
            let events = heard_so_far(&mut listener).await;
            recorded.same(&what, &step["events"], &json!(events));
        }
    }
}

/// The event of a post; those of posts that were said on the way are passed over.
async fn event_of(listener: &mut Listener, id: &str) -> Value {
    loop {
        let event = listener.event("posted").await;
        let post: Value = serde_json::from_str(event["data"]["post"].as_str().unwrap()).unwrap();
        if post["id"] == id {
            return event;
        }
    }
}

/// Posts what a recorded event carries, where and as whom it says.
fn say_as_recorded(recorded: &Recorded, event: &Value, said: &[String]) -> String {
    let post: Value = serde_json::from_str(event["data"]["post"].as_str().unwrap()).unwrap();
    let text = |name: &str| post[name].as_str().unwrap();
    let author = recorded.names.translate(text("user_id"));
    let channel = match event["data"]["channel_type"].as_str().unwrap() {
        "D" => recorded.playground.direct_channel("alice", "gptbot"),
        "G" => recorded
            .playground
            .group_channel(&["alice", "bob", "gptbot"]),
        _ => recorded.names.translate(text("channel_id")),
    };
    let root = recorded.names.translate(text("root_id"));
    let root = (!root.is_empty()).then_some(root);
    if let Some(root) = &root {
        assert!(said.contains(root), "the thread began in this recording");
        // Replies that the recording does not show are said until the counts agree.
        let wanted = usize::try_from(post["reply_count"].as_u64().unwrap()).unwrap();
        let replies = || {
            recorded.playground.look(|view| {
                let posts = view.posts_seen_by("alice", &channel);
                posts
                    .iter()
                    .filter(|post| post.root.as_ref() == Some(root))
                    .count()
            })
        };
        while replies() + 1 < wanted {
            recorded
                .playground
                .say("gptbot", &channel, "unrecorded", Some(root));
        }
    }
    recorded
        .playground
        .say(&author, &channel, text("message"), root.as_deref())
}

/// The steps that are no new post.
async fn do_as_recorded(recorded: &mut Recorded, what: &str, listener: &mut Listener) {
    match what {
        "a post edited to include a mention" => {
            let id = recorded.playground.say("alice", "lobby", "before", None);
            recorded.time.advance(Duration::from_millis(12));
            heard_so_far(listener).await;
            recorded.playground.edit("alice", &id, "@gptbot after");
        }
        "the bot is added to a channel" => {
            let body = json!({
                "team_id": recorded.playground.team_id("acme"),
                "name": "fresh67f20f",
                "display_name": "Fresh",
                "type": "O",
            });
            let channel = recorded.admin.post("/api/v4/channels", body).await;
            let channel_id = channel.body["id"].as_str().unwrap();
            recorded
                .names
                .learn("ja8smqrnaighiqpepopdcep4zw", channel_id);
            let members = format!("/api/v4/channels/{channel_id}/members");
            let member = json!({"user_id": recorded.bot.id});
            assert_eq!(recorded.admin.post(&members, member).await.status, 201);
        }
        "the bot is removed" => {
            let channel_id = recorded.playground.channel_id("fresh67f20f");
            let member = format!("/api/v4/channels/{channel_id}/members/{}", recorded.bot.id);
            assert_eq!(recorded.admin.delete(&member).await.status, 200);
        }
        other => panic!("a step that nobody knows how to repeat: {other}"),
    }
}

#[tokio::test]
async fn reconnecting_goes_as_recorded() {
    let mut recorded = Recorded::world().await;
    let address = recorded.playground.address();
    let mut steps = Steps::of("websocket_reconnect.json");
    let token = recorded.bot.token.clone();

    let step = steps.next("resume with the next expected sequence number");
    let mut listener = Listener::connect(address, Some(&token)).await;
    let hello = listener.frame().await;
    let id = hello["data"]["connection_id"].as_str().unwrap().to_owned();
    recorded
        .playground
        .say("alice", "lobby", "before the cut", None);
    assert_eq!(listener.frame().await["seq"], 1);
    recorded.playground.cut_connections_of("gptbot");
    recorded
        .playground
        .say("alice", "lobby", "during the cut", None);
    let mut resumed = Listener::resume(address, &token, &id, 2).await;
    let events = heard_so_far(&mut resumed).await;
    recorded.same("resume", &step["events"], &json!(events));
    assert_eq!(events[0]["seq"], step["events"][0]["seq"]);

    let step = steps.next("resume of an unknown connection");
    let unknown = "a".repeat(26);
    let mut other = Listener::resume(address, &token, &unknown, 5).await;
    let events = heard_so_far(&mut other).await;
    recorded.same("unknown", &step["events"], &json!(events));

    let step = steps.next("a client frame over 8 KiB");
    assert!(step["closed"].as_str().unwrap().contains("code=1009"));
    other.send_text(" ".repeat(8193)).await;
    assert!(matches!(other.hear().await, Heard::Closed(Some(1009))));

    let step = steps.next("token revoked while connected");
    assert_eq!(step["events"], json!([]));
    recorded.playground.revoke_tokens_of("gptbot");
    recorded.playground.say("alice", "lobby", "unheard", None);
    let seconds = step["closed_after_seconds"].as_f64().unwrap();
    recorded.time.advance(Duration::from_secs_f64(seconds));
    assert!(matches!(resumed.hear().await, Heard::Closed(_)));
    steps.end();
}
