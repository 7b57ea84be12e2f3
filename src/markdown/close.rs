//! A text that is still being written, as it may be shown.

use std::collections::BTreeMap;

use super::blocks::{Blocks, Fence, Line, LineKind};
use super::characters::clean;
use super::spans::code_spans;

/// Passes over a text, at most; one or two are enough for what models write.
const MAX_PASSES: usize = 8;

/// Closes what an unfinished text leaves open: a fence, a table's head, a code span, emphasis, a link.
///
/// What is half written and would show raw (a fence without code, half a closing marker, half a link's target) is left out; words
/// never are. A finished text stays as it is, but for characters that nobody can see. Takes time linear in the text.
#[must_use]
pub fn close(text: &str) -> String {
    // Before the structure is read, because characters that are replaced later would change it.
    let mut closed = close_end(&clean(text));
    // What is left out at the end may uncover something else that is open.
    for _ in 1..MAX_PASSES {
        let again = close_end(&closed);
        if again == closed {
            break;
        }
        closed = again;
    }
    closed
}

fn close_end(text: &str) -> String {
    let blocks = Blocks::of(text);
    let Some(last) = blocks.lines.last() else {
        return text.to_owned();
    };
    let open = match last.kind {
        LineKind::FenceOpen(number) | LineKind::Code(number) => blocks.fences.get(number),
        _ => None,
    };
    if let Some(fence) = open {
        return close_fence(text, &blocks, fence);
    }
    if text.ends_with('\n') || !matches!(last.kind, LineKind::Text(_)) {
        return text.to_owned();
    }
    if let Some(table) = close_table_head(text, &blocks.lines) {
        return table;
    }
    let (kept, open) = text.split_at(inline_start(text, &blocks.lines));
    format!("{kept}{}", close_inline(open))
}

fn close_fence(text: &str, blocks: &Blocks, fence: &Fence) -> String {
    let marker = text.get(fence.marker.0..fence.marker.1).unwrap_or_default();
    let opening = blocks.lines.get(fence.line);
    let line_start = opening.map_or(0, |line| line.start);
    if blocks.lines.len() == fence.line + 1 && !text.ends_with('\n') {
        // Nothing but the opening was written.
        return text
            .get(..line_start)
            .unwrap_or_default()
            .trim_end()
            .to_owned();
    }
    let mut closed = text.to_owned();
    if let Some(last) = blocks.lines.last() {
        let written = text.get(last.content..last.end).unwrap_or_default();
        let is_half = !text.ends_with('\n')
            && !written.is_empty()
            && marker.starts_with(written)
            && blocks.lines.len() > fence.line + 1;
        if is_half {
            closed.truncate(last.start);
        }
    }
    if !closed.ends_with('\n') {
        closed.push('\n');
    }
    let mut prefix = text.get(line_start..fence.marker.0).unwrap_or_default();
    if fence.indentation > 3 {
        // The server opens such a fence below a paragraph, but closes none that is indented so far.
        prefix = prefix.trim_end_matches([' ', '\t']);
    }
    // A list's marker would begin another item.
    closed.extend(prefix.chars().map(|character| match character {
        '>' | '\t' => character,
        _ => ' ',
    }));
    closed.push_str(marker);
    closed
}

/// Completes the head of a table, which shows raw until the line below it is whole.
fn close_table_head(text: &str, lines: &[Line]) -> Option<String> {
    let last = lines.last()?;
    let line = text.get(last.content..last.end)?;
    let above = lines
        .iter()
        .rev()
        .nth(1)
        .filter(|above| above.kind == last.kind)
        .and_then(|above| text.get(above.content..above.end));
    let prefix: String = text
        .get(last.start..last.content)?
        .chars()
        .map(|character| if character == '>' { '>' } else { ' ' })
        .collect();
    match above {
        None if line.starts_with('|') && columns(line) > 1 => {
            let cells = "---|".repeat(columns(line));
            Some(format!("{text}\n{prefix}|{cells}\n{prefix}| |"))
        }
        Some(head) if head.starts_with('|') && is_half_delimiter(line, columns(head)) => {
            let kept = text.get(..last.start)?;
            let is_head = lines
                .iter()
                .rev()
                .nth(2)
                .is_none_or(|line| line.kind != last.kind);
            let cells = "---|".repeat(columns(head));
            is_head.then(|| format!("{kept}{prefix}|{cells}\n{prefix}| |"))
        }
        _ => None,
    }
}

