//! The files of `docs/operations/` and its page go with the metrics that there are: every name and label that they use exists, every alert has
//! its section, and the expressions can be read.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read a document has failed"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use askwell::telemetry::{every_metric, metrics_reference, samples};
use serde_json::Value;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name);
    fs::read_to_string(path).unwrap()
}

/// Every series that there can be: its name, and the labels that it has.
fn known() -> BTreeMap<String, BTreeSet<String>> {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for sample in samples(&every_metric().text()) {
        let labels = sample.labels.into_keys();
        known.entry(sample.name).or_default().extend(labels);
    }
    known
}

/// One alert of the rules.
#[derive(Default)]
struct Alert {
    name: String,
    expression: String,
    runbook: String,
    severity: String,
}

/// Reads the rules in the form in which they are written: a line a key.
fn alerts() -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    for line in read("operations/alerts.yaml").lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("- alert: ") {
            alerts.push(Alert {
                name: name.to_owned(),
                ..Alert::default()
            });
        }
        let Some(alert) = alerts.last_mut() else {
            continue;
        };
        if let Some(quoted) = line.strip_prefix("expr: ") {
            let within = quoted
                .strip_prefix('\'')
                .and_then(|rest| rest.strip_suffix('\''));
            within.unwrap().clone_into(&mut alert.expression);
        } else if let Some(target) = line.strip_prefix("runbook: ") {
            target.clone_into(&mut alert.runbook);
        } else if let Some(labels) = line.strip_prefix("labels: { severity: ") {
            labels
                .trim_end_matches(" }")
                .clone_into(&mut alert.severity);
        }
    }
    alerts
}

/// The expressions of the dashboard.
fn panels() -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    match field {
                        Value::String(text) if name == "expr" => found.push(text.clone()),
                        other => collect(other, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(
        &serde_json::from_str(&read("operations/grafana.json")).unwrap(),
        &mut found,
    );
    found
}

/// A word of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    Number(String),
    /// A duration in brackets, or a variable of Grafana's.
    Range(String),
    Text(String),
    Sign(String),
}

/// Splits an expression into its words; fails where something stands in it that PromQL does not have.
fn tokens(expression: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let take = |is: &dyn Fn(char) -> bool| rest.find(|one| !is(one)).unwrap_or(rest.len());
        let (token, length) = match first {
            ' ' => (None, 1),
            '"' => {
                let end = rest[1..].find('"').ok_or("a text does not end")? + 2;
                (Some(Token::Text(rest[1..end - 1].to_owned())), end)
            }
            '[' => {
                let end = rest.find(']').ok_or("a range does not end")? + 1;
                (Some(Token::Range(rest[1..end - 1].to_owned())), end)
            }
            one if one.is_ascii_alphabetic() || one == '_' => {
                let end = take(&|one| one.is_ascii_alphanumeric() || one == '_');
                (Some(Token::Name(rest[..end].to_owned())), end)
            }
            one if one.is_ascii_digit() => {
                let end = take(&|one| one.is_ascii_alphanumeric() || one == '.');
                (Some(Token::Number(rest[..end].to_owned())), end)
            }
            _ => {
                let signs = [
                    "=~", "!~", "!=", "==", ">=", "<=", "(", ")", "{", "}", ",", "=", ">", "<",
                    "/", "*", "+", "-",
                ];
                let sign = signs.iter().find(|sign| rest.starts_with(**sign));
                let sign = sign.ok_or_else(|| format!("{first:?} is no sign"))?;
                (Some(Token::Sign((*sign).to_owned())), sign.len())
            }
        };
        tokens.extend(token);
        rest = &rest[length..];
    }
    Ok(tokens)
}

/// Words of PromQL that our expressions use.
const FUNCTIONS: [&str; 8] = [
    "absent",
    "histogram_quantile",
    "increase",
    "max",
    "min",
    "rate",
    "sum",
    "avg",
];
const WORDS: [&str; 6] = ["by", "on", "and", "unless", "or", "offset"];

/// A duration of PromQL, or the interval that Grafana chooses.
fn is_duration(text: &str) -> bool {
    let number = text.trim_end_matches(|one: char| one.is_ascii_alphabetic());
    text == "$__rate_interval"
        || (!number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && ["s", "m", "h", "d", "w"].contains(&&text[number.len()..]))
}

