//! Characters that show nothing, or that show something else than they are: removed, wherever they stand.

use std::borrow::Cow;

use super::blocks::{Blocks, Line, LineKind};

/// Combining marks kept on one base character. Vietnamese and IPA need two or three, pointed Hebrew up to four.
pub const MAX_MARKS_PER_BASE: usize = 4;

/// Blank lines kept in a row, in code as elsewhere.
pub const MAX_BLANK_LINES: usize = 3;

/// Quotes and lists kept inside each other on one line.
pub const MAX_NESTING: usize = 8;

/// Columns of indentation kept outside code.
pub const MAX_INDENTATION: usize = 40;

/// Makes a text one that every reader splits into the same lines and blocks: removes characters that nobody can see and heaps of marks,
/// blank lines and nesting.
///
/// Comes before anything reads the structure of a text, because what is removed later would change it. Tidying twice changes nothing
/// more.
#[must_use]
pub fn tidy(text: &str) -> String {
    flatten(&clean(text))
}

/// Removes control characters, overrides of direction, Unicode tags and heaps of combining marks, and makes every line end
/// with a line feed.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut marks = 0;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // Nearly everything: what needs no further look comes first.
            ' '..='~' | '가'..='힣' => {
                marks = 0;
                cleaned.push(character);
            }
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\u{2028}' | '\u{2029}' => cleaned.push('\n'),
            // The web client takes these for spaces and the server does not: fences would begin for one of them only.
            '\u{a0}' | '\u{2424}' => cleaned.push(' '),
            '\n' | '\t' => cleaned.push(character),
            _ if is_removed(character) => {}
            _ if is_mark(character) => {
                marks += 1;
                if marks <= MAX_MARKS_PER_BASE {
                    cleaned.push(character);
                }
            }
            _ => {
                marks = 0;
                cleaned.push(character);
            }
        }
    }
    cleaned
}

fn is_removed(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{202a}'..='\u{202e}'     // embeddings and overrides of direction
            | '\u{2066}'..='\u{2069}'   // isolates of direction
            | '\u{206a}'..='\u{206f}'   // deprecated format characters
            | '\u{feff}'                // byte order mark
            | '\u{fff9}'..='\u{fffb}'   // interlinear annotation
            | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}' // tags: text that nobody sees
        )
}

fn is_mark(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}'
        | '\u{6df}'..='\u{6e4}' | '\u{6e7}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}'
        | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'
        | '\u{eb1}' | '\u{eb4}'..='\u{ebc}' | '\u{ec8}'..='\u{ece}' | '\u{f71}'..='\u{f84}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{302a}'..='\u{302f}' | '\u{3099}'..='\u{309a}' | '\u{a66f}'..='\u{a67d}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Cuts runs of blank lines, and quotes and lists that are too deep inside each other.
pub(super) fn flatten(text: &str) -> String {
    let blocks = Blocks::of(text);
    let mut flat = String::with_capacity(text.len());
    let mut blank = 0;
    for line in &blocks.lines {
        let written = text.get(line.start..line.end).unwrap_or_default();
        blank = if written.trim().is_empty() {
            blank + 1
        } else {
            0
        };
        if blank > MAX_BLANK_LINES {
            continue;
        }
        // The server takes a line of white space for a blank one, the web client does not.
        let is_bare = line.kind == LineKind::Blank
            && written
                .chars()
                .all(|character| character == '>' || character.is_whitespace());
        let flattened = flattened(line, written);
        let end = if is_bare {
            flattened.trim_end().len()
        } else {
            flattened.len()
        };
        flat.push_str(flattened.get(..end).unwrap_or_default());
        flat.push('\n');
    }
    if !text.ends_with('\n') {
        flat.pop();
    }
    flat
}

