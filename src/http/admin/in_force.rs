//! The settings as they are in force, and where each comes from. No secret is among them.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::layout::{Frame, Place, Words, page};
use super::router::House;
use super::visitor::Visitor;
use super::{InForce, Source};
use crate::text::{PageSaying, PageWord};

#[derive(Template)]
#[template(path = "settings.html")]
struct Settings {
    frame: Frame,
    sections: Vec<Section>,
}

/// A table of the configuration.
struct Section {
    title: String,
    rows: Vec<SettingRow>,
}

struct SettingRow {
    name: String,
    value: String,
    source: String,
    is_default: bool,
}

/// `/settings`
pub(super) async fn show(State(_house): State<Arc<House>>, visitor: Visitor) -> Response {
    let frame = Frame::of(&visitor, Place::Settings);
    let mut sections: Vec<Section> = Vec::new();
    for setting in &visitor.site.in_force {
        let row = row(setting, frame.words);
        match sections.last_mut() {
            Some(last) if last.title == setting.section => last.rows.push(row),
            Some(_) | None => sections.push(Section {
                title: setting.section.clone(),
                rows: vec![row],
            }),
        }
    }
    page(StatusCode::OK, &Settings { frame, sections })
}

fn row(setting: &InForce, words: Words) -> SettingRow {
    let from = |name: &str| words.tell(&PageSaying::From { name: name.into() });
    SettingRow {
        name: setting.name.clone(),
        value: setting.value.clone().unwrap_or_else(|| "–".to_owned()),
        source: match &setting.source {
            Source::Default => words.say(PageWord::ByDefault),
            Source::Environment(name) | Source::File(name) => from(name),
        },
        is_default: setting.source == Source::Default,
    }
}
