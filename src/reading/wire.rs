//! What the child writes: one line of JSON, and after it the text or the picture's bytes.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::outcome::{MediaType, Read, Unreadable};
use super::picture::LONGEST_EDGE;

/// The longest line that is accepted.
pub(super) const MOST_HEAD_BYTES: usize = 1_024;

/// The line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Head {
    Text { is_whole: bool, pages: Option<u32> },
    Png { width: u32, height: u32 },
    Jpeg { width: u32, height: u32 },
    Unreadable { why: Why },
}

/// What can be told of [`Unreadable`] by the child; a child that could not be started tells nothing.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Why {
    TooLarge,
    Encrypted,
    Unsupported,
    Broken,
    TooSlow,
    TooMuchMemory,
}

/// Writes an answer.
///
/// # Errors
/// When nobody reads it.
pub(super) fn write(answer: &Result<Read, Unreadable>, to: &mut impl Write) -> io::Result<()> {
    let (head, payload) = match answer {
        Ok(Read::Text {
            text,
            is_whole,
            pages,
        }) => {
            let (is_whole, pages) = (*is_whole, *pages);
            (Head::Text { is_whole, pages }, text.as_bytes())
        }
        Ok(Read::Image {
            media_type,
            bytes,
            width,
            height,
        }) => (picture(*media_type, *width, *height), bytes.as_slice()),
        Err(unreadable) => (
            Head::Unreadable {
                why: why(unreadable)?,
            },
            [].as_slice(),
        ),
    };
    serde_json::to_writer(&mut *to, &head)?;
    to.write_all(b"\n")?;
    to.write_all(payload)?;
    to.flush()
}

const fn picture(media_type: MediaType, width: u32, height: u32) -> Head {
    match media_type {
        MediaType::Png => Head::Png { width, height },
        MediaType::Jpeg => Head::Jpeg { width, height },
    }
}

fn why(unreadable: &Unreadable) -> io::Result<Why> {
    match unreadable {
        Unreadable::TooLarge => Ok(Why::TooLarge),
        Unreadable::Encrypted => Ok(Why::Encrypted),
        Unreadable::Unsupported => Ok(Why::Unsupported),
        Unreadable::Broken => Ok(Why::Broken),
        Unreadable::TooSlow => Ok(Why::TooSlow),
        Unreadable::TooMuchMemory => Ok(Why::TooMuchMemory),
        Unreadable::Unavailable(error) => Err(io::Error::new(error.kind(), error.to_string())),
    }
}

/// Reads an answer, and believes of it what it can check.
///
/// # Errors
/// As the child says; `Broken` where it says nothing that makes sense.
pub(super) fn parse(answer: &[u8], limit_bytes: usize) -> Result<Read, Unreadable> {
    let end = answer
        .iter()
        .take(MOST_HEAD_BYTES)
        .position(|byte| *byte == b'\n');
    let (head, payload) = end
        .and_then(|end| answer.split_at_checked(end))
        .ok_or(Unreadable::Broken)?;
    let payload = payload.get(1..).unwrap_or_default();
    match serde_json::from_slice(head).map_err(|_| Unreadable::Broken)? {
        Head::Text { is_whole, pages } => text(payload, limit_bytes, is_whole, pages),
        Head::Png { width, height } => image(MediaType::Png, payload, width, height),
        Head::Jpeg { width, height } => image(MediaType::Jpeg, payload, width, height),
        Head::Unreadable { why } => Err(unreadable(why)),
    }
}

fn text(
    payload: &[u8],
    limit_bytes: usize,
    is_whole: bool,
    pages: Option<u32>,
) -> Result<Read, Unreadable> {
    if payload.len() > limit_bytes {
        return Err(Unreadable::Broken);
    }
    let text = String::from_utf8(payload.to_vec()).map_err(|_| Unreadable::Broken)?;
    Ok(Read::Text {
        text,
        is_whole,
        pages,
    })
}

fn image(
    media_type: MediaType,
    payload: &[u8],
    width: u32,
    height: u32,
) -> Result<Read, Unreadable> {
    let sign: &[u8] = match media_type {
        MediaType::Png => b"\x89PNG\r\n\x1a\n",
        MediaType::Jpeg => b"\xFF\xD8\xFF",
    };
    let fits = |edge| (1..=LONGEST_EDGE).contains(&edge);
    if !payload.starts_with(sign) || !fits(width) || !fits(height) {
        return Err(Unreadable::Broken);
    }
    Ok(Read::Image {
        media_type,
        bytes: payload.to_vec(),
        width,
        height,
    })
}

const fn unreadable(why: Why) -> Unreadable {
    match why {
        Why::TooLarge => Unreadable::TooLarge,
        Why::Encrypted => Unreadable::Encrypted,
        Why::Unsupported => Unreadable::Unsupported,
        Why::Broken => Unreadable::Broken,
        Why::TooSlow => Unreadable::TooSlow,
        Why::TooMuchMemory => Unreadable::TooMuchMemory,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(
        answer: &Result<Read, Unreadable>,
        limit_bytes: usize,
    ) -> Result<Read, Unreadable> {
        let mut written = Vec::new();
        write(answer, &mut written).unwrap();
        parse(&written, limit_bytes)
    }

    #[test]
    fn an_answer_arrives_as_it_was_given() {
        let text = Read::Text {
            text: "둘\n줄".to_owned(),
            is_whole: false,
            pages: Some(2),
        };
        let image = Read::Image {
            media_type: MediaType::Jpeg,
            bytes: b"\xFF\xD8\xFF\n\n".to_vec(),
            width: LONGEST_EDGE,
            height: 1,
        };
        for read in [text, image] {
            assert_eq!(there_and_back(&Ok(read.clone()), 7).unwrap(), read);
        }
        let encrypted = there_and_back(&Err(Unreadable::Encrypted), 7);
        assert!(matches!(encrypted, Err(Unreadable::Encrypted)));
    }

    #[test]
    fn an_answer_that_promises_too_much_is_not_believed() {
        let image = |edge: u32| format!("{{\"kind\":\"png\",\"width\":{edge},\"height\":1}}\n");
        let sign = b"\x89PNG\r\n\x1a\n".as_slice();
        for answer in [
            b"".to_vec(),
            b"no line".to_vec(),
            b"{\"kind\":\"secret\"}\n".to_vec(),
            b"{\"kind\":\"text\",\"is_whole\":true,\"pages\":null}\n12345678".to_vec(),
            b"{\"kind\":\"text\",\"is_whole\":true,\"pages\":null}\n\xFF".to_vec(),
            [image(LONGEST_EDGE + 1).as_bytes(), sign].concat(),
            [image(1).as_bytes(), b"<svg>"].concat(),
        ] {
            assert!(matches!(parse(&answer, 7), Err(Unreadable::Broken)));
        }
    }
}
