//! A configuration that may still lack things: what is written of it so far, and where, for those who are to complete it.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;

use super::env::FILE_SUFFIX;
use super::inputs::{FileText, Inputs};
use super::load::{language, read};
use super::problem::Problems;
use super::raw::{Origin, Values};
use super::reference::{self as keys, Key};
use crate::text::Language;

/// A value as far as it is written.
#[derive(Clone)]
pub struct Drafted<T> {
    /// Its key.
    pub key: &'static Key,
    /// The value that counts, the default included; `None` where there is none.
    pub value: Option<T>,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it is read from a file of its own that a name ending in `_FILE` tells of.
    pub is_apart: bool,
}

/// What is written. It holds secrets, so it does not print.
pub struct Draft {
    /// The language askwell speaks.
    pub language: Language,
    /// The same, as it is written.
    pub language_code: Drafted<String>,
    /// Where askwell listens.
    pub listen: Option<SocketAddr>,
    /// How Mattermost reaches us.
    pub public_url: Drafted<String>,
    /// The Mattermost server.
    pub mattermost_url: Drafted<String>,
    /// The bot account's token.
    pub bot_token: Drafted<SecretString>,
    /// Tokens of slash commands.
    pub command_tokens: Drafted<Vec<SecretString>>,
    /// Tokens of outgoing webhooks.
    pub outgoing_tokens: Drafted<Vec<SecretString>>,
    /// The address of the incoming webhook.
    pub incoming_webhook: Drafted<SecretString>,
    /// The word after the slash.
    pub trigger: Drafted<String>,
    /// Whether the server shows LaTeX.
    pub latex: Drafted<bool>,
    /// `askwell.toml`, or the file that stands for it.
    pub toml: Sheet,
    /// `.env`, or the file that stands for it.
    pub dotenv: Sheet,
}

/// A file that may be written. It may hold secrets, so it does not print.
#[derive(Clone)]
pub struct Sheet {
    /// Its name, as an operator would type it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// What it holds; `None` where it is not there.
    pub text: Option<String>,
}

/// Reads what is written.
///
/// # Errors
/// When something that is written cannot be read or is not of the form of its key. What is missing is no error.
pub fn draft(inputs: &Inputs, names: SheetNames) -> Result<Draft, Problems> {
    let directory = inputs.directory.clone();
    let sheet = |name: String, file: &Option<FileText>| Sheet {
        path: directory.join(&name),
        name,
        text: file.as_ref().map(|file| file.text.clone()),
    };
    let toml = sheet(names.toml, &inputs.toml);
    let dotenv = sheet(names.dotenv, &inputs.dotenv);
    let values = read(inputs);
    let language = language(&values);
    let draft = Draft {
        language,
        language_code: text(&values, &keys::SERVER_LANGUAGE),
        listen: values
            .text(&keys::SERVER_LISTEN)
            .and_then(|listen| listen.parse().ok()),
        public_url: text(&values, &keys::SERVER_PUBLIC_URL),
        mattermost_url: text(&values, &keys::MATTERMOST_URL),
        bot_token: secret(&values, &keys::MATTERMOST_BOT_TOKEN),
        command_tokens: secrets(&values, &keys::MATTERMOST_COMMAND_TOKENS),
        outgoing_tokens: secrets(&values, &keys::MATTERMOST_OUTGOING_TOKENS),
        incoming_webhook: secret(&values, &keys::MATTERMOST_INCOMING_WEBHOOK),
        trigger: text(&values, &keys::ANSWER_TRIGGER),
        latex: drafted(&values, &keys::MATTERMOST_LATEX, |key| {
            Some(values.switch(key))
        }),
        toml,
        dotenv,
    };
    let list = values.into_problems();
    if list.is_empty() {
        Ok(draft)
    } else {
        Err(Problems { list, language })
    }
}

/// The names of the two files that are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetNames {
    /// Of `askwell.toml`.
    pub toml: String,
    /// Of `.env`.
    pub dotenv: String,
}

fn text(values: &Values, key: &'static Key) -> Drafted<String> {
    drafted(values, key, |key| values.text(key).map(str::to_owned))
}

fn secret(values: &Values, key: &'static Key) -> Drafted<SecretString> {
    drafted(values, key, |key| values.secret(key))
}

fn secrets(values: &Values, key: &'static Key) -> Drafted<Vec<SecretString>> {
    drafted(values, key, |key| Some(values.secrets(key)))
}

fn drafted<T>(
    values: &Values,
    key: &'static Key,
    value: impl FnOnce(&'static Key) -> Option<T>,
) -> Drafted<T> {
    Drafted {
        key,
        value: value(key),
        origin: values.origin(key),
        is_apart: values
            .name(key)
            .is_some_and(|name| name.ends_with(FILE_SUFFIX)),
    }
}