fn columns(row: &str) -> usize {
    row.trim().trim_matches('|').split('|').count()
}

/// Whether a line is the delimiter row of a table, not whole yet.
fn is_half_delimiter(line: &str, columns_of_head: usize) -> bool {
    line.starts_with('|')
        && line
            .bytes()
            .all(|byte| matches!(byte, b'|' | b'-' | b':' | b' '))
        && (columns(line) < columns_of_head
            || !line.trim_end().ends_with(['|', '-', ':'])
            || !line.contains('-'))
}

/// Finds where the text begins that can share emphasis with the end: a paragraph, a heading, an item, the cell of a table.
fn inline_start(text: &str, lines: &[Line]) -> usize {
    let Some(last) = lines.last() else {
        return 0;
    };
    let mut start = last.content;
    for line in lines.iter().rev().take_while(|line| line.kind == last.kind) {
        let written = text.get(line.content..line.end).unwrap_or_default();
        let is_row = written.starts_with('|');
        if is_row && line.start != last.start {
            break;
        }
        start = line.content;
        if is_row || line.item.is_some() || written.starts_with('#') {
            break;
        }
    }
    let last_line = text.get(last.content..last.end).unwrap_or_default();
    match last_line.rfind('|') {
        Some(pipe) if last_line.starts_with('|') => last.content + pipe + 1,
        _ => start,
    }
}

/// Marks of emphasis that were opened, outermost first.
#[derive(Default)]
struct Marks {
    open: Vec<&'static str>,
    /// How many of each are open, so that it takes no time to see that one is not.
    counts: BTreeMap<&'static str, usize>,
}

impl Marks {
    fn open(&mut self, mark: &'static str) {
        *self.counts.entry(mark).or_default() += 1;
        self.open.push(mark);
    }

    /// Closes the innermost of a mark, and all that were opened within it; returns whether there was one.
    fn close(&mut self, mark: &'static str) -> bool {
        if self.counts.get(mark).is_none_or(|count| *count == 0) {
            return false;
        }
        while let Some(closed) = self.open.pop() {
            if let Some(count) = self.counts.get_mut(closed) {
                *count -= 1;
            }
            if closed == mark {
                break;
            }
        }
        true
    }
}

/// Closes code spans, emphasis and links in text that belongs together.
fn close_inline(text: &str) -> String {
    let mut open = text.to_owned();
    if let Some(half) = half_link(&open) {
        open = half;
    }
    let code = match unclosed_code(&open) {
        Some((at, length)) if open.len() == at + length => {
            open.truncate(at);
            String::new()
        }
        Some((_, length)) => "`".repeat(length),
        None => String::new(),
    };
    let code_from = if code.is_empty() {
        open.len()
    } else {
        unclosed_code(&open).map_or(open.len(), |(at, _)| at)
    };
    let (marks, dangling) = open_marks(&open, code_from);
    if let Some(at) = dangling {
        open.truncate(at);
    }
    if code.is_empty() && marks.open.is_empty() {
        return open;
    }
    open.truncate(open.trim_end().len());
    let escapes = open.bytes().rev().take_while(|byte| *byte == b'\\').count();
    if code.is_empty() && escapes % 2 == 1 {
        open.pop();
    }
    open.push_str(&code);
    open.extend(marks.open.iter().rev().copied());
    open
}

