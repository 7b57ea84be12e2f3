//! Whole configurations, right and wrong.

mod access;
mod agents;
mod budgets;
mod every_key;
mod media;
mod observing;
mod page;
mod prices;
mod routes;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret;

use super::reference::KEYS;
use super::{Colours, Config, FileText, Inputs, Problems, document, load, summary};
use crate::llm;
use crate::text::Language;

/// A configuration that is complete.
const COMPLETE: &str = "\
OPENAI_API_KEY=sk-secret-1
MATTERMOST_URL=https://chat.example.com
MATTERMOST_COMMAND_TOKENS=secret-2,secret-3
MATTERMOST_BOT_TOKEN=secret-4
ASKWELL_LANGUAGE=en
";

/// How the first model is reached.
fn first(config: &Config) -> &llm::Settings {
    config.models.first().unwrap()
}

fn file(name: &str, text: &str) -> FileText {
    FileText {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

fn inputs(environment: &[(&str, &str)], dotenv: &str, toml: &str) -> Inputs {
    Inputs {
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        dotenv: Some(file(".env", dotenv)),
        toml: Some(file("askwell.toml", toml)),
        directory: PathBuf::from("/srv/askwell"),
        system_time_zone: Some("Asia/Seoul".to_owned()),
        unreadable: Vec::new(),
    }
}

fn good(environment: &[(&str, &str)], dotenv: &str, toml: &str) -> Config {
    load(inputs(environment, dotenv, toml)).unwrap_or_else(|problems| panic!("{problems}"))
}

fn wrong(environment: &[(&str, &str)], dotenv: &str, toml: &str) -> Problems {
    match load(inputs(environment, dotenv, toml)) {
        Ok(_) => panic!("it should be refused"),
        Err(problems) => problems,
    }
}

fn rendered(toml: &str) -> String {
    wrong(&[], COMPLETE, toml).render(Colours::Absent)
}

#[test]
fn four_lines_of_dotenv_are_a_complete_configuration() {
    let config = good(&[], COMPLETE, "");
    assert_eq!(config.tokens.command.len(), 2);
    assert_eq!(first(&config).model.as_deref(), Some("gpt-4o-mini"));
    assert_eq!(first(&config).window.total_tokens, 128_000);
    assert_eq!(config.pipeline.time_zone, "Asia/Seoul");
    assert_eq!(config.pipeline.lease, Duration::from_mins(1));
    assert!(config.pipeline.delivery.bot);
    insta::assert_snapshot!(summary(&config));
}

#[test]
fn the_environment_comes_before_dotenv_and_dotenv_before_the_file() {
    let toml =
        "[model]\nname = \"file\"\n[server]\nlisten = \"127.0.0.1:1\"\n[log]\nlevel = \"warn\"\n";
    let dotenv = format!("{COMPLETE}ASKWELL_MODEL=dotenv\nASKWELL_LISTEN=127.0.0.1:2\n");
    let config = good(&[("ASKWELL_MODEL", "environment")], &dotenv, toml);
    assert_eq!(first(&config).model.as_deref(), Some("environment"));
    assert_eq!(config.http.listen.port(), 2);
    assert_eq!(config.log.filter, "warn");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let config = good(
        &[("MATTERMOST_BOT_TOKEN", ""), ("ASKWELL_MODEL", " ")],
        COMPLETE,
        "",
    );
    assert!(config.mattermost.bot_token.is_some());
    assert_eq!(first(&config).model.as_deref(), Some("gpt-4o-mini"));
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("token"), "from-a-file\r\n").unwrap();
    let mut inputs = inputs(
        &[("MATTERMOST_BOT_TOKEN_FILE", "token")],
        &COMPLETE.replace("MATTERMOST_BOT_TOKEN=secret-4\n", ""),
        "",
    );
    inputs.directory = directory.path().to_owned();
    let config = load(inputs).unwrap();
    let token = config.mattermost.bot_token.unwrap();
    assert_eq!(token.expose_secret(), "from-a-file");
}

#[test]
fn dotenv_may_have_quotes_comments_exports_and_the_line_breaks_of_windows() {
    let dotenv = "# ours\r\nexport OPENAI_API_KEY='a$b'\r\n\r\nMATTERMOST_URL = \"https://chat.example.com\" # there\r\nMATTERMOST_COMMAND_TOKENS='a, b,'\r\n";
    let config = good(&[], dotenv, "");
    assert_eq!(first(&config).api_keys[0].expose_secret(), "a$b");
    assert_eq!(config.mattermost.url.as_str(), "https://chat.example.com/");
    assert_eq!(config.tokens.command.len(), 2);
}

#[test]
fn a_secret_is_not_cut_at_a_dollar_in_silence() {
    let dotenv = COMPLETE.replace("sk-secret-1", "sk$notset1");
    let problems = wrong(&[], &dotenv, "");
    let what: Vec<_> = problems
        .list
        .iter()
        .map(|problem| problem.what(Language::English))
        .collect();
    assert_eq!(
        what,
        ["OPENAI_API_KEY holds a `$`, and what follows it was replaced by a variable"]
    );
}

#[test]
fn another_base_needs_no_key_and_names_no_model() {
    let dotenv = COMPLETE.replace(
        "OPENAI_API_KEY=sk-secret-1",
        "OPENAI_BASE_URL=http://127.0.0.1:11434/v1/",
    );
    let config = good(&[], &dotenv, "");
    assert_eq!(first(&config).model, None);
    assert!(first(&config).api_keys.is_empty());
    assert_eq!(
        first(&config).base_url.as_str(),
        "http://127.0.0.1:11434/v1"
    );
    assert_eq!(first(&config).window.total_tokens, 8_192);
    assert_eq!(first(&config).window.answer_tokens, 1_024);
}

#[test]
fn a_smaller_window_leaves_half_of_it_for_the_answer() {
    let config = good(&[], COMPLETE, "[model]\nwindow_tokens = 2048\n");
    assert_eq!(first(&config).window.answer_tokens, 1_024);
}

#[test]
fn a_time_zone_is_the_machines_where_it_is_known_and_utc_elsewhere() {
    let mut inputs = inputs(&[], COMPLETE, "");
    inputs.system_time_zone = Some("Not/AZone".to_owned());
    assert_eq!(load(inputs).unwrap().pipeline.time_zone, "UTC");
}

#[test]
fn every_mistake_in_the_file_is_found_in_one_run() {
    insta::assert_snapshot!(rendered(
        r#"
[server]
listen = "8000"
langauge = "ko"

[mattermst]
bot_tokn = "a secret nobody may see"
latex = "yes"

[model]
base_url = "https://user:password@models.example.com/v1"
temperature = 3
first_token_timeout_seconds = "60"

[answer]
template = """
**{{ asistant }}**:
{{ answer }}
"""
time_zone = "Asia/Soul"

[database]
url = "mysql://root:secret@localhost/askwell"

[limits]
lease_seconds = 20
workers = 0
color = "red"
"#
    ));
}

#[test]
fn broken_syntax_is_shown_with_its_line_and_other_mistakes_with_it() {
    insta::assert_snapshot!(rendered(
        "[server]\nlisten = 127.0.0.1:8000\n\n[model]\nname = \"a\nmax_answer = 1\n[mattermost]\nbot_token = unquoted-secret\n"
    ));
}

#[test]
fn a_configuration_with_nothing_in_it_says_what_to_do_in_both_languages() {
    let korean = wrong(&[], "", "").render(Colours::Absent);
    let english = wrong(&[("ASKWELL_LANGUAGE", "en")], "", "").render(Colours::Absent);
    insta::assert_snapshot!(format!("{korean}\n{english}"));
}

#[test]
fn mistakes_in_dotenv_and_the_environment_are_shown_without_their_secrets() {
    let dotenv = format!(
        "{COMPLETE}MATTERMOST_BOT_TOKN=secret-5\nthis line is a secret\nASKWELL_MODEL_NAME=x\nMATTERMOST_URL=https://b.example.com\n\
         MATTERMOST_IMAGE=other\nASKWELL_LISTEN=localhost\nMATTERMOST_INCOMING_WEBHOOK_URL=https://chat.example.com/secret-6\n"
    );
    let environment = [
        ("OPENAI_API_KEY", "secret with spaces"),
        ("OPENAI_BASE_URL", "http://models.example.com/v1"),
        ("ASKWELL_DATABASE", "postgres:secret"),
        ("ASKWELL_DATABASE_FILE", "secret.txt"),
        ("ASKWELL_PUBLIC_URL_FILE", "missing.txt"),
    ];
    insta::assert_snapshot!(wrong(&environment, &dotenv, "").render(Colours::Absent));
}

#[test]
fn keys_outside_their_table_are_led_home() {
    insta::assert_snapshot!(rendered(
        "bot_token = \"secret\"\nmodel = \"gpt-4o\"\nserver_port = 1\n[model]\nmodel = \"x\"\n[[limits]]\nworkers = 3\n"
    ));
}

#[test]
fn values_that_contradict_each_other_are_refused() {
    insta::assert_snapshot!(rendered(
        "[model]\nwindow_tokens = 1000\nanswer_tokens = 501\nfirst_delay_seconds = 30\n\
         [mattermost]\ncall_timeout_seconds = 30\nname = \"Our Server\"\n[answer]\ntrigger = \"ask gpt\"\ninstructions = \"{{ date }} {{ live }}\"\n"
    ));
}

#[test]
fn a_lease_is_at_least_four_times_as_long_as_a_call_may_take() {
    let with = |lease: u32, call: f64| {
        let toml = format!(
            "[limits]\nlease_seconds = {lease}\n[mattermost]\ncall_timeout_seconds = {call}\n"
        );
        load(inputs(&[], COMPLETE, &toml))
    };
    let config = with(40, 10.0).unwrap();
    assert_eq!(config.pipeline.longest_wait, Duration::from_secs(10));
    assert_eq!(config.pipeline.longest_write, Duration::from_secs(20));
    let problems = with(40, 10.1).unwrap_err();
    let [problem] = problems.list.as_slice() else {
        panic!("one problem")
    };
    assert_eq!(
        problem.remedy(Language::English),
        "write at most 10, or raise `limits.lease_seconds`"
    );
    assert!(with(39, 10.0).is_err());
}

#[test]
fn plain_http_to_a_public_host_needs_a_permission_of_its_own() {
    let dotenv = COMPLETE.replace("https://chat", "http://chat");
    let toml = "[mattermost]\nallow_plain_http = ";
    assert!(load(inputs(&[], &dotenv, &format!("{toml}true"))).is_ok());
    assert!(load(inputs(&[], &dotenv, &format!("{toml}false"))).is_err());

    let environment = [("OPENAI_BASE_URL", "http://models.example.com/v1")];
    let toml = "[model]\nallow_plain_http = ";
    assert!(load(inputs(&environment, COMPLETE, &format!("{toml}true"))).is_ok());
    assert!(load(inputs(&environment, COMPLETE, &format!("{toml}false"))).is_err());
}

/// An id of a channel.
const CHANNEL: &str = "5y9gmg3343depb6sytofa1y1eh";
const OTHER_CHANNEL: &str = "cyi3e1qg4tbwfyu1i56pnrempo";

#[test]
fn further_bots_have_files_of_their_own_and_share_nothing_but_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let sales = |toml: &str, secrets: &str| {
        std::fs::write(directory.path().join("sales.toml"), toml).unwrap();
        std::fs::write(directory.path().join("sales.env"), secrets).unwrap();
        let environment = [("ASKWELL_MODEL", "of-the-first")];
        let also = "[server]\nalso = [\"sales.toml\"]\n";
        load(Inputs {
            directory: directory.path().to_owned(),
            ..inputs(&environment, COMPLETE, also)
        })
    };
    let secrets = COMPLETE.replace("secret-", "sales-");
    let toml = "[mattermost]\nname = \"sales\"\n[model]\nname = \"of-sales\"\n";
    let config = sales(toml, &secrets).unwrap();
    let [also] = config.also.as_slice() else {
        panic!("one further bot")
    };
    assert_eq!(also.mattermost.server.to_string(), "sales");
    assert_eq!(first(&config).model.as_deref(), Some("of-the-first"));
    assert_eq!(first(also).model.as_deref(), Some("of-sales"));

    let faults = |toml: &str, secrets: &str| -> Vec<String> {
        let problems = sales(toml, secrets).unwrap_err();
        let said = |problem: &super::Problem| problem.subject.clone();
        problems.list.iter().map(said).collect()
    };
    assert_eq!(faults("", &secrets), ["mattermost.name"]);
    assert_eq!(faults(toml, COMPLETE), ["MATTERMOST_COMMAND_TOKENS"]);
    let of_the_process =
        format!("[log]\nlevel = \"debug\"\n[server]\nlisten = \"[::1]:9\"\n{toml}");
    assert_eq!(
        faults(&of_the_process, &secrets),
        ["log.level", "server.listen"]
    );

    std::fs::remove_file(directory.path().join("sales.toml")).unwrap();
    let also = "[server]\nalso = [\"sales.toml\"]\n";
    let missing = load(Inputs {
        directory: directory.path().to_owned(),
        ..inputs(&[], COMPLETE, also)
    });
    assert_eq!(missing.unwrap_err().list.len(), 1);
}

