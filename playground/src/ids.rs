//! Identifiers as the server makes them: 26 characters of its own base 32, from a seeded generator.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// The length of every identifier and token.
pub(crate) const ID_LENGTH: usize = 26;

const ALPHABET: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";

/// Makes identifiers; the same seed makes the same ones in the same order.
pub(crate) struct IdSource {
    random: StdRng,
}

impl IdSource {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
        }
    }

    pub(crate) fn next_id(&mut self) -> String {
        (0..ID_LENGTH)
            .map(|_| char::from(ALPHABET[self.random.random_range(0..ALPHABET.len())]))
            .collect()
    }
}

/// Whether a text has the form of an identifier.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_ids() {
        let mut one = IdSource::seeded(7);
        let mut two = IdSource::seeded(7);
        let mut other = IdSource::seeded(8);
        let first = one.next_id();
        assert!(is_id(&first));
        assert_eq!(first, two.next_id());
        assert_ne!(first, other.next_id());
    }
}
