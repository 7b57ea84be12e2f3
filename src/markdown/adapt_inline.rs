//! What models write within a paragraph and Mattermost shows raw or wrong: HTML, formulas, footnotes, stars, boxes.

use super::adapt::Dialect;
use super::adapt_signs::{Document, MAX_TAG, Marks, Tag, footnote, next, raised, tick_box};
use super::blocks::{Blocks, Line, LineKind};
use super::spans::{Span, code_spans};
use super::tables::Tables;

/// Bytes of a formula within a sentence; a longer one is text, so that openings without an end cost little.
pub(super) const MAX_INLINE_FORMULA: usize = 1_000;

/// Bytes of quote marks and indentation that a line break repeats; after longer ones the new line begins without.
const MAX_PREFIX: usize = 40;

/// Tags that need not be closed in their paragraph to be taken for HTML.
const BLOCK_TAGS: [&str; 19] = [
    "!--", "details", "summary", "p", "div", "ul", "ol", "li", "table", "thead", "tbody", "tr",
    "td", "th", "center", "section", "hr", "dl", "figure",
];

/// Tags that are taken for HTML where they are closed in their paragraph: `<T>` and `<name>` are no HTML.
const INLINE_TAGS: [&str; 19] = [
    "b", "strong", "i", "em", "u", "s", "del", "ins", "sub", "sup", "small", "big", "mark", "span",
    "font", "kbd", "abbr", "cite", "q",
];

/// Mends paragraphs, one after the other; code stays as it is.
pub(super) fn mend(text: &str, dialect: Dialect) -> String {
    let blocks = Blocks::of(text);
    let document = Document::of(text, &blocks);
    let mut tables = Tables::of(text, &blocks).into_iter().peekable();
    let mut mended = String::with_capacity(text.len());
    let mut index = 0;
    while let Some(first) = blocks.lines.get(index) {
        let lines = blocks.lines.get(index..).unwrap_or_default();
        let LineKind::Text(_) = first.kind else {
            mended.push_str(text.get(first.start..first.end).unwrap_or_default());
            mended.push('\n');
            index += 1;
            continue;
        };
        let count = lines
            .iter()
            .take_while(|line| line.kind == first.kind)
            .count();
        let lines = lines.get(..count).unwrap_or_default();
        let mut in_table = vec![false; count];
        while let Some(table) = tables.next_if(|table| table.first < index + count) {
            let rows = in_table.get_mut(table.first - index..table.end - index);
            rows.unwrap_or_default().fill(true);
        }
        Paragraph::new(text, lines, &document, dialect).write(&in_table, &mut mended);
        index += count;
    }
    if !text.ends_with('\n') {
        mended.pop();
    }
    mended
}

struct Paragraph<'a> {
    text: &'a str,
    lines: &'a [Line],
    document: &'a Document<'a>,
    dialect: Dialect,
    raw: String,
    spans: Vec<Span>,
    marks: Marks,
}

impl<'a> Paragraph<'a> {
    fn new(text: &'a str, lines: &'a [Line], document: &'a Document<'a>, dialect: Dialect) -> Self {
        let mut raw = String::new();
        for line in lines {
            raw.push_str(text.get(line.content..line.end).unwrap_or_default());
            raw.push('\n');
        }
        raw.pop();
        let spans = code_spans(&raw);
        let marks = Marks::of(&raw, &spans);
        Self {
            text,
            lines,
            document,
            dialect,
            raw,
            spans,
            marks,
        }
    }

    fn write(&self, in_table: &[bool], written: &mut String) {
        let mut writer = Writer {
            paragraph: self,
            in_table,
            written,
            line: 0,
            line_start: 0,
            blank_to: 0,
            is_removed: false,
            word: Word::default(),
            is_bold: false,
        };
        writer.begin_line();
        let mut spans = self.spans.iter().peekable();
        let mut index = 0;
        while let Some(character) = self.raw.get(index..).and_then(|rest| rest.chars().next()) {
            while spans.next_if(|span| span.start < index).is_some() {}
            index = match spans.next_if(|span| span.start == index) {
                Some(span) => {
                    writer.copy(span.start, span.end);
                    span.end
                }
                None => writer.character(index, character),
            };
        }
        writer.end_line();
    }

    fn byte(&self, index: usize) -> Option<u8> {
        self.raw.as_bytes().get(index).copied()
    }

