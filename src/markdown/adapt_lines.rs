//! Tables and lists, set apart from what stands beside them as Mattermost's web client needs it.
//!
//! The client reads blocks with regular expressions (<https://github.com/mattermost/marked>, `lib/marked.js`): a table
//! begins only after a blank line, a heading or a fence, and never in a list item; a list goes on over blank lines until an
//! unindented line that is no item, whatever kind of marker the items have.

use super::blocks::{Blocks, Line, LineKind};
use super::neutralise::ZERO_WIDTH_SPACE;
use super::tables::Tables;

/// What separates two lists of different kinds, between blank lines.
///
/// It shows nothing, and neither JavaScript's `\s` nor Unicode's white space holds it: a line of it is a paragraph, which ends
/// the list before it on the web and on the server. A comment would be shown as typed, a rule would be seen.
const SEPARATOR: char = ZERO_WIDTH_SPACE;

/// Puts blank lines before tables, takes tables out of list items, and separates lists of different kinds.
pub(super) fn separate(text: &str) -> String {
    let blocks = Blocks::of(text);
    let mut writer = Writer {
        text,
        written: String::with_capacity(text.len()),
        lists: Vec::new(),
        quotes: 0,
        before: Before::Blank,
        dedent: Dedent::Off,
    };
    let mut tables = Tables::of(text, &blocks).into_iter().peekable();
    let mut index = 0;
    while let Some(line) = blocks.lines.get(index) {
        if let Some(table) = tables.next_if(|table| table.first == index) {
            let lines = blocks.lines.get(index..table.end).unwrap_or_default();
            writer.table(line, lines);
            index = table.end;
        } else {
            writer.line(line);
            index += 1;
        }
    }
    let mut written = writer.written;
    if !text.ends_with('\n') {
        written.pop();
    }
    written
}

/// What the last written line was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Blank,
    /// A heading, a rule or code, after which a table may begin.
    Closed,
    Text,
    /// A table that was taken out of a list item.
    MovedTable,
}

/// How far lines move to the left, because a table before them was taken out of the list item that held both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dedent {
    Off,
    Undecided,
    By(usize),
}

/// A line without the marks of quotes.
struct Parts<'a> {
    quote: &'a str,
    indentation: usize,
    rest: &'a str,
}

/// A list that the web client would continue.
#[derive(Clone, Copy)]
struct List {
    indentation: usize,
    ordered: bool,
}

struct Writer<'a> {
    text: &'a str,
    written: String,
    lists: Vec<List>,
    quotes: usize,
    before: Before,
    dedent: Dedent,
}

impl<'a> Writer<'a> {
    fn line(&mut self, line: &Line) {
        let parts = self.parts(line);
        match line.kind {
            LineKind::Blank => {
                self.verbatim(line);
                self.before = if parts.rest.is_empty() {
                    Before::Blank
                } else {
                    Before::Text
                };
            }
            LineKind::Code(_) | LineKind::FenceClose(_) => {
                self.verbatim(line);
                self.before = Before::Closed;
            }
            LineKind::FenceOpen(_) | LineKind::Indented | LineKind::Text(_) => {
                self.content(line, &parts);
            }
        }
    }

    fn content(&mut self, line: &Line, parts: &Parts<'_>) {
        let is_code = line.kind == LineKind::Indented;
        let removed = self.dedented(parts.indentation, is_code);
        let indentation = parts.indentation - removed;
        if self.before == Before::MovedTable {
            self.push(parts.quote.trim_end(), 0, "");
        }
        let ordered = match line.item {
            Some(_) if !is_rule(parts.rest) => marker(parts.rest),
            _ => None,
        };
        self.enter_quotes(parts);
        match ordered {
            Some(ordered) => self.item(
                parts,
                List {
                    indentation,
                    ordered,
                },
            ),
            None if is_code => {}
            None => self.lists.retain(|list| list.indentation < indentation),
        }
        if removed == 0 {
            self.verbatim(line);
        } else {
            self.push(parts.quote, indentation, parts.rest);
        }
        self.before = if matches!(line.kind, LineKind::Text(_)) && !is_closed(parts.rest) {
            Before::Text
        } else {
            Before::Closed
        };
    }

    fn item(&mut self, parts: &Parts<'_>, list: List) {
        self.lists
            .retain(|open| open.indentation <= list.indentation);
        let before = self.lists.last().copied();
        match before.filter(|before| before.indentation == list.indentation) {
            Some(before) if before.ordered != list.ordered => {
                let blank = parts.quote.trim_end();
                if self.before != Before::Blank {
                    self.push(blank, 0, "");
                }
                let separator = SEPARATOR.to_string();
                self.push(parts.quote, list.indentation, &separator);
                self.push(blank, 0, "");
                self.lists.pop();
                self.lists.push(list);
            }
            Some(_) => {}
            None => self.lists.push(list),
        }
    }