/// Says what is wrong with an expression.
fn faults(expression: &str, known: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let tokens = match tokens(expression) {
        Ok(tokens) => tokens,
        Err(fault) => return vec![fault],
    };
    let mut faults = Vec::new();
    let mut open = Vec::new();
    // Every label that is named must be one of all metrics of the expression that it can be of.
    let mut all_labels = BTreeSet::new();
    let mut own: Option<&BTreeSet<String>> = None;
    let mut grouped = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let is_word = |word: &str| before == Some(&Token::Name(word.to_owned()));
        match token {
            Token::Sign(sign) if sign == "(" => open.push(if is_word("by") || is_word("on") {
                "by"
            } else {
                "("
            }),
            Token::Sign(sign) if sign == "{" => open.push("{"),
            Token::Sign(sign) if sign == ")" || sign == "}" => {
                let opened = open.pop();
                let fits = opened == Some("{") && sign == "}"
                    || opened.is_some_and(|one| one != "{") && sign == ")";
                if !fits {
                    faults.push(format!("{sign} closes {opened:?}"));
                }
            }
            Token::Name(name) => match open.last() {
                Some(&"by") => grouped.push(name.clone()),
                Some(&"{") if !own.is_some_and(|own| own.contains(name)) => {
                    faults.push(format!("{name} is no label of what is before it"));
                }
                Some(&"{") => {}
                _ if FUNCTIONS.contains(&name.as_str()) || WORDS.contains(&name.as_str()) => {}
                _ => match known.get(name) {
                    Some(labels) => {
                        all_labels.extend(labels.iter().cloned());
                        own = Some(labels);
                    }
                    None => faults.push(format!("{name} is no metric")),
                },
            },
            Token::Range(range) if !is_duration(range) => {
                faults.push(format!("[{range}] is no duration"));
            }
            Token::Number(number)
                if number.parse::<f64>().is_err()
                    && !(is_word("offset") && is_duration(number)) =>
            {
                faults.push(format!("{number} is no number"));
            }
            Token::Range(_) | Token::Number(_) | Token::Text(_) | Token::Sign(_) => {}
        }
    }
    faults.extend(open.iter().map(|open| format!("{open} is not closed")));
    let unknown = grouped.iter().filter(|label| !all_labels.contains(*label));
    faults.extend(unknown.map(|label| format!("{label} is a label of none of its metrics")));
    faults
}

#[test]
fn every_expression_can_be_read_and_uses_metrics_that_there_are() {
    let known = known();
    let of_alerts = alerts().into_iter().map(|alert| alert.expression);
    let all: Vec<_> = of_alerts.chain(panels()).collect();
    assert!(all.len() > 40, "only {} expressions were found", all.len());
    for expression in &all {
        let faults = faults(expression, &known);
        assert!(faults.is_empty(), "{expression}: {faults:?}");
    }
}

#[test]
fn an_expression_that_is_wrong_is_noticed() {
    let known = known();
    for wrong in [
        "sum(askwell_backlog",
        "sum(askwell_backlog{state=\"dead\")}",
        "rate(askwell_question_total[5m])",
        "rate(askwell_questions_total[5x])",
        "askwell_questions_total{target=\"a\"}",
        "sum by (target) (askwell_backlog)",
        "median(askwell_backlog)",
        "askwell_backlog ? 1",
        "askwell_backlog{state=\"dead}",
        "askwell_backlog > 1x",
    ] {
        assert!(!faults(wrong, &known).is_empty(), "{wrong}");
    }
}

/// The anchor of a heading, as Markdown makes it.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|one| one.is_alphanumeric() || " -_".contains(*one));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_alert_says_what_to_do_and_the_page_has_no_section_of_another() {
    let page = read("operations.md");
    let of_alerts = page.split("## Alerts\n").nth(1).unwrap();
    let of_alerts = of_alerts.split("\n## ").next().unwrap();
    let sections: BTreeMap<String, usize> = of_alerts
        .split("\n### ")
        .skip(1)
        .map(|section| {
            let (heading, text) = section.split_once('\n').unwrap();
            (anchor(heading), text.trim().len())
        })
        .collect();
    let mut named = BTreeSet::new();
    for alert in alerts() {
        let anchor = alert.runbook.strip_prefix("docs/operations.md#").unwrap();
        let length = sections
            .get(anchor)
            .unwrap_or_else(|| panic!("{anchor} has no section"));
        assert!(*length > 100, "{anchor} says nothing");
        assert_eq!(anchor, alert.name.to_lowercase());
        let severities = ["page", "ticket", "info"];
        assert!(severities.contains(&alert.severity.as_str()), "{anchor}");
        assert!(named.insert(anchor.to_owned()), "{anchor} is there twice");
    }
    assert_eq!(named, sections.into_keys().collect());
    // Where the page points to another of its sections, that is there.
    for target in page
        .split("](#")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
    {
        assert!(named.contains(target), "#{target}");
    }
}

#[test]
fn the_page_has_the_table_of_all_metrics() {
    let page = read("operations.md");
    let table = metrics_reference();
    assert!(
        page.ends_with(&table),
        "docs/operations.md is stale: its end is what `cargo run -- metrics` prints"
    );
}

#[test]
fn every_metric_is_shown_on_the_dashboard() {
    let shown = panels().join("\n");
    for (name, _) in known() {
        let name = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|ending| name.strip_suffix(ending))
            .unwrap_or(&name);
        assert!(shown.contains(name), "{name}");
    }
}

#[test]
fn the_places_of_the_dashboards_panels_do_not_overlap() {
    let dashboard: Value = serde_json::from_str(&read("operations/grafana.json")).unwrap();
    let mut taken = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let place = &panel["gridPos"];
        let side = |name: &str| place[name].as_u64().unwrap();
        assert!(side("x") + side("w") <= 24);
        assert!(ids.insert(panel["id"].as_u64()));
        for x in side("x")..side("x") + side("w") {
            for y in side("y")..side("y") + side("h") {
                assert!(taken.insert((x, y)), "{}", panel["title"]);
            }
        }
    }
}
