//! Every effective setting and where it comes from, for a person who wonders; no secret is part of it.

use std::fmt::{self, Write};

use secrecy::ExposeSecret;
use sha2::{Digest as _, Sha256};

use super::load::Config;
use super::raw::{Origin, Values};
use super::reference::{self as keys, KEYS, REPEATED, is_repeated};
use crate::domain::money::Price;
use crate::http::admin::{InForce, Source};
use crate::llm::{Priced, Pricing, prices_date};
use crate::store;
use crate::text::Language;

/// One key with its value, as it may be shown.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Its head, as it is shown.
    section: String,
    name: &'static str,
    value: Option<String>,
    /// Of what of its value is not shown.
    hidden: Digest,
    origin: Origin,
}

/// What two secrets are compared by. It does not print.
#[derive(Clone, PartialEq, Eq)]
struct Digest([u8; 32]);

impl Digest {
    fn of(values: &Values, key: &keys::Key) -> Self {
        let mut hash = Sha256::new();
        let own = values.secret(key);
        let listed = values.secrets(key);
        let paired = values.pairs(key).iter();
        let named = paired.clone().map(|(name, _)| name.as_str());
        let secrets = own
            .iter()
            .chain(&listed)
            .chain(paired.map(|(_, secret)| secret));
        for text in named.chain(secrets.map(ExposeSecret::expose_secret)) {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text);
        }
        Self(hash.finalize().into())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest")
    }
}

impl Line {
    /// Returns the name of its key: `answer.assistant`, and in a table that may stand often `agents 1.name`.
    pub(super) fn path(&self) -> String {
        let section = self.section.replace(['[', ']'], "");
        format!("{section}.{}", self.name)
    }

    /// Says whether another has the same value, wherever either was written.
    pub(super) fn says_the_same_as(&self, other: &Self) -> bool {
        self.value == other.value && self.hidden == other.hidden
    }
}

/// Collects what may be shown of every key.
pub(super) fn lines(values: &Values, config: &Config) -> Vec<Line> {
    let once = KEYS.iter().filter(|key| !is_repeated(key.section));
    let lines = once.map(|key| Line {
        section: format!("[{}]", key.section),
        name: key.name,
        value: computed(&key.path(), config).or_else(|| values.shown(key)),
        hidden: Digest::of(values, key),
        origin: values.origin(key),
    });
    lines.chain(of_tables(values)).collect()
}

/// The same of what is written in the tables that may stand often.
fn of_tables(values: &Values) -> impl Iterator<Item = Line> {
    REPEATED.iter().flat_map(|section| {
        let numbered = values.tables(section).zip(1..);
        numbered.flat_map(move |(table, number)| {
            let written = KEYS.iter().filter(|key| table.is_written(key));
            written.map(move |key| Line {
                section: format!("[[{section}]] {number}"),
                name: key.name,
                value: table.shown(key),
                hidden: Digest::of(table, key),
                origin: table.origin(key),
            })
        })
    })
}

/// Returns values that are not what is written: those that follow from others, and the kind of database without its password.
fn computed(path: &str, config: &Config) -> Option<String> {
    let is = |key: &keys::Key| key.path() == path;
    let first = config.models.first();
    if is(&keys::MODEL_NAME) {
        first.and_then(|first| first.model.clone())
    } else if is(&keys::MODEL_WINDOW) {
        first.map(|first| first.window.total_tokens.to_string())
    } else if is(&keys::MODEL_PRICE_INPUT) {
        listed(config, |price| price.input)
    } else if is(&keys::MODEL_PRICE_CACHED_INPUT) {
        listed(config, |price| price.cached_input)
    } else if is(&keys::MODEL_PRICE_OUTPUT) {
        listed(config, |price| price.output)
    } else if is(&keys::MODEL_ANSWER) {
        first.map(|first| first.window.answer_tokens.to_string())
    } else if is(&keys::ANSWER_TIME_ZONE) {
        Some(config.pipeline.time_zone.clone())
    } else if is(&keys::DATABASE_URL) {
        Some(match &config.store {
            store::Settings::Sqlite(path) => format!("sqlite:{}", path.display()),
            store::Settings::Postgres(_) => "postgres, set".to_owned(),
        })
    } else {
        None
    }
}

/// Returns every effective setting, and where it comes from.
#[must_use]
pub fn in_force(config: &Config) -> Vec<InForce> {
    let shown = config.lines.iter().map(|line| InForce {
        section: line.section.clone(),
        name: line.name.to_owned(),
        value: line.value.clone(),
        source: match &line.origin {
            Origin::Default => Source::Default,
            Origin::Environment(name) => Source::Environment(name.clone()),
            Origin::File(name) => Source::File(name.clone()),
        },
    });
    shown.collect()
}

/// Returns a part of the first model's price where the table has it, with the table's day.
fn listed(config: &Config, part: impl Fn(Price) -> u64) -> Option<String> {
    let date = prices_date();
    match Pricing::of(config.models.first()?).price(None) {
        Priced::Written(_) | Priced::Unknown => None,
        Priced::Listed(price) => {
            let amount = Price::a_million(part(price));
            Some(match config.language {
                Language::English => format!("{amount}, table of {date}"),
                Language::Korean => format!("{amount}, {date} 가격표"),
            })
        }
    }
}

/// Writes all effective settings: a line for each key, with its value and its origin.
#[must_use]
pub fn summary(config: &Config) -> String {
    let mut text = String::new();
    let mut section = "";
    for line in &config.lines {
        if line.section != section {
            section = &line.section;
            let gap = if text.is_empty() { "" } else { "\n" };
            write(&mut text, format_args!("{gap}{section}\n"));
        }
        let value = line.value.as_deref().unwrap_or("-");
        let origin = origin(&line.origin, config.language);
        write(
            &mut text,
            format_args!("{} = {value}  ({origin})\n", line.name),
        );
    }
    text
}

fn write(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments)
        .expect("a string takes all that is written to it");
}

fn origin(origin: &Origin, language: Language) -> String {
    match (origin, language) {
        (Origin::Default, Language::English) => "default".to_owned(),
        (Origin::Default, Language::Korean) => "기본값".to_owned(),
        (Origin::Environment(name), Language::Korean) => format!("환경 변수 {name}"),
        (Origin::Environment(name) | Origin::File(name), Language::English) => {
            format!("from {name}")
        }
        (Origin::File(name), Language::Korean) => format!("{name}에서"),
    }
}
