//! A text that is still being written, as it may be shown: what is open is closed in the view, never in the record.

use super::blocks::{Blocks, LineKind};
use super::spans::code_spans;
use super::split::{OpenFence, open_fence};

/// Markers that come in pairs, longest first.
const PAIRED: [&str; 2] = ["**", "~~"];

/// Closes what an unfinished text leaves open at its end: a fence; in its last paragraph a code span, strong or struck text, and a link
/// of which only the beginning is there, which is shown as its text.
///
/// A text that leaves nothing open comes back as it is.
#[must_use]
pub fn close(text: &str) -> String {
    let blocks = Blocks::of(text);
    let Some(LineKind::Text(paragraph)) = blocks.lines.last().map(|line| line.kind) else {
        return close_fence(text);
    };
    let begin = blocks
        .lines
        .iter()
        .rev()
        .take_while(|line| line.kind == LineKind::Text(paragraph))
        .last()
        .map_or(0, |line| line.content);
    let (before, written) = text.split_at(begin.min(text.len()));
    // What is left of a paragraph without its last sign may itself open a fence.
    close_fence(&format!("{before}{}", close_paragraph(written)))
}

fn close_fence(text: &str) -> String {
    let blocks = Blocks::of(text);
    match open_fence(&blocks, blocks.lines.last()) {
        Some(fence) => {
            let closing = OpenFence::of(text, &blocks, fence).closing();
            format!("{}{closing}", text.strip_suffix('\n').unwrap_or(text))
        }
        None => text.to_owned(),
    }
}

fn close_paragraph(paragraph: &str) -> String {
    let code_end = code_spans(paragraph).last().map_or(0, |span| span.end);
    let (done, open) = paragraph.split_at(code_end);
    if let Some(at) = open.find('`') {
        let run: String = open[at..]
            .chars()
            .take_while(|character| *character == '`')
            .collect();
        let inside = open[at + run.len()..].trim_end();
        return if inside.is_empty() {
            format!("{done}{}", &open[..at])
        } else {
            format!("{done}{}{run}{inside}{run}", &open[..at])
        };
    }
    let mut closed = format!("{done}{}", without_half_link(open));
    for marker in PAIRED {
        let spans = code_spans(&closed);
        let opened = closed
            .match_indices(marker)
            .filter(|(at, _)| !spans.iter().any(|span| (span.start..span.end).contains(at)))
            .count();
        if opened % 2 == 1 {
            let length = closed.trim_end().len();
            closed.truncate(length);
            if let Some(bare) = closed.strip_suffix(marker) {
                closed = bare.to_owned();
            } else {
                closed.push_str(marker);
            }
        }
    }
    closed
}

/// Shows a link or image whose target is not written to its end as its text.
fn without_half_link(text: &str) -> String {
    let Some(middle) = text.rfind("](").filter(|at| !text[*at..].contains(')')) else {
        return text.to_owned();
    };
    let Some(begin) = text[..middle].rfind('[') else {
        return text.to_owned();
    };
    let lead = text[..begin].strip_suffix('!').unwrap_or(&text[..begin]);
    format!("{lead}{}", &text[begin + 1..middle])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_open_is_closed_in_the_view() {
        let table = [
            ("", ""),
            ("done.", "done."),
            ("```rust\nfn", "```rust\nfn\n```"),
            ("- a\n  ```\n  x", "- a\n  ```\n  x\n  ```"),
            ("see `code", "see `code`"),
            ("see `", "see "),
            ("a **bold", "a **bold**"),
            ("a **bold ", "a **bold**"),
            ("a **", "a "),
            ("~~gone", "~~gone~~"),
            ("**a** and `**`", "**a** and `**`"),
            ("see [the page](htt", "see the page"),
            ("see ![alt](htt", "see alt"),
            (
                "see [the page](http://a.example)",
                "see [the page](http://a.example)",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(close(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_prefix_of_any_text_leaves_a_fence_open(text in "([a-z `*~\\[\\]()\n>-]|```\n){0,80}") {
            let closed = close(&text);
            let blocks = Blocks::of(&closed);
            prop_assert!(open_fence(&blocks, blocks.lines.last()).is_none(), "{closed:?}");
        }

        #[test]
        fn any_text_can_be_closed(text in "\\PC{0,60}") {
            drop(close(&text));
        }
    }
}