#[test]
fn channels_have_tables_of_their_own_and_every_mistake_in_them_is_said() {
    let toml = format!(
        "[[channel]]\nid = \"{CHANNEL}\"\nhears = \"all\"\n[[channel]]\nid = \"{OTHER_CHANNEL}\"\n"
    );
    let config = good(&[], COMPLETE, &toml);
    let id = |id| crate::domain::id::ChannelId::parse(id).unwrap();
    assert_eq!(
        config.pipeline.channels[&id(CHANNEL)].hearing,
        Some(crate::domain::attention::Hearing::All)
    );
    assert_eq!(
        config.pipeline.channels[&id(OTHER_CHANNEL)],
        crate::domain::channel_settings::ChannelSettings::default()
    );
    let shown = summary(&config);
    let lines = format!("[[channel]] 1\nid = {CHANNEL}  (from askwell.toml)\nhears = all");
    assert!(shown.contains(&lines), "{shown}");

    insta::assert_snapshot!(rendered(&format!(
        "[[channel]]\nhears = \"al\"\n\n[[channel]]\nid = \"lobby\"\ntemprature = 1\n\n\
         [[channel]]\nid = \"{CHANNEL}\"\ntime_zone = \"Asia/Soul\"\n\n[[channel]]\nid = \"{CHANNEL}\"\n"
    )));
    insta::assert_snapshot!(rendered("[channel]\nhears = \"all\"\n"));
}

