//! The table of all metrics, for `docs/operations.md`.

use std::fmt::Write;

use super::register::Metrics;

/// Returns a Markdown table of every metric: its name as queries have it, its kind, and what it is.
#[must_use]
pub fn metrics_reference() -> String {
    let text = Metrics::default().text();
    let mut table = "| metric | kind | what it is |\n|---|---|---|\n".to_owned();
    let mut kind = "";
    for line in text.lines() {
        let words = |prefix| {
            let rest = line.strip_prefix(prefix)?;
            rest.split_once(' ')
        };
        // Its help stands before the kind of a metric.
        if let Some((name, help)) = words("# HELP ") {
            let found = text.lines().find_map(|line| {
                let rest = line.strip_prefix("# TYPE ")?;
                rest.strip_prefix(name)?.strip_prefix(' ')
            });
            kind = found.unwrap_or(kind);
            let ending = match kind {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            // The registry ends every help with a full stop.
            writeln!(table, "| `{name}{ending}` | {kind} | {help} |")
                .expect("a string takes whatever is written");
        }
    }
    table
}