/// Returns the text with the half written link at its end as the link's text alone.
fn half_link(text: &str) -> Option<String> {
    let target = text.rfind("](")?;
    if text.get(target..)?.contains(')')
        || code_spans(text)
            .iter()
            .any(|span| span.start < target && target < span.end)
    {
        return None;
    }
    let before = text.get(..target)?;
    let mut depth = 0_usize;
    let start = before.bytes().rposition(|byte| {
        match byte {
            b']' => depth += 1,
            b'[' if depth == 0 => return true,
            b'[' => depth -= 1,
            _ => {}
        }
        false
    })?;
    let outside = text.get(..start)?;
    let outside = outside.strip_suffix('!').unwrap_or(outside);
    Some(format!("{outside}{}", before.get(start + 1..)?))
}

/// Finds the run of backticks that opens code and is not closed, where one is.
fn unclosed_code(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut spans = code_spans(text).into_iter().peekable();
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        if let Some(span) = spans.next_if(|span| span.start == index) {
            index = span.end;
            continue;
        }
        match byte {
            b'\\' => index += 2,
            b'`' => {
                let length = bytes
                    .iter()
                    .skip(index)
                    .take_while(|byte| **byte == b'`')
                    .count();
                let next = bytes.get(index + length);
                let begins_word = index == 0
                    || bytes
                        .get(index - 1)
                        .is_some_and(|before| !before.is_ascii_alphanumeric());
                if next.is_none()
                    || (begins_word && next.is_some_and(|next| !next.is_ascii_whitespace()))
                {
                    return Some((index, length));
                }
                index += length;
            }
            _ => index += 1,
        }
    }
    None
}

/// Finds the marks left open before a place, and a run of them at the very end that opens nothing.
fn open_marks(text: &str, until: usize) -> (Marks, Option<usize>) {
    let mut open = Marks::default();
    let mut spans = code_spans(text).into_iter().peekable();
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < until {
        if let Some(span) = spans.next_if(|span| span.start == index) {
            index = span.end;
            continue;
        }
        let byte = bytes.get(index).copied().unwrap_or_default();
        if byte == b'\\' {
            index += 2;
            continue;
        }
        if byte == b']' && bytes.get(index + 1) == Some(&b'(') {
            // Every target is closed up to here; the last may be half written and has no emphasis.
            let rest = bytes.iter().skip(index);
            index += rest.take_while(|byte| **byte != b')').count();
            continue;
        }
        if !matches!(byte, b'*' | b'_' | b'~') {
            index += 1;
            continue;
        }
        let length = bytes
            .iter()
            .skip(index)
            .take_while(|other| **other == byte)
            .count();
        let end = index + length;
        let dangles = read_run(
            &mut open,
            byte,
            length,
            text.get(..index).unwrap_or_default(),
            text.get(end..).unwrap_or_default(),
        );
        if dangles {
            return (open, Some(index));
        }
        index = end;
    }
    (open, None)
}

