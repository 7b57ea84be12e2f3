//! `askwell.toml`: every value and every mistake in it, not only the first.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;
use super::form;
use super::inputs::FileText;
use super::nearest::nearest;
use super::place::{Place, Shown, SourceFile};
use super::problem::Problem;
use super::raw::{Setting, Table};
use super::reference::{Form, KEYS, Key, MODELS_SECTION, is_repeated};

/// What a file holds.
pub(super) struct Read {
    /// By the full name of their key.
    pub(super) settings: BTreeMap<String, Setting>,
    /// The tables that may stand several times, each with its settings by the same names.
    pub(super) tables: Vec<Table>,
    /// What is wrong.
    pub(super) problems: Vec<Problem>,
}

/// Reads the file.
pub(super) fn read(file: &FileText) -> Read {
    let (document, errors) = DeTable::parse_recoverable(&file.text);
    let (entries, tables) = entries(document.get_ref());
    let source = Arc::new(source_of(file, &entries));
    let tables = tables.into_iter().map(|(section, span)| Table {
        section,
        settings: BTreeMap::new(),
        place: Place::File {
            file: source.clone(),
            span,
        },
    });
    let mut reading = Reading {
        tables: tables.collect(),
        source,
        settings: BTreeMap::new(),
        problems: Vec::new(),
        broken_lines: BTreeSet::new(),
    };
    for error in &errors {
        let message = error.message().to_owned();
        let span = error.span().unwrap_or_default();
        reading
            .broken_lines
            .insert(reading.source.line_of(span.start));
        reading.report(file.name.clone(), span, Fault::Syntax { message });
    }
    for entry in &entries {
        reading.take(entry);
    }
    Read {
        settings: reading.settings,
        tables: reading.tables,
        problems: reading.problems,
    }
}

/// One entry of a table of the file, or one entry outside of tables.
struct Entry<'d> {
    /// Which of the tables that may stand several times it is in.
    table: Option<usize>,
    section: Option<&'d Spanned<Cow<'d, str>>>,
    name: &'d Spanned<Cow<'d, str>>,
    value: &'d Spanned<DeValue<'d>>,
}

/// A table that may stand several times: its section, and where it stands.
type Often = (&'static str, Range<usize>);

/// Collects the entries in the order of the file, and the places of the tables that may stand several times.
fn entries<'d>(document: &'d DeTable<'d>) -> (Vec<Entry<'d>>, Vec<Often>) {
    let (mut entries, mut tables) = (Vec::new(), Vec::new());
    for (name, value) in document {
        let known = known_section(name.get_ref());
        let mut enter = |found: &'d DeTable<'d>, table| {
            entries.extend(found.iter().map(|(inner, value)| Entry {
                table,
                section: Some(name),
                name: inner,
                value,
            }));
        };
        match value.get_ref() {
            DeValue::Table(table) if known.is_some_and(|known| !is_repeated(known)) => {
                enter(table, None);
            }
            DeValue::Array(items) if known.is_some_and(is_repeated) => {
                for item in items {
                    if let (DeValue::Table(table), Some(known)) = (item.get_ref(), known) {
                        enter(table, Some(tables.len()));
                        tables.push((known, item.span()));
                    }
                }
            }
            _ => entries.push(Entry {
                table: None,
                section: None,
                name,
                value,
            }),
        }
    }
    entries.sort_by_key(|entry| entry.name.span().start);
    (entries, tables)
}

/// Returns the table of this name, or the one that is so like it that its entries are read all the same.
fn known_section(section: &str) -> Option<&'static str> {
    nearest(section, KEYS.iter().map(|key| key.section))
}

/// Makes the copy of the file that may be shown: lines of values that are known not to be secret, heads of tables, and names of keys.
fn source_of(file: &FileText, entries: &[Entry<'_>]) -> SourceFile {
    let all_lines = SourceFile::new(String::new(), &file.text, |_, _| Shown::Nothing);
    let mut open = Vec::new();
    let mut closed = Vec::new();
    for entry in entries {
        let span = entry.name.span().start..entry.value.span().end;
        let last = span.end.saturating_sub(1).max(span.start);
        let lines = all_lines.line_of(span.start)..=all_lines.line_of(last);
        if is_open(entry) {
            open.push(lines);
        } else {
            closed.push(lines);
        }
    }
    SourceFile::new(file.name.clone(), &file.text, |number, line| {
        match closed.iter().find(|lines| lines.contains(&number)) {
            Some(lines) if *lines.start() == number => Shown::Name,
            Some(_) => Shown::Nothing,
            None if open.iter().any(|lines| lines.contains(&number)) => Shown::Whole,
            None => shown_alone(line),
        }
    })
}

fn is_open(entry: &Entry<'_>) -> bool {
    let key = entry
        .section
        .and_then(|section| key_in(section.get_ref(), entry.name.get_ref()));
    let Some(key) = key else {
        return false;
    };
    let may_hold_a_password = match entry.value.get_ref() {
        DeValue::String(text) => key.form == Form::Address && text.contains('@'),
        DeValue::Array(_) | DeValue::Table(_) => true,
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            false
        }
    };
    !key.form.is_secret() && !may_hold_a_password
}

