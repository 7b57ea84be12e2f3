//! Reading posts by the page: channels, threads, and who follows them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::Listener;
use crate::support::place::{Place, order};

#[tokio::test]
async fn a_page_holds_sixty_unless_asked_and_never_more_than_two_hundred() {
    let place = Place::furnished().await;
    let ids = place.say_many(201);
    assert_eq!(order(&place.posts("").await).len(), 60);
    let most = place.posts("per_page=1000").await;
    assert_eq!(order(&most).len(), 200);
    assert_eq!(order(&most)[0], ids[200]);
    assert_eq!(most["prev_post_id"], ids[0]);
    let second = place.posts("per_page=200&page=1").await;
    assert_eq!(order(&second), [&ids[0]]);
    assert_eq!(second["next_post_id"], ids[1]);
}

#[tokio::test]
async fn pages_before_and_after_a_post_are_newest_first() {
    let place = Place::furnished().await;
    let ids = place.say_many(5);
    let before = place.posts(&format!("before={}&per_page=2", ids[3])).await;
    assert_eq!(order(&before), [&ids[2], &ids[1]]);
    let after = place.posts(&format!("after={}&per_page=2", ids[1])).await;
    assert_eq!(order(&after), [&ids[3], &ids[2]]);
}

#[tokio::test]
async fn after_skips_what_was_posted_in_the_same_millisecond() {
    let place = Place::furnished().await;
    let first = place.playground.say("alice", "lobby", "first", None);
    place.playground.say("alice", "lobby", "same moment", None);
    let list = place.posts(&format!("after={first}")).await;
    assert!(order(&list).is_empty());
}

#[tokio::test]
async fn since_also_tells_of_deleted_posts_and_earlier_versions() {
    let place = Place::furnished().await;
    let ids = place.say_many(3);
    let since = place.playground.now_ms();
    place.time.advance(Duration::from_millis(5));
    place.playground.edit("alice", &ids[1], "changed");
    place.playground.delete("alice", &ids[2]);
    let list = place.posts(&format!("since={since}")).await;
    let rows: Vec<&Value> = order(&list).iter().map(|id| &list["posts"][*id]).collect();
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter()
            .any(|row| row["id"] == ids[2] && row["delete_at"] != 0)
    );
    // Of both kinds the text is not read back, but who deleted a post is.
    assert!(
        rows.iter()
            .any(|row| row["original_id"] == ids[1] && row["message"] == "")
    );
    let deleted = rows.iter().find(|row| row["id"] == ids[2]).unwrap();
    assert_eq!(deleted["message"], "");
    assert_eq!(
        deleted["props"]["deleteBy"],
        place.playground.user_id("alice")
    );
    assert!(
        rows.iter()
            .any(|row| row["id"] == ids[1] && row["message"] == "changed")
    );
}

#[tokio::test]
async fn a_channels_page_brings_whole_threads_unless_told_not_to() {
    let place = Place::furnished().await;
    let root = place.playground.say("alice", "lobby", "root", None);
    let earlier = place.playground.say("bob", "lobby", "earlier", Some(&root));
    place.say_many(3);
    let reply = place.playground.say("bob", "lobby", "reply", Some(&root));
    let full = place.posts("per_page=1").await;
    assert_eq!(order(&full), [&reply]);
    assert!(full["posts"].get(&root).is_some());
    assert!(full["posts"].get(&earlier).is_some());
    // Who brings the threads along leaves counting to the reader.
    assert_eq!(full["posts"][&reply]["reply_count"], 0);
    let bare = place.posts("per_page=1&skipFetchThreads=true").await;
    assert!(bare["posts"].get(&root).is_some());
    assert!(bare["posts"].get(&earlier).is_none());
    assert_eq!(bare["posts"][&reply]["reply_count"], 2);
    let collapsed = place.posts("per_page=10&collapsedThreads=true").await;
    assert!(!order(&collapsed).contains(&reply.as_str()));
}

