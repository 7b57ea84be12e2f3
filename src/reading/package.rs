//! ZIP archives that are documents: DOCX, PPTX, HWPX and spreadsheets, told apart by the parts they have.

use std::fmt::Write as _;
use std::io::{BufReader, Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

use super::gathered::Gathered;
use super::outcome::{Read, Unreadable};
use super::{sheets, xml};

/// The most bytes that one part may unpack to. A novel is 2 MB of text, and 20 MB of Word's XML.
const MOST_PART_BYTES: u64 = 64 << 20;

/// The most bytes that an archive may say it unpacks to where a library reads it whole.
pub(super) const MOST_UNPACKED_BYTES: u128 = 256 << 20;

/// The parts of a Word document that hold text, in the order they are read; only the first must be there.
const WORD_PARTS: &[&str] = &[
    "word/document.xml",
    "word/footnotes.xml",
    "word/endnotes.xml",
];

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Reads the document that an archive is.
///
/// # Errors
/// `Unsupported` where it is another kind of archive; `TooLarge` where a part unpacks to too much; `Encrypted` and `Broken` as they say.
pub(super) fn read(bytes: &[u8], limit_bytes: usize) -> Result<Read, Unreadable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| why(&error))?;
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("word/document.xml") {
        return word(&mut archive, limit_bytes);
    }
    if has("ppt/presentation.xml") {
        return numbered(&mut archive, &SLIDES, limit_bytes);
    }
    if has("Contents/section0.xml") {
        return numbered(&mut archive, &SECTIONS, limit_bytes);
    }
    if archive
        .decompressed_size()
        .is_some_and(|size| size > MOST_UNPACKED_BYTES)
    {
        return Err(Unreadable::TooLarge);
    }
    if has("xl/workbook.xml") {
        return sheets::read_xlsx(bytes, limit_bytes);
    }
    if has("xl/workbook.bin") {
        return sheets::read_xlsb(bytes, limit_bytes);
    }
    if is_open_document_spreadsheet(&mut archive) {
        return sheets::read_ods(bytes, limit_bytes);
    }
    Err(Unreadable::Unsupported)
}

fn why(error: &ZipError) -> Unreadable {
    match error {
        ZipError::InvalidPassword | ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            Unreadable::Encrypted
        }
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            Unreadable::Unsupported
        }
        // The library's enum, and it will grow.
        _ => Unreadable::Broken,
    }
}

fn word(archive: &mut Archive<'_>, limit_bytes: usize) -> Result<Read, Unreadable> {
    let mut gathered = Gathered::up_to(limit_bytes);
    for name in WORD_PARTS {
        if archive.index_for_name(name).is_some() && !gathered.is_full() {
            part(archive, name, &mut gathered)?;
        }
    }
    Ok(gathered.into_read(None))
}

/// Parts that are numbered, as the slides of a presentation.
struct Numbered {
    before: &'static str,
    /// What stands above each; nothing where they are no pages.
    title: Option<&'static str>,
}

const SLIDES: Numbered = Numbered {
    before: "ppt/slides/slide",
    title: Some("Slide"),
};

/// The sections of a HWPX document (KS X 6101), which are no pages.
const SECTIONS: Numbered = Numbered {
    before: "Contents/section",
    title: None,
};

/// Reads numbered parts in the order of their numbers: for slides the order in which they were made, and mostly that in which they are
/// shown. The other stands in two more parts, which is more to go wrong than it is worth.
fn numbered(
    archive: &mut Archive<'_>,
    kind: &Numbered,
    limit_bytes: usize,
) -> Result<Read, Unreadable> {
    let mut gathered = Gathered::up_to(limit_bytes);
    let numbers = numbers(archive, kind.before);
    for (position, number) in numbers.iter().enumerate() {
        if let Some(title) = kind.title {
            let space = if position == 0 { "" } else { "\n" };
            // Where it is full already, the check below sees it.
            write!(gathered, "{space}# {title} {}\n\n", position + 1).ok();
        }
        if gathered.is_full() {
            break;
        }
        part(
            archive,
            &format!("{}{number}.xml", kind.before),
            &mut gathered,
        )?;
    }
    let pages = kind.title.and_then(|_| u32::try_from(numbers.len()).ok());
    Ok(gathered.into_read(pages))
}

fn numbers(archive: &Archive<'_>, before: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = archive
        .file_names()
        .filter_map(Result::ok)
        .filter_map(|name| {
            name.strip_prefix(before)?
                .strip_suffix(".xml")?
                .parse()
                .ok()
        })
        .collect();
    numbers.sort_unstable();
    numbers
}

/// Reads one part's text. What is full stops early; that is seen by the next who asks.
fn part(archive: &mut Archive<'_>, name: &str, gathered: &mut Gathered) -> Result<(), Unreadable> {
    let part = archive.by_name(name).map_err(|error| why(&error))?;
    // One byte more than is allowed, so that reaching it says that there was more.
    let mut limited = part.take(MOST_PART_BYTES + 1);
    let read = xml::read(BufReader::new(&mut limited), gathered);
    if limited.limit() == 0 {
        return Err(Unreadable::TooLarge);
    }
    read
}

fn is_open_document_spreadsheet(archive: &mut Archive<'_>) -> bool {
    let mut said = String::new();
    let Ok(part) = archive.by_name("mimetype") else {
        return false;
    };
    let read = part.take(100).read_to_string(&mut said);
    read.is_ok() && said.trim() == "application/vnd.oasis.opendocument.spreadsheet"
}
