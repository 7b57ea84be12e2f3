//! Text that nobody of ours wrote, made unable to ping, lead astray or break out.
//!
//! What pings was measured (`recorded/mentions_by_a_bot.json`): an `@` that begins a word anywhere but in code. What is code
//! is decided as the server does it, and where readers could disagree it counts as text.

mod ahead;
mod doubt;
mod paragraph;

use self::ahead::NextByte;
use self::doubt::Doubt;
use self::paragraph::Paragraph;
use super::blocks::{Blocks, Fence, Line, LineKind};
use super::characters::tidy;
use super::links::{LinkContext, may_lead};

/// Put between characters that must not be read together; shows nothing.
pub(super) const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// Passes over a text, at most. What one pass takes away may bring together what the next one finds; crafted texts need a second, hardly
/// any a third.
const MAX_PASSES: usize = 5;

/// Columns a fence may be indented, beyond which it is indented code, or text.
const MOST_INDENTED: usize = 3;

/// Makes a text inert: mentions, Slack's forms, hidden or dangerous links, images, reference definitions, control characters,
/// overrides of direction, hidden tags, heaps of marks, blank lines and nesting.
///
/// Code stays as it is, but for characters that nobody can see. Neutralising twice changes nothing more, whatever the text. Takes time
/// linear in the text.
#[must_use]
pub fn neutralise(text: &str, context: &LinkContext) -> String {
    settled(&tidy(text), context).unwrap_or_else(|| {
        let plain = tidy(&without_markup(text));
        settled(&plain, context).unwrap_or(plain)
    })
}

/// Passes over a text until nothing changes; `None` where that does not come soon.
fn settled(text: &str, context: &LinkContext) -> Option<String> {
    let mut inert = text.to_owned();
    for _ in 0..MAX_PASSES {
        let next = tidy(&pass(&inert, context));
        if next == inert {
            return Some(inert);
        }
        inert = next;
    }
    None
}

/// Writes every sign that a pass looks at in full width, so that there is nothing left to look at.
fn without_markup(text: &str) -> String {
    const FULL_WIDTH: u32 = 0xfee0;
    let widened = |character: char| {
        let is_sign = character.is_ascii_punctuation() && !matches!(character, '.' | ',' | '-');
        let wide = char::from_u32(u32::from(character) + FULL_WIDTH);
        wide.filter(|_| is_sign).unwrap_or(character)
    };
    text.chars().map(widened).collect()
}

fn pass(text: &str, context: &LinkContext) -> String {
    let mut pass = Pass {
        text,
        context,
        blocks: &Blocks::of(text),
        doubt: Doubt::default(),
        inert: String::with_capacity(text.len() + text.len() / 16),
        next_bracket: NextByte::new(b']'),
    };
    let mut rest = pass.blocks.lines.as_slice();
    while let Some(first) = rest.first() {
        let count = match first.kind {
            LineKind::Text(_) => rest
                .iter()
                .take_while(|line| line.kind == first.kind)
                .count(),
            _ => 1,
        };
        let (lines, later) = rest.split_at(count);
        rest = later;
        pass.lines(first, lines);
    }
    let mut inert = pass.inert;
    if !text.ends_with('\n') {
        inert.pop();
    }
    inert
}

/// One pass over a text.
struct Pass<'a> {
    text: &'a str,
    context: &'a LinkContext,
    blocks: &'a Blocks,
    doubt: Doubt,
    inert: String,
    next_bracket: NextByte,
}

impl<'a> Pass<'a> {
    /// Writes a line, or all lines of a paragraph.
    fn lines(&mut self, first: &Line, lines: &[Line]) {
        match first.kind {
            LineKind::Text(_) | LineKind::Indented => self.paragraph(lines),
            LineKind::Blank => {
                let written = self.written(first.start, first.end);
                self.doubt.blank(written);
                self.push(written);
            }
            LineKind::FenceOpen(number) | LineKind::Code(number) | LineKind::FenceClose(number) => {
                match self.blocks.fences.get(number) {
                    Some(fence) if fence.indentation <= MOST_INDENTED => self.fenced(first, fence),
                    // Only the server takes it for a fence, below a paragraph.
                    _ => {
                        self.doubt.last();
                        self.paragraph(lines);
                    }
                }
            }
        }
    }