/// Says how much may be shown of a line the parser made nothing of: a head of a table, or a line that begins with the name of a key
/// that is no secret and names none.
fn shown_alone(line: &str) -> Shown {
    let line = line.trim();
    let is_word = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase());
    if let Some(head) = line
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let head = head
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(head);
        return if is_word(head) {
            Shown::Whole
        } else {
            Shown::Nothing
        };
    }
    let Some((name, value)) = line.split_once('=') else {
        return Shown::Nothing;
    };
    let name = name.trim();
    let is_secret = |key: &&&Key| key.form.is_secret();
    let names_a_secret = KEYS
        .iter()
        .filter(is_secret)
        .any(|key| key.name == name || value.contains(key.name));
    let is_known = KEYS.iter().any(|key| key.name == name);
    match (is_known, names_a_secret || value.contains('@')) {
        (true, false) => Shown::Whole,
        (true, true) => Shown::Name,
        (false, _) => Shown::Nothing,
    }
}

struct Reading {
    source: Arc<SourceFile>,
    tables: Vec<Table>,
    settings: BTreeMap<String, Setting>,
    problems: Vec<Problem>,
    /// Lines whose syntax is wrong: what else seems wrong there only follows from it.
    broken_lines: BTreeSet<usize>,
}

impl Reading {
    fn place(&self, span: Range<usize>) -> Place {
        Place::File {
            file: self.source.clone(),
            span,
        }
    }

    fn report(&mut self, subject: String, span: Range<usize>, fault: Fault) {
        let is_syntax = matches!(fault, Fault::Syntax { .. });
        if !is_syntax && self.broken_lines.contains(&self.source.line_of(span.start)) {
            return;
        }
        let place = self.place(span);
        self.problems.push(Problem {
            subject,
            place,
            fault,
        });
    }

    fn take(&mut self, entry: &Entry<'_>) {
        let name = entry.name.get_ref();
        let Some(section) = entry.section else {
            return self.report_top_level(name, entry.name.span());
        };
        let section = self.known_section(section);
        let path = format!("{section}.{name}");
        let Some(key) = key_in(section, name) else {
            let nearest = nearest_key(section, name);
            return self.report(path, entry.name.span(), Fault::Unknown { nearest });
        };
        let span = entry.value.span();
        let value = match form::from_toml(key.form, entry.value.get_ref()) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.report(path.clone(), span.clone(), fault);
                None
            }
        };
        let place = self.place(span);
        let settings = match entry.table.and_then(|table| self.tables.get_mut(table)) {
            Some(table) => &mut table.settings,
            None => &mut self.settings,
        };
        settings.insert(
            key.path(),
            Setting {
                value,
                name: path,
                place,
            },
        );
    }

    /// Reports a misspelt table once, and returns the table that was meant.
    fn known_section(&mut self, written: &Spanned<Cow<'_, str>>) -> &'static str {
        let section = known_section(written.get_ref()).unwrap_or_default();
        let subject = format!("[{}]", written.get_ref());
        if section != written.get_ref().as_ref()
            && !self.problems.iter().any(|known| known.subject == subject)
        {
            let nearest = Some(format!("[{section}]"));
            self.report(subject, written.span(), Fault::Unknown { nearest });
        }
        section
    }

    fn report_top_level(&mut self, name: &str, span: Range<usize>) {
        let fault = match KEYS.iter().find(|key| key.section == name) {
            Some(key) if is_repeated(key.section) => Fault::Syntax {
                message: format!("`{name}` is a table that may stand often: write [[{name}]]"),
            },
            Some(_) => Fault::Syntax {
                message: format!("`{name}` is a table: write [{name}]"),
            },
            None => Fault::Unknown {
                nearest: nearest_key("", name),
            },
        };
        self.report(name.to_owned(), span, fault);
    }
}

/// Returns the key of a name in a table: models that stand further down have those of the first.
fn key_in(section: &str, name: &str) -> Option<&'static Key> {
    let mut keys = KEYS.iter().copied();
    keys.find(|key| key.name == name && is_in(key, section))
}

fn is_in(key: &Key, section: &str) -> bool {
    key.section == section || (section == MODELS_SECTION && key.is_of_each_model())
}

/// Returns the full name of the key most like a written one: of its own table first, then of any, then the table it may have been.
fn nearest_key(section: &str, name: &str) -> Option<String> {
    let own = KEYS.iter().filter(|key| is_in(key, section));
    if let Some(name) = nearest(name, own.map(|key| key.name)) {
        return Some(format!("{section}.{name}"));
    }
    // What is written in a table that may stand often belongs nowhere else.
    let others = || KEYS.iter().filter(|key| !is_repeated(key.section));
    let other = nearest(name, others().map(|key| key.name));
    if let Some(key) = others().find(|key| Some(key.name) == other) {
        return Some(key.path());
    }
    let table = nearest(name, KEYS.iter().map(|key| key.section));
    table
        .filter(|_| section.is_empty())
        .map(|name| format!("[{name}]"))
}
