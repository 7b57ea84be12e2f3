//! The code spans of a paragraph, as Mattermost's server finds them.

use std::collections::HashMap;

/// A code span, its backticks included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Where its opening backticks begin, in bytes.
    pub(super) start: usize,
    /// Where its closing backticks end, in bytes.
    pub(super) end: usize,
    /// Whether every reader is sure to take it for code.
    ///
    /// A link target, a title or a bare address before it may swallow its opening backtick; what exactly they swallow differs
    /// between readers, so that after such a place no span of the paragraph is certain.
    pub(super) certain: bool,
}

struct Runs {
    starts_by_length: HashMap<usize, Vec<usize>>,
}

impl Runs {
    fn of(bytes: &[u8]) -> Self {
        let mut starts_by_length: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut index = 0;
        while let Some(found) = bytes.iter().skip(index).position(|byte| *byte == b'`') {
            let start = index + found;
            let length = run_length(bytes, start);
            starts_by_length.entry(length).or_default().push(start);
            index = start + length;
        }
        Self { starts_by_length }
    }

    /// Returns where the next run of exactly this length begins at or after a place.
    fn next(&self, length: usize, from: usize) -> Option<usize> {
        let starts = self.starts_by_length.get(&length)?;
        let index = starts.partition_point(|start| *start < from);
        starts.get(index).copied()
    }
}

fn run_length(bytes: &[u8], start: usize) -> usize {
    bytes
        .iter()
        .skip(start)
        .take_while(|byte| **byte == b'`')
        .count()
}

/// Finds the code spans of a paragraph, first to last, in time linear in its length.
pub(super) fn code_spans(paragraph: &str) -> Vec<Span> {
    let bytes = paragraph.as_bytes();
    if !bytes.contains(&b'`') {
        return Vec::new();
    }
    let runs = Runs::of(bytes);
    let mut spans = Vec::new();
    // CommonMark takes such a line for a fence even where a backtick follows, the server does not.
    let mut certain = !paragraph
        .lines()
        .any(|line| line.trim_start().starts_with("~~~"));
    let mut word = Word::default();
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        index += match byte {
            b'\\' if bytes.get(index + 1).is_some_and(u8::is_ascii_punctuation) => 2,
            b'`' => {
                certain &= !word.may_be_an_address(paragraph, index);
                let length = run_length(bytes, index);
                match runs.next(length, index + length) {
                    Some(close) => {
                        let end = close + length;
                        let code = paragraph.get(index..end).unwrap_or_default();
                        spans.push(Span {
                            start: index,
                            end,
                            // What begins on a line of its own, some readers take for a block.
                            certain: certain && !code.contains('\n'),
                        });
                        word.start = end;
                        end - index
                    }
                    None => length,
                }
            }
            b']' if bytes.get(index + 1) == Some(&b'(') => {
                let target = plain_target(bytes, index + 2);
                certain &= target.is_some();
                target.map_or(1, |length| length + 2)
            }
            _ => {
                if byte.is_ascii_whitespace() {
                    word.start = index + 1;
                }
                1
            }
        };
    }
    spans
}

/// Where the current word began, and how far it was searched for the sign of an address.
#[derive(Default)]
struct Word {
    start: usize,
    searched: usize,
    is_address: bool,
}

impl Word {
    fn may_be_an_address(&mut self, paragraph: &str, end: usize) -> bool {
        if self.searched < self.start {
            self.searched = self.start;
            self.is_address = false;
        }
        // A few bytes are searched again, because the sign may lie across the place searched to.
        let from = self.searched.saturating_sub(3).max(self.start);
        let word = paragraph.as_bytes().get(from..end).unwrap_or_default();
        self.is_address |= word.contains(&b'<');
        self.is_address |= word
            .windows(3)
            .any(|sign| sign == b"://" || sign.eq_ignore_ascii_case(b"www"));
        self.searched = end;
        self.is_address
    }
}

/// Returns the length of a link target and its `)`, where it holds nothing that readers could disagree about.
fn plain_target(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let length = rest.iter().position(|byte| {
        byte.is_ascii_whitespace()
            || byte.is_ascii_control()
            || matches!(
                byte,
                b'(' | b')' | b'<' | b'>' | b'`' | b'"' | b'\'' | b'\\'
            )
    })?;
    (rest.get(length) == Some(&b')')).then_some(length + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paragraph: &str) -> Vec<(&str, bool)> {
        code_spans(paragraph)
            .into_iter()
            .map(|span| (&paragraph[span.start..span.end], span.certain))
            .collect()
    }

    #[test]
    fn spans_close_with_as_many_backticks_as_they_open() {
        let table: [(&str, &[(&str, bool)]); 9] = [
            ("a `b` c", &[("`b`", true)]),
            ("``a`b`` c", &[("``a`b``", true)]),
            ("`a", &[]),
            ("\\`a` b`", &[("` b`", true)]),
            ("`a\\` b", &[("`a\\`", true)]),
            ("`a\nb`", &[("`a\nb`", false)]),
            ("[a](b`c) `d`", &[("`c) `", false)]),
            ("http://x`@all `b", &[("`@all `", false)]),
            ("[a](http://x.example/) `b`", &[("`b`", true)]),
        ];
        for (paragraph, expected) in table {
            assert_eq!(found(paragraph), expected, "{paragraph:?}");
        }
    }

    #[test]
    fn a_titled_link_makes_later_spans_uncertain() {
        assert_eq!(
            found("[a](b \"x) ` y\") @all `z`"),
            [("` y\") @all `", false)]
        );
    }
}