    fn fenced(&mut self, line: &Line, fence: &Fence) {
        let written = self.written(line.start, line.end);
        match line.kind {
            LineKind::FenceOpen(_) => {
                self.doubt.open(line, fence);
                let info = plain_info(self.written(fence.marker.1, line.end));
                self.inert
                    .push_str(self.written(line.start, fence.marker.1));
                self.push(info);
            }
            LineKind::FenceClose(_) => {
                self.doubt.close();
                // The web client closes none behind which other white space stands than spaces.
                self.push(written.trim_end());
            }
            LineKind::Code(_) | LineKind::Blank | LineKind::Text(_) | LineKind::Indented => {
                self.code(line);
                if self.closes_on_the_web(line, fence) {
                    self.inert.push(ZERO_WIDTH_SPACE);
                }
                self.inert.push('\n');
            }
        }
    }

    /// Writes a line of code; where readers could disagree about it, without links and reference definitions.
    fn code(&mut self, line: &Line) {
        if !self.doubt.lasts() {
            self.inert.push_str(self.written(line.start, line.end));
            return;
        }
        let written = self.written(line.start, line.end);
        let label = written.trim_start_matches([' ', '\t', '>']);
        let mut from = line.end - label.len();
        self.inert.push_str(self.written(line.start, from));
        if label.starts_with('[') && self.is_definition(from) {
            self.inert.push(ZERO_WIDTH_SPACE);
        }
        while let Some(at) = self.written(from, line.end).find("](") {
            let target = from + at + 2;
            self.inert.push_str(self.written(from, target - 1));
            if may_lead(self.written(target, self.text.len())) {
                self.inert.push(ZERO_WIDTH_SPACE);
            }
            from = target - 1;
        }
        self.inert.push_str(self.written(from, line.end));
    }

    /// Whether what begins with a bracket may be a reference definition, whose label may go on over lines.
    fn is_definition(&mut self, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        let close = self.next_bracket.from(bytes, at);
        close.is_some_and(|close| {
            bytes.get(close + 1) == Some(&b':') || bytes.get(close - 1) == Some(&b'\\')
        })
    }

    /// Whether the web client takes a line of code for the end of the fence: it knows no difference between the two kinds of marks there.
    fn closes_on_the_web(&self, line: &Line, fence: &Fence) -> bool {
        let marker = self.written(fence.marker.0, fence.marker.1);
        let written = self.written(line.content, line.end);
        let rest = written.trim_start().strip_prefix(marker);
        rest.is_some_and(|rest| {
            rest.trim_end()
                .chars()
                .all(|mark| matches!(mark, '`' | '~'))
        })
    }

    fn paragraph(&mut self, lines: &[Line]) {
        for line in lines {
            self.doubt.text(
                line,
                self.text.get(line.start..line.end).unwrap_or_default(),
            );
        }
        write_paragraph(&mut self.inert, self.text, lines, self.context);
    }

    fn written(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn push(&mut self, line: &str) {
        self.inert.push_str(line);
        self.inert.push('\n');
    }
}

/// Returns as much of what stands behind a fence's marker as is no markup, should a reader not take it for a fence: only the server and
/// `CommonMark` do where there is a `~`.
fn plain_info(info: &str) -> &str {
    let markup = info.find(['~', '[', ']', '<', '>', '@', '\\']);
    let plain = info.get(..markup.unwrap_or(info.len()));
    plain.unwrap_or_default().trim_end()
}

/// Writes the lines of a paragraph, their prefixes unchanged, their text inert.
fn write_paragraph(inert: &mut String, text: &str, lines: &[Line], context: &LinkContext) {
    let mut raw = String::new();
    for line in lines {
        raw.push_str(text.get(line.content..line.end).unwrap_or_default());
        raw.push('\n');
    }
    raw.pop();
    let written = Paragraph::new(&raw, context).inert();
    let mut prefixes = lines
        .iter()
        .map(|line| text.get(line.start..line.content).unwrap_or_default());
    for line in written.split('\n') {
        inert.push_str(prefixes.next().unwrap_or_default());
        inert.push_str(line);
        inert.push('\n');
    }
}

#[cfg(test)]
pub(super) mod tests;
