//! Reports of pressed buttons: bounded, read once, and replied to in the form that Mattermost understands.

use askwell::domain::control::{Control, Redrawn};
use askwell::domain::id::{FileId, QuestionId};
use askwell::domain::post::{Button, Marker, PostProps};
use askwell::http::MAX_PRESS_BYTES;
use askwell::mattermost::MAX_CONTEXT_BYTES;
use askwell::pipeline::control::Feedback;
use serde_json::{Value, json};

use super::{Edge, actions_url};

const JSON: &str = "application/json";
const ALICE: &str = "69n4rt3oxpyxdq8idgu6ctjx5h";
const POST: &str = "p4uukaga5bfqjetrqcomzsf1gh";

fn press(context: &str) -> Value {
    json!({
        "user_id": ALICE, "user_name": "alice", "post_id": POST, "channel_id": ALICE, "team_id": "",
        "type": "button", "data_source": "", "context": {"askwell": context},
    })
}

impl Edge {
    async fn report(&self, body: impl Into<String>) -> (u16, String) {
        let response = self.post("/mattermost/actions", JSON, body).await;
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

#[tokio::test]
async fn a_press_is_handed_over_and_silence_is_an_empty_200() {
    let edge = Edge::start().await;
    let reply = edge.report(press("signed").to_string()).await;
    assert_eq!(reply, (200, String::new()));
    let presses = edge.controls.presses();
    assert_eq!(presses.len(), 1);
    assert_eq!(presses[0].context, "signed");
    assert_eq!(presses[0].person.as_str(), ALICE);
    assert_eq!(presses[0].post.as_str(), POST);
}

#[tokio::test]
async fn whoever_pressed_is_told_and_everybody_is_shown_by_a_200() {
    let edge = Edge::start().await;
    edge.controls
        .will_say(Feedback::Tell("not <yours>".to_owned()));
    let (status, body) = edge.report(press("signed").to_string()).await;
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 200);
    assert_eq!(
        told,
        json!({"ephemeral_text": "not <yours>", "skip_slack_parsing": true})
    );

    let marker = Marker {
        question: QuestionId::from_bits(7),
        generation: 2,
        part: 0,
    };
    let button = Button {
        control: Control::Stop,
        label: "Stop".to_owned(),
        context: "signed anew".to_owned(),
        is_enabled: true,
    };
    let redrawn = Redrawn {
        message: "**new**".to_owned(),
        props: PostProps {
            marker: Some(marker),
            buttons: vec![button],
        },
        files: vec![FileId::parse(ALICE).unwrap()],
    };
    edge.controls.will_say(Feedback::Show(Box::new(redrawn)));
    let (_, body) = edge.report(press("signed").to_string()).await;
    let shown: Value = serde_json::from_str(&body).unwrap();
    let update = &shown["update"];
    assert_eq!(update["message"], "**new**");
    assert_eq!(update["file_ids"], json!([ALICE]));
    assert_eq!(update["props"]["unsafe_links"], "true");
    assert_eq!(update["props"]["askwell"]["generation"], 2);
    let action = &update["props"]["attachments"][0]["actions"][0];
    assert_eq!(action["integration"]["url"], actions_url().as_str());
    assert_eq!(action["integration"]["context"]["askwell"], "signed anew");
}

#[tokio::test]
async fn what_is_not_believed_learns_nothing() {
    let edge = Edge::start().await;
    edge.controls.will_say(Feedback::Refuse);
    let reply = edge.report(press("forged").to_string()).await;
    assert_eq!(reply, (401, String::new()));
}

#[tokio::test]
async fn what_is_no_press_is_handed_to_nobody() {
    let edge = Edge::start().await;
    let mut whole = press("").to_string();
    let padding = MAX_PRESS_BYTES - whole.len();
    whole.push_str(&" ".repeat(padding));
    assert_eq!(edge.report(whole.clone()).await.0, 200);
    let table = [
        (whole + " ", 413),
        (String::new(), 400),
        ("{}".to_owned(), 400),
        ("null".to_owned(), 400),
        (press("x").to_string().replace(ALICE, "alice"), 400),
        (press(&"x".repeat(MAX_CONTEXT_BYTES + 1)).to_string(), 400),
        (json!([press("x")]).to_string(), 400),
    ];
    for (body, status) in table {
        let reply = edge.report(body.clone()).await;
        assert_eq!(reply, (status, String::new()), "{body}");
    }
    let form = "application/x-www-form-urlencoded";
    let as_form = edge.post("/mattermost/actions", form, "user_id=x").await;
    assert_eq!(as_form.status(), 400);
    let got = edge.get("/mattermost/actions?user_id=x").await;
    assert_eq!(got.status(), 405);
    assert_eq!(edge.controls.presses().len(), 1);
    assert!(edge.events().is_empty());
}
