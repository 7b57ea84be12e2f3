//! The rooms of the house and the arrows between them, held as ARCHITECTURE.md states them.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read the source has failed"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may look into. A room that is not here does not exist; an arrow that is not here is not drawn.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ports", &["domain"]),
    ("text", &["domain"]),
    ("markdown", &["domain"]),
    ("redaction", &["domain"]),
    ("telemetry", &[]),
    ("lifecycle", &[]),
    ("clock", &["domain", "ports"]),
    ("store", &["domain", "ports", "telemetry"]),
    ("mattermost", &["domain", "ports", "telemetry"]),
    ("llm", &["domain", "ports", "telemetry"]),
    ("reading", &["domain", "ports", "telemetry"]),
    (
        "pipeline",
        &[
            "domain",
            "ports",
            "markdown",
            "redaction",
            "telemetry",
            "text",
        ],
    ),
    (
        "http",
        &[
            "domain",
            "ports",
            "pipeline",
            "mattermost",
            "telemetry",
            "text",
        ],
    ),
    (
        "config",
        &[
            "domain",
            "pipeline",
            "http",
            "mattermost",
            "llm",
            "redaction",
            "store",
            "telemetry",
            "text",
        ],
    ),
    (
        "provision",
        &[
            "domain",
            "ports",
            "store",
            "mattermost",
            "llm",
            "config",
            "text",
        ],
    ),
    (
        "app",
        &[
            "domain",
            "ports",
            "clock",
            "lifecycle",
            "store",
            "mattermost",
            "llm",
            "pipeline",
            "reading",
            "http",
            "config",
            "telemetry",
            "text",
        ],
    ),
    (
        "cli",
        &[
            "app",
            "clock",
            "config",
            "lifecycle",
            "provision",
            "reading",
            "telemetry",
            "text",
        ],
    ),
    ("main", &["cli"]),
];

/// The crates from outside that a pure room may use.
const PURE: &[(&str, &[&str])] = &[
    ("domain", &["thiserror", "std"]),
    (
        "markdown",
        &[
            "unicode_segmentation",
            "unicode_normalization",
            "url",
            "std",
        ],
    ),
];

/// Crates whose types stay in one folder, because they change with each version.
const CONFINED: &[(&str, &str)] = &[("genai", "llm/foreign")];

/// Rooms in which serialisation does not belong.
const WITHOUT_SERDE: &[&str] = &["domain", "ports", "pipeline", "markdown", "text"];

const MAX_LINES: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_under(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|ending| endings.iter().any(|one| ending == *one))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The room a source file stands in: the first step of its path below `src`.
fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    let first = inside
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The source of a file without comments and without its tests, which may look anywhere.
fn code_of(path: &Path) -> String {
    if path.ends_with("tests.rs") {
        return String::new();
    }
    let source = fs::read_to_string(path).unwrap();
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The words that follow `prefix` wherever it begins a path: `crate::ports` gives `ports`, `crate::{a::B, c}` gives `a` and `c`.
fn names_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            names.extend(first_names_of_group(group));
        } else {
            names.insert(word(rest));
        }
    }
    names.remove("");
    names
}

fn first_names_of_group(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut begins) = (0, Vec::new(), true);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            _ if begins && !character.is_whitespace() => {
                names.push(word(&group[at..]));
                begins = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|character| character.is_alphanumeric() || *character == '_')
        .collect()
}

fn arrows_drawn() -> BTreeMap<String, BTreeSet<(String, PathBuf)>> {
    let mut drawn: BTreeMap<String, BTreeSet<(String, PathBuf)>> = BTreeMap::new();
    for path in files_under(&root().join("src"), &["rs"]) {
        let room = room_of(&path);
        if room == "lib" {
            continue;
        }
        let code = code_of(&path);
        let prefix = if room == "main" {
            "askwell::"
        } else {
            "crate::"
        };
        for name in names_after(&code, prefix) {
            if name != room {
                drawn
                    .entry(room.clone())
                    .or_default()
                    .insert((name, path.clone()));
            }
        }
    }
    drawn
}

