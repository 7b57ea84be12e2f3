//! Text of people in a line of ours: what was asked, and what somebody is called.

use unicode_segmentation::UnicodeSegmentation;

use super::close::close;
use super::links::LinkContext;
use super::neutralise::neutralise;

/// Characters of an echoed question or a name, at most.
pub const ECHO_CHARS: usize = 500;

/// Makes text of people harmless within a line: neutralised, closed as Markdown, cut at `max_chars` characters.
#[must_use]
pub fn inline(text: &str, max_chars: usize) -> String {
    let mut chars = 0;
    let mut cut = String::new();
    let mut is_cut = false;
    for grapheme in text.trim().graphemes(true) {
        chars += grapheme.chars().count();
        if chars > max_chars {
            is_cut = true;
            break;
        }
        cut.push_str(grapheme);
    }
    if is_cut {
        cut.push('…');
    }
    close(&neutralise(&cut, &LinkContext::default()))
}