#[test]
fn every_key_is_documented_once_in_both_languages() {
    let paths: BTreeSet<_> = KEYS.iter().map(|key| key.path()).collect();
    let variables: BTreeSet<_> = KEYS.iter().filter_map(|key| key.env).collect();
    assert_eq!(paths.len(), KEYS.len());
    assert_eq!(
        variables.len(),
        KEYS.iter().filter(|key| key.env.is_some()).count()
    );
    for language in Language::ALL {
        let text = document(language);
        for key in KEYS {
            assert!(
                text.contains(&format!("| `{}` |", key.name)),
                "{}",
                key.path()
            );
            assert!(!key.english.is_empty() && !key.korean.is_empty());
        }
    }
}

#[test]
fn the_environment_has_the_names_people_were_promised() {
    let names: BTreeSet<_> = KEYS.iter().filter_map(|key| key.env).collect();
    let promised = BTreeSet::from([
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "ASKWELL_MODEL",
        "ASKWELL_MODEL_WIRE",
        "ASKWELL_IMAGES_API_KEY",
        "ASKWELL_SPEECH_API_KEY",
        "ASKWELL_LISTEN",
        "ASKWELL_ADMIN_LISTEN",
        "ASKWELL_ADMIN_PUBLIC_URL",
        "ASKWELL_DATABASE",
        "ASKWELL_SEAL_KEY",
        "ASKWELL_SEAL_KEYS_OLD",
        "MATTERMOST_URL",
        "MATTERMOST_BOT_TOKEN",
        "MATTERMOST_COMMAND_TOKENS",
        "MATTERMOST_OUTGOING_TOKENS",
        "MATTERMOST_INCOMING_WEBHOOK_URL",
        "ASKWELL_LANGUAGE",
        "ASKWELL_PUBLIC_URL",
        "ASKWELL_METRICS_LISTEN",
        "ASKWELL_TRACES_ENDPOINT",
        "ASKWELL_WATCH",
    ]);
    assert_eq!(names, promised);
}

