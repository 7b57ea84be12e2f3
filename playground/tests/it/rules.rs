//! Rules of the contract that no recording shows, each at its edge.

use std::time::Duration;

use askwell_playground::{CommandSpec, Options, Playground, Settings, route};
use serde_json::json;

use crate::support::client::{Client, Heard, Listener, Reply};
use crate::support::integration::Integration;
use crate::support::place::Place;

#[tokio::test]
async fn a_deleted_root_takes_its_replies_along_with_one_event() {
    let place = Place::furnished().await;
    let root = place.playground.say("alice", "lobby", "root", None);
    place.playground.say("bob", "lobby", "reply", Some(&root));
    let token = place.playground.session_of("bob");
    let mut listener = Listener::greeted(place.playground.address(), &token).await;
    place.playground.delete("alice", &root);
    let deleted = listener.event("post_deleted").await;
    assert_eq!(deleted["broadcast"]["contains_sanitized_data"], true);
    assert!(
        place
            .playground
            .look(|view| view.posts_seen_by("bob", "lobby").is_empty())
    );
}

#[tokio::test]
async fn strangers_read_nothing_and_team_mates_read_public_channels() {
    let place = Place::furnished().await;
    let carol = Client::new(
        &place.playground.url(),
        Some(&place.playground.session_of("carol")),
    );
    let id = place.playground.say("alice", "lobby", "hello", None);
    assert_eq!(carol.get(&format!("/api/v4/posts/{id}")).await.status, 403);
    place.playground.join_team("acme", &["carol"]);
    assert_eq!(carol.get(&format!("/api/v4/posts/{id}")).await.status, 200);
    let body = json!({"channel_id": place.channel_id, "message": "x"});
    assert_eq!(carol.post("/api/v4/posts", body).await.status, 403);
}

#[tokio::test]
async fn the_first_account_of_a_fresh_server_is_its_administrator() {
    let options = Options {
        settings: Settings::fresh(),
        ..Options::default()
    };
    let playground = Playground::start(options).await.unwrap();
    let nobody = Client::new(&playground.url(), None);
    let account = |name: &str| json!({"username": name, "email": format!("{name}@example.com"), "password": "12345678"});
    let first = nobody.post("/api/v4/users", account("first")).await;
    assert_eq!(first.status, 201);
    assert_eq!(first.body["roles"], "system_admin system_user");
    let second = nobody.post("/api/v4/users", account("second")).await;
    assert_eq!(second.body["id"], "api.user.create_user.no_open_server");

    let login = json!({"login_id": "first", "password": "12345678"});
    let login = nobody.post("/api/v4/users/login", login).await;
    let admin = Client::new(&playground.url(), Some(login.header("token").unwrap()));
    let bot = json!({"username": "gptbot", "display_name": "GPT"});
    let refused = admin.post("/api/v4/bots", bot.clone()).await;
    assert_eq!(refused.body["id"], "api.bot.create_disabled");
    let on = json!({"ServiceSettings": {"EnableBotAccountCreation": true}});
    assert_eq!(admin.put("/api/v4/config/patch", on).await.status, 200);
    let bot = admin.post("/api/v4/bots", bot).await;
    assert_eq!(bot.status, 201);
    let id = bot.body["user_id"].as_str().unwrap();
    let tokens = format!("/api/v4/users/{id}/tokens");
    let token = admin.post(&tokens, json!({"description": "askwell"})).await;
    assert_eq!(token.status, 200);
    let bot = Client::new(&playground.url(), token.body["token"].as_str());
    assert_eq!(bot.get("/api/v4/users/me").await.body["username"], "gptbot");
}

#[tokio::test]
async fn a_fresh_server_calls_no_integration_on_its_own_machine() {
    let options = Options {
        settings: Settings::fresh(),
        ..Options::default()
    };
    let playground = Playground::start(options).await.unwrap();
    let integration = Integration::start().await;
    playground.create_admin("admin");
    playground.create_team("acme");
    playground.create_command("acme", &CommandSpec::new("askgpt", &integration.url));
    let seen = playground
        .run_command("admin", "town-square", "/askgpt x", None)
        .await;
    assert_eq!(seen.status, 500);
    assert!(integration.received().is_empty());
}

async fn upload(url: &str, content_type: &str, body: &str) -> Reply {
    Client::new("", None)
        .upload(url, content_type, body.to_owned())
        .await
}

#[tokio::test]
async fn an_incoming_webhook_reads_forms_multipart_and_careless_json() {
    let place = Place::furnished().await;
    let url = place.playground.create_incoming_webhook("lobby", "answers");
    let form = "payload=%7B%22text%22%3A%22form%22%7D";
    let multipart =
        "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nmultipart\r\n--b--\r\n";
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", form),
        ("multipart/form-data; boundary=b", multipart),
        ("application/json", "{\"text\":\"two\nlines\"}"),
    ] {
        assert_eq!(
            upload(&url, content_type, body).await.status,
            200,
            "{content_type}"
        );
    }
    let refused = upload(&url, "application/json", "{\"text\":").await;
    assert_eq!(refused.body["id"], "web.incoming_webhook.decode.app_error");
    let texts: Vec<String> = place.playground.look(|view| {
        let posts = view.posts_seen_by("bob", "lobby");
        posts.into_iter().map(|post| post.text).collect()
    });
    assert_eq!(texts, ["form", "multipart", "two\nlines"]);
}

