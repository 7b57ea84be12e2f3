//! Everything a configuration is made of, gathered from the process once, so that tests need neither its environment nor its files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::draft::SheetNames;
use super::env::Variables;
use super::fault::Fault;
use super::place::Place;
use super::problem::Problem;
use super::reference::{CONFIG_VARIABLE, DEFAULT_CONFIG_FILE};

/// The longest `.env` or `askwell.toml`, in bytes.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The name of the file beside which askwell runs, as the environment's second source.
pub const DOTENV_FILE: &str = ".env";

/// A file of the configuration. It may hold secrets, so it does not print.
#[derive(Clone)]
pub struct FileText {
    /// Its name, as an operator would type it.
    pub name: String,
    /// What it holds.
    pub text: String,
}

/// Everything a configuration is made of. It holds secrets, so it does not print.
#[derive(Clone, Default)]
pub struct Inputs {
    /// The variables of the process.
    pub environment: BTreeMap<String, String>,
    /// `.env`, where there is one.
    pub dotenv: Option<FileText>,
    /// `askwell.toml`, where there is one.
    pub toml: Option<FileText>,
    /// The directory that relative paths begin at.
    pub directory: PathBuf,
    /// The machine's own time zone, as an IANA name, where it is known.
    pub system_time_zone: Option<String>,
    /// Files that could not be read, to be reported with everything else.
    pub unreadable: Vec<Problem>,
}

impl Inputs {
    /// Gathers them: the environment, `.env` in the working directory, and the file `config` names, else the one `ASKWELL_CONFIG` names,
    /// else `askwell.toml` where there is one.
    #[must_use]
    pub fn of_process(config: Option<&Path>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let directory = std::env::current_dir().unwrap_or_default();
        let zone = jiff::tz::TimeZone::try_system().ok();
        let mut inputs = Self {
            environment,
            directory,
            system_time_zone: zone.and_then(|zone| zone.iana_name().map(str::to_owned)),
            ..Self::default()
        };
        inputs.dotenv = inputs.read_optional(DOTENV_FILE);
        inputs.toml = inputs.read_toml(config);
        inputs
    }

    /// Gathers those of a further bot: the file, and the one beside it that ends with `.env` for its secrets. The environment of the process
    /// is not its own.
    pub(super) fn beside(&self, subject: &str, place: Place, name: &str) -> Self {
        let mut inputs = Self {
            directory: self.directory.clone(),
            system_time_zone: self.system_time_zone.clone(),
            ..Self::default()
        };
        let secrets = Path::new(name).with_extension("env");
        inputs.toml = inputs.read_required(subject, place, name);
        inputs.dotenv = inputs.read_optional(&secrets.to_string_lossy());
        inputs
    }

    /// Gathers them for a command that writes the two files: either may be missing, also where it is named. `secrets` stands for `.env`.
    #[must_use]
    pub fn to_be_written(config: Option<&Path>, secrets: Option<&Path>) -> (Self, SheetNames) {
        let mut inputs = Self::of_process(config);
        inputs.unreadable.clear();
        let mut dotenv = DOTENV_FILE.to_owned();
        if let Some(secrets) = secrets {
            dotenv = secrets.to_string_lossy().into_owned();
        }
        inputs.dotenv = inputs.read_optional(&dotenv);
        let named = match config {
            Some(path) => Ok(Some(path.to_string_lossy().into_owned())),
            None => inputs
                .config_variable()
                .map(|found| found.map(|(_, path)| path)),
        };
        let toml = match named {
            Ok(named) => named.unwrap_or_else(|| DEFAULT_CONFIG_FILE.to_owned()),
            Err(problem) => {
                inputs.unreadable.push(problem);
                DEFAULT_CONFIG_FILE.to_owned()
            }
        };
        inputs.toml = inputs.read_optional(&toml);
        (inputs, SheetNames { toml, dotenv })
    }

