//! Dialogs beyond what was recorded.

use std::time::Duration;

use askwell_playground::CommandSpec;
use serde_json::{Map, Value, json};

use crate::support::client::{Client, Reply};
use crate::support::integration::{Integration, Told};
use crate::support::place::Place;
use crate::support::replay::form_field;

struct Desk {
    place: Place,
    integration: Integration,
}

impl Desk {
    async fn furnished() -> Self {
        let place = Place::furnished().await;
        let integration = Integration::start().await;
        place
            .playground
            .create_command("acme", &CommandSpec::new("askgpt", &integration.url));
        Self { place, integration }
    }

    /// Bob runs the command; answers what it may open a dialog with.
    async fn trigger(&self) -> String {
        let playground = &self.place.playground;
        playground
            .run_command("bob", "lobby", "/askgpt x", None)
            .await;
        form_field(&self.integration.last().body, "trigger_id").unwrap()
    }

    async fn open(&self, trigger_id: &str) -> Reply {
        let elements = json!([{"display_name": "Amount", "name": "amount", "type": "text"}]);
        let dialog = json!({"callback_id": "c", "title": "t", "state": "s", "elements": elements});
        let body = json!({"trigger_id": trigger_id, "url": self.integration.url, "dialog": dialog});
        let nobody = Client::new(&self.place.playground.url(), None);
        nobody.post("/api/v4/actions/dialogs/open", body).await
    }

    async fn submit(&self, answers: Option<Map<String, Value>>) -> (u16, Value) {
        let playground = &self.place.playground;
        let shown = playground.dialogs_shown_to("bob");
        let seen = playground
            .submit_dialog("bob", "lobby", &shown[0], answers)
            .await;
        (seen.status, seen.body)
    }
}

fn filled_in() -> Option<Map<String, Value>> {
    json!({"amount": "5"}).as_object().cloned()
}

#[tokio::test]
async fn a_trigger_is_good_for_thirty_seconds() {
    let desk = Desk::furnished().await;
    let trigger_id = desk.trigger().await;
    desk.place.time.advance(Duration::from_secs(30));
    assert_eq!(desk.open(&trigger_id).await.status, 200);
    desk.place.time.advance(Duration::from_millis(1));
    let late = desk.open(&trigger_id).await;
    assert_eq!(late.status, 400);
    assert_eq!(
        late.body["id"],
        "interactive_message.decode_trigger_id.expired"
    );
    let shown = desk.place.playground.dialogs_shown_to("bob");
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].elements[0]["max_length"], 0);
    assert!(desk.place.playground.dialogs_shown_to("alice").is_empty());
}

#[tokio::test]
async fn a_trigger_cannot_be_made_up() {
    let desk = Desk::furnished().await;
    let real = desk.trigger().await;
    let mut forged = real.clone().into_bytes();
    forged[0] = if forged[0] == b'Y' { b'Z' } else { b'Y' };
    let forged = String::from_utf8(forged).unwrap();
    for (trigger_id, reason) in [
        (forged.as_str(), "verify_signature_failed"),
        ("no base 64", "base64_decode_failed"),
        ("YWJj", "missing_data"),
    ] {
        let refused = desk.open(trigger_id).await;
        assert_eq!(refused.status, 400);
        let id = format!("interactive_message.decode_trigger_id.{reason}");
        assert_eq!(refused.body["id"], id);
    }
}

#[tokio::test]
async fn what_is_filled_in_is_passed_on_and_what_is_wrong_told() {
    let desk = Desk::furnished().await;
    let trigger_id = desk.trigger().await;
    desk.open(&trigger_id).await;
    assert_eq!(desk.submit(filled_in()).await, (200, json!({})));
    let sent: Value = serde_json::from_str(&desk.integration.last().body).unwrap();
    assert_eq!(sent["submission"], json!({"amount": "5"}));
    assert_eq!(sent["state"], "s");
    let told = json!({"error": "no", "errors": {"amount": "too much"}, "other": 1});
    desk.integration.tell(Told::json(&told.to_string()));
    let wrong = json!({"error": "no", "errors": {"amount": "too much"}});
    assert_eq!(desk.submit(filled_in()).await, (200, wrong));
    desk.integration.tell(Told::json("sure"));
    assert_eq!(desk.submit(filled_in()).await.0, 500);
    desk.integration.tell(Told {
        status: 500,
        ..Told::nothing()
    });
    let (status, body) = desk.submit(filled_in()).await;
    assert_eq!(status, 400);
    assert_eq!(
        body["id"],
        "api.post.do_action.action_integration.app_error"
    );
}

#[tokio::test]
async fn a_cancelled_dialog_says_so() {
    let desk = Desk::furnished().await;
    let trigger_id = desk.trigger().await;
    desk.open(&trigger_id).await;
    assert_eq!(desk.submit(None).await.0, 200);
    let sent: Value = serde_json::from_str(&desk.integration.last().body).unwrap();
    assert_eq!(sent["cancelled"], true);
}

#[tokio::test]
async fn a_submission_is_of_a_channel_and_a_team_of_its_sender_and_of_nothing_else() {
    let desk = Desk::furnished().await;
    let direct = desk.place.playground.direct_channel("alice", "bob");
    let den = desk
        .place
        .playground
        .create_private_channel("acme", "den", &["alice"]);
    let team_id = desk.place.playground.team_id("acme");
    let submit = async |channel_id: &str, team_id: &str| {
        // A dialog of this state was never opened; nobody checks that.
        let body = json!({
            "url": desk.integration.url,
            "state": "made up",
            "channel_id": channel_id,
            "team_id": team_id,
            "submission": {},
        });
        let path = "/api/v4/actions/dialogs/submit";
        desk.place.bob.post(path, body).await.status
    };
    assert_eq!(submit(&direct, &team_id).await, 200);
    assert_eq!(submit(&direct, "").await, 403);
    assert_eq!(submit(&den, &team_id).await, 403);
}
