//! A text longer than one post, as several.

/// Runes of a post, at most (`PostMessageMaxRunesV2`, contract §8.1).
pub const POST_RUNES: usize = 16_383;

/// How long the parts may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Runes of a part, at most.
    pub runes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { runes: POST_RUNES }
    }
}

/// Splits a text into parts that fit, at line ends.
#[must_use]
pub fn split(text: &str, limits: Limits) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut runes = 0;
    for line in text.split_inclusive('\n') {
        let pieces: Vec<char> = line.chars().collect();
        for piece in pieces.chunks(limits.runes.max(1)) {
            if runes + piece.len() > limits.runes && runes > 0 {
                parts.push(String::new());
                runes = 0;
            }
            runes += piece.len();
            if let Some(part) = parts.last_mut() {
                part.extend(piece);
            }
        }
    }
    parts
}
