//! Replays what was recorded of buttons and menus.

use serde_json::{Value, json};

use crate::support::client::Reply;
use crate::support::integration::Told;
use crate::support::replay::{Recorded, Steps, heard_so_far};

/// Posts as the recorded bot did, with a button and a menu; answers the post's id.
async fn post_with_buttons(recorded: &Recorded) -> String {
    let url = format!("{}/act", recorded.integration.url);
    let actions = json!([
        {
            "id": "stop",
            "type": "button",
            "name": "Stop",
            "integration": {"url": url, "context": {"q": "1", "mac": "deadbeef"}},
        },
        {
            "id": "model",
            "type": "select",
            "name": "Model",
            "options": [{"text": "Big", "value": "big"}],
            "integration": {"url": url, "context": {"q": "1"}},
        },
    ]);
    let attachments = json!([{"text": "choose", "actions": actions}]);
    let body = json!({
        "channel_id": recorded.lobby(),
        "message": "buttons",
        "props": {"attachments": attachments},
    });
    let post = recorded.gptbot.post("/api/v4/posts", body).await;
    assert_eq!(post.status, 201);
    post.body["id"].as_str().unwrap().to_owned()
}

/// Clicks as alice did, and compares what she got.
async fn click(recorded: &mut Recorded, what: &str, step: &Value) -> Reply {
    let exchange = &step["client_saw"][0];
    let request = &exchange["request"];
    let path = recorded.names.translate(request["path"].as_str().unwrap());
    let reply = recorded.alice.post(&path, request["body"].clone()).await;
    recorded.same_reply(what, &exchange["response"], &reply);
    reply
}

#[tokio::test]
async fn buttons_go_as_recorded() {
    let mut recorded = Recorded::world().await;
    let mut steps = Steps::of("actions.json");
    let mut listener = recorded.listen_as("alice").await;

    let what = "posted event with buttons, as a member sees it";
    let step = steps.next(what);
    let id = post_with_buttons(&recorded).await;
    recorded.names.learn("p4uukaga5bfqjetrqcomzsf1gh", &id);
    let event = listener.event("posted").await;
    recorded.same(what, &step["event"], &event);

    let step = steps.next("select");
    let reply = click(&mut recorded, "select", &step).await;
    assert_eq!(reply.body["trigger_id"].as_str().unwrap().len(), 26);
    let received = recorded.integration.last();
    recorded.same_request("select", &step["to_us"], &received);

    let step = steps.next("button");
    let told = step["our_reply"].as_str().unwrap();
    recorded.integration.tell(Told::json(told));
    click(&mut recorded, "button", &step).await;
    let received = recorded.integration.last();
    recorded.same_request("button", &step["to_us"], &received);
    let events = heard_so_far(&mut listener).await;
    recorded.same("button", &step["events"], &json!(events));

    let what = "post_deleted of a post with buttons, as another member sees it";
    let step = steps.next(what);
    let other = post_with_buttons(&recorded).await;
    heard_so_far(&mut listener).await;
    let deleted = recorded
        .gptbot
        .delete(&format!("/api/v4/posts/{other}"))
        .await;
    assert_eq!(deleted.status, 200);
    let events = heard_so_far(&mut listener).await;
    recorded.same(what, &step["events"], &json!(events));

    let third = post_with_buttons(&recorded).await;
    recorded.names.learn("z31uzjowftyqzkbqxi5arqmkpw", &third);
    let step = steps.next("we answer 500");
    recorded.integration.tell(Told {
        status: 500,
        ..Told::nothing()
    });
    click(&mut recorded, "we answer 500", &step).await;
    let what = "an action that is not there";
    let step = steps.next(what);
    click(&mut recorded, what, &step).await;
    steps.end();
}
