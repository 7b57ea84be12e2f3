//! PDF: its text, page by page.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_extract::{Document, Error, OutputError, PlainTextOutput, output_doc_page};

use super::gathered::Gathered;
use super::outcome::{Read, Unreadable};
use super::pdf_fonts;

/// Reads the text of a PDF. A page that cannot be read, or has the library panic, is left out, and so are
/// characters of which only the shape is known; then the text is not whole.
///
/// A document that only restricts what may be done with it (an empty user password) is read like any other.
///
/// # Errors
/// `Encrypted` where it wants a password, `Broken` where it cannot be opened, has no pages, or none of them can be read.
pub(super) fn read(bytes: &[u8], limit_bytes: usize) -> Result<Read, Unreadable> {
    let document = open(bytes)?;
    let pages = document.get_pages();
    let mut gathered = Gathered::up_to(limit_bytes);
    if !pdf_fonts::are_legible(&document) {
        gathered.miss();
    }
    let mut were_read = 0;
    for number in pages.keys().copied() {
        if were_read > 0 && gathered.write_str("\n\n").is_err() {
            break;
        }
        match page(&document, number, &mut gathered) {
            Ok(()) => were_read += 1,
            Err(_) if gathered.is_full() => {
                were_read += 1;
                break;
            }
            Err(_) => gathered.miss(),
        }
    }
    if were_read == 0 {
        return Err(Unreadable::Broken);
    }
    Ok(gathered.into_read(u32::try_from(pages.len()).ok()))
}

fn open(bytes: &[u8]) -> Result<Document, Unreadable> {
    let mut document = Document::load_mem(bytes).map_err(|error| why(&error))?;
    // The library decrypts what an empty password opens and takes the mark away; of the rest it returns an empty document.
    if document.trailer.has(b"Encrypt") {
        return Err(Unreadable::Encrypted);
    }
    pdf_fonts::spell_out(&mut document);
    Ok(document)
}

fn why(error: &Error) -> Unreadable {
    match error {
        Error::InvalidPassword | Error::Decryption(_) | Error::UnsupportedSecurityHandler(_) => {
            Unreadable::Encrypted
        }
        // The library's enum, and it will grow.
        _ => Unreadable::Broken,
    }
}

fn page(document: &Document, number: u32, gathered: &mut Gathered) -> Result<(), OutputError> {
    let mut output = PlainTextOutput::new(gathered);
    // The library unwraps what it finds. What is shared across is text, of which any prefix is well-formed.
    catch_unwind(AssertUnwindSafe(|| {
        output_doc_page(document, &mut output, number)
    }))
    .unwrap_or(Err(OutputError::FormatError(std::fmt::Error)))
}
