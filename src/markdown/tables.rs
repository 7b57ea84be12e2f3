//! Where the tables of a text are.

use super::blocks::{Blocks, LineKind};

/// The tables among the lines of a text: where the head of the one that a line belongs to is.
pub(super) struct Tables {
    heads: Vec<Option<usize>>,
}

impl Tables {
    /// Finds the tables of a text whose lines were read already.
    pub(super) fn of(text: &str, blocks: &Blocks) -> Self {
        let mut heads: Vec<Option<usize>> = Vec::with_capacity(blocks.lines.len());
        let mut head = None;
        let mut before: Option<&str> = None;
        for (index, line) in blocks.lines.iter().enumerate() {
            let content = match line.kind {
                LineKind::Text(_) => text.get(line.content..line.end),
                _ => None,
            };
            if content.is_none() {
                head = None;
            }
            let is_headed = before.is_some_and(|before| before.contains('|'));
            if head.is_none() && is_headed && content.is_some_and(is_delimiter) {
                head = Some(index - 1);
                if let Some(previous) = heads.last_mut() {
                    *previous = head;
                }
            }
            heads.push(head);
            before = content;
        }
        Self { heads }
    }

    /// Whether a line and the next one are a head and its delimiter, or the delimiter and the first row.
    pub(super) fn hold_together(&self, index: usize) -> bool {
        let head = self.heads.get(index).copied().flatten();
        head.is_some_and(|head| index <= head + 1)
    }

    /// Returns the line of the head of the table that the text ends in.
    pub(super) fn head_at_end(&self) -> Option<usize> {
        self.heads.last().copied().flatten()
    }
}

/// Whether a line is the one below a table's head, such as `|---|:-:|`.
fn is_delimiter(line: &str) -> bool {
    line.contains('-')
        && line.contains('|')
        && line
            .chars()
            .all(|character| matches!(character, '|' | '-' | ':' | ' ' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_goes_on_until_its_paragraph_ends() {
        let text = "a\n|b|\n|-|\n|c|\n\n|d|";
        let tables = Tables::of(text, &Blocks::of(text));
        assert_eq!(tables.heads, [None, Some(1), Some(1), Some(1), None, None]);
        let together: Vec<bool> = (0..6).map(|index| tables.hold_together(index)).collect();
        assert_eq!(together, [false, true, true, false, false, false]);
    }
}
