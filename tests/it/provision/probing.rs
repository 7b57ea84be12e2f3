//! `askwell models`: which models there are, whether each answers, and what an unknown server takes.

use std::process::{Command, Stdio};

use askwell_playground::model::{Reply, Request, ScriptedModel, Wire};

use super::site::Said;
use crate::llm::provider::{Answered, Provider};

/// Runs `askwell models …` beside this configuration.
async fn run(toml: &str, arguments: &[&str]) -> Said {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("askwell.toml"), toml).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_askwell"));
    command
        .arg("models")
        .args(arguments)
        .current_dir(directory.path())
        .env_clear()
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || {
        let output = command.output();
        drop(directory);
        output
    });
    Said::of(&output.await.unwrap().unwrap())
}

fn configured(first: &ScriptedModel, more: &str) -> String {
    format!(
        "[server]\nlanguage = \"en\"\n[mattermost]\nurl = \"https://chat.example.com\"\ncommand_tokens = [\"t\"]\n\
         [model]\nbase_url = \"{}\"\nname = \"m1\"\n{more}",
        first.base_url()
    )
}

fn counting() -> Reply {
    Reply::deltas(["one, two, ", "three, four, ", "five, six, seven."])
}

#[tokio::test]
async fn each_configured_model_is_asked_and_one_that_does_not_answer_is_told() {
    let (first, second) = (ScriptedModel::start().await, ScriptedModel::start().await);
    first.answer_otherwise(counting());
    second.answer_otherwise(Reply::unauthorized());
    let more = format!(
        "[[models]]\nid = \"other\"\nwire = \"messages\"\nname = \"m2\"\nbase_url = \"{}\"\n",
        second.base_url()
    );
    let toml = configured(&first, &more);

    let said = run(&toml, &["test"]).await;
    assert_eq!(said.code, 2, "{said:?}");
    let (of_first, of_second) = said.out.split_once("Model other (m2)").unwrap();
    assert!(of_first.contains("✓ The model answers"), "{said:?}");
    assert!(of_second.contains("does not accept the key"), "{said:?}");

    assert_eq!(run(&toml, &["test", "default"]).await.code, 0);
    let unknown = run(&toml, &["test", "nobody"]).await;
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("default, other"), "{unknown:?}");
}

#[tokio::test]
async fn the_models_of_a_server_are_listed_and_the_asked_one_marked() {
    let first = ScriptedModel::start().await;
    first.list_models(&["m0", "m1"]);
    let said = run(&configured(&first, ""), &["list"]).await.fine();
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].starts_with("default  chat_completions  http://127.0.0.1:"));
    let price = "  Nobody says what this model costs.";
    assert_eq!(lines[1..], [price, "    m0", "  ✓ m1"]);
}

#[tokio::test]
async fn what_a_model_costs_is_said_and_where_that_is_from() {
    let first = ScriptedModel::start().await;
    first.answer_otherwise(counting());
    let unknown = run(&configured(&first, ""), &["test"]).await;
    assert_eq!(unknown.code, 0, "{unknown:?}");
    assert!(
        unknown.out.contains("Write price_input and price_output"),
        "{unknown:?}"
    );
    let written = configured(&first, "price_input = 0.15\nprice_output = 0.6\n");
    let said = run(&written, &["test"]).await.fine();
    let price = "A million tokens cost $0.15 of prompts, $0.15 of those from the cache, and $0.60 of answers, as is configured.";
    assert!(said.contains(price), "{said}");
    assert!(!said.contains("Nobody says"), "{said}");
    // Nobody is reached through this proxy; the table needs nobody.
    let listed = "[server]\nlanguage = \"en\"\n[mattermost]\nurl = \"https://chat.example.com\"\ncommand_tokens = [\"t\"]\n\
                  [model]\napi_key = \"k\"\nproxy = \"http://127.0.0.1:1\"\n";
    let said = run(listed, &["list"]).await;
    assert!(
        said.out.contains(
            "$0.075 of those from the cache, and $0.60 of answers, by the table of 2026-"
        ),
        "{said:?}"
    );
}

