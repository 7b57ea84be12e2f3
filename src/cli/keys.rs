//! `askwell keys`: makes a key with which texts are sealed in the database, and seals with another, also beside a process that serves.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use secrecy::ExposeSecret as _;

use super::failure::Failure;
use super::say;
use crate::app::{self, Beside};
use crate::clock::{SystemClock, SystemIds};
use crate::config::Config;
use crate::text::{PrivacySaying, say_of_privacy};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Prints a new key, which is kept nowhere.
    New,
    /// Seals everything with `database.seal_key` that is not, or unseals it where there is none.
    ///
    /// Every process that serves must have the new key first, with the one before in `database.seal_keys_old`.
    Rotate,
}

pub(super) fn run(file: Option<&Path>, command: &Command) -> ExitCode {
    match command {
        Command::New => {
            let key = app::new_seal_key(&SystemIds);
            say(&format!("{}\n", key.expose_secret()))
        }
        Command::Rotate => rotate(file),
    }
}

fn rotate(file: Option<&Path>) -> ExitCode {
    let config = match super::config::read(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    match resealed(&config) {
        Ok(rows) => {
            let rows = rows.to_string().into();
            let said = say_of_privacy(config.language, &PrivacySaying::KeysRotated { rows });
            say(&format!("{said}\n"))
        }
        Err(failure) => {
            failure.complain(config.language);
            ExitCode::FAILURE
        }
    }
}

fn resealed(config: &Config) -> Result<u64, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::System)?;
    let beside = Beside {
        clock: Arc::new(SystemClock::start()),
        ids: Arc::new(SystemIds),
    };
    Ok(runtime.block_on(app::rotate_keys(config, &beside))?)
}
