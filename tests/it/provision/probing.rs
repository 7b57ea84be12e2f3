//! `askwell models`: which models there are, whether each answers, and what an unknown server takes.

use std::process::{Command, Stdio};

use askwell_playground::model::{Reply, Request, ScriptedModel, Wire};

use super::site::Said;

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
    assert_eq!(lines[1..], ["    m0", "  ✓ m1"]);
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
