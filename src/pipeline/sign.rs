//! The signatures of buttons: Mattermost signs nothing when one is pressed, so what we gave the button is signed by us.
//!
//! What is signed is a text, `1.stop.<question>.<generation>.<until>.<key>`, of which not a byte can be changed. It says for what it
//! was made, for which generation of which answer, and until when it holds; the server is signed too. It is no secret: everybody in a
//! channel sees it when the post is deleted, so that it proves nothing of a post that is gone, nor of who presses.
//!
//! Keys are made here and shared by replicas through the store, a new one every [`KEY_SIGNS`]; an old one is believed until nothing holds
//! that it signed. A crash costs nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::ExposeSecret as _;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::world::World;
use crate::domain::control::Control;
use crate::domain::hexadecimal::hexadecimal;
use crate::domain::id::{QuestionId, ServerId};
use crate::domain::time::Timestamp;
use crate::ports::{IdSource, KeyAges, SigningKey, StoreError};

/// For how long a button can be pressed after its post was last dressed.
pub(super) const BUTTON_HOLDS: Duration = Duration::from_hours(30 * 24);

/// For how long a key signs.
pub(super) const KEY_SIGNS: Duration = Duration::from_hours(30 * 24);

/// A key is kept until the last button that it signed holds no longer; clocks of replicas may differ by a day.
const AGES: KeyAges = KeyAges {
    signs: KEY_SIGNS,
    is_kept: Duration::from_hours((30 + 30 + 1) * 24),
};

/// How often the store is asked for keys that we do not know, at most: whoever names made-up keys cannot make us ask all the time.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// What is signed begins so, and nothing else that may ever be signed with these keys.
const PURPOSE: &str = "askwell button";

/// How what is signed is written; another way gets another number.
const VERSION: &str = "1";

/// What a button was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) control: Control,
    pub(super) question: QuestionId,
    pub(super) generation: u32,
    /// To the second.
    pub(super) until: Timestamp,
}

/// Why a text is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Untrusted {
    /// We did not sign it, or not for this.
    Forged,
    /// We did, but it holds no longer.
    Expired,
}

/// The keys that are known here.
#[derive(Default)]
pub(super) struct Keyring(Mutex<Known>);

#[derive(Default)]
struct Known {
    keys: Vec<SigningKey>,
    asked_at: Option<Timestamp>,
}

/// Signs a ticket.
pub(super) fn signed(ticket: &Ticket, server: &ServerId, key: &SigningKey) -> String {
    let Ticket {
        control,
        question,
        generation,
        until,
    } = ticket;
    let control = control.as_str();
    let seconds = until.as_micros() / 1_000_000;
    let mut text = format!(
        "{VERSION}.{control}.{question}.{generation}.{seconds}.{:016x}",
        key.id
    );
    let signature = signature(&text, server, key);
    text.push('.');
    text.push_str(&signature);
    text
}

/// Reads a signed ticket, where it is signed by one of these keys for this server and holds.
pub(super) fn opened(
    text: &str,
    server: &ServerId,
    keys: &[SigningKey],
    now: Timestamp,
) -> Result<Ticket, Untrusted> {
    let (signed, shown) = text.rsplit_once('.').ok_or(Untrusted::Forged)?;
    let key = key_named(text)
        .and_then(|id| keys.iter().find(|key| key.id == id))
        .ok_or(Untrusted::Forged)?;
    let expected = signature(signed, server, key);
    if !bool::from(expected.as_bytes().ct_eq(shown.as_bytes())) {
        return Err(Untrusted::Forged);
    }
    // What follows is our own writing.
    let ticket = read(signed).ok_or(Untrusted::Forged)?;
    if now >= ticket.until {
        return Err(Untrusted::Expired);
    }
    Ok(ticket)
}

/// Returns which key a text says it was signed with.
fn key_named(text: &str) -> Option<u64> {
    let (signed, _) = text.rsplit_once('.')?;
    let (_, key) = signed.rsplit_once('.')?;
    u64::from_str_radix(key, 16).ok()
}

fn read(signed: &str) -> Option<Ticket> {
    let mut fields = signed.split('.');
    let mut next = || fields.next();
    if next()? != VERSION {
        return None;
    }
    Some(Ticket {
        control: Control::from_word(next()?)?,
        question: QuestionId::parse(next()?).ok()?,
        generation: next()?.parse().ok()?,
        until: Timestamp::from_micros(next()?.parse::<i64>().ok()?.saturating_mul(1_000_000)),
    })
}

/// Signs a text for a server, as 64 hexadecimal digits. No server's name holds the sign that stands around it.
fn signature(text: &str, server: &ServerId, key: &SigningKey) -> String {
    let secret = key.secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key may have any length");
    for piece in [PURPOSE, "\n", server.as_str(), "\n", text] {
        mac.update(piece.as_bytes());
    }
    hexadecimal(&mac.finalize().into_bytes())
}

fn new_key(ids: &dyn IdSource, now: Timestamp) -> SigningKey {
    SigningKey {
        id: u64::try_from(ids.token() >> 64).unwrap_or(u64::MAX),
        secret: format!("{:032x}{:032x}", ids.token(), ids.token()).into(),
        created_at: now,
    }
}

impl Keyring {
    /// Signs a ticket with the present key.
    pub(super) async fn sign(&self, world: &World, ticket: &Ticket) -> Result<String, StoreError> {
        let server = world.mattermost.server();
        let now = world.clock.now();
        let known = self.known();
        let newest = known.iter().find(|key| key.signs_at(now, AGES));
        if let Some(key) = newest {
            return Ok(signed(ticket, server, key));
        }
        let keys = self.ask(world).await?;
        let newest = keys.iter().find(|key| key.signs_at(now, AGES));
        let key = newest.ok_or(StoreError::Corrupt { what: "created_at" })?;
        Ok(signed(ticket, server, key))
    }

    /// Reads a signed ticket.
    pub(super) async fn open(
        &self,
        world: &World,
        text: &str,
    ) -> Result<Result<Ticket, Untrusted>, StoreError> {
        let server = world.mattermost.server();
        let now = world.clock.now();
        let mut keys = self.known();
        let is_known = |keys: &[SigningKey]| {
            key_named(text).is_some_and(|id| keys.iter().any(|key| key.id == id))
        };
        // Another replica may have made it.
        if !is_known(&keys) && self.may_ask(now) {
            keys = self.ask(world).await?;
        }
        Ok(opened(text, server, &keys, now))
    }

    fn known(&self) -> Vec<SigningKey> {
        self.lock().keys.clone()
    }

    /// Whether the store may be asked again; where it may, it counts as asked.
    fn may_ask(&self, now: Timestamp) -> bool {
        let mut known = self.lock();
        let is_soon = known
            .asked_at
            .is_some_and(|asked| now.since(asked) < ASK_EVERY);
        if !is_soon {
            known.asked_at = Some(now);
        }
        !is_soon
    }

    async fn ask(&self, world: &World) -> Result<Vec<SigningKey>, StoreError> {
        let offered = new_key(&*world.ids, world.clock.now());
        let server = world.mattermost.server();
        let keys = world.store.signing_keys(server, offered, AGES).await?;
        self.lock().keys.clone_from(&keys);
        Ok(keys)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        // No code panics while it holds this lock, and a list is whole in any case.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
