//! From everything that is written to settings that hold, or to everything that is wrong.

use url::Url;

use super::check;
use super::env::Variables;
use super::inputs::Inputs;
use super::problem::Problems;
use super::raw::Values;
use super::reference;
use super::summary::{self, Line};
use super::toml_file;
use crate::text::Language;
use crate::{http, llm, mattermost, pipeline, store, telemetry};

/// Everything checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The language askwell speaks.
    pub language: Language,
    /// How Mattermost reaches us, where it was said.
    pub public_url: Option<Url>,
    /// How to listen.
    pub http: http::Settings,
    /// How to reach Mattermost.
    pub mattermost: mattermost::Settings,
    /// How to reach the model.
    pub model: llm::Settings,
    /// Which database.
    pub store: store::Settings,
    /// How questions are answered.
    pub pipeline: pipeline::Settings,
    /// What is logged.
    pub log: telemetry::Settings,
    /// Every key with its value and origin, secrets left out.
    pub(super) lines: Vec<Line>,
}

/// Reads and checks everything.
///
/// Files that variables ending in `_FILE` name are read here; nothing else is.
///
/// # Errors
/// When anything is wrong: all of it.
pub fn load(inputs: Inputs) -> Result<Config, Problems> {
    let mut problems = inputs.unreadable;
    let mut layers = Vec::new();
    if let Some(file) = &inputs.toml {
        let (settings, found) = toml_file::read(file);
        layers.push(settings);
        problems.extend(found);
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

    let values = Values::layered(layers, problems);
    let language = language(&values);
    let system = check::System {
        directory: inputs.directory,
        time_zone: inputs.system_time_zone,
    };
    let config = check::settings(&values, language, &system).map(|config| Config {
        lines: summary::lines(&values, &config),
        ..config
    });
    let mut list = values.into_problems();
    list.sort_by_key(|problem| problem.place.order());
    match config {
        Some(config) if list.is_empty() => Ok(config),
        _ => Err(Problems { list, language }),
    }
}

fn language(values: &Values) -> Language {
    values
        .text(&reference::SERVER_LANGUAGE)
        .and_then(|code| code.parse().ok())
        .unwrap_or_default()
}
