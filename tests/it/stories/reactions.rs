//! What people say by reactions and thumbs: the same as by buttons, also where there are none.

use askwell_playground::SeenPost;
use askwell_playground::model::Reply;

use super::buttons::{BEGINNING, house, labels};
use super::house::{Account, House};

/// Without an address of ours, and so without buttons.
async fn listening() -> House {
    let house = House::with(Account::Bot, "[bot]\nhears = \"thread\"\n").await;
    house.until_the_bot_hears().await;
    house
}

async fn growing(house: &House) -> SeenPost {
    let reply = Reply::deltas([BEGINNING])
        .gate("middle")
        .content("The end.");
    house.model.answer_next(reply);
    house.ask("alice", "hi").await;
    house
        .see("bob", "the beginning", |post| {
            post.text.contains(BEGINNING.trim())
        })
        .await
}

async fn answered(house: &House) -> SeenPost {
    house.model.answer_next(Reply::text("The first answer."));
    house.ask("alice", "hi").await;
    house
        .see("bob", "the answer", |post| {
            post.text.contains("The first answer.")
        })
        .await
}

#[tokio::test]
async fn a_stop_sign_of_the_askers_stops_an_answer_and_anybody_elses_does_not() {
    for emoji in ["octagonal_sign", "stop_sign"] {
        let house = listening().await;
        let post = growing(&house).await;
        house.playground.react("bob", &post.id, emoji);
        house.playground.react("bob", &post.id, "eyes");
        house.playground.react("alice", &post.id, emoji);
        let seen = house
            .see("bob", "the end", |post| {
                post.text.contains("답변을 멈췄어요")
            })
            .await;
        assert_eq!(seen.id, post.id);
        house.model.wait_for_disconnect().await;
    }
    let house = listening().await;
    let post = growing(&house).await;
    house.playground.react("bob", &post.id, "stop_sign");
    // Whoever comes later is heard later.
    house.playground.react("admin", &post.id, "+1");
    house
        .playground
        .say("alice", "lobby", "@gptbot hello?", None);
    house.model.answer_next(Reply::text("Hello."));
    house
        .see("bob", "the other answer", |post| post.text == "Hello.")
        .await;
    house.model.open_gate("middle");
    house
        .see("bob", "the whole", |post| post.text.contains("The end."))
        .await;
}

#[tokio::test]
async fn an_administrator_stops_an_answer_by_a_reaction_too() {
    let house = listening().await;
    let post = growing(&house).await;
    house.playground.react("admin", &post.id, "octagonal_sign");
    house.model.wait_for_disconnect().await;
}

#[tokio::test]
async fn a_repeat_sign_has_an_answer_written_once_more() {
    let house = listening().await;
    let post = answered(&house).await;
    let again = Reply::empty().gate("again").content("The second answer.");
    house.model.answer_next(again);
    house.playground.react("bob", &post.id, "repeat");
    house.playground.react("alice", &post.id, "repeat");
    // That it is heard is seen at once, as by a button.
    house
        .see("bob", "a sign of life", |post| post.text.ends_with("…"))
        .await;
    house.model.open_gate("again");
    house
        .see("bob", "the second answer", |post| {
            post.text.contains("The second answer.")
        })
        .await;
    assert_eq!(house.texts("bob").len(), 1);
    assert_eq!(house.model.requests().len(), 2);
}

#[tokio::test]
async fn what_failed_can_be_asked_again_by_a_reaction() {
    let house = listening().await;
    house.model.answer_next(Reply::unauthorized());
    house.ask("alice", "hi").await;
    let post = house
        .see("bob", "the failure", |post| post.text.contains("오류 발생"))
        .await;
    house.model.answer_next(Reply::text("It works."));
    house.playground.react("alice", &post.id, "repeat");
    let seen = house
        .see("bob", "the answer", |post| post.text.ends_with("It works."))
        .await;
    assert_eq!(seen.id, post.id);
}

async fn see_thumbs(house: &House, thumbs: [&str; 2]) {
    house
        .see("bob", &thumbs.join(" "), |post| {
            labels(post).get(1..).is_some_and(|labels| labels == thumbs)
        })
        .await;
}

#[tokio::test]
async fn each_person_is_counted_once_whichever_way_they_say_what_they_think() {
    let mut house = House::built(Account::Bot, askwell_playground::TimeSource::Real).await;
    house.be_reachable();
    house.open("[bot]\nhears = \"thread\"\n");
    house.until_the_bot_hears().await;
    let post = answered(&house).await;
    see_thumbs(&house, ["👍", "👎"]).await;
    house.press("bob", &post, "up").await;
    see_thumbs(&house, ["👍 1", "👎"]).await;
    house.press("bob", &post, "up").await;
    see_thumbs(&house, ["👍 1", "👎"]).await;
    // Both ways are one.
    house.playground.react("bob", &post.id, "thumbsup");
    house
        .playground
        .react("alice", &post.id, "+1_dark_skin_tone");
    see_thumbs(&house, ["👍 2", "👎"]).await;
    house.press("bob", &post, "down").await;
    see_thumbs(&house, ["👍 1", "👎 1"]).await;
    // What is taken back was said otherwise since.
    house
        .playground
        .take_reaction_back("bob", &post.id, "thumbsup");
    house
        .playground
        .take_reaction_back("alice", &post.id, "+1_dark_skin_tone");
    see_thumbs(&house, ["👍", "👎 1"]).await;
    assert_eq!(house.look_at(&post.id).text, post.text);

    // Of another answer nobody has said anything yet.
    house.model.answer_next(Reply::text("The second answer."));
    house.press("alice", &post, "regenerate").await;
    house
        .see_in_time("bob", "the second answer", |post| {
            post.text.contains("The second answer.") && labels(post).len() == 3
        })
        .await;
    see_thumbs(&house, ["👍", "👎"]).await;
}

#[tokio::test]
async fn only_who_is_in_the_channel_is_counted() {
    let house = house().await;
    let post = answered(&house).await;
    house.playground.create_user("carol");
    house.playground.join_team("acme", &["carol"]);
    let up = super::buttons::context(&post, "up");
    let (status, reply) = house.report("carol", &post.id, &up).await;
    assert_eq!(status, 200);
    assert!(reply.get("update").is_none(), "{reply}");
    assert_eq!(labels(&house.look_at(&post.id))[1..], ["👍", "👎"]);
}

#[tokio::test]
async fn where_nothing_is_wanted_reactions_are_reactions() {
    let toml = "[bot]\nhears = \"thread\"\n[answer]\ncontrols = \"none\"\n";
    let mut house = House::built(Account::Bot, askwell_playground::TimeSource::Real).await;
    house.be_reachable();
    house.open(toml);
    house.until_the_bot_hears().await;
    let post = answered(&house).await;
    assert!(labels(&post).is_empty());
    house.playground.react("alice", &post.id, "repeat");
    house.model.answer_next(Reply::text("Hello."));
    house
        .playground
        .say("alice", "lobby", "@gptbot hello?", None);
    house
        .see("bob", "the other answer", |post| post.text == "Hello.")
        .await;
    assert_eq!(house.model.requests().len(), 2);
    assert_eq!(house.send_action("{}").await.0, 404);
}
