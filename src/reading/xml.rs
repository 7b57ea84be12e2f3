//! The text of the XML of DOCX, PPTX and HWPX, which name their elements alike: `p` holds runs of `t`, `tbl` rows of `tr` with `tc`.

use std::fmt::Write as _;
use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use super::gathered::Gathered;
use super::outcome::Unreadable;

/// How deep elements may be in one another. A table within a table within a text box is some fifty deep.
pub(super) const MOST_DEEP: usize = 1_000;

/// Writes the text of a document's part, with a line for each paragraph and row, and tabs between cells.
///
/// It ends early where `gathered` is full. Entities that a document defines itself are left out, so none can grow.
///
/// # Errors
/// `Broken` where it is not well-formed, or too deep.
pub(super) fn read(source: impl BufRead, gathered: &mut Gathered) -> Result<(), Unreadable> {
    let mut reader = Reader::from_reader(source);
    let mut flow = Flow::into(gathered);
    let mut buffer = Vec::new();
    loop {
        let event = reader.read_event_into(&mut buffer);
        let written = match event.map_err(|_| Unreadable::Broken)? {
            Event::Start(start) => flow.begin(start.local_name().into_inner())?,
            Event::Empty(empty) => flow.stand(empty.local_name().into_inner()),
            Event::End(end) => flow.end(end.local_name().into_inner()),
            Event::Text(text) => flow.text(&text.xml10_content()),
            Event::CData(text) => flow.text(&text.xml10_content()),
            Event::GeneralRef(reference) => flow.text(&meant(&reference)),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => Ok(()),
        };
        if written.is_err() {
            return Ok(());
        }
        buffer.clear();
    }
    if flow.depth == 0 {
        Ok(())
    } else {
        Err(Unreadable::Broken)
    }
}

/// Returns what a reference stands for: a character by number, one of XML's own five, or nothing.
fn meant(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name = reference.xml10_content();
    let meant = quick_xml::escape::resolve_predefined_entity(&name);
    meant.unwrap_or_default().to_owned()
}

/// Where in a document's flow the reader is.
struct Flow<'a> {
    gathered: &'a mut Gathered,
    depth: usize,
    /// Within how many `t`.
    texts: usize,
    /// The depth of the element that is left out with all that is in it.
    left_out_from: Option<usize>,
    /// Within how many tables.
    tables: usize,
    cells_of_row: usize,
    cell_has_text: bool,
}

impl<'a> Flow<'a> {
    fn into(gathered: &'a mut Gathered) -> Self {
        Self {
            gathered,
            depth: 0,
            texts: 0,
            left_out_from: None,
            tables: 0,
            cells_of_row: 0,
            cell_has_text: false,
        }
    }

    fn begin(&mut self, name: &str) -> Result<std::fmt::Result, Unreadable> {
        self.depth += 1;
        if self.depth > MOST_DEEP {
            return Err(Unreadable::Broken);
        }
        if self.left_out_from.is_some() {
            return Ok(Ok(()));
        }
        match name {
            // Stops of tabs are named like tabs; a fallback repeats what stands before it for older programs.
            "pPr" | "Fallback" => self.left_out_from = Some(self.depth),
            "t" => self.texts += 1,
            "tbl" => self.tables += 1,
            "tr" => self.cells_of_row = 0,
            "tc" => return Ok(self.begin_cell()),
            "p" if self.tables > 0 && self.cell_has_text => {
                self.cell_has_text = false;
                return Ok(self.gathered.write_char(' '));
            }
            // Its line ends with it.
            "p" => {}
            _ => return Ok(self.stand(name)),
        }
        Ok(Ok(()))
    }

    fn begin_cell(&mut self) -> std::fmt::Result {
        self.cells_of_row += 1;
        self.cell_has_text = false;
        if self.cells_of_row > 1 {
            return self.gathered.write_char('\t');
        }
        Ok(())
    }

    /// Writes what an element without text stands for.
    fn stand(&mut self, name: &str) -> std::fmt::Result {
        if self.left_out_from.is_some() {
            return Ok(());
        }
        match name {
            "tab" => self.gathered.write_char('\t'),
            "br" | "cr" | "lineBreak" if self.tables > 0 => self.gathered.write_char(' '),
            "br" | "cr" | "lineBreak" => self.gathered.write_char('\n'),
            "p" => self.end_paragraph(),
            _ => Ok(()),
        }
    }

    fn end(&mut self, name: &str) -> std::fmt::Result {
        let depth = self.depth;
        // The reader has checked that what ends has begun.
        self.depth = depth.saturating_sub(1);
        if let Some(from) = self.left_out_from {
            if from == depth {
                self.left_out_from = None;
            }
            return Ok(());
        }
        match name {
            "t" => self.texts = self.texts.saturating_sub(1),
            "tbl" => self.tables = self.tables.saturating_sub(1),
            "tr" => return self.gathered.write_char('\n'),
            "p" => return self.end_paragraph(),
            _ => {}
        }
        Ok(())
    }

    fn end_paragraph(&mut self) -> std::fmt::Result {
        if self.tables > 0 {
            return Ok(());
        }
        self.gathered.write_char('\n')
    }

    fn text(&mut self, text: &str) -> std::fmt::Result {
        if self.texts == 0 || self.left_out_from.is_some() {
            return Ok(());
        }
        self.cell_has_text = self.tables > 0;
        self.gathered.write_str(text)
    }
}
