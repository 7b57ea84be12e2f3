//! Where readers could disagree about what is code.
//!
//! The server reads blocks as `CommonMark` does. The web client reads them with regular expressions
//! (<https://github.com/mattermost/marked>, `lib/marked.js`): a list ends at a blank line before something that is not indented, a quote or a table at
//! a blank line, and what each holds is read again by itself, so that a fence begun in one of them may end with it. Where they may differ about
//! one fence they may take everything after it the other way round.

use crate::markdown::blocks::{Fence, Line};

/// What is not certain at a place of a text.
#[derive(Default)]
pub(super) struct Doubt {
    /// Whether from here on nothing is.
    lasts: bool,
    /// Whether the lines since the last blank one may hold what follows them.
    may_hold: bool,
}

impl Doubt {
    pub(super) fn lasts(&self) -> bool {
        self.lasts
    }

    /// Takes in that nothing is certain any more.
    pub(super) fn last(&mut self) {
        self.lasts = true;
    }

    /// Takes in a line without text; one with marks on it is no blank line on the web.
    pub(super) fn blank(&mut self, written: &str) {
        self.may_hold = !written.is_empty();
    }

    /// Takes in a line of a paragraph.
    pub(super) fn text(&mut self, line: &Line, written: &str) {
        self.may_hold |= line.items + line.quotes > 0
            || written.starts_with("    ")
            || written.contains(['|', '\t'])
            || begins_item(written);
    }

    /// Takes in that a fence opens.
    pub(super) fn open(&mut self, line: &Line, fence: &Fence) {
        let is_plain = fence.closed && fence.marker.0 == line.start;
        self.lasts |= !is_plain || self.may_hold;
    }

    /// Takes in that a fence was closed.
    pub(super) fn close(&mut self) {
        self.may_hold = false;
    }
}

/// Whether the web client takes a line for a list item.
fn begins_item(line: &str) -> bool {
    let line = line.trim_start_matches(' ');
    let number = line.trim_start_matches(|character: char| character.is_ascii_digit());
    let rest = if number.len() < line.len() {
        number.strip_prefix('.')
    } else {
        line.strip_prefix(['*', '+', '-'])
    };
    rest.is_some_and(|rest| rest.starts_with(' '))
}
