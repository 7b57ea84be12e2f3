//! The block structure of a text, line by line: which lines are code, which paragraphs, what holds them.
//!
//! Follows the rules by which Mattermost's server reads a post (a subset of `CommonMark`: quotes, lists, indented and fenced code;
//! no HTML blocks, no headings, no tables; read in `server/public/shared/markdown`, 11.x), because what the server
//! takes for text can notify people. The web client agrees with it on everything well formed.

/// Containers inside each other that are recognised; deeper ones are text, as on the server.
const MAX_DEPTH: usize = 32;

/// One line of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// Where its content begins: after indentation and the markers of quotes and lists.
    pub(super) content: usize,
    /// Where it ends, before its line feed.
    pub(super) end: usize,
    /// What it is.
    pub(super) kind: LineKind,
    /// How many quotes hold it.
    pub(super) quotes: usize,
    /// How many list items hold it.
    pub(super) items: usize,
    /// The list item that begins here, the innermost where several do.
    pub(super) item: Option<ItemStart>,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    /// It holds only white space, or only markers.
    Blank,
    /// Text of the paragraph of this number.
    Text(usize),
    /// Opens the fence of this number.
    FenceOpen(usize),
    /// Code within the fence of this number.
    Code(usize),
    /// Closes the fence of this number.
    FenceClose(usize),
    /// Code by indentation.
    Indented,
}

/// The marker of a list item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ItemStart {
    /// Where the marker stands, in bytes.
    pub(super) marker: usize,
    /// Whether it is a number.
    pub(super) ordered: bool,
}

/// A fence of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    /// The number of its opening line.
    pub(super) line: usize,
    /// Where its marker begins and ends, in bytes.
    pub(super) marker: (usize, usize),
    /// Columns of indentation of its marker, within what holds it.
    pub(super) indentation: usize,
    /// Whether its closing line was seen.
    pub(super) closed: bool,
}

/// The lines of a text and the fences among them.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    pub(super) lines: Vec<Line>,
    pub(super) fences: Vec<Fence>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Document,
    Quote,
    List {
        ordered: bool,
        delimiter: u8,
    },
    Item {
        indentation: usize,
        has_children: bool,
    },
    Paragraph(usize),
    Fence(usize),
    Indented,
}

/// The rest of a line: its indentation in columns, and where what follows it begins.
#[derive(Clone, Copy)]
struct Rest {
    indentation: usize,
    position: usize,
    end: usize,
}

struct Scanner<'a> {
    text: &'a str,
    open: Vec<Block>,
    blocks: Blocks,
    paragraphs: usize,
    item: Option<ItemStart>,
}

impl Blocks {
    /// Reads the structure of a text, in time linear in its length.
    pub(super) fn of(text: &str) -> Self {
        let mut scanner = Scanner {
            text,
            open: vec![Block::Document],
            blocks: Self::default(),
            paragraphs: 0,
            item: None,
        };
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let next = start + line.len();
            let end = if line.ends_with('\n') { next - 1 } else { next };
            scanner.read(start, end);
            start = next;
        }
        scanner.blocks
    }
}

