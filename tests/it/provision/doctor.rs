//! `askwell doctor`: every link of the chain, well and not.

use askwell_playground::model::{Reply, UsagePlace};
use askwell_playground::{Fault, Settings, route};
use serde_json::Value;

use super::site::{Said, Site};

/// A site that was set up and serves, with a model that counts.
pub(super) async fn in_service() -> (Site, crate::stories::process::Process) {
    let site = set_up().await;
    let askwell = site.serve().await;
    (site, askwell)
}

async fn set_up() -> Site {
    let site = Site::fresh().await;
    site.set_up(&["--yes"]).await.fine();
    let numbers = ["one, ", "two, ", "three, ", "four, ", "five"];
    site.model.answer_otherwise(Reply::deltas(numbers));
    site
}

impl Site {
    /// Runs the doctor without an administrator's token.
    pub(super) async fn examine(&self) -> Said {
        self.run_as("", &["doctor", "--json"]).await
    }
}

/// The severity of each check that was found.
pub(super) fn found(said: &Said) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(&said.out).expect(&said.err);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| (text(&finding["check"]), text(&finding["severity"])))
        .collect()
}

/// Those that are not well.
pub(super) fn ailments(said: &Said) -> Vec<(String, String)> {
    let mut found = found(said);
    found.retain(|(_, severity)| severity != "ok");
    found
}

pub(super) fn ailment(check: &str, severity: &str) -> Vec<(String, String)> {
    vec![(check.to_owned(), severity.to_owned())]
}

