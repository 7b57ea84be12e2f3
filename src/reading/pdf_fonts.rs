//! Fonts of PDF whose encoding is only named, as older Korean documents do it, spelt out for a library that knows no names.
//!
//! pdf-extract knows the encoding `Identity-H`, and panics on every other name. The names here say what the characters are (PDF 1.7 reference,
//! table 5.15), so the mapping they stand for is written into the document before it is read. Other countries' older names are not known.

use std::fmt::Write as _;

use encoding_rs::EUC_KR;
use pdf_extract::{Dictionary, Document, Object, ObjectId, Stream};

/// What the codes of a font are.
#[derive(Clone, Copy)]
enum Codes {
    /// Two bytes of UTF-16.
    Unicode,
    /// One or two bytes of Windows code page 949, or the older part of it.
    Korean,
}

/// Writes into a document what the named encodings of its fonts mean.
pub(super) fn spell_out(document: &mut Document) {
    for codes in [Codes::Unicode, Codes::Korean] {
        let fonts: Vec<ObjectId> = fonts_of(document, codes);
        if fonts.is_empty() {
            continue;
        }
        let encoding = document.add_object(encoding_of(codes));
        let meaning = document.add_object(stream(&meaning_of(codes)));
        for font in fonts {
            if let Ok(font) = document.get_dictionary_mut(font) {
                font.set("Encoding", Object::Reference(encoding));
                // What the document says itself is nearer to the truth.
                if !font.has(b"ToUnicode") {
                    font.set("ToUnicode", Object::Reference(meaning));
                }
            }
        }
    }
}

/// Whether each font of many characters says what they are. One that does not is drawn, but read as nothing.
pub(super) fn are_legible(document: &Document) -> bool {
    let mut dictionaries = document.objects.values().filter_map(|it| it.as_dict().ok());
    dictionaries.all(|font| name(font, b"Subtype") != b"Type0" || font.has(b"ToUnicode"))
}

fn fonts_of(document: &Document, codes: Codes) -> Vec<ObjectId> {
    let fonts = document.objects.iter().filter(|(_, object)| {
        let Ok(font) = object.as_dict() else {
            return false;
        };
        name(font, b"Subtype") == b"Type0" && is_named(codes, name(font, b"Encoding"))
    });
    fonts.map(|(id, _)| *id).collect()
}

/// Returns what is named there; nothing where no name is.
fn name<'a>(dictionary: &'a Dictionary, key: &[u8]) -> &'a [u8] {
    let name = dictionary.get(key).and_then(Object::as_name);
    name.unwrap_or_default()
}

fn is_named(codes: Codes, encoding: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(encoding) else {
        return false;
    };
    match codes {
        Codes::Unicode => {
            name.starts_with("Uni") && (name.contains("-UCS2-") || name.contains("-UTF16-"))
        }
        Codes::Korean => name.starts_with("KSC-EUC-") || name.starts_with("KSCms-UHC-"),
    }
}

fn stream(text: &str) -> Object {
    Object::Stream(Stream::new(Dictionary::new(), text.into()))
}

/// Says how many bytes a code has. Codes stand for themselves, and not for glyphs, which nobody draws here.
fn encoding_of(codes: Codes) -> Object {
    match codes {
        Codes::Unicode => Object::Name(b"Identity-H".to_vec()),
        // adobe-cmap-parser 0.4.1 halves how wide a range is, so each is written twice as wide; a test tells when it no longer does.
        Codes::Korean => stream(
            "begincmap 2 begincodespacerange <0000> <0080> <00008141> <0000FEFE> endcodespacerange \
             1 begincidrange <0000> <FFFF> 0 endcidrange endcmap",
        ),
    }
}

/// Writes what each code means.
fn meaning_of(codes: Codes) -> String {
    let map = match codes {
        Codes::Unicode => unicode_rows(),
        Codes::Korean => korean_characters(),
    };
    format!("begincmap {map} endcmap")
}

/// Rows of 256 that stand for themselves, because a range may not run over its last byte; those of surrogates are no characters.
fn unicode_rows() -> String {
    let rows = (0x00..=0xFF_u8).filter(|row| !(0xD8..=0xDF).contains(row));
    let mut map = String::new();
    let mut count = 0;
    for row in rows {
        count += 1;
        // A string takes whatever is written.
        write!(map, "<{row:02X}00> <{row:02X}FF> <{row:02X}00> ").ok();
    }
    format!("{count} beginbfrange {map}endbfrange")
}

fn korean_characters() -> String {
    let pairs = (0x81..=0xFE).flat_map(|lead| (0x41..=0xFE).map(move |trail: u8| [lead, trail]));
    let mut map = String::new();
    let mut count = 0;
    for pair in pairs {
        let decoded = EUC_KR.decode_without_bom_handling_and_without_replacement(&pair);
        // Where the second byte is a letter and the pair is nothing, the decoder may give two characters, or none.
        let mut characters = decoded.iter().flat_map(|text| text.encode_utf16());
        if let (Some(unit), None) = (characters.next(), characters.next()) {
            count += 1;
            write!(map, "<{:02X}{:02X}> <{unit:04X}> ", pair[0], pair[1]).ok();
        }
    }
    format!("1 beginbfrange <0020> <007E> <0020> endbfrange {count} beginbfchar {map}endbfchar")
}