#[test]
fn every_arrow_between_rooms_is_one_that_the_plan_draws() {
    let allowed: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (room, targets) in arrows_drawn() {
        let Some(may) = allowed.get(room.as_str()) else {
            wrong.push(format!("{room} is not in the plan"));
            continue;
        };
        for (target, path) in targets {
            if !may.contains(&target.as_str()) {
                wrong.push(format!("{room} -> {target} in {}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_of_the_source_is_in_the_plan() {
    let planned: BTreeSet<_> = ARROWS.iter().map(|(room, _)| (*room).to_owned()).collect();
    let rooms: BTreeSet<_> = files_under(&root().join("src"), &["rs"])
        .iter()
        .map(|path| room_of(path))
        .filter(|room| room != "lib")
        .collect();
    assert_eq!(rooms, planned);
}

#[test]
fn the_plan_has_no_cycle() {
    let plan: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let mut placed = BTreeSet::new();
    while placed.len() < plan.len() {
        let before = placed.len();
        for (room, targets) in &plan {
            if targets.iter().all(|target| placed.contains(target)) {
                placed.insert(*room);
            }
        }
        let left: Vec<_> = plan.keys().filter(|room| !placed.contains(*room)).collect();
        assert!(
            placed.len() > before,
            "these rooms look at each other in a circle: {left:?}"
        );
    }
}

#[test]
fn pure_rooms_use_no_crate_from_outside_but_those_named() {
    for (room, crates) in PURE {
        for path in files_under(&root().join("src").join(room), &["rs"]) {
            let code = code_of(&path);
            for line in code
                .lines()
                .map(str::trim)
                .filter(|line| line.starts_with("use "))
            {
                let name = word(line.trim_start_matches("use ").trim_start_matches("::"));
                let is_ours = ["crate", "super", "self"].contains(&name.as_str());
                assert!(
                    is_ours || crates.contains(&name.as_str()),
                    "{room} uses {name} in {}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn crates_that_are_confined_are_named_in_their_folder_only() {
    for (name, folder) in CONFINED {
        let folder = root().join("src").join(folder);
        let is_named = |path: &PathBuf| code_of(path).contains(&format!("{name}::"));
        let (inside, outside): (Vec<_>, Vec<_>) = files_under(&root().join("src"), &["rs"])
            .into_iter()
            .filter(is_named)
            .partition(|path| path.starts_with(&folder));
        assert!(!inside.is_empty(), "{name} is used");
        assert!(outside.is_empty(), "{name} is named in {outside:?}");
    }
}

#[test]
fn serialisation_stays_at_the_edges() {
    for room in WITHOUT_SERDE {
        let folder = root().join("src").join(room);
        let file = folder.with_extension("rs");
        let paths = files_under(&folder, &["rs"])
            .into_iter()
            .chain(file.exists().then_some(file));
        for path in paths {
            assert!(!code_of(&path).contains("serde"), "{}", path.display());
        }
    }
}

#[test]
fn no_file_is_longer_than_600_lines() {
    let folders = ["src", "tests", "playground", "bench", "scripts"];
    let endings = ["rs", "js", "css", "html", "py", "sh", "toml", "ftl", "sql"];
    let long: Vec<_> = folders
        .iter()
        .flat_map(|folder| files_under(&root().join(folder), &endings))
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > MAX_LINES)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn the_product_shares_no_code_with_the_playground() {
    for path in files_under(&root().join("playground"), &["rs", "toml"]) {
        let source = fs::read_to_string(&path).unwrap();
        let code: String = source
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        assert!(!code.contains("askwell::"), "{}", path.display());
        assert!(!code.contains("path = \"..\""), "{}", path.display());
    }
    for path in files_under(&root().join("src"), &["rs"]) {
        assert!(
            !code_of(&path).contains("askwell_playground"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn no_module_has_a_vague_name() {
    let vague = [
        "util", "utils", "common", "helpers", "misc", "errors", "types", "models", "manager",
    ];
    for folder in ["src", "playground/src", "tests"] {
        for path in files_under(&root().join(folder), &["rs"]) {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(!vague.contains(&name.as_str()), "{}", path.display());
        }
    }
}
