//! The environment and `.env`: the same names, each also with `_FILE` at its end for a file that holds the value.
//!
//! `.env` is read, never exported: no child of ours and no library finds our secrets in its environment. An empty value counts as
//! not set, because that is what Compose files pass for what nobody set.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::fault::Fault;
use super::form;
use super::inputs::FileText;
use super::nearest::nearest;
use super::place::{Place, Shown, SourceFile};
use super::problem::Problem;
use super::raw::Setting;
use super::reference::{CONFIG_VARIABLE, KEYS, Key};

/// What the name of a variable ends in whose value is a file that holds the value.
pub const FILE_SUFFIX: &str = "_FILE";

/// The longest file such a variable may name, in bytes.
pub const MAX_SECRET_FILE_BYTES: u64 = 64 * 1024;

/// Variables by name, each with its place.
pub(super) struct Variables {
    values: BTreeMap<String, (String, Place)>,
}

impl Variables {
    /// Takes the environment of a process.
    pub(super) fn of_process(environment: &BTreeMap<String, String>) -> Self {
        let values = environment
            .iter()
            .map(|(name, value)| (name.clone(), (value.clone(), Place::Environment)))
            .collect();
        Self { values }
    }

    /// Reads `.env`, and reports what is wrong with its lines.
    pub(super) fn of_file(file: &FileText) -> (Self, Vec<Problem>) {
        let source = SourceFile::new(file.name.clone(), &file.text, |_, line| shown(line));
        let source = Arc::new(source);
        let mut reading = Reading {
            file,
            source,
            cursor: 0,
            values: BTreeMap::new(),
            problems: Vec::new(),
        };
        for item in dotenvy::from_read_iter(file.text.as_bytes()) {
            reading.take(item);
        }
        (
            Self {
                values: reading.values,
            },
            reading.problems,
        )
    }

    fn get(&self, name: &str) -> Option<&(String, Place)> {
        self.values
            .get(name)
            .filter(|(value, _)| !value.trim().is_empty())
    }

    /// Returns a value as it is written, or from the file that its twin names, with the name by which it was found.
    pub(super) fn value(&self, name: &str, directory: &Path) -> Result<Option<Found>, Problem> {
        let twin = format!("{name}{FILE_SUFFIX}");
        match (self.get(name), self.get(&twin)) {
            (None, None) => Ok(None),
            (Some((text, place)), None) => Ok(Some(Found {
                name: name.to_owned(),
                text: text.clone(),
                place: place.clone(),
            })),
            (Some((_, place)), Some(_)) => Err(Problem {
                subject: name.to_owned(),
                place: place.clone(),
                fault: Fault::BothSet { twin },
            }),
            (None, Some((path, place))) => match read_secret(&directory.join(path.trim())) {
                Ok(text) => Ok(Some(Found {
                    name: twin,
                    text,
                    place: place.clone(),
                })),
                Err(error) => Err(Problem {
                    subject: twin,
                    place: place.clone(),
                    fault: Fault::Unreadable {
                        path: path.trim().to_owned(),
                        why: error.to_string(),
                    },
                }),
            },
        }
    }

    /// Brings the values of all keys into their form.
    pub(super) fn settings(&self, directory: &Path) -> (BTreeMap<String, Setting>, Vec<Problem>) {
        let mut settings = BTreeMap::new();
        let mut problems = Vec::new();
        for key in KEYS {
            let Some(name) = key.env else { continue };
            match self.value(name, directory) {
                Ok(None) => {}
                Ok(Some(found)) => {
                    settings.insert(key.path(), found.setting(key, &mut problems));
                }
                Err(problem) => {
                    let (name, place) = (problem.subject.clone(), problem.place.clone());
                    let value = None;
                    settings.insert(key.path(), Setting { value, name, place });
                    problems.push(problem);
                }
            }
        }
        (settings, problems)
    }
}

/// A value of the environment.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) place: Place,
}

impl Found {
    fn setting(self, key: &Key, problems: &mut Vec<Problem>) -> Setting {
        let Self { name, text, place } = self;
        let value = match form::from_text(key.form, &text) {
            Ok(value) => Some(value),
            Err(fault) => {
                problems.push(Problem {
                    subject: name.clone(),
                    place: place.clone(),
                    fault,
                });
                None
            }
        };
        Setting { value, name, place }
    }
}

/// Reads a file that holds a value; a line break at its end does not belong to it.
pub(super) fn read_secret(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_SECRET_FILE_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > MAX_SECRET_FILE_BYTES {
        return Err(io::Error::other(format!(
            "it is longer than {MAX_SECRET_FILE_BYTES} bytes"
        )));
    }
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(io::Error::other("it is empty"));
    }
    Ok(text.to_owned())
}

