//! Buttons and menus beyond what was recorded.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::integration::{Integration, Told};
use crate::support::place::Place;

struct Desk {
    place: Place,
    integration: Integration,
}

impl Desk {
    async fn furnished() -> Self {
        Self {
            place: Place::furnished().await,
            integration: Integration::start().await,
        }
    }

    fn attachments(&self) -> Value {
        let integration = json!({"url": self.integration.url, "context": {"secret": "s"}});
        let actions = json!([
            {"id": "stop", "type": "button", "name": "Stop", "integration": integration},
            {"id": "", "name": "No id", "integration": integration},
            {"id": "pick", "type": "select", "name": "Pick", "data_source": "users", "integration": integration},
        ]);
        json!([{"text": "choose", "unknown": "field", "actions": actions}])
    }

    /// Alice posts with buttons.
    async fn post(&self, props: Value) -> Value {
        let mut props = props;
        props["attachments"] = self.attachments();
        let body =
            json!({"channel_id": self.place.channel_id, "message": "before", "props": props});
        let post = self.place.alice.post("/api/v4/posts", body).await;
        assert_eq!(post.status, 201);
        post.body
    }

    fn tell(&self, reply: &Value) {
        self.integration.tell(Told::json(&reply.to_string()));
    }

    fn sent(&self) -> Value {
        serde_json::from_str(&self.integration.last().body).unwrap()
    }
}

#[tokio::test]
async fn nothing_between_the_server_and_an_integration_is_read_back() {
    let desk = Desk::furnished().await;
    let post = desk.post(json!({})).await;
    let id = post["id"].as_str().unwrap();
    let actions = &post["props"]["attachments"][0]["actions"];
    assert_eq!(actions[1]["id"].as_str().unwrap().len(), 26);
    assert_eq!(
        actions[0],
        json!({"id": "stop", "type": "button", "name": "Stop"})
    );
    assert!(post["props"]["attachments"][0].get("unknown").is_none());
    let lists = [
        desk.place
            .bob
            .get(&format!("/api/v4/posts/{id}"))
            .await
            .body,
        desk.place
            .bob
            .get(&format!("/api/v4/posts/{id}/thread"))
            .await
            .body,
        desk.place.posts("").await,
        desk.place
            .bob
            .post("/api/v4/posts/ids", json!([id]))
            .await
            .body,
    ];
    for list in lists {
        let text = list.to_string();
        assert!(text.contains("Stop") && !text.contains("secret"), "{text}");
    }
    let path = format!("/api/v4/posts/{id}/patch");
    desk.place
        .alice
        .put(&path, json!({"message": "after"}))
        .await;
    let history = format!("/api/v4/posts/{id}/edit_history");
    let history = desk.place.alice.get(&history).await.body;
    assert_eq!(history[0]["message"], "before");
    assert!(!history.to_string().contains("secret"));
}

#[tokio::test]
async fn a_message_patch_keeps_buttons_that_work() {
    let desk = Desk::furnished().await;
    let post = desk.post(json!({})).await;
    let id = post["id"].as_str().unwrap();
    let path = format!("/api/v4/posts/{id}/patch");
    desk.place
        .alice
        .put(&path, json!({"message": "after"}))
        .await;
    let seen = desk.place.playground.click("bob", id, "stop", None).await;
    assert_eq!(seen.status, 200);
    assert_eq!(desk.sent()["context"], json!({"secret": "s"}));
    let emptied = desk.place.alice.put(&path, json!({"props": {}})).await;
    assert_eq!(emptied.body["props"], json!({}));
    let seen = desk.place.playground.click("bob", id, "stop", None).await;
    assert_eq!(seen.body["id"], "api.post.do_action.action_id.app_error");
}

#[tokio::test]
async fn an_update_replaces_the_message_and_keeps_whose_the_post_seems() {
    let desk = Desk::furnished().await;
    let whose = json!({"from_webhook": "true", "override_username": "clerk", "own": 1});
    let post = desk.post(whose).await;
    let id = post["id"].as_str().unwrap();
    desk.tell(&json!({"update": {}}));
    desk.place.playground.click("bob", id, "stop", None).await;
    let read = async || {
        desk.place
            .bob
            .get(&format!("/api/v4/posts/{id}"))
            .await
            .body
    };
    let bare = read().await;
    assert_eq!(bare["message"], "");
    assert_eq!(bare["props"]["own"], 1);
    assert_ne!(bare["edit_at"], 0);

    let props = json!({"override_username": "thief", "override_icon_url": "x", "new": 2});
    desk.tell(&json!({"update": {"message": "changed", "props": props}}));
    desk.place.playground.click("bob", id, "stop", None).await;
    let changed = read().await;
    assert_eq!(
        changed["props"],
        json!({"from_webhook": "true", "new": 2, "override_username": "clerk"})
    );
}

