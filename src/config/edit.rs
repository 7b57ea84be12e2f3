//! Writes values into files that belong to people: the one line changes, all others stay byte for byte.
//!
//! Both functions are pure, from text to text, and read their own work back: where anything else than the one value would read otherwise
//! afterwards, nothing is written and people are asked to do it by hand.

use std::collections::BTreeMap;

use toml_edit::{DocumentMut, Item, Table, TableLike, value};

use super::reference::{Form, Key};

/// Says that a file is written in a way that a program had better not change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write {name} into the file without changing anything else")]
pub struct TooIntricate {
    /// Which value.
    pub name: String,
}

/// A text with one value changed.
#[derive(Clone, PartialEq, Eq)]
pub struct Edited {
    /// The text as it is to be.
    pub text: String,
    /// What stood there before, where something did.
    pub before: Option<String>,
}

/// Writes a value into the text of a TOML file, or takes it out where `new` is `None`.
///
/// # Errors
/// When the file cannot be read, or would read otherwise beyond this value.
pub fn in_toml(text: &str, key: &Key, new: Option<&str>) -> Result<Edited, TooIntricate> {
    let too_intricate = || TooIntricate { name: key.path() };
    let mut document: DocumentMut = text.parse().map_err(|_| too_intricate())?;
    let before = document
        .get(key.section)
        .and_then(|table| table.get(key.name))
        .map(plain);
    let written = match new {
        Some(new) if document.get(key.section).is_none() => with_section(text, key, new),
        Some(new) => {
            let table = document.get_mut(key.section);
            let table = table.and_then(Item::as_table_like_mut);
            put(table.ok_or_else(too_intricate)?, key, new);
            document.to_string()
        }
        None => remove(document, key),
    };
    if without(&written, key) == without(text, key) {
        Ok(Edited {
            text: written,
            before,
        })
    } else {
        Err(too_intricate())
    }
}

/// A value as the environment would hold it.
fn plain(item: &Item) -> String {
    match item.as_str() {
        Some(text) => text.to_owned(),
        None => item.to_string().trim().to_owned(),
    }
}

fn put(table: &mut dyn TableLike, key: &Key, new: &str) {
    let mut item = match key.form {
        Form::Switch => value(new == "true"),
        _ => value(new),
    };
    // What stands around a value, such as a comment after it, stays.
    if let (Some(old), Some(new)) = (
        table.get(key.name).and_then(Item::as_value),
        item.as_value_mut(),
    ) {
        *new.decor_mut() = old.decor().clone();
    }
    match table.get_mut(key.name) {
        Some(place) => *place = item,
        None => {
            table.insert(key.name, item);
        }
    }
}

/// Puts a new table behind all others, so that what stands before it, comments included, stays where it is.
fn with_section(text: &str, key: &Key, new: &str) -> String {
    let mut written = text.to_owned();
    if !text.is_empty() {
        if !text.ends_with('\n') {
            written.push('\n');
        }
        if !text.ends_with("\n\n") {
            written.push('\n');
        }
    }
    let mut table = Table::new();
    put(&mut table, key, new);
    format!("{written}[{}]\n{table}", key.section)
}

fn remove(mut document: DocumentMut, key: &Key) -> String {
    let section = document.get_mut(key.section);
    let Some(table) = section.and_then(Item::as_table_like_mut) else {
        return document.to_string();
    };
    table.remove(key.name);
    let is_empty = table.is_empty();
    let is_header = document.get(key.section).is_some_and(Item::is_table);
    if !is_empty {
        return document.to_string();
    }
    if !is_header {
        document.remove(key.section);
        return document.to_string();
    }
    without_header(&document.to_string(), key.section)
}

/// Takes the head of an empty table out, with the blank line that [`with_section`] puts before it; comments before it stay.
fn without_header(text: &str, section: &str) -> String {
    let head = format!("[{section}]");
    let mut written = String::new();
    for line in text.split_inclusive('\n') {
        if line.trim() != head {
            written.push_str(line);
        } else if written.ends_with("\n\n") {
            written.pop();
        }
    }
    written
}

/// What a TOML file says without one of its values: equal for two texts that say the same otherwise.
fn without(text: &str, key: &Key) -> Option<String> {
    let mut table: toml::Table = text.parse().ok()?;
    if let Some(section) = table
        .get_mut(key.section)
        .and_then(toml::Value::as_table_mut)
    {
        section.remove(key.name);
        if section.is_empty() {
            table.remove(key.section);
        }
    }
    Some(table.to_string())
}

