//! What kind of file it is: what it begins with says so first, and its name second.

use image::ImageFormat;

use super::outcome::Unreadable;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Perhaps text: whether it is shows when it is decoded.
    Plain,
    Pdf,
    /// A ZIP archive: what kind of document, its parts say.
    Package,
    /// A compound file of OLE: the older Office formats, and encrypted newer ones.
    Compound,
    Picture(ImageFormat),
}

/// What files of a kind begin with.
const SIGNATURES: &[(&[u8], Kind)] = &[
    (b"%PDF-", Kind::Pdf),
    (b"PK\x03\x04", Kind::Package),
    (b"PK\x05\x06", Kind::Package),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Kind::Compound),
    (b"\x89PNG\r\n\x1a\n", Kind::Picture(ImageFormat::Png)),
    (b"\xFF\xD8\xFF", Kind::Picture(ImageFormat::Jpeg)),
    (b"GIF87a", Kind::Picture(ImageFormat::Gif)),
    (b"GIF89a", Kind::Picture(ImageFormat::Gif)),
];

/// Names that promise one of the signatures above.
const ENDINGS_WITH_SIGNATURE: &[&str] = &[
    "pdf", "docx", "docm", "pptx", "pptm", "xlsx", "xlsm", "xlsb", "xls", "ods", "hwpx", "png",
    "jpg", "jpeg", "gif", "webp",
];

/// How far into a file readers of PDF look for its beginning, as Adobe's does (PDF 1.7 reference, appendix H, note 13).
const PDF_BEGINS_WITHIN: usize = 1_024;

/// Decides how a file is read.
///
/// # Errors
/// `Broken` where it is empty, or its name promises what it does not begin with; `Unsupported` for RTF, which is text only in name.
pub(super) fn of(name: &str, bytes: &[u8]) -> Result<Kind, Unreadable> {
    if bytes.is_empty() {
        return Err(Unreadable::Broken);
    }
    let signed = SIGNATURES.iter().find(|(sign, _)| bytes.starts_with(sign));
    if let Some((_, kind)) = signed {
        return Ok(*kind);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(Kind::Picture(ImageFormat::WebP));
    }
    if bytes.starts_with(b"{\\rtf") {
        return Err(Unreadable::Unsupported);
    }
    let ending = ending(name);
    if ending == "pdf" && holds_early(bytes, b"%PDF-") {
        return Ok(Kind::Pdf);
    }
    if ENDINGS_WITH_SIGNATURE.contains(&ending.as_str()) {
        return Err(Unreadable::Broken);
    }
    Ok(Kind::Plain)
}

/// Returns what follows the last full stop of a name, in small letters; nothing where there is none.
pub(super) fn ending(name: &str) -> String {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ending.to_ascii_lowercase()
}

fn holds_early(bytes: &[u8], sign: &[u8]) -> bool {
    let beginning = bytes.get(..PDF_BEGINS_WITHIN).unwrap_or(bytes);
    beginning.windows(sign.len()).any(|window| window == sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_begins_with_comes_before_its_name() {
        for (name, bytes, kind) in [
            ("a.txt", b"%PDF-1.7".as_slice(), Kind::Pdf),
            ("a.pdf", b"junk\n%PDF-1.4", Kind::Pdf),
            ("a.txt", b"junk\n%PDF-1.4", Kind::Plain),
            (
                "a.png",
                b"\xFF\xD8\xFF\xE0",
                Kind::Picture(ImageFormat::Jpeg),
            ),
            ("a.doc", b"PK\x03\x04", Kind::Package),
            (
                "a",
                b"RIFF\0\0\0\0WEBPVP8 ",
                Kind::Picture(ImageFormat::WebP),
            ),
            ("Makefile", b"all:\n", Kind::Plain),
        ] {
            assert_eq!(of(name, bytes).unwrap(), kind, "{name}");
        }
    }

    #[test]
    fn a_name_that_promises_what_is_not_there_is_a_damaged_file() {
        for name in ["a.PDF", "a.docx", "a.xls", "a.webp"] {
            let kind = of(name, b"just words");
            assert!(matches!(kind, Err(Unreadable::Broken)), "{name}");
        }
        assert!(matches!(of("a.txt", b""), Err(Unreadable::Broken)));
        assert!(matches!(
            of("a.rtf", b"{\\rtf1"),
            Err(Unreadable::Unsupported)
        ));
    }
}
