//! How askwell is started: one command a file.

mod access;
mod audit;
mod backup;
mod config;
mod dead;
mod doctor;
mod extract;
mod failure;
mod keys;
mod manual;
mod model;
mod serve;
mod setup;
mod terminal;
mod usage;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::telemetry::metrics_reference;

/// Answers questions asked in Mattermost with a language model.
#[derive(Debug, Parser)]
#[command(name = "askwell", version, about, max_term_width = 100)]
pub struct Arguments {
    /// The configuration file; `askwell.toml` where there is one, if not given.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Listens for questions and answers them.
    Serve,
    /// Makes what askwell needs on a Mattermost server, and writes `askwell.toml` and `.env`.
    ///
    /// Run twice, it changes nothing the second time. Without a terminal it changes settings of the server only with --yes.
    Setup(Box<setup::Arguments>),
    /// Looks at the whole chain, from configuration to model, and says what is not well and what to do about it.
    ///
    /// Exits with 0 where all is well, 1 where something should be looked after, and 2 where something does not work.
    Doctor(doctor::Arguments),
    /// Lists the models, asks each whether it answers, or finds out what a server takes.
    Models {
        #[command(subcommand)]
        command: model::Command,
    },
    /// Explains who may be answered, where and by which models.
    Access {
        #[command(subcommand)]
        command: access::Command,
    },
    /// Lists answers that could be shown to nobody, and has them tried again.
    Dead {
        #[command(subcommand)]
        command: dead::Command,
    },
    /// Says what was used, by whom, and what it cost.
    Usage(usage::Arguments),
    /// Says who did what, when, and whether what was written down of it is as it was.
    Audit {
        #[command(subcommand)]
        command: audit::Command,
    },
    /// Makes keys with which texts are sealed in the database, and seals with another.
    Keys {
        #[command(subcommand)]
        command: keys::Command,
    },
    /// Checks the configuration, shows it, or prints its reference.
    Config {
        #[command(subcommand)]
        command: config::Command,
    },
    /// Prints every metric and what it means, in Markdown.
    Metrics,
    /// Copies the database to a file, consistently and while askwell serves.
    Backup(backup::Backup),
    /// Puts a copy in the place of the database, which is kept beside it; askwell must be stopped.
    Restore(backup::Restore),
    /// Prints what a shell is to complete, to be put where the shell looks for it.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Prints the page of the manual: `askwell man > askwell.1`.
    Man,
    /// Reads an attachment on standard input: the process that the server starts for each.
    #[command(hide = true)]
    Extract(extract::Arguments),
}

/// The exit code where the configuration is wrong, as for wrong arguments.
const CONFIGURATION_IS_WRONG: u8 = 2;

/// Writes to the terminal what a command has to say.
fn say(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Writes to the terminal what is wrong.
fn complain(text: &str) {
    // Where even this cannot be written, the exit code says it.
    std::io::stderr().write_all(text.as_bytes()).ok();
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let file = arguments.config.as_deref();
    match arguments.command {
        Command::Serve => serve::run(file),
        Command::Setup(arguments) => setup::run(file, &arguments),
        Command::Doctor(arguments) => doctor::run(file, &arguments),
        Command::Models { command } => model::run(file, &command),
        Command::Access { command } => access::run(file, &command),
        Command::Dead { command } => dead::run(file, &command),
        Command::Usage(arguments) => usage::run(file, &arguments),
        Command::Audit { command } => audit::run(file, &command),
        Command::Keys { command } => keys::run(file, &command),
        Command::Config { command } => config::run(file, &command),
        Command::Metrics => say(&metrics_reference()),
        Command::Backup(arguments) => backup::back_up(file, &arguments),
        Command::Restore(arguments) => backup::restore(file, &arguments),
        Command::Completions { shell } => manual::complete(shell),
        Command::Man => manual::print(),
        Command::Extract(arguments) => extract::run(&arguments),
    }
}
