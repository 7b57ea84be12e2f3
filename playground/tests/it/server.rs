//! The server as its administrator sees it: settings, limits, commands and webhooks.

use std::time::Duration;

use askwell_playground::{HookFormat, RateLimit};
use serde_json::json;

use crate::support::client::{Client, Listener};
use crate::support::integration::{Integration, Told};
use crate::support::place::Place;

#[tokio::test]
async fn a_whole_configuration_is_read_changed_and_written_back() {
    let place = Place::furnished().await;
    let mut listener = Listener::greeted(
        place.playground.address(),
        &place.playground.session_of("bob"),
    )
    .await;
    let mut config = place.admin.get("/api/v4/config").await.body;
    config["ServiceSettings"]["EnableLatex"] = json!(true);
    config["ServiceSettings"]["PostEditTimeLimit"] = json!(60);
    config["ServiceSettings"]["OutgoingIntegrationRequestsTimeout"] = json!(7);
    config["FileSettings"]["MaxFileSize"] = json!(1000);
    config["TeamSettings"]["SiteName"] = json!("Acme");
    let written = place.admin.put("/api/v4/config", config.clone()).await;
    assert_eq!(written.status, 200);
    assert_eq!(written.body, config);
    assert_eq!(place.admin.get("/api/v4/config").await.body, config);
    let told = listener.event("config_changed").await;
    assert_eq!(told["data"]["config"]["EnableLatex"], "true");
    let client = place.bob.get("/api/v4/config/client").await.body;
    assert_eq!(client["PostEditTimeLimit"], "60");
    assert_eq!(client["MaxFileSize"], "1000");
    place.playground.configure(|settings| {
        assert_eq!(settings.integration_timeout, Duration::from_secs(7));
    });
}

#[tokio::test]
async fn a_setting_of_the_wrong_kind_is_refused_and_one_that_nobody_knows_passed_over() {
    let place = Place::furnished().await;
    let patch = async |patch| place.admin.put("/api/v4/config/patch", patch).await;
    let wrong = json!({"ServiceSettings": {"EnableLatex": "yes"}});
    assert_eq!(patch(wrong).await.status, 400);
    let before = place.admin.get("/api/v4/config").await.body;
    let unknown = json!({"ServiceSettings": {"EnableMagic": true}, "MagicSettings": {"Wand": 1}});
    assert_eq!(patch(unknown).await.body, before);
    for refused in [
        place.bob.put("/api/v4/config", json!({})).await,
        place.bob.get("/api/v4/config/environment").await,
    ] {
        assert_eq!(refused.status, 403);
    }
}

#[tokio::test]
async fn every_setting_that_a_client_is_told_is_a_text() {
    let place = Place::furnished().await;
    let known = place.bob.get("/api/v4/config/client").await.body;
    let unknown = Client::new(&place.playground.url(), None);
    let unknown = unknown.get("/api/v4/config/client").await.body;
    for name in [
        "Version",
        "BuildNumber",
        "MaxPostSize",
        "PostEditTimeLimit",
        "SiteURL",
        "EnablePostUsernameOverride",
        "EnablePostIconOverride",
        "EnableCommands",
        "EnableLatex",
        "EnableInlineLatex",
        "MaxFileSize",
        "TimeBetweenUserTypingUpdatesMilliseconds",
        "UniqueEmojiReactionLimitPerPost",
        "CollapsedThreads",
        "RestrictDirectMessage",
        "EnableBotAccountCreation",
    ] {
        assert!(known[name].is_string(), "{name}");
    }
    for name in ["Version", "SiteURL", "WebsocketURL"] {
        assert!(unknown[name].is_string(), "{name}");
    }
    assert!(unknown.get("MaxPostSize").is_none());
}

