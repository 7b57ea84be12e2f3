//! `askwell setup`: what it makes, that it makes it once, and that it takes exactly this back.

use std::os::unix::fs::PermissionsExt as _;

use askwell_playground::model::Reply;
use serde_json::json;

use super::site::Site;

/// Everything that can be wished for.
const EVERYTHING: &[&str] = &[
    "--yes",
    "--live-preview",
    "--outgoing-word",
    "gpt",
    "--incoming",
    "acme/lobby",
];

#[tokio::test]
async fn after_one_command_on_a_fresh_server_people_ask_and_are_answered() {
    let site = Site::fresh().await;

    let said = site.set_up(&["--yes"]).await.fine();
    assert!(said.contains("Done. /askgpt works"), "{said}");

    let _askwell = site.serve().await;
    site.model
        .answer_otherwise(Reply::text("맑아요. 우산은 필요 없어요."));
    site.playground.join_channel("lobby", &["gptbot"]);
    let seen = site
        .playground
        .run_command("alice", "lobby", "/askgpt 오늘 날씨 어때?", None)
        .await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    site.sees_answer("lobby", "맑아요").await;
    site.playground
        .wait_until("the bot's connection", |view| {
            view.connections_of("gptbot") == 1
        })
        .await;
    site.playground
        .say("alice", "lobby", "@gptbot 내일은?", None);
    site.model.wait_for_requests(2).await;
}

#[tokio::test]
async fn everything_that_is_wished_for_is_made_with_its_description_and_picture() {
    let site = Site::fresh().await;

    site.set_up(EVERYTHING).await.fine();

    let bot = site.read("/users/username/gptbot").await;
    assert_eq!(bot["is_bot"], json!(true));
    assert_eq!(bot["roles"], json!("system_user system_post_all"));
    assert_eq!(bot["notify_props"]["channel"], json!("false"));
    assert_eq!(
        bot["notify_props"]["desktop_sound"],
        json!("true"),
        "the rest stays"
    );
    assert!(bot["last_picture_update"].as_i64() > Some(0));
    let server = site.server().await;
    let profile = &server["bots"][0];
    assert_eq!(profile["display_name"], json!("GPT"));
    assert!(profile["description"].as_str().unwrap().contains("/askgpt"));
    let command = &server["commands"][0];
    let url = format!("http://{}/mattermost-gpt", site.address);
    assert_eq!(command["url"], json!(url));
    assert_eq!(command["method"], json!("P"));
    assert_eq!(command["auto_complete"], json!(true));
    assert_eq!(server["outgoing"][0]["trigger_words"], json!(["gpt"]));
    assert_eq!(server["outgoing"][0]["callback_urls"], json!([url]));
    let lobby = site.playground.channel_id("lobby");
    assert_eq!(server["incoming"][0]["channel_id"], json!(lobby));
    let permissions = server["role"]["permissions"].as_array().unwrap();
    assert!(permissions.contains(&json!("create_post_ephemeral")));
    assert_eq!(
        site.file("askwell.toml"),
        format!(
            "# Written by `askwell setup`. `askwell config reference` lists every key.\n\n\
             [server]\npublic_url = \"http://{}\"\n\n[mattermost]\nurl = \"{}\"\n",
            site.address,
            site.playground.url()
        )
    );
}

#[tokio::test]
async fn a_second_run_changes_nothing_on_the_server_or_in_the_files() {
    let site = Site::fresh().await;
    site.set_up(EVERYTHING).await.fine();
    let (files, server, writes) = (site.files(), site.server().await, site.writes());

    let said = site.set_up(EVERYTHING).await.fine();

    assert!(said.ends_with("There is nothing to change.\n"), "{said}");
    assert_eq!(site.files(), files);
    assert_eq!(site.server().await, server);
    assert_eq!(site.writes(), writes);
}

