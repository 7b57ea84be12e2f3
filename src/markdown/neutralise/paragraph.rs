//! A paragraph, made inert sign by sign.

use super::ZERO_WIDTH_SPACE;
use super::ahead::{NextByte, matching_parentheses};
use crate::markdown::links::{LinkContext, Verdict, judge};
use crate::markdown::spans::{Span, code_spans};

const DANGEROUS_SCHEMES: [&str; 7] = [
    "javascript",
    "vbscript",
    "data",
    "mattermost",
    "file",
    "blob",
    "filesystem",
];

/// A `[` whose `]` was not met yet.
struct Bracket {
    /// Where it stands in what was written.
    written: usize,
    /// Whether a `!` before it makes it an image.
    is_image: bool,
}

/// The text of a paragraph without the prefixes of its lines, and what of it was written.
pub(super) struct Paragraph<'a> {
    raw: &'a str,
    context: &'a LinkContext,
    spans: std::iter::Peekable<std::vec::IntoIter<Span>>,
    /// Where each `(` is closed, in order of the opening.
    parentheses: Vec<(usize, usize)>,
    written: String,
    /// Places in what was written whose one byte is left out at the end.
    dropped: Vec<usize>,
    brackets: Vec<Bracket>,
    /// Which of `*`, `_` and `~` were met outside code: one inside a code span may close it and end the span.
    emphasis: [bool; 3],
    in_address: bool,
    next_bracket: NextByte,
    next_parenthesis: NextByte,
    next_pipe: NextByte,
    next_greater: NextByte,
    next_line: NextByte,
}

impl<'a> Paragraph<'a> {
    pub(super) fn new(raw: &'a str, context: &'a LinkContext) -> Self {
        Self {
            raw,
            context,
            spans: code_spans(raw).into_iter().peekable(),
            parentheses: matching_parentheses(raw.as_bytes()),
            written: String::with_capacity(raw.len()),
            dropped: Vec::new(),
            brackets: Vec::new(),
            emphasis: [false; 3],
            in_address: false,
            next_bracket: NextByte::new(b']'),
            next_parenthesis: NextByte::new(b')'),
            next_pipe: NextByte::new(b'|'),
            next_greater: NextByte::new(b'>'),
            next_line: NextByte::new(b'\n'),
        }
    }

    pub(super) fn inert(mut self) -> String {
        let mut index = 0;
        loop {
            index = self.plain(index);
            let Some(character) = self.raw.get(index..).and_then(|rest| rest.chars().next()) else {
                break;
            };
            self.escape_definition(index, character);
            index = match self.spans.next_if(|span| span.start == index) {
                Some(span) => self.code_span(span),
                None => self.character(index, character),
            };
        }
        without(&self.written, &self.dropped)
    }

    /// Writes what has no meaning, up to the next character that may have one; returns where that is.
    fn plain(&mut self, index: usize) -> usize {
        let rest = self.raw.get(index..).unwrap_or_default();
        let length = rest
            .bytes()
            .position(|byte| byte.is_ascii_whitespace() || byte.is_ascii_punctuation())
            .unwrap_or(rest.len());
        // White space that is not ASCII ends an address as well as any.
        let plain = rest.get(..length).unwrap_or_default();
        if self.in_address && plain.contains(char::is_whitespace) {
            self.in_address = false;
        }
        self.written.push_str(plain);
        index + length
    }

