//! The files in `deploy/` name what there is: variables, keys, routes, ports, versions and one another.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use askwell::app::GRACE;
use askwell::config::{FILE_SUFFIX, FileText, Inputs, load, reference};

use super::root;

/// All files of the folder, by their paths in the repository.
fn files() -> BTreeMap<String, String> {
    let mut folders = vec![root().join("deploy")];
    let mut files = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root()).unwrap();
                let name = name.to_str().unwrap().to_owned();
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

fn file(name: &str) -> String {
    fs::read_to_string(root().join("deploy").join(name)).unwrap()
}

/// The words of a text that could be variables of ours.
fn variables(text: &str) -> BTreeSet<&str> {
    let is_of_a_name = |letter: char| letter.is_ascii_uppercase() || letter == '_';
    text.split(|letter| !is_of_a_name(letter))
        .filter(|word| {
            ["ASKWELL_", "MATTERMOST_", "OPENAI_"]
                .iter()
                .any(|beginning| word.starts_with(beginning))
        })
        .collect()
}

#[test]
fn every_variable_that_a_file_names_is_one_that_is_read() {
    let known: BTreeSet<_> = reference::KEYS.iter().filter_map(|key| key.env).collect();
    // The one of `setup` is its own, and read by it alone.
    let others = [reference::CONFIG_VARIABLE, "ASKWELL_ADMIN_TOKEN"];
    let mut texts = files();
    for page in ["docs/deploying.md", "docs/deploying.ko.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap_or_default();
        texts.insert(page.to_owned(), text);
    }
    let mut found = 0;
    for (name, text) in &texts {
        for variable in variables(text) {
            found += 1;
            let bare = variable.strip_suffix(FILE_SUFFIX).unwrap_or(variable);
            assert!(
                known.contains(bare) || others.contains(&variable),
                "{variable} in {name}"
            );
        }
    }
    assert!(found > 15, "only {found} variables were found");
}

#[test]
fn the_configuration_of_the_kubernetes_example_is_accepted() {
    let map = file("kubernetes/sqlite/configmap.yaml");
    let (_, written) = map.split_once("askwell.toml: |\n").unwrap();
    let lines: Vec<_> = written.lines().map(str::trim_start).collect();
    let text = lines.join("\n");
    let secret = |name: &str| (name.to_owned(), "5y9gmg3343depb6sytofa1y1eh".to_owned());
    let inputs = Inputs {
        environment: [
            secret("MATTERMOST_COMMAND_TOKENS"),
            secret("MATTERMOST_BOT_TOKEN"),
            secret("OPENAI_API_KEY"),
        ]
        .into(),
        toml: Some(FileText {
            name: "askwell.toml".to_owned(),
            text,
        }),
        ..Inputs::default()
    };
    if let Err(problems) = load(inputs) {
        panic!("{}", problems.render(askwell::config::Colours::Absent));
    }
}

/// What stands behind a word at the beginning of a line, wherever that is.
fn values<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let lines = text
        .lines()
        .map(|line| line.trim().trim_start_matches("- "));
    lines
        .filter_map(|line| line.strip_prefix(word))
        .map(|value| value.trim().trim_matches('"'))
        .collect()
}

#[test]
fn probes_ask_for_what_is_served_and_ports_are_the_one_that_is_listened_on() {
    let routes = fs::read_to_string(root().join("src/http/router.rs")).unwrap();
    let deployment = file("kubernetes/sqlite/deployment.yaml");
    let probed = values(&deployment, "path:");
    assert_eq!(probed, ["/healthz", "/healthz", "/readyz"]);
    for path in probed {
        assert!(routes.contains(&format!("\"{path}\"")), "{path}");
    }
    let listen = reference::KEYS
        .iter()
        .find(|key| key.path() == "server.listen");
    let (_, port) = listen.unwrap().default.unwrap().rsplit_once(':').unwrap();
    let service = file("kubernetes/sqlite/service.yaml");
    let container = file("Containerfile");
    assert_eq!(values(&deployment, "containerPort:"), [port]);
    assert_eq!(values(&service, "port:"), [port]);
    assert_eq!(values(&container, "EXPOSE"), [port]);
    for (name, text) in files() {
        for (_, rest) in text
            .match_indices("http://askwell:")
            .map(|(at, word)| text.split_at(at + word.len()))
        {
            assert!(rest.starts_with(port), "{name}");
        }
    }
}

