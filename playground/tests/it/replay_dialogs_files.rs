//! Replays what was recorded of dialogs, files, permalinks, deletions, reactions and typing.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::{Client, Listener, Reply};
use crate::support::integration::Told;
use crate::support::replay::{Recorded, Steps, form_field, heard_so_far};

/// Makes a recorded request with our ids and addresses, and compares the reply.
async fn repeat(recorded: &mut Recorded, what: &str, step: &Value) -> Reply {
    let request = &step["request"];
    let path = recorded.names.translate(request["path"].as_str().unwrap());
    let body = recorded
        .names
        .translate_value(&recorded.relocated(&request["body"]));
    let body = (!body.is_null()).then_some(body);
    let url = recorded.playground.url();
    let session = |name: &str| Client::new(&url, Some(&recorded.playground.session_of(name)));
    let client = match step["as"].as_str().unwrap() {
        "gptbot" => Client::new(&url, Some(&recorded.bot.token)),
        name => session(name),
    };
    let method = request["method"].as_str().unwrap();
    let reply = client.call(method, &path, body.as_ref()).await;
    recorded.same_reply(what, &step["response"], &reply);
    recorded.time.advance(Duration::from_millis(8));
    reply
}

/// Compares the parts of a reply that was recorded without its headers.
#[track_caller]
fn same_bare(recorded: &mut Recorded, what: &str, step: &Value, reply: &Reply) {
    let bare = json!({"status": step["status"], "body": step["body"], "headers": {}});
    recorded.same_reply(what, &bare, reply);
}

async fn open_dialog(recorded: &Recorded, step: &Value, trigger_id: &str) -> Reply {
    let mut body = recorded.relocated(&step["request"]["body"]);
    body["trigger_id"] = json!(trigger_id);
    let nobody = Client::new(&recorded.playground.url(), None);
    nobody.post("/api/v4/actions/dialogs/open", body).await
}

#[tokio::test]
async fn dialogs_go_as_recorded() {
    let mut recorded = Recorded::world().await;
    let mut steps = Steps::of("dialogs_files_reactions.json");
    let mut listener = recorded.listen_as("alice").await;
    let lobby = recorded.lobby();
    let seen = recorded.execute(&lobby, "/askgpt budget", "").await;
    let sent = recorded.integration.last();
    let trigger_id = form_field(&sent.body, "trigger_id").unwrap();

    let what = "opening a dialog needs no session";
    let first = steps.next(what);
    let reply = open_dialog(&recorded, &first, &trigger_id).await;
    same_bare(&mut recorded, what, &first, &reply);
    let event = listener.event("open_dialog").await;
    recorded.same(what, &first["event"], &event);
    // The person's client knows the dialog for its own by the id that it got for the command.
    let dialog: Value = serde_json::from_str(event["data"]["dialog"].as_str().unwrap()).unwrap();
    assert_eq!(dialog["trigger_id"], seen.body["trigger_id"]);

    let what = "submitting it";
    let step = steps.next(what);
    let sent = steps.next("what we get");
    recorded
        .integration
        .tell(Told::json(sent["our_reply"].as_str().unwrap()));
    repeat(&mut recorded, what, &step).await;
    let received = recorded.integration.last();
    recorded.same_request("what we get", &sent["to_us"], &received);

    let what = "a bad trigger";
    let step = steps.next(what);
    let reply = open_dialog(&recorded, &first, "dHJpZ2dlci0wMDE=").await;
    same_bare(&mut recorded, what, &step, &reply);
}

/// The steps from the first file on.
fn steps_from_files() -> Steps {
    let mut steps = Steps::of("dialogs_files_reactions.json");
    for what in [
        "opening a dialog needs no session",
        "submitting it",
        "what we get",
        "a bad trigger",
    ] {
        steps.next(what);
    }
    steps
}

#[tokio::test]
async fn files_permalinks_and_deletions_go_as_recorded() {
    let mut recorded = Recorded::world().await;
    let mut steps = steps_from_files();
    let root = recorded
        .playground
        .say("alice", "lobby", "with a file", None);
    recorded.names.learn("u6m47renfiba8n7pd3tkk4wzde", &root);
    let hidden = recorded.playground.say("alice", "den", "hidden", None);
    recorded.names.learn("czqw3auoapgs7mmteus3yykqhe", &hidden);

    let what = "uploading a file as the raw body";
    let step = steps.next(what);
    let path = step["request"]["path"].as_str().unwrap();
    let url = format!(
        "{}{}",
        recorded.playground.url(),
        recorded.names.translate(path)
    );
    let reply = recorded
        .gptbot
        .upload(&url, "text/markdown", "# Hi!\n")
        .await;
    same_bare(&mut recorded, what, &step, &reply);

    for what in [
        "a reply with the file",
        "info of the file",
        "a permalink's post, to a member",
        "a permalink's post, to somebody who may not read it",
    ] {
        let step = steps.next(what);
        repeat(&mut recorded, what, &step).await;
    }

    let what = "a root is deleted: the events";
    let step = steps.next(what);
    let mut listener = recorded.listen_as("bob").await;
    recorded.playground.delete("alice", &root);
    let events = heard_so_far(&mut listener).await;
    recorded.same(what, &step["events"], &json!(events));
    let what = "its thread after that";
    let step = steps.next(what);
    let reply = recorded
        .alice
        .get(&format!("/api/v4/posts/{root}/thread"))
        .await;
    same_bare(&mut recorded, what, &step, &reply);
    react_as_recorded(&mut recorded, &mut steps, &mut listener).await;
    steps.end();
}

async fn react_as_recorded(recorded: &mut Recorded, steps: &mut Steps, listener: &mut Listener) {
    let post = recorded
        .playground
        .say("gptbot", "lobby", "an answer", None);
    recorded.names.learn("u61ouway6pgsjm4856no5dmf5e", &post);
    heard_so_far(listener).await;
    let step = steps.next("a reaction");
    repeat(recorded, "a reaction", &step).await;
    same_events(recorded, steps.next("the events of a reaction"), listener).await;
    let mine = format!("/api/v4/users/me/posts/{post}/reactions/octagonal_sign");
    let bob = Client::new(
        &recorded.playground.url(),
        Some(&recorded.playground.session_of("bob")),
    );
    assert_eq!(bob.delete(&mine).await.status, 200);
    same_events(recorded, steps.next("and of taking it back"), listener).await;
    let step = steps.next("typing");
    repeat(recorded, "typing", &step).await;
    same_events(recorded, steps.next("the event of typing"), listener).await;

    let what = "posting in an archived channel";
    let step = steps.next(what);
    let old = recorded
        .playground
        .create_channel("acme", "old", &["gptbot"]);
    recorded.names.learn("xr7ofu3aqfy8xfw4epkok7bgkc", &old);
    recorded.playground.archive_channel("old");
    repeat(recorded, what, &step).await;
}

async fn same_events(recorded: &mut Recorded, step: Value, listener: &mut Listener) {
    let events = heard_so_far(listener).await;
    let what = step["what"].as_str().unwrap();
    recorded.same(what, &step["events"], &json!(events));
}
