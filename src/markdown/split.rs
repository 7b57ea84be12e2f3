//! A text longer than one post, as several.
//!
//! Each part is read as a post of its own, just as readers will: what is open where a part ends is closed there and opened
//! again in the next one. A cut depends on nothing after the runes that overflow, so that the parts already posted stay the same while
//! the text grows.

use unicode_segmentation::UnicodeSegmentation;

use super::blocks::{Blocks, Line, LineKind};
use super::fences::OpenFence;
use super::tables::Tables;

/// Which share of a part may be spent on repeating the beginning of a fence or the head of a table; what is longer is not repeated.
const REPEATED_SHARE: usize = 4;

/// Which share of a part should be full before it ends between blocks or list items.
const FILLED_SHARE: usize = 4;

/// How often a cut is moved back to make room for closing a fence.
const ATTEMPTS: usize = 8;

/// What of a text is in no part yet.
///
/// Splits between blocks where it can, else between lines, else between grapheme clusters. A fence is closed and opened again with its
/// language, and the head of a table is repeated, where they take little of a part. Blank lines at a cut go.
#[derive(Clone)]
pub(super) struct Remainder<'a> {
    text: &'a str,
    /// What the next part begins with.
    repeated: String,
    /// Whether it is the whole text still.
    is_whole: bool,
}

impl<'a> Remainder<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            text,
            repeated: String::new(),
            is_whole: true,
        }
    }

    /// Takes a part of at most so many runes, never blank, and what remains after it; `None` where nothing does.
    ///
    /// Takes time linear in what it takes, or in the limit.
    pub(super) fn part(&self, limit: usize) -> Option<(String, Self)> {
        let limit = limit.max(1);
        let mut remainder = self.clone();
        loop {
            if remainder.repeated.is_empty() && !(remainder.is_whole && fits(remainder.text, limit))
            {
                remainder.text = without_leading_blanks(remainder.text, limit);
            }
            if remainder.text.is_empty() {
                return None;
            }
            let window = Window::new(&remainder.repeated, remainder.text, limit);
            let part = window.part();
            remainder.text = remainder.text.get(part.taken..).unwrap_or_default();
            remainder.repeated = part.repeated;
            if !part.text.trim().is_empty() {
                remainder.is_whole = false;
                return Some((part.text, remainder));
            }
        }
    }
}

/// Counts the runes of a text, as Mattermost does.
pub(super) fn runes(text: &str) -> usize {
    text.chars().count()
}

fn fits(text: &str, limit: usize) -> bool {
    text.chars().nth(limit).is_none()
}

/// Returns where so many runes end.
fn offset(text: &str, runes: usize) -> usize {
    text.char_indices()
        .nth(runes)
        .map_or(text.len(), |(at, _)| at)
}

/// Skips blank lines, and white space that would fill a part.
fn without_leading_blanks(text: &str, limit: usize) -> &str {
    let content = text.trim_start();
    let blank = text.len() - content.len();
    let indented = text
        .get(..blank)
        .and_then(|blank| blank.rfind('\n'))
        .and_then(|at| text.get(at + 1..))
        .unwrap_or(text);
    if content.is_empty() || indented.len() - content.len() >= limit {
        content
    } else {
        indented
    }
}

/// A part, and how the next one goes on.
struct Part {
    text: String,
    /// Bytes of the text that are in it.
    taken: usize,
    /// What the next part begins with.
    repeated: String,
}

/// As much of the text as tells where the next part ends.
struct Window {
    text: String,
    /// Bytes at its beginning that were in the previous part already.
    repeated: usize,
    limit: usize,
    blocks: Blocks,
}

impl Window {
    fn new(repeated: &str, rest: &str, limit: usize) -> Self {
        let end = offset(rest, limit + 1);
        let text = format!("{repeated}{}", rest.get(..end).unwrap_or(rest));
        Self {
            repeated: repeated.len(),
            limit,
            blocks: Blocks::of(&text),
            text,
        }
    }

    fn part(&self) -> Part {
        let mut budget = self.limit;
        for _ in 0..ATTEMPTS {
            let cut = self.cut(budget);
            let part = self.ending_at(cut);
            let length = runes(&part.text);
            if length <= self.limit {
                return part;
            }
            budget = budget.min(runes(self.text.get(..cut).unwrap_or_default()));
            budget = budget.saturating_sub(length - self.limit).max(budget / 2);
        }
        // A fence whose marker alone nearly fills a part.
        let end = offset(&self.text, self.limit);
        let end = if end > self.repeated { end } else { 0 };
        Part {
            text: self.text.get(..end).unwrap_or_default().to_owned(),
            taken: end.saturating_sub(self.repeated),
            repeated: String::new(),
        }
    }

