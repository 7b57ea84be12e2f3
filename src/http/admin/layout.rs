//! What stands around every page, and the pages that say one thing.

use std::borrow::Borrow;

use askama::Template;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{Response, StatusCode};

use super::assets;
use super::visitor::Visitor;
use crate::http::reply;
use crate::text::{Language, PageSaying, PageWord, say_of_page, word_of_page};

/// Says words in a language, for templates.
#[derive(Clone, Copy)]
pub(super) struct Words(pub(super) Language);

impl Words {
    /// Templates have a word itself where it is written there, and a reference where it is a field.
    pub(super) fn say(self, word: impl Borrow<PageWord>) -> String {
        word_of_page(self.0, *word.borrow())
    }

    pub(super) fn tell(self, saying: &PageSaying<'_>) -> String {
        say_of_page(self.0, saying)
    }

    pub(super) fn code(self) -> &'static str {
        self.0.code()
    }

    /// Returns the digits behind the names of files.
    #[expect(
        clippy::unused_self,
        reason = "templates reach it through what they have"
    )]
    pub(super) fn edition(self) -> &'static str {
        assets::edition()
    }
}

/// A page of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Overview,
    Answers,
    Failures,
    Dead,
    Questions,
    Usage,
    Budgets,
    Models,
    Channels,
    Settings,
    Audit,
}

/// A group of pages in the navigation.
pub(super) struct Group {
    pub(super) title: PageWord,
    pub(super) links: &'static [NavLink],
}

/// A page in the navigation.
pub(super) struct NavLink {
    place: Place,
    pub(super) path: &'static str,
    pub(super) title: PageWord,
}

const fn link(place: Place, path: &'static str, title: PageWord) -> NavLink {
    NavLink { place, path, title }
}

static NAVIGATION: [Group; 3] = [
    Group {
        title: PageWord::GroupNow,
        links: &[
            link(Place::Overview, "/", PageWord::Overview),
            link(Place::Answers, "/answers", PageWord::InProgress),
            link(Place::Failures, "/failures", PageWord::Failures),
            link(Place::Dead, "/dead", PageWord::DeadLetters),
        ],
    },
    Group {
        title: PageWord::GroupUse,
        links: &[
            link(Place::Questions, "/questions", PageWord::Questions),
            link(Place::Usage, "/usage", PageWord::Usage),
            link(Place::Budgets, "/budgets", PageWord::Budgets),
        ],
    },
    Group {
        title: PageWord::GroupSetUp,
        links: &[
            link(Place::Models, "/models", PageWord::Models),
            link(Place::Channels, "/channels", PageWord::Channels),
            link(Place::Settings, "/settings", PageWord::Settings),
            link(Place::Audit, "/audit", PageWord::AuditTrail),
        ],
    },
];

/// What stands around a page that somebody has open.
pub(super) struct Frame {
    pub(super) words: Words,
    pub(super) title: PageWord,
    pub(super) form_token: String,
    pub(super) person: String,
    pub(super) server: String,
    /// Where choosing a language leads back to.
    pub(super) back: &'static str,
    place: Place,
}

impl Frame {
    pub(super) fn of(visitor: &Visitor, place: Place) -> Self {
        let mut links = NAVIGATION.iter().flat_map(|group| group.links);
        let own = links.find(|link| link.place == place);
        Self {
            words: Words(visitor.language),
            title: own.map_or(PageWord::Overview, |link| link.title),
            form_token: visitor.form_token.clone(),
            person: visitor.session.of.name.clone(),
            server: visitor.session.of.server.to_string(),
            back: own.map_or("/", |link| link.path),
            place,
        }
    }

    #[expect(
        clippy::unused_self,
        reason = "templates reach it through what they have"
    )]
    pub(super) fn navigation(&self) -> &'static [Group] {
        &NAVIGATION
    }

    pub(super) fn is_here(&self, link: &NavLink) -> bool {
        link.place == self.place
    }

    /// Returns the language that can be chosen instead, and what it calls itself.
    pub(super) fn other_language(&self) -> (&'static str, &'static str) {
        match self.words.0 {
            Language::Korean => ("en", "English"),
            Language::English => ("ko", "한국어"),
        }
    }
}

/// Sends a page, or a part of one.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response<Body> {
    let Ok(html) = template.render() else {
        // Writing to a string fails for no reason that we know of.
        tracing::error!("a page for administrators could not be written");
        return reply::empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, html);
    response
}

/// A page that says one thing.
#[derive(Template)]
#[template(path = "told.html")]
pub(super) struct Told {
    words: Words,
    what: PageWord,
    more: PageWord,
}

impl Told {
    pub(super) fn new(language: Language, what: PageWord, more: PageWord) -> Self {
        let words = Words(language);
        Self { words, what, more }
    }

    pub(super) fn with(&self, status: StatusCode) -> Response<Body> {
        page(status, self)
    }
}