#[tokio::test]
async fn limits_by_account_count_twice_and_say_so_twice() {
    let place = Place::furnished().await;
    place.playground.configure(|settings| {
        settings.rate_limit = Some(RateLimit {
            per_second: 1,
            max_burst: 1,
        });
        settings.rate_limit_by_user = true;
    });
    let twice = |reply: &crate::support::client::Reply, name: &str| {
        reply.headers.get_all(name).iter().count()
    };
    let first = place.bob.get("/api/v4/users/me").await;
    assert_eq!(twice(&first, "x-ratelimit-remaining"), 2);
    place.bob.get("/api/v4/users/me").await;
    let refused = place.bob.get("/api/v4/users/me").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.body, "limit exceeded\n");
    assert_eq!(twice(&refused, "x-ratelimit-limit"), 1);
    // Another person has a bucket of their own, and so has another session; the account is the same.
    assert_eq!(place.alice.get("/api/v4/users/me").await.status, 200);
    let session = place.playground.session_of("bob");
    let other = Client::new(&place.playground.url(), Some(&session));
    let refused = other.get("/api/v4/users/me").await;
    assert_eq!(refused.status, 429);
    assert_eq!(twice(&refused, "x-ratelimit-limit"), 2);
}

#[tokio::test]
async fn limits_are_switched_on_by_the_configuration() {
    let place = Place::furnished().await;
    let limits = json!({"RateLimitSettings": {"Enable": true, "PerSec": 5, "MaxBurst": 5}});
    let changed = place.admin.put("/api/v4/config/patch", limits).await;
    assert_eq!(changed.status, 200);
    let next = place.bob.get("/api/v4/users/me").await;
    assert_eq!(next.header("x-ratelimit-limit"), Some("6"));
}

