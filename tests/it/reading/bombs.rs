//! Files that were made to do harm.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use askwell::clock::SystemClock;
use askwell::reading::{self, Limits, MOST_BYTES, Read, Unreadable};

use super::files::{archive, docx, pdf, stream, xlsx};
use super::{LIMITS, read, reader_with, whole_text};

#[tokio::test]
async fn a_file_is_read_up_to_the_limit_and_not_over_it() {
    let mut bytes = vec![b'a'; MOST_BYTES];
    let cut = read("a.txt", &bytes).await;
    assert!(matches!(
        cut,
        Ok(Read::Text {
            is_whole: false,
            ..
        })
    ));
    bytes.push(b'a');
    let over = read("a.txt", &bytes).await;
    assert!(matches!(over, Err(Unreadable::TooLarge)));
}

#[tokio::test]
async fn a_zip_bomb_is_too_large() {
    let spaces = " ".repeat(65 << 20);
    let read = read("a.docx", &docx(&spaces)).await;
    assert!(matches!(read, Err(Unreadable::TooLarge)), "{read:?}");
}

#[tokio::test]
async fn a_workbook_that_unpacks_to_too_much_is_too_large() {
    let part = vec![b' '; 65 << 20];
    let names = ["xl/a.xml", "xl/b.xml", "xl/c.xml", "xl/d.xml"];
    let mut parts: Vec<(&str, &[u8])> = vec![("xl/workbook.xml", b"<workbook/>")];
    parts.extend(names.map(|name| (name, part.as_slice())));
    let read = read("a.xlsx", &archive(&parts)).await;
    assert!(matches!(read, Err(Unreadable::TooLarge)), "{read:?}");
}

#[tokio::test]
async fn a_workbook_of_two_cells_far_apart_takes_no_more_memory_than_it_may() {
    let rows = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>\
        <row r=\"1048576\"><c r=\"XFD1048576\"><v>2</v></c></row>";
    let read = read("a.xlsx", &xlsx("far", rows)).await;
    assert!(matches!(read, Err(Unreadable::TooMuchMemory)), "{read:?}");
}

#[tokio::test]
async fn xml_is_read_as_deep_as_it_may_be_and_not_deeper() {
    let nested = |depth: usize| {
        let (open, close) = ("<w:x>".repeat(depth), "</w:x>".repeat(depth));
        docx(&format!("{open}<w:p><w:t>deep</w:t></w:p>{close}"))
    };
    // Beside these there are the document, its body, the paragraph and the text.
    assert_eq!(whole_text("a.docx", &nested(996)).await.0, "deep\n");
    for depth in [997, 1_000_000] {
        let read = read("a.docx", &nested(depth)).await;
        assert!(matches!(read, Err(Unreadable::Broken)), "{depth}: {read:?}");
    }
}

#[tokio::test]
async fn entities_that_a_document_defines_do_not_grow() {
    let document = "<!DOCTYPE w [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]>\
        <w:document><w:p><w:t>x&b;y</w:t></w:p></w:document>";
    let file = archive(&[("word/document.xml", document.as_bytes())]);
    assert_eq!(whole_text("a.docx", &file).await.0, "xy\n");
}

/// The beginning of a PNG that says to be this large, with no more of it.
fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut head = b"IHDR".to_vec();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0D".to_vec();
    file.extend(&head);
    file.extend(checksum(&head).to_be_bytes());
    file.extend(b"\0\0\0\x01IDAT\x78");
    file.extend(checksum(b"IDAT\x78").to_be_bytes());
    file
}

/// CRC-32 as PNG has it.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

#[tokio::test]
async fn a_picture_of_too_many_pixels_is_too_large_before_one_is_decoded() {
    let read_of = async |width, height| read("a.png", &png_of(width, height)).await;
    assert!(matches!(
        read_of(50_000, 50_000).await,
        Err(Unreadable::TooLarge)
    ));
    assert!(matches!(
        read_of(52_001, 1_000).await,
        Err(Unreadable::TooLarge)
    ));
    // Of so many it is tried, and found that there are none.
    assert!(matches!(
        read_of(52_000, 1_000).await,
        Err(Unreadable::Broken)
    ));
}