fn flattened<'a>(line: &Line, written: &'a str) -> Cow<'a, str> {
    if matches!(
        line.kind,
        LineKind::Code(_) | LineKind::FenceClose(_) | LineKind::Indented
    ) {
        return Cow::Borrowed(written);
    }
    let mut rest = written;
    let mut markers = 0;
    let mut kept = 0;
    loop {
        let indented = rest.trim_start_matches([' ', '\t']);
        let Some(after) = after_marker(indented) else {
            rest = indented;
            break;
        };
        rest = after;
        markers += 1;
        if markers <= MAX_NESTING {
            kept = written.len() - rest.len();
        }
    }
    let indentation = written.len() - written.trim_start_matches([' ', '\t']).len();
    if markers > MAX_NESTING {
        let prefix = written.get(..kept).unwrap_or_default();
        Cow::Owned(format!("{} {rest}", shallow(prefix)))
    } else if indentation > MAX_INDENTATION {
        Cow::Owned(shallow(written).into_owned())
    } else {
        Cow::Borrowed(written)
    }
}

fn shallow(written: &str) -> Cow<'_, str> {
    let bare = written.trim_start_matches([' ', '\t']);
    if written.len() - bare.len() > MAX_INDENTATION {
        Cow::Owned(format!("{}{bare}", " ".repeat(MAX_INDENTATION)))
    } else {
        Cow::Borrowed(written)
    }
}

/// Returns what follows the marker of a quote or list item.
fn after_marker(rest: &str) -> Option<&str> {
    if let Some(after) = rest.strip_prefix('>') {
        return Some(after);
    }
    let after = match rest.strip_prefix(['-', '+', '*']) {
        Some(after) => after,
        None => rest
            .trim_start_matches(|digit: char| digit.is_ascii_digit())
            .strip_prefix(['.', ')'])
            .filter(|after| rest.len() - after.len() > 1)?,
    };
    after.starts_with([' ', '\t']).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_removed() {
        let table = [
            ("a\0b\u{7}c\u{1b}[31m", "abc[31m"),
            ("a\r\nb\rc\u{2028}d", "a\nb\nc\nd"),
            ("safe\u{202e}gpj.exe", "safegpj.exe"),
            ("hi\u{e0041}\u{e0042}\u{e007f}", "hi"),
            ("\u{feff}text", "text"),
            ("가\u{a0}나", "가 나"),
            ("\t가나다 👨‍👩‍👧 é", "\t가나다 👨‍👩‍👧 é"),
        ];
        for (text, expected) in table {
            assert_eq!(clean(text), expected, "{text:?}");
        }
    }

    #[test]
    fn marks_are_kept_up_to_the_limit_and_not_one_more() {
        let kept = format!("a{}", "\u{301}".repeat(MAX_MARKS_PER_BASE));
        assert_eq!(clean(&kept), kept);
        let heaped = format!("a{}b", "\u{301}".repeat(MAX_MARKS_PER_BASE + 1));
        assert_eq!(clean(&heaped), format!("{kept}b"));
    }

    #[test]
    fn blank_lines_are_kept_up_to_the_limit_and_not_one_more() {
        let kept = format!("a{}b", "\n".repeat(MAX_BLANK_LINES + 1));
        assert_eq!(flatten(&kept), kept);
        let more = format!("a{}b", "\n".repeat(MAX_BLANK_LINES + 2));
        assert_eq!(flatten(&more), kept);
        assert_eq!(
            flatten(&format!("a{}b", "\n \t".repeat(100_000))).len(),
            1 + MAX_BLANK_LINES + 1 + 3
        );
    }

    #[test]
    fn a_line_of_white_space_is_blank_for_every_reader() {
        assert_eq!(flatten("a\n \t\n> \n>  \u{3000}\nb"), "a\n\n>\n>\nb");
    }

    #[test]
    fn nesting_is_kept_up_to_the_limit_and_not_one_more() {
        let kept = format!("{}x", "> ".repeat(MAX_NESTING));
        assert_eq!(flatten(&kept), kept);
        let deeper = format!("{}x", "> ".repeat(MAX_NESTING + 1));
        assert_eq!(flatten(&deeper), kept);
        let lists = format!("{}x", "- ".repeat(10_000));
        assert_eq!(flatten(&lists).matches('-').count(), MAX_NESTING);
    }

    #[test]
    fn code_keeps_its_indentation_and_its_markers() {
        let code = format!("```\n{}x\n{}y\n```", " ".repeat(60), ">".repeat(20));
        assert_eq!(flatten(&code), code);
    }
}
