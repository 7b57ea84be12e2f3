//! The configuration as it is written: a value of the right form for each key, and where it stands.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::fault::Fault;
use super::form;
use super::place::Place;
use super::problem::Problem;
use super::reference::Key;
use crate::domain::money::Money;

/// A value of a key's form. Secrets are wrapped from here on.
pub(super) enum Written {
    Text(String),
    Secret(SecretString),
    Secrets(Vec<SecretString>),
    Texts(Vec<String>),
    /// A table of texts, which may be secret.
    Pairs(Vec<(String, SecretString)>),
    /// A table as a JSON object.
    Json(Map<String, Value>),
    Whole(u64),
    Decimal(f64),
    Dollars(Money),
    Switch(bool),
}

/// Where a value comes from, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nothing was written.
    Default,
    /// The environment of the process, by this variable.
    Environment(String),
    /// A file, by its name.
    File(String),
}

/// A value, and where it stands.
pub(super) struct Setting {
    /// `None` where something of another form stands there, which was reported.
    pub(super) value: Option<Written>,
    /// The name by which it was written.
    pub(super) name: String,
    pub(super) place: Place,
}

/// Every value that was written, and the problems found so far.
pub(super) struct Values {
    settings: BTreeMap<String, Setting>,
    /// The table in which these stand, where it may stand often.
    section: Option<&'static str>,
    /// Where these stand, as far as they stand together.
    place: Place,
    /// What is written in tables that may stand often, each with the name of its section.
    tables: Vec<(&'static str, Values)>,
    problems: RefCell<Vec<Problem>>,
}

/// What is written in a table that may stand several times, and where it stands.
pub(super) struct Table {
    pub(super) section: &'static str,
    pub(super) settings: BTreeMap<String, Setting>,
    pub(super) place: Place,
}

impl Values {
    /// Puts together what was written, a later layer before an earlier one.
    pub(super) fn layered(layers: Vec<BTreeMap<String, Setting>>, problems: Vec<Problem>) -> Self {
        let mut settings = BTreeMap::new();
        for layer in layers {
            settings.extend(layer);
        }
        Self {
            settings,
            section: None,
            place: Place::Nowhere,
            tables: Vec::new(),
            problems: RefCell::new(problems),
        }
    }

    /// The same with what is written in tables that may stand often.
    pub(super) fn with_tables(mut self, tables: Vec<Table>) -> Self {
        let each = tables.into_iter().map(|table| {
            let values = Self {
                section: Some(table.section),
                place: table.place,
                ..Self::layered(vec![table.settings], Vec::new())
            };
            (table.section, values)
        });
        self.tables = each.collect();
        self
    }

    /// Returns what is written in the tables of a section that may stand often, as values of their keys.
    pub(super) fn tables(&self, section: &str) -> impl Iterator<Item = &Self> {
        let of_section = self.tables.iter().filter(move |(name, _)| *name == section);
        of_section.map(|(_, values)| values)
    }

    /// Reports a problem with the value of a key.
    pub(super) fn report(&self, key: &Key, fault: Fault) {
        let (subject, place) = match self.settings.get(&key.path()) {
            Some(setting) => (setting.name.clone(), setting.place.clone()),
            None => (self.name_of(key), self.place.clone()),
        };
        self.problems.borrow_mut().push(Problem {
            subject,
            place,
            fault,
        });
    }

    /// Returns the name by which a key that is not written would be.
    fn name_of(&self, key: &Key) -> String {
        match (self.section, key.env) {
            // The environment has nothing of tables that may stand often.
            (Some(section), _) => format!("{section}.{}", key.name),
            (None, Some(variable)) => variable.to_owned(),
            (None, None) => key.path(),
        }
    }

    /// Returns where the value of a key stands.
    pub(super) fn place(&self, key: &Key) -> Place {
        let setting = self.settings.get(&key.path());
        setting.map_or(Place::Nowhere, |setting| setting.place.clone())
    }

    /// Returns the problems found.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let of_tables = self.tables.into_iter();
        let of_tables = of_tables.flat_map(|(_, table)| table.into_problems());
        let mut problems = self.problems.into_inner();
        problems.extend(of_tables);
        problems
    }

    /// Says whether something was written, also where it could not be used.
    pub(super) fn is_written(&self, key: &Key) -> bool {
        self.settings.contains_key(&key.path())
    }