/// Reads a run of one character of emphasis; returns whether it stands at the end and opens nothing.
fn read_run(open: &mut Marks, byte: u8, length: usize, before: &str, after: &str) -> bool {
    let marks: &[&'static str] = match (byte, length) {
        (b'*', 1) => &["*"],
        (b'*', 2) => &["**"],
        (b'*', 3) => &["**", "*"],
        (b'_', 1) => &["_"],
        (b'_', 2) => &["__"],
        (b'~', 2) => &["~~"],
        (b'~', 1) => &[],
        _ => return false,
    };
    let previous = before.chars().next_back();
    let next = after.chars().next();
    let follows_text = previous.is_some_and(|previous| !previous.is_whitespace());
    let within_word = previous.is_some_and(|previous| previous.is_ascii_alphanumeric())
        && next.is_some_and(|next| next.is_ascii_alphanumeric());
    let mut closed = false;
    for mark in marks {
        closed |= follows_text && open.close(mark);
    }
    if closed || within_word {
        return false;
    }
    match next {
        None => !(follows_text && open.open.is_empty()),
        Some(next) if next.is_whitespace() => false,
        Some(_) => {
            for mark in marks {
                open.open(mark);
            }
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_open_is_closed() {
        let table = [
            ("```rust\nfn", "```rust\nfn\n```"),
            ("a\n```", "a"),
            ("a\n```pyth", "a"),
            ("```\nx\n``", "```\nx\n```"),
            ("1. a\n   ```sh\n   ls", "1. a\n   ```sh\n   ls\n   ```"),
            ("- ```\n  x", "- ```\n  x\n  ```"),
            ("> ```\n> x", "> ```\n> x\n> ```"),
            ("~~~~\nx", "~~~~\nx\n~~~~"),
            ("a **bold", "a **bold**"),
            ("a **bold*", "a **bold**"),
            ("a **", "a "),
            ("**bold and *both", "**bold and *both***"),
            ("***both", "***both***"),
            ("~~gone", "~~gone~~"),
            ("_it", "_it_"),
            ("a `code", "a `code`"),
            ("a `", "a "),
            ("**a `code", "**a `code`**"),
            ("see [the guide](https://exa", "see the guide"),
            ("**see [the guide](htt", "**see the guide**"),
            ("![plan](https://exa", "plan"),
            ("- one\n- **two", "- one\n- **two**"),
            ("# **head", "# **head**"),
            ("| a | b |", "| a | b |\n|---|---|\n| |"),
            ("| a | b |\n|--", "| a | b |\n|---|---|\n| |"),
            (
                "| a | b |\n|---|---|\n| **x",
                "| a | b |\n|---|---|\n| **x**",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(close(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_finished_text_stays_as_it_is() {
        let texts = [
            "",
            "words",
            "5 * 3 = 15",
            "2*3*4",
            "snake_case_name",
            "**bold** and *it* and `code`",
            "```rust\nfn main() {}\n```",
            "| a | b |\n|---|---|\n| 1 | 2 |",
            "[a](https://x.example)",
            "the interval [0, 1)",
            "a footnote*",
            "# Heading",
            "- [ ] task",
            "\\*not emphasis",
            "$5 and $10",
        ];
        for text in texts {
            assert_eq!(close(text), text);
        }
    }

    #[test]
    fn long_hostile_texts_take_no_longer_than_their_length() {
        for piece in [
            "[", "](", "*", "**", "`", "`` ", "_", "|", "<", "```\n", "> ", "[a](", "*a ", "~~a",
            "\\",
        ] {
            let text = piece.repeat(200_000 / piece.len());
            // Quadratic work on 200 kB would take minutes: that the test ends is what it shows.
            assert!(close(&text).len() <= 4 * text.len() + 16);
        }
        // Marks that open, and others that look for their beginning among them.
        let text = format!("{}{}", "*a ".repeat(40_000), "a~~ ".repeat(20_000));
        assert!(close(&text).len() <= 4 * text.len());
    }

    fn texts() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "a",
            " ",
            "\n",
            "\n\n",
            "`",
            "```",
            "```rust\n",
            "~~~\n",
            "*",
            "**",
            "_",
            "~~",
            "[",
            "](",
            ")",
            "|",
            "|--",
            "> ",
            "- ",
            "1. ",
            "   ",
            "# ",
            "\\",
            "가",
        ]);
        prop::collection::vec(pieces, 0..20).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_fence_is_left_open(text in texts()) {
            let closed = close(&text);
            let blocks = Blocks::of(&closed);
            let last = blocks.lines.last();
            let is_open = last.is_some_and(|line| matches!(line.kind, LineKind::FenceOpen(_) | LineKind::Code(_)));
            prop_assert!(!is_open, "{:?}", closed);
        }

        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            let closed = close(&text);
            prop_assert!(closed.len() <= 4 * text.len() + 64);
        }
    }
}
