//! How a text begins.

use super::blocks::{Blocks, LineKind};
use super::tables::Tables;

/// Whether a text begins with something that shows only at the beginning of a line: code, a list, a table, a heading, a quote or a rule.
#[must_use]
pub fn begins_with_block(text: &str) -> bool {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let beginning = match lines.next() {
        Some(second) => format!("{first}\n{second}"),
        None => first.to_owned(),
    };
    let blocks = Blocks::of(&beginning);
    let Some(line) = blocks.lines.first() else {
        return false;
    };
    let content = first.get(line.content..).unwrap_or_default();
    match line.kind {
        LineKind::Blank => false,
        LineKind::Text(_) => {
            line.items + line.quotes > 0
                || content.starts_with(['|', '#'])
                || is_rule(content)
                || Tables::of(&beginning, &blocks).hold_together(0)
        }
        LineKind::FenceOpen(_)
        | LineKind::Code(_)
        | LineKind::FenceClose(_)
        | LineKind::Indented => true,
    }
}

fn is_rule(line: &str) -> bool {
    let marks = line.trim_end();
    marks.len() >= 3
        && ['-', '*', '_']
            .iter()
            .any(|mark| marks.chars().all(|character| character == *mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_told_from_words() {
        for block in [
            "```rust\nx\n```",
            "  ```\nx",
            "~~~\nx",
            "    x",
            "| a |\n|---|",
            "a | b\n--|--",
            "# Title",
            "- a",
            "1. a",
            "12) b",
            "> quote",
            "---",
        ] {
            assert!(begins_with_block(block), "{block}");
        }
        for words in [
            "Sure",
            "3.14 is pi",
            "",
            "\n- a",
            "-5 degrees",
            "`code`",
            "```x``` y",
            "안녕하세요",
        ] {
            assert!(!begins_with_block(words), "{words}");
        }
    }
}
