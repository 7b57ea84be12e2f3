//! What stands in the way of a setup, and that nothing is changed then.

use askwell_playground::{Fault, Settings, route};

use super::site::Site;

#[tokio::test]
async fn without_a_terminal_settings_are_shown_and_not_changed() {
    let site = Site::fresh().await;
    let before = site.server().await;

    let said = site.set_up(&[]).await;

    assert!(
        said.out
            .contains("EnableBotAccountCreation from false to true"),
        "{said:?}"
    );
    assert!(
        said.out
            .contains("AllowedUntrustedInternalConnections from \"\" to"),
        "{said:?}"
    );
    assert!(said.failed().contains("run this again with --yes"));
    assert_eq!(site.server().await, before);
    assert!(site.files().is_empty());
}

#[tokio::test]
async fn every_setting_in_the_way_is_found_and_changed_when_it_may_be() {
    let site = Site::with(Settings {
        enable_commands: false,
        enable_incoming_webhooks: false,
        enable_outgoing_webhooks: false,
        allowed_untrusted_internal_connections: "10.0.0.7, chat".to_owned(),
        ..Settings::fresh()
    })
    .await;
    site.without_site_url().await;

    site.set_up(&["--yes", "--incoming", "--outgoing-word", "gpt"])
        .await
        .fine();

    let settings = &site.server().await["settings"]["ServiceSettings"];
    for name in [
        "EnableCommands",
        "EnableIncomingWebhooks",
        "EnableOutgoingWebhooks",
        "EnableBotAccountCreation",
    ] {
        assert_eq!(settings[name], true, "{name}");
    }
    assert_eq!(
        settings["AllowedUntrustedInternalConnections"],
        "10.0.0.7, chat 127.0.0.1"
    );
    assert_eq!(settings["SiteURL"], site.playground.url());
    assert_eq!(
        settings["EnableUserAccessTokens"], false,
        "it is not needed"
    );

    site.run(&["setup", "--undo", "--yes"]).await.fine();
    let settings = &site.server().await["settings"]["ServiceSettings"];
    assert_eq!(settings["EnableCommands"], false);
    assert_eq!(settings["SiteURL"], "");
    let list = "10.0.0.7, chat";
    assert_eq!(settings["AllowedUntrustedInternalConnections"], list);
}

#[tokio::test]
async fn a_setting_that_the_server_takes_from_its_environment_is_named_with_its_variable() {
    let site = Site::with(Settings {
        from_environment: vec!["ServiceSettings.EnableBotAccountCreation".to_owned()],
        ..Settings::fresh()
    })
    .await;

    let said = site.set_up(&["--yes"]).await.failed();

    assert!(
        said.contains("MM_SERVICESETTINGS_ENABLEBOTACCOUNTCREATION"),
        "{said}"
    );
    assert_eq!(site.writes(), 0);
}

#[tokio::test]
async fn who_may_not_set_up_is_told_so() {
    let site = Site::fresh().await;
    let url = site.playground.url();
    let arguments = ["setup", "--url", url.as_str(), "--yes"];

    let alice = site.playground.session_of("alice");
    let said = site.run_as(&alice, &arguments).await.failed();
    assert!(
        said.contains("@alice is not a system administrator"),
        "{said}"
    );

    let said = site.run_as("nobodys-token", &arguments).await.failed();
    assert!(
        said.contains("does not accept the administrator's token"),
        "{said}"
    );

    let said = site.run_as("", &arguments).await.failed();
    assert!(said.contains("--admin-token-file FILE"), "{said}");
    assert_eq!(site.writes(), 0);
}

#[tokio::test]
async fn a_server_that_is_none_is_told_apart_from_one_that_is_not_there() {
    let site = Site::fresh().await;
    let said = site
        .run(&["setup", "--url", "http://127.0.0.1:9", "--yes"])
        .await
        .failed();
    assert!(
        said.contains("http://127.0.0.1:9/ cannot be reached"),
        "{said}"
    );

    for fault in [Fault::LoginPage, Fault::BadGateway] {
        site.playground
            .faults()
            .next(route::CLIENT_CONFIG, 1, fault);
        let said = site.set_up(&["--yes"]).await.failed();
        assert!(said.contains("is not Mattermost"), "{said}");
    }
    let said = site.run(&["setup", "--yes"]).await.failed();
    assert!(
        said.contains("address of the Mattermost server is missing"),
        "{said}"
    );
    let said = site.run(&["setup", "--url", "chat"]).await.failed();
    assert!(said.contains("chat is not an address"), "{said}");
}

