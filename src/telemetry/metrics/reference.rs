//! Every metric there can be, and the table of them for `docs/operations.md`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use super::labels::{Names, OTHER};
use super::record::{Admitted, Breaking, StatusClass, Tokens, Waiting};
use super::register::{Metrics, PREFIX};
use super::samples::samples;

/// What is said of a metric that [`every_metric`] forgets.
const NOT_TOLD: &str = "?";

/// Returns metrics in which everything was told once, so that each has a series.
#[must_use]
pub fn every_metric() -> Metrics {
    let metrics = Metrics::new(Names::default());
    let second = Duration::from_secs(1);
    metrics.admitted(Admitted::Accepted);
    metrics.acknowledged(second);
    metrics.claimed(second);
    metrics.saw_first_text(second);
    metrics.edited(second);
    metrics.ended("answered");
    metrics.answered(second);
    metrics.took_edits(1);
    metrics.buried("refused");
    metrics.waits(OTHER, Waiting::default());
    metrics.called_model(OTHER, "ok");
    metrics.first_token(OTHER, second);
    metrics.wrote(OTHER, 1, second);
    metrics.used(
        OTHER,
        Tokens {
            prompt: 1,
            cached: 1,
            completion: 1,
            reasoning: 1,
        },
    );
    metrics.cost(OTHER, 1);
    metrics.budget_used(OTHER, 1.0);
    metrics.breaks(OTHER, Breaking::Closed);
    metrics.called_mattermost(OTHER, "ping", StatusClass::TooMany);
    metrics.limits(OTHER, 1.0, 1);
    metrics.hears(OTHER, true);
    metrics.missed(OTHER);
    metrics.lost_connection(OTHER);
    metrics.caught_up(1);
    metrics.spans("sent", 1);
    metrics
}

/// Returns a Markdown table of every metric: its name as queries have it, its kind, its labels, and what it is.
#[must_use]
pub fn metrics_reference() -> String {
    let metrics = every_metric();
    let text = metrics.text();
    let mut table = "| metric | kind | labels | what it is |\n|---|---|---|---|\n".to_owned();
    for name in &metrics.registered {
        let name = format!("{PREFIX}_{name}");
        let (kind, help) = (said("TYPE", &name, &text), said("HELP", &name, &text));
        let ending = match kind {
            "counter" => "_total",
            "info" => "_info",
            _ => "",
        };
        let labels = labels_of(&name, &text);
        let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = labels.join(", ");
        writeln!(table, "| `{name}{ending}` | {kind} | {labels} | {help} |")
            .expect("a string takes whatever is written");
    }
    table
}

/// What the text says of a metric.
fn said<'t>(what: &str, name: &str, text: &'t str) -> &'t str {
    let lines = text.lines().filter_map(|line| line.strip_prefix("# "));
    let mut of_name = lines.filter_map(|line| {
        let rest = line.strip_prefix(what)?.strip_prefix(' ')?;
        rest.strip_prefix(name)?.strip_prefix(' ')
    });
    of_name.next().unwrap_or(NOT_TOLD)
}

/// The labels of a metric, without the bound of a bucket.
fn labels_of(name: &str, text: &str) -> BTreeSet<String> {
    let endings = ["", "_total", "_info", "_sum", "_count", "_bucket"];
    let own = samples(text).into_iter().filter(|sample| {
        let ending = sample.name.strip_prefix(name);
        ending.is_some_and(|ending| endings.contains(&ending))
    });
    let labels = own.flat_map(|sample| sample.labels.into_keys());
    labels.filter(|label| label != "le").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_and_has_a_row() {
        let table = metrics_reference();
        assert!(!table.contains(NOT_TOLD), "{table}");
        assert!(table.lines().count() > 22, "{table}");
    }
}
