//! Connections that are lost, come back, fall behind or are tampered with.

use std::net::SocketAddr;
use std::time::Duration;

use askwell_playground::EventFault;
use serde_json::{Value, json};

use crate::support::client::{Heard, Listener};
use crate::support::place::Place;

/// Bob's client: what it must know to come back.
struct Ear {
    address: SocketAddr,
    token: String,
    id: String,
    listener: Listener,
}

impl Ear {
    async fn of_bob(place: &Place) -> Self {
        let token = place.playground.session_of("bob");
        let address = place.playground.address();
        let mut listener = Listener::connect(address, Some(&token)).await;
        let id = connection_id(&listener.frame().await);
        Self {
            address,
            token,
            id,
            listener,
        }
    }

    async fn resume(&mut self, expected: impl std::fmt::Display) {
        self.listener = Listener::resume(self.address, &self.token, &self.id, expected).await;
    }

    /// The message and the number of the next event, which must be a post.
    async fn post(&mut self) -> (String, u64) {
        let event = self.listener.frame().await;
        assert_eq!(event["event"], "posted", "{event}");
        (message(&event), event["seq"].as_u64().unwrap())
    }

    async fn is_closed(&mut self) -> bool {
        matches!(self.listener.hear().await, Heard::Closed(_))
    }
}

fn connection_id(hello: &Value) -> String {
    assert_eq!(hello["event"], "hello", "{hello}");
    assert_eq!(hello["seq"], 0);
    hello["data"]["connection_id"].as_str().unwrap().to_owned()
}

fn message(event: &Value) -> String {
    let post: Value = serde_json::from_str(event["data"]["post"].as_str().unwrap()).unwrap();
    post["message"].as_str().unwrap().to_owned()
}

/// Waits until the server knows that bob's connection is lost.
async fn noticed(place: &Place) {
    place
        .playground
        .wait_until("the server notices", |view| {
            view.lost_connections_of("bob") == 1 && view.connections_of("bob") == 0
        })
        .await;
}

#[tokio::test]
async fn a_client_that_comes_back_hears_what_it_missed_without_a_greeting() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    place.say_many(1);
    assert_eq!(ear.post().await, ("0".to_owned(), 1));
    place.playground.cut_connections_of("bob");
    assert!(ear.is_closed().await);
    place.say_many(2);
    ear.resume(2).await;
    assert_eq!(ear.post().await, ("0".to_owned(), 2));
    assert_eq!(ear.post().await, ("1".to_owned(), 3));
    assert_eq!(
        place
            .playground
            .look(|view| view.lost_connections_of("bob")),
        0
    );
}

#[tokio::test]
async fn a_client_that_closed_politely_can_come_back_too() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    ear.listener.close().await;
    noticed(&place).await;
    place.say_many(1);
    ear.resume(1).await;
    assert_eq!(ear.post().await, ("0".to_owned(), 1));
}

#[tokio::test]
async fn a_half_open_connection_is_taken_for_alive_for_a_hundred_seconds() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    place.playground.half_open_connections_of("bob");
    let lost = place.say_many(2);
    place.time.advance(Duration::from_millis(99_997));
    let mut refused = Listener::resume(ear.address, &ear.token, &ear.id, 1).await;
    assert_ne!(connection_id(&refused.frame().await), ear.id);
    drop(refused);
    place.time.advance(Duration::from_millis(1));
    place
        .playground
        .wait_until("the server notices", |view| {
            view.lost_connections_of("bob") == 2
        })
        .await;
    ear.resume(1).await;
    assert_eq!(ear.post().await, ("0".to_owned(), 1));
    assert_eq!(ear.post().await, ("1".to_owned(), 2));
    assert_eq!(lost.len(), 2);
}

/// Sends so many posts into the void, and comes back for the first of them.
async fn after_the_void(count: usize) -> (Ear, Value) {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    place.playground.half_open_connections_of("bob");
    place.say_many(count);
    place.time.advance(Duration::from_secs(100));
    noticed(&place).await;
    place.playground.say("alice", "lobby", "waiting", None);
    ear.resume(1).await;
    let first = ear.listener.frame().await;
    (ear, first)
}

#[tokio::test]
async fn the_last_128_events_that_were_sent_are_sent_again() {
    let (mut ear, first) = after_the_void(128).await;
    assert_eq!(message(&first), "0");
    assert_eq!(first["seq"], 1);
    for number in 1..128 {
        assert_eq!(ear.post().await, (number.to_string(), number + 1));
    }
    assert_eq!(ear.post().await, ("waiting".to_owned(), 129));
}

#[tokio::test]
async fn where_one_event_is_gone_the_connection_becomes_a_new_one_that_says_hello_before_what_waits()
 {
    let (mut ear, first) = after_the_void(129).await;
    assert_ne!(connection_id(&first), ear.id);
    assert_eq!(ear.post().await, ("waiting".to_owned(), 1));
}

