//! Where something was written: a place in a file, or a variable of the environment.

use std::ops::Range;
use std::sync::Arc;

/// A file of the configuration, with a copy of its text in which no secret is left.
#[derive(Debug)]
pub struct SourceFile {
    /// Its name, as an operator would type it.
    pub name: String,
    /// What may be shown of it, line by line.
    shown: Vec<String>,
    /// Where each line of the original begins, in bytes.
    line_starts: Vec<usize>,
}

/// What stands where text may not be shown.
const MASK: &str = "********";

/// How much of a line may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// All of it.
    Whole,
    /// What stands before its first `=`.
    Name,
    /// That it is there.
    Nothing,
}

impl SourceFile {
    /// Keeps of `text` what may be shown: `shown` says it of each line, by its number from 0.
    pub(super) fn new(name: String, text: &str, shown: impl Fn(usize, &str) -> Shown) -> Self {
        let mut line_starts = vec![0];
        line_starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        let shown = text
            .split('\n')
            .enumerate()
            .map(|(number, line)| {
                let line = line.trim_end_matches('\r');
                match shown(number, line) {
                    Shown::Whole => line.to_owned(),
                    Shown::Name => masked_value(line),
                    Shown::Nothing => masked(line),
                }
            })
            .collect();
        Self {
            name,
            shown,
            line_starts,
        }
    }

    /// Returns the line of a byte, from 0.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.line_starts
            .partition_point(|&start| start <= offset)
            .saturating_sub(1)
    }

    /// Returns the text that may be shown.
    pub(super) fn shown(&self) -> String {
        self.shown.join("\n")
    }

    /// Translates a place of the original into one of the text that may be shown, cut to its first line.
    pub(super) fn shown_span(&self, span: &Range<usize>) -> Range<usize> {
        let line = self.line_of(span.start);
        let start_of_line = self.line_starts.get(line).copied().unwrap_or_default();
        let shown_before: usize = self
            .shown
            .iter()
            .take(line)
            .map(|text| text.len() + 1)
            .sum();
        let length = self.shown.get(line).map_or(0, String::len);
        let start = span.start.saturating_sub(start_of_line).min(length);
        let end = span.end.saturating_sub(start_of_line).clamp(start, length);
        shown_before + start..shown_before + end
    }

    fn column_of(&self, offset: usize) -> usize {
        let line = self.line_of(offset);
        let start_of_line = self.line_starts.get(line).copied().unwrap_or_default();
        let bytes = offset.saturating_sub(start_of_line);
        let text = self.shown.get(line).map_or("", String::as_str);
        text.char_indices().filter(|(at, _)| *at < bytes).count()
    }
}

fn masked_value(line: &str) -> String {
    match line.split_once('=') {
        Some((name, value)) => {
            let space = if value.starts_with(' ') { " " } else { "" };
            format!("{name}={space}{MASK}")
        }
        None => masked(line),
    }
}

fn masked(line: &str) -> String {
    if line.trim().is_empty() {
        String::new()
    } else {
        MASK.to_owned()
    }
}

/// Where something was written.
#[derive(Clone, Debug)]
pub enum Place {
    /// In no single place: something is missing.
    Nowhere,
    /// In the environment of the process.
    Environment,
    /// In a file.
    File {
        /// Which.
        file: Arc<SourceFile>,
        /// Its bytes, from the beginning of the file.
        span: Range<usize>,
    },
}

impl Place {
    /// Returns the name of the file, where it is one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::File { file, .. } => Some(&file.name),
            Self::Nowhere | Self::Environment => None,
        }
    }

    /// Returns what places are sorted by: each file from its beginning, then the environment, then what is missing.
    pub(super) fn order(&self) -> (u8, String, usize) {
        match self {
            Self::File { file, span } => (0, file.name.clone(), span.start),
            Self::Environment => (1, String::new(), 0),
            Self::Nowhere => (2, String::new(), 0),
        }
    }

    /// Returns line and column in characters, both counted from 1, where it is in a file.
    #[must_use]
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        match self {
            Self::File { file, span } => {
                Some((file.line_of(span.start) + 1, file.column_of(span.start) + 1))
            }
            Self::Nowhere | Self::Environment => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only_the_second(number: usize, _: &str) -> Shown {
        if number == 1 {
            Shown::Whole
        } else {
            Shown::Name
        }
    }

    #[test]
    fn of_a_line_that_may_not_be_shown_at_most_the_name_is_left() {
        let text = "A=secret\nB=open\nsecret\nC = secret=secret\r\n\nsecret";
        let file = SourceFile::new("f".into(), text, only_the_second);
        assert_eq!(
            file.shown(),
            "A=********\nB=open\n********\nC = ********\n\n********"
        );
        let file = SourceFile::new("f".into(), "A=secret\n \n", |_, _| Shown::Nothing);
        assert_eq!(file.shown(), "********\n\n");
    }

    #[test]
    fn a_place_keeps_its_line_and_column_and_stays_inside_the_text() {
        let text = "A=a secret of some length\nB=열린 글\nC=x";
        let file = Arc::new(SourceFile::new("f".into(), text, only_the_second));
        let at = text.find("글").unwrap();
        let place = Place::File {
            file: file.clone(),
            span: at..at + "글".len(),
        };
        assert_eq!(place.line_and_column(), Some((2, 6)));
        let shown = file.shown();
        assert_eq!(&shown[file.shown_span(&(at..at + 3))], "글");
        assert_eq!(&shown[file.shown_span(&(2..25))], MASK);
        assert_eq!(file.shown_span(&(900..901)), shown.len()..shown.len());
    }
}
