//! Reactions at their edges.

use serde_json::json;

use crate::support::client::Listener;
use crate::support::place::Place;

/// More emojis than one post may carry.
const EMOJIS: &str = "+1 -1 100 airplane alien angel angry apple art baby bear beer bell bike blush bomb book boom bow \
    brain bug bulb cat clap cloud coffee cool cry dart dog ear email eyes fire gear gem ghost gift grin heart hugs joy \
    key link lock mag memo mouse muscle ok owl";

#[tokio::test]
async fn a_post_carries_fifty_different_emojis() {
    let place = Place::furnished().await;
    let post_id = place.playground.say("alice", "lobby", "hello", None);
    let bob_id = place.playground.user_id("bob");
    let alice_id = place.playground.user_id("alice");
    let react = |client, user_id: &str, emoji: &str| {
        let body = json!({"user_id": user_id, "post_id": post_id, "emoji_name": emoji});
        crate::support::client::Client::post(client, "/api/v4/reactions", body)
    };
    let emojis: Vec<&str> = EMOJIS.split_whitespace().collect();
    for emoji in &emojis[..50] {
        assert_eq!(
            react(&place.bob, &bob_id, emoji).await.status,
            200,
            "{emoji}"
        );
    }
    let refused = react(&place.bob, &bob_id, emojis[50]).await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.body["id"],
        "app.reaction.save.save.too_many_reactions"
    );
    // One that is there already may be joined, and repeated.
    assert_eq!(react(&place.alice, &alice_id, "eyes").await.status, 200);
    assert_eq!(react(&place.bob, &bob_id, "eyes").await.status, 200);
    let on_it = place.playground.look(|view| view.reactions_on(&post_id));
    assert_eq!(on_it.len(), 51);
}

#[tokio::test]
async fn a_reaction_is_ones_own_and_has_a_name_that_can_be_one() {
    let place = Place::furnished().await;
    let post_id = place.playground.say("alice", "lobby", "hello", None);
    let (alice_id, bob_id) = (
        place.playground.user_id("alice"),
        place.playground.user_id("bob"),
    );
    let react = async |user_id: &str, post_id: &str, emoji: &str| {
        let body = json!({"user_id": user_id, "post_id": post_id, "emoji_name": emoji});
        place.bob.post("/api/v4/reactions", body).await.status
    };
    assert_eq!(react(&alice_id, &post_id, "eyes").await, 403);
    assert_eq!(react(&bob_id, &post_id, "two words").await, 400);
    assert_eq!(react(&bob_id, &post_id, &"a".repeat(65)).await, 400);
    assert_eq!(react(&bob_id, &post_id, &"a".repeat(64)).await, 404);
    assert_eq!(react(&bob_id, &"a".repeat(26), "eyes").await, 403);
    place.playground.archive_channel("lobby");
    assert_eq!(react(&bob_id, &post_id, "eyes").await, 403);
}

#[tokio::test]
async fn a_reaction_moves_its_post_and_edits_nothing() {
    let place = Place::furnished().await;
    let post_id = place.playground.say("alice", "lobby", "hello", None);
    let path = format!("/api/v4/posts/{post_id}");
    let before = place.bob.get(&path).await.body;
    let token = place.playground.session_of("alice");
    let mut listener = Listener::greeted(place.playground.address(), &token).await;
    place.time.advance(std::time::Duration::from_millis(1));
    place.playground.react("bob", &post_id, "eyes");
    assert_eq!(listener.frame().await["event"], "reaction_added");
    let after = place.bob.get(&path).await.body;
    assert!(after["update_at"].as_i64() > before["update_at"].as_i64());
    assert_eq!(after["edit_at"], 0);
    assert_eq!(after["has_reactions"], true);
    assert_eq!(after["metadata"]["reactions"][0]["emoji_name"], "eyes");
    assert!(
        place
            .playground
            .look(|view| view.history_of(&post_id))
            .len()
            == 1
    );

    let several = json!([post_id, "a".repeat(26)]);
    let several = place.bob.post("/api/v4/posts/ids/reactions", several).await;
    assert_eq!(several.body.as_object().unwrap().len(), 1);
    let bob_id = place.playground.user_id("bob");
    let mine = format!("/api/v4/users/me/posts/{post_id}/reactions/eyes");
    let theirs = format!("/api/v4/users/{bob_id}/posts/{post_id}/reactions/eyes");
    assert_eq!(place.alice.delete(&theirs).await.status, 403);
    assert_eq!(place.bob.delete(&mine).await.status, 200);
    assert_eq!(listener.frame().await["event"], "reaction_removed");
    assert!(
        place
            .playground
            .look(|view| view.reactions_on(&post_id))
            .is_empty()
    );
}
