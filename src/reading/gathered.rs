//! Text that is gathered up to a limit.

use std::fmt;

use super::outcome::Read;

/// Takes text until a limit is reached; then it keeps what fits, remembers that it is not all, and refuses more.
pub(super) struct Gathered {
    text: String,
    limit_bytes: usize,
    is_whole: bool,
}

impl Gathered {
    pub(super) fn up_to(limit_bytes: usize) -> Self {
        Self {
            text: String::new(),
            limit_bytes,
            is_whole: true,
        }
    }

    /// Remembers that something is missing, as a page that could not be read.
    pub(super) fn miss(&mut self) {
        self.is_whole = false;
    }

    pub(super) fn is_full(&self) -> bool {
        !self.is_whole && self.text.len() + char::MAX.len_utf8() > self.limit_bytes
    }

    pub(super) fn into_read(self, pages: Option<u32>) -> Read {
        Read::Text {
            text: self.text,
            is_whole: self.is_whole,
            pages,
        }
    }
}

impl fmt::Write for Gathered {
    /// Fails when the limit is reached, which is no fault but a reason to stop.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.limit_bytes - self.text.len();
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        self.text.extend(text.get(..text.floor_char_boundary(room)));
        // Nothing may follow what was cut, also where a shorter piece would still fit.
        self.limit_bytes = self.text.len();
        self.is_whole = false;
        Err(fmt::Error)
    }
}

impl pdf_extract::ConvertToFmt for &mut Gathered {
    type Writer = Self;

    fn convert(self) -> Self::Writer {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn gathered(limit_bytes: usize, pieces: &[&str]) -> (String, bool) {
        let mut gathered = Gathered::up_to(limit_bytes);
        for piece in pieces {
            gathered.write_str(piece).ok();
        }
        match gathered.into_read(None) {
            Read::Text { text, is_whole, .. } => (text, is_whole),
            Read::Image { .. } => unreachable!("text was gathered"),
        }
    }

    #[test]
    fn what_fits_exactly_is_whole_and_one_byte_more_is_not() {
        assert_eq!(gathered(6, &["한", "글"]), ("한글".to_owned(), true));
        assert_eq!(gathered(5, &["한", "글"]), ("한".to_owned(), false));
    }

    #[test]
    fn nothing_follows_what_was_cut() {
        assert_eq!(gathered(5, &["한", "글", "a"]), ("한".to_owned(), false));
    }
}