    /// Returns what stands between two places, where it is a formula on one line.
    fn formula(&self, start: usize, end: usize) -> Option<String> {
        let formula = self.raw.get(start..end)?;
        if formula.len() > MAX_INLINE_FORMULA || formula.contains('`') || formula.contains("\\(") {
            return None;
        }
        let formula = formula.trim().replace('\n', " ");
        (!formula.is_empty()).then_some(formula)
    }
}

/// The word that is being written.
#[derive(Default)]
struct Word {
    /// Whether it holds the sign of an address, where nothing is escaped.
    is_address: bool,
    /// Whether a star that can only open emphasis stands in it.
    has_opening_star: bool,
}

struct Writer<'a> {
    paragraph: &'a Paragraph<'a>,
    in_table: &'a [bool],
    written: &'a mut String,
    line: usize,
    /// Where the current line begins in what was written.
    line_start: usize,
    /// How far the current line is known to hold nothing but white space and marks of quotes.
    blank_to: usize,
    /// Whether a tag of the current line was left out.
    is_removed: bool,
    word: Word,
    is_bold: bool,
}

impl Writer<'_> {
    fn begin_line(&mut self) {
        self.start_line();
        self.is_removed = false;
        self.word = Word::default();
        if let Some(line) = self.paragraph.lines.get(self.line) {
            let prefix = self.paragraph.text.get(line.start..line.content);
            self.written.push_str(prefix.unwrap_or_default());
        }
    }

    fn start_line(&mut self) {
        self.line_start = self.written.len();
        self.blank_to = self.line_start;
    }

    /// Whether nothing was written on the current line yet; looks at each byte once, however often it is asked.
    fn is_line_blank(&mut self) -> bool {
        let new = self.written.get(self.blank_to..).unwrap_or_default();
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'>');
        self.blank_to += new.bytes().take_while(is_blank).count();
        self.blank_to == self.written.len()
    }

    /// Takes white space away from the end of the current line.
    fn trim(&mut self, blanks: &[char]) {
        let kept = self.written.trim_end_matches(blanks).len();
        self.written.truncate(kept.max(self.line_start));
        self.blank_to = self.blank_to.min(self.written.len());
    }

    /// Ends a line; one that held only tags becomes a blank line where it is not beside another.
    fn end_line(&mut self) {
        if self.is_removed {
            let kept = self
                .written
                .trim_end_matches([' ', '\t'])
                .len()
                .max(self.line_start);
            let prefix = self.written.get(self.line_start..kept).unwrap_or_default();
            if prefix.bytes().all(|byte| byte == b'>' || byte == b' ') {
                self.written.truncate(kept);
                let before = self.written.get(..self.line_start).unwrap_or_default();
                if kept == self.line_start && (before.is_empty() || before.ends_with("\n\n")) {
                    return;
                }
            }
        }
        self.written.push('\n');
    }

    fn copy(&mut self, start: usize, end: usize) {
        let paragraph = self.paragraph;
        for character in paragraph.raw.get(start..end).unwrap_or_default().chars() {
            self.plain(character);
        }
    }

    fn plain(&mut self, character: char) {
        if character == '\n' {
            self.end_line();
            self.line += 1;
            self.begin_line();
            return;
        }
        if character.is_whitespace() {
            self.word = Word::default();
        }
        if (character == '/' && self.written.ends_with(":/"))
            || (character == '.' && self.written.ends_with("www"))
            || (character == '(' && self.written.ends_with(']'))
        {
            self.word.is_address = true;
        }
        self.written.push(character);
    }

    /// Writes what stands at a place; returns where to go on.
    fn character(&mut self, index: usize, character: char) -> usize {
        let special = match character {
            '\\' => self.backslash(index),
            '$' => self.dollar(index),
            '*' => Some(self.star(index)),
            '<' => self.tag(index),
            '[' => self.bracket(index),
            _ => None,
        };
        special.unwrap_or_else(|| {
            self.plain(character);
            index + character.len_utf8()
        })
    }

    fn backslash(&mut self, index: usize) -> Option<usize> {
        let paragraph = self.paragraph;
        let following = paragraph.byte(index + 1)?;
        let close = match following {
            b'(' => next(&paragraph.marks.parentheses, index + 2),
            // An escaped link text is no formula.
            b'[' => next(&paragraph.marks.brackets, index + 2)
                .filter(|close| paragraph.byte(close + 2) != Some(b'(')),
            _ => None,
        };
        if let Some(close) = close
            && self.formula(index + 2, close)
        {
            return Some(close + 2);
        }
        following.is_ascii_punctuation().then(|| {
            self.plain('\\');
            self.plain(char::from(following));
            index + 2
        })
    }

    fn dollar(&mut self, index: usize) -> Option<usize> {
        let paragraph = self.paragraph;
        let dollars = &paragraph.marks.dollars;
        if paragraph.byte(index + 1) == Some(b'$') {
            let close = next(dollars, index + 2)?;
            let closes = paragraph.byte(close + 1) == Some(b'$');
            return (closes && self.formula(index + 2, close)).then_some(close + 2);
        }
        // A formula that is shown as one stays as it is.
        let close = next(dollars, index + 1)?;
        let inner = paragraph.raw.get(index + 1..close)?;
        let is_shown = self.paragraph.dialect.latex
            && !self.follows_word()
            && !paragraph.byte(close + 1).is_some_and(is_word)
            && !inner.contains(['\n', '`']);
        is_shown.then(|| {
            self.copy(index, close + 1);
            close + 1
        })
    }

    fn follows_word(&self) -> bool {
        self.written.bytes().last().is_some_and(is_word)
    }

    /// Writes a formula, as code where it would not be shown as one.
    fn formula(&mut self, start: usize, end: usize) -> bool {
        let Some(formula) = self.paragraph.formula(start, end) else {
            return false;
        };
        let is_shown = self.paragraph.dialect.latex
            && !formula.contains('$')
            && !self.follows_word()
            && !self.paragraph.byte(end + 2).is_some_and(is_word);
        let mark = if is_shown { '$' } else { '`' };
        self.written.push(mark);
        self.written.push_str(&formula);
        self.written.push(mark);
        let lines = self.paragraph.raw.get(start..end).unwrap_or_default();
        self.line += lines.matches('\n').count();
        true
    }

    /// Writes a run of stars, escaped where it stands between letters or digits and closes nothing.
    fn star(&mut self, index: usize) -> usize {
        let paragraph = self.paragraph;
        let rest = paragraph.raw.get(index..).unwrap_or_default();
        let length = rest.len() - rest.trim_start_matches('*').len();
        let before = index
            .checked_sub(1)
            .and_then(|before| paragraph.byte(before));
        let after = paragraph.byte(index + length);
        let is_between = before.is_some_and(|byte| byte.is_ascii_alphanumeric())
            && after.is_some_and(|byte| byte.is_ascii_alphanumeric());
        let closes = match length {
            1 => std::mem::take(&mut self.word.has_opening_star),
            2 => {
                let was_bold = self.is_bold;
                self.is_bold = !was_bold && !is_between;
                was_bold
            }
            _ => true,
        };
        let opens = !before.is_some_and(|byte| byte.is_ascii_alphanumeric());
        if length == 1 && !closes && opens {
            self.word.has_opening_star = true;
        }
        let is_escaped = is_between && !closes && !self.word.is_address;
        for _ in 0..length {
            if is_escaped {
                self.written.push('\\');
            }
            self.written.push('*');
        }
        index + length
    }

    fn bracket(&mut self, index: usize) -> Option<usize> {
        let paragraph = self.paragraph;
        let rest = paragraph.raw.get(index..)?;
        let line = paragraph.lines.get(self.line)?;
        let begins_line = index == 0 || paragraph.byte(index - 1) == Some(b'\n');
        if begins_line
            && line.item.is_some()
            && paragraph.document.has_mixed_boxes
            && let Some((length, ticked)) = tick_box(rest)
        {
            self.written.push(if ticked { '☑' } else { '☐' });
            return Some(index + length);
        }
        let name = footnote(rest)?;
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        let end = index + name.len() + 3;
        if paragraph.byte(end) == Some(b'(')
            || !(is_number || paragraph.document.footnotes.contains(name))
        {
            return None;
        }
        self.written.push('(');
        self.written.push_str(name);
        self.written.push(')');
        let is_definition = begins_line && paragraph.byte(end) == Some(b':');
        Some(end + usize::from(is_definition))
    }

    fn tag(&mut self, index: usize) -> Option<usize> {
        let paragraph = self.paragraph;
        let rest = paragraph.raw.get(index..)?;
        let tag = Tag::read(rest)?;
        let end = index + tag.length;
        let name = tag.name.as_str();
        if name == "br" {
            return Some(self.line_break(end));
        }
        let is_paired =
            paragraph.marks.opened.contains(name) && paragraph.marks.closed.contains(name);
        if matches!(name, "sup" | "sub") && is_paired && !tag.is_closing {
            return Some(self.raised(&tag, end));
        }
        if name == "code"
            && !tag.is_closing
            && let Some(end) = self.code(end)
        {
            return Some(end);
        }
        let is_html = BLOCK_TAGS.contains(&name) || (is_paired && INLINE_TAGS.contains(&name));
        if !is_html {
            return None;
        }
        self.is_removed = true;
        match name {
            "summary" if is_paired => return Some(self.summary(tag.is_closing, end)),
            "li" | "p" | "div" | "tr" | "td" | "th" if !tag.is_closing => self.block(name),
            _ => {}
        }
        Some(end)
    }

    /// Sets what an HTML block holds apart from what stands before it on its line.
    fn block(&mut self, name: &str) {
        let is_first = self.is_line_blank();
        let in_table = self.in_table.get(self.line) == Some(&true);
        if in_table || matches!(name, "td" | "th") {
            let begins = is_first || self.written.ends_with([' ', '|']);
            self.written.push_str(if begins { "" } else { " / " });
            return;
        }
        if !is_first {
            self.break_line();
        }
        if name == "li" {
            self.written.push_str("- ");
        }
    }

    /// Writes a line break, or what stands for it in a table; returns where to go on.
    fn line_break(&mut self, end: usize) -> usize {
        let rest = self.paragraph.raw.get(end..).unwrap_or_default();
        let after = rest.trim_start_matches([' ', '\t']);
        let next = end + rest.len() - after.len();
        if self.in_table.get(self.line) == Some(&true) {
            self.trim(&[' ', '\t']);
            self.written.push_str(" / ");
            return next;
        }
        if !after.is_empty() && !after.starts_with('\n') {
            self.break_line();
        }
        self.is_removed = true;
        next
    }

    fn break_line(&mut self) {
        self.is_removed = true;
        self.end_line();
        self.start_line();
        self.word = Word::default();
        let Some(line) = self.paragraph.lines.get(self.line) else {
            return;
        };
        let prefix = self.paragraph.text.get(line.start..line.content);
        let prefix = prefix.filter(|prefix| prefix.len() <= MAX_PREFIX);
        let continued = prefix.unwrap_or_default().chars();
        self.written
            .extend(continued.map(|character| match character {
                '>' | '\t' => character,
                _ => ' ',
            }));
    }

    fn summary(&mut self, is_closing: bool, end: usize) -> usize {
        let rest = self.paragraph.raw.get(end..).unwrap_or_default();
        let after = rest.trim_start_matches(' ');
        let next = end + rest.len() - after.len();
        if !is_closing {
            if !after.starts_with('*') {
                self.written.push_str("**");
            }
            return next;
        }
        self.trim(&[' ']);
        if !self.written.ends_with('*') {
            self.written.push_str("**");
        }
        if !after.is_empty() && !after.starts_with('\n') {
            self.break_line();
        }
        next
    }

    /// Writes code that stands in tags; returns where to go on.
    fn code(&mut self, start: usize) -> Option<usize> {
        let rest = self.paragraph.raw.get(start..)?;
        let mut bytes = rest.bytes().take(MAX_TAG);
        let length = bytes.position(|byte| matches!(byte, b'<' | b'\n' | b'`'))?;
        let (code, after) = rest.split_at_checked(length)?;
        if code.trim().is_empty() || !after.starts_with("</code>") || self.written.ends_with('`') {
            return None;
        }
        self.written.push('`');
        self.written.push_str(code);
        self.written.push('`');
        Some(start + length + "</code>".len())
    }

    /// Writes what is raised or lowered in characters that are, else after a sign for it; `10<sup>6</sup>` must not become 106.
    fn raised(&mut self, tag: &Tag, end: usize) -> usize {
        let rest = self.paragraph.raw.get(end..).unwrap_or_default();
        let is_raised = tag.name == "sup";
        let Some(length) = rest.bytes().take(MAX_TAG).position(|byte| byte == b'<') else {
            return end;
        };
        let Some(inner) = rest
            .get(..length)
            .filter(|inner| !inner.contains(['\n', '`']))
        else {
            return end;
        };
        if let Some(shown) = raised(inner, is_raised) {
            self.written.push_str(&shown);
        } else {
            self.written.push_str(if is_raised { "^(" } else { "_(" });
            self.written.push_str(inner);
            self.written.push(')');
        }
        end + length
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
