//! Roles, and what hangs on their permissions.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::{Client, Listener};
use crate::support::place::Place;

async fn role(place: &Place, name: &str) -> Value {
    let path = format!("/api/v4/roles/name/{name}");
    place.bob.get(&path).await.body
}

async fn show(place: &Place, client: &Client, post: &Value) -> u16 {
    let bob_id = place.playground.user_id("bob");
    let body = json!({"user_id": bob_id, "post": post});
    client.post("/api/v4/posts/ephemeral", body).await.status
}

#[tokio::test]
async fn a_bot_shows_ephemeral_posts_once_the_role_that_nobody_has_permits_it() {
    let place = Place::furnished().await;
    let bot = place.playground.create_bot("gptbot");
    let gptbot = Client::new(&place.playground.url(), Some(&bot.token));
    let post = json!({"channel_id": place.channel_id, "message": "psst"});
    assert_eq!(show(&place, &gptbot, &post).await, 403);

    let held = role(&place, "system_post_all").await;
    let mut permissions = held["permissions"].as_array().unwrap().clone();
    permissions.push(json!("create_post_ephemeral"));
    let path = format!("/api/v4/roles/{}/patch", held["id"].as_str().unwrap());
    let more = json!({"permissions": permissions});
    assert_eq!(place.alice.put(&path, more.clone()).await.status, 403);
    let changed = place.admin.put(&path, more).await;
    assert_eq!(changed.body["permissions"], json!(permissions));
    assert_eq!(show(&place, &gptbot, &post).await, 403);

    let path = format!("/api/v4/users/{}/roles", bot.id);
    let roles = json!({"roles": "system_user system_post_all"});
    assert_eq!(gptbot.put(&path, roles.clone()).await.status, 403);
    assert_eq!(place.admin.put(&path, roles).await.status, 200);
    assert_eq!(show(&place, &gptbot, &post).await, 201);
    let me = gptbot.get("/api/v4/users/me").await.body;
    assert_eq!(me["roles"], "system_user system_post_all");
}

#[tokio::test]
async fn roles_that_are_unknown_or_lack_the_ground_are_refused() {
    let place = Place::furnished().await;
    let path = format!("/api/v4/users/{}/roles", place.playground.user_id("bob"));
    for (roles, status) in [
        ("system_user system_admin", 200),
        ("system_admin", 400),
        ("system_user chief", 400),
        ("", 400),
    ] {
        let changed = place.admin.put(&path, json!({"roles": roles})).await;
        assert_eq!(changed.status, status, "{roles}");
    }
    assert_eq!(place.bob.get("/api/v4/config").await.status, 200);
    let unknown = role(&place, "chief").await;
    assert_eq!(unknown["id"], "app.role.get_by_name.app_error");
    let guest = role(&place, "system_guest").await;
    let path = format!("/api/v4/roles/{}/patch", guest["id"].as_str().unwrap());
    let refused = place.admin.put(&path, json!({"permissions": []})).await;
    assert_eq!(refused.status, 501);
    let user = role(&place, "system_user").await;
    let path = format!("/api/v4/roles/{}/patch", user["id"].as_str().unwrap());
    let refused = place
        .admin
        .put(&path, json!({"permissions": ["fly"]}))
        .await;
    assert_eq!(refused.body["id"], "app.role.save.invalid_role.app_error");
}

#[tokio::test]
async fn a_change_of_roles_is_told() {
    let place = Place::furnished().await;
    let token = place.playground.session_of("bob");
    let mut listener = Listener::greeted(place.playground.address(), &token).await;
    place.playground.allow_ephemeral_posts("bob");
    let changed = listener.event("role_updated").await;
    assert!(
        changed["data"]["role"]
            .as_str()
            .unwrap()
            .contains("create_post_ephemeral")
    );
    let told = listener.event("user_role_updated").await;
    assert_eq!(told["data"]["roles"], "system_user system_post_all");
    let names = json!(["system_post_all", "chief"]);
    let found = place.bob.post("/api/v4/roles/names", names).await.body;
    assert_eq!(found.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_preview_grows_over_its_post_for_one_person_until_the_post_changes() {
    let place = Place::furnished().await;
    place.playground.allow_ephemeral_posts("alice");
    let body = json!({"channel_id": place.channel_id, "message": "…"});
    let post = place.alice.post("/api/v4/posts", body).await.body;
    let id = post["id"].as_str().unwrap();
    let made_at = post["update_at"].as_i64().unwrap();
    let seen = |name: &str| {
        let posts = place
            .playground
            .look(|view| view.posts_seen_by(name, "lobby"));
        assert_eq!(posts.len(), 1);
        (posts[0].text.clone(), posts[0].is_ephemeral)
    };
    let preview = |update_at: i64, text: &str| json!({"id": id, "channel_id": place.channel_id, "message": text, "update_at": update_at});
    // Without a moment later than the post's, a client does not take it.
    assert_eq!(
        show(&place, &place.alice, &preview(0, "ignored")).await,
        201
    );
    assert_eq!(seen("bob"), ("…".to_owned(), false));
    for (step, text) in [(1, "grow"), (2, "growing")] {
        show(&place, &place.alice, &preview(made_at + step, text)).await;
        assert_eq!(seen("bob"), (text.to_owned(), true));
        assert_eq!(seen("alice"), ("…".to_owned(), false));
    }
    place.time.advance(Duration::from_secs(1));
    let path = format!("/api/v4/posts/{id}/patch");
    place.alice.put(&path, json!({"message": "grown"})).await;
    assert_eq!(seen("bob"), ("grown".to_owned(), false));
    let edits = place.playground.look(|view| view.history_of(id)).len();
    assert_eq!(edits, 2);

    place.playground.delete("alice", id);
    assert!(
        place
            .playground
            .look(|view| view.posts_seen_by("bob", "lobby").is_empty())
    );
    // One that comes after the post is gone brings its text back.
    show(&place, &place.alice, &preview(made_at + 3, "revived")).await;
    assert_eq!(seen("bob"), ("revived".to_owned(), true));
}

#[tokio::test]
async fn an_ephemeral_post_needs_a_reader_and_a_post() {
    let place = Place::furnished().await;
    let path = "/api/v4/posts/ephemeral";
    let bob_id = place.playground.user_id("bob");
    let no_post = place.admin.post(path, json!({"user_id": bob_id})).await;
    assert_eq!(no_post.status, 400);
    let post = json!({"channel_id": place.channel_id, "message": "x"});
    let no_reader = place.admin.post(path, json!({"post": post})).await;
    assert_eq!(no_reader.status, 400);
}