    fn read_toml(&mut self, config: Option<&Path>) -> Option<FileText> {
        if let Some(path) = config {
            return self.read_required("--config", Place::Nowhere, &path.to_string_lossy());
        }
        match self.config_variable() {
            Ok(None) => self.read_optional(DEFAULT_CONFIG_FILE),
            Ok(Some((place, path))) => self.read_required(CONFIG_VARIABLE, place, &path),
            Err(problem) => {
                self.unreadable.push(problem);
                None
            }
        }
    }

    fn config_variable(&self) -> Result<Option<(Place, String)>, Problem> {
        let process = Variables::of_process(&self.environment);
        if let Some(found) = process.value(CONFIG_VARIABLE, &self.directory)? {
            return Ok(Some((found.place, found.text)));
        }
        let Some(dotenv) = &self.dotenv else {
            return Ok(None);
        };
        // What is wrong with its lines is reported when it is loaded.
        let (variables, _) = Variables::of_file(dotenv);
        let found = variables.value(CONFIG_VARIABLE, &self.directory)?;
        Ok(found.map(|found| (found.place, found.text)))
    }

    fn read_optional(&mut self, name: &str) -> Option<FileText> {
        match read(&self.directory.join(name)) {
            Ok(text) => Some(FileText {
                name: name.to_owned(),
                text,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                self.report(name, Place::Nowhere, name, &error);
                None
            }
        }
    }

    fn read_required(&mut self, subject: &str, place: Place, path: &str) -> Option<FileText> {
        match read(&self.directory.join(path)) {
            Ok(text) => Some(FileText {
                name: path.to_owned(),
                text,
            }),
            Err(error) => {
                self.report(subject, place, path, &error);
                None
            }
        }
    }

    fn report(&mut self, subject: &str, place: Place, path: &str, error: &io::Error) {
        self.unreadable.push(Problem {
            subject: subject.to_owned(),
            place,
            fault: Fault::Unreadable {
                path: path.to_owned(),
                why: error.to_string(),
            },
        });
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other(format!(
            "it is longer than {MAX_FILE_BYTES} bytes"
        )));
    }
    // Some editors begin a file with a byte order mark.
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_directory(directory: &Path, environment: &[(&str, &str)]) -> Inputs {
        let mut inputs = Inputs {
            directory: directory.to_owned(),
            environment: environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Inputs::default()
        };
        inputs.dotenv = inputs.read_optional(DOTENV_FILE);
        inputs.toml = inputs.read_toml(None);
        inputs
    }

    #[test]
    fn the_file_is_the_one_that_is_named_or_askwell_toml_where_there_is_one() {
        let directory = tempfile::tempdir().unwrap();
        let name = |inputs: &Inputs| inputs.toml.as_ref().map(|file| file.name.clone());
        assert_eq!(name(&in_directory(directory.path(), &[])), None);

        std::fs::write(directory.path().join("askwell.toml"), "").unwrap();
        let found = in_directory(directory.path(), &[]);
        assert_eq!(name(&found).as_deref(), Some("askwell.toml"));

        std::fs::write(directory.path().join("other.toml"), "").unwrap();
        std::fs::write(directory.path().join(".env"), "ASKWELL_CONFIG=other.toml\n").unwrap();
        let found = in_directory(directory.path(), &[]);
        assert_eq!(name(&found).as_deref(), Some("other.toml"));

        let found = in_directory(directory.path(), &[("ASKWELL_CONFIG", "missing.toml")]);
        assert_eq!(name(&found), None);
        assert_eq!(found.unreadable.len(), 1);
    }

    #[test]
    fn a_file_of_the_longest_size_is_read_and_a_longer_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("askwell.toml");
        let longest = usize::try_from(MAX_FILE_BYTES).unwrap();
        std::fs::write(&path, "#".repeat(longest)).unwrap();
        assert!(in_directory(directory.path(), &[]).toml.is_some());
        std::fs::write(&path, "#".repeat(longest + 1)).unwrap();
        let found = in_directory(directory.path(), &[]);
        assert!(found.toml.is_none());
        assert_eq!(found.unreadable.len(), 1);
    }
}
