//! What whoever runs askwell reads in a terminal, in the language of the installation.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program to its end.
pub(super) fn run(
    directory: &Path,
    environment: &BTreeMap<String, String>,
    arguments: &[&str],
) -> Output {
    Command::new(env!("CARGO_BIN_EXE_askwell"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .envs(environment)
        .output()
        .unwrap()
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// An installation of which nothing can be reached, in a language.
fn environment(language: &str) -> BTreeMap<String, String> {
    [
        ("ASKWELL_LANGUAGE", language),
        ("ASKWELL_LISTEN", "127.0.0.1:0"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:9/v1"),
        ("MATTERMOST_URL", "http://127.0.0.1:9"),
        ("MATTERMOST_COMMAND_TOKENS", "token"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

fn failure(language: &str, key: &str, value: &str, command: &[&str]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let mut environment = environment(language);
    environment.insert(key.to_owned(), value.to_owned());
    let output = run(directory.path(), &environment, command);
    assert_eq!(output.status.code(), Some(1));
    text(&output.stderr)
}

#[test]
fn a_start_that_fails_is_explained_in_the_language_of_the_installation() {
    let database = ("ASKWELL_DATABASE", "sqlite:missing/askwell.db");
    let korean = failure("ko", database.0, database.1, &["serve"]);
    assert!(
        korean.contains("데이터베이스를 둘 디렉터리가 없어요"),
        "{korean}"
    );
    assert!(korean.contains("디렉터리를 만들거나"), "{korean}");
    let english = failure("en", database.0, database.1, &["serve"]);
    assert!(
        english.contains("The directory of the database is missing"),
        "{english}"
    );
    assert!(english.contains("Create the directory"), "{english}");
    for said in [korean, english] {
        assert!(said.contains("missing"), "the path is named: {said}");
    }
}

#[test]
fn a_configuration_that_is_right_is_called_so_in_one_language() {
    let directory = tempfile::tempdir().unwrap();
    for (language, said) in [
        ("ko", "설정에 문제가 없어요.\n"),
        ("en", "The configuration is complete.\n"),
    ] {
        let output = run(
            directory.path(),
            &environment(language),
            &["config", "check"],
        );
        assert_eq!(text(&output.stdout), said);
    }
}
