//! Text that is text: UTF-8, UTF-16 that says so, and the Korean encoding of before.

use std::borrow::Cow;
use std::fmt::Write as _;

use encoding_rs::{EUC_KR, Encoding, UTF_8};

use super::gathered::Gathered;
use super::outcome::{Read, Unreadable};

/// Decodes a text.
///
/// What is valid UTF-8 is that; what is not, and begins with no mark, is tried as the WHATWG's EUC-KR, which is Windows code page 949.
/// Valid Korean in that encoding is practically never valid UTF-8.
///
/// # Errors
/// `Unsupported` where it is no text in any of them, or holds NUL, as no text does.
pub(super) fn read(bytes: &[u8], limit_bytes: usize) -> Result<Read, Unreadable> {
    let text = decoded(bytes).ok_or(Unreadable::Unsupported)?;
    if text.contains('\0') {
        return Err(Unreadable::Unsupported);
    }
    let mut gathered = Gathered::up_to(limit_bytes);
    for line in text.split_inclusive('\n') {
        let written = match line.strip_suffix("\r\n") {
            Some(line) => writeln!(gathered, "{line}"),
            None => gathered.write_str(line),
        };
        if written.is_err() {
            break;
        }
    }
    Ok(gathered.into_read(None))
}

fn decoded(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling_and_without_replacement(bytes.get(mark..)?);
    }
    [UTF_8, EUC_KR]
        .into_iter()
        .find_map(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "안녕하세요, world\n둘째 줄";

    fn utf16(mark: [u8; 2], to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = WORDS.encode_utf16().flat_map(to_bytes);
        mark.into_iter().chain(units).collect()
    }

    #[test]
    fn the_encodings_that_korean_text_comes_in_are_read() {
        let (cp949, _, _) = EUC_KR.encode(WORDS);
        for bytes in [
            WORDS.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", WORDS.as_bytes()].concat(),
            WORDS.replace('\n', "\r\n").into_bytes(),
            utf16([0xFF, 0xFE], u16::to_le_bytes),
            utf16([0xFE, 0xFF], u16::to_be_bytes),
            cp949.into_owned(),
        ] {
            let read = read(&bytes, 1_000).unwrap();
            let text = WORDS.to_owned();
            let whole = Read::Text {
                text,
                is_whole: true,
                pages: None,
            };
            assert_eq!(read, whole, "{bytes:?}");
        }
    }

    #[test]
    fn words_that_only_code_page_949_has_are_read() {
        // 똠방각하 begins with a syllable that KS X 1001, and so EUC-KR proper, lacks.
        let read = read(b"\x8C\x63\xB9\xE6\xB0\xA2\xC7\xCF", 100).unwrap();
        assert!(matches!(read, Read::Text { text, .. } if text == "똠방각하"));
    }

    #[test]
    fn what_is_no_text_is_not_read() {
        for bytes in [
            b"a\0b".as_slice(),
            b"\x7FELF\x02\x01\x01\0",
            b"\xFF\xFF\xFF",
        ] {
            assert!(matches!(read(bytes, 100), Err(Unreadable::Unsupported)));
        }
    }

    #[test]
    fn a_text_over_the_limit_says_that_it_is_cut() {
        let read = read("한글".as_bytes(), 5).unwrap();
        let cut = Read::Text {
            text: "한".to_owned(),
            is_whole: false,
            pages: None,
        };
        assert_eq!(read, cut);
    }
}
