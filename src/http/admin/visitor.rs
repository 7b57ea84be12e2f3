//! Who comes to the page: somebody with a session that lasts, and who still administers their server; or a stranger.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::Site;
use super::layout::Told;
use super::router::House;
use crate::domain::door::{KeyHash, Session};
use crate::domain::hexadecimal::hexadecimal;
use crate::domain::time::Timestamp;
use crate::ports::{StoreError, timeout};
use crate::text::{Language, PageWord};

/// How long it may take to learn whether somebody still administers their server.
const LONGEST_CHECK: Duration = Duration::from_secs(5);

/// How much later something was done than is known before it is written down: whoever clicks fast writes no row for each.
const NOTED_EVERY: Duration = Duration::from_mins(1);

/// Hexadecimal digits of a key or of what a cookie holds: 256 bits.
const KEY_DIGITS: usize = 64;

/// By which name a browser keeps the session. The prefix has browsers refuse it from another host, and needs https.
pub(super) fn cookie_name(is_https: bool) -> &'static str {
    if is_https {
        "__Host-askwell"
    } else {
        "askwell"
    }
}

/// By which name a browser keeps the language that was chosen.
pub(super) const LANGUAGE_COOKIE: &str = "askwell_language";

/// Somebody of whom nothing is known but their language.
pub(super) struct Stranger {
    pub(super) language: Language,
}

/// Somebody who has the page open.
pub(super) struct Visitor {
    pub(super) session: Session,
    pub(super) key: KeyHash,
    /// What each of their forms must hold.
    pub(super) form_token: String,
    pub(super) language: Language,
    /// The bot that they look after.
    pub(super) site: Arc<Site>,
}

impl Visitor {
    /// Whether this is what a form of theirs held.
    pub(super) fn is_form_token(&self, shown: &str) -> bool {
        bool::from(self.form_token.as_bytes().ct_eq(shown.as_bytes()))
    }
}

/// Why a page is not shown.
pub(super) enum Unwelcome {
    /// There is no session, or it lasts no longer.
    Unknown,
    /// Mattermost cannot be asked whether they administer it, and what it said before does not do.
    Unsure,
    /// The store failed.
    Failed,
}

impl Unwelcome {
    pub(super) fn reply(&self, language: Language) -> Response {
        let told = |what, more| Told::new(language, what, more);
        match self {
            Self::Unknown => {
                told(PageWord::SignedOutNow, PageWord::HowToSignIn).with(StatusCode::UNAUTHORIZED)
            }
            Self::Unsure => told(PageWord::RoleUnknown, PageWord::RoleUnknownMore)
                .with(StatusCode::SERVICE_UNAVAILABLE),
            Self::Failed => told(PageWord::StoreFailed, PageWord::StoreFailedMore)
                .with(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// Logs that the store failed, and says so.
pub(super) fn failed(error: &StoreError) -> Unwelcome {
    tracing::error!(error = %error, source = ?std::error::Error::source(error).map(ToString::to_string), "the store failed the page for administrators");
    Unwelcome::Failed
}

/// Returns the hash under which a key or a cookie is known; `None` for what is none.
pub(super) fn hash_of(key: &str) -> Option<KeyHash> {
    let is_key = key.len() == KEY_DIGITS && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_key.then(|| KeyHash::from_digits(hexadecimal(&Sha256::digest(key))))
}

/// What the forms of a session must hold: nobody can know it who does not know the cookie.
fn form_token(cookie: &str) -> String {
    hexadecimal(&Sha256::digest(format!("a form of\n{cookie}")))
}

/// Returns what a cookie holds.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).iter();
    let pairs = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(own, _)| *own == name).map(|(_, value)| value)
}

/// Returns the language that was chosen, else the first that the browser names and askwell speaks.
fn language(headers: &HeaderMap) -> Option<Language> {
    let chosen = cookie(headers, LANGUAGE_COOKIE).and_then(|code| code.parse().ok());
    chosen.or_else(|| {
        let accepted = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut tags = accepted.split(',').filter_map(|tag| tag.split(';').next());
        tags.find_map(|tag| Language::of_locale(tag.trim()))
    })
}

impl House {
    pub(super) fn language(&self, headers: &HeaderMap) -> Language {
        let first = self.world.sites.first();
        language(headers)
            .or_else(|| first.map(|site| site.language))
            .unwrap_or_default()
    }

    pub(super) fn is_https(&self) -> bool {
        self.world.settings.public_url.scheme() == "https"
    }
}

impl FromRequestParts<Arc<House>> for Stranger {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        house: &Arc<House>,
    ) -> Result<Self, Self::Rejection> {
        let language = house.language(&parts.headers);
        Ok(Self { language })
    }
}

impl FromRequestParts<Arc<House>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        house: &Arc<House>,
    ) -> Result<Self, Self::Rejection> {
        // What fetches itself keeps no session alive.
        let is_by_itself = parts.headers.contains_key("hx-request");
        let language = house.language(&parts.headers);
        let known = known(house, &parts.headers, is_by_itself).await;
        known.map_err(|unwelcome| unwelcome.reply(language))
    }
}

