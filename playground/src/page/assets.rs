//! The files of the page and the headers they travel with.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY as POLICY, CONTENT_TYPE};
use axum::http::header::{REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::people::Person;

/// What the page may load, run and call: its own files and its own server, nothing else. Text cannot become HTML.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file: its path, its type and its text.
type Asset = (&'static str, &'static str, &'static str);

macro_rules! asset {
    ($kind:expr, $name:literal) => {
        (
            concat!("/playground/", $name),
            $kind,
            include_str!(concat!("../../page/", $name)),
        )
    };
}

const ASSETS: &[Asset] = &[
    ("/", HTML, include_str!("../../page/index.html")),
    asset!("image/svg+xml", "icon.svg"),
    asset!(STYLE, "page.css"),
    asset!(STYLE, "post.css"),
    asset!(SCRIPT, "api.js"),
    asset!(SCRIPT, "app.js"),
    asset!(SCRIPT, "blocks.js"),
    asset!(SCRIPT, "composer.js"),
    asset!(SCRIPT, "emoji.js"),
    asset!(SCRIPT, "events.js"),
    asset!(SCRIPT, "highlight.js"),
    asset!(SCRIPT, "icons.js"),
    asset!(SCRIPT, "inline.js"),
    asset!(SCRIPT, "login.js"),
    asset!(SCRIPT, "markdown.js"),
    asset!(SCRIPT, "pane.js"),
    asset!(SCRIPT, "post.js"),
    asset!(SCRIPT, "sidebar.js"),
    asset!(SCRIPT, "socket.js"),
    asset!(SCRIPT, "state.js"),
    asset!(SCRIPT, "strings.js"),
];

/// The page at `/`, its files under `/playground/`, and at `/playground/people.json` whoever may be chosen on its
/// login screen: nobody on a server that was started empty.
pub fn router<S, F>(people: F) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    F: Fn() -> Vec<Person> + Clone + Send + Sync + 'static,
{
    let listed = move || {
        let people = serde_json::json!(people()).to_string();
        std::future::ready(file("application/json", people))
    };
    let router = Router::new().route("/playground/people.json", get(listed));
    ASSETS.iter().fold(router, |router, &(path, kind, text)| {
        router.route(path, get(move || std::future::ready(file(kind, text))))
    })
}

fn file(kind: &'static str, body: impl IntoResponse) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (POLICY, CONTENT_SECURITY_POLICY),
        (CACHE_CONTROL, "no-cache"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    (headers, body).into_response()
}