#[tokio::test]
async fn a_number_from_the_future_is_a_loss_too() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    place.playground.cut_connections_of("bob");
    ear.resume(7).await;
    assert_ne!(connection_id(&ear.listener.frame().await), ear.id);
}

#[tokio::test]
async fn number_zero_of_a_known_connection_begins_anew_without_a_greeting() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    place.playground.cut_connections_of("bob");
    place.say_many(1);
    ear.resume(0).await;
    assert_eq!(ear.post().await, ("0".to_owned(), 0));
}

#[tokio::test]
async fn what_is_no_id_and_what_is_no_number_is_closed_at_once() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    let unknown = "a".repeat(26);
    let mut stranger = Listener::resume(ear.address, &ear.token, &unknown, "none").await;
    assert_ne!(connection_id(&stranger.frame().await), unknown);
    let mut malformed = Listener::resume(ear.address, &ear.token, "short", 1).await;
    assert!(matches!(malformed.hear().await, Heard::Closed(None)));
    for wrong in ["", "one", "-1"] {
        place.playground.cut_connections_of("bob");
        ear.resume(wrong).await;
        assert!(ear.is_closed().await, "{wrong}");
    }
    ear.resume(1).await;
    place.say_many(1);
    assert_eq!(ear.post().await, ("0".to_owned(), 1));
}

#[tokio::test]
async fn somebody_elses_connection_is_not_resumed() {
    let place = Place::furnished().await;
    let ear = Ear::of_bob(&place).await;
    place.playground.cut_connections_of("bob");
    let alice = place.playground.session_of("alice");
    let mut thief = Listener::resume(ear.address, &alice, &ear.id, 1).await;
    let hello = thief.frame().await;
    assert_ne!(connection_id(&hello), ear.id);
    let alice_id = place.playground.user_id("alice");
    assert_eq!(hello["broadcast"]["user_id"], alice_id);
}

#[tokio::test]
async fn with_a_challenge_an_earlier_connection_is_not_looked_at() {
    let place = Place::furnished().await;
    let ear = Ear::of_bob(&place).await;
    place.playground.cut_connections_of("bob");
    let query = format!("?connection_id={}&sequence_number=1", ear.id);
    let mut challenged = Listener::connect_with(ear.address, None, &query).await;
    let data = json!({"token": ear.token});
    challenged
        .send(json!({"seq": 1, "action": "authentication_challenge", "data": data}))
        .await;
    assert_ne!(connection_id(&challenged.frame().await), ear.id);
}

#[tokio::test]
async fn a_lost_connection_keeps_256_events_and_is_forgotten_with_the_next() {
    for (count, is_kept) in [(256, true), (257, false)] {
        let place = Place::furnished().await;
        let mut ear = Ear::of_bob(&place).await;
        place.playground.cut_connections_of("bob");
        place.say_many(count);
        ear.resume(1).await;
        let first = ear.listener.frame().await;
        assert_eq!(first["event"] == "posted", is_kept, "{count}");
    }
}

#[tokio::test]
async fn a_quiet_connection_that_was_lost_is_forgotten_within_five_minutes() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    // The reaper comes by every five minutes; a quarter of an hour after it connected, bob's client has long been quiet.
    for _ in 0..14 {
        place.time.advance(Duration::from_mins(1));
        ear.listener.control_ping().await;
        ear.listener.send(json!({"seq": 1, "action": "ping"})).await;
        ear.listener.frame().await;
    }
    place.playground.cut_connections_of("bob");
    place.time.advance(Duration::from_secs(59));
    ear.resume(1).await;
    place.say_many(1);
    assert_eq!(ear.post().await, ("0".to_owned(), 1));
    // Coming back is no activity of a session that was noted five minutes ago at most, but the connection counts anew.
    place.playground.cut_connections_of("bob");
    place.time.advance(Duration::from_mins(5));
    ear.resume(2).await;
    place.say_many(1);
    assert_eq!(ear.post().await, ("0".to_owned(), 2));
    place.playground.cut_connections_of("bob");
    place.time.advance(Duration::from_mins(11));
    ear.resume(3).await;
    assert_ne!(connection_id(&ear.listener.frame().await), ear.id);
}

#[tokio::test]
async fn a_restart_forgets_every_connection() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    place.playground.go_down().await;
    assert!(ear.is_closed().await);
    place.playground.come_up().await;
    ear.resume(1).await;
    assert_ne!(connection_id(&ear.listener.frame().await), ear.id);
}

