//! In what two configurations differ, by the names of keys alone.

use std::collections::{BTreeMap, BTreeSet};

use super::load::Config;
use super::reference::{KEYS, MATTERMOST_NAME};
use super::summary::Line;

/// Keys of the process that are in force without a restart all the same.
const LIVE: [&str; 3] = [
    "server.max_body_bytes",
    "server.body_timeout_seconds",
    "server.also",
];

/// Returns the keys in which two configurations differ, in the order of their names; those of a further bot after its name, as in
/// `sales: answer.assistant`. Nothing of their values is part of it, and secrets are compared without being kept.
#[must_use]
pub fn changes(before: &Config, now: &Config) -> Vec<String> {
    let (before, now) = (told(before, now), told(now, before));
    let paths: BTreeSet<_> = before.keys().chain(now.keys()).collect();
    let differ = |path: &&&String| match (before.get(**path), now.get(**path)) {
        (Some(before), Some(now)) => !before.says_the_same_as(now),
        _ => true,
    };
    paths
        .iter()
        .filter(differ)
        .map(|path| (**path).clone())
        .collect()
}

/// Says whether a key that [`changes`] returned is in force only after a restart.
#[must_use]
pub fn needs_a_restart(key: &str) -> bool {
    let mut of_the_process = KEYS.iter().filter(|one| one.is_of_the_process());
    !LIVE.contains(&key) && of_the_process.any(|one| one.path() == key)
}

/// The lines of a configuration by their paths. Of a further bot that the other one does not have, its name stands for all of it.
fn told<'c>(config: &'c Config, other: &Config) -> BTreeMap<String, &'c Line> {
    let own = config.lines.iter().map(|line| (line.path(), line));
    let of_others = config.also.iter().flat_map(|bot| {
        let server = &bot.mattermost.server;
        let mut others = other.also.iter().map(|bot| &bot.mattermost.server);
        let is_in_both = others.any(|other| other == server);
        let lines = bot.lines.iter().map(|line| (line.path(), line));
        let counted = lines.filter(move |(path, _)| is_in_both || *path == MATTERMOST_NAME.path());
        counted.map(move |(path, line)| (format!("{server}: {path}"), line))
    });
    own.chain(of_others).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{FileText, Inputs, load};
    use super::*;

    fn config(toml: &str, token: &str) -> Config {
        let inputs = Inputs {
            environment: [
                ("MATTERMOST_URL", "http://127.0.0.1:8065"),
                ("MATTERMOST_COMMAND_TOKENS", token),
                ("OPENAI_API_KEY", "sk-of-a-test"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            toml: Some(FileText {
                name: "askwell.toml".to_owned(),
                text: toml.to_owned(),
            }),
            ..Inputs::default()
        };
        load(inputs).unwrap()
    }

    #[test]
    fn keys_that_differ_are_named_secrets_and_tables_too_and_no_value_is() {
        let before = config("[answer]\nassistant = \"A\"\n", "token-one");
        assert_eq!(changes(&before, &before.clone()), Vec::<String>::new());
        let now = config(
            "[answer]\nassistant = \"B\"\n[server]\nlisten = \"127.0.0.1:1\"\n
             [[agents]]\nname = \"x\"\ntitle = \"X\"\nprompt = \"You are X.\"\n",
            "token-two",
        );
        let changed = changes(&before, &now);
        for key in [
            "answer.assistant",
            "mattermost.command_tokens",
            "server.listen",
            "agents 1.name",
        ] {
            assert!(changed.iter().any(|one| one == key), "{key}: {changed:?}");
        }
        assert!(!changed.concat().contains("token-"), "{changed:?}");
        assert!(!format!("{before:?}").contains("token-one"));
    }

    #[test]
    fn what_the_process_is_bound_to_needs_a_restart_and_what_a_bot_does_does_not() {
        for key in [
            "server.listen",
            "server.max_connections",
            "database.url",
            "log.level",
        ] {
            assert!(needs_a_restart(key), "{key}");
        }
        for key in [
            "answer.assistant",
            "server.also",
            "server.language",
            "model.name",
        ] {
            assert!(!needs_a_restart(key), "{key}");
        }
    }

    #[test]
    fn keys_that_are_live_are_keys_of_the_process() {
        for key in LIVE {
            let mut keys = KEYS.iter().filter(|one| one.is_of_the_process());
            assert!(keys.any(|one| one.path() == key), "{key}");
        }
    }
}
