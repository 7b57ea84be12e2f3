//! Sealing: texts of people and secrets are encrypted where a key is given, on their way into the database, and opened on their way out.
//!
//! AES-256-GCM with a random nonce; what is sealed is tied to its table, column and row, so that nobody who can write there moves a
//! text to where others read it. In front stands the name of its key, made of the key itself. Rows of before stay readable as they are.

use std::borrow::Cow;
use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use sha2::{Digest as _, Sha256};

use super::statement::{Statement, Value};
use crate::domain::hexadecimal::hexadecimal;
use crate::ports::StoreError;

/// Begins what is sealed. No text of people begins so: what they write is stripped of control characters, and what is stored
/// unsealed loses one there.
const MARK: &str = "\u{1}sealed:";

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Bytes of a key's digest that name it.
const NAME_BYTES: usize = 6;

/// A key with which texts are sealed.
#[derive(Clone)]
pub struct SealKey {
    name: String,
    bytes: SecretSlice<u8>,
}

/// The name only: it is no secret.
impl fmt::Debug for SealKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SealKey({})", self.name)
    }
}

impl SealKey {
    /// Reads a key: 32 bytes as 64 hexadecimal digits, or in Base64. `None` for anything else.
    #[must_use]
    pub fn parse(written: &SecretString) -> Option<Self> {
        let text = written.expose_secret().trim();
        let bytes = Zeroizing::new(if text.len() == KEY_BYTES * 2 {
            from_hexadecimal(text)?
        } else {
            STANDARD.decode(text).ok()?
        });
        if bytes.len() != KEY_BYTES {
            return None;
        }
        let digest = Sha256::new()
            .chain_update(b"askwell seal key\0")
            .chain_update(&*bytes)
            .finalize();
        Some(Self {
            name: hexadecimal(digest.get(..NAME_BYTES)?),
            bytes: bytes.to_vec().into(),
        })
    }

    /// Writes bytes that nobody can guess as a key.
    #[must_use]
    pub fn written(bytes: &[u8; KEY_BYTES]) -> SecretString {
        STANDARD.encode(bytes).into()
    }

    /// Returns what stands in front of everything that it seals.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let byte = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    text.as_bytes().chunks(2).map(byte).collect()
}

/// The keys of an installation.
#[derive(Clone, Debug, Default)]
pub struct SealKeys {
    /// With which is sealed; where absent, nothing is.
    pub current: Option<SealKey>,
    /// With which is opened what was sealed before.
    pub old: Vec<SealKey>,
}

/// Where something sealed belongs.
pub(super) mod place {
    pub(in crate::store) const ASKER_NAME: &str = "questions.asker_name";
    pub(in crate::store) const TEXT: &str = "questions.text";
    /// Also of an earlier answer, which becomes that by being moved within its row.
    pub(in crate::store) const ANSWER: &str = "questions.answer";
    pub(in crate::store) const TEXTS: &str = "questions.texts";
    pub(in crate::store) const RESPONSE: &str = "questions.response_id";
    pub(in crate::store) const DELIVERY_RESPONSE: &str = "questions.delivery_response_id";
    pub(in crate::store) const PICTURE: &str = "jobs.picture";
    pub(in crate::store) const SUMMARY: &str = "summaries.text";
    pub(in crate::store) const SIGNING: &str = "signing_keys.secret";
}

/// The keys, ready for use.
pub(super) struct Seals {
    keys: Vec<Ready>,
    /// Whether the first of them seals.
    seals: bool,
}

struct Ready {
    name: String,
    key: RandomizedNonceKey,
}

impl Seals {
    pub(super) fn new(keys: &SealKeys) -> Self {
        let all = keys.current.iter().chain(&keys.old);
        let ready = |key: &SealKey| Ready {
            name: key.name.clone(),
            key: RandomizedNonceKey::new(&AES_256_GCM, key.bytes.expose_secret())
                .expect("a key has as many bytes as AES-256 takes"),
        };
        Self {
            keys: all.map(ready).collect(),
            seals: keys.current.is_some(),
        }
    }

    /// Returns the name of the key that seals.
    pub(super) fn current(&self) -> Option<&str> {
        let first = self.keys.first().filter(|_| self.seals);
        first.map(|ready| ready.name.as_str())
    }