#[test]
fn no_secret_is_printed_whatever_is_wrong() {
    let secrets = ["hunter2", "hunter3"];
    let wrong_files = [
        "[mattermost]\nbot_token = \"hunter2\"\nurl = 3\n",
        "[mattermost]\nbot_token = hunter2\n",
        "[mattermost]\nbot_token = \"hunter2\n",
        "[mattermost]\nbot_token = [\"hunter2\"]\n",
        "[mattermost]\ncommand_tokens = [\n  \"hunter2\",\n  \"hunter3\",\n  3\n]\n",
        "mattermost = { url = 3, bot_token = \"hunter2\" }\n",
        "[mattermost]\nurl = 3\n# hunter2\nbot_token = '''\nhunter2 = \"\nhunter3'''\n",
        "[mattermost]\nurl = \"https://me:hunter2@chat.example.com\"\n",
        "[mattermost]\nurl = \"https://me:hunter2@chat.example.com\n",
        "[modell]\napikey = \"hunter2\"\n",
        "mattermost.bot_token = \"hunter2\"\nmattermost.url = 3\n",
        "[database]\nurl = \"mysql://me:hunter2@h/n\"\n",
        "[database]\nurl = \"postgres://me:hunter2@h/n\n",
        "[database]\nurl = hunter2\n[server]\nlisten = 3\n",
        "hunter2\n",
        "[hunter2",
    ];
    for toml in wrong_files {
        let text = wrong(&[], "", toml).render(Colours::Absent);
        for secret in secrets {
            assert!(!text.contains(secret), "{toml}\n{text}");
        }
    }
    let wrong_lines = [
        "MATTERMOST_BOT_TOKEN='hunter2\nhunter3'\nMATTERMOST_URL=3\n",
        "MATTERMOST_BOT_TOKEN=hunter2 hunter3\n",
        "MATTERMOST_BOT_TOKEN=\"hunter2\nhunter3\n",
        "export MATTERMOST_BOT_TOKEN=hunter2\nASKWELL_X=hunter3\n",
        "MATTERMOST_URL=https://me:hunter2@chat.example.com\n",
        "hunter2\n# hunter3\n",
    ];
    for dotenv in wrong_lines {
        let text = wrong(&[], dotenv, "").render(Colours::Absent);
        for secret in secrets {
            assert!(!text.contains(secret), "{dotenv}\n{text}");
        }
    }
}