#[tokio::test]
async fn a_command_is_moved_to_another_team_and_offered_there_without_its_secrets() {
    let place = Place::furnished().await;
    let other = place.playground.create_team("other");
    let team_id = place.playground.team_id("acme");
    let body = json!({
        "team_id": team_id,
        "method": "P",
        "trigger": "AskGPT",
        "url": "http://127.0.0.1:1/x",
        "auto_complete": true,
    });
    let command = place.admin.post("/api/v4/commands", body).await.body;
    assert_eq!(command["trigger"], "askgpt");
    let offered = async |team: &str| {
        let path = format!("/api/v4/teams/{team}/commands/autocomplete");
        place.admin.get(&path).await.body
    };
    let in_acme = offered(&team_id).await;
    assert_eq!(in_acme[0]["trigger"], "askgpt");
    assert_eq!(in_acme[0]["token"], "");
    assert_eq!(in_acme[0]["url"], "");
    let path = format!("/api/v4/commands/{}/move", command["id"].as_str().unwrap());
    let moved = place.admin.put(&path, json!({"team_id": other})).await;
    assert_eq!(moved.status, 200);
    assert_eq!(offered(&team_id).await, json!([]));
    assert_eq!(offered(&other).await[0]["trigger"], "askgpt");
    assert_eq!(
        place
            .bob
            .put(&path, json!({"team_id": team_id}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn triggers_are_checked_at_their_edges() {
    let place = Place::furnished().await;
    let team_id = place.playground.team_id("acme");
    let create = async |trigger: &str| {
        let body = json!({"team_id": team_id, "method": "P", "trigger": trigger, "url": "http://127.0.0.1:1/x"});
        place.admin.post("/api/v4/commands", body).await.status
    };
    for (trigger, status) in [
        ("a.b_c-d/e", 201),
        ("", 400),
        ("/slash", 400),
        ("two words", 400),
        ("HELP", 400),
    ] {
        assert_eq!(create(trigger).await, status, "{trigger}");
    }
    assert_eq!(create(&"x".repeat(128)).await, 201);
    assert_eq!(create(&"x".repeat(129)).await, 400);
}

#[tokio::test]
async fn an_updated_incoming_webhook_posts_where_it_now_belongs() {
    let place = Place::furnished().await;
    let url = place.playground.create_incoming_webhook("lobby", "answers");
    let id = url.rsplit('/').next().unwrap();
    let path = format!("/api/v4/hooks/incoming/{id}");
    let square = place.playground.channel_id("town-square");
    let mut hook = place.admin.get(&path).await.body;
    hook["channel_id"] = json!(square);
    hook["description"] = json!("d".repeat(500));
    hook["channel_locked"] = json!(true);
    // 201, though nothing is created.
    assert_eq!(place.admin.put(&path, hook.clone()).await.status, 201);
    hook["description"] = json!("d".repeat(501));
    assert_eq!(place.admin.put(&path, hook.clone()).await.status, 400);
    hook["id"] = json!("a".repeat(26));
    assert_eq!(place.admin.put(&path, hook).await.status, 400);
    let nobody = Client::new("", None);
    assert_eq!(nobody.post(&url, json!({"text": "here"})).await.status, 200);
    let elsewhere = json!({"text": "there", "channel": "lobby"});
    assert_eq!(nobody.post(&url, elsewhere).await.status, 403);
    let posts = place
        .playground
        .look(|view| view.posts_seen_by("bob", "town-square"));
    assert_eq!(posts[0].text, "here");
}

#[tokio::test]
async fn an_updated_outgoing_webhook_listens_for_its_new_word() {
    let place = Place::furnished().await;
    let integration = Integration::start().await;
    place
        .playground
        .create_outgoing_webhook("acme", "old", &integration.url, HookFormat::Json);
    let listed = place.admin.get("/api/v4/hooks/outgoing").await.body;
    let mut hook = listed[0].clone();
    let path = format!("/api/v4/hooks/outgoing/{}", hook["id"].as_str().unwrap());
    hook["trigger_words"] = json!(["new"]);
    assert_eq!(place.admin.put(&path, hook.clone()).await.status, 200);
    let regenerated = place
        .admin
        .post(&format!("{path}/regen_token"), json!({}))
        .await
        .body;
    assert_ne!(regenerated["token"], hook["token"]);
    place.playground.say("alice", "lobby", "old word", None);
    integration.tell(Told::nothing());
    place.playground.say("alice", "lobby", "new word", None);
    integration.wait_for(1).await;
    let sent: serde_json::Value = serde_json::from_str(&integration.last().body).unwrap();
    assert_eq!(sent["trigger_word"], "new");
    assert_eq!(sent["token"], regenerated["token"]);
    hook["callback_urls"] = json!(["ftp://x"]);
    assert_eq!(place.admin.put(&path, hook).await.status, 400);
}

#[tokio::test]
async fn a_team_is_changed_by_those_who_lead_it() {
    let place = Place::furnished().await;
    let team_id = place.playground.team_id("acme");
    let path = format!("/api/v4/teams/{team_id}/patch");
    let new = json!({"display_name": "Acme Ltd", "allow_open_invite": true});
    assert_eq!(place.bob.put(&path, new.clone()).await.status, 403);
    let bob_id = place.playground.user_id("bob");
    let roles = format!("/api/v4/teams/{team_id}/members/{bob_id}/schemeRoles");
    let lead = json!({"scheme_admin": true, "scheme_user": true});
    assert_eq!(place.admin.put(&roles, lead).await.status, 200);
    let changed = place.bob.put(&path, new).await.body;
    assert_eq!(changed["display_name"], "Acme Ltd");
    assert_eq!(changed["allow_open_invite"], true);
    let taken = place.bob.get("/api/v4/teams/name/acme/exists").await.body;
    assert_eq!(taken, json!({"exists": true}));
    let members = format!("/api/v4/teams/{team_id}/members");
    assert_eq!(
        place.bob.get(&members).await.body.as_array().unwrap().len(),
        3
    );
    let carol = json!([{"team_id": team_id, "user_id": place.playground.user_id("carol")}]);
    let added = place.bob.post(&format!("{members}/batch"), carol).await;
    assert_eq!(added.status, 201);
}
