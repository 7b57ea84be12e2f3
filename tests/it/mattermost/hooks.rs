//! Finished texts by `response_url` and incoming webhook, with commands that the simulated server really sends to us.

use std::time::Duration;

use askwell::domain::event::Origin;
use askwell::domain::id::ResponseUrlId;
use askwell::domain::post::Audience;
use askwell::ports::{Mattermost, MattermostFailure};
use askwell_playground::{CommandSpec, Fault, route};
use serde_json::json;
use tokio::net::TcpListener;

use super::Chat;
use crate::edge::Edge;

/// Runs a command in the lobby, and returns the right to answer that our edge was given.
async fn run_command(chat: &Chat) -> ResponseUrlId {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mattermost-gpt", listener.local_addr().unwrap());
    let spec = CommandSpec::new("askgpt", &url);
    let command = chat.playground.create_command("acme", &spec);
    let edge = Edge::serve(listener, &[&command.token], 8);
    let seen = chat
        .playground
        .run_command("alice", "lobby", "/askgpt hi", None)
        .await;
    assert_eq!(seen.status, 200);
    match edge.events().pop().unwrap().origin {
        Origin::Command { response, .. } => response.unwrap(),
        other => panic!("{other:?} is no command"),
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn all_parts_of_an_answer_go_by_one_use_and_nothing_in_them_is_rewritten() {
    let chat = Chat::start().await;
    let id = run_command(&chat).await;
    let parts = texts(&["a<b|c>d", "<!channel>", "three"]);
    for _ in 0..5 {
        let answered = chat.server.respond(&id, &parts, Audience::Channel).await;
        answered.unwrap();
    }
    assert_eq!(chat.texts(), vec![parts.clone(); 5].concat());
    assert_eq!(chat.seen()[2].props["unsafe_links"], json!("true"));
    let over = chat.server.respond(&id, &parts, Audience::Channel).await;
    assert_eq!(over.unwrap_err().kind, MattermostFailure::UsedUp);
}

#[tokio::test]
async fn a_private_answer_is_seen_by_the_asker_alone() {
    let chat = Chat::start().await;
    let id = run_command(&chat).await;
    let answered = chat
        .server
        .respond(&id, &texts(&["psst"]), Audience::Asker)
        .await;
    answered.unwrap();
    assert!(chat.seen()[0].is_ephemeral);
    let others = chat
        .playground
        .look(|view| view.posts_seen_by("admin", "lobby"));
    assert!(others.iter().all(|post| post.text != "psst"));
}

#[tokio::test]
async fn a_right_to_answer_that_expired_or_never_was_is_used_up() {
    let chat = Chat::start().await;
    let id = run_command(&chat).await;
    let unknown = ResponseUrlId::parse("aaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap();
    chat.time.advance(Duration::from_mins(31));
    for id in [id, unknown] {
        let late = texts(&["late"]);
        let answered = chat.server.respond(&id, &late, Audience::Channel).await;
        let error = answered.unwrap_err();
        assert_eq!(error.kind, MattermostFailure::UsedUp);
        // Whoever reads the log must not be able to post.
        assert!(!format!("{error:?}").contains(id.expose()));
    }
}

#[tokio::test]
async fn nothing_to_say_spends_no_use() {
    let chat = Chat::start().await;
    let id = run_command(&chat).await;
    chat.server
        .respond(&id, &[], Audience::Channel)
        .await
        .unwrap();
    let uses = chat
        .playground
        .look(|view| view.requests(route::COMMAND_WEBHOOK));
    assert_eq!(uses, 0);
}

#[tokio::test]
async fn the_bots_token_is_shown_to_no_hook() {
    let chat = Chat::start().await;
    chat.playground.revoke_tokens_of("gptbot");
    let id = run_command(&chat).await;
    let answered = chat
        .server
        .respond(&id, &texts(&["x"]), Audience::Channel)
        .await;
    answered.unwrap();
}

#[tokio::test]
async fn the_incoming_webhook_posts_where_the_question_was_or_nowhere() {
    let chat = Chat::with(|playground, settings| {
        playground.create_channel("acme", "home", &["admin", "alice"]);
        let url = playground.create_incoming_webhook("home", "answers");
        settings.incoming_webhook_url = Some(url.into());
    })
    .await;
    chat.server
        .post_by_webhook("lobby", "**답**")
        .await
        .unwrap();
    assert_eq!(chat.texts(), ["**답**"]);
    assert_eq!(chat.seen()[0].props["unsafe_links"], json!("true"));
    let error = chat.server.post_by_webhook("nowhere", "x").await;
    assert_eq!(error.unwrap_err().kind, MattermostFailure::NotFound);
    let home = chat
        .playground
        .look(|view| view.posts_seen_by("alice", "home"));
    assert!(home.iter().all(|post| post.text != "x"));
    let faults = chat.playground.faults();
    faults.next(route::INCOMING_WEBHOOK, 1, Fault::BadGateway);
    let error = chat.server.post_by_webhook("lobby", "x").await;
    assert_eq!(error.unwrap_err().kind, MattermostFailure::Ambiguous);
}

#[tokio::test]
async fn without_a_webhook_nothing_is_posted_by_one() {
    let chat = Chat::start().await;
    let error = chat.server.post_by_webhook("lobby", "x").await;
    assert_eq!(error.unwrap_err().kind, MattermostFailure::Rejected);
    assert_eq!(
        chat.playground
            .look(|view| view.requests(route::INCOMING_WEBHOOK)),
        0
    );
}