impl Scanner<'_> {
    fn read(&mut self, start: usize, end: usize) {
        self.item = None;
        let first = self.indentation(Rest {
            indentation: 0,
            position: start,
            end,
        });
        let (matched, rest) = self.continue_open(first);
        let (kind, content) = self.place(matched, rest);
        let count =
            |wanted: fn(&Block) -> bool| self.open.iter().filter(|block| wanted(block)).count();
        self.blocks.lines.push(Line {
            start,
            content,
            end,
            kind,
            quotes: count(|block| matches!(block, Block::Quote)),
            items: count(|block| matches!(block, Block::Item { .. })),
            item: self.item,
        });
    }

    /// Matches the line against the open blocks; returns the index of the last one that goes on.
    fn continue_open(&self, mut rest: Rest) -> (usize, Rest) {
        let mut matched = 0;
        for (index, block) in self.open.iter().enumerate() {
            let Some(next) = self.continuation(*block, rest) else {
                break;
            };
            rest = self.indentation(next);
            matched = index;
        }
        (matched, rest)
    }

    fn continuation(&self, block: Block, rest: Rest) -> Option<Rest> {
        let blank = self.is_blank(rest);
        let unindented = Rest {
            indentation: 0,
            ..rest
        };
        match block {
            Block::Quote => self.quote_continuation(rest),
            Block::List { .. } if blank => Some(unindented),
            Block::Document | Block::List { .. } => Some(rest),
            Block::Item { has_children, .. } if blank => has_children.then_some(unindented),
            Block::Item { indentation, .. } => {
                let left = rest.indentation.checked_sub(indentation)?;
                Some(Rest {
                    indentation: left,
                    ..rest
                })
            }
            Block::Paragraph(_) => (!blank).then_some(rest),
            Block::Fence(fence) => {
                let closed = self
                    .blocks
                    .fences
                    .get(fence)
                    .is_some_and(|fence| fence.closed);
                (!closed).then_some(rest)
            }
            Block::Indented if rest.indentation >= 4 => Some(Rest {
                indentation: rest.indentation - 4,
                ..rest
            }),
            Block::Indented => blank.then_some(unindented),
        }
    }

    fn quote_continuation(&self, rest: Rest) -> Option<Rest> {
        if rest.indentation > 3 || self.byte(rest.position, rest.end) != Some(b'>') {
            return None;
        }
        let after = self.indentation(Rest {
            indentation: 0,
            position: rest.position + 1,
            end: rest.end,
        });
        Some(Rest {
            indentation: after.indentation.saturating_sub(1),
            ..after
        })
    }

    /// Puts the line where it belongs; returns what it is and where its content begins.
    fn place(&mut self, matched: usize, rest: Rest) -> (LineKind, usize) {
        let last = self.open.get(matched).copied().unwrap_or(Block::Document);
        if !matches!(last, Block::Fence(_) | Block::Indented)
            && let Some((started, content)) = self.start_blocks(matched, rest)
        {
            let kind = self.attach(matched, started);
            return (kind, content);
        }
        let blank = self.is_blank(rest);
        if let Some(Block::Paragraph(number)) = self.open.last()
            && !blank
        {
            return (LineKind::Text(*number), rest.position);
        }
        self.open.truncate(matched + 1);
        match last {
            Block::Fence(fence) => (self.code_line(fence, rest), rest.position),
            Block::Indented => (LineKind::Indented, rest.position),
            _ if blank => (LineKind::Blank, rest.position),
            _ => {
                let paragraph = self.new_paragraph();
                (self.attach(matched, vec![paragraph]), rest.position)
            }
        }
    }

    fn new_paragraph(&mut self) -> Block {
        self.paragraphs += 1;
        Block::Paragraph(self.paragraphs)
    }

    /// Opens blocks under the innermost open container that takes them.
    fn attach(&mut self, matched: usize, started: Vec<Block>) -> LineKind {
        let kind = match started.last() {
            Some(Block::Paragraph(number)) => LineKind::Text(*number),
            Some(Block::Fence(fence)) => LineKind::FenceOpen(*fence),
            Some(Block::Indented) => LineKind::Indented,
            _ => LineKind::Blank,
        };
        let mut skip = 0;
        let mut index = matched;
        loop {
            match self.open.get_mut(index) {
                Some(Block::Item { has_children, .. }) => *has_children = true,
                Some(list @ Block::List { .. }) if started.first() == Some(&*list) => skip = 1,
                Some(Block::Document | Block::Quote) | None => {}
                Some(_) if index > 0 => {
                    index -= 1;
                    continue;
                }
                Some(_) => {}
            }
            break;
        }
        self.open.truncate(index + 1);
        self.open.extend(started.into_iter().skip(skip));
        kind
    }

    /// Reads the blocks that begin at this place, outermost first, and where the content after them begins.
    fn start_blocks(&mut self, matched: usize, mut rest: Rest) -> Option<(Vec<Block>, usize)> {
        let mut started = Vec::new();
        let last = self.open.get(matched).copied();
        let mut after_list = matches!(last, Some(Block::List { .. }));
        let in_paragraph =
            matched + 1 == self.open.len() && matches!(last, Some(Block::Paragraph(_)));
        let mut lazy = matches!(self.open.last(), Some(Block::Paragraph(_)));
        let mut interrupts = in_paragraph;
        let mut depth = matched + 1;
        loop {
            if let Some(inner) = self.quote_start(rest, depth) {
                started.push(Block::Quote);
                rest = inner;
            } else if let Some((list, item, inner)) =
                self.list_start(rest, depth, after_list, interrupts)
            {
                started.push(list);
                started.push(item);
                rest = inner;
            } else {
                let leaf = self.leaf_start(rest, lazy);
                if let Some(leaf) = leaf {
                    started.push(leaf);
                } else if started.is_empty() {
                    return None;
                } else if !self.is_blank(rest) {
                    let paragraph = self.new_paragraph();
                    started.push(paragraph);
                }
                break;
            }
            (after_list, interrupts, lazy) = (false, false, false);
            depth += 1;
        }
        Self::mark_children(&mut started);
        Some((started, rest.position))
    }

    fn mark_children(started: &mut [Block]) {
        let count = started.len();
        for block in started.iter_mut().take(count.saturating_sub(1)) {
            if let Block::Item { has_children, .. } = block {
                *has_children = true;
            }
        }
    }

    fn quote_start(&self, rest: Rest, depth: usize) -> Option<Rest> {
        if rest.indentation > 3
            || depth >= MAX_DEPTH
            || self.byte(rest.position, rest.end) != Some(b'>')
        {
            return None;
        }
        let space = usize::from(self.byte(rest.position + 1, rest.end) == Some(b' '));
        Some(self.indentation(Rest {
            indentation: 0,
            position: rest.position + 1 + space,
            end: rest.end,
        }))
    }

    fn list_start(
        &mut self,
        rest: Rest,
        depth: usize,
        after_list: bool,
        interrupts: bool,
    ) -> Option<(Block, Block, Rest)> {
        if (rest.indentation > 3 && !after_list) || depth >= MAX_DEPTH {
            return None;
        }
        let marker = ListMarker::read(self.bytes(rest))?;
        let after = self.indentation(Rest {
            indentation: 0,
            position: rest.position + marker.width,
            end: rest.end,
        });
        let blank = self.is_blank(after);
        if interrupts && (blank || (marker.ordered && marker.start != 1)) {
            return None;
        }
        if !blank && after.indentation < 1 {
            return None;
        }
        let consumed = if blank || after.indentation >= 5 {
            1
        } else {
            after.indentation
        };
        self.item = Some(ItemStart {
            marker: rest.position,
            ordered: marker.ordered,
        });
        let list = Block::List {
            ordered: marker.ordered,
            delimiter: marker.delimiter,
        };
        let item = Block::Item {
            indentation: rest.indentation + marker.width + consumed,
            has_children: false,
        };
        let inner = Rest {
            indentation: after.indentation.saturating_sub(consumed),
            ..after
        };
        Some((list, item, inner))
    }

    fn leaf_start(&mut self, rest: Rest, lazy: bool) -> Option<Block> {
        if rest.position >= rest.end {
            return None;
        }
        if rest.indentation >= 4 && !lazy && !self.is_blank(rest) {
            return Some(Block::Indented);
        }
        let length = fence_length(self.bytes(rest))?;
        self.blocks.fences.push(Fence {
            line: self.blocks.lines.len(),
            marker: (rest.position, rest.position + length),
            indentation: rest.indentation,
            closed: false,
        });
        Some(Block::Fence(self.blocks.fences.len() - 1))
    }

    fn code_line(&mut self, number: usize, rest: Rest) -> LineKind {
        let text = self.text;
        let line = self.text.get(rest.position..rest.end).unwrap_or_default();
        let Some(fence) = self.blocks.fences.get_mut(number) else {
            return LineKind::Code(number);
        };
        let marker = text.get(fence.marker.0..fence.marker.1).unwrap_or_default();
        let closes = rest.indentation <= 3
            && line.strip_prefix(marker).is_some_and(|suffix| {
                let character = marker.as_bytes().first();
                suffix.trim().bytes().all(|byte| Some(&byte) == character)
            });
        if closes {
            fence.closed = true;
            LineKind::FenceClose(number)
        } else {
            LineKind::Code(number)
        }
    }

    /// Adds the indentation found at the position to the one known, and steps over it.
    fn indentation(&self, rest: Rest) -> Rest {
        let mut indentation = rest.indentation;
        let mut position = rest.position;
        while let Some(byte) = self.byte(position, rest.end) {
            match byte {
                b' ' => indentation += 1,
                b'\t' => indentation += 4,
                _ => break,
            }
            position += 1;
        }
        Rest {
            indentation,
            position,
            end: rest.end,
        }
    }

    fn bytes(&self, rest: Rest) -> &[u8] {
        self.text
            .as_bytes()
            .get(rest.position..rest.end)
            .unwrap_or_default()
    }

    fn byte(&self, position: usize, end: usize) -> Option<u8> {
        if position < end {
            self.text.as_bytes().get(position).copied()
        } else {
            None
        }
    }

    fn is_blank(&self, rest: Rest) -> bool {
        self.text
            .get(rest.position..rest.end)
            .is_none_or(|left| left.trim_start().is_empty())
    }
}

