//! Logs: one line an event, for people or as JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How lines are written.
    pub format: Format,
    /// Which events, in `tracing`'s filter syntax: `info`, or `askwell=debug,sqlx=warn`.
    pub filter: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            format: Format::Text,
            filter: "info".to_owned(),
        }
    }
}

/// Says that a filter cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("read the log filter {filter:?}")]
pub struct InvalidFilter {
    filter: String,
    #[source]
    source: tracing_subscriber::filter::ParseError,
}

/// Begins to log. Does nothing where something logs already, as in a test.
///
/// # Errors
/// When the filter cannot be read.
pub fn install(settings: &Settings) -> Result<(), InvalidFilter> {
    let filter = EnvFilter::try_new(&settings.filter).map_err(|source| InvalidFilter {
        filter: settings.filter.clone(),
        source,
    })?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(filter);
    let installed = match settings.format {
        Format::Text => registry.with(lines.with_target(false)).try_init(),
        Format::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
    if installed.is_err() {
        tracing::debug!("something logs already");
        return Ok(());
    }
    // The default hook prints the panic's message, which can quote what people wrote.
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "a defect: the code panicked");
    }));
    Ok(())
}