#[tokio::test]
async fn the_first_page_around_a_post_has_that_post_beside_it() {
    let place = Place::furnished().await;
    let ids = place.say_many(6);
    let around = async |query: String| {
        let list = place.posts(&query).await;
        let text = |name: &str| list[name].as_str().unwrap().to_owned();
        (text("prev_post_id"), text("next_post_id"))
    };
    let after = format!("after={}&per_page=2", ids[1]);
    assert_eq!(
        around(after.clone()).await,
        (ids[1].clone(), ids[4].clone())
    );
    // The second page ends with the channel, which is only seen where it is not full.
    let second = around(format!("{after}&page=1")).await;
    assert_eq!(second, (ids[3].clone(), String::new()));
    let beyond = around(format!("after={}&per_page=4", ids[3])).await;
    assert_eq!(beyond, (ids[3].clone(), String::new()));
    let before = format!("before={}&per_page=2", ids[4]);
    assert_eq!(around(before).await, (ids[1].clone(), ids[4].clone()));
}

#[tokio::test]
async fn after_a_post_that_is_not_there_comes_nothing() {
    let place = Place::furnished().await;
    let ids = place.say_many(2);
    let unknown = "a".repeat(26);
    assert!(order(&place.posts(&format!("after={unknown}")).await).is_empty());
    // A deleted one still has its moment.
    place.playground.delete("alice", &ids[0]);
    let list = place.posts(&format!("after={}", ids[0])).await;
    assert_eq!(order(&list), [&ids[1]]);
    let refused = place.posts("after=short").await;
    assert_eq!(refused["id"], "api.context.invalid_url_param.app_error");
}

#[tokio::test]
async fn since_answers_a_thousand_rows_and_no_more_and_the_roots_of_its_replies() {
    let place = Place::furnished().await;
    let root = place.playground.say("alice", "lobby", "root", None);
    place.time.advance(Duration::from_millis(1));
    place.say_many(1);
    let since = place.playground.now_ms();
    place.time.advance(Duration::from_millis(1));
    place.playground.say("bob", "lobby", "reply", Some(&root));
    let list = place.posts(&format!("since={since}")).await;
    // A reply changes its root.
    assert_eq!(order(&list).len(), 2);
    assert!(list["posts"].get(&root).is_some());
    place.say_many(1000);
    let list = place.posts(&format!("since={since}")).await;
    assert_eq!(order(&list).len(), 1000);
}

#[tokio::test]
async fn since_of_collapsed_threads_hides_replies_and_what_was_deleted() {
    let place = Place::furnished().await;
    let since = place.playground.now_ms() - 1;
    let root = place.playground.say("alice", "lobby", "root", None);
    place.playground.say("bob", "lobby", "reply", Some(&root));
    let gone = place.playground.say("alice", "lobby", "gone", None);
    place.playground.delete("alice", &gone);
    let list = place
        .posts(&format!("since={since}&collapsedThreads=true"))
        .await;
    assert_eq!(order(&list), [&root]);
    let shown = &list["posts"][&root];
    assert_eq!(shown["reply_count"], 1);
    assert_eq!(shown["is_following"], true);
    let participants = shown["participants"].as_array().unwrap();
    assert_eq!(participants.len(), 2);
    assert_eq!(participants[1]["id"], place.playground.user_id("bob"));
    assert_eq!(participants[1]["username"], "");
    let query = format!("since={since}&collapsedThreads=true&collapsedThreadsExtended=true");
    let list = place.posts(&query).await;
    assert_eq!(list["posts"][&root]["participants"][1]["username"], "bob");
}

#[tokio::test]
async fn a_page_that_a_client_has_already_is_not_sent_again() {
    let place = Place::furnished().await;
    place.say_many(1);
    let path = format!("/api/v4/channels/{}/posts", place.channel_id);
    let first = place.bob.get(&path).await;
    let etag = first.header("etag").unwrap().to_owned();
    assert_eq!(place.bob.get_if_none_match(&path, &etag).await, 304);
    place.say_many(1);
    assert_eq!(place.bob.get_if_none_match(&path, &etag).await, 200);
}

/// A thread of so many replies, each in a millisecond of its own; root first.
fn say_thread(place: &Place, replies: usize) -> Vec<String> {
    let mut ids = vec![place.playground.say("alice", "lobby", "root", None)];
    for number in 0..replies {
        place.time.advance(Duration::from_millis(1));
        let text = number.to_string();
        ids.push(place.playground.say("bob", "lobby", &text, Some(&ids[0])));
    }
    ids
}

async fn thread(place: &Place, id: &str, query: &str) -> Value {
    let path = format!("/api/v4/posts/{id}/thread?{query}");
    place.bob.get(&path).await.body
}