#[test]
fn versions_are_those_of_the_program_and_of_the_compiler_it_asks_for() {
    let version = env!("CARGO_PKG_VERSION");
    let compose = file("compose/compose.yaml");
    assert!(values(&compose, "image:").contains(&format!("askwell:{version}").as_str()));
    assert_eq!(
        values(&file("kubernetes/sqlite/kustomization.yaml"), "newTag:"),
        [version]
    );
    let container = file("Containerfile");
    assert!(container.contains(&format!("-t askwell:{version} ")));
    let compiler = env!("CARGO_PKG_RUST_VERSION");
    assert!(
        container.contains(&format!("/rust:{compiler}-")),
        "{compiler}"
    );
    // What is not ours is pinned, too.
    let images = values(&container, "FROM")
        .into_iter()
        .chain(values(&compose, "image:"));
    for image in images {
        let image = image.split(' ').next().unwrap();
        let (_, tag) = image.rsplit_once(':').expect("a tag");
        assert!(
            tag.starts_with(|first: char| first.is_ascii_digit()),
            "{image}"
        );
    }
}

#[test]
fn whoever_stops_askwell_waits_for_as_long_as_it_may_take() {
    let longest = GRACE.as_secs() + 5;
    for (name, word) in [
        ("systemd/askwell.service", "TimeoutStopSec="),
        (
            "kubernetes/sqlite/deployment.yaml",
            "terminationGracePeriodSeconds:",
        ),
        ("compose/compose.yaml", "stop_grace_period:"),
    ] {
        let text = file(name);
        let found = values(&text, word);
        let seconds: Vec<u64> = found
            .iter()
            .map(|value| value.trim_end_matches('s').parse().unwrap())
            .collect();
        assert!(!seconds.is_empty(), "{name}");
        assert!(
            seconds.iter().all(|seconds| *seconds > longest),
            "{name}: {seconds:?}"
        );
    }
}

#[test]
fn the_unit_and_the_script_beside_it_name_the_same() {
    let unit = file("systemd/askwell.service");
    let script = file("systemd/askwell-beside");
    let loaded = values(&unit, "LoadCredential=");
    assert_eq!(loaded.len(), 3);
    for credential in loaded {
        let (name, path) = credential.split_once(':').unwrap();
        assert_eq!(path, format!("/etc/askwell/secrets/{name}"));
        assert!(
            script.contains(&format!("LoadCredential={name}:\"$secrets\"/{name} ")),
            "{name}"
        );
        let variable = format!("{}_FILE=", name.to_uppercase());
        assert!(
            unit.contains(&format!("Environment={variable}%d/{name}\n")),
            "{name}"
        );
        assert!(
            script.contains(&format!("--setenv={variable}\"$run\"/{name} ")),
            "{name}"
        );
    }
    let [directory] = values(&unit, "WorkingDirectory=")[..] else {
        panic!("there is one directory to work in");
    };
    assert!(script.contains(&format!("WorkingDirectory={directory} ")));
    let configuration = values(&unit, "Environment=ASKWELL_CONFIG=");
    assert!(script.contains(&format!("ASKWELL_CONFIG={} ", configuration[0])));
    assert!(file("systemd/askwell.sysusers").contains(directory));
}

