//! The door: a link that is good once is spent by a button, not by being looked at, and begins a session that a cookie holds.
//!
//! Mattermost and mail scanners look at links before people do; so opening one shows a button, and the button spends it.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::form::{Form, OpenForm};
use super::layout::{Told, Words, page};
use super::router::House;
use super::visitor::{LANGUAGE_COOKIE, Stranger, cookie, cookie_name, failed, hash_of};
use crate::domain::door::SESSION_LIFE;
use crate::domain::time::Timestamp;
use crate::text::{Language, PageWord};

/// How many links that are good for nothing may be shown within [`KNOCKS_FORGOTTEN`]: no person shows so many, and nobody can guess one.
pub(super) const MOST_KNOCKS: u32 = 30;

/// See [`MOST_KNOCKS`].
pub(super) const KNOCKS_FORGOTTEN: Duration = Duration::from_mins(1);

/// How long the chosen language is kept.
const LANGUAGE_KEPT: Duration = Duration::from_hours(365 * 24);

/// How often a link was shown that is good for nothing.
pub(super) struct Knocks {
    counted_from: Timestamp,
    count: u32,
}

impl Default for Knocks {
    fn default() -> Self {
        Self {
            counted_from: Timestamp::EPOCH,
            count: 0,
        }
    }
}

impl Knocks {
    fn are_too_many(&mut self, now: Timestamp) -> bool {
        if now.since(self.counted_from) >= KNOCKS_FORGOTTEN {
            self.counted_from = now;
            self.count = 0;
        }
        self.count >= MOST_KNOCKS
    }

    fn count(&mut self) {
        self.count = self.count.saturating_add(1);
    }
}

#[derive(Deserialize)]
pub(super) struct Key {
    #[serde(default)]
    key: String,
}

#[derive(Template)]
#[template(path = "enter.html")]
struct Enter<'a> {
    words: Words,
    key: &'a str,
}

/// `GET /enter`: the button that spends a link.
pub(super) async fn ask(stranger: Stranger, Query(Key { key }): Query<Key>) -> Response {
    if hash_of(&key).is_none() {
        return no_link(stranger.language);
    }
    let words = Words(stranger.language);
    page(StatusCode::OK, &Enter { words, key: &key })
}

fn no_link(language: Language) -> Response {
    Told::new(language, PageWord::LinkSpent, PageWord::LinkSpentMore).with(StatusCode::UNAUTHORIZED)
}

/// `POST /enter`: spends a link, and begins a session.
pub(super) async fn enter(
    State(house): State<Arc<House>>,
    stranger: Stranger,
    headers: HeaderMap,
    OpenForm(fields): OpenForm,
) -> Response {
    let (world, language) = (&house.world, stranger.language);
    let now = world.clock.now();
    let held = format!("{:032x}{:032x}", world.ids.token(), world.ids.token());
    let (Some(link), Some(session)) = (hash_of(fields.get("key")), hash_of(&held)) else {
        return good_for_nothing(&house, language);
    };
    match world.store.enter(&link, &session, now).await {
        Ok(Some(begun)) => {
            tracing::info!(person.id = %begun.of.id, "somebody opened the page for administrators");
        }
        Ok(None) => return good_for_nothing(&house, language),
        Err(error) => return failed(&error).reply(language),
    }
    // What the browser held before is left, so that it cannot be gone on with.
    let before = cookie(&headers, cookie_name(house.is_https())).and_then(hash_of);
    if let Some(before) = before
        && let Err(error) = world.store.leave(&before, now).await
    {
        return failed(&error).reply(language);
    }
    let mut response = go_to("/");
    set_cookie(&mut response, &house.session_cookie(&held, SESSION_LIFE));
    response
}

/// Says that a link is good for nothing, until too many were. One that is good is taken all the same: nobody who knocks shuts others out.
fn good_for_nothing(house: &House, language: Language) -> Response {
    let mut knocks = house.knocks();
    if knocks.are_too_many(house.world.clock.now()) {
        return Told::new(language, PageWord::TooMany, PageWord::TooManyMore)
            .with(StatusCode::TOO_MANY_REQUESTS);
    }
    knocks.count();
    no_link(language)
}

/// `POST /leave`: ends the session.
pub(super) async fn leave(State(house): State<Arc<House>>, form: Form) -> Response {
    let (world, visitor) = (&house.world, form.visitor);
    let left = world.store.leave(&visitor.key, world.clock.now()).await;
    if let Err(error) = left {
        return failed(&error).reply(visitor.language);
    }
    let told = Told::new(
        visitor.language,
        PageWord::SignedOutNow,
        PageWord::HowToSignIn,
    );
    let mut response = told.with(StatusCode::OK);
    set_cookie(&mut response, &house.session_cookie("", Duration::ZERO));
    response
}

/// `POST /language`: chooses a language, and goes back to where it was chosen.
pub(super) async fn speak(State(house): State<Arc<House>>, form: Form) -> Response {
    let language: Language = form
        .fields
        .get("language")
        .parse()
        .unwrap_or(form.visitor.language);
    let mut response = go_to(own_path(form.fields.get("back")));
    let secure = if house.is_https() { "; Secure" } else { "" };
    let cookie = format!(
        "{LANGUAGE_COOKIE}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
        language.code(),
        LANGUAGE_KEPT.as_secs()
    );
    set_cookie(&mut response, &cookie);
    response
}

/// Returns a path of ours, or `/` for what may lead elsewhere.
fn own_path(path: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/?=&_-.".contains(&byte);
    if path.starts_with('/') && !path.starts_with("//") && path.bytes().all(is_plain) {
        path
    } else {
        "/"
    }
}

/// Sends a browser elsewhere on the page, with GET.
pub(super) fn go_to(path: &str) -> Response {
    let mut response = Response::new(axum::body::Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, location);
    response
}

fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

impl House {
    fn session_cookie(&self, held: &str, kept: Duration) -> String {
        let is_https = self.is_https();
        let secure = if is_https { "; Secure" } else { "" };
        format!(
            "{}={held}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
            cookie_name(is_https),
            kept.as_secs()
        )
    }

    fn knocks(&self) -> std::sync::MutexGuard<'_, Knocks> {
        // No code panics while it holds this lock, and two numbers are whole in any case.
        self.knocks
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_knocks_are_too_many_until_they_are_forgotten() {
        let mut knocks = Knocks::default();
        let now = Timestamp::EPOCH.after(Duration::from_hours(1));
        for _ in 0..MOST_KNOCKS {
            assert!(!knocks.are_too_many(now));
            knocks.count();
        }
        assert!(knocks.are_too_many(now));
        assert!(!knocks.are_too_many(now.after(KNOCKS_FORGOTTEN)));
    }

    #[test]
    fn nobody_is_led_elsewhere() {
        for (written, path) in [
            ("/audit?before=3", "/audit?before=3"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/a\r\nset-cookie: x", "/"),
            ("", "/"),
        ] {
            assert_eq!(own_path(written), path, "{written}");
        }
    }
}
