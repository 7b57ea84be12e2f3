//! That no key is without effect.

use super::{CHANNEL, good};
use crate::config::Config;
use crate::config::reference::{Form, KEYS, Key, is_repeated};

/// Values that are right for a key and differ from its default.
pub(super) fn another_value(key: &Key) -> String {
    let written = |text: &str| format!("\"{text}\"");
    match (key.path().as_str(), key.form) {
        ("channel.id", _) => written(CHANNEL),
        ("agents.channels" | "access.channels", _) => format!("[\"{CHANNEL}\"]"),
        ("access.kinds", _) => "[\"direct\"]".to_owned(),
        ("access.roles", _) => "[\"guest\"]".to_owned(),
        ("access.agents" | "access.models", _) => "[\"default\"]".to_owned(),
        ("agents.name" | "channel.agent", _) => written("other"),
        ("budgets.then", _) => written("default"),
        ("answer.time_zone" | "channel.time_zone", _) => written("Europe/Berlin"),
        ("answer.template", _) => written("> {{ answer }}"),
        // What comes between needs an address that is not configured here.
        ("answer.controls", _) => written("none"),
        ("database.url", _) => written("sqlite:other.db"),
        ("redaction.patterns", _) => "[\"email\"]".to_owned(),
        ("database.seal_key", _) => written(&"07".repeat(32)),
        ("database.seal_keys_old", _) => format!("[\"{}\"]", "07".repeat(32)),
        ("mattermost.incoming_webhook_url", _) => {
            written("https://chat.example.com/hooks/abcdefghijklmnopqrstuvwxyz")
        }
        // Small enough that the values which must not exceed it fit.
        ("model.total_timeout_seconds", _) => "100".to_owned(),
        ("limits.deadline_seconds", _) => "1000".to_owned(),
        ("limits.lease_seconds", _) => "90".to_owned(),
        (path, Form::Seconds(min, _)) if path.contains("longest") => (min + 2.0).to_string(),
        ("mattermost.call_timeout_seconds", _) => "7".to_owned(),
        ("model.answer_tokens", _) => "100".to_owned(),
        // The only model there is.
        ("model.fallbacks" | "routes.targets" | "routes.fallbacks", _) => {
            "[\"default*2\"]".replace("*2", if key.name == "targets" { "*2" } else { "" })
        }
        (_, Form::Pairs) => "{ other = \"x\" }".to_owned(),
        (_, Form::Json) => "{ other = 1 }".to_owned(),
        ("model.proxy", _) => written("http://proxy.example.com:3128"),
        (_, Form::Text(_) | Form::Secret) => written("other"),
        (_, Form::Secrets | Form::Names) => "[\"other\"]".to_owned(),
        (_, Form::Files) => "[]".to_owned(),
        (_, Form::Address) => written("https://other.example.com/v1"),
        (_, Form::Socket) => written("127.0.0.1:9"),
        (_, Form::Whole(min, _)) => (min + 1).to_string(),
        (_, Form::Decimal(min, _) | Form::Seconds(min, _)) => (min + 0.25).to_string(),
        (_, Form::Dollars(_)) => "0.25".to_owned(),
        // OpenAI's models see, and its servers keep.
        ("model.vision" | "model.prompt_cache", _) => "false".to_owned(),
        (_, Form::Switch) => (key.default != Some("true")).to_string(),
        (_, Form::OneOf(choices)) => {
            let other = choices.iter().find(|choice| Some(**choice) != key.default);
            written(other.unwrap())
        }
    }
}

/// A rule of a group.
const USES_OTHER: &str = "[[access]]\nsays = \"deny\"\ngroups = [\"other\"]\n";

