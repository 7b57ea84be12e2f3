//! What is to be written into the two files: decided and edited here, purely; put on the disk by `sheets`.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::perform::Harvest;
use super::record::{Hidden, Made, Record, Sheet};
use super::sheets::{self, Readers};
use super::stop::Stop;
use super::wishes::Wishes;
use crate::config::edit::{Edited, TooIntricate, in_dotenv, in_toml};
use crate::config::reference::Key;
use crate::config::{Draft, Drafted, FILE_SUFFIX, Origin};
use crate::domain::hexadecimal::hexadecimal;
use crate::text::{Deed, Language, Obstacle, Remark};

/// How a new `askwell.toml` begins.
const HEAD: &str = "# Written by `askwell setup`. `askwell config reference` lists every key.\n\n";

/// The two files as they are to be.
pub(super) struct Writing {
    toml: Page,
    dotenv: Page,
    /// What changes, for a list.
    pub(super) deeds: Vec<Deed<'static>>,
    /// What else is to be known.
    pub(super) remarks: Vec<Remark<'static>>,
    /// Values that cannot be written here.
    pub(super) obstacles: Vec<Obstacle<'static>>,
    made: Vec<Made>,
}

/// One file.
struct Page {
    sheet: Sheet,
    name: String,
    path: PathBuf,
    is_new: bool,
    before: String,
    text: String,
}

/// What the values are made of.
pub(super) struct Values<'a> {
    /// The server as it was given.
    pub(super) url: &'a Url,
    pub(super) wishes: &'a Wishes,
    /// The language, where it was given.
    pub(super) language: Option<Language>,
    /// Whether the server shows LaTeX.
    pub(super) latex: bool,
    pub(super) harvest: &'a Harvest,
}

impl Writing {
    /// Edits the files.
    pub(super) fn of(draft: &Draft, values: &Values<'_>) -> Result<Self, Stop> {
        let page = |sheet, drafted: &crate::config::Sheet, head: &str| Page {
            sheet,
            name: drafted.name.clone(),
            path: drafted.path.clone(),
            is_new: drafted.text.is_none(),
            before: drafted.text.clone().unwrap_or_default(),
            text: drafted.text.clone().unwrap_or_else(|| head.to_owned()),
        };
        let mut writing = Self {
            toml: page(Sheet::Toml, &draft.toml, HEAD),
            dotenv: page(Sheet::Dotenv, &draft.dotenv, ""),
            deeds: Vec::new(),
            remarks: Vec::new(),
            obstacles: Vec::new(),
            made: Vec::new(),
        };
        writing.texts(draft, values)?;
        writing.secrets(draft, values)?;
        Ok(writing)
    }

    fn texts(&mut self, draft: &Draft, values: &Values<'_>) -> Result<(), Stop> {
        if let Some(language) = values.language {
            self.text(&draft.language_code, language.code())?;
        }
        self.address(&draft.public_url, &values.wishes.public_url)?;
        self.address(&draft.mattermost_url, values.url)?;
        self.text(&draft.trigger, &values.wishes.trigger)?;
        if draft.latex.value != Some(values.latex) {
            let latex = values.latex.to_string();
            self.set(&draft.latex, &latex, is_value)?;
        }
        Ok(())
    }

    fn secrets(&mut self, draft: &Draft, values: &Values<'_>) -> Result<(), Stop> {
        let harvest = values.harvest;
        if let Some(token) = &harvest.bot_token {
            self.secret(&draft.bot_token, token.expose_secret())?;
        }
        self.list(&draft.command_tokens, &harvest.command_tokens)?;
        self.list(&draft.outgoing_tokens, &harvest.outgoing_tokens)?;
        if let Some(id) = &harvest.incoming {
            let base = values.url.as_str().trim_end_matches('/');
            let address = format!("{base}/hooks/{}", id.expose_secret());
            self.secret(&draft.incoming_webhook, &address)?;
        }
        Ok(())
    }

    fn address(&mut self, drafted: &Drafted<String>, url: &Url) -> Result<(), Stop> {
        let new = url.as_str().trim_end_matches('/');
        let is_same = |old: &str| old.trim().trim_end_matches('/') == new;
        if drafted.value.as_deref().is_some_and(is_same) {
            return Ok(());
        }
        self.set(drafted, new, is_value)
    }

    fn text(&mut self, drafted: &Drafted<String>, new: &str) -> Result<(), Stop> {
        if drafted.value.as_deref() == Some(new) {
            return Ok(());
        }
        self.set(drafted, new, is_value)
    }

    fn secret(&mut self, drafted: &Drafted<SecretString>, new: &str) -> Result<(), Stop> {
        let old = drafted.value.as_ref().map(ExposeSecret::expose_secret);
        if old == Some(new) {
            return Ok(());
        }
        self.set(drafted, new, is_value)
    }