    /// Whether what this key sealed can be opened.
    pub(super) fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|ready| ready.name == name)
    }

    /// Seals a text, where there is a key; an empty one hides nothing and stays as it is.
    pub(super) fn seal<'t>(&self, place: &str, row: &str, text: Cow<'t, str>) -> Cow<'t, str> {
        let Some(ready) = self.keys.first().filter(|_| self.seals) else {
            return unmarked(text);
        };
        if text.is_empty() {
            return text;
        }
        let mut bytes = text.as_bytes().to_vec();
        let nonce = ready
            .key
            .seal_in_place_append_tag(bound_to(place, row), &mut bytes)
            .expect("no text is as long as AES-GCM cannot seal");
        let mut whole = nonce.as_ref().to_vec();
        whole.append(&mut bytes);
        Cow::Owned(format!("{MARK}{}:{}", ready.name, STANDARD.encode(whole)))
    }

    /// Opens what was sealed; anything else is what it is.
    ///
    /// # Errors
    /// When it was sealed with a key that is not here, for another place, or was changed.
    pub(super) fn open(
        &self,
        place: &'static str,
        row: &str,
        stored: String,
    ) -> Result<String, StoreError> {
        let Some(sealed) = stored.strip_prefix(MARK) else {
            return Ok(stored);
        };
        self.opened(place, row, sealed)
            .ok_or(StoreError::Corrupt { what: place })
    }

    fn opened(&self, place: &str, row: &str, sealed: &str) -> Option<String> {
        let (name, written) = sealed.split_once(':')?;
        let ready = self.keys.iter().find(|ready| ready.name == name)?;
        let mut bytes = STANDARD.decode(written).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = ready.key.open_in_place(nonce, bound_to(place, row), sealed);
        String::from_utf8(opened.ok()?.to_vec()).ok()
    }

    /// Seals anew what is not sealed with the present key; `None` where it is.
    pub(super) fn renewed(
        &self,
        place: &'static str,
        row: &str,
        stored: &str,
    ) -> Result<Option<String>, StoreError> {
        let key = stored
            .strip_prefix(MARK)
            .and_then(|sealed| Some(sealed.split_once(':')?.0));
        if key == self.current() || stored.is_empty() {
            return Ok(None);
        }
        let opened = self.open(place, row, stored.to_owned())?;
        Ok(Some(self.seal(place, row, Cow::Owned(opened)).into_owned()))
    }

    /// Seals what of a statement's values is to be sealed.
    pub(super) fn sealed<'v>(&self, mut statement: Statement<'v>) -> Statement<'v> {
        for value in &mut statement.values {
            if let Value::Sealed { place, row, text } = value {
                let text = std::mem::take(text);
                *value = Value::Text(Some(self.seal(place, row, text)));
            }
        }
        statement
    }
}

/// Takes the mark from a text that is not sealed.
fn unmarked(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.starts_with(MARK) {
        Cow::Owned(text.replacen('\u{1}', "\u{fffd}", 1))
    } else {
        text
    }
}

fn bound_to(place: &str, row: &str) -> Aad<Vec<u8>> {
    Aad::from(format!("{place}\0{row}").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> SealKey {
        SealKey::parse(&SealKey::written(&[number; KEY_BYTES])).unwrap()
    }

    fn seals(current: Option<u8>, old: &[u8]) -> Seals {
        Seals::new(&SealKeys {
            current: current.map(key),
            old: old.iter().map(|number| key(*number)).collect(),
        })
    }

    #[test]
    fn a_key_is_read_in_both_forms_and_does_not_print() {
        let hexadecimal = "07".repeat(KEY_BYTES);
        let same = SealKey::parse(&hexadecimal.as_str().into()).unwrap();
        assert_eq!(same.name(), key(7).name());
        let shown = format!("{same:?}");
        assert!(
            !shown.contains("0707") && shown.contains(same.name()),
            "{shown}"
        );
        for wrong in [
            "",
            "07",
            &"07".repeat(31),
            &"0g".repeat(KEY_BYTES),
            "BwcHBw==",
        ] {
            assert!(SealKey::parse(&wrong.into()).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_was_sealed_is_opened_in_its_place_only() {
        let seals = seals(Some(1), &[]);
        let sealed = seals.seal(place::TEXT, "7", "왜?".into()).into_owned();
        assert!(sealed.starts_with(MARK) && !sealed.contains("왜"));
        assert_ne!(
            sealed,
            seals.seal(place::TEXT, "7", "왜?".into()),
            "a nonce of its own"
        );
        let open = |place, row, text: &str| seals.open(place, row, text.to_owned());
        assert_eq!(open(place::TEXT, "7", &sealed).unwrap(), "왜?");
        assert!(open(place::TEXT, "8", &sealed).is_err());
        assert!(open(place::ANSWER, "7", &sealed).is_err());
        let mut changed = sealed.clone();
        let last = changed.pop().unwrap();
        changed.push(if last == 'A' { 'B' } else { 'A' });
        assert!(open(place::TEXT, "7", &changed).is_err());
        assert!(open(place::TEXT, "7", &format!("{MARK}{}:AAAA", key(1).name())).is_err());
        assert!(open(place::TEXT, "7", MARK).is_err());
        assert_eq!(open(place::TEXT, "7", "of before").unwrap(), "of before");
        assert_eq!(seals.seal(place::TEXT, "7", "".into()), "");
    }

    #[test]
    fn an_old_key_opens_and_the_present_one_seals() {
        let (before, now) = (seals(Some(1), &[]), seals(Some(2), &[1]));
        let sealed = before.seal(place::TEXT, "7", "why?".into()).into_owned();
        assert_eq!(now.open(place::TEXT, "7", sealed.clone()).unwrap(), "why?");
        let renewed = now.renewed(place::TEXT, "7", &sealed).unwrap().unwrap();
        assert!(renewed.contains(key(2).name()));
        assert_eq!(now.renewed(place::TEXT, "7", &renewed).unwrap(), None);
        assert!(before.open(place::TEXT, "7", renewed.clone()).is_err());
        let without = seals(None, &[2]);
        let unsealed = without.renewed(place::TEXT, "7", &renewed).unwrap();
        assert_eq!(unsealed.as_deref(), Some("why?"));
        assert_eq!(without.renewed(place::TEXT, "7", "why?").unwrap(), None);
    }

    #[test]
    fn nobody_writes_something_that_looks_sealed() {
        let forged = format!("{MARK}{}:AAAA", key(1).name());
        let seals = seals(None, &[]);
        let stored = seals
            .seal(place::TEXT, "7", forged.as_str().into())
            .into_owned();
        assert!(
            seals
                .open(place::TEXT, "7", stored)
                .unwrap()
                .contains("sealed")
        );
    }
}