struct Reading<'f> {
    file: &'f FileText,
    source: Arc<SourceFile>,
    cursor: usize,
    values: BTreeMap<String, (String, Place)>,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn take(&mut self, item: dotenvy::Result<(String, String)>) {
        match item {
            Ok((name, value)) => {
                let place = self.place_of(|line| name_of(line) == Some(name.as_str()));
                if self.values.contains_key(&name) {
                    self.report(name, place, Fault::Twice);
                    return;
                }
                if let Some(fault) = misspelt(&name) {
                    self.report(name.clone(), place.clone(), fault);
                }
                if is_secret(&name) && self.has_dollar(&place) && !value.contains('$') {
                    self.report(name.clone(), place.clone(), Fault::Substituted);
                }
                self.values.insert(name, (value, place));
            }
            Err(dotenvy::Error::LineParse(text, _)) => {
                let first = text.lines().next().unwrap_or_default().trim().to_owned();
                let place =
                    self.place_of(|line| !first.is_empty() && line.trim().ends_with(&first));
                self.report(self.file.name.clone(), place, Fault::DotenvLine);
            }
            Err(_) => self.report(self.file.name.clone(), Place::Nowhere, Fault::DotenvLine),
        }
    }

    fn has_dollar(&self, place: &Place) -> bool {
        let Place::File { span, .. } = place else {
            return false;
        };
        let line = self.file.text.get(span.clone());
        line.is_some_and(|line| line.contains('$'))
    }

    fn report(&mut self, subject: String, place: Place, fault: Fault) {
        self.problems.push(Problem {
            subject,
            place,
            fault,
        });
    }

    /// Finds the next line like this; dotenvy tells no places.
    fn place_of(&mut self, is_it: impl Fn(&str) -> bool) -> Place {
        let mut start = self.cursor;
        let rest = self.file.text.get(start..).unwrap_or_default();
        for line in rest.split_inclusive('\n') {
            if is_it(line) {
                self.cursor = start + line.len();
                let span = trimmed(start, line);
                return Place::File {
                    file: self.source.clone(),
                    span,
                };
            }
            start += line.len();
        }
        Place::File {
            file: self.source.clone(),
            span: self.cursor..self.cursor,
        }
    }
}

fn trimmed(start: usize, line: &str) -> Range<usize> {
    let before = line.len() - line.trim_start().len();
    start + before..start + line.trim_end().len()
}

fn name_of(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=')?;
    let name = name.trim().trim_start_matches('\u{feff}');
    Some(name.strip_prefix("export ").unwrap_or(name).trim())
}

fn is_secret(name: &str) -> bool {
    KEYS.iter()
        .any(|key| key.env == Some(name) && key.form.is_secret())
}

fn known_names() -> BTreeSet<String> {
    KEYS.iter()
        .filter_map(|key| key.env)
        .chain([CONFIG_VARIABLE])
        .flat_map(|name| [name.to_owned(), format!("{name}{FILE_SUFFIX}")])
        .collect()
}

/// Says how much of a line of `.env` may be shown: all of it only where it sets a known variable that is no secret. A line may also be the
/// middle of a longer value, so that what stands before its `=` is a name only where it is like ours.
fn shown(line: &str) -> Shown {
    let Some(name) = name_of(line) else {
        return Shown::Nothing;
    };
    let is_open = |key: &Key| key.env == Some(name) && !key.form.is_secret();
    let is_path = name == CONFIG_VARIABLE || name.ends_with(FILE_SUFFIX);
    let is_known = known_names().contains(name);
    // An address may hold a password before its `@`.
    if is_known && (is_path || KEYS.iter().any(|key| is_open(key))) && !line.contains('@') {
        Shown::Whole
    } else if is_known || misspelt(name).is_some() {
        Shown::Name
    } else {
        Shown::Nothing
    }
}

/// Says what is wrong with a name in `.env`. Other programs' names may stand there too, so that only one that begins with ours, or
/// differs from a known one by a slip of the finger, is taken for a mistake.
fn misspelt(name: &str) -> Option<Fault> {
    let known = known_names();
    if known.contains(name) {
        return None;
    }
    let slip = known
        .iter()
        .find(|candidate| strsim::osa_distance(name, candidate) <= 2);
    match slip {
        Some(nearest) => Some(Fault::Unknown {
            nearest: Some(nearest.clone()),
        }),
        None if name.starts_with("ASKWELL_") => Some(Fault::Unknown {
            nearest: nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
        }),
        None => None,
    }
}
