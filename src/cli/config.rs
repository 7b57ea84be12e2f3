//! `askwell config`: is it right, what is it, what could it be.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::{CONFIGURATION_IS_WRONG, complain, say};
use crate::config::{Colours, Config, Inputs, document, load, summary};
use crate::text::{Language, Notice, notify};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Reports everything that is wrong, with file, line and remedy.
    Check,
    /// Shows what is configured and where each value comes from, secrets left out.
    Show,
    /// Prints the reference of all keys, in Markdown.
    Reference {
        /// `en` or `ko`.
        #[arg(default_value = "en")]
        language: String,
    },
}

pub(super) fn run(file: Option<&Path>, command: &Command) -> ExitCode {
    match command {
        Command::Check => match read(file) {
            Ok(config) => {
                let said = notify(config.language, &Notice::ConfigurationComplete);
                say(&format!("{said}\n"))
            }
            Err(code) => code,
        },
        Command::Show => match read(file) {
            Ok(config) => say(&summary(&config)),
            Err(code) => code,
        },
        Command::Reference { language } => match language.parse::<Language>() {
            Ok(language) => say(&document(language)),
            Err(error) => wrong(&format!("{error}\n")),
        },
    }
}

/// Reads the configuration, or says everything that is wrong with it.
pub(super) fn read(file: Option<&Path>) -> Result<Config, ExitCode> {
    let colours = if std::io::stderr().is_terminal() {
        Colours::Shown
    } else {
        Colours::Absent
    };
    load(Inputs::of_process(file)).map_err(|problems| wrong(&problems.render(colours)))
}

fn wrong(text: &str) -> ExitCode {
    complain(text);
    ExitCode::from(CONFIGURATION_IS_WRONG)
}
