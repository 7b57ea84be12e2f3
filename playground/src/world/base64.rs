//! Base 64 with padding, as the server writes it in trigger ids.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = (0..3).fold(0_usize, |number, at| {
            (number << 8) | usize::from(chunk.get(at).copied().unwrap_or(0))
        });
        for place in 0..4 {
            if place <= chunk.len() {
                let digit = (number >> (18 - 6 * place)) & 63;
                text.push(char::from(DIGITS[digit]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// The bytes of a text; `None` where it is none.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::new();
    for chunk in text.as_bytes().chunks(4) {
        let digits = chunk.iter().take_while(|byte| **byte != b'=').count();
        if digits < 2 || chunk.iter().skip(digits).any(|byte| *byte != b'=') {
            return None;
        }
        let mut number = 0_usize;
        for at in 0..4 {
            let digit = chunk.get(at).filter(|_| at < digits);
            let value = match digit {
                Some(byte) => DIGITS.iter().position(|digit| digit == byte)?,
                None => 0,
            };
            number = (number << 6) | value;
        }
        let three = [number >> 16, number >> 8, number].map(|byte| u8::try_from(byte & 255));
        for byte in three.into_iter().take(digits - 1) {
            bytes.push(byte.ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded_and_read_back() {
        for (bytes, text) in [
            (&b"trigger-001"[..], "dHJpZ2dlci0wMDE="),
            (b"abc", "YWJj"),
            (b"a", "YQ=="),
            (b"", ""),
        ] {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text).as_deref(), Some(bytes));
        }
        for wrong in ["YQ", "YQ=a", "====", "Y===", "Y!=="] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
