//! The record of what setup made, so that exactly this can be taken back: a file beside the secrets, which only its owner may read.
//!
//! It names things by their ids. Of an incoming webhook the id is the right to post, and of a value that was replaced the old one is kept,
//! so it is itself a secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::sheets;
use super::stop::Stop;
use crate::text::Obstacle;

/// The name of the file.
pub const RECORD_FILE: &str = "askwell-setup.json";

/// The form of the file; another one is not read.
const FORM: u32 = 1;

/// The longest record that is read, in bytes.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A text that does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Hidden(pub(super) String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Hidden(…)")
    }
}

/// One thing that was made or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Made {
    /// A bot account, or one that was let act again.
    Bot { id: String, name: String },
    /// A picture of a bot that had none.
    Picture { user: String },
    /// What a bot is told of.
    NotifyProps {
        user: String,
        before: BTreeMap<String, String>,
    },
    /// An access token.
    Token { id: String },
    /// A place in a team.
    Member {
        team: String,
        team_name: String,
        user: String,
    },
    /// A command.
    Command {
        id: String,
        trigger: String,
        team_name: String,
    },
    /// An outgoing webhook.
    Outgoing {
        id: String,
        word: String,
        team_name: String,
    },
    /// An incoming webhook.
    Incoming { id: Hidden, channel: String },
    /// A setting of the server's.
    Setting {
        section: String,
        name: String,
        before: Setting,
        after: Setting,
    },
    /// A permission that a role did not have.
    Permission { role: String, permission: String },
    /// A role that an account did not have.
    Role { user: String, role: String },
    /// A file that was not there.
    File { path: String },
    /// A value in a file. What it is now is kept as a digest, to see whether somebody changed it since.
    Value {
        key: String,
        path: String,
        sheet: Sheet,
        before: Option<Hidden>,
        after: String,
    },
    /// Tokens in a list of a file, each known by its digest.
    List {
        key: String,
        path: String,
        sheet: Sheet,
        added: Vec<String>,
    },
}

/// Which form a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sheet {
    Toml,
    Dotenv,
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Setting {
    Switch(bool),
    Text(String),
    Number(i64),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(rename = "form")]
    version: u32,
    server: String,
    made: Vec<Made>,
}

/// What setup made on one server.
pub(super) struct Record {
    path: PathBuf,
    server: String,
    made: Vec<Made>,
}

impl Record {
    /// Reads the record in a directory, or begins one of a server.
    pub(super) fn open(directory: &Path, server: &str) -> Result<Self, Stop> {
        let path = directory.join(RECORD_FILE);
        let mut record = Self {
            server: server.to_owned(),
            made: Vec::new(),
            path,
        };
        let Some(text) = sheets::read(&record.path)? else {
            return Ok(record);
        };
        let shown = || record.path.display().to_string().into();
        let form = Some(text)
            .filter(|text| text.len() <= MAX_BYTES)
            .and_then(|text| serde_json::from_str::<Form>(&text).ok())
            .filter(|form| form.version == FORM)
            .ok_or_else(|| Obstacle::RecordUnreadable { path: shown() })?;
        if form.server != server && !form.made.is_empty() {
            return Err(Obstacle::OtherServer {
                path: shown(),
                recorded: form.server.into(),
            }
            .into());
        }
        record.made = form.made;
        Ok(record)
    }

    /// What was made, in order.
    pub(super) fn made(&self) -> &[Made] {
        &self.made
    }

    /// Whether something is recorded.
    pub(super) fn holds(&self, is_it: impl Fn(&Made) -> bool) -> bool {
        self.made.iter().any(is_it)
    }

    /// Records something that was made, durably.
    pub(super) fn add(&mut self, made: Made) -> Result<(), Stop> {
        if self.made.contains(&made) {
            return Ok(());
        }
        self.made.push(made);
        self.save()
    }

    /// Forgets something that was taken back, durably; an empty record is deleted.
    pub(super) fn forget(&mut self, made: &Made) -> Result<(), Stop> {
        self.made.retain(|other| other != made);
        self.save()
    }

    fn save(&self) -> Result<(), Stop> {
        if self.made.is_empty() {
            return sheets::delete(&self.path);
        }
        let form = Form {
            version: FORM,
            server: self.server.clone(),
            made: self.made.clone(),
        };
        let mut text =
            serde_json::to_string_pretty(&form).expect("our own types have string keys only");
        text.push('\n');
        sheets::write(&self.path, &text, sheets::Readers::OwnerOnly)
    }
}