#[test]
fn a_configuration_prints_no_secret() {
    let dotenv = format!("{COMPLETE}ASKWELL_DATABASE=postgres://me:secret-7@h/n\n");
    let config = good(&[], &dotenv, "");
    assert!(!format!("{config:?}").contains("secret-"));
    assert!(!summary(&config).contains("secret-"));
}

#[test]
fn a_problem_says_its_file_line_and_column() {
    let problems = wrong(&[], COMPLETE, "[server]\n  listn = 1\n");
    let [problem] = problems.list.as_slice() else {
        panic!("one problem")
    };
    assert_eq!(problem.place.file(), Some("askwell.toml"));
    assert_eq!(problem.place.line_and_column(), Some((2, 3)));
    assert_eq!(problem.subject, "server.listn");
    assert_eq!(
        problem.remedy(Language::English),
        "did you mean `server.listen`?"
    );
}

proptest::proptest! {
    #[test]
    fn no_text_of_a_file_makes_the_reader_fail(toml in "(\\[[a-z]{1,8}\\]\n|[a-z_]{1,8} ?= ?[\"'\\[{0-9a-z.]{1,8}\n|\\PC{0,12}\n){0,8}", dotenv in "([A-Z_]{1,8}=\\PC{0,8}\n|\\PC{0,12}\n){0,8}") {
        // Nothing of it can be complete, and whatever is wrong can be said.
        let problems = wrong(&[], &dotenv, &toml);
        proptest::prop_assert!(!problems.list.is_empty());
        proptest::prop_assert!(!problems.render(Colours::Absent).is_empty());
    }
}

#[test]
fn relative_paths_begin_at_the_working_directory() {
    let config = good(&[], COMPLETE, "");
    let crate::store::Settings::Sqlite(path) = config.store else {
        panic!("a file")
    };
    assert_eq!(path, Path::new("/srv/askwell/askwell.db"));
}
