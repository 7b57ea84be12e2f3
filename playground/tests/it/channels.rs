//! Channels: making, joining, leaving, changing, converting and archiving them, and who is told.

use serde_json::{Value, json};

use crate::support::client::{Client, Listener};
use crate::support::place::Place;

async fn listen(place: &Place, name: &str) -> Listener {
    let token = place.playground.session_of(name);
    Listener::greeted(place.playground.address(), &token).await
}

fn client(place: &Place, name: &str) -> Client {
    let token = place.playground.session_of(name);
    Client::new(&place.playground.url(), Some(&token))
}

/// The kinds and texts of the system messages in the lobby.
fn notices(place: &Place) -> Vec<(String, String)> {
    let posts = place
        .playground
        .look(|view| view.posts_seen_by("admin", "lobby"));
    let notices = posts.into_iter().filter(|post| !post.kind.is_empty());
    notices.map(|post| (post.kind, post.text)).collect()
}

fn notice(kind: &str, text: &str) -> (String, String) {
    (kind.to_owned(), text.to_owned())
}

#[tokio::test]
async fn everybody_of_a_team_may_join_a_public_channel_and_leave_it() {
    let place = Place::furnished().await;
    place.playground.join_team("acme", &["carol"]);
    let carol = client(&place, "carol");
    let carol_id = place.playground.user_id("carol");
    let mut bob = listen(&place, "bob").await;
    let mut hers = listen(&place, "carol").await;
    let members = format!("/api/v4/channels/{}/members", place.channel_id);
    let joined = carol.post(&members, json!({"user_id": carol_id})).await;
    assert_eq!(joined.status, 201);
    assert_eq!(bob.frame().await["event"], "user_added");
    let own = hers.frame().await;
    assert_eq!(own["broadcast"]["user_id"], carol_id);
    assert_eq!(bob.frame().await["event"], "posted");

    let left = carol.delete(&format!("{members}/me")).await;
    assert_eq!(left.status, 200);
    let told = bob.event("user_removed").await;
    assert_eq!(
        told["data"],
        json!({"remover_id": carol_id, "user_id": carol_id})
    );
    let own = hers.event("user_removed").await;
    assert_eq!(own["data"]["channel_id"], place.channel_id);
    assert_eq!(
        notices(&place),
        [
            notice("system_join_channel", "carol joined the channel."),
            notice("system_leave_channel", "carol left the channel."),
        ]
    );
}

#[tokio::test]
async fn nobody_joins_a_private_channel_alone() {
    let place = Place::furnished().await;
    let den = place
        .playground
        .create_private_channel("acme", "den", &["alice"]);
    let members = format!("/api/v4/channels/{den}/members");
    let bob = json!({"user_id": place.playground.user_id("bob")});
    assert_eq!(place.bob.post(&members, bob.clone()).await.status, 403);
    assert_eq!(place.alice.post(&members, bob).await.status, 201);
}

#[tokio::test]
async fn whoever_is_removed_is_told_apart_from_the_others() {
    let place = Place::furnished().await;
    let mut bob = listen(&place, "bob").await;
    let bob_id = place.playground.user_id("bob");
    let path = format!("/api/v4/channels/{}/members/{bob_id}", place.channel_id);
    assert_eq!(place.alice.delete(&path).await.status, 200);
    let told = bob.frame().await;
    assert_eq!(told["data"]["channel_id"], place.channel_id);
    assert_eq!(
        told["data"]["remover_id"],
        place.playground.user_id("alice")
    );
    assert_eq!(place.alice.delete(&path).await.status, 404);
    let text = "bob removed from the channel.";
    assert_eq!(
        notices(&place),
        [notice("system_remove_from_channel", text)]
    );
    // Of what is said from now on, nothing comes.
    place.playground.say("alice", "lobby", "gone?", None);
    bob.send(json!({"seq": 1, "action": "ping"})).await;
    assert_eq!(bob.frame().await["seq_reply"], 1);
}

#[tokio::test]
async fn the_town_square_is_neither_left_nor_archived_nor_private() {
    let place = Place::furnished().await;
    let square = place.playground.channel_id("town-square");
    let path = format!("/api/v4/channels/{square}");
    assert_eq!(
        place.bob.delete(&format!("{path}/members/me")).await.status,
        400
    );
    assert_eq!(place.admin.delete(&path).await.status, 400);
    let privacy = format!("{path}/privacy");
    let private = place.admin.put(&privacy, json!({"privacy": "P"})).await;
    assert_eq!(private.status, 400);
}

