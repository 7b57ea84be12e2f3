//! Text of people within a line of ours: what was asked, and what somebody is called.

use unicode_segmentation::UnicodeSegmentation;

use super::links::LinkContext;
use super::neutralise::{ZERO_WIDTH_SPACE, neutralise};
use super::spans::code_spans;

/// Characters of an echoed question or a name, at most.
pub const ECHO_CHARS: usize = 500;

/// Signs of emphasis and code, which may not stay open into what follows.
const PAIRED: [char; 4] = ['*', '_', '~', '`'];

/// Makes text of people harmless within a line: neutralised, cut at `max_chars` characters between graphemes (with `…` as the last), its blocks shown as
/// the lines they were typed as, and nothing of it left open.
#[must_use]
pub fn inline(text: &str, max_chars: usize) -> String {
    let inert = neutralise(&cut(text.trim(), max_chars), &LinkContext::default());
    let lines: Vec<String> = inert
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(without_block)
        .collect();
    closed(&lines.join("\n"))
}

fn cut(text: &str, max_chars: usize) -> String {
    if text.chars().count() <= max_chars {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut chars = 1;
    for grapheme in text.graphemes(true) {
        chars += grapheme.chars().count();
        if chars > max_chars {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.push('…');
    kept
}

/// Keeps a line from beginning a heading, quote, list, table, fence or code by indentation.
fn without_block(line: &str) -> String {
    let line = line.trim();
    let begins_block = line.starts_with(['#', '>', '-', '+', '*', '|', '=', '~', '`', ':'])
        || line.starts_with(|first: char| first.is_ascii_digit());
    if begins_block {
        format!("{ZERO_WIDTH_SPACE}{line}")
    } else {
        line.to_owned()
    }
}

/// Escapes the signs outside code whose number is odd, so that none of them reaches into what follows.
fn closed(text: &str) -> String {
    let spans = code_spans(text);
    let is_code = |at: usize| {
        spans
            .iter()
            .any(|span| (span.start..span.end).contains(&at))
    };
    let outside = |sign: char| {
        text.match_indices(sign)
            .filter(|(at, _)| !is_code(*at))
            .count()
    };
    let odd: Vec<char> = PAIRED
        .into_iter()
        .filter(|sign| *sign == '`' || outside(*sign) % 2 == 1)
        .collect();
    let mut closed = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        if odd.contains(&character) && !is_code(at) && !closed.ends_with('\\') {
            closed.push('\\');
        }
        closed.push(character);
    }
    closed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_begins_no_block_and_leaves_nothing_open() {
        let table = [
            ("오늘 날씨 어때?", "오늘 날씨 어때?"),
            ("a\n# b\n> c", "a\n\u{200b}# b\n\u{200b}> c"),
            ("a\n\n\nb", "a\nb"),
            ("```\ncode", "\u{200b}\\`\\`\\`\ncode"),
            ("a `b` c", "a `b` c"),
            ("a ` c", "a \\` c"),
            ("a *b", "a \\*b"),
            ("snake_case_name", "snake_case_name"),
        ];
        for (text, expected) in table {
            assert_eq!(inline(text, ECHO_CHARS), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_at_500_characters() {
        let fits = "가".repeat(ECHO_CHARS);
        assert_eq!(inline(&fits, ECHO_CHARS), fits);
        let long = "가".repeat(ECHO_CHARS + 1);
        let cut = inline(&long, ECHO_CHARS);
        assert_eq!(cut.chars().count(), ECHO_CHARS);
        assert!(cut.ends_with('…'));
    }

    #[test]
    fn a_name_pings_nobody() {
        assert_eq!(inline("@all", ECHO_CHARS), "@\u{200b}all");
    }
}