    /// Makes the part that ends at a place.
    fn ending_at(&self, cut: usize) -> Part {
        let raw = self.text.get(..cut).unwrap_or(&self.text);
        let blocks = Blocks::of(raw);
        let is_last = cut == self.text.len();
        // A fence also ends with the quote or list that holds it.
        let mut text = raw.strip_suffix('\n').unwrap_or(raw).to_owned();
        let repeated = match OpenFence::at_end(raw, &blocks) {
            Some(fence) => {
                text.push('\n');
                text.push_str(&fence.closing());
                fence
                    .opening(|opening| fits(opening, self.limit / REPEATED_SHARE))
                    .unwrap_or_default()
            }
            None if is_last => {
                raw.clone_into(&mut text);
                String::new()
            }
            None => {
                text.truncate(text.trim_end().len());
                // Without the blank line that ended its quote a fence is open again.
                let trimmed = Blocks::of(&text);
                if let Some(fence) = OpenFence::at_end(raw, &trimmed) {
                    text.push('\n');
                    text.push_str(&fence.closing());
                }
                self.table_head(&blocks, cut)
            }
        };
        Part {
            text,
            taken: cut - self.repeated,
            repeated: if is_last { String::new() } else { repeated },
        }
    }

    /// Returns the head of the table that is cut in two here.
    fn table_head(&self, blocks: &Blocks, cut: usize) -> String {
        let goes_on = self.text.get(cut..).is_some_and(|rest| {
            !rest.starts_with('\n') && rest.lines().next().is_some_and(|line| line.contains('|'))
        });
        let head = Tables::of(&self.text, blocks).head_at_end(blocks.lines.len());
        let head = head.filter(|_| goes_on).and_then(|head| {
            let first = blocks.lines.get(head)?;
            let delimiter = blocks.lines.get(head + 1)?;
            self.text.get(first.start..delimiter.end)
        });
        head.filter(|head| fits(head, self.limit / REPEATED_SHARE))
            .map(|head| format!("{head}\n"))
            .unwrap_or_default()
    }

    /// Finds where the next part ends, after at most so many runes.
    fn cut(&self, budget: usize) -> usize {
        if fits(&self.text, budget) {
            return self.text.len();
        }
        let end = offset(&self.text, budget);
        let filled = offset(&self.text, budget / FILLED_SHARE);
        let tables = Tables::of(&self.text, &self.blocks);
        let mut cuts = Cuts::default();
        let mut is_new = false;
        let mut heads = false;
        for (index, pair) in self.blocks.lines.windows(2).enumerate() {
            let [line, next] = pair else { continue };
            if line.end > end {
                break;
            }
            let content = self.text.get(line.content..line.end).unwrap_or_default();
            if line.kind != LineKind::Blank {
                heads = content.starts_with('#');
            }
            is_new |= line.end > self.repeated && !content.trim().is_empty();
            if !is_new || tables.hold_together(index) {
                continue;
            }
            cuts.line = Some(next.start);
            if is_between_blocks(line, next) && !heads {
                cuts.block = Some(next.start);
            }
            if next.items == 1 && next.item.is_some() {
                cuts.item = Some(next.start);
            }
        }
        cuts.best(filled)
            .unwrap_or_else(|| self.within_line(end, filled))
    }

    /// Finds where to cut a line that does not fit: after a word, else between grapheme clusters, else between runes.
    fn within_line(&self, end: usize, filled: usize) -> usize {
        let from = self.repeated;
        let rest = self.text.get(from..).unwrap_or_default();
        let mut word = None;
        let mut cluster = None;
        for (start, grapheme) in rest.grapheme_indices(true) {
            let after = from + start + grapheme.len();
            if after > end {
                break;
            }
            cluster = Some(after);
            if grapheme.trim().is_empty() && after > filled {
                word = Some(after);
            }
        }
        let first = rest.chars().next().map_or(0, char::len_utf8);
        word.or(cluster).unwrap_or_else(|| end.max(from + first))
    }
}

/// Whether a block ends with a line.
fn is_between_blocks(line: &Line, next: &Line) -> bool {
    let is_within_item = next.items > 0 && next.item.is_none_or(|_| next.items > 1);
    let ends = matches!(line.kind, LineKind::FenceClose(_) | LineKind::Blank);
    ends && !(is_within_item && line.items > 0)
}

/// Places where a part may end, the last of each kind.
#[derive(Default)]
struct Cuts {
    block: Option<usize>,
    item: Option<usize>,
    line: Option<usize>,
}

impl Cuts {
    /// Chooses the best that leaves the part filled: a heading alone would be a post, and be kept apart from what it heads.
    fn best(&self, filled: usize) -> Option<usize> {
        let is_filled = |cut: &usize| *cut >= filled;
        self.block
            .filter(is_filled)
            .or(self.item.filter(is_filled))
            .or(self.line.filter(is_filled))
    }
}

#[cfg(test)]
mod tests;
