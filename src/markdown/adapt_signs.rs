//! The signs in a paragraph that are no Markdown of Mattermost's: tags, footnotes, boxes, and the ends of formulas.

use std::collections::HashSet;

use super::blocks::{Blocks, LineKind};
use super::spans::Span;

/// Bytes of an HTML tag, its attributes included; longer ones are text.
pub(super) const MAX_TAG: usize = 300;

/// Bytes of the name of a footnote; longer ones are text.
const MAX_FOOTNOTE: usize = 32;

const RAISED: [(&str, &str); 2] = [
    ("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ"),
    ("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"),
];

/// What has to be known of the whole text.
#[derive(Default)]
pub(super) struct Document<'a> {
    /// Names of footnotes that are written out.
    pub(super) footnotes: HashSet<&'a str>,
    /// Whether ticked boxes stand beside empty ones.
    pub(super) has_mixed_boxes: bool,
}

impl<'a> Document<'a> {
    pub(super) fn of(text: &'a str, blocks: &Blocks) -> Self {
        let mut document = Self::default();
        let mut boxes = [false; 2];
        for line in &blocks.lines {
            if !matches!(line.kind, LineKind::Text(_)) {
                continue;
            }
            let content = text.get(line.content..line.end).unwrap_or_default();
            if let Some(name) = footnote(content)
                && content
                    .get(name.len() + 3..)
                    .is_some_and(|rest| rest.starts_with(':'))
            {
                document.footnotes.insert(name);
            }
            if line.item.is_some()
                && let Some((_, ticked)) = tick_box(content)
            {
                boxes[usize::from(ticked)] = true;
            }
        }
        document.has_mixed_boxes = boxes == [true, true];
        document
    }
}

/// Reads the name of the footnote that a text begins with.
pub(super) fn footnote(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("[^")?;
    let length = rest
        .bytes()
        .take(MAX_FOOTNOTE + 1)
        .position(|byte| byte == b']')?;
    let name = rest.get(..length)?;
    let is_name = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

/// Reads the box that the content of a list item begins with; returns its length and whether it is ticked.
pub(super) fn tick_box(content: &str) -> Option<(usize, bool)> {
    let ticked = match content.as_bytes().get(..4)? {
        b"[x] " | b"[X] " => true,
        b"[ ] " => false,
        _ => return None,
    };
    Some((3, ticked))
}

/// An HTML tag.
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) is_closing: bool,
    pub(super) length: usize,
}

impl Tag {
    /// Reads the tag that a text begins with; comments are tags named `!--`.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.starts_with("<!--") {
            return Self::comment(text);
        }
        let bytes = text.as_bytes();
        let is_closing = bytes.get(1) == Some(&b'/');
        let from = if is_closing { 2 } else { 1 };
        let name: String = bytes
            .iter()
            .skip(from)
            .take(12)
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .map(|byte| char::from(byte.to_ascii_lowercase()))
            .collect();
        let after = *bytes.get(from + name.len())?;
        if name.is_empty() || !(after.is_ascii_whitespace() || matches!(after, b'>' | b'/')) {
            return None;
        }
        let length = bytes
            .iter()
            .take(MAX_TAG)
            .skip(1)
            .position(|byte| matches!(byte, b'>' | b'<' | b'`' | b'\n'))?
            + 1;
        (bytes.get(length) == Some(&b'>')).then_some(Self {
            name,
            is_closing,
            length: length + 1,
        })
    }

    fn comment(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let bytes = bytes.get(..bytes.len().min(MAX_TAG))?;
        let length = bytes.windows(3).position(|end| end == b"-->")? + 3;
        let is_plain = !bytes
            .get(..length)?
            .iter()
            .any(|byte| matches!(byte, b'\n' | b'`'));
        is_plain.then(|| Self {
            name: "!--".to_owned(),
            is_closing: false,
            length,
        })
    }
}

/// Where things stand in a paragraph that others refer to, first to last.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) parentheses: Vec<usize>,
    pub(super) brackets: Vec<usize>,
    pub(super) dollars: Vec<usize>,
    pub(super) opened: HashSet<String>,
    pub(super) closed: HashSet<String>,
}

impl Marks {
    pub(super) fn of(raw: &str, spans: &[Span]) -> Self {
        let mut marks = Self::default();
        let mut spans = spans.iter().peekable();
        let bytes = raw.as_bytes();
        let mut index = 0;
        while let Some(byte) = bytes.get(index) {
            if let Some(span) = spans.next_if(|span| span.start <= index) {
                index = span.end.max(index + 1);
                continue;
            }
            match (byte, bytes.get(index + 1)) {
                (b'\\', Some(next)) => {
                    match next {
                        b')' => marks.parentheses.push(index),
                        b']' => marks.brackets.push(index),
                        _ => {}
                    }
                    index += usize::from(next.is_ascii());
                }
                (b'$', _) => marks.dollars.push(index),
                (b'<', Some(_)) if raw.is_char_boundary(index) => {
                    if let Some(tag) = raw.get(index..).and_then(Tag::read) {
                        if tag.is_closing {
                            marks.closed.insert(tag.name);
                        } else {
                            marks.opened.insert(tag.name);
                        }
                    }
                }
                _ => {}
            }
            index += 1;
        }
        marks
    }
}

/// Returns the first of some places at or after another.
pub(super) fn next(places: &[usize], from: usize) -> Option<usize> {
    let index = places.partition_point(|place| *place < from);
    places.get(index).copied()
}

/// Writes a text in raised or lowered characters, where there are such for all of it.
pub(super) fn raised(text: &str, is_raised: bool) -> Option<String> {
    let [sup, sub] = RAISED;
    let (from, to) = if is_raised { sup } else { sub };
    text.chars()
        .map(|character| {
            let place = from.chars().position(|plain| plain == character)?;
            to.chars().nth(place)
        })
        .collect()
}
