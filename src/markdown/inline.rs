//! Text of people in a line of ours: what was asked, and what somebody is called.

use unicode_segmentation::UnicodeSegmentation;

use super::characters::clean;
use super::links::LinkContext;
use super::neutralise::{ZERO_WIDTH_SPACE, neutralise};
use super::spans::code_spans;

/// Characters of an echoed question or a name, at most.
pub const ECHO_CHARS: usize = 500;

/// Makes text of people harmless within a line: neutralised, cut at `max_chars` characters, shown as it was typed.
///
/// Only code spans stay Markdown; everything else that could be is escaped, so that nothing a person asks or is called opens
/// a fence, a table, a heading or emphasis over what follows. Line breaks stay, blank lines and indentation go. The limit counts
/// what people see, an ellipsis included, not what escaping adds.
#[must_use]
pub fn inline(text: &str, max_chars: usize) -> String {
    let cleaned = clean(text);
    let lines: Vec<&str> = cleaned
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let shown = cut(&lines.join("\n"), max_chars);
    let escaped: Vec<String> = shown.lines().map(escape_line).collect();
    neutralise(&escaped.join("\n"), &LinkContext::default())
}

/// Cuts a text between graphemes, with an ellipsis where something is left out.
fn cut(text: &str, max_chars: usize) -> String {
    if text.chars().nth(max_chars).is_none() {
        return text.to_owned();
    }
    let mut room = max_chars.saturating_sub(1);
    let mut kept = String::new();
    for grapheme in text.graphemes(true) {
        let Some(left) = room.checked_sub(grapheme.chars().count()) else {
            break;
        };
        room = left;
        kept.push_str(grapheme);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

fn escape_line(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len() + 8);
    let marker = block_marker(line);
    match marker {
        Marker::None => {}
        Marker::Escapable(length) => {
            let (before, rest) = line.split_at(length);
            escaped.push_str(before);
            escaped.push('\\');
            escape_text(&mut escaped, rest);
            return escaped;
        }
        // Mattermost knows no escape for it.
        Marker::Underline => escaped.push(ZERO_WIDTH_SPACE),
    }
    escape_text(&mut escaped, line);
    escaped
}

/// What a line begins with that would make a block of it.
enum Marker {
    None,
    /// A marker whose character after so many bytes can be escaped.
    Escapable(usize),
    /// The line that makes a heading of the line above.
    Underline,
}

fn block_marker(line: &str) -> Marker {
    let hashes = line.bytes().take_while(|byte| *byte == b'#').count();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let after = |length: usize| {
        line.get(length..)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    };
    let is_rule = line.bytes().all(|byte| matches!(byte, b'-' | b' '));
    match line.as_bytes().first() {
        Some(b'#') if after(hashes) => Marker::Escapable(0),
        Some(b'>') => Marker::Escapable(0),
        Some(b'-' | b'+') if after(1) || is_rule => Marker::Escapable(0),
        Some(b'=') => Marker::Underline,
        Some(b'0'..=b'9')
            if matches!(line.as_bytes().get(digits), Some(b'.' | b')')) && after(digits + 1) =>
        {
            Marker::Escapable(digits)
        }
        _ => Marker::None,
    }
}

fn escape_text(escaped: &mut String, text: &str) {
    let mut spans = code_spans(text)
        .into_iter()
        .filter(|span| span.certain)
        .peekable();
    let mut in_address = false;
    let mut previous = None;
    let mut skip_until = 0;
    for (index, character) in text.char_indices() {
        if index < skip_until {
            continue;
        }
        if let Some(span) = spans.next_if(|span| span.start == index) {
            let code = text.get(span.start..span.end).unwrap_or_default();
            if !code.starts_with("```") && !code.contains('|') {
                escaped.push_str(code);
                skip_until = span.end;
                previous = Some('`');
                continue;
            }
        }
        let rest = text.get(index..).unwrap_or_default();
        in_address = (in_address && !character.is_whitespace())
            || rest.starts_with("http://")
            || rest.starts_with("https://");
        let next = rest.chars().nth(1);
        if in_address {
            escape_in_address(escaped, previous, character, next);
        } else {
            escape_character(escaped, previous, character, next);
        }
        previous = Some(character);
    }
}

/// Writes a character of an address so that it is no Markdown and leads to the same place.
fn escape_in_address(
    escaped: &mut String,
    previous: Option<char>,
    character: char,
    next: Option<char>,
) {
    match character {
        '_' if !(is_word(previous) && is_word(next)) => escaped.push_str("%5F"),
        '~' if previous == Some('~') || next == Some('~') => escaped.push_str("%7E"),
        '*' => escaped.push_str("%2A"),
        '|' => escaped.push_str("%7C"),
        '`' => escaped.push_str("%60"),
        '[' => escaped.push_str("%5B"),
        ']' => escaped.push_str("%5D"),
        '\\' => escaped.push_str("%5C"),
        _ => escaped.push(character),
    }
}

fn escape_character(
    escaped: &mut String,
    previous: Option<char>,
    character: char,
    next: Option<char>,
) {
    let is_active = match character {
        '`' | '*' | '[' | '|' => true,
        '_' => !(is_word(previous) && is_word(next)),
        '~' => previous == Some('~') || next == Some('~'),
        '\\' => next.is_none_or(|next| next.is_ascii_punctuation()),
        _ => false,
    };
    if is_active {
        escaped.push('\\');
    }
    escaped.push(character);
}

fn is_word(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;

    #[test]
    fn a_question_is_shown_as_it_was_typed() {
        let table = [
            ("오늘 날씨 어때?", "오늘 날씨 어때?"),
            ("what is `Vec<T>`?", "what is `Vec<T>`?"),
            ("snake_case_name", "snake_case_name"),
            ("why **bold", "why \\*\\*bold"),
            ("2*3", "2\\*3"),
            ("```rust\nfn main() {}", "\\`\\`\\`rust\nfn main() {}"),
            ("# heading", "\\# heading"),
            ("#channel", "#channel"),
            ("> quoted", "\\> quoted"),
            ("- item\n\n\n1. one", "\\- item\n1\\. one"),
            ("a\n===", "a\n\u{200b}==="),
            ("a\n---", "a\n\\---"),
            ("| a |\n|---|", "\\| a \\|\n\\|---\\|"),
            ("@all hi", "@\u{200b}all hi"),
            (
                "[x](https://evil.example)",
                "\\[x]\u{200b}(https://evil.example)",
            ),
            ("https://x.example/a_b*c", "https://x.example/a_b%2Ac"),
            ("~~gone~~ ~5", "\\~\\~gone\\~\\~ ~5"),
            ("   indented", "indented"),
        ];
        for (text, expected) in table {
            assert_eq!(inline(text, ECHO_CHARS), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_of_the_limit_is_whole_and_one_character_more_is_cut() {
        let whole = "가".repeat(ECHO_CHARS);
        assert_eq!(inline(&whole, ECHO_CHARS), whole);
        let longer = "가".repeat(ECHO_CHARS + 1);
        assert_eq!(
            inline(&longer, ECHO_CHARS),
            format!("{}…", "가".repeat(ECHO_CHARS - 1))
        );
    }

    #[test]
    fn a_grapheme_is_not_cut() {
        assert_eq!(inline("👨‍👩‍👧👨‍👩‍👧", 8), "👨‍👩‍👧…");
    }

    fn texts() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "a",
            " ",
            "\n",
            "`",
            "```",
            "~~~",
            "*",
            "**",
            "_",
            "__",
            "~~",
            "[",
            "](",
            ")",
            "|",
            "|---|",
            "> ",
            "- ",
            "1. ",
            "    ",
            "# ",
            "\\",
            "=",
            "---",
            "https://x.example/",
            "!",
            "가",
            "\t",
            "+ ",
        ]);
        prop::collection::vec(pieces, 0..20).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn nothing_of_it_reaches_what_follows(text in texts()) {
            let post = format!("**a**: {}\n**GPT**: answer", inline(&text, ECHO_CHARS));
            let mut strong = 0;
            for event in Parser::new_ext(&post, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
                match event {
                    Event::Start(Tag::Strong) => strong += 1,
                    Event::Start(Tag::Paragraph) => {}
                    Event::Start(tag) => prop_assert!(false, "{:?} in {:?}", tag, post),
                    _ => {}
                }
            }
            prop_assert_eq!(strong, 2, "{:?}", post);
            prop_assert!(post.ends_with("\n**GPT**: answer"));
        }

        #[test]
        fn any_text_is_taken(text in any::<String>(), limit in 0_usize..20) {
            // An escape, and what makes it inert, add to each character at most so much.
            prop_assert!(inline(&text, limit).chars().count() <= 8 * (limit + 1));
        }
    }
}