#[tokio::test]
async fn a_dry_run_shows_everything_and_changes_nothing() {
    let site = Site::fresh().await;
    let server = site.server().await;

    let said = site
        .set_up(&[EVERYTHING, &["--dry-run"]].concat())
        .await
        .fine();

    for deed in [
        "set ServiceSettings.EnableBotAccountCreation from false to true",
        "create the bot account @gptbot",
        "create the command /askgpt in the team acme",
        "write MATTERMOST_BOT_TOKEN into .env",
    ] {
        assert!(said.contains(deed), "{deed}: {said}");
    }
    assert!(site.files().is_empty(), "{:?}", site.files());
    assert_eq!(site.server().await, server);
    assert_eq!(site.writes(), 0);
}

#[tokio::test]
async fn undo_takes_back_what_was_made_and_nothing_else() {
    let site = Site::fresh().await;
    let toml = "# ours\n[log]\nlevel = \"warn\" # quiet\n";
    let dotenv = "# ours\nOTHER=kept\nMATTERMOST_COMMAND_TOKENS=of-a-command-made-by-hand\n";
    site.write("askwell.toml", toml);
    site.write(".env", dotenv);
    let before = site.server().await;
    site.set_up(EVERYTHING).await.fine();
    let written = site.file(".env");
    assert!(
        written.contains("COMMAND_TOKENS=of-a-command-made-by-hand,"),
        "kept"
    );
    assert_ne!(site.server().await, before);

    let said = site.run(&["setup", "--undo", "--yes"]).await.fine();

    assert!(said.ends_with("It is taken back.\n"), "{said}");
    assert_eq!(site.file("askwell.toml"), toml);
    assert_eq!(site.file(".env"), dotenv);
    assert_eq!(site.files().len(), 2, "no record is left");
    let mut after = site.server().await;
    // A bot account cannot be deleted; it is disabled, and has left its team.
    let mut bots = after.remove("bots").unwrap();
    assert!(bots[0]["delete_at"].take().as_i64() > Some(0));
    for (name, value) in after {
        assert_eq!(value, before[name], "{name}");
    }
}

#[tokio::test]
async fn a_dry_run_of_taking_back_shows_everything_and_changes_nothing() {
    let site = Site::fresh().await;
    site.set_up(EVERYTHING).await.fine();
    let (files, server, writes) = (site.files(), site.server().await, site.writes());

    let said = site.run(&["setup", "--undo", "--dry-run"]).await.fine();

    for deed in ["disable the bot account @gptbot", "/askgpt", ".env"] {
        assert!(said.contains(deed), "{deed}: {said}");
    }
    assert_eq!(site.files(), files);
    assert_eq!(site.server().await, server);
    assert_eq!(site.writes(), writes);
}

#[tokio::test]
async fn what_was_taken_back_can_be_set_up_again() {
    let site = Site::fresh().await;
    site.set_up(&["--yes"]).await.fine();
    let first = site.file(".env");
    site.run(&["setup", "--undo", "--yes"]).await.fine();
    let again = site.run(&["setup", "--undo", "--yes"]).await;
    assert!(again.failed().contains("address of the Mattermost server"));

    let said = site.set_up(&["--yes"]).await.fine();

    assert!(said.contains("enable the bot account @gptbot"), "{said}");
    assert_ne!(site.file(".env"), first, "its tokens are new");
    let _askwell = site.serve().await;
    site.playground
        .wait_until("the bot's connection", |view| {
            view.connections_of("gptbot") == 1
        })
        .await;
}

#[tokio::test]
async fn a_bot_and_a_command_that_exist_are_adopted_and_outlive_an_undo() {
    let site = Site::fresh().await;
    site.set_up(&["--yes"]).await.fine();
    let (command, token) = (
        site.server().await["commands"][0].clone(),
        site.file(".env"),
    );
    // As if people had made everything by hand: nothing is recorded or written.
    for file in ["askwell-setup.json", "askwell.toml", ".env"] {
        std::fs::remove_file(site.path().join(file)).unwrap();
    }

    let said = site.set_up(&["--yes"]).await.fine();
    assert!(
        said.contains("The bot account @gptbot exists and is used."),
        "{said}"
    );
    assert!(!said.contains("create the command"), "{said}");
    let tokens = |text: &str| text.lines().last().unwrap().to_owned();
    assert_eq!(
        tokens(&site.file(".env")),
        tokens(&token),
        "the command's token is the same"
    );
    site.run(&["setup", "--undo", "--yes"]).await.fine();

    let server = site.server().await;
    assert_eq!(server["commands"][0], command);
    assert_eq!(server["bots"][0]["delete_at"], json!(0));
    assert!(site.files().is_empty(), "{:?}", site.files());
}