/// Puts a line into its table, with what that must have besides.
fn in_its_table(section: &str, name: &str, line: &str) -> String {
    match (section, name) {
        ("budgets", _) => with_a_budget(name, line),
        ("routes", "targets") => format!("[[routes]]\nid = \"a\"\n{line}"),
        ("routes", "id") => format!("[[routes]]\ntargets = [\"default\"]\n{line}"),
        ("routes", _) => format!("[[routes]]\nid = \"a\"\ntargets = [\"default\"]\n{line}"),
        ("models", "id") => format!("[[models]]\nbase_url = \"http://127.0.0.1:1/v1\"\n{line}"),
        ("groups", "name") => format!("[[groups]]\npeople = [\"a\"]\n{line}{USES_OTHER}"),
        ("groups", _) => format!("[[groups]]\nname = \"other\"\n{line}{USES_OTHER}"),
        ("access", "says") => format!("[[access]]\n{line}"),
        ("access", "groups") => {
            format!("{USES_OTHER}[[groups]]\nname = \"other\"\npeople = [\"a\"]\n")
        }
        ("access", _) => format!("[[access]]\nsays = \"deny\"\n{line}"),
        ("agents", "name") => format!("[[agents]]\n{line}"),
        ("agents", _) => format!("[[agents]]\nname = \"a\"\n{line}"),
        ("channel", "agent") => {
            format!("[[channel]]\nid = \"{CHANNEL}\"\n{line}[[agents]]\nname = \"other\"\n")
        }
        ("model", "price_input" | "price_cached_input" | "price_output") | ("prices", _) => {
            with_the_other_half(section, name, line)
        }
        ("traces", "headers" | "sample_ratio") => {
            format!("[traces]\nendpoint = \"http://127.0.0.1:4318/v1/traces\"\n{line}")
        }
        (_, "id") if is_repeated(section) => format!("[[{section}]]\n{line}"),
        _ if is_repeated(section) => format!("[[{section}]]\nid = \"{CHANNEL}\"\n{line}"),
        _ => format!("[{section}]\n{line}"),
    }
}

/// Puts a key of a budget into its table, with what that must have besides.
fn with_a_budget(name: &str, line: &str) -> String {
    let names = if name == "name" { "" } else { "name = \"a\"\n" };
    let limits = match name {
        "requests" | "tokens" | "dollars" => "",
        _ => "requests = 100\n",
    };
    format!("[[budgets]]\n{names}{limits}{line}")
}

/// Puts a part of a price into its table, with the other parts.
fn with_the_other_half(section: &str, name: &str, line: &str) -> String {
    let all = match section {
        "model" => &["price_input", "price_output"][..],
        _ => &["unknown", "estimate_input", "estimate_output"][..],
    };
    let others = all.iter().filter(|other| **other != name);
    let others = others.map(|other| match *other {
        "unknown" => "unknown = \"estimate\"\n".to_owned(),
        other => format!("{other} = 7\n"),
    });
    format!("[{section}]\n{line}{}", others.collect::<String>())
}

#[test]
fn every_key_of_the_reference_changes_what_is_configured() {
    let minimal = "OPENAI_API_KEY=a\nMATTERMOST_URL=https://chat.example.com\nMATTERMOST_COMMAND_TOKENS=a,b\n";
    let shown = |config: &Config| {
        let Config {
            language,
            public_url,
            watches_files,
            http,
            tokens,
            mattermost,
            models,
            page: _,
            store,
            seals,
            pipeline,
            log,
            observing,
            // In tests of their own.
            images: _,
            speech: _,
            also: _,
            lines: _,
        } = config;
        let neighbours = format!("{tokens:?} {mattermost:?} {models:?} {store:?} {seals:?}");
        let seen = format!("{log:?} {observing:?}");
        format!(
            "{language:?} {public_url:?} {watches_files} {http:?} {neighbours} {pipeline:?} {seen}"
        )
    };
    let without = |name: Option<&str>| -> String {
        let kept = minimal
            .lines()
            .filter(|line| name.is_none_or(|name| !line.starts_with(name)));
        kept.collect::<Vec<_>>().join("\n")
    };
    let before = shown(&good(&[], minimal, ""));
    for key in KEYS {
        // These change what is accepted; a test of their own shows it.
        let needs_more = ["allow_plain_http", "api_key_file", "api_key_env", "media"];
        let is_of_media = ["images", "speech", "admin"].contains(&key.section);
        if needs_more.contains(&key.name) || key.form == Form::Files || is_of_media {
            continue;
        }
        let (line, section) = (
            format!("{} = {}\n", key.name, another_value(key)),
            key.section,
        );
        let toml = in_its_table(section, key.name, &line);
        let after = shown(&good(&[], &without(key.env), &toml));
        // Only its presence shows of a secret that was there before.
        assert!(
            after != before || key.path() == "model.api_key",
            "{}",
            key.path()
        );
    }
}