/// A server with many quirks: no Responses, no `top_p`, no instructions, no `max_tokens`, and reasoning without its first mark.
fn odd(request: &Request) -> Reply {
    let refused = |what: &str| Reply::error(400, what, "invalid_request_error", None);
    if request.wire() == Some(Wire::Responses) {
        return Reply::html(404);
    }
    if request.body.get("top_p").is_some() {
        return refused("Unsupported parameter: 'top_p'");
    }
    if request.messages().iter().any(|(role, _)| role == "system") {
        return refused("System role not supported");
    }
    Reply::text("Let me see.</think>Hello.")
}

#[tokio::test]
async fn the_quirks_of_a_server_are_found_with_a_dozen_requests_and_written_as_settings() {
    let first = ScriptedModel::start().await;
    first.answer_otherwise_by(odd);
    let said = run(&configured(&first, ""), &["probe"]).await.fine();
    assert!(first.requests().len() <= 16, "{}", first.requests().len());
    for line in [
        "[model]",
        "# it speaks chat_completions, messages",
        "wire = \"chat_completions\"",
        "name = \"m1\"",
        "instructions_role = \"user\"",
        "reasoning = \"open\"",
        "# it refuses top_p",
        "# it does not call tools",
        "# it does say what was used",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}\n{said}");
    }
    // What it writes is a configuration.
    let mended = configured(&first, "").replace("name = \"m1\"\n", "")
        + &said.replace("[model]\n", "").replace("\n#", "\n #");
    assert_eq!(run(&mended, &["list"]).await.code, 0, "{mended}");
}

#[tokio::test]
async fn a_server_that_answers_in_no_protocol_is_told_of_with_its_remedy() {
    let first = ScriptedModel::start().await;
    first.answer_otherwise(Reply::unauthorized());
    let said = run(&configured(&first, ""), &["probe"]).await;
    assert_eq!(said.code, 2);
    assert!(said.out.contains("does not accept the key"), "{said:?}");
}

/// A model of Gemini's beside these configurations.
fn gemini(answers: &[Answered]) -> (Provider, String) {
    let provider = Provider::start(answers);
    let toml = format!(
        "[server]\nlanguage = \"en\"\n[mattermost]\nurl = \"https://chat.example.com\"\ncommand_tokens = [\"t\"]\n\
         [model]\nwire = \"gemini\"\nbase_url = \"{}\"\nname = \"gemini-2.5-flash\"\n",
        provider.base
    );
    (provider, toml)
}

#[tokio::test]
async fn a_model_that_is_asked_in_a_foreign_protocol_is_looked_at_like_any_other() {
    let said = [
        r#"{"candidates":[{"content":{"parts":[{"text":"one, two, three, four, "}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"five, six, seven."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":30}}"#,
    ];
    let counting = Answered::events(&said).in_bytes();
    let list = r#"{"models":[{"name":"models/gemini-2.5-flash","inputTokenLimit":1048576}]}"#;
    let list = Answered::refusal(200, list);

    let (_provider, toml) = gemini(std::slice::from_ref(&list));
    let said = run(&toml, &["list"]).await.fine();
    assert!(said.ends_with("\n  ✓ gemini-2.5-flash\n"), "{said}");

    let (_provider, toml) = gemini(std::slice::from_ref(&counting));
    let said = run(&toml, &["test"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("✓ The model answers"), "{said:?}");

    let (provider, toml) = gemini(&[list, counting]);
    let said = run(&toml, &["probe"]).await.fine();
    let expected = "[model]\n# it speaks gemini\nwire = \"gemini\"\nname = \"gemini-2.5-flash\"\nwindow_tokens = 1048576\n\
                    # it does not call tools\n# it does say what was used\n";
    assert_eq!(said, expected);
    let asked = provider.asked();
    let mut addresses = asked.iter().map(|asked| asked.line.as_str()).skip(1);
    assert!(addresses.all(|line| line.contains(":streamGenerateContent")));

    let bedrock = toml.replace("\"gemini\"", "\"bedrock\"");
    let said = run(&bedrock, &["list"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("does not list its models"), "{said:?}");
}
