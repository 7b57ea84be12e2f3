//! Where the tables of a text are.

use super::blocks::{Blocks, Line, LineKind};

/// The lines of a table: head, delimiters and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// The number of the line of its head.
    pub(super) first: usize,
    /// The number of the line after it.
    pub(super) end: usize,
}

/// The tables among the lines of a text, first to last.
pub(super) struct Tables(Vec<Table>);

impl Tables {
    /// Finds the tables of a text whose lines were read already, also those that the web client does not show as such: a paragraph's
    /// lines with pipes, the second of them a delimiter. One without a pipe ends it.
    pub(super) fn of(text: &str, blocks: &Blocks) -> Self {
        let content = |line: &Line| text.get(line.content..line.end).unwrap_or_default();
        let mut tables = Vec::new();
        let mut index = 0;
        while let Some([head, delimiter]) = blocks.lines.get(index..index + 2) {
            let is_table = matches!(head.kind, LineKind::Text(_))
                && head.kind == delimiter.kind
                && content(head).contains('|')
                && is_delimiter(content(delimiter));
            if !is_table {
                index += 1;
                continue;
            }
            let rows = blocks.lines.iter().skip(index + 2);
            let rows = rows
                .take_while(|line| line.kind == head.kind && content(line).contains('|'))
                .count();
            let end = index + 2 + rows;
            tables.push(Table { first: index, end });
            index = end;
        }
        Self(tables)
    }

    /// Whether a line and the next one are a head and its delimiter, or the delimiter and the first row.
    pub(super) fn hold_together(&self, index: usize) -> bool {
        let next = self.0.partition_point(|table| table.end <= index);
        let table = self.0.get(next);
        table.is_some_and(|table| table.first <= index && index <= table.first + 1)
    }

    /// Returns the line of the head of the table that the text of so many lines ends in.
    pub(super) fn head_at_end(&self, lines: usize) -> Option<usize> {
        self.0
            .last()
            .filter(|table| table.end == lines)
            .map(|table| table.first)
    }
}

impl IntoIterator for Tables {
    type Item = Table;
    type IntoIter = std::vec::IntoIter<Table>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Whether a line is the one below a table's head, such as `|---|:-:|`.
fn is_delimiter(line: &str) -> bool {
    line.contains('-')
        && line.contains('|')
        && line
            .bytes()
            .all(|byte| matches!(byte, b'|' | b'-' | b':' | b' ' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, usize)> {
        let tables = Tables::of(text, &Blocks::of(text));
        tables
            .into_iter()
            .map(|table| (table.first, table.end))
            .collect()
    }

    #[test]
    fn a_table_goes_on_until_a_line_without_a_pipe() {
        let table: [(&str, &[(usize, usize)]); 8] = [
            ("a\n|b|\n|-|\n|c|\n\n|d|", &[(1, 4)]),
            ("|a|\n|-|\nwords\n|b|", &[(0, 2)]),
            ("|a|\n| :-:\t|\n|b|", &[(0, 3)]),
            ("|a|\n|-|\n|-|\n|b|", &[(0, 4)]),
            ("|a|\n|-|\n\n|b|\n|-|", &[(0, 2), (3, 5)]),
            ("- |a|\n- |-|", &[]),
            ("a\n---\n|b|", &[]),
            ("```\n|a|\n|-|\n```", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(found(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_head_its_delimiter_and_the_first_row_hold_together() {
        let text = "a\n|b|\n|-|\n|c|\n\n|d|";
        let tables = Tables::of(text, &Blocks::of(text));
        let together: Vec<bool> = (0..6).map(|index| tables.hold_together(index)).collect();
        assert_eq!(together, [false, true, true, false, false, false]);
        assert_eq!(tables.head_at_end(4), Some(1));
        assert_eq!(tables.head_at_end(6), None);
    }
}
