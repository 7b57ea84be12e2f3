//! Documents that are generated are current, what they name exists, and what they list is complete.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read a document has failed"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use askwell::config;
use askwell::text::Language;

#[path = "documents/deploying.rs"]
mod deploying;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_configuration_reference_is_current_in_both_languages() {
    for (language, name) in [
        (Language::English, "docs/configuration.md"),
        (Language::Korean, "docs/configuration.ko.md"),
    ] {
        let written = fs::read_to_string(root().join(name)).unwrap_or_default();
        assert!(
            written == config::document(language),
            "{name} is stale: cargo run -- config reference {} > {name}",
            language.code()
        );
    }
}

/// Files below a folder whose names end so, the folder's own first.
fn files_under(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|one| one == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The documents people read: those of the repository's root, of `docs/` and of the folders that have one of their own.
fn documents() -> Vec<PathBuf> {
    let mut documents: Vec<_> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    documents.extend(files_under(&root().join("docs"), "md"));
    for folder in ["bench", "playground", "recorded"] {
        let readme = root().join(folder).join("README.md");
        documents.extend(readme.exists().then_some(readme));
    }
    documents.sort();
    documents
}

/// The targets of a text's links, without their anchors; what is in a fence is no link.
fn linked(text: &str) -> Vec<&str> {
    let outside = text.split("```").step_by(2);
    outside
        .flat_map(|text| text.split("](").skip(1))
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

/// What a text names between single backticks.
fn quoted(text: &str) -> Vec<&str> {
    let outside = text.split("```").step_by(2);
    outside
        .flat_map(|text| text.split('`').skip(1).step_by(2))
        .collect()
}

/// Whether a quoted text is a path of the repository: a file or folder below one of its folders, a document of its root, or one told from
/// where the text stands.
fn is_path(quoted: &str) -> bool {
    let folders = [
        "src/",
        "tests/",
        "docs/",
        "playground/",
        "bench/",
        "scripts/",
        "recorded/",
        "deploy/",
    ];
    let is_plain = quoted
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    let is_document = quoted
        .strip_suffix(".md")
        .is_some_and(|name| !name.contains('/'));
    is_plain
        && (is_document
            || quoted.starts_with("../")
            || folders.iter().any(|folder| quoted.starts_with(folder)))
}

/// What is made when it is needed, and so is not in the repository.
const MADE: [&str; 3] = ["bench/results/latest.md", "bench/results", "bench/results/"];

#[test]
fn every_path_that_a_document_names_exists() {
    let mut named = 0;
    let mut missing = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        let links = linked(&text);
        let links = links.iter().map(|target| (folder.join(target), *target));
        let paths = quoted(&text).into_iter().filter(|quoted| is_path(quoted));
        let paths = paths.filter(|path| !MADE.contains(path)).map(|path| {
            let from = if path.starts_with("../") {
                folder
            } else {
                root()
            };
            (from.join(path), path)
        });
        for (path, written) in links.chain(paths) {
            named += 1;
            if !path.exists() {
                missing.push(format!("{written} in {}", document.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(named > 50, "only {named} paths were found");
}

#[test]
fn the_source_cites_no_page_that_is_not_here() {
    for folder in [
        "src",
        "tests",
        "playground/src",
        "playground/tests",
        "bench/src",
    ] {
        for path in files_under(&root().join(folder), "rs") {
            let source = fs::read_to_string(&path).unwrap();
            for page in ["design", "contract", "style"] {
                let citation = format!("{page} \u{a7}");
                assert!(
                    !source.contains(&citation),
                    "{citation} in {}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn decisions_are_numbered_once_and_in_a_row() {
    let records = files_under(&root().join("docs/adr"), "md");
    for (number, path) in (1..).zip(&records) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(&format!("{number:04}-")), "{name}");
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with(&format!("# {number}. ")), "{name}");
    }
    assert!(!records.is_empty());
}

/// The fields of every event that the source logs: `name = …`, `%name` or `?name` before the message.
fn fields_logged() -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for path in files_under(&root().join("src"), "rs") {
        let source = fs::read_to_string(path).unwrap();
        for level in ["error", "warn", "info", "debug", "trace"] {
            let call = format!("tracing::{level}!(");
            for written in source.split(&call).skip(1) {
                fields.extend(arguments(written));
            }
        }
    }
    fields
}

/// The names of the arguments that a call begins with, up to its message.
fn arguments(call: &str) -> Vec<String> {
    let (mut depth, mut argument, mut names) = (0, String::new(), Vec::new());
    for character in call.chars() {
        match character {
            '"' | ')' | ']' | '}' if depth == 0 => break,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => names.push(std::mem::take(&mut argument)),
            _ if depth == 0 => argument.push(character),
            _ => {}
        }
    }
    names
        .iter()
        .filter_map(|argument| argument.split('=').next())
        .map(|name| name.trim().trim_start_matches(['%', '?']).to_owned())
        .collect()
}

#[test]
fn the_fields_of_the_log_are_those_that_its_page_lists() {
    let page = fs::read_to_string(root().join("docs/logging.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: BTreeSet<String> = rows
        .filter_map(|row| row.split(" | ").next())
        .flat_map(|names| names.split(", "))
        .map(|name| name.trim_matches('`').to_owned())
        .collect();
    assert_eq!(listed, fields_logged());
}

/// Every table of the database with its columns, as the migrations make them.
fn columns() -> BTreeSet<(String, String)> {
    let mut columns = BTreeSet::new();
    for path in files_under(&root().join("src/store/migrations"), "sql") {
        let sql = fs::read_to_string(path).unwrap();
        let mut table: Option<String> = None;
        for line in sql.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match (words.as_slice(), &table) {
                (["CREATE", "TABLE", name, ..], _) => table = Some((*name).to_owned()),
                (["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..], _) => {
                    columns.insert(((*name).to_owned(), (*column).to_owned()));
                }
                ([end, ..], _) if end.starts_with(')') => table = None,
                ([column, _, ..], Some(name))
                    if column.starts_with(|first: char| first.is_ascii_lowercase()) =>
                {
                    columns.insert((name.clone(), (*column).to_owned()));
                }
                _ => {}
            }
        }
    }
    columns
}

#[test]
fn the_page_about_privacy_lists_every_column_of_the_database_in_both_languages() {
    let stored = columns();
    assert!(stored.contains(&("jobs".to_owned(), "picture".to_owned())));
    for page in ["docs/privacy.md", "docs/privacy.ko.md"] {
        let page = fs::read_to_string(root().join(page)).unwrap();
        let mut listed = BTreeSet::new();
        for row in page.lines().filter_map(|line| line.strip_prefix("| `")) {
            let cells: Vec<&str> = row.split(" | ").collect();
            let [table, columns, _what, kept] = cells.as_slice() else {
                panic!("a row of four cells: {row}");
            };
            assert!(kept.trim_end_matches(" |").len() > 2, "how long: {row}");
            for column in columns.split(", ") {
                let pair = (
                    table.trim_matches('`').to_owned(),
                    column.trim_matches('`').to_owned(),
                );
                assert!(listed.insert(pair.clone()), "{pair:?} twice");
            }
        }
        assert_eq!(listed, stored);
    }
}