#[tokio::test]
async fn values_are_changed_where_they_stand_and_secrets_are_the_owners_alone() {
    let site = Site::fresh().await;
    site.write("askwell.toml", "[mattermost]\nname = \"chat\" # keep\n");
    site.write(
        ".env",
        "MATTERMOST_URL=http://old.example\nMATTERMOST_BOT_TOKEN=x # old\n",
    );

    let said = site.set_up(&["--yes"]).await.fine();

    let dotenv = site.file(".env");
    let first = format!("MATTERMOST_URL={}\n", site.playground.url());
    assert!(dotenv.starts_with(&first), "{dotenv}");
    assert_eq!(dotenv.matches("MATTERMOST_BOT_TOKEN").count(), 1);
    assert!(
        said.contains("bot token that is configured is not one of @gptbot"),
        "{said}"
    );
    let toml = site.file("askwell.toml");
    assert!(
        toml.starts_with("[mattermost]\nname = \"chat\" # keep\n"),
        "{toml}"
    );
    assert!(!toml.contains("url = \"http://127.0.0.1:8065\""));
    for name in [".env", "askwell-setup.json"] {
        let file = std::fs::metadata(site.path().join(name)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn no_secret_is_ever_printed() {
    let site = Site::fresh().await;
    let mut said = String::new();
    for arguments in [&["--dry-run"][..], EVERYTHING, EVERYTHING] {
        said.push_str(&site.set_up(arguments).await.fine());
    }
    let secrets = site.file(".env");
    said.push_str(&site.run(&["setup", "--undo", "--yes"]).await.fine());
    let secrets = secrets.lines().filter_map(|line| line.split_once('='));
    for (name, secret) in secrets {
        let id = secret.rsplit('/').next().unwrap();
        assert!(id.len() >= 26 && !said.contains(id), "{name}: {said}");
    }
    assert!(!said.contains(&site.token), "{said}");
}

#[tokio::test]
async fn the_command_goes_into_every_team_or_into_those_that_are_chosen() {
    let site = Site::fresh().await;
    site.playground.create_team("second");
    site.set_up(&["--yes", "--team", "acme"]).await.fine();
    let tokens = |site: &Site| site.file(".env").matches(',').count() + 1;
    assert_eq!(tokens(&site), 1);

    site.set_up(&["--yes"]).await.fine();
    assert_eq!(tokens(&site), 2);
    let said = site.set_up(&["--yes", "--team", "third"]).await.failed();
    assert!(
        said.contains("There is no team third. The teams are: acme, second"),
        "{said}"
    );
}

#[tokio::test]
async fn when_our_address_changes_our_command_follows_and_a_strangers_does_not() {
    let site = Site::fresh().await;
    site.set_up(&["--yes"]).await.fine();
    let new = "http://127.0.0.1:9/gpt";
    let said = site.set_up(&["--yes", "--public-url", new]).await.fine();
    assert!(
        said.contains("call http://127.0.0.1:9/gpt/mattermost-gpt"),
        "{said}"
    );
    let url = json!(format!("{new}/mattermost-gpt"));
    assert_eq!(site.server().await["commands"][0]["url"], url);

    std::fs::remove_file(site.path().join("askwell-setup.json")).unwrap();
    let said = site
        .set_up(&["--yes", "--public-url", "http://127.0.0.1:7"])
        .await
        .failed();
    assert!(said.contains("/askgpt is taken in the team acme"), "{said}");
    assert_eq!(site.server().await["commands"][0]["url"], url);
}
