//! What is wrong with a configuration, where, and how to mend it.

use std::error::Error;
use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report,
};

use super::fault::Fault;
use super::place::Place;
use super::words::{self, Words};
use crate::text::Language;

/// How many columns a rendered problem takes, at most.
const WIDTH: usize = 100;

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The name it is about, as it was written: `mattermost.url` or `MATTERMOST_URL`.
    pub subject: String,
    /// Where it stands.
    pub place: Place,
    /// What is wrong.
    pub fault: Fault,
}

/// Everything that is wrong with a configuration: at least one problem.
#[derive(Debug)]
pub struct Problems {
    /// The problems, by their place.
    pub list: Vec<Problem>,
    /// The language in which to say them.
    pub language: Language,
}

/// Whether a terminal shows colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// It does.
    Shown,
    /// It does not, or the text goes elsewhere.
    Absent,
}

impl Problem {
    /// Says what is wrong, in one line.
    #[must_use]
    pub fn what(&self, language: Language) -> String {
        let subject = &self.subject;
        let Words { what, .. } = words::say(&self.fault, language);
        let separator = match language {
            Language::English => " ",
            Language::Korean => ": ",
        };
        match self.place {
            Place::Environment => {
                let place = words::in_the_environment(language);
                format!("{subject} ({place}){separator}{what}")
            }
            Place::Nowhere | Place::File { .. } => format!("{subject}{separator}{what}"),
        }
    }

    /// Says what to do about it, in one line.
    #[must_use]
    pub fn remedy(&self, language: Language) -> String {
        words::say(&self.fault, language).remedy
    }

    fn report(&self, language: Language) -> Report {
        let diagnostic =
            MietteDiagnostic::new(self.what(language)).with_help(self.remedy(language));
        match &self.place {
            Place::Nowhere | Place::Environment => Report::new(diagnostic),
            Place::File { file, span } => {
                let label = LabeledSpan::underline(file.shown_span(span));
                Report::new(diagnostic.with_label(label))
                    .with_source_code(NamedSource::new(&file.name, file.shown()))
            }
        }
    }
}

impl Problems {
    /// Renders all problems for a terminal: each with its file, line, column and underline, and the remedy.
    ///
    /// No value of a secret is part of it.
    #[must_use]
    pub fn render(&self, colours: Colours) -> String {
        let theme = match colours {
            Colours::Shown => GraphicalTheme::unicode(),
            Colours::Absent => GraphicalTheme::unicode_nocolor(),
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(WIDTH)
            // Addresses in a remedy are there to be copied.
            .with_wrap_lines(false)
            .without_syntax_highlighting()
            .with_links(false);
        let mut text = String::new();
        for problem in &self.list {
            let report = problem.report(self.language);
            if handler.render_report(&mut text, report.as_ref()).is_err() {
                text.push_str(&problem.what(self.language));
            }
            text.push('\n');
        }
        text
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(Colours::Absent))
    }
}

impl Error for Problems {}