    fn bytes(&self) -> &'a [u8] {
        self.raw.as_bytes()
    }

    fn byte(&self, index: usize) -> Option<u8> {
        self.bytes().get(index).copied()
    }

    /// Escapes the `[` of a reference definition, which shows nothing itself and hides where other links lead.
    fn escape_definition(&mut self, index: usize, character: char) {
        if character != '[' {
            return;
        }
        let before = self.written.trim_end_matches(' ');
        if !(before.is_empty() || before.ends_with('\n')) {
            return;
        }
        let close = self.next_bracket.from(self.raw.as_bytes(), index);
        // Its label may go on over lines, on the web over blank ones too, and hold escaped brackets.
        let is_definition = close.is_none_or(|close| {
            self.byte(close + 1) == Some(b':') || self.byte(close - 1) == Some(b'\\')
        });
        if is_definition {
            self.written.push('\\');
        }
    }

    /// Writes one character, or more where they belong together; returns where to go on.
    fn character(&mut self, index: usize, character: char) -> usize {
        let next = index + character.len_utf8();
        match character {
            '\\' => return self.escape(index),
            '@' => self.at_sign(index),
            '<' => self.less_than(index),
            ':' => self.colon(index),
            '[' => self.open_bracket(index),
            ']' => return self.close_bracket(index),
            _ => {
                self.note(character);
                self.written.push(character);
            }
        }
        next
    }

    fn note(&mut self, character: char) {
        match character {
            '*' => self.emphasis[0] = true,
            '_' => self.emphasis[1] = true,
            '~' => self.emphasis[2] = true,
            '/' if self.written.ends_with(":/") => self.in_address = true,
            _ if character.is_whitespace() || character == '<' || character == '>' => {
                self.in_address = false;
            }
            _ => {}
        }
    }

    fn escape(&mut self, index: usize) -> usize {
        self.written.push('\\');
        match self.byte(index + 1) {
            // The server ignores the escape, and the web client ends a link at it.
            Some(b'@' | b']' | b'<' | b':') | None => index + 1,
            Some(byte) if byte.is_ascii_punctuation() => {
                self.written.push(char::from(byte));
                index + 2
            }
            Some(_) => index + 1,
        }
    }

    /// Writes an `@`, cut off from what follows where a mention could begin.
    ///
    /// After an ASCII letter or digit it is part of a mail address. In an address it is written as browsers write it, because a
    /// space there would lead elsewhere.
    fn at_sign(&mut self, index: usize) {
        let begins_word = !self
            .written
            .as_bytes()
            .last()
            .is_some_and(u8::is_ascii_alphanumeric);
        let next = self
            .raw
            .get(index + 1..)
            .and_then(|rest| rest.chars().next());
        let names = next.is_some_and(|next| {
            next.is_ascii_alphanumeric()
                || matches!(next, '.' | '-' | '_' | ':' | '\\' | '&' | '<')
                || (!next.is_ascii() && !next.is_whitespace() && next != ZERO_WIDTH_SPACE)
        });
        if begins_word && names && self.in_address {
            self.written.push_str("%40");
        } else {
            self.written.push('@');
            if begins_word && names {
                self.written.push(ZERO_WIDTH_SPACE);
            }
        }
    }

    /// Writes a `<`, cut off where Slack's forms begin: webhooks turn `<!all>` into a mention and `<a|b>` into a link.
    fn less_than(&mut self, index: usize) {
        self.in_address = false;
        let bytes = self.bytes();
        let pipe = self.next_pipe.from(bytes, index);
        let greater = self.next_greater.from(bytes, index);
        let end = self.next_line.from(bytes, index).unwrap_or(bytes.len());
        let is_link = match (pipe, greater) {
            (Some(pipe), Some(greater)) => pipe > index + 1 && greater > pipe + 1 && greater < end,
            _ => false,
        };
        if is_link {
            self.written.push_str("&lt;");
        } else {
            self.written.push('<');
            if self.byte(index + 1) == Some(b'!') || self.is_tag(index) {
                self.written.push(ZERO_WIDTH_SPACE);
            }
        }
    }

    /// Whether a `<` begins a tag at the beginning of a line: the web client takes all up to its end for one paragraph, blank lines and code
    /// included.
    fn is_tag(&self, index: usize) -> bool {
        let names = self
            .byte(index + 1)
            .is_some_and(|next| next.is_ascii_alphanumeric() || next == b'_');
        let before = self.written.strip_suffix('<').unwrap_or_default();
        let marks = before.trim_end_matches(|character: char| {
            character.is_ascii_digit()
                || matches!(character, ' ' | '\t' | '>' | '*' | '+' | '-' | '.' | ')')
        });
        names && (marks.is_empty() || marks.ends_with('\n'))
    }

    /// Writes a `:`, cut off where it ends a scheme that no answer needs.
    fn colon(&mut self, index: usize) {
        const LONGEST: usize = 11;
        let before = self.bytes().get(..index).unwrap_or_default();
        let letters = before
            .iter()
            .rev()
            .take(LONGEST)
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        let scheme = self.raw.get(index - letters..index).unwrap_or_default();
        self.written.push(':');
        let is_scheme = DANGEROUS_SCHEMES
            .iter()
            .any(|dangerous| scheme.eq_ignore_ascii_case(dangerous));
        let goes_on = self
            .raw
            .get(index + 1..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|next| !next.is_whitespace() && next != ZERO_WIDTH_SPACE);
        if is_scheme && goes_on {
            self.written.push(ZERO_WIDTH_SPACE);
        }
    }

    fn open_bracket(&mut self, index: usize) {
        let is_image =
            index > 0 && self.byte(index - 1) == Some(b'!') && self.written.ends_with('!');
        self.brackets.push(Bracket {
            written: self.written.len(),
            is_image,
        });
        self.written.push('[');
    }

    fn close_bracket(&mut self, index: usize) -> usize {
        let bracket = self.brackets.pop();
        self.written.push(']');
        if self.byte(index + 1) != Some(b'(') {
            return index + 1;
        }
        let Some(close) = self.closing_parenthesis(index + 1) else {
            let bytes = self.bytes();
            // Without any `)` it is a link being written, which is closed elsewhere.
            if self.next_parenthesis.from(bytes, index).is_some() {
                self.written.push(ZERO_WIDTH_SPACE);
            }
            return index + 1;
        };
        let target = self.raw.get(index + 2..close).unwrap_or_default();
        let Some(bracket) = bracket.filter(|_| !target.contains('`')) else {
            // Readers differ in where such a link begins, or ends; and a backtick less could make a fence of the line.
            self.written.push(ZERO_WIDTH_SPACE);
            return index + 1;
        };
        self.link(&bracket, index + 2, close);
        close + 1
    }

    fn closing_parenthesis(&self, open: usize) -> Option<usize> {
        let found = self
            .parentheses
            .binary_search_by_key(&open, |(open, _)| *open)
            .ok()?;
        self.parentheses.get(found).map(|(_, close)| *close)
    }

    /// Writes what becomes of a link whose text was just written.
    fn link(&mut self, bracket: &Bracket, start: usize, end: usize) {
        let target = self.raw.get(start..end).unwrap_or_default();
        let text = self
            .written
            .get(bracket.written + 1..self.written.len() - 1)
            .unwrap_or_default();
        // From its beginning: the texts of nested links share their end.
        let is_empty = text.trim_start().is_empty();
        let verdict = match judge(text, target, self.context) {
            Verdict::Keep if is_empty => Verdict::Show(target.to_owned()),
            verdict => verdict,
        };
        if bracket.is_image {
            self.dropped.push(bracket.written - 1);
        }
        match verdict {
            Verdict::Keep => {
                self.written.push('(');
                self.written.push_str(target);
                self.written.push(')');
                return;
            }
            Verdict::Show(address) => {
                self.unlink(bracket);
                self.written.push_str(if is_empty { " " } else { " (" });
                self.written.push_str(&address);
                self.written.push_str(if is_empty { " " } else { ")" });
            }
            Verdict::TextOnly => {
                self.unlink(bracket);
                // What follows must not be read together with the text: `[@](#)all`.
                let next = self.raw.get(end + 1..).and_then(|rest| rest.chars().next());
                if next.is_some_and(|next| !next.is_whitespace()) {
                    self.written.push(ZERO_WIDTH_SPACE);
                }
            }
        }
        let lost_lines = target.matches('\n').count();
        self.written.extend(std::iter::repeat_n('\n', lost_lines));
    }

    /// Takes the brackets away from around a link's text.
    fn unlink(&mut self, bracket: &Bracket) {
        self.dropped.push(bracket.written);
        self.written.pop();
    }

    /// Writes a code span; returns where it ends.
    fn code_span(&mut self, span: Span) -> usize {
        let raw = self.raw;
        let code = raw.get(span.start..span.end).unwrap_or_default();
        let is_cut = |character: char, met: bool| met && code.contains(character);
        let is_safe = self.brackets.is_empty()
            && !code.contains(['\n', '|'])
            && !is_cut('*', self.emphasis[0])
            && !is_cut('_', self.emphasis[1])
            && !is_cut('~', self.emphasis[2]);
        if span.certain && (is_safe || !code.contains("](")) {
            self.written.push_str(code);
            return span.end;
        }
        for (offset, character) in code.char_indices() {
            match character {
                '@' if !span.certain => self.at_sign(span.start + offset),
                '(' if self.written.ends_with(']') => {
                    self.written.push(ZERO_WIDTH_SPACE);
                    self.written.push('(');
                }
                _ => self.written.push(character),
            }
        }
        span.end
    }
}

/// Returns the text without the bytes at these places, each of them ASCII, and without bringing their neighbours together
/// or making a block of a line.
fn without(text: &str, dropped: &[usize]) -> String {
    let mut dropped = dropped.to_vec();
    dropped.sort_unstable();
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for at in dropped {
        kept.push_str(text.get(from..at).unwrap_or_default());
        let before = kept.chars().next_back();
        let joins =
            before.is_some_and(|before| !before.is_whitespace() && before != ZERO_WIDTH_SPACE);
        let next = text.as_bytes().get(at + 1);
        let begins_block = before.is_none_or(char::is_whitespace)
            && next.is_some_and(|next| {
                *next != b'[' && (next.is_ascii_punctuation() || next.is_ascii_digit())
            });
        if joins || begins_block {
            kept.push(ZERO_WIDTH_SPACE);
        }
        from = at + 1;
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    kept
}
