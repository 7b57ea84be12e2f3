//! Asking for the page for administrators, whose link goes to the person alone by whomever it is asked for in their name; and whether they
//! are administrators still.

use std::time::Duration;

use askwell_playground::{Fault, Gate, TimeSource, route};
use reqwest::StatusCode;

use super::house::{Account, House, find};
use super::page::{Reader, invited, last_link, opened};

/// A house with a page and a bot that hears, and the page's address.
async fn listening() -> (House, String) {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let url = house.lay_out_page();
    house.open("[bot]\nhears = \"thread\"\n");
    house.until_the_bot_hears().await;
    (house, url)
}

#[tokio::test]
async fn whoever_sends_the_form_of_the_command_in_an_administrators_name_gets_no_link() {
    let (house, url) = listening().await;
    // What is asked thus proves nothing but that somebody knows the command's token.
    let link = invited(&house, "admin", "admin").await;
    for person in ["admin", "alice"] {
        for text in house.texts(person) {
            assert!(!text.contains("/enter"), "{person}: {text}");
        }
    }
    let mut reader = Reader::new(&url);
    assert_eq!(reader.enter(&link).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_link_that_is_asked_for_by_a_post_is_sent_as_a_direct_message_too() {
    let (house, url) = listening().await;
    let direct = house.playground.direct_channel("admin", "gptbot");
    for (channel, text) in [("lobby", "@gptbot admin"), (direct.as_str(), "관리")] {
        house.clock.advance(Duration::from_secs(1));
        house.playground.say("admin", channel, text, None);
        let told = house
            .playground
            .wait_for("that it was sent", |view| {
                find(view, "admin", channel, |post| {
                    post.author == "gptbot" && post.text.contains("다이렉트 메시지로 보냈어요")
                })
            })
            .await;
        assert!(!told.text.contains("/enter"), "{}", told.text);
        assert!(
            house
                .texts("bob")
                .iter()
                .all(|text| !text.contains("/enter"))
        );
        let mut reader = Reader::new(&url);
        let given = reader.enter(&last_link(&house, "admin")).await;
        assert_eq!(given.status, StatusCode::SEE_OTHER, "{text}");
    }
}

#[tokio::test]
async fn a_link_that_cannot_be_sent_is_told_nowhere() {
    let (house, _url) = listening().await;
    for fault in [Fault::InternalError, Fault::DropBefore] {
        house.playground.faults().next(route::CREATE_POST, 1, fault);
        let told = house.ask("admin", "admin").await;
        assert!(told.contains("지금은 처리하지 못했어요"), "{told}");
        assert!(!told.contains("/enter"), "{told}");
    }
    invited(&house, "admin", "admin").await;
}

#[tokio::test]
async fn a_link_that_takes_too_long_to_send_is_waited_for_no_longer() {
    let (house, _url) = listening().await;
    let gate = Gate::new();
    let fault = Fault::HangBefore(gate.clone());
    house.playground.faults().next(route::CREATE_POST, 1, fault);
    let passing = async {
        gate.reached().await;
        house.clock.advance(Duration::from_secs(10));
    };
    let (told, ()) = tokio::join!(house.ask("admin", "admin"), passing);
    assert!(told.contains("지금은 처리하지 못했어요"), "{told}");
}

/// A house with a second administrator, who does not own the bot, and their link.
async fn with_deputy() -> (House, Reader, String) {
    let (house, url) = super::page::house("").await;
    house.playground.create_admin("deputy");
    house.playground.join_team("acme", &["deputy"]);
    house.playground.join_channel("lobby", &["deputy"]);
    let link = invited(&house, "deputy", "admin").await;
    (house, Reader::new(&url), link)
}

#[tokio::test]
async fn whoever_administers_the_server_no_more_sees_nothing_by_a_link_that_is_older() {
    let (house, mut reader, link) = with_deputy().await;
    house.playground.make_guest("deputy");
    assert_eq!(reader.enter(&link).await.status, StatusCode::SEE_OTHER);
    assert_eq!(reader.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_administers_the_server_no_more_does_nothing_from_that_moment() {
    let (house, mut reader, link) = with_deputy().await;
    reader.enter(&link).await;
    let form = format!("token={}", reader.token().await);
    house.playground.make_guest("deputy");
    assert_eq!(reader.get("/").await.status, StatusCode::OK);
    let path = format!("/answers/{}/stop", "0".repeat(32));
    assert_eq!(
        reader.post(&path, &form).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(reader.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nothing_is_done_while_it_cannot_be_learnt_who_administers_the_server() {
    let (house, reader) = opened("[admin]\nshow_texts = true\n").await;
    let form = format!("token={}", reader.token().await);
    house.playground.go_down().await;
    let id = "0".repeat(32);
    for path in [
        format!("/answers/{id}/stop"),
        format!("/dead/{id}/retry"),
        format!("/questions/{id}/texts"),
        "/budgets/grant".to_owned(),
    ] {
        let given = house.meanwhile(reader.post(&path, &form)).await;
        assert_eq!(given.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(given.html.contains("Mattermost"), "{path}");
    }
    assert_eq!(reader.get("/models").await.status, StatusCode::OK);
    // Going out needs nobody.
    assert_eq!(reader.post("/leave", &form).await.status, StatusCode::OK);
}