#[tokio::test]
async fn a_slow_reader_loses_what_passes_and_then_its_connection() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    let typing = json!({"channel_id": place.channel_id, "parent_id": ""});
    let alice_types = async || {
        let typing = place.alice.post("/api/v4/users/me/typing", typing.clone());
        assert_eq!(typing.await.status, 200);
    };
    place.playground.stall_connections_of("bob");
    place.say_many(127);
    alice_types().await;
    alice_types().await;
    place.say_many(128);
    place.playground.unstall_connections_of("bob");
    let mut names = Vec::new();
    for _ in 0..256 {
        let event = ear.listener.frame().await;
        assert_eq!(event["seq"], names.len() + 1);
        names.push(event["event"].as_str().unwrap().to_owned());
    }
    let passing: Vec<usize> = (0..256).filter(|at| names[*at] == "typing").collect();
    assert_eq!(passing, [127]);

    place.playground.stall_connections_of("bob");
    place.say_many(257);
    assert_eq!(place.playground.look(|view| view.connections_of("bob")), 0);
    place.playground.unstall_connections_of("bob");
    for _ in 0..256 {
        ear.post().await;
    }
    // A close frame without a code is read as 1005.
    assert!(matches!(ear.listener.hear().await, Heard::Closed(None)));
    ear.resume(513).await;
    assert_ne!(connection_id(&ear.listener.frame().await), ear.id);
}

#[tokio::test]
async fn a_client_that_reads_nothing_for_thirty_seconds_is_dropped_and_can_come_back() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    place.playground.stall_connections_of("bob");
    place.say_many(1);
    // The socket must have tried to write before the time runs.
    tokio::task::yield_now().await;
    place.time.advance(Duration::from_secs(30));
    noticed(&place).await;
    ear.resume(1).await;
    assert_eq!(ear.post().await, ("0".to_owned(), 1));
}

#[tokio::test]
async fn events_can_be_lost_doubled_and_late_on_the_way() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    let faults = [
        EventFault::Lost,
        EventFault::Unpublished,
        EventFault::Doubled,
        EventFault::Late,
    ];
    place.playground.spoil_events_for("bob", &faults);
    place.say_many(6);
    let mut heard = Vec::new();
    for _ in 0..5 {
        heard.push(ear.post().await);
    }
    let heard: Vec<(&str, u64)> = heard
        .iter()
        .map(|(text, seq)| (text.as_str(), *seq))
        .collect();
    assert_eq!(heard, [("2", 2), ("2", 2), ("4", 4), ("3", 3), ("5", 5)]);
    // What was lost on the way is still kept for a client that saw the gap.
    place.playground.cut_connections_of("bob");
    ear.resume(1).await;
    assert_eq!(ear.post().await, ("0".to_owned(), 1));
}

#[tokio::test]
async fn what_is_no_request_ends_the_connection_and_what_is_half_a_request_is_refused() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    let mut refusal = async |request: Value| {
        ear.listener.send(request).await;
        let reply = ear.listener.frame().await;
        assert_eq!(reply["status"], "FAIL");
        reply["error"]["id"].as_str().unwrap().to_owned()
    };
    let id = |name: &str| format!("api.web_socket_router.{name}.app_error");
    assert_eq!(refusal(json!({"seq": 1})).await, id("no_action"));
    assert_eq!(refusal(json!({"action": "ping"})).await, id("bad_seq"));
    assert_eq!(
        refusal(json!({"seq": 1, "action": "dance"})).await,
        id("bad_action")
    );
    // Whoever is known is not asked who they are: nothing comes back.
    let again = json!({"seq": 2, "action": "authentication_challenge", "data": {"token": "x"}});
    ear.listener.send(again).await;
    ear.listener.send(json!({"seq": 3, "action": "ping"})).await;
    assert_eq!(ear.listener.frame().await["seq_reply"], 3);
    ear.listener.send_text("{".to_owned()).await;
    assert!(ear.is_closed().await);
}

#[tokio::test]
async fn a_client_that_says_where_it_looks_hears_typing_there_only() {
    let place = Place::furnished().await;
    let mut ear = Ear::of_bob(&place).await;
    let elsewhere = place
        .playground
        .create_channel("acme", "elsewhere", &["bob"]);
    for data in [
        json!({"channel_id": elsewhere}),
        json!({"thread_channel_id": elsewhere, "is_thread_view": true}),
    ] {
        ear.listener
            .send(json!({"seq": 1, "action": "presence", "data": data}))
            .await;
        assert_eq!(ear.listener.frame().await["status"], "OK");
    }
    let typing = json!({"channel_id": place.channel_id, "parent_id": ""});
    place
        .alice
        .post("/api/v4/users/me/typing", typing.clone())
        .await;
    // One of three places is not said yet, and so is everywhere.
    assert_eq!(ear.listener.frame().await["event"], "typing");
    let data = json!({"thread_channel_id": elsewhere, "is_thread_view": false});
    ear.listener
        .send(json!({"seq": 1, "action": "presence", "data": data}))
        .await;
    assert_eq!(ear.listener.frame().await["status"], "OK");
    place.alice.post("/api/v4/users/me/typing", typing).await;
    place.say_many(1);
    assert_eq!(ear.post().await.0, "0");
}
