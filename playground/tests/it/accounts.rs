//! Accounts: changing them, switching them off, their tokens, preferences and statuses.

use serde_json::{Value, json};

use crate::support::client::{Client, Heard, Listener};
use crate::support::place::Place;

async fn listen(place: &Place, name: &str) -> Listener {
    let token = place.playground.session_of(name);
    Listener::greeted(place.playground.address(), &token).await
}

#[tokio::test]
async fn a_changed_account_is_told_to_each_as_far_as_they_may_know() {
    let place = Place::furnished().await;
    let mut listeners = Vec::new();
    for name in ["bob", "alice", "admin"] {
        listeners.push(listen(&place, name).await);
    }
    let patch = json!({
        "locale": "ko",
        "position": "cook",
        "timezone": {"useAutomaticTimezone": "false", "manualTimezone": "Asia/Seoul", "automaticTimezone": ""},
        "notify_props": {"mention_keys": "cake", "channel": "false"},
    });
    let changed = place.bob.put("/api/v4/users/me/patch", patch).await;
    assert_eq!(changed.body["timezone"]["manualTimezone"], "Asia/Seoul");
    let mut knows = Vec::new();
    for listener in &mut listeners {
        let user = listener.event("user_updated").await["data"]["user"].clone();
        assert_eq!(user["locale"], "ko");
        knows.push(user.get("notify_props").is_some());
    }
    assert_eq!(knows, [true, false, true]);
    let id = place
        .playground
        .say("alice", "lobby", "there is cake", None);
    assert!(place.playground.look(|view| view.is_pinged("bob", &id)));
    let other = format!("/api/v4/users/{}/patch", place.playground.user_id("bob"));
    assert_eq!(
        place
            .alice
            .put(&other, json!({"locale": "en"}))
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn a_renamed_account_is_called_by_its_new_name() {
    let place = Place::furnished().await;
    let rename = async |name: &str| {
        let patch = json!({"username": name});
        place.bob.put("/api/v4/users/me/patch", patch).await.status
    };
    assert_eq!(rename("alice").await, 400);
    assert_eq!(rename("no spaces").await, 400);
    assert_eq!(rename("robert").await, 200);
    assert_eq!(
        place
            .alice
            .get("/api/v4/users/username/robert")
            .await
            .status,
        200
    );
    assert_eq!(
        place.alice.get("/api/v4/users/username/bob").await.status,
        404
    );
    let id = place.playground.say("alice", "lobby", "@robert?", None);
    assert!(place.playground.look(|view| view.is_pinged("robert", &id)));
}

#[tokio::test]
async fn a_deactivated_person_is_out_and_their_bots_with_them() {
    let place = Place::furnished().await;
    let chief = place.playground.create_admin("chief");
    let url = place.playground.url();
    let session = Client::new(&url, Some(&place.playground.session_of("chief")));
    let body = json!({"username": "helper", "display_name": "Helper"});
    let helper = session.post("/api/v4/bots", body).await.body;
    let helper_id = helper["user_id"].as_str().unwrap().to_owned();
    let tokens = format!("/api/v4/users/{helper_id}/tokens");
    let token = session
        .post(&tokens, json!({"description": "x"}))
        .await
        .body;
    let bot = Client::new(&url, token["token"].as_str());
    assert_eq!(bot.get("/api/v4/users/me").await.status, 200);

    let path = format!("/api/v4/users/{chief}/active");
    let off = json!({"active": false});
    assert_eq!(place.alice.put(&path, off.clone()).await.status, 403);
    assert_eq!(place.admin.put(&path, off).await.status, 200);
    assert_eq!(session.get("/api/v4/users/me").await.status, 401);
    assert_eq!(bot.get("/api/v4/users/me").await.status, 401);
    let log_in = json!({"login_id": "chief", "password": askwell_playground::PASSWORD});
    let refused = Client::new(&url, None)
        .post("/api/v4/users/login", log_in.clone())
        .await;
    assert_eq!(refused.body["id"], "api.user.login.inactive.app_error");

    assert_eq!(
        place.admin.put(&path, json!({"active": true})).await.status,
        200
    );
    let back = Client::new(&url, None)
        .post("/api/v4/users/login", log_in)
        .await;
    assert_eq!(back.status, 200);
    // The bots stay off until somebody switches them on; their tokens are as they were.
    let enable = format!("/api/v4/bots/{helper_id}/enable");
    assert_eq!(
        place.admin.post(&enable, json!({})).await.body["delete_at"],
        0
    );
    assert_eq!(bot.get("/api/v4/users/me").await.status, 200);
}

#[tokio::test]
async fn a_new_bot_writes_to_its_owner_and_may_be_given_away() {
    let place = Place::furnished().await;
    let body = json!({"username": "helper", "description": "x".repeat(1025)});
    assert_eq!(place.admin.post("/api/v4/bots", body).await.status, 400);
    let body = json!({"username": "helper", "description": "x".repeat(1024)});
    let helper = place.admin.post("/api/v4/bots", body).await;
    assert_eq!(helper.status, 201);
    let direct = place.playground.direct_channel("admin", "helper");
    let posts = place
        .playground
        .look(|view| view.posts_seen_by("admin", &direct));
    assert_eq!(posts[0].kind, "add_bot_teams_channels");
    assert_eq!(posts[0].author, "helper");

    let id = helper.body["user_id"].as_str().unwrap();
    let path = format!("/api/v4/bots/{id}");
    assert_eq!(place.alice.get(&path).await.status, 404);
    let alice_id = place.playground.user_id("alice");
    let given = place
        .admin
        .post(&format!("{path}/assign/{alice_id}"), json!({}))
        .await;
    assert_eq!(given.body["owner_id"], alice_id);
    assert_eq!(place.alice.get(&path).await.status, 200);
    let renamed = place
        .alice
        .put(&path, json!({"username": "assistant"}))
        .await;
    assert_eq!(renamed.body["username"], "assistant");
}

#[tokio::test]
async fn a_token_is_shown_once_and_works_while_it_is_switched_on() {
    let place = Place::furnished().await;
    let bot = place.playground.create_bot("helper");
    let tokens = format!("/api/v4/users/{}/tokens", bot.id);
    assert_eq!(place.admin.post(&tokens, json!({})).await.status, 400);
    let made = place
        .admin
        .post(&tokens, json!({"description": "one"}))
        .await
        .body;
    let listed = place.admin.get(&tokens).await.body;
    assert!(!listed.to_string().contains(made["token"].as_str().unwrap()));
    let client = Client::new(&place.playground.url(), made["token"].as_str());
    // A bot may look at its own tokens no more than a stranger may.
    assert_eq!(client.get(&tokens).await.status, 403);
    let which = json!({"token_id": made["id"]});
    for (action, status) in [("disable", 401), ("enable", 200), ("revoke", 401)] {
        let path = format!("/api/v4/users/tokens/{action}");
        assert_eq!(place.admin.post(&path, which.clone()).await.status, 200);
        assert_eq!(
            client.get("/api/v4/users/me").await.status,
            status,
            "{action}"
        );
    }
    assert_eq!(
        place
            .admin
            .post("/api/v4/users/tokens/enable", which)
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_switched_off_token_is_silenced_like_a_revoked_one() {
    let place = Place::furnished().await;
    let bot = place.playground.create_bot("helper");
    let mut listener = Listener::greeted(place.playground.address(), &bot.token).await;
    let tokens = format!("/api/v4/users/{}/tokens", bot.id);
    let held = place.admin.get(&tokens).await.body;
    let which = json!({"token_id": held[0]["id"]});
    place
        .admin
        .post("/api/v4/users/tokens/disable", which)
        .await;
    listener.send(json!({"seq": 1, "action": "ping"})).await;
    assert_eq!(listener.frame().await["error"]["status_code"], 401);
    place.time.advance(std::time::Duration::from_secs(5));
    assert!(matches!(listener.hear().await, Heard::Closed(_)));
}

#[tokio::test]
async fn people_have_tokens_only_where_that_is_switched_on() {
    let place = Place::furnished().await;
    place
        .playground
        .configure(|settings| settings.enable_user_access_tokens = false);
    let tokens = format!("/api/v4/users/{}/tokens", place.playground.user_id("bob"));
    let made = place.admin.post(&tokens, json!({"description": "x"})).await;
    assert_eq!(made.status, 501);
    assert_eq!(made.body["id"], "app.user_access_token.disabled");
}

fn preference(user_id: &str, category: &str, name: &str, value: &str) -> Value {
    json!({"user_id": user_id, "category": category, "name": name, "value": value})
}

#[tokio::test]
async fn preferences_are_ones_own_small_and_few_at_once() {
    let place = Place::furnished().await;
    let (alice_id, bob_id) = (
        place.playground.user_id("alice"),
        place.playground.user_id("bob"),
    );
    let set = async |preferences: Value| {
        let path = "/api/v4/users/me/preferences";
        place.bob.put(path, preferences).await.status
    };
    let with = |category: &str, name: &str, value: &str| {
        json!([preference(&bob_id, category, name, value)])
    };
    let (n32, n33) = ("n".repeat(32), "n".repeat(33));
    assert_eq!(set(with(&n32, &n32, &"값".repeat(20_000))).await, 200);
    assert_eq!(set(with(&n33, "n", "v")).await, 400);
    assert_eq!(set(with("c", &n33, "v")).await, 400);
    assert_eq!(set(with("", "n", "v")).await, 400);
    assert_eq!(set(with("c", "n", &"값".repeat(20_001))).await, 400);
    assert_eq!(
        set(json!([preference(&alice_id, "c", "n", "v")])).await,
        403
    );
    let many = |count: usize| -> Value {
        let some = (0..count).map(|at| preference(&bob_id, "c", &at.to_string(), "v"));
        some.collect()
    };
    assert_eq!(set(many(0)).await, 400);
    assert_eq!(set(many(101)).await, 400);
    assert_eq!(set(many(100)).await, 200);
    let all = place.bob.get("/api/v4/users/me/preferences").await.body;
    assert_eq!(all.as_array().unwrap().len(), 101);
}

#[tokio::test]
async fn preferences_are_read_by_category_told_and_deleted() {
    let place = Place::furnished().await;
    let bob_id = place.playground.user_id("bob");
    let mut listener = listen(&place, "bob").await;
    let path = "/api/v4/users/me/preferences";
    let one = json!([preference(&bob_id, "askwell", "cursor", "7")]);
    assert_eq!(place.bob.put(path, one.clone()).await.status, 200);
    let told = listener.event("preferences_changed").await;
    assert!(
        told["data"]["preferences"]
            .as_str()
            .unwrap()
            .contains("cursor")
    );
    let by_name = format!("{path}/askwell/name/cursor");
    assert_eq!(place.bob.get(&by_name).await.body["value"], "7");
    assert_eq!(place.bob.get(&format!("{path}/askwell")).await.body, one);
    assert_eq!(
        place.bob.post(&format!("{path}/delete"), one).await.status,
        200
    );
    assert_eq!(place.bob.get(&format!("{path}/askwell")).await.status, 404);
    let others = format!("/api/v4/users/{bob_id}/preferences");
    assert_eq!(place.alice.get(&others).await.status, 403);
}

#[tokio::test]
async fn a_status_follows_the_connections_unless_it_is_said() {
    let place = Place::furnished().await;
    let bob_id = place.playground.user_id("bob");
    let path = format!("/api/v4/users/{bob_id}/status");
    let status = async || place.alice.get(&path).await.body["status"].clone();
    assert_eq!(status().await, "offline");
    let mut listener = listen(&place, "bob").await;
    assert_eq!(status().await, "online");
    let away = json!({"user_id": bob_id, "status": "dnd"});
    assert_eq!(
        place.bob.put(&path, away.clone()).await.body["manual"],
        true
    );
    assert_eq!(
        listener.event("status_change").await["data"]["status"],
        "dnd"
    );
    assert_eq!(status().await, "dnd");
    assert_eq!(place.alice.put(&path, away).await.status, 403);
    let several = place
        .alice
        .post("/api/v4/users/status/ids", json!([bob_id]))
        .await;
    assert_eq!(several.body[0]["status"], "dnd");
    listener
        .send(json!({"seq": 1, "action": "get_statuses_by_ids", "data": {"user_ids": [bob_id]}}))
        .await;
    assert_eq!(listener.frame().await["data"][&bob_id], "dnd");
}