#[tokio::test]
async fn direct_channels_have_the_members_they_were_made_for() {
    let place = Place::furnished().await;
    let (alice_id, bob_id) = (
        place.playground.user_id("alice"),
        place.playground.user_id("bob"),
    );
    let mut bob = listen(&place, "bob").await;
    let both = json!([alice_id, bob_id]);
    let made = place
        .alice
        .post("/api/v4/channels/direct", both.clone())
        .await;
    assert_eq!(made.status, 201);
    assert_eq!(bob.frame().await["event"], "direct_added");
    let again = place
        .bob
        .post("/api/v4/channels/direct", both.clone())
        .await;
    assert_eq!(again.body["id"], made.body["id"]);
    let id = made.body["id"].as_str().unwrap();
    let member = format!("/api/v4/channels/{id}/members/me");
    assert_eq!(place.bob.delete(&member).await.status, 400);
    assert_eq!(
        place
            .admin
            .delete(&format!("/api/v4/channels/{id}"))
            .await
            .status,
        400
    );
    let carol = client(&place, "carol");
    assert_eq!(
        carol.post("/api/v4/channels/direct", both).await.status,
        403
    );
}

#[tokio::test]
async fn a_group_has_three_to_eight_people() {
    let place = Place::furnished().await;
    let mut ids = vec![place.playground.user_id("bob")];
    for number in 0..7 {
        let others = ids.len();
        let made = place.alice.post("/api/v4/channels/group", json!(ids)).await;
        let status = if (2..=7).contains(&others) { 201 } else { 400 };
        assert_eq!(made.status, status, "{others} others");
        ids.push(place.playground.create_user(&format!("guest{number}")));
    }
    let made = place.alice.post("/api/v4/channels/group", json!(ids)).await;
    assert_eq!(made.status, 400);
}

#[tokio::test]
async fn whoever_makes_a_channel_leads_it() {
    let place = Place::furnished().await;
    let mut alice = listen(&place, "alice").await;
    let body = json!({
        "team_id": place.playground.team_id("acme"),
        "name": "project",
        "display_name": "Project",
        "type": "P",
    });
    let made = place.alice.post("/api/v4/channels", body.clone()).await;
    assert_eq!(made.status, 201);
    let told = alice.event("channel_created").await;
    assert_eq!(told["data"]["channel_id"], made.body["id"]);
    assert_eq!(place.alice.post("/api/v4/channels", body).await.status, 400);
    let id = made.body["id"].as_str().unwrap();
    let member = format!("/api/v4/channels/{id}/members/me");
    let member = place.alice.get(&member).await.body;
    assert_eq!(member["roles"], "channel_user channel_admin");
    place.playground.join_channel(id, &["bob"]);
    let mut bob = listen(&place, "bob").await;
    let bob_id = place.playground.user_id("bob");
    let roles = format!("/api/v4/channels/{id}/members/{bob_id}/schemeRoles");
    let lead = json!({"scheme_admin": true, "scheme_user": true});
    assert_eq!(place.bob.put(&roles, lead.clone()).await.status, 403);
    assert_eq!(place.alice.put(&roles, lead).await.status, 200);
    let told = bob.event("channel_member_updated").await;
    assert!(
        told["data"]["channelMember"]
            .as_str()
            .unwrap()
            .contains("channel_admin")
    );
}

#[tokio::test]
async fn a_thousand_members_are_added_at_once_and_no_more() {
    let place = Place::furnished().await;
    let bob_id = place.playground.user_id("bob");
    let path = format!("/api/v4/channels/{}/members", place.channel_id);
    let add = |count: usize| {
        let ids: Vec<&str> = (0..count).map(|_| bob_id.as_str()).collect();
        place.alice.post(&path, json!({"user_ids": ids}))
    };
    assert_eq!(add(1000).await.status, 201);
    assert_eq!(add(1001).await.status, 400);
}

