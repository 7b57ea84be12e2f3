//! How askwell is started: one command a file.

mod config;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    /// Checks the configuration, shows it, or prints its reference.
    Config {
        #[command(subcommand)]
        command: config::Command,
    },
}

/// The exit code where the configuration is wrong, as for wrong arguments.
const CONFIGURATION_IS_WRONG: u8 = 2;

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let file = arguments.config.as_deref();
    match arguments.command {
        Command::Serve => serve::run(file),
        Command::Config { command } => config::run(file, &command),
    }
}