#[test]
fn the_unit_is_one_that_systemd_reads() {
    let unit = file("systemd/askwell.service");
    for line in unit
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let is_section = line.starts_with('[') && line.ends_with(']');
        assert!(is_section || line.split_once('=').is_some(), "{line}");
    }
    // The program is not where the unit expects it while this is tested.
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("askwell.service");
    let here = unit.replace("/usr/local/bin/askwell", "/bin/true");
    fs::write(&copy, here.replace("man:askwell(1)", "man:true(1)")).unwrap();
    let mut verify = Command::new("systemd-analyze");
    verify
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .arg(&copy);
    match verify.output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            // Where systemd itself is not running, it says so besides.
            let about_it: Vec<_> = said
                .lines()
                .filter(|line| line.contains("askwell.service"))
                .collect();
            assert!(about_it.is_empty(), "{said}");
        }
        Err(error) => {
            eprintln!("systemd-analyze is not on this machine, so it verified nothing: {error}");
        }
    }
}

/// What could be wrong with a YAML file that is written plainly: indents, and keys that stand twice in one mapping.
fn flaws_of_yaml(text: &str) -> Vec<String> {
    let mut flaws = Vec::new();
    let mut open: Vec<(usize, BTreeSet<String>)> = Vec::new();
    let mut block_below = None;
    for (line, number) in text.lines().zip(1..) {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let content = line.trim_start_matches(' ');
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if block_below.is_some_and(|above| indent > above) {
            continue;
        }
        block_below = None;
        if content.contains('\t') || !indent.is_multiple_of(2) || line.ends_with(' ') {
            flaws.push(format!("{number}: {line}"));
        }
        let entry = content.trim_start_matches("- ");
        let indent = indent + content.len() - entry.len();
        open.retain(|(level, _)| *level <= indent);
        if content.starts_with("- ") {
            open.retain(|(level, _)| *level < indent);
        }
        let Some((key, value)) = entry.split_once(':') else {
            continue;
        };
        if !value.is_empty() && !value.starts_with(' ') {
            continue;
        }
        if value.trim() == "|" {
            block_below = Some(indent);
        }
        if open.last().is_none_or(|(level, _)| *level < indent) {
            open.push((indent, BTreeSet::new()));
        }
        if let Some((_, keys)) = open.last_mut()
            && !keys.insert(key.to_owned())
        {
            flaws.push(format!("{number}: {key} stands there twice"));
        }
    }
    flaws
}

#[test]
fn yaml_is_indented_evenly_and_names_nothing_twice() {
    let mut looked_at = 0;
    for (name, text) in files() {
        if Path::new(&name)
            .extension()
            .is_some_and(|ending| ending == "yaml")
        {
            looked_at += 1;
            assert_eq!(flaws_of_yaml(&text), Vec::<String>::new(), "{name}");
        }
    }
    assert!(looked_at > 7);
    assert_eq!(flaws_of_yaml("a:\n  b: 1\n  c: 2\n  b: 3\n").len(), 1);
    assert_eq!(
        flaws_of_yaml("a:\n  - b: 1\n  - b: 2\n"),
        Vec::<String>::new()
    );
    assert_eq!(flaws_of_yaml("a:\n   b: 1\n").len(), 1);
}

#[test]
fn files_that_name_one_another_are_there() {
    let folder = |name: &str| root().join("deploy").join(name);
    let is_there = |path: PathBuf| assert!(path.exists(), "{}", path.display());
    for name in ["kubernetes/sqlite", "kubernetes/postgres"] {
        let text = file(&format!("{name}/kustomization.yaml"));
        let (_, resources) = text.split_once("resources:\n").unwrap();
        let listed: Vec<_> = resources
            .lines()
            .map_while(|line| line.strip_prefix("  - "))
            .collect();
        assert!(!listed.is_empty());
        for resource in listed {
            is_there(folder(name).join(resource));
        }
    }
    let compose = file("compose/compose.yaml");
    let [context] = values(&compose, "context:")[..] else {
        panic!("one image is built");
    };
    let [container] = values(&compose, "dockerfile:")[..] else {
        panic!("one image is built");
    };
    is_there(folder("compose").join(context).join(container));
    is_there(folder("compose").join("databases.sql"));
    for script in ["compose/first-try", "systemd/askwell-beside"] {
        let read = Command::new("sh").arg("-n").arg(folder(script)).status();
        assert!(read.unwrap().success(), "{script}");
    }
}
