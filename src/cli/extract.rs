//! `askwell extract`: the child process that reads one attachment. It is for the server, not for people.

use std::process::ExitCode;

use crate::reading;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The file's name, of which the ending counts.
    #[arg(long)]
    name: String,
    /// How much of its text is kept.
    #[arg(long)]
    limit_bytes: usize,
    /// How long it may compute.
    #[arg(long)]
    cpu_seconds: u64,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match reading::serve(
        &arguments.name,
        arguments.limit_bytes,
        arguments.cpu_seconds,
    ) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
