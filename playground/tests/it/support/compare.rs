//! Comparing what came with what was recorded: same keys, same JSON types, same values where they are determined.
//!
//! Ids differ from run to run, but they name the same things: [`Names`] learns which of ours stands for which of the
//! recorded ones, and a later mismatch is a difference. Moments are only told from "never" (zero).

use std::collections::BTreeMap;

use serde_json::Value;

/// Fields whose value is the server's own business; only their JSON type is compared.
const FREE: &[&str] = &[
    "seq",
    "trigger_id",
    "server_hostname",
    "server_time",
    "msg_count",
    "msg_count_root",
    "total_msg_count",
    "total_msg_count_root",
    "last_post_at",
    "last_root_post_at",
];

/// `followers` is not binding: a freshly created bot got none (`recorded/README.md`).
const IGNORED: &[&str] = &["followers"];

/// The beginning of Unix milliseconds that are a moment rather than a number.
const MOMENT: i64 = 1_600_000_000_000;

/// Which of our texts stands for which recorded one, and back.
#[derive(Default)]
pub(crate) struct Names {
    ours: BTreeMap<String, String>,
    recorded: BTreeMap<String, String>,
}

impl Names {
    /// Says that a recorded id stands for one of ours.
    pub(crate) fn learn(&mut self, recorded: &str, ours: &str) {
        self.ours.insert(recorded.to_owned(), ours.to_owned());
        self.recorded.insert(ours.to_owned(), recorded.to_owned());
    }

    /// A recorded text, such as a path, with our ids in it.
    pub(crate) fn translate(&self, recorded: &str) -> String {
        words(recorded)
            .into_iter()
            .map(|word| self.ours.get(word).map_or(word, String::as_str))
            .collect()
    }

    /// A recorded body with our ids in it.
    pub(crate) fn translate_value(&self, recorded: &Value) -> Value {
        match recorded {
            Value::String(text) => Value::String(self.translate(text)),
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.translate_value(item))
                    .collect(),
            ),
            Value::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(name, value)| (name.clone(), self.translate_value(value)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    /// Whether two words name the same thing; two ids that were never seen are introduced to each other.
    fn agree(&mut self, recorded: &str, ours: &str) -> bool {
        match (self.ours.get(recorded), self.recorded.get(ours)) {
            (Some(known), _) => known == ours,
            // One placeholder may stand for several tokens.
            (None, _) if recorded.starts_with("newtoken") => is_hash(ours),
            (None, None) if recorded == ours => true,
            (None, None) if is_hash(recorded) && is_hash(ours) => {
                self.learn(recorded, ours);
                true
            }
            (None, None) if is_moment(recorded) => recorded.len() == ours.len() && is_moment(ours),
            (None, Some(_) | None) => false,
        }
    }
}

fn is_hash(word: &str) -> bool {
    matches!(word.len(), 26 | 40)
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_moment(word: &str) -> bool {
    matches!(word.len(), 10 | 13) && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// A text cut into runs of ASCII letters and digits, and what is between them.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut was_word = None;
    for (at, c) in text.char_indices() {
        let is_word = c.is_ascii_alphanumeric();
        if was_word.is_some_and(|was_word| was_word != is_word) {
            words.push(&text[start..at]);
            start = at;
        }
        was_word = Some(is_word);
    }
    words.push(&text[start..]);
    words
}

/// Fails with every difference, one a line.
#[track_caller]
pub(crate) fn assert_same(what: &str, recorded: &Value, ours: &Value, names: &mut Names) {
    let differences = differences(recorded, ours, names);
    assert!(
        differences.is_empty(),
        "{what}\n  {}\nours: {ours:#}",
        differences.join("\n  ")
    );
}

/// Every difference, as a path and the two values.
pub(crate) fn differences(recorded: &Value, ours: &Value, names: &mut Names) -> Vec<String> {
    let mut found = Vec::new();
    compare("", recorded, ours, names, &mut found);
    found
}

fn compare(path: &str, recorded: &Value, ours: &Value, names: &mut Names, found: &mut Vec<String>) {
    let differs = || format!("{path}: recorded {recorded}, ours {ours}");
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            compare_objects(path, (recorded, ours), names, found);
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            if recorded.len() != ours.len() {
                let (recorded, ours) = (recorded.len(), ours.len());
                found.push(format!("{path}: recorded {recorded} items, ours {ours}"));
            }
            for (at, (recorded, ours)) in recorded.iter().zip(ours).enumerate() {
                compare(&format!("{path}/{at}"), recorded, ours, names, found);
            }
        }
        (Value::String(recorded), Value::String(ours)) => {
            if let (Some(recorded), Some(ours)) = (inner_json(recorded), inner_json(ours)) {
                compare(&format!("{path}!"), &recorded, &ours, names, found);
            } else if !same_text(recorded, ours, names) {
                found.push(differs());
            }
        }
        (Value::Number(recorded), Value::Number(ours)) => {
            let is_moment = |number: &serde_json::Number| number.as_i64() >= Some(MOMENT);
            if recorded != ours && !(is_moment(recorded) && is_moment(ours)) {
                found.push(differs());
            }
        }
        (recorded, ours) if recorded == ours => {}
        _ => found.push(differs()),
    }
}

