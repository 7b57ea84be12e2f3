//! The fence that a text ends within: the line that closes it, and the one that opens it again.

use super::blocks::{Blocks, LineKind};

/// Columns a fence may be indented, beyond which a line does not close one.
const MOST_INDENTED: usize = 3;

/// A fence that is open where a text ends.
pub(super) struct OpenFence<'a> {
    /// The number of its opening line.
    pub(super) line: usize,
    /// What stands before its marker.
    before: &'a str,
    pub(super) marker: &'a str,
    info: &'a str,
    indentation: usize,
}

impl<'a> OpenFence<'a> {
    /// Finds the fence that is open after the last line of what was read of a text.
    pub(super) fn at_end(text: &'a str, blocks: &Blocks) -> Option<Self> {
        let fence = match blocks.lines.last()?.kind {
            LineKind::FenceOpen(number) | LineKind::Code(number) => blocks.fences.get(number)?,
            LineKind::Blank | LineKind::Text(_) | LineKind::FenceClose(_) | LineKind::Indented => {
                return None;
            }
        };
        let (start, end) = fence.marker;
        let line = blocks.lines.get(fence.line)?;
        Some(Self {
            line: fence.line,
            before: text.get(line.start..start)?,
            marker: text.get(start..end)?,
            info: text.get(end..line.end)?,
            indentation: fence.indentation,
        })
    }

    /// Returns the line that closes it, within the quotes and lists that hold it.
    pub(super) fn closing(&self) -> String {
        let mut closing = String::with_capacity(self.before.len() + 4);
        let mut is_after_quote = false;
        for character in self.before.chars() {
            match character {
                '>' | '\t' => closing.push(character),
                ' ' => closing.push(' '),
                // A list's marker would begin another item. A quote takes one space after its sign for its own, also where the marker
                // stood at once.
                _ if is_after_quote => closing.push_str("  "),
                _ => closing.push(' '),
            }
            is_after_quote = character == '>';
        }
        // Where a paragraph is interrupted a fence may be indented further than its end may be; what holds it stays.
        if self.indentation > MOST_INDENTED {
            let kept = closing.trim_end_matches([' ', '\t']).len();
            let columns: usize = closing.drain(kept..).map(width).sum();
            closing.extend(std::iter::repeat_n(
                ' ',
                columns.saturating_sub(self.indentation),
            ));
        }
        closing.push_str(self.marker);
        closing
    }

    /// Returns the line that opens it again, with as much of what stands after its marker as `fits`; `None` where not even the marker does.
    pub(super) fn opening(&self, fits: impl Fn(&str) -> bool) -> Option<String> {
        let before = self.containers();
        let marker = self.marker;
        let language = self.info.split_whitespace().next().unwrap_or_default();
        [self.info, language, ""]
            .iter()
            .map(|info| format!("{before}{marker}{info}\n"))
            .find(|opening| fits(opening))
    }

    /// Writes what stands before the marker such that it opens by itself all that held the fence: lines of a list item are indented, and
    /// without the item that would be indented code.
    fn containers(&self) -> String {
        let mut written = String::new();
        let mut columns: usize = 0;
        let mut is_quoted = false;
        for character in self.before.chars().chain(['\n']) {
            match character {
                ' ' | '\t' => columns += width(character),
                _ => {
                    if is_quoted {
                        columns = columns.saturating_sub(1);
                        written.push(' ');
                    }
                    if columns > MOST_INDENTED && !written.ends_with(is_list_marker) {
                        while columns > 5 {
                            written.push_str("- ");
                            columns -= 2;
                        }
                        written.push('-');
                        columns -= 1;
                    }
                    written.extend(std::iter::repeat_n(' ', columns));
                    columns = 0;
                    is_quoted = character == '>';
                    if character != '\n' {
                        written.push(character);
                    }
                }
            }
        }
        written
    }
}

/// Columns that white space takes, as the server counts them: a tab is four wherever it stands.
fn width(space: char) -> usize {
    if space == '\t' { 4 } else { 1 }
}

fn is_list_marker(character: char) -> bool {
    matches!(character, '-' | '+' | '*' | '.' | ')')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(text: &str) -> Option<LineKind> {
        Blocks::of(text).lines.last().map(|line| line.kind)
    }

    /// Everything of up to four pieces that may stand before a fence.
    fn prefixes() -> Vec<String> {
        let pieces = [
            "> ", ">", "- ", "-   ", "1. ", "12) ", "-\t", " ", "    ", "\t",
        ];
        let mut prefixes = vec![String::new()];
        let mut longest = prefixes.clone();
        for _ in 0..4 {
            longest = longest
                .iter()
                .flat_map(|prefix| pieces.map(|piece| format!("{prefix}{piece}")))
                .collect();
            prefixes.extend(longest.iter().cloned());
        }
        prefixes
    }

    #[test]
    fn whatever_holds_a_fence_it_is_closed_and_opened_again() {
        let mut found = 0;
        for prefix in prefixes() {
            for before in ["", "a\n", "> a\n", "- a\n", "> - a\n"] {
                let text = format!("{before}{prefix}```rust");
                let blocks = Blocks::of(&text);
                let Some(fence) = OpenFence::at_end(&text, &blocks) else {
                    continue;
                };
                found += 1;
                let closed = last(&format!("{text}\n{}", fence.closing()));
                assert!(
                    matches!(closed, Some(LineKind::FenceClose(_))),
                    "{text:?} {:?}",
                    fence.closing()
                );
                let opening = fence.opening(|_| true).unwrap();
                let opened = last(opening.trim_end());
                assert!(
                    matches!(opened, Some(LineKind::FenceOpen(_))),
                    "{text:?} {opening:?}"
                );
            }
        }
        assert!(found > 5_000, "{found}");
    }
}