#[tokio::test]
async fn changed_texts_are_told_in_the_channel() {
    let place = Place::furnished().await;
    let mut bob = listen(&place, "bob").await;
    let path = format!("/api/v4/channels/{}/patch", place.channel_id);
    let texts = json!({"header": "Today: cake", "display_name": "Lobby"});
    let changed = place.alice.put(&path, texts).await.body;
    assert_eq!(changed["header"], "Today: cake");
    let told = bob.event("channel_updated").await;
    let channel: Value = serde_json::from_str(told["data"]["channel"].as_str().unwrap()).unwrap();
    assert_eq!(channel["header"], "Today: cake");
    place.alice.put(&path, json!({"header": "Tea"})).await;
    place.alice.put(&path, json!({"header": ""})).await;
    assert_eq!(
        notices(&place),
        [
            notice(
                "system_header_change",
                "alice updated the channel header to: Today: cake"
            ),
            notice(
                "system_header_change",
                "alice updated the channel header from: Today: cake to: Tea"
            ),
            notice(
                "system_header_change",
                "alice removed the channel header (was: Tea)"
            ),
        ]
    );
    assert_eq!(
        client(&place, "carol")
            .put(&path, json!({"header": "x"}))
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn an_archived_channel_is_read_but_nothing_is_said_there_until_it_is_back() {
    let place = Place::furnished().await;
    place.playground.create_incoming_webhook("lobby", "answers");
    place.playground.create_user("dave");
    place.playground.join_team("acme", &["dave"]);
    let mut dave = listen(&place, "dave").await;
    let path = format!("/api/v4/channels/{}", place.channel_id);
    assert_eq!(place.alice.delete(&path).await.status, 200);
    // A public channel concerns the whole team.
    let told = dave.event("channel_deleted").await;
    assert_eq!(told["data"]["channel_id"], place.channel_id);
    assert_eq!(place.alice.delete(&path).await.status, 400);
    assert_eq!(
        notices(&place),
        [notice(
            "system_channel_deleted",
            "alice archived the channel."
        )]
    );
    let hooks = place.admin.get("/api/v4/hooks/incoming").await.body;
    assert_eq!(hooks, json!([]));
    assert_eq!(
        place.bob.get(&path).await.body["delete_at"],
        place.playground.now_ms()
    );
    let mine = place.bob.get("/api/v4/users/me/channels").await.body;
    assert!(!mine.to_string().contains(&place.channel_id));

    let restore = format!("{path}/restore");
    assert_eq!(place.alice.post(&restore, json!({})).await.status, 403);
    let back = place.admin.post(&restore, json!({})).await;
    assert_eq!(back.body["delete_at"], 0);
    assert_eq!(
        dave.event("channel_restored").await["data"]["channel_id"],
        place.channel_id
    );
    assert_eq!(place.admin.post(&restore, json!({})).await.status, 400);
    place.playground.say("bob", "lobby", "back", None);
}

#[tokio::test]
async fn a_channel_that_turns_private_is_closed_to_the_team() {
    let place = Place::furnished().await;
    place.playground.create_user("dave");
    place.playground.join_team("acme", &["dave"]);
    let dave = client(&place, "dave");
    let path = format!("/api/v4/channels/{}", place.channel_id);
    assert_eq!(dave.get(&path).await.status, 200);
    let mut listener = listen(&place, "dave").await;
    let privacy = format!("{path}/privacy");
    let private = json!({"privacy": "P"});
    assert_eq!(place.alice.put(&privacy, private.clone()).await.status, 403);
    let changed = place.admin.put(&privacy, private).await.body;
    assert_eq!(changed["type"], "P");
    assert_eq!(
        listener.event("channel_converted").await["data"]["channel_id"],
        place.channel_id
    );
    assert_eq!(dave.get(&path).await.status, 403);
    let text = "This channel has been converted to a Private Channel.";
    assert_eq!(
        notices(&place),
        [notice("system_change_chan_privacy", text)]
    );
    place.admin.put(&privacy, json!({"privacy": "O"})).await;
    assert_eq!(dave.get(&path).await.status, 200);
    assert_eq!(
        place
            .admin
            .put(&privacy, json!({"privacy": "X"}))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn whoever_leaves_a_team_leaves_its_channels() {
    let place = Place::furnished().await;
    let mut bob = listen(&place, "bob").await;
    let team_id = place.playground.team_id("acme");
    let members = format!("/api/v4/teams/{team_id}/members");
    let alice = format!("{members}/{}", place.playground.user_id("alice"));
    assert_eq!(place.bob.delete(&alice).await.status, 403);
    assert_eq!(place.bob.delete(&format!("{members}/me")).await.status, 200);
    assert_eq!(bob.event("leave_team").await["data"]["team_id"], team_id);
    assert_eq!(
        place.bob.get("/api/v4/users/me/channels").await.body,
        json!([])
    );
    assert_eq!(
        place.bob.get("/api/v4/users/me/teams").await.body,
        json!([])
    );
    let back = json!({"user_id": place.playground.user_id("bob")});
    assert_eq!(place.alice.post(&members, back).await.status, 201);
    let square = place
        .playground
        .look(|view| view.posts_seen_by("alice", "town-square"));
    assert_eq!(
        square.last().unwrap().text,
        "bob added to the team by alice."
    );
    assert_eq!(square.last().unwrap().kind, "system_add_to_team");
}

#[tokio::test]
async fn people_without_a_common_team_do_not_talk_where_that_is_needed() {
    let place = Place::furnished().await;
    let with_carol = place.playground.direct_channel("alice", "carol");
    let with_bob = place.playground.direct_channel("alice", "bob");
    place
        .playground
        .configure(|settings| settings.restrict_direct_message = "team".to_owned());
    let say = async |channel: &str| {
        let body = json!({"channel_id": channel, "message": "hello"});
        place.alice.post("/api/v4/posts", body).await
    };
    assert_eq!(say(&with_bob).await.status, 201);
    let refused = say(&with_carol).await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.body["id"],
        "api.post.create_post.can_not_post_in_restricted_dm.error"
    );
}