struct ListMarker {
    ordered: bool,
    start: u32,
    delimiter: u8,
    width: usize,
}

impl ListMarker {
    /// Reads `-`, `+`, `*`, `1.` or `1)` at the beginning of the rest of a line.
    fn read(rest: &[u8]) -> Option<Self> {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            let delimiter = *rest.first()?;
            return matches!(delimiter, b'-' | b'+' | b'*').then_some(Self {
                ordered: false,
                start: 0,
                delimiter,
                width: 1,
            });
        }
        let delimiter = *rest.get(digits)?;
        if digits > 9 || !matches!(delimiter, b'.' | b')') {
            return None;
        }
        let start = rest
            .iter()
            .take(digits)
            .fold(0, |number, byte| number * 10 + u32::from(byte - b'0'));
        Some(Self {
            ordered: true,
            start,
            delimiter,
            width: digits + 1,
        })
    }
}

/// Returns the length of the fence marker that a line begins with, where it opens a fence.
fn fence_length(line: &[u8]) -> Option<usize> {
    let character = *line.first()?;
    if !matches!(character, b'`' | b'~') {
        return None;
    }
    let length = line.iter().take_while(|byte| **byte == character).count();
    let info = line.get(length..)?;
    (length >= 3 && !info.contains(&b'`')).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> String {
        Blocks::of(text)
            .lines
            .iter()
            .map(|line| match line.kind {
                LineKind::Blank => '.',
                LineKind::Text(_) => 't',
                LineKind::FenceOpen(_) => 'o',
                LineKind::Code(_) => 'c',
                LineKind::FenceClose(_) => 'x',
                LineKind::Indented => 'i',
            })
            .collect()
    }

    #[test]
    fn lines_are_told_apart_as_the_server_does() {
        let table = [
            ("", ""),
            ("a\nb\n\nc", "tt.t"),
            ("```\nx\n```\ny", "ocxt"),
            ("```\nx", "oc"),
            ("~~~ rust\n```\n~~~", "ocx"),
            ("```a`b\nx", "tt"),
            ("````\n```\n`````", "ocx"),
            ("```\n    ```\n```", "ocx"),
            ("1. a\n   ```\n   x\n   ```\nb", "tocxt"),
            ("- ```\n  x\n- y", "oct"),
            ("> ```\n> x\n> ```\n@", "ocxt"),
            ("> ```\nx", "ot"),
            ("    x\n\n    y\nz", "iiit"),
            ("a\n    b", "tt"),
            ("<div>\n```\nx\n\n```\ny", "toccxt"),
            ("- a\nlazy\n\nb", "tt.t"),
            ("-\n\n  a", "..t"),
        ];
        for (text, expected) in table {
            assert_eq!(kinds(text), expected, "{text:?}");
        }
    }

    #[test]
    fn list_items_are_found_with_their_kind() {
        let blocks = Blocks::of("- a\n  1. b\n  c");
        let items: Vec<Option<bool>> = blocks
            .lines
            .iter()
            .map(|line| line.item.map(|item| item.ordered))
            .collect();
        assert_eq!(items, [Some(false), Some(true), None]);
        let depths: Vec<usize> = blocks.lines.iter().map(|line| line.items).collect();
        assert_eq!(depths, [1, 2, 2]);
    }

    #[test]
    fn containers_beyond_the_depth_are_text() {
        let deep = "> ".repeat(10_000);
        let blocks = Blocks::of(&deep);
        assert!(blocks.lines.iter().all(|line| line.quotes < MAX_DEPTH));
    }
}
