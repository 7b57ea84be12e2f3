//! The door of the page for administrators: links that are good once, and sessions.

use async_trait::async_trait;

use super::store::StoreError;
use crate::domain::door::{KeyHash, Link, Session};
use crate::domain::time::Timestamp;

/// Links and sessions. Of what people show, hashes alone are kept.
///
/// # Errors
/// As those of [`super::Store`].
#[async_trait]
pub trait Door: Send + Sync {
    /// Remembers a link, in place of those that the same person had, and forgets all that are good no more.
    async fn keep_link(&self, link: &Link, now: Timestamp) -> Result<(), StoreError>;

    /// Spends a link: begins a session of this hash and writes it down, for whoever comes first with a link that is good; `None` for
    /// everybody else.
    async fn enter(
        &self,
        link: &KeyHash,
        session: &KeyHash,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError>;

    /// Returns a session, whether it still lasts or not.
    async fn session(&self, session: &KeyHash) -> Result<Option<Session>, StoreError>;

    /// Remembers when something was last done in a session, and when its role was last seen.
    async fn note_session(&self, session: &KeyHash, noted: &Session) -> Result<(), StoreError>;

    /// Ends a session, and writes it down where it was there.
    async fn leave(&self, session: &KeyHash, now: Timestamp) -> Result<(), StoreError>;
}