fn compare_objects(
    path: &str,
    (recorded, ours): (
        &serde_json::Map<String, Value>,
        &serde_json::Map<String, Value>,
    ),
    names: &mut Names,
    found: &mut Vec<String>,
) {
    let mut expected = Vec::new();
    for (key, value) in recorded {
        if IGNORED.contains(&key.as_str()) {
            continue;
        }
        // A map by id has our ids as keys.
        let our_key = names.translate(key);
        expected.push(our_key.clone());
        match ours.get(&our_key) {
            None => found.push(format!(
                "{path}/{key}: recorded {value}, ours has no such key"
            )),
            Some(held) if FREE.contains(&key.as_str()) => {
                if std::mem::discriminant(value) != std::mem::discriminant(held) {
                    found.push(format!("{path}/{key}: recorded {value}, ours {held}"));
                }
            }
            Some(held) => compare(&format!("{path}/{key}"), value, held, names, found),
        }
    }
    for (key, value) in ours {
        if !expected.contains(key) && !IGNORED.contains(&key.as_str()) {
            found.push(format!(
                "{path}/{key}: ours {value}, recorded has no such key"
            ));
        }
    }
}

/// JSON that a text holds (posts and mentions in events).
fn inner_json(text: &str) -> Option<Value> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str::<Value>(text)
        .ok()
        .filter(|value| value.is_object() || value.is_array())
}

/// Whether two texts say the same, word by word; a recorded text that was shortened is compared as far as it goes.
fn same_text(recorded: &str, ours: &str, names: &mut Names) -> bool {
    if recorded == ours {
        return true;
    }
    if let Some(prefix) = shortened(recorded) {
        // Ids and moments are as long as the recorded ones, so the same number of letters is the same part.
        let ours: String = ours.chars().take(prefix.chars().count()).collect();
        return same_words(prefix, &ours, names);
    }
    if let (Some((first, second)), Some((one, other))) =
        (recorded.split_once("__"), ours.split_once("__"))
    {
        // The name of a direct channel: whose id stands first is a matter of the ids.
        return (same_words(first, one, names) && same_words(second, other, names))
            || (same_words(first, other, names) && same_words(second, one, names));
    }
    same_words(recorded, ours, names)
}

fn same_words(recorded: &str, ours: &str, names: &mut Names) -> bool {
    let (recorded, ours) = (words(recorded), words(ours));
    recorded.len() == ours.len()
        && recorded
            .iter()
            .zip(&ours)
            .all(|(recorded, ours)| names.agree(recorded, ours))
}

/// What is left of a text that the recording shortened: `aaa…(16383)`, `…cut`, or forty characters and `…`.
fn shortened(recorded: &str) -> Option<&str> {
    let is_forty = recorded.chars().count() == 41 && recorded.ends_with('…');
    let is_run = recorded.contains("…(");
    let at = recorded.find('…').filter(|_| is_forty || is_run)?;
    recorded.get(..at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_of_each_kind_is_found() {
        let recorded = json!({"id": "aaaaaaaaaaaaaaaaaaaaaaaaab", "user": "aaaaaaaaaaaaaaaaaaaaaaaaab", "at": 1_795_355_867_858_i64, "n": 1, "s": "x", "seq": 4});
        let same = json!({"id": "cccccccccccccccccccccccccc", "user": "cccccccccccccccccccccccccc", "at": 1_795_355_867_999_i64, "n": 1, "s": "x", "seq": 9});
        assert_eq!(
            differences(&recorded, &same, &mut Names::default()),
            Vec::<String>::new()
        );
        for (key, value) in [
            ("user", json!("dddddddddddddddddddddddddd")),
            ("at", json!(0)),
            ("n", json!("1")),
            ("s", json!("y")),
            ("seq", json!("9")),
            ("more", json!(null)),
        ] {
            let mut other = same.clone();
            other[key] = value;
            assert_eq!(
                differences(&recorded, &other, &mut Names::default()).len(),
                1,
                "{key}"
            );
        }
    }
}