    /// Adds to a list what it lacks. What it holds else stays: it may be of commands that people made.
    fn list(
        &mut self,
        drafted: &Drafted<Vec<SecretString>>,
        new: &[SecretString],
    ) -> Result<(), Stop> {
        let old = drafted.value.iter().flatten();
        let mut all: Vec<&str> = old.map(ExposeSecret::expose_secret).collect();
        let count = all.len();
        for token in new {
            let token = token.expose_secret();
            if !all.contains(&token) {
                all.push(token);
            }
        }
        if all.len() == count {
            return Ok(());
        }
        self.set(drafted, &all.join(","), is_list)
    }

    fn set<T>(
        &mut self,
        drafted: &Drafted<T>,
        new: &str,
        made: fn(&Key, &Page, &Edited, &str) -> Made,
    ) -> Result<(), Stop> {
        let key = drafted.key;
        if drafted.is_apart {
            let name = key.env.unwrap_or_default();
            self.obstacles.push(Obstacle::ValueIsApart {
                name: format!("{name}{FILE_SUFFIX}").into(),
            });
            return Ok(());
        }
        let page = if self.belongs_into_dotenv(drafted) {
            &mut self.dotenv
        } else {
            &mut self.toml
        };
        let edited = page.edit(key, Some(new))?;
        if edited.before.as_deref() != Some(new) {
            self.deeds.push(Deed::Write {
                key: page.name_of(key).into(),
                path: page.name.clone().into(),
            });
            self.made.push(made(key, page, &edited, new));
        }
        page.text = edited.text;
        if let Origin::Environment(name) = &drafted.origin {
            let name = name.clone().into();
            self.remarks.push(Remark::EnvironmentWins { name });
        }
        Ok(())
    }

    /// A secret belongs there, and what is there already stays there, because it wins over the other file.
    fn belongs_into_dotenv<T>(&self, drafted: &Drafted<T>) -> bool {
        let is_there = matches!(&drafted.origin, Origin::File(name) if *name == self.dotenv.name);
        drafted.key.env.is_some() && (drafted.key.form.is_secret() || is_there)
    }

    /// Puts the files on the disk, where they change, and records how they were.
    pub(super) fn write(self, record: &mut Record) -> Result<(), Stop> {
        let Self {
            toml, dotenv, made, ..
        } = self;
        for page in [&toml, &dotenv] {
            let is_changed = made.iter().any(|made| path_of(made) == Some(&page.path));
            if page.is_new && is_changed {
                let path = page.path.display().to_string();
                record.add(Made::File { path })?;
            }
        }
        for made in &made {
            record.add(made.clone())?;
        }
        let is_changed = |page: &Page| made.iter().any(|made| path_of(made) == Some(&page.path));
        if is_changed(&toml) && toml.text != toml.before {
            sheets::write(&toml.path, &toml.text, Readers::Anybody)?;
        }
        if is_changed(&dotenv) && dotenv.text != dotenv.before {
            sheets::write(&dotenv.path, &dotenv.text, Readers::OwnerOnly)?;
        }
        Ok(())
    }
}

fn path_of(made: &Made) -> Option<&Path> {
    match made {
        Made::Value { path, .. } | Made::List { path, .. } => Some(Path::new(path)),
        _ => None,
    }
}

fn is_value(key: &Key, page: &Page, edited: &Edited, new: &str) -> Made {
    Made::Value {
        key: key.path(),
        path: page.path.display().to_string(),
        sheet: page.sheet,
        before: edited.before.clone().map(Hidden),
        after: digest(new),
    }
}

fn is_list(key: &Key, page: &Page, edited: &Edited, new: &str) -> Made {
    let before: Vec<_> = edited
        .before
        .iter()
        .flat_map(|old| old.split(','))
        .collect();
    let added = new.split(',').filter(|token| !before.contains(token));
    Made::List {
        key: key.path(),
        path: page.path.display().to_string(),
        sheet: page.sheet,
        added: added.map(digest).collect(),
    }
}

/// What a value is known by without being told.
pub(super) fn digest(value: &str) -> String {
    hexadecimal(&Sha256::digest(value.as_bytes()))
}

impl Page {
    fn edit(&self, key: &Key, new: Option<&str>) -> Result<Edited, Stop> {
        let path = self.path.clone();
        edit(self.sheet, &self.text, key, new).map_err(|source| Stop::Intricate { path, source })
    }

    fn name_of(&self, key: &Key) -> String {
        match self.sheet {
            Sheet::Toml => key.path(),
            Sheet::Dotenv => key.env.unwrap_or_default().to_owned(),
        }
    }
}

/// Edits a text of either form.
pub(super) fn edit(
    sheet: Sheet,
    text: &str,
    key: &Key,
    new: Option<&str>,
) -> Result<Edited, TooIntricate> {
    match sheet {
        Sheet::Toml => in_toml(text, key, new),
        Sheet::Dotenv => in_dotenv(text, key.env.unwrap_or_default(), new),
    }
}