#[tokio::test]
async fn names_that_are_taken_or_impossible_are_told_before_anything_is_made() {
    let site = Site::fresh().await;
    for (arguments, expected) in [
        (["--bot-name", "alice"], "A person has the name @alice"),
        (["--bot-name", "GPT Bot"], "cannot be the name of a bot"),
        (["--command", "a b"], "cannot be the word of a command"),
        (
            ["--incoming", "acme/nowhere"],
            "There is no channel acme/nowhere",
        ),
    ] {
        let said = site.set_up(&[&["--yes"], &arguments[..]].concat()).await;
        let said = said.failed();
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert_eq!(site.writes(), 0);
    assert!(site.files().is_empty());
}

#[tokio::test]
async fn a_setup_that_broke_off_goes_on_where_it_stopped() {
    let site = Site::fresh().await;
    site.playground
        .faults()
        .next("POST /api/v4/commands", 1, Fault::InternalError);

    let said = site.set_up(&["--yes"]).await.failed();
    assert!(said.contains("create a command (status 500"), "{said}");
    let token = site.file(".env");
    assert!(
        token.starts_with("MATTERMOST_BOT_TOKEN="),
        "what was made is written"
    );

    let said = site.set_up(&["--yes"]).await.fine();
    assert!(said.contains("create the command"), "{said}");
    assert!(!said.contains("create the bot account"), "{said}");
    assert!(site.file(".env").starts_with(&token));
    let made = &site.server().await["bots"];
    assert_eq!(made.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_server_that_limits_requests_is_obeyed() {
    let site = Site::fresh().await;
    let fault = Fault::TooManyRequests {
        retry_after_seconds: Some(0),
    };
    site.playground.faults().next(route::ANY, 3, fault);
    site.set_up(&["--yes"]).await.fine();
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_is_not_written_to() {
    let site = Site::fresh().await;
    site.write("askwell.toml", "[mattermost\n");

    let said = site.set_up(&["--yes"]).await;

    assert_eq!(said.code, 2, "{said:?}");
    assert_eq!(site.file("askwell.toml"), "[mattermost\n");
    assert!(site.playground.look(|view| view.all_requests() == 0));
}

#[tokio::test]
async fn a_record_of_another_server_is_not_touched() {
    let site = Site::fresh().await;
    site.set_up(&["--yes"]).await.fine();
    let other = Site::fresh().await;
    let url = other.playground.url();

    let said = site
        .run_as(&other.token, &["setup", "--url", url.as_str(), "--yes"])
        .await
        .failed();

    assert!(said.contains("records a setup of another server"), "{said}");
    assert_eq!(other.writes(), 0);
}

#[tokio::test]
async fn what_somebody_changed_since_stays_when_a_setup_is_taken_back() {
    let site = Site::fresh().await;
    site.set_up(&["--yes"]).await.fine();
    site.playground.configure(|settings| {
        settings
            .allowed_untrusted_internal_connections
            .push_str(" another.host");
    });
    let toml = site.file("askwell.toml");
    let toml = toml.replace("public_url = \"http://127", "public_url = \"http://10");
    site.write("askwell.toml", &toml);

    let said = site.run(&["setup", "--undo", "--yes"]).await.fine();

    assert!(
        said.contains("server.public_url was changed since"),
        "{said}"
    );
    let settings = &site.server().await["settings"]["ServiceSettings"];
    assert_eq!(
        settings["AllowedUntrustedInternalConnections"],
        "another.host"
    );
    assert!(
        site.file("askwell.toml")
            .contains("public_url = \"http://10")
    );
    assert!(site.file(".env").is_empty());
}

/// What an operator does who keeps the bot token in a file of its own.
fn keep_token_apart(site: &mut Site, token: &str) {
    site.write("bot-token", &format!("{token}\n"));
    site.environment.insert(
        "MATTERMOST_BOT_TOKEN_FILE".to_owned(),
        "bot-token".to_owned(),
    );
}

#[tokio::test]
async fn a_token_that_is_kept_in_a_file_of_its_own_is_used_and_not_written_again() {
    let mut site = Site::fresh().await;
    site.set_up(&["--yes"]).await.fine();
    let dotenv = site.file(".env");
    let (tokens, rest): (Vec<_>, Vec<_>) = dotenv
        .lines()
        .partition(|line| line.starts_with("MATTERMOST_BOT_TOKEN="));
    site.write(".env", &format!("{}\n", rest.join("\n")));
    keep_token_apart(&mut site, tokens[0].split_once('=').unwrap().1);
    let (files, server, writes) = (site.files(), site.server().await, site.writes());

    let said = site.set_up(&["--yes"]).await.fine();

    assert!(said.ends_with("There is nothing to change.\n"), "{said}");
    assert_eq!(site.files(), files);
    assert_eq!(site.server().await, server);
    assert_eq!(site.writes(), writes);
    let _askwell = site.serve().await;
    site.playground
        .wait_until("the bot's connection", |view| {
            view.connections_of("gptbot") == 1
        })
        .await;
}

#[tokio::test]
async fn a_token_in_a_file_of_its_own_that_would_have_to_change_is_told_before_anything_is_made() {
    let mut site = Site::fresh().await;
    keep_token_apart(&mut site, "nobodys-token");
    let (files, server) = (site.files(), site.server().await);

    for further in [&["--yes"][..], &["--yes", "--dry-run"]] {
        let said = site.set_up(further).await.failed();
        assert!(said.contains("MATTERMOST_BOT_TOKEN_FILE is kept"), "{said}");
        assert!(said.contains("→ Remove the variable"), "{said}");
    }

    assert_eq!(site.server().await, server);
    assert_eq!(site.writes(), 0);
    assert_eq!(site.files(), files);

    // One that is not there is a mistake of the configuration.
    std::fs::remove_file(site.path().join("bot-token")).unwrap();
    let said = site.set_up(&["--yes"]).await;
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("MATTERMOST_BOT_TOKEN_FILE"), "{said:?}");
    assert_eq!(site.writes(), 0);
}
