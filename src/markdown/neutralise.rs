//! Text that nobody of ours wrote, made unable to ping, lead astray or break out.
//!
//! What pings was measured (`recorded/mentions_by_a_bot.json`): an `@` that begins a word anywhere but in code. What is code
//! is decided as the server does it, and where readers could disagree it counts as text.

mod ahead;
mod paragraph;

use self::paragraph::Paragraph;
use super::blocks::{Blocks, Line, LineKind};
use super::characters::tidy;
use super::links::LinkContext;

/// Put between characters that must not be read together; shows nothing.
pub(super) const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// Passes over a text, at most. What one pass takes away may bring together what the next one finds; crafted texts need a second, hardly
/// any a third.
const MAX_PASSES: usize = 5;

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
    let blocks = Blocks::of(text);
    let mut inert = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = blocks.lines.as_slice();
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
        match first.kind {
            LineKind::Text(_) | LineKind::Indented => {
                write_paragraph(&mut inert, text, lines, context);
            }
            LineKind::FenceOpen(fence) | LineKind::Code(fence) | LineKind::FenceClose(fence)
                if is_deep(&blocks, fence) =>
            {
                write_paragraph(&mut inert, text, lines, context);
            }
            LineKind::Code(fence) if !is_certain(text, &blocks, fence) => {
                let line = text.get(first.start..first.end).unwrap_or_default();
                inert.push_str(&without_addressed_links(line));
                inert.push('\n');
            }
            LineKind::Blank
            | LineKind::FenceOpen(_)
            | LineKind::Code(_)
            | LineKind::FenceClose(_) => {
                inert.push_str(text.get(first.start..first.end).unwrap_or_default());
                inert.push('\n');
            }
        }
    }
    if !text.ends_with('\n') {
        inert.pop();
    }
    inert
}

/// Whether a fence is indented so far that only the server takes it for one, below a paragraph.
fn is_deep(blocks: &Blocks, number: usize) -> bool {
    blocks
        .fences
        .get(number)
        .is_some_and(|fence| fence.indentation > 3)
}

/// Whether every reader takes what is in a fence for code, the web client included.
fn is_certain(text: &str, blocks: &Blocks, number: usize) -> bool {
    let Some(fence) = blocks.fences.get(number) else {
        return false;
    };
    let Some(opening) = blocks.lines.get(fence.line) else {
        return false;
    };
    let info = text.get(fence.marker.1..opening.end).unwrap_or_default();
    fence.closed
        && fence.indentation <= 3
        && opening.items == 0
        && opening.quotes == 0
        && !info.contains('~')
}

/// Breaks links that name an address; all else in code stays, since `handlers[i](event)` is no link.
fn without_addressed_links(line: &str) -> String {
    let mut written = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("](") {
        let (before, after) = rest.split_at(at + 1);
        written.push_str(before);
        let target: String = after.chars().skip(1).take(48).collect();
        if target.contains("//")
            || target.contains(':')
            || target.contains("www")
            || target.contains('&')
        {
            written.push(ZERO_WIDTH_SPACE);
        }
        rest = after;
    }
    written.push_str(rest);
    written
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