    fn table(&mut self, header: &Line, lines: &[Line]) {
        let parts = self.parts(header);
        self.enter_quotes(&parts);
        let starts_item = header.item.is_some();
        let is_moved = starts_item || (!self.lists.is_empty() && parts.indentation > 0);
        let is_apart = match self.before {
            Before::Blank => true,
            Before::Closed => !is_moved,
            Before::Text | Before::MovedTable => false,
        };
        if !is_apart {
            self.push(parts.quote.trim_end(), 0, "");
        }
        if !is_moved {
            for line in lines {
                self.verbatim(line);
            }
            self.lists
                .retain(|list| list.indentation < parts.indentation);
            self.before = Before::Text;
            self.dedent = Dedent::Off;
            return;
        }
        for line in lines {
            let content = self.text.get(line.content..line.end).unwrap_or_default();
            self.push(self.parts(line).quote, 0, content);
        }
        self.lists.clear();
        self.before = Before::MovedTable;
        self.dedent = Dedent::Undecided;
    }

    /// Returns how many columns of indentation a line loses.
    fn dedented(&mut self, indentation: usize, is_code: bool) -> usize {
        let kept = if is_code { 4 } else { 0 };
        let own = indentation.saturating_sub(kept);
        self.dedent = match self.dedent {
            Dedent::Off => Dedent::Off,
            Dedent::Undecided | Dedent::By(_) if own == 0 => Dedent::Off,
            Dedent::Undecided => Dedent::By(own),
            Dedent::By(columns) => Dedent::By(columns.min(own)),
        };
        match self.dedent {
            Dedent::By(columns) => columns,
            Dedent::Off | Dedent::Undecided => 0,
        }
    }

    fn enter_quotes(&mut self, parts: &Parts<'_>) {
        let quotes = parts.quote.matches('>').count();
        if quotes != self.quotes {
            self.lists.clear();
            self.quotes = quotes;
        }
    }

    /// Writes a line as it is, but for the indentation that its list item lost.
    fn verbatim(&mut self, line: &Line) {
        let columns = match self.dedent {
            Dedent::By(columns) => columns,
            Dedent::Off | Dedent::Undecided => 0,
        };
        if columns == 0 {
            let written = self.text.get(line.start..line.end).unwrap_or_default();
            self.written.push_str(written);
            self.written.push('\n');
            return;
        }
        let parts = self.parts(line);
        let left = parts.indentation.saturating_sub(columns);
        self.push(parts.quote, left, parts.rest);
    }

    fn push(&mut self, quote: &str, indentation: usize, rest: &str) {
        self.written.push_str(quote);
        self.written.extend(std::iter::repeat_n(' ', indentation));
        self.written.push_str(rest);
        self.written.push('\n');
    }

    fn parts(&self, line: &Line) -> Parts<'a> {
        let written = self.text.get(line.start..line.end).unwrap_or_default();
        let mut quoted = 0;
        for _ in 0..line.quotes {
            let rest = written.get(quoted..).unwrap_or_default();
            let unindented = rest.trim_start_matches([' ', '\t']);
            let Some(after) = unindented.strip_prefix('>') else {
                break;
            };
            quoted = written.len() - after.strip_prefix(' ').unwrap_or(after).len();
        }
        let (quote, rest) = written.split_at(quoted);
        let unindented = rest.trim_start_matches([' ', '\t']);
        let (space, rest) = rest.split_at(rest.len() - unindented.len());
        let indentation = space.bytes().map(|byte| if byte == b'\t' { 4 } else { 1 });
        Parts {
            quote,
            indentation: indentation.sum(),
            rest,
        }
    }
}

/// Returns whether the marker that a line begins with is a number, where the web client takes it for a marker.
fn marker(rest: &str) -> Option<bool> {
    let number = rest.trim_start_matches(|character: char| character.is_ascii_digit());
    if number.len() < rest.len() {
        return number.starts_with(". ").then_some(true);
    }
    ["- ", "* ", "+ "]
        .iter()
        .any(|bullet| rest.starts_with(bullet))
        .then_some(false)
}

/// Whether a line is a heading or a rule, which no paragraph goes on from.
fn is_closed(rest: &str) -> bool {
    let heading = rest.trim_start_matches('#');
    let level = rest.len() - heading.len();
    ((1..=6).contains(&level) && heading.starts_with(' ')) || is_rule(rest)
}

fn is_rule(rest: &str) -> bool {
    let mut marks = rest.chars().filter(|character| *character != ' ');
    let Some(first @ ('-' | '*' | '_')) = marks.next() else {
        return false;
    };
    let mut count = 1;
    marks.all(|mark| {
        count += 1;
        mark == first
    }) && count >= 3
}
