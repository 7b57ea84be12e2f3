//! Logs: one line an event, for people or as JSON.

use std::io::IsTerminal;

use tracing::Metadata;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{FilterFn, filter_fn};
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

/// The target of libraries that put into their events what people write and models answer: none of theirs is logged, whatever the filter says.
const INDISCREET: [&str; 1] = ["genai"];

fn discreet() -> FilterFn {
    filter_fn(|event: &Metadata<'_>| {
        let crate_name = event.target().split("::").next().unwrap_or_default();
        !INDISCREET.contains(&crate_name)
    })
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
    let registry = tracing_subscriber::registry().with(filter).with(discreet());
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_library_that_logs_what_people_write_is_not_heard_even_where_everything_is() {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry()
            .with(EnvFilter::new("trace,genai=trace"))
            .with(discreet())
            .with(layer);
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(target: "genai::adapter::gemini", "my salary is 4,000");
            tracing::warn!(target: "genai", "my salary is 4,000");
            tracing::trace!(target: "genaix", "a neighbour in the alphabet");
            tracing::info!("ours");
        });
        let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(!logged.contains("salary"), "{logged}");
        assert!(
            logged.contains("ours") && logged.contains("neighbour"),
            "{logged}"
        );
    }
}
