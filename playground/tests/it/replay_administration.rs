//! Replays what was recorded of installing a bot, and of every error on the way.

use std::time::Duration;

use askwell_playground::{HookFormat, PASSWORD};
use serde_json::{Map, Value, json};

use crate::support::client::{Client, Reply};
use crate::support::replay::{Recorded, Steps};

/// What was there before the recording began.
async fn prepare(recorded: &mut Recorded) {
    let bot = format!("/api/v4/bots/{}", recorded.bot.id);
    let named = json!({"username": "gptbot", "display_name": "GPT"});
    assert_eq!(recorded.admin.put(&bot, named).await.status, 200);
    recorded.time.advance(Duration::from_millis(1));
    let other = json!({"username": "system-bot", "display_name": "System"});
    assert_eq!(recorded.admin.post("/api/v4/bots", other).await.status, 201);
    let command = json!({
        "team_id": recorded.playground.team_id("acme"),
        "method": "G",
        "trigger": "askget",
        "url": format!("{}/get", recorded.integration.url),
    });
    let command = recorded.admin.post("/api/v4/commands", command).await;
    assert_eq!(command.status, 201);
    let to = format!("{}/out", recorded.integration.url);
    for word in ["gptj", "gptf"] {
        recorded.time.advance(Duration::from_millis(1));
        let playground = &recorded.playground;
        playground.create_incoming_webhook("lobby", "answers");
        let format = if word == "gptj" {
            HookFormat::Json
        } else {
            HookFormat::Form
        };
        playground.create_outgoing_webhook("acme", word, &to, format);
    }
}

/// The clients of a recording, by the names that its steps give them.
struct Clients {
    bot: Option<Client>,
    nobody: Client,
}

/// Makes a recorded request with our ids, as whoever made it.
async fn repeat(recorded: &Recorded, clients: &Clients, step: &Value) -> Reply {
    let request = &step["request"];
    let client = match step["as"].as_str().unwrap_or("admin") {
        "admin" => &recorded.admin,
        "alice" => &recorded.alice,
        "nobody" => &clients.nobody,
        _ => clients.bot.as_ref().unwrap(),
    };
    let path = recorded.names.translate(request["path"].as_str().unwrap());
    let body = recorded.relocated(&request["body"]);
    let mut body = recorded.names.translate_value(&body);
    if body["password"] == "…" {
        body["password"] = json!(PASSWORD);
    }
    let method = request["method"].as_str().unwrap();
    if request["body"] == "multipart/form-data, field image" {
        let url = format!("{}{path}", recorded.playground.url());
        let form = "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"p.png\"\r\n\r\npicture\r\n--b--\r\n";
        let kind = "multipart/form-data; boundary=b";
        return client.upload(&url, kind, form).await;
    }
    let body = (!body.is_null()).then_some(body);
    client.call(method, &path, body.as_ref()).await
}

/// What the recording kept of a body that it shortened.
fn part_of(whole: &Value, recorded: &Value) -> Value {
    match (whole, recorded) {
        (Value::Object(whole), Value::Object(recorded)) => {
            let kept = recorded.iter().filter(|(name, _)| *name != "…");
            let kept = kept
                .filter_map(|(name, value)| Some((name.clone(), part_of(whole.get(name)?, value))));
            Value::Object(kept.collect())
        }
        (whole, _) => whole.clone(),
    }
}

/// Compares a reply with a recorded one that was shortened.
#[track_caller]
fn same_part(recorded: &mut Recorded, what: &str, response: &Value, reply: &Reply) {
    assert_eq!(response["status"], reply.status);
    let body = &response["body"];
    let expected = part_of(body, body);
    recorded.same(what, &expected, &part_of(&reply.body, body));
}

/// The settings of the recorded environment, by their whole names.
fn paths(environment: &Value) -> Vec<String> {
    let sections: &Map<String, Value> = environment.as_object().unwrap();
    let paths = sections.iter().flat_map(|(section, settings)| {
        let names = settings.as_object().unwrap().keys();
        names.map(move |name| format!("{section}.{name}"))
    });
    paths.collect()
}

#[tokio::test]
async fn installing_goes_as_recorded() {
    let mut recorded = Recorded::world().await;
    prepare(&mut recorded).await;
    let nobody = Client::new(&recorded.playground.url(), None);
    let mut clients = Clients { bot: None, nobody };
    for step in Steps::of("administration.json").rest() {
        let what = step["what"].as_str().unwrap();
        recorded.time.advance(Duration::from_millis(1));
        let response = &step["response"];
        match what {
            "which settings come from the server's environment" => {
                let names = paths(&response["body"]);
                recorded
                    .playground
                    .configure(|settings| settings.from_environment = names);
            }
            "patching a setting that comes from the environment: 200, and nothing changes" => {
                patch_the_environment(&mut recorded, &step).await;
                continue;
            }
            "a command where commands are switched off" => recorded
                .playground
                .configure(|settings| settings.enable_commands = false),
            _ => {}
        }
        let reply = repeat(&recorded, &clients, &step).await;
        let is_shortened = what.starts_with("GET /api/v4/config") || what == "patch one setting";
        if is_shortened {
            same_part(&mut recorded, what, response, &reply);
        } else {
            recorded.same_reply(what, response, &reply);
        }
        if what == "a token for the bot" {
            let token = reply.body["token"].as_str();
            clients.bot = Some(Client::new(&recorded.playground.url(), token));
        }
        if what.starts_with("log in (") {
            assert_eq!(reply.header("token").unwrap().len(), 26);
        }
    }
}

async fn patch_the_environment(recorded: &mut Recorded, step: &Value) {
    let off = json!({"ServiceSettings": {"EnableBotAccountCreation": false}});
    let reply = recorded.admin.put("/api/v4/config/patch", off).await;
    same_part(recorded, "patch", &step["response"], &reply);
    let config = recorded.admin.get("/api/v4/config").await.body;
    assert_eq!(
        config["ServiceSettings"]["EnableBotAccountCreation"],
        step["afterwards"]
    );
}