/// What is to be done about something that was found, as programs read it.
#[track_caller]
pub(super) fn remedy(said: &Said, check: &str) -> String {
    let report: Value = serde_json::from_str(&said.out).expect(&said.err);
    let mut findings = report["findings"].as_array().unwrap().iter();
    let finding = findings.find(|finding| finding["check"] == check);
    let remedy = &finding.expect("it was found")["remedy"];
    remedy.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn after_a_setup_all_is_well_from_both_sides() {
    let (site, _askwell) = in_service().await;

    let said = site.run(&["doctor", "--json"]).await;

    assert_eq!((said.code, ailments(&said)), (0, Vec::new()), "{said:?}");
    let checks: Vec<_> = found(&said).into_iter().map(|(check, _)| check).collect();
    let expected = [
        "configuration",
        "secrets",
        "database",
        "disk",
        "mattermost",
        "clock",
        "bot",
        "socket",
        "settings",
        "serving",
        "command",
        "model",
        "model-without-tools",
    ];
    assert_eq!(checks, expected);
    let said = site.run(&["doctor"]).await.fine();
    assert!(said.ends_with("All is well.\n"), "{said}");
    assert!(
        said.contains("/askgpt went from Mattermost to askwell and back"),
        "{said}"
    );
    for secret in site
        .file(".env")
        .lines()
        .filter_map(|line| line.split_once('='))
    {
        assert!(!said.contains(secret.1), "{said}");
    }
}

#[tokio::test]
async fn looking_asks_no_question_and_posts_nothing() {
    let (site, _askwell) = in_service().await;
    let posts = |site: &Site| {
        site.playground.look(|view| {
            let posts = view.posts_seen_by("alice", "town-square");
            posts.into_iter().filter(|post| !post.is_ephemeral).count()
        })
    };
    let before = posts(&site);

    site.examine().await.fine();

    assert_eq!(posts(&site), before);
    assert_eq!(site.model.requests().len(), 2, "the doctor's own");
}

#[tokio::test]
async fn before_the_first_start_only_the_start_is_missing() {
    let site = set_up().await;
    let said = site.examine().await;
    assert_eq!(ailments(&said), ailment("not-serving", "error"));
    assert_eq!(said.code, 2);
    let checks = found(&said);
    assert!(checks.contains(&("database-to-be-made".to_owned(), "ok".to_owned())));
}

#[tokio::test]
async fn a_wrong_configuration_is_the_only_finding() {
    let site = set_up().await;
    site.write("askwell.toml", "[mattermost]\nurk = 3\n");
    let said = site.examine().await;
    assert_eq!(ailments(&said), ailment("configuration-wrong", "error"));
    assert!(said.out.contains("mattermost.urk is not known"), "{said:?}");
    assert_eq!(said.code, 2);
}

#[tokio::test]
async fn a_token_that_is_revoked_or_a_persons_is_found() {
    let (site, _askwell) = in_service().await;
    site.playground.revoke_tokens_of("gptbot");
    let said = site.examine().await;
    assert_eq!(ailments(&said), ailment("bot-token-refused", "error"));

    let alice = site.playground.session_of("alice");
    let dotenv = site.file(".env");
    let dotenv = dotenv.lines().filter(|line| !line.contains("BOT_TOKEN"));
    let dotenv: Vec<_> = dotenv.collect();
    site.write(
        ".env",
        &format!("{}\nMATTERMOST_BOT_TOKEN={alice}\n", dotenv.join("\n")),
    );
    let said = site.examine().await;
    assert_eq!(ailments(&said), ailment("bot-is-a-person", "warning"));
    assert_eq!(said.code, 1, "a warning");
}

#[tokio::test]
async fn without_a_bot_an_administrator_can_try_the_command() {
    let (site, _askwell) = in_service().await;
    let dotenv = site.file(".env");
    let tokens = dotenv.lines().find(|line| line.contains("COMMAND_TOKENS"));
    site.write(".env", &format!("{}\n", tokens.unwrap()));

    let said = site.run(&["doctor", "--json"]).await;

    assert_eq!(ailments(&said), ailment("no-bot", "warning"));
    assert!(found(&said).contains(&("command".to_owned(), "ok".to_owned())));
}

#[tokio::test]
async fn a_command_that_mattermost_cannot_deliver_is_told_apart_from_one_that_is_refused() {
    let (site, _askwell) = in_service().await;
    site.playground
        .configure(|settings| settings.allowed_untrusted_internal_connections.clear());
    let said = site.examine().await;
    assert_eq!(ailments(&said), ailment("command-unreachable", "error"));

    let said = site.run(&["doctor", "--json"]).await;
    let mut expected = ailment("setting-in-the-way", "error");
    expected.extend(ailment("command-unreachable", "error"));
    assert_eq!(ailments(&said), expected, "an administrator sees why");
    assert!(
        said.out
            .contains("AllowedUntrustedInternalConnections should be")
    );
}

#[tokio::test]
async fn a_token_that_the_running_askwell_does_not_know_is_found() {
    let (site, _askwell) = in_service().await;
    let team = site.playground.team_id("acme");
    let path = format!("/commands?team_id={team}&custom_only=true");
    let command = site.read(&path).await[0]["id"].as_str().unwrap().to_owned();
    site.order("PUT", &format!("/commands/{command}/regen_token"), "")
        .await;

    let said = site.examine().await;
    assert_eq!(ailments(&said), ailment("command-refused", "error"));
    let said = site.run(&["doctor", "--json"]).await;
    let mut expected = ailment("command-token-unknown", "error");
    expected.extend(ailment("command-refused", "error"));
    assert_eq!(ailments(&said), expected);

    site.order("DELETE", &format!("/commands/{command}"), "")
        .await;
    let said = site.examine().await;
    assert_eq!(ailments(&said), ailment("command-missing", "error"));
}

#[tokio::test]
async fn what_is_switched_off_or_limited_on_the_server_is_found() {
    let (site, _askwell) = in_service().await;
    site.playground.configure(|settings| {
        settings.enable_commands = false;
        settings.enable_latex = true;
        settings.post_edit_time_limit = Some(10);
    });
    let toml = site.file("askwell.toml");
    site.write(
        "askwell.toml",
        &toml.replace("[mattermost]\n", "[mattermost]\nlatex = false\n"),
    );
    let said = site.examine().await;
    let expected = [
        ("commands-off", "error"),
        ("edit-time-limit", "warning"),
        ("latex-differs", "note"),
        ("command-not-tried", "note"),
    ];
    let expected = expected.map(|(check, severity)| (check.to_owned(), severity.to_owned()));
    assert_eq!(ailments(&said), expected);
}

#[tokio::test]
async fn a_socket_that_a_proxy_holds_back_is_found() {
    let (site, _askwell) = in_service().await;
    site.playground
        .faults()
        .always(route::WEBSOCKET, Fault::BadGateway);
    let said = site.examine().await;
    assert_eq!(ailments(&said), ailment("socket-refused", "error"));
    assert!(said.out.contains("status 502"), "{said:?}");
}

#[tokio::test]
async fn a_server_that_is_none_or_not_there_is_found_and_the_rest_is_looked_at() {
    let site = set_up().await;
    site.playground
        .faults()
        .next(route::CLIENT_CONFIG, 1, Fault::LoginPage);
    let said = site.examine().await;
    assert_eq!(ailments(&said), ailment("not-mattermost", "error"));
    assert!(found(&said).contains(&("model".to_owned(), "ok".to_owned())));

    site.playground.go_down().await;
    let said = site.examine().await;
    assert_eq!(ailments(&said), ailment("mattermost-unreachable", "error"));
}

#[tokio::test]
async fn clocks_that_differ_are_found() {
    // The simulated server tells the time of its own, which is long past.
    let site = Site::at(1_000_000_000_000, Settings::fresh()).await;
    site.set_up(&["--yes"]).await.fine();
    let said = site.examine().await;
    let found = ailments(&said);
    assert!(
        found.contains(&("clock-skew".to_owned(), "warning".to_owned())),
        "{found:?}"
    );
    assert!(remedy(&said, "clock-skew").contains("set by NTP"));
}

#[tokio::test]
async fn how_a_model_fails_is_told() {
    let (site, _askwell) = in_service().await;
    let table = [
        (Reply::unauthorized(), "model-key-refused", "error"),
        (Reply::model_not_found(), "model-unknown", "error"),
        (Reply::out_of_quota(), "model-limited", "error"),
        (Reply::unavailable(), "model-unavailable", "error"),
        (Reply::html(200), "model-garbled", "error"),
        (
            Reply::deltas(["one, ", "two, ", "three"]).usage_at(UsagePlace::Never),
            "model-without-usage",
            "note",
        ),
    ];
    for (reply, check, severity) in table {
        site.model.forget_script();
        site.model.answer_otherwise(reply);
        let said = site.examine().await;
        assert_eq!(ailments(&said), ailment(check, severity));
        assert!(!remedy(&said, check).is_empty());
    }
}

#[tokio::test]
async fn a_damaged_database_and_open_secrets_are_found() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = set_up().await;
    site.write("askwell.db", &"no database ".repeat(1_000));
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(site.path().join(".env"), open).unwrap();
    let said = site.examine().await;
    let found = ailments(&said);
    for expected in [("secrets-open", "warning"), ("database-damaged", "error")] {
        let (check, severity) = expected;
        assert!(
            found.contains(&(check.to_owned(), severity.to_owned())),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn a_bot_with_too_many_rights_or_in_no_team_is_found() {
    let (site, _askwell) = in_service().await;
    let bot = site.playground.user_id("gptbot");
    let roles = r#"{"roles":"system_user system_admin"}"#;
    site.order("PUT", &format!("/users/{bot}/roles"), roles)
        .await;
    let team = site.playground.team_id("acme");
    site.order("DELETE", &format!("/teams/{team}/members/{bot}"), "")
        .await;
    let said = site.examine().await;
    let found = ailments(&said);
    for check in ["bot-is-administrator", "bot-in-no-team"] {
        assert!(
            found.contains(&(check.to_owned(), "warning".to_owned())),
            "{found:?}"
        );
    }
}