#[tokio::test]
async fn a_thread_is_cut_to_the_newest_and_says_that_there_is_more() {
    let place = Place::furnished().await;
    let ids = say_thread(&place, 4);
    let up = "direction=up&perPage=2";
    let newest = thread(&place, &ids[0], up).await;
    assert_eq!(order(&newest), [&ids[0], &ids[4], &ids[3]]);
    assert_eq!(newest["has_next"], true);
    let from = |list: &Value, id: &str| {
        let at = &list["posts"][id]["create_at"];
        format!("{up}&fromCreateAt={at}&fromPost={id}")
    };
    let more = thread(&place, &ids[0], &from(&newest, &ids[3])).await;
    assert_eq!(order(&more), [&ids[0], &ids[2], &ids[1]]);
    // The root stands in its place among the rows too, and is counted there.
    assert_eq!(more["has_next"], true);
    let rest = thread(&place, &ids[0], &from(&more, &ids[1])).await;
    assert_eq!(order(&rest), [&ids[0]]);
    assert_eq!(rest["has_next"], false);
}

#[tokio::test]
async fn a_thread_is_read_downwards_from_a_place_in_it() {
    let place = Place::furnished().await;
    let ids = say_thread(&place, 4);
    let down = "direction=down&perPage=2";
    let oldest = thread(&place, &ids[0], down).await;
    // The root is one of the two.
    assert_eq!(order(&oldest), [&ids[0], &ids[1]]);
    let at = &oldest["posts"][&ids[1]]["create_at"];
    let query = format!("{down}&fromCreateAt={at}&fromPost={}", ids[1]);
    let more = thread(&place, &ids[0], &query).await;
    assert_eq!(order(&more), [&ids[0], &ids[2], &ids[3]]);
}

#[tokio::test]
async fn the_asked_post_comes_first_also_where_it_is_a_reply() {
    let place = Place::furnished().await;
    let ids = say_thread(&place, 3);
    let all = thread(&place, &ids[2], "direction=up").await;
    assert_eq!(order(&all), [&ids[2], &ids[3], &ids[1], &ids[0]]);
    assert_eq!(all["posts"][&ids[0]]["reply_count"], 3);
    let alone = thread(&place, &ids[2], "skipFetchThreads=true").await;
    assert_eq!(order(&alone), [&ids[2]]);
    assert!(alone.get("has_next").is_none());
    let wrong = thread(&place, &ids[2], "direction=sideways").await;
    assert_eq!(wrong["id"], "api.context.invalid_url_param.app_error");
}

#[tokio::test]
async fn without_a_direction_a_thread_comes_in_no_order() {
    let place = Place::furnished().await;
    let ids = say_thread(&place, 2);
    place.time.advance(Duration::from_millis(1));
    place.playground.edit("bob", &ids[1], "changed");
    let list = thread(&place, &ids[0], "").await;
    assert_eq!(order(&list), [&ids[0], &ids[2], &ids[1]]);
}

#[tokio::test]
async fn what_changed_in_a_thread_is_read_by_the_moment_of_its_change() {
    let place = Place::furnished().await;
    let ids = say_thread(&place, 3);
    let since = place.playground.now_ms();
    place.time.advance(Duration::from_millis(1));
    place.playground.edit("bob", &ids[1], "changed");
    let query = format!("direction=down&updatesOnly=true&fromUpdateAt={since}");
    let list = thread(&place, &ids[0], &query).await;
    assert_eq!(order(&list), [&ids[0], &ids[1]]);
    let wrong = thread(&place, &ids[0], "updatesOnly=true").await;
    assert_eq!(wrong["status_code"], 400);
}

#[tokio::test]
async fn a_collapsed_thread_counts_replies_only() {
    let place = Place::furnished().await;
    let ids = say_thread(&place, 2);
    let query = "direction=up&perPage=2&collapsedThreads=true";
    let list = thread(&place, &ids[0], query).await;
    assert_eq!(order(&list), [&ids[0], &ids[2], &ids[1]]);
    assert_eq!(list["has_next"], false);
    let root = &list["posts"][&ids[0]];
    assert_eq!(root["reply_count"], 2);
    assert_eq!(root["last_reply_at"], list["posts"][&ids[2]]["create_at"]);
}

