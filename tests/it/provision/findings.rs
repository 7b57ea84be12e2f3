//! `askwell doctor`: what goes wrong in the long run, each with its remedy, and what the exit code says of it.

use std::sync::Arc;
use std::time::Duration;

use askwell::clock::SystemIds;
use askwell::config::{Inputs, load};
use askwell::domain::time::Timestamp;
use askwell::provision::doctor::{Doctor, Finding};
use askwell::provision::{http_client, socket_http_client};
use askwell::text::{Ailment, Healthy, Language, diagnose};
use askwell_playground::Settings;
use askwell_playground::model::{Reply, UsagePlace};
use serde_json::{Value, json};

use super::doctor::{ailment, ailments, found, in_service, remedy};
use super::site::Site;
use crate::clock::ManualClock;

/// An answer that comes in one piece of JSON though a stream was asked for.
fn all_at_once() -> Reply {
    let text = "one, two, three, four, five, six, seven, eight, nine, ten";
    let message = json!({ "role": "assistant", "content": text });
    Reply::json(
        200,
        &json!({
            "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 9, "completion_tokens": 30 },
        }),
    )
}

#[tokio::test]
async fn a_disk_without_space_is_found() {
    let (mut site, _askwell) = in_service().await;
    // The kernel's own file system never has any.
    let database = "sqlite:/proc/askwell.db".to_owned();
    site.environment
        .insert("ASKWELL_DATABASE".to_owned(), database);

    let said = site.examine().await;

    assert_eq!(ailments(&said), ailment("disk-low", "warning"), "{said:?}");
    assert!(said.out.contains("Only 0 kB are free"), "{said:?}");
    assert!(remedy(&said, "disk-low").contains("Free some space"));
    assert_eq!(said.code, 1);
}

#[tokio::test]
async fn a_mattermost_older_than_what_was_tried_is_found_and_set_up_with_a_word_about_it() {
    for (version, is_old) in [("10.4.2", true), ("10.5.0", false)] {
        let site = Site::with(Settings {
            version: version.to_owned(),
            ..Settings::fresh()
        })
        .await;
        let told = site.set_up(&["--yes"]).await.fine();
        assert_eq!(told.contains("older than 10.5"), is_old, "{told}");
        let _askwell = site.serve().await;

        let said = site.examine().await;

        let has_found = found(&said).contains(&("mattermost-old".to_owned(), "warning".to_owned()));
        assert_eq!(has_found, is_old, "{said:?}");
        if is_old {
            assert!(remedy(&said, "mattermost-old").contains("Upgrade it"));
            assert!(said.out.contains("10.4.2 is older than 10.5"), "{said:?}");
        }
    }
}

#[tokio::test]
async fn whether_a_model_calls_tools_is_told_and_is_no_ailment() {
    let (site, _askwell) = in_service().await;
    let call = json!({ "tool_calls": [{ "index": 0, "id": "call_1", "type": "function",
        "function": { "name": "clock", "arguments": "{}" } }] });
    let counting = || Reply::deltas(["one, two, ", "three, four, ", "five, six, seven."]);
    for (reply, id) in [
        (
            Reply::deltas([]).delta(call).finish("tool_calls"),
            "model-tools",
        ),
        (Reply::text("I cannot know."), "model-without-tools"),
        (
            Reply::error(400, "does not support tools", "invalid_request_error", None),
            "model-without-tools",
        ),
    ] {
        site.model.forget_script();
        // The command that is sent round asks nothing of the model.
        site.model.answer_next(counting());
        site.model.answer_next(reply);

        let said = site.examine().await;

        let told = found(&said).contains(&(id.to_owned(), "ok".to_owned()));
        assert!(told && said.code == 0, "{id}: {said:?}");
        let tools = site.model.requests().last().unwrap().body["tools"].clone();
        assert_eq!(tools[0]["function"]["name"], "clock");
    }
}

#[tokio::test]
async fn a_model_that_answers_all_at_once_is_found() {
    let (site, _askwell) = in_service().await;
    site.model.forget_script();
    site.model.answer_otherwise(all_at_once());

    let said = site.examine().await;

    let check = "model-does-not-stream";
    assert_eq!(ailments(&said), ailment(check, "warning"));
    assert!(remedy(&said, check).contains("proxy_buffering off"));
}

/// Looks at everything at a site, with time in the test's hands; returns what was found of the model.
async fn look_at_the_model(site: &Site, clock: &Arc<ManualClock>) -> Finding {
    let mut inputs = Inputs {
        environment: site.environment.clone(),
        directory: site.path().to_owned(),
        ..Inputs::default()
    };
    let server = site.playground.url();
    for (name, value) in [
        ("MATTERMOST_URL", server.as_str()),
        ("MATTERMOST_COMMAND_TOKENS", "token"),
    ] {
        inputs.environment.insert(name.to_owned(), value.to_owned());
    }
    let doctor = Doctor {
        config: load(inputs).unwrap(),
        secrets: site.path().join(".env"),
        administrator: None,
        http: http_client().unwrap(),
        socket_http: socket_http_client().unwrap(),
        clock: clock.clone(),
        ids: Arc::new(SystemIds),
    };
    let mut of_the_model = None;
    let is_of_the_model = |finding: &Finding| ["model", "model-slow"].contains(&finding.id());
    let keep = &mut |finding| {
        if is_of_the_model(&finding) {
            of_the_model = Some(finding);
        }
    };
    doctor.examine(keep).await;
    of_the_model.expect("the model is looked at")
}

