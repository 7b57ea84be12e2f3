//! How a reply is said to each kind of sender.

use askwell::http::LONGEST_RECEPTION;
use askwell::pipeline::admit::Reply;
use serde_json::{Value, json};

use super::{COMMAND_TOKEN, Edge, FORM_HOOK_TOKEN, command_form, content_type};

fn hand_form() -> String {
    format!("token={COMMAND_TOKEN}&text=%EC%95%88%EB%85%95&user_name=me")
}

fn hook_form() -> String {
    let post = "post_id=dxs4sqmty3rnt8r6chg7ucw1ka&timestamp=1&trigger_word=gpt";
    command_form("gpt+hi").replace(COMMAND_TOKEN, FORM_HOOK_TOKEN) + "&" + post
}

#[tokio::test]
async fn each_sender_gets_the_form_it_understands() {
    let said = || "말".to_owned();
    let inert = json!({"unsafe_links": "true"});
    let shown = json!({"response_type": "ephemeral", "text": "말", "skip_slack_parsing": true, "props": inert});
    let table = [
        (
            command_form("hi"),
            Reply::Ephemeral(said()),
            200,
            shown.clone(),
        ),
        (command_form("hi"), Reply::Failure(said()), 200, shown),
        (
            command_form("hi"),
            Reply::Channel(vec![said(), said()]),
            200,
            json!({"response_type": "in_channel", "text": "말", "skip_slack_parsing": true, "props": inert, "extra_responses": [
                {"response_type": "in_channel", "text": "말", "skip_slack_parsing": true, "props": inert},
            ]}),
        ),
        (
            hook_form(),
            Reply::Ephemeral(said()),
            200,
            json!({"response_type": "comment", "text": "말", "props": inert}),
        ),
        (
            hook_form(),
            Reply::Failure(said()),
            200,
            json!({"response_type": "comment", "text": "말", "props": inert}),
        ),
        (
            hand_form(),
            Reply::Channel(vec![said()]),
            200,
            json!({"response_type": "in_channel", "text": "말"}),
        ),
        (
            hand_form(),
            Reply::Ephemeral(said()),
            200,
            json!({"response_type": "ephemeral", "text": "말"}),
        ),
        (
            hand_form(),
            Reply::Failure(said()),
            500,
            json!({"text": "말"}),
        ),
    ];
    let edge = Edge::start().await;
    for (form, reply, status, body) in table {
        edge.will_reply(reply.clone());
        let response = edge.post_form(form).await;
        assert_eq!(response.status(), status, "{reply:?}");
        assert_eq!(content_type(&response), Some("application/json"));
        let said: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(said, body, "{reply:?}");
    }
}

#[tokio::test]
async fn silence_is_an_empty_200_without_a_json_type() {
    let edge = Edge::start().await;
    for form in [command_form("hi"), hook_form()] {
        let response = edge.post_form(form).await;
        assert_eq!(response.status(), 200);
        assert_eq!(content_type(&response), None);
        assert_eq!(response.text().await.unwrap(), "");
    }
}

#[tokio::test]
async fn mattermost_hears_of_a_pipeline_that_hangs_before_it_gives_up() {
    let edge = Edge::start().await;
    edge.intake.will_hang();
    let late = async {
        edge.clock.until_someone_sleeps_for(LONGEST_RECEPTION).await;
        edge.clock.advance(LONGEST_RECEPTION);
    };
    let (response, ()) = tokio::join!(edge.post_form(command_form("hi")), late);
    assert_eq!(response.status(), 200);
    let said: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(said["response_type"], "ephemeral");
}

#[tokio::test]
async fn a_panic_fails_its_own_request_alone_and_says_nothing() {
    let edge = Edge::start().await;
    edge.intake.will_panic();
    let response = edge.post_form(command_form("hi")).await;
    assert_eq!(response.status(), 500);
    assert_eq!(response.text().await.unwrap(), "");
    assert_eq!(edge.get("/healthz").await.status(), 200);
}
