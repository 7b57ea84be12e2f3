//! Whether a token that was shown is one of ours, without telling by time how nearly it was.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// Tells tokens apart in logs without showing them: the first 32 bits of the token's SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyId(u32);

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", self.0)
    }
}

/// The tokens that are believed, as digests. Several are, while one is being replaced.
pub(super) struct Digests(Vec<[u8; 32]>);

impl Digests {
    /// Digests the tokens. An empty one would let everybody in, so it is left out.
    pub(super) fn of<'t>(tokens: impl IntoIterator<Item = &'t SecretString>) -> Self {
        let digests = tokens
            .into_iter()
            .map(ExposeSecret::expose_secret)
            .filter(|token| !token.is_empty())
            .map(digest);
        Self(digests.collect())
    }

    /// Returns which token was shown; `None` where it is none of ours.
    ///
    /// Every digest is compared whole, so the time it takes depends on the length of what was shown and on nothing secret.
    pub(super) fn verify(&self, shown: &str) -> Option<KeyId> {
        let shown = digest(shown);
        let mut found = Choice::from(0);
        let mut key = 0_u32;
        for known in &self.0 {
            let same = known.ct_eq(&shown);
            key.conditional_assign(&key_of(known), same);
            found |= same;
        }
        bool::from(found).then_some(KeyId(key))
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn key_of(digest: &[u8; 32]) -> u32 {
    let [one, two, three, four, ..] = *digest;
    u32::from_be_bytes([one, two, three, four])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(texts: &[&str]) -> Digests {
        let secrets: Vec<SecretString> = texts.iter().map(|text| (*text).into()).collect();
        Digests::of(&secrets)
    }

    #[test]
    fn both_tokens_are_believed_while_one_replaces_the_other() {
        let tokens = tokens(&["old", "new"]);
        let (old, new) = (tokens.verify("old"), tokens.verify("new"));
        assert!(old.is_some() && new.is_some());
        assert_ne!(old, new);
    }

    #[test]
    fn nothing_else_is_believed() {
        let known = tokens(&["commandtokenxxxxxxxxxxxxxx"]);
        let long = "x".repeat(1_000_000);
        for shown in [
            "",
            "commandtoken",
            "commandtokenxxxxxxxxxxxxxxx",
            "COMMANDTOKENXXXXXXXXXXXXXX",
            "commandtokenxxxxxxxxxxxxxx\0",
            &long,
        ] {
            assert_eq!(known.verify(shown), None);
        }
    }

    #[test]
    fn an_empty_token_lets_nobody_in() {
        assert_eq!(tokens(&[""]).verify(""), None);
        assert_eq!(tokens(&[]).verify(""), None);
    }

    #[test]
    fn a_key_is_shown_as_the_beginning_of_its_digest() {
        let key = tokens(&["abc"]).verify("abc").unwrap();
        assert_eq!(key.to_string(), "ba7816bf");
    }
}