#[tokio::test]
async fn followers_of_a_thread_are_told_how_it_stands() {
    let place = Place::furnished().await;
    let token = place.playground.session_of("alice");
    let mut listener = Listener::greeted(place.playground.address(), &token).await;
    let ids = say_thread(&place, 1);
    let told = listener.event("thread_updated").await;
    assert_eq!(
        told["broadcast"]["user_id"],
        place.playground.user_id("alice")
    );
    assert_eq!(told["data"]["previous_unread_replies"], 0);
    let thread: Value = serde_json::from_str(told["data"]["thread"].as_str().unwrap()).unwrap();
    assert_eq!(thread["id"], ids[0]);
    assert_eq!(thread["unread_replies"], 1);
    assert_eq!(thread["participants"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_thread_is_followed_read_and_left() {
    let place = Place::furnished().await;
    let ids = say_thread(&place, 2);
    let team_id = place.playground.team_id("acme");
    let threads = format!("/api/v4/users/me/teams/{team_id}/threads");
    let one = format!("{threads}/{}", ids[0]);
    let all = place.alice.get(&threads).await.body;
    assert_eq!(all["total"], 1);
    assert_eq!(all["threads"][0]["unread_replies"], 2);
    assert_eq!(place.admin.get(&one).await.status, 404);

    let now = place.playground.now_ms();
    let read = place
        .alice
        .put(&format!("{one}/read/{now}"), json!({}))
        .await;
    assert_eq!(read.body["unread_replies"], 0);
    let unread = place
        .alice
        .get(&format!("{threads}?unread=true"))
        .await
        .body;
    assert_eq!(unread["threads"], json!([]));

    let left = place.alice.delete(&format!("{one}/following")).await;
    assert_eq!(left.status, 200);
    assert_eq!(place.alice.get(&threads).await.body["total"], 0);
    // A mention brings somebody back.
    place
        .playground
        .say("bob", "lobby", "@alice come back", Some(&ids[0]));
    let all = place.alice.get(&threads).await.body;
    assert_eq!(all["threads"][0]["unread_mentions"], 1);
}

#[tokio::test]
async fn whoever_is_called_in_a_direct_channel_follows_the_thread() {
    let place = Place::furnished().await;
    let direct = place.playground.direct_channel("alice", "bob");
    let root = place.playground.say("alice", &direct, "hello", None);
    place
        .playground
        .say("alice", &direct, "are you there?", Some(&root));
    let team_id = place.playground.team_id("acme");
    let threads = format!("/api/v4/users/me/teams/{team_id}/threads");
    assert_eq!(place.bob.get(&threads).await.body["total"], 1);
}

#[tokio::test]
async fn a_pinned_post_is_found_in_its_channel() {
    let place = Place::furnished().await;
    let ids = place.say_many(2);
    let pin = format!("/api/v4/posts/{}/pin", ids[0]);
    assert_eq!(place.bob.post(&pin, json!({})).await.status, 200);
    let pinned = format!("/api/v4/channels/{}/pinned", place.channel_id);
    let list = place.alice.get(&pinned).await.body;
    assert_eq!(order(&list), [&ids[0]]);
    assert_eq!(list["posts"][&ids[0]]["edit_at"], 0);
    let unpin = format!("/api/v4/posts/{}/unpin", ids[0]);
    assert_eq!(place.bob.post(&unpin, json!({})).await.status, 200);
    assert!(order(&place.alice.get(&pinned).await.body).is_empty());
}

#[tokio::test]
async fn posts_are_asked_for_by_a_thousand_ids_at_most() {
    let place = Place::furnished().await;
    let ids = place.say_many(1);
    let ask = |count: usize| {
        let ids: Vec<&str> = (0..count).map(|_| ids[0].as_str()).collect();
        place.bob.post("/api/v4/posts/ids", json!(ids))
    };
    assert_eq!(ask(1000).await.status, 200);
    assert_eq!(ask(1001).await.status, 400);
}

#[tokio::test]
async fn a_post_is_not_deleted_for_good() {
    let place = Place::furnished().await;
    let ids = place.say_many(1);
    let path = format!("/api/v4/posts/{}?permanent=true", ids[0]);
    assert_eq!(place.admin.delete(&path).await.status, 501);
    assert!(place.playground.look(|view| view.post_exists(&ids[0])));
}
