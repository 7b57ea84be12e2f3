//! Reads metrics back: a page in this process, and tests, see what a collector would.

use std::collections::BTreeMap;

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its name, with what its kind adds (`_total`, `_bucket`, `_sum`, `_count`).
    pub name: String,
    /// What it is the number of.
    pub labels: BTreeMap<String, String>,
    /// The number.
    pub value: f64,
}

impl Sample {
    /// Whether it has this name, and these labels among others.
    #[must_use]
    pub fn is(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        let has = |(label, value): &(&str, &str)| {
            self.labels.get(*label).is_some_and(|held| held == value)
        };
        self.name == name && labels.iter().all(has)
    }
}

/// Reads the text of [`Metrics::text`](super::Metrics::text); lines of another form are left out.
#[must_use]
pub fn samples(text: &str) -> Vec<Sample> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(sample).collect()
}

fn sample(line: &str) -> Option<Sample> {
    let at = line.find(['{', ' '])?;
    let (name, rest) = line.split_at_checked(at)?;
    let mut labels = BTreeMap::new();
    let rest = match rest.strip_prefix('{') {
        Some(within) => read_labels(within, &mut labels)?,
        None => rest,
    };
    let value = rest.split_whitespace().next()?;
    Some(Sample {
        name: name.to_owned(),
        labels,
        value: value.parse().ok()?,
    })
}

/// Reads labels up to the brace that ends them; returns what follows it.
fn read_labels<'t>(text: &'t str, labels: &mut BTreeMap<String, String>) -> Option<&'t str> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(',');
        if let Some(after) = rest.strip_prefix('}') {
            return Some(after);
        }
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = read_value(after)?;
        labels.insert(name.to_owned(), value);
        rest = after;
    }
}

/// Reads a value up to the quote that ends it; returns it and what follows.
fn read_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}