#[tokio::test]
async fn a_pdf_whose_pages_are_their_own_parents_is_broken() {
    let file = pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 /Parent 2 0 R >>",
            "<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>",
            &stream("BT ET"),
        ],
        "",
    );
    let read = read("a.pdf", &file).await;
    assert!(matches!(read, Err(Unreadable::Broken)), "{read:?}");
}

#[tokio::test]
async fn a_pdf_whose_pages_hold_themselves_ends() {
    let file = pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000 >>",
        ],
        "",
    );
    let read = read("a.pdf", &file).await;
    assert!(matches!(read, Err(Unreadable::Broken)), "{read:?}");
}

#[tokio::test]
async fn a_pdf_that_draws_itself_within_itself_ends() {
    let form = "<< /Type /XObject /Subtype /Form /BBox [0 0 1 1] \
        /Resources << /XObject << /F 4 0 R >> >> /Length 5 >>\nstream\n/F Do\nendstream";
    let file = pdf(
        &[
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 5 0 R \
             /Resources << /XObject << /F 4 0 R >> >> >>",
            form,
            &stream("/F Do"),
        ],
        "",
    );
    let read = read("a.pdf", &file).await;
    assert!(matches!(read, Err(Unreadable::Broken)), "{read:?}");
}

/// A PDF of forms, each of which draws the next one twice, and the last nothing: 2^40 drawings.
fn pdf_without_end() -> Vec<u8> {
    let form = |next: usize| {
        format!(
            "<< /Type /XObject /Subtype /Form /BBox [0 0 1 1] \
             /Resources << /XObject << /F {next} 0 R >> >> /Length 11 >>\nstream\n/F Do /F Do\nendstream"
        )
    };
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R \
         /Resources << /XObject << /F 5 0 R >> >> >>"
            .to_owned(),
        stream("/F Do"),
    ];
    objects.extend((0..40).map(|position| form(position + 6)));
    objects.push(
        "<< /Type /XObject /Subtype /Form /BBox [0 0 1 1] /Length 0 >>\nstream\n\nendstream"
            .to_owned(),
    );
    let objects: Vec<_> = objects.iter().map(String::as_str).collect();
    pdf(&objects, "")
}

#[tokio::test]
async fn a_pdf_without_end_is_too_slow() {
    let limits = Limits {
        cpu: Duration::from_secs(1),
        ..LIMITS
    };
    let clock = Arc::new(SystemClock::start());
    let reader = reader_with(env!("CARGO_BIN_EXE_askwell"), clock, limits);
    let read = reading::read(&reader, "a.pdf", &pdf_without_end()).await;
    assert!(matches!(read, Err(Unreadable::TooSlow)), "{read:?}");
}

#[tokio::test]
async fn a_pdf_nested_too_deep_ends() {
    let deep = "[".repeat(1_000_000);
    let file = pdf(&["<< /Type /Catalog /Pages 2 0 R >>", &deep], "");
    let read = read("a.pdf", &file).await;
    assert!(matches!(read, Err(Unreadable::Broken)), "{read:?}");
}

#[tokio::test]
async fn what_is_empty_or_cut_off_or_not_what_it_is_called_is_broken() {
    let mut cut = docx("<w:p/>");
    cut.truncate(60);
    let mut picture = png_of(10, 10);
    picture.write_all(b"junk").unwrap();
    for (name, bytes) in [
        ("a.txt", Vec::new()),
        ("a.docx", b"words".to_vec()),
        ("a.pdf", b"%PDF-1.7".to_vec()),
        ("a.docx", cut),
        ("a.png", picture),
        ("a.docx", docx("<w:p><w:t>no end")),
    ] {
        let read = read(name, &bytes).await;
        assert!(matches!(read, Err(Unreadable::Broken)), "{name}: {read:?}");
    }
}

#[tokio::test]
async fn what_is_no_document_is_not_supported() {
    let mut old = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    old.resize(1_536, 0);
    for (name, bytes) in [
        ("a.zip", archive(&[("a.txt", b"words")])),
        ("a.doc", old),
        ("a.exe", b"MZ\x90\0\x03\0\0\0".to_vec()),
    ] {
        let read = read(name, &bytes).await;
        assert!(
            matches!(read, Err(Unreadable::Unsupported)),
            "{name}: {read:?}"
        );
    }
}