/// Finds out who comes.
async fn known(
    house: &Arc<House>,
    headers: &HeaderMap,
    is_by_itself: bool,
) -> Result<Visitor, Unwelcome> {
    let cookie = cookie(headers, cookie_name(house.is_https())).ok_or(Unwelcome::Unknown)?;
    let key = hash_of(cookie).ok_or(Unwelcome::Unknown)?;
    let world = &house.world;
    let found = world.store.session(&key).await;
    let session = found
        .map_err(|error| failed(&error))?
        .ok_or(Unwelcome::Unknown)?;
    let (now, before) = (world.clock.now(), session.clone());
    if !session.lasts_at(now) {
        return Err(Unwelcome::Unknown);
    }
    let mut sites = world.sites.iter();
    let site = sites
        .find(|site| site.server == session.of.server)
        .ok_or(Unwelcome::Unknown)?;
    let mut visitor = Visitor {
        session,
        form_token: form_token(cookie),
        key,
        language: house.language(headers),
        site: site.clone(),
    };
    if visitor.session.is_to_be_checked_at(now) {
        check(house, &mut visitor, now, Older::Believed).await?;
    }
    if !is_by_itself && now.since(visitor.session.seen_at) >= NOTED_EVERY {
        visitor.session.seen_at = now;
    }
    if visitor.session != before {
        let noted = world.store.note_session(&visitor.key, &visitor.session);
        noted.await.map_err(|error| failed(&error))?;
    }
    Ok(visitor)
}

impl Visitor {
    /// Asks whether they administer their server now, and believes nothing that was said before.
    pub(super) async fn ask_again(&mut self, house: &House) -> Result<(), Unwelcome> {
        let world = &house.world;
        check(house, self, world.clock.now(), Older::Refused).await?;
        let noted = world.store.note_session(&self.key, &self.session);
        noted.await.map_err(|error| failed(&error))
    }
}

/// Whether what Mattermost said before is believed where it cannot be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Older {
    Believed,
    Refused,
}

/// Asks whether they still administer their server.
async fn check(
    house: &House,
    visitor: &mut Visitor,
    now: Timestamp,
    older: Older,
) -> Result<(), Unwelcome> {
    let world = &house.world;
    let mattermost = &visitor.site.mattermost;
    let asked = mattermost.administers(&visitor.session.of.id);
    match timeout(&*world.clock, LONGEST_CHECK, asked).await {
        Ok(Ok(true)) => {
            visitor.session.checked_at = now;
            Ok(())
        }
        Ok(Ok(false)) => {
            tracing::info!(person.id = %visitor.session.of.id, "somebody who administers the server no more has lost the page");
            let left = world.store.leave(&visitor.key, now).await;
            left.map_err(|error| failed(&error))?;
            Err(Unwelcome::Unknown)
        }
        Ok(Err(_)) | Err(_) if older == Older::Believed && visitor.session.is_believed_at(now) => {
            Ok(())
        }
        Ok(Err(_)) | Err(_) => Err(Unwelcome::Unsure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: axum::http::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, axum::http::HeaderValue::from_static(value))])
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let sent = headers(COOKIE, "xaskwell=1; askwell=2;askwell_language=ko");
        assert_eq!(cookie(&sent, "askwell"), Some("2"));
        assert_eq!(cookie(&sent, LANGUAGE_COOKIE), Some("ko"));
        assert_eq!(cookie(&sent, "well"), None);
    }

    #[test]
    fn the_language_is_the_one_chosen_else_the_first_that_the_browser_names() {
        let accepted = |value| language(&headers(ACCEPT_LANGUAGE, value));
        assert_eq!(accepted("fr, ko-KR;q=0.9, en"), Some(Language::Korean));
        assert_eq!(accepted("fr"), None);
        let chosen = headers(COOKIE, "askwell_language=en");
        assert_eq!(language(&chosen), Some(Language::English));
    }

    #[test]
    fn what_is_no_key_has_no_hash() {
        assert!(hash_of(&"a0".repeat(32)).is_some());
        for wrong in ["", "a0", &"a".repeat(63), &"g".repeat(64), &"a".repeat(65)] {
            assert!(hash_of(wrong).is_none(), "{wrong}");
        }
    }
}