/// Writes a value into the text of a `.env` file, or takes its line out where `new` is `None`.
///
/// # Errors
/// When the file would read otherwise beyond this value.
pub fn in_dotenv(text: &str, name: &str, new: Option<&str>) -> Result<Edited, TooIntricate> {
    let too_intricate = || TooIntricate {
        name: name.to_owned(),
    };
    let line = new.map(|new| format!("{name}={}", quoted(new)));
    let mut written = String::new();
    let mut is_written = false;
    for old in text.split_inclusive('\n') {
        if name_of(old) != Some(name) {
            written.push_str(old);
            continue;
        }
        is_written = true;
        if let Some(line) = &line {
            written.push_str(line);
            written.push_str(ending(old));
        }
    }
    if let (false, Some(line)) = (is_written, &line) {
        if !written.is_empty() && !written.ends_with('\n') {
            written.push('\n');
        }
        written.push_str(line);
        written.push('\n');
    }
    let mut expected = pairs(text).ok_or_else(too_intricate)?;
    let before = match new {
        Some(new) => expected.insert(name.to_owned(), new.to_owned()),
        None => expected.remove(name),
    };
    if pairs(&written) == Some(expected) {
        Ok(Edited {
            text: written,
            before,
        })
    } else {
        Err(too_intricate())
    }
}

fn name_of(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=')?;
    let name = name.trim();
    Some(name.strip_prefix("export ").unwrap_or(name).trim())
}

fn ending(line: &str) -> &'static str {
    if line.ends_with("\r\n") {
        "\r\n"
    } else if line.ends_with('\n') {
        "\n"
    } else {
        ""
    }
}

/// Quotes a value where a shell, Compose or systemd could read it otherwise.
fn quoted(value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.,:/@".contains(&byte);
    if value.bytes().all(is_plain) {
        value.to_owned()
    } else {
        format!("'{value}'")
    }
}

fn pairs(text: &str) -> Option<BTreeMap<String, String>> {
    dotenvy::from_read_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::super::reference::{ANSWER_TRIGGER, MATTERMOST_LATEX, MATTERMOST_URL};
    use super::*;

    const URL: &str = "https://chat.example";

    fn toml(text: &str, key: &Key, new: Option<&str>) -> String {
        in_toml(text, key, new).unwrap().text
    }

    fn dotenv(text: &str, name: &str, new: Option<&str>) -> String {
        in_dotenv(text, name, new).unwrap().text
    }

    #[test]
    fn a_value_is_changed_in_place_and_all_else_stays_byte_for_byte() {
        let text = "# ours\n[mattermost] # the chat\nname   = 'x'\nurl = \"old\" # why\n\n[log]\nlevel = \"info\"\n";
        let edited = in_toml(text, &MATTERMOST_URL, Some(URL)).unwrap();
        assert_eq!(
            edited.text,
            text.replace("\"old\"", "\"https://chat.example\"")
        );
        assert_eq!(edited.before.as_deref(), Some("old"));
        let text = "# ours\nexport A = 'b'\r\nMATTERMOST_URL=old\r\n\n# end";
        let edited = in_dotenv(text, "MATTERMOST_URL", Some(URL)).unwrap();
        assert_eq!(edited.text, text.replace("=old", "=https://chat.example"));
        assert_eq!(edited.before.as_deref(), Some("old"));
    }

    #[test]
    fn what_was_put_in_can_be_taken_out_again() {
        let keys = [
            (&MATTERMOST_URL, URL),
            (&MATTERMOST_LATEX, "true"),
            (&ANSWER_TRIGGER, "ask"),
        ];
        for text in [
            "",
            "# empty\n",
            "[mattermost]\nname = \"x\"\n",
            "[log]\nlevel = \"info\"\n",
            "answer.assistant = \"X\"\n",
        ] {
            let mut written = text.to_owned();
            for (key, new) in keys {
                written = toml(&written, key, Some(new));
            }
            assert!(written.contains("latex = true"), "{written}");
            assert!(
                written.contains("url = \"https://chat.example\""),
                "{written}"
            );
            for (key, _) in keys.iter().rev() {
                written = toml(&written, key, None);
            }
            assert_eq!(written, text);
        }
        for text in ["", "A=b\n", "# end\n"] {
            let written = dotenv(text, "X", Some("a b#$c"));
            assert!(written.ends_with("X='a b#$c'\n"), "{written}");
            assert_eq!(dotenv(&written, "X", None), text);
        }
    }

    #[test]
    fn a_file_that_would_be_read_otherwise_is_left_alone() {
        // The line in the middle belongs to a value of several lines.
        let text = "A='first\nX=second\nthird'\n";
        assert!(in_dotenv(text, "X", Some("new")).is_err());
        assert!(in_dotenv("broken line\n", "X", Some("new")).is_err());
        assert!(in_dotenv("", "X", Some("it's")).is_err());
        for text in ["mattermost = 3\n", "[mattermost\n"] {
            assert!(in_toml(text, &MATTERMOST_URL, Some(URL)).is_err(), "{text}");
        }
    }
}
