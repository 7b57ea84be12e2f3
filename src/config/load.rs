//! From everything that is written to settings that hold, or to everything that is wrong.

use std::collections::BTreeSet;
use std::path::Path;

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use url::Url;

use super::check;
use super::env::Variables;
use super::fault::Fault;
use super::inputs::Inputs;
use super::problem::{Problem, Problems};
use super::raw::Values;
use super::reference::{self as keys, KEYS};
use super::summary::{self, Line};
use super::toml_file;
use crate::domain::id::ServerId;
use crate::text::Language;
use crate::{http, llm, mattermost, pipeline, store, telemetry};

/// Everything checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The language askwell speaks.
    pub language: Language,
    /// How Mattermost reaches us, where it was said.
    pub public_url: Option<Url>,
    /// Whether files of the configuration are read again when they were written.
    pub watches_files: bool,
    /// How to listen.
    pub http: http::Settings,
    /// Whom to believe.
    pub tokens: http::Tokens,
    /// How to reach Mattermost.
    pub mattermost: mattermost::Settings,
    /// Which models there are, and how to reach them.
    pub models: llm::Models,
    /// How pictures are drawn, where they are.
    pub images: Option<llm::ImageSettings>,
    /// How recordings are written down, where they are.
    pub speech: Option<llm::SpeechSettings>,
    /// The page for administrators, where there is one.
    pub page: Option<http::admin::Settings>,
    /// Which database.
    pub store: store::Settings,
    /// With which keys texts in it are sealed.
    pub seals: store::SealKeys,
    /// How questions are answered.
    pub pipeline: pipeline::Settings,
    /// What is logged.
    pub log: telemetry::Settings,
    /// Where metrics are served, and traces go.
    pub observing: check::Observing,
    /// Further bots that the process serves, of this server or others; what is the process's is the first one's.
    pub also: Vec<Config>,
    /// Every key with its value and origin, secrets left out.
    pub(super) lines: Vec<Line>,
}

impl Config {
    /// Returns the file of the database; `None` where it is no file.
    #[must_use]
    pub fn database_file(&self) -> Option<&Path> {
        match &self.store {
            store::Settings::Sqlite(path) => Some(path),
            store::Settings::Postgres(_) => None,
        }
    }
}

/// Reads and checks everything.
///
/// Files that variables ending in `_FILE` name are read here, and those of further bots; nothing else is.
///
/// # Errors
/// When anything is wrong: all of it.
pub fn load(inputs: Inputs) -> Result<Config, Problems> {
    let values = read(&inputs);
    let language = language(&values);
    let mut taken = Taken::default();
    taken.take(&values);
    let mut found = Vec::new();
    let mut also = Vec::new();
    for name in values.texts(&keys::SERVER_ALSO) {
        let place = values.place(&keys::SERVER_ALSO);
        let beside = inputs.beside(&keys::SERVER_ALSO.path(), place, name);
        let (config, problems) = load_beside(beside, &mut taken);
        also.extend(config);
        found.extend(problems);
    }
    let config = checked(&values, inputs).map(|config| Config { also, ..config });
    found.extend(values.into_problems());
    found.sort_by_key(|problem| problem.place.order());
    match config {
        Some(config) if found.is_empty() => Ok(config),
        _ => Err(Problems {
            list: found,
            language,
        }),
    }
}

/// Reads and checks what is written for a further bot.
fn load_beside(inputs: Inputs, taken: &mut Taken) -> (Option<Config>, Vec<Problem>) {
    if inputs.toml.is_none() {
        // Nothing else could be right.
        return (None, inputs.unreadable);
    }
    let values = read(&inputs);
    for key in KEYS.iter().filter(|key| key.is_of_the_process()) {
        if values.is_written(key) {
            values.report(key, Fault::OfTheProcess);
        }
    }
    taken.take(&values);
    let config = checked(&values, inputs);
    (config, values.into_problems())
}

/// Brings everything that is written into the form of its key, an earlier source before a later one.
pub(super) fn read(inputs: &Inputs) -> Values {
    let mut problems = inputs.unreadable.clone();
    let mut layers = Vec::new();
    let mut tables = Vec::new();
    if let Some(file) = &inputs.toml {
        let read = toml_file::read(file);
        layers.push(read.settings);
        tables = read.tables;
        problems.extend(read.problems);
    }
    let mut environments = vec![Variables::of_process(&inputs.environment)];
    if let Some(file) = &inputs.dotenv {
        let (variables, found) = Variables::of_file(file);
        problems.extend(found);
        environments.insert(0, variables);
    }
    for variables in environments {
        let (settings, found) = variables.settings(&inputs.directory);
        layers.push(settings);
        problems.extend(found);
    }
    Values::layered(layers, problems).with_tables(tables)
}

fn checked(values: &Values, inputs: Inputs) -> Option<Config> {
    let system = check::System {
        directory: inputs.directory,
        time_zone: inputs.system_time_zone,
        environment: inputs.environment,
    };
    let config = check::settings(values, language(values), &system)?;
    Some(Config {
        lines: summary::lines(values, &config),
        ..config
    })
}

pub(super) fn language(values: &Values) -> Language {
    values
        .text(&keys::SERVER_LANGUAGE)
        .and_then(|code| code.parse().ok())
        .unwrap_or_default()
}

/// What only one bot may have.
#[derive(Default)]
struct Taken {
    names: BTreeSet<ServerId>,
    /// Digests of tokens: by a token it is known whose a request is.
    tokens: BTreeSet<[u8; 32]>,
}

impl Taken {
    fn take(&mut self, values: &Values) {
        let name = values.text(&keys::MATTERMOST_NAME);
        let name = name.and_then(|name| ServerId::parse(name).ok());
        if name.is_some_and(|name| !self.names.insert(name)) {
            values.report(&keys::MATTERMOST_NAME, Fault::NameTaken);
        }
        for key in [
            &keys::MATTERMOST_COMMAND_TOKENS,
            &keys::MATTERMOST_OUTGOING_TOKENS,
        ] {
            let tokens = values.secrets(key);
            let digests: BTreeSet<[u8; 32]> = tokens
                .iter()
                .map(|token| Sha256::digest(token.expose_secret()).into())
                .collect();
            if !self.tokens.is_disjoint(&digests) {
                values.report(key, Fault::TokenTaken);
            }
            self.tokens.extend(digests);
        }
    }
}
