//! `askwell.toml`: every value and every mistake in it, not only the first.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;
use super::form;
use super::inputs::FileText;
use super::nearest::nearest;
use super::place::{Place, SourceFile};
use super::problem::Problem;
use super::raw::{Setting, key_of};
use super::reference::{Form, KEYS};

/// Reads the file: the settings by the full name of their key, and what is wrong.
pub(super) fn read(file: &FileText) -> (BTreeMap<String, Setting>, Vec<Problem>) {
    let (document, errors) = DeTable::parse_recoverable(&file.text);
    let entries = entries(document.get_ref());
    let source = Arc::new(source_of(file, &entries));
    let mut reading = Reading {
        source,
        settings: BTreeMap::new(),
        problems: Vec::new(),
    };
    for error in &errors {
        let message = error.message().to_owned();
        let span = error.span().unwrap_or_default();
        reading.report(file.name.clone(), span, Fault::Syntax { message });
    }
    for entry in entries {
        reading.take(entry);
    }
    (reading.settings, reading.problems)
}

/// One entry of a table of the file, or one entry outside of tables.
struct Entry<'d> {
    section: Option<&'d Spanned<std::borrow::Cow<'d, str>>>,
    name: &'d Spanned<std::borrow::Cow<'d, str>>,
    value: &'d Spanned<DeValue<'d>>,
}

fn entries<'d>(document: &'d DeTable<'d>) -> Vec<Entry<'d>> {
    let mut entries = Vec::new();
    for (name, value) in document {
        match value.get_ref() {
            DeValue::Table(table) if has_keys(name.get_ref()) => {
                entries.extend(table.iter().map(|(inner, value)| Entry {
                    section: Some(name),
                    name: inner,
                    value,
                }));
            }
            _ => entries.push(Entry {
                section: None,
                name,
                value,
            }),
        }
    }
    entries.sort_by_key(|entry| entry.name.span().start);
    entries
}

/// Says whether a table is known, or is so like a known one that its entries are read all the same.
fn has_keys(section: &str) -> bool {
    known_section(section).is_some()
}

fn known_section(section: &str) -> Option<&'static str> {
    nearest(section, KEYS.iter().map(|key| key.section))
}

/// Makes the copy of the file that may be shown: lines of values that are known not to be secret, and heads of tables.
fn source_of(file: &FileText, entries: &[Entry<'_>]) -> SourceFile {
    let all_lines = SourceFile::new(String::new(), &file.text, |_, _| true);
    let lines_of = |span: Range<usize>| {
        all_lines.line_of(span.start)
            ..=all_lines.line_of(span.end.saturating_sub(1).max(span.start))
    };
    let mut open = Vec::new();
    let mut closed = Vec::new();
    for entry in entries {
        let lines = lines_of(entry.name.span().start..entry.value.span().end);
        let path = entry
            .section
            .map(|section| format!("{}.{}", section.get_ref(), entry.name.get_ref()));
        match path.as_deref().and_then(key_of) {
            Some(key) if !key.form.is_secret() && !names_a_person(key.form, entry) => {
                open.push(lines);
            }
            _ => closed.push(lines),
        }
    }
    SourceFile::new(file.name.clone(), &file.text, |number, line| {
        let holds = |ranges: &[std::ops::RangeInclusive<usize>]| {
            ranges.iter().any(|lines| lines.contains(&number))
        };
        !holds(&closed) && (holds(&open) || is_harmless(line))
    })
}

/// Says whether an address may hold a password before its host.
fn names_a_person(form: Form, entry: &Entry<'_>) -> bool {
    form == Form::Address
        && entry
            .value
            .get_ref()
            .as_str()
            .is_none_or(|text| text.contains('@'))
}

/// Says of a line the parser made nothing of whether it is a head of a table or begins with the name of a key that is no secret.
fn is_harmless(line: &str) -> bool {
    let line = line.trim();
    let inner = line
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match (inner, line.split_once('=')) {
        (Some(name), _) => name.bytes().all(|byte| byte.is_ascii_lowercase()),
        (None, Some((name, value))) => {
            // A word that names a secret anywhere on the line hides it.
            let mut named = KEYS.iter().filter(|key| key.name == name.trim());
            let secret = KEYS.iter().filter(|key| key.form.is_secret());
            named.all(|key| !key.form.is_secret())
                && KEYS.iter().any(|key| key.name == name.trim())
                && !secret.into_iter().any(|key| value.contains(key.name))
                && !value.contains('@')
        }
        (None, None) => false,
    }
}

struct Reading {
    source: Arc<SourceFile>,
    settings: BTreeMap<String, Setting>,
    problems: Vec<Problem>,
}

impl Reading {
    fn place(&self, span: Range<usize>) -> Place {
        Place::File {
            file: self.source.clone(),
            span,
        }
    }

    fn report(&mut self, subject: String, span: Range<usize>, fault: Fault) {
        let place = self.place(span);
        self.problems.push(Problem {
            subject,
            place,
            fault,
        });
    }

    fn take(&mut self, entry: Entry<'_>) {
        let name = entry.name.get_ref();
        let Some(section) = entry.section else {
            return self.report_top_level(name, entry.name.span());
        };
        let section = self.known_section(section);
        let path = format!("{section}.{name}");
        let Some(key) = key_of(&path) else {
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
        self.settings.insert(
            path.clone(),
            Setting {
                value,
                name: path,
                place,
            },
        );
    }

    /// Reports a misspelt table once, and returns the table that was meant.
    fn known_section(&mut self, written: &Spanned<std::borrow::Cow<'_, str>>) -> &'static str {
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

/// Returns the full name of the key most like a written one: of its own table first, then of any.
fn nearest_key(section: &str, name: &str) -> Option<String> {
    let own = KEYS.iter().filter(|key| key.section == section);
    let found = nearest(name, own.map(|key| key.name))
        .map(|name| format!("{section}.{name}"))
        .or_else(|| {
            let name = nearest(name, KEYS.iter().map(|key| key.name))?;
            KEYS.iter()
                .find(|key| key.name == name)
                .map(|key| key.path())
        });
    found.or_else(|| {
        nearest(name, KEYS.iter().map(|key| key.section)).map(|name| format!("[{name}]"))
    })
}
