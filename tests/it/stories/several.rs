//! Several bots in one process: of one Mattermost, and of another.

use std::fs;
use std::time::Duration;

use askwell_playground::model::{Reply, ScriptedModel};
use askwell_playground::{CommandSpec, Options, Playground, TimeSource};

use super::house::{Account, House, find};

/// Writes the files of a further bot, and returns the setting that names it.
pub(super) fn also(house: &House, name: &str, secrets: &str) -> String {
    let toml = format!("[mattermost]\nname = \"{name}\"\n[answer]\nassistant = \"{name}\"\n");
    fs::write(house.directory.path().join(format!("{name}.toml")), toml).unwrap();
    fs::write(house.directory.path().join(format!("{name}.env")), secrets).unwrap();
    format!("[server]\nalso = [\"{name}.toml\"]\n[bot]\nhears = \"mention\"\n")
}

pub(super) fn secrets(mattermost: &str, model: &ScriptedModel, command: &str, bot: &str) -> String {
    let model = model.base_url();
    format!(
        "MATTERMOST_URL={mattermost}\nMATTERMOST_COMMAND_TOKENS={command}\nMATTERMOST_BOT_TOKEN={bot}\nOPENAI_BASE_URL={model}\nASKWELL_MODEL=other\n"
    )
}

#[tokio::test]
async fn two_bots_of_one_server_answer_each_with_its_own_model_also_one_post_that_calls_both() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let playground = &house.playground;
    let bot = playground.create_bot("salesbot");
    playground.join_team("acme", &["salesbot"]);
    playground.join_channel("lobby", &["salesbot"]);
    let hook = format!("{}/mattermost-gpt", house.url);
    let command = playground.create_command("acme", &CommandSpec::new("sales", &hook));
    let other = ScriptedModel::start().await;
    other.answer_otherwise(Reply::text("We sell."));
    house.model.answer_otherwise(Reply::text("I know."));
    let secrets = secrets(&playground.url(), &other, &command.token, &bot.token);
    let toml = also(&house, "sales", &secrets);
    house.open(&toml);
    house
        .playground
        .wait_until("both bots' connections", |view| {
            view.connections_of("gptbot") == 1 && view.connections_of("salesbot") == 1
        })
        .await;

    house.ask("alice", "one?").await;
    let of_first = |text: &str| text.contains("GPT") && text.contains("I know.");
    house
        .see("bob", "the first bot's answer", |post| {
            post.author == "gptbot" && of_first(&post.text)
        })
        .await;
    let playground = &house.playground;
    playground
        .run_command("alice", "lobby", "/sales two?", None)
        .await;
    house
        .see("bob", "the second bot's answer", |post| {
            post.author == "salesbot" && post.text.contains("**sales**: We sell.")
        })
        .await;
    assert_eq!(other.requests().len(), 1);

    // Each hears its own name, and remembers nothing of the other's conversation.
    house
        .playground
        .say("alice", "lobby", "@gptbot @salesbot three?", None);
    for (author, text) in [("gptbot", "I know."), ("salesbot", "We sell.")] {
        house
            .playground
            .wait_for("an answer in the thread", |view| {
                find(view, "bob", "lobby", |post| {
                    post.author == author && post.root.is_some() && post.text.contains(text)
                })
            })
            .await;
    }
    house.pass(Duration::from_secs(30)).await;
    assert_eq!(house.model.requests().len(), 2);
    let asked = other.requests()[1].body.to_string();
    assert!(
        !asked.contains("I know.") && asked.contains("three?"),
        "{asked}"
    );
}

#[tokio::test]
async fn a_bot_of_another_server_is_answered_while_the_first_server_is_away() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let elsewhere = Playground::start(Options::default()).await.unwrap();
    elsewhere.create_admin("admin");
    elsewhere.create_user("carol");
    let bot = elsewhere.create_bot("helper");
    elsewhere.create_team("globex");
    elsewhere.join_team("globex", &["admin", "carol", "helper"]);
    elsewhere.create_channel("globex", "lobby", &["admin", "carol", "helper"]);
    let hook = format!("{}/mattermost-gpt", house.url);
    let command = elsewhere.create_command("globex", &CommandSpec::new("askgpt", &hook));
    house.model.answer_otherwise(Reply::text("Yes."));
    let secrets = secrets(&elsewhere.url(), &house.model, &command.token, &bot.token);
    let toml = also(&house, "globex", &secrets);
    house.open(&toml);

    house.ask("alice", "are you there?").await;
    house
        .see("bob", "an answer", |post| post.text.contains("Yes."))
        .await;
    house.playground.go_down().await;
    elsewhere
        .run_command("carol", "lobby", "/askgpt and you?", None)
        .await;
    let answer = elsewhere
        .wait_for("the other server's answer", |view| {
            find(view, "carol", "lobby", |post| post.text.contains("Yes."))
        })
        .await;
    assert_eq!(answer.text, "**carol**: and you?\n**globex**: Yes.");
    let readiness = house.readiness().await;
    assert_eq!(readiness["also"][0]["name"], "globex");
    assert_eq!(readiness["also"][0]["mattermost"]["state"], "ok");
}