    /// Says where the value of a key comes from.
    pub(super) fn origin(&self, key: &Key) -> Origin {
        match self.settings.get(&key.path()) {
            None => Origin::Default,
            Some(Setting { name, place, .. }) => match place.file() {
                Some(file) => Origin::File(file.to_owned()),
                None => Origin::Environment(name.clone()),
            },
        }
    }

    /// Returns the name by which a key was written.
    pub(super) fn name(&self, key: &Key) -> Option<&str> {
        self.settings
            .get(&key.path())
            .map(|setting| setting.name.as_str())
    }

    fn written(&self, key: &Key) -> Option<&Written> {
        self.settings.get(&key.path())?.value.as_ref()
    }

    /// Returns the value of a key whose form is a text, an address, a socket or a word.
    pub(super) fn text(&self, key: &Key) -> Option<&str> {
        match self.written(key) {
            Some(Written::Text(text)) => Some(text),
            _ => key.default,
        }
    }

    /// Returns the value of a secret key.
    pub(super) fn secret(&self, key: &Key) -> Option<SecretString> {
        match self.written(key) {
            Some(Written::Secret(secret)) => Some(secret.clone()),
            _ => key.default.map(SecretString::from),
        }
    }

    /// Returns the values of a key that is a list of secrets.
    pub(super) fn secrets(&self, key: &Key) -> Vec<SecretString> {
        match self.written(key) {
            Some(Written::Secrets(secrets)) => secrets.clone(),
            _ => Vec::new(),
        }
    }

    /// Returns the value of a key that is a list of files or names.
    pub(super) fn texts(&self, key: &Key) -> &[String] {
        match self.written(key) {
            Some(Written::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// Returns the value of a key that is a table of texts.
    pub(super) fn pairs(&self, key: &Key) -> &[(String, SecretString)] {
        match self.written(key) {
            Some(Written::Pairs(pairs)) => pairs,
            _ => &[],
        }
    }

    /// Returns the value of a key that is a table of anything.
    pub(super) fn json(&self, key: &Key) -> Map<String, Value> {
        match self.written(key) {
            Some(Written::Json(table)) => table.clone(),
            _ => Map::new(),
        }
    }

    /// Returns the value of a whole-numbered key.
    pub(super) fn whole(&self, key: &Key) -> Option<u64> {
        match self.written(key) {
            Some(Written::Whole(number)) => Some(*number),
            _ => match form::default(key)? {
                Written::Whole(number) => Some(number),
                _ => None,
            },
        }
    }

    /// Returns the value of a decimal key.
    pub(super) fn decimal(&self, key: &Key) -> Option<f64> {
        match self.written(key) {
            Some(Written::Decimal(number)) => Some(*number),
            _ => match form::default(key)? {
                Written::Decimal(number) => Some(number),
                _ => None,
            },
        }
    }

    /// Returns the value of a key in dollars, where one is written.
    pub(super) fn dollars(&self, key: &Key) -> Option<Money> {
        match self.written(key) {
            Some(Written::Dollars(amount)) => Some(*amount),
            _ => None,
        }
    }

    /// Returns the value of a key in seconds.
    pub(super) fn duration(&self, key: &Key) -> Duration {
        // Its bounds are those of the key's form, so that it is neither negative nor endless.
        Duration::try_from_secs_f64(self.decimal(key).unwrap_or_default()).unwrap_or_default()
    }

    /// Returns the value of a key that is `true` or `false`.
    pub(super) fn switch(&self, key: &Key) -> bool {
        match self.written(key) {
            Some(Written::Switch(on)) => *on,
            _ => key.default == Some("true"),
        }
    }

    /// Returns what may be shown of the value of a key, where there is one.
    pub(super) fn shown(&self, key: &Key) -> Option<String> {
        match self.written(key) {
            Some(value) => Some(value.shown()),
            None => form::default(key).map(|value| value.shown()),
        }
    }
}

impl Written {
    fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.escape_debug().to_string(),
            Self::Secret(_) => "set".to_owned(),
            Self::Secrets(secrets) => format!("{} set", secrets.len()),
            Self::Texts(texts) => texts.join(", ").escape_debug().to_string(),
            Self::Pairs(pairs) => format!("{} set", pairs.len()),
            Self::Json(table) => Value::Object(table.clone()).to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Decimal(number) => number.to_string(),
            Self::Dollars(amount) => amount.to_string(),
            Self::Switch(on) => on.to_string(),
        }
    }
}