#[tokio::test]
async fn a_model_that_is_slow_to_begin_is_waited_for_and_then_found() {
    let patience = Duration::from_mins(1);
    let slow = |seconds| Duration::from_secs(seconds);
    for (passes, expected) in [
        (
            slow(59),
            Finding::Healthy(Healthy::Model {
                seconds: "59.0".into(),
            }),
        ),
        (slow(60), Finding::Ailment(Ailment::ModelSlow)),
    ] {
        let site = Site::fresh().await;
        let numbers = ["one, ", "two, ", "three"];
        let reply = Reply::deltas(numbers).gate_before_head("slow");
        site.model.answer_next(reply);
        let clock = Arc::new(ManualClock::starting_at(Timestamp::from_micros(0)));
        let passing = async {
            site.model.wait_for_requests(1).await;
            clock.until_someone_sleeps_for(patience).await;
            clock.advance(passes);
            if passes < patience {
                site.model.open_gate("slow");
            }
        };
        let (found, ()) = tokio::join!(look_at_the_model(&site, &clock), passing);
        assert_eq!(found, expected);
    }
    let slow = Finding::Ailment(Ailment::ModelSlow);
    assert_eq!((slow.id(), slow.severity().name()), ("model-slow", "error"));
    let said = diagnose(Language::English, &Ailment::ModelSlow);
    assert!(said.remedy.contains("first_token_timeout_seconds"));
}

#[tokio::test]
async fn a_bot_that_was_disabled_or_taken_out_of_its_team_is_found() {
    let (site, _askwell) = in_service().await;
    let bot = site.playground.user_id("gptbot");
    site.order("POST", &format!("/bots/{bot}/disable"), "")
        .await;
    let said = site.examine().await;
    let check = "bot-token-refused";
    assert_eq!(ailments(&said), ailment(check, "error"));
    assert!(said.out.contains("or the bot is disabled"), "{said:?}");
    assert!(remedy(&said, check).contains("askwell setup"));
    assert_eq!(said.code, 2);

    site.order("POST", &format!("/bots/{bot}/enable"), "").await;
    let team = site.playground.team_id("acme");
    site.order("DELETE", &format!("/teams/{team}/members/{bot}"), "")
        .await;
    let said = site.examine().await;
    let check = "bot-in-no-team";
    let mut expected = ailment(check, "warning");
    expected.extend(ailment("command-not-tried", "note"));
    assert_eq!(ailments(&said), expected);
    assert!(remedy(&said, check).contains("invite it"));
    assert_eq!(said.code, 1);
}

#[tokio::test]
async fn the_exit_code_says_how_bad_the_worst_finding_is() {
    let (site, _askwell) = in_service().await;
    let numbers = ["one, ", "two, ", "three"];
    for (reply, severity, code, verdict) in [
        (Reply::deltas(numbers), "ok", 0, "All is well.\n"),
        (
            Reply::deltas(numbers).usage_at(UsagePlace::Never),
            "note",
            0,
            "All is well.\n",
        ),
        (all_at_once(), "warning", 1, "It works. To look after: 1\n"),
        (
            Reply::unauthorized(),
            "error",
            2,
            "It does not work yet. To mend: 1\n",
        ),
    ] {
        site.model.forget_script();
        site.model.answer_otherwise(reply);
        let said = site.examine().await;
        assert_eq!(said.code, code, "{said:?}");
        let report: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(report["severity"], severity);
        for finding in report["findings"].as_array().unwrap() {
            let is_well = finding["severity"] == "ok";
            assert_eq!(finding["remedy"].is_null(), is_well, "{finding}");
        }
        let said = site.run_as("", &["doctor"]).await;
        assert_eq!(said.code, code, "{said:?}");
        assert!(said.out.ends_with(verdict), "{said:?}");
    }
}

#[tokio::test]
async fn an_account_that_has_the_name_of_an_agent_is_found() {
    let (site, _askwell) = in_service().await;
    let toml = site.file("askwell.toml");
    let agents =
        ["nobody", "번역가", "alice"].map(|name| format!("[[agents]]\nname = \"{name}\"\n"));
    site.write("askwell.toml", &format!("{toml}\n{}", agents.concat()));
    let said = site.examine().await;
    let check = "agent-is-account";
    assert_eq!(ailments(&said), ailment(check, "warning"), "{said:?}");
    assert!(said.out.contains("alice"), "{said:?}");
    assert!(remedy(&said, check).contains("another name"));
}

#[tokio::test]
async fn a_model_without_a_price_is_found_where_others_have_one() {
    let (site, _askwell) = in_service().await;
    let toml = site.file("askwell.toml");
    let model = |price: &str| {
        let base_url = site.model.base_url();
        format!("[[models]]\nid = \"second\"\nname = \"m2\"\nbase_url = \"{base_url}\"\n{price}")
    };
    site.write("askwell.toml", &format!("{toml}\n{}", model("")));
    let said = site.examine().await;
    assert_eq!(ailments(&said), [], "{said:?}");

    let price = model("price_input = 0\nprice_output = 0\n");
    site.write("askwell.toml", &format!("{toml}\n{price}"));
    let said = site.examine().await;
    let check = "model-unpriced";
    assert_eq!(ailments(&said), ailment(check, "note"), "{said:?}");
    assert!(remedy(&said, check).contains("0 where it is free"));
    assert!(said.out.contains("$0.00 of prompts"), "{said:?}");
}