#[tokio::test]
async fn an_incoming_webhook_says_by_its_status_what_was_wrong() {
    let place = Place::furnished().await;
    let url = place.playground.create_incoming_webhook("lobby", "answers");
    let status = async |channel: &str| {
        let body = json!({"text": "x", "channel": channel}).to_string();
        upload(&url, "application/json", &body).await.status
    };
    assert_eq!(status("#lobby").await, 200);
    assert_eq!(status("@bob").await, 200);
    assert_eq!(status("nowhere").await, 404);
    assert_eq!(status("@nobody").await, 400);
}

#[tokio::test]
async fn a_connection_that_answers_no_ping_is_dropped_after_a_hundred_seconds() {
    let place = Place::furnished().await;
    let token = place.playground.session_of("alice");
    let mut listener = Listener::greeted(place.playground.address(), &token).await;
    listener.send(json!({"seq": 1, "action": "ping"})).await;
    assert_eq!(listener.frame().await["status"], "OK");
    // Reading is what answers pings: as long as the listener reads, any length of time is fine.
    for _ in 0..3 {
        place.time.advance(Duration::from_mins(1));
        listener.control_ping().await;
        // The reply comes after the pong was read.
        listener.send(json!({"seq": 2, "action": "ping"})).await;
        assert_eq!(listener.frame().await["seq_reply"], 2);
    }
    // From here on it does not read, and so answers nothing.
    place.time.advance(Duration::from_secs(100));
    assert!(matches!(listener.hear().await, Heard::Closed(_)));
}

#[tokio::test]
async fn an_archived_channel_takes_neither_posts_nor_commands() {
    let place = Place::furnished().await;
    place
        .playground
        .create_command("acme", &CommandSpec::new("askgpt", &place.playground.url()));
    place.playground.archive_channel("lobby");
    let body = json!({"channel_id": place.channel_id, "message": "x"});
    let refused = place.alice.post("/api/v4/posts", body).await;
    assert_eq!(
        refused.body["id"],
        "api.post.create_post.can_not_post_to_deleted.error"
    );
    let seen = place
        .playground
        .run_command("alice", "lobby", "/askgpt x", None)
        .await;
    assert_eq!(seen.status, 400);
}

#[tokio::test]
async fn a_body_of_the_limit_is_read_and_one_byte_more_is_not() {
    let place = Place::furnished().await;
    let body = |length: usize| {
        let empty = json!({"channel_id": place.channel_id, "props": {"a": ""}}).to_string();
        let filler = "y".repeat(length - empty.len());
        json!({"channel_id": place.channel_id, "props": {"a": filler}})
    };
    assert_eq!(
        place
            .alice
            .post("/api/v4/posts", body(300_000))
            .await
            .status,
        201
    );
    assert_eq!(
        place
            .alice
            .post("/api/v4/posts", body(300_001))
            .await
            .status,
        413
    );
}

#[tokio::test]
async fn administrators_may_show_somebody_an_ephemeral_post_again_and_again() {
    let place = Place::furnished().await;
    let id = "x".repeat(26);
    for text in ["grow", "growing"] {
        let post = json!({"id": id, "channel_id": place.channel_id, "message": text});
        let body = json!({"user_id": place.playground.user_id("bob"), "post": post});
        assert_eq!(
            place
                .admin
                .post("/api/v4/posts/ephemeral", body)
                .await
                .status,
            201
        );
    }
    let seen = place
        .playground
        .look(|view| view.posts_seen_by("bob", "lobby"));
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].text, "growing");
    assert!(
        place
            .playground
            .look(|view| view.posts_seen_by("alice", "lobby").is_empty())
    );
}

#[tokio::test]
async fn a_page_of_another_site_may_not_open_the_websocket() {
    let place = Place::furnished().await;
    let status = async |origin: &str| {
        let url = format!("{}/api/v4/websocket", place.playground.url());
        Client::new("", None).upgrade(&url, origin).await
    };
    assert_eq!(status("http://evil.example").await, 400);
    assert_eq!(status(&place.playground.url()).await, 101);
}

#[tokio::test]
async fn what_is_posted_is_counted_by_its_route_also_where_it_is_refused() {
    let place = Place::furnished().await;
    place
        .alice
        .post("/api/v4/posts", json!({"channel_id": "x"}))
        .await;
    assert_eq!(
        place
            .playground
            .look(|view| view.requests(route::CREATE_POST)),
        1
    );
}

#[tokio::test]
async fn an_address_of_the_longest_is_read_and_one_byte_more_is_not() {
    let place = Place::furnished().await;
    let path = |length: usize| {
        let path = "/api/v4/users/me?x=";
        format!("{path}{}", "x".repeat(length - path.len()))
    };
    assert_eq!(place.bob.get(&path(2048)).await.status, 200);
    let refused = place.bob.get(&path(2049)).await;
    assert_eq!(refused.status, 414);
    assert_eq!(
        refused.body["id"],
        "basic_security_check.url.too_long_error"
    );
}