#[tokio::test]
async fn an_update_is_held_to_no_time_limit() {
    let desk = Desk::furnished().await;
    let post = desk.post(json!({})).await;
    desk.place
        .playground
        .configure(|settings| settings.post_edit_time_limit = Some(1));
    desk.place.time.advance(Duration::from_secs(2));
    desk.tell(&json!({"update": {"message": "late"}}));
    let id = post["id"].as_str().unwrap();
    let seen = desk.place.playground.click("bob", id, "stop", None).await;
    assert_eq!(seen.status, 200);
    let history = desk.place.playground.look(|view| view.history_of(id));
    assert_eq!(history.last().unwrap().text, "late");
}

#[tokio::test]
async fn only_a_menu_passes_an_option_on() {
    let desk = Desk::furnished().await;
    let post = desk.post(json!({})).await;
    let id = post["id"].as_str().unwrap();
    let bob_id = desk.place.playground.user_id("bob");
    let click = async |action, option| desk.place.playground.click("bob", id, action, option).await;
    click("pick", Some(&bob_id)).await;
    let sent = desk.sent();
    assert_eq!(sent["context"]["selected_option"], bob_id);
    assert_eq!(sent["data_source"], "users");
    assert_eq!(sent["type"], "select");
    click("stop", Some(&bob_id)).await;
    assert!(desk.sent()["context"].get("selected_option").is_none());
}

#[tokio::test]
async fn whoever_cannot_read_a_post_cannot_click_on_it() {
    let desk = Desk::furnished().await;
    let post = desk.post(json!({})).await;
    let id = post["id"].as_str().unwrap();
    let seen = desk.place.playground.click("carol", id, "stop", None).await;
    assert_eq!(seen.status, 403);
    assert!(desk.integration.received().is_empty());
    let path = format!("/api/v4/posts/{id}/actions/with-dash");
    let unknown = desk.place.bob.post(&path, json!({})).await;
    assert_eq!(unknown.body["id"], "api.context.404.app_error");
}

#[tokio::test]
async fn a_button_of_an_ephemeral_post_works_by_its_cookie_and_cannot_update_it() {
    let desk = Desk::furnished().await;
    let props = json!({"attachments": desk.attachments(), "from_webhook": "true"});
    let post = json!({"channel_id": desk.place.channel_id, "message": "psst", "props": props});
    let bob_id = desk.place.playground.user_id("bob");
    let body = json!({"user_id": bob_id, "post": post});
    let made = desk.place.admin.post("/api/v4/posts/ephemeral", body).await;
    assert_eq!(made.status, 201);
    let id = made.body["id"].as_str().unwrap().to_owned();
    let action = made.body["props"]["attachments"][0]["actions"][0].clone();
    assert!(action.get("integration").is_none());
    assert!(!action["cookie"].as_str().unwrap().is_empty());

    let path = format!("/api/v4/posts/{id}/actions/stop");
    let without = desk.place.bob.post(&path, json!({})).await;
    assert_eq!(without.status, 403);
    desk.tell(&json!({"ephemeral_text": "see <http://x.example|here>"}));
    let seen = desk.place.playground.click("bob", &id, "stop", None).await;
    assert_eq!(seen.status, 200);
    assert_eq!(desk.sent()["context"], json!({"secret": "s"}));
    let shown = desk
        .place
        .playground
        .look(|view| view.posts_seen_by("bob", "lobby"));
    let told = shown.last().unwrap();
    assert_eq!(told.text, "see [here](http://x.example)");
    assert_eq!(told.root.as_ref(), Some(&id));
    assert_eq!(told.props["from_webhook"], "true");

    desk.tell(&json!({"update": {"message": "changed"}}));
    let seen = desk.place.playground.click("bob", &id, "stop", None).await;
    assert_eq!(seen.status, 404);
    let other = json!({"cookie": action["cookie"]});
    let path = format!("/api/v4/posts/{}/actions/stop", "a".repeat(26));
    let swapped = desk.place.bob.post(&path, other).await;
    assert_eq!(swapped.status, 400);
}

#[tokio::test]
async fn what_is_not_json_of_a_reply_is_an_error_and_nothing_is_none() {
    let desk = Desk::furnished().await;
    let post = desk.post(json!({})).await;
    let id = post["id"].as_str().unwrap();
    for (told, status) in [
        (Told::nothing(), 200),
        (Told::json("{}"), 200),
        (Told::json("sure"), 400),
        (
            Told {
                status: 201,
                ..Told::json("{}")
            },
            400,
        ),
    ] {
        desk.integration.tell(told);
        let seen = desk.place.playground.click("bob", id, "stop", None).await;
        assert_eq!(seen.status, status);
    }
}

#[tokio::test]
async fn a_click_in_a_direct_channel_belongs_to_no_team() {
    let desk = Desk::furnished().await;
    let direct = desk.place.playground.direct_channel("alice", "bob");
    let props = json!({"attachments": desk.attachments()});
    let body = json!({"channel_id": direct, "message": "x", "props": props});
    let post = desk.place.alice.post("/api/v4/posts", body).await.body;
    let id = post["id"].as_str().unwrap();
    desk.place.playground.click("bob", id, "stop", None).await;
    assert_eq!(desk.sent()["team_id"], "");
    assert_eq!(desk.sent()["team_domain"], "");
}
