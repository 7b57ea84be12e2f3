//! The models, and how each does as far as this process has seen.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::Site;
use super::layout::{Frame, Place, Words, page};
use super::router::House;
use super::shown::{duration, duration_or_dash, number};
use super::visitor::Visitor;
use crate::domain::figures::{ModelHealth, ModelState};
use crate::domain::question::{Failure, Outcome};
use crate::domain::time::Timestamp;
use crate::text::{PageSaying, PageWord, remedy_word};

#[derive(Template)]
#[template(path = "models.html")]
struct Models {
    frame: Frame,
    rows: Vec<ModelRow>,
}

/// A model.
pub(super) struct ModelRow {
    pub(super) id: String,
    pub(super) state: PageWord,
    pub(super) tone: &'static str,
    /// Why it is not asked, and for how long.
    pub(super) why: Option<String>,
    /// What to do about that.
    pub(super) remedy: Option<PageWord>,
    pub(super) first_most: String,
    pub(super) writing: String,
    pub(super) window: String,
}

/// `/models`
pub(super) async fn show(State(house): State<Arc<House>>, visitor: Visitor) -> Response {
    let frame = Frame::of(&visitor, Place::Models);
    let rows = model_rows(&visitor.site, frame.words, house.world.clock.now());
    page(StatusCode::OK, &Models { frame, rows })
}

/// Returns how the models of a bot do.
pub(super) fn model_rows(site: &Site, words: Words, now: Timestamp) -> Vec<ModelRow> {
    let health = site.model.health();
    health.iter().map(|model| row(model, words, now)).collect()
}

fn row(model: &ModelHealth, words: Words, now: Timestamp) -> ModelRow {
    let ModelHealth {
        id,
        state,
        first_token_p95,
        writing,
        most_at_once,
        window_tokens,
    } = model;
    let count = |count: usize| number(u64::try_from(count).unwrap_or(u64::MAX));
    let (word, tone, why, remedy) = match *state {
        ModelState::Asked => (PageWord::ModelAsked, "good", None, None),
        ModelState::Failing => (PageWord::ModelFailing, "warn", None, None),
        ModelState::Resting { until, because } => {
            let wait = duration(until.since(now)).into();
            let outcome = Outcome::Failed(Failure::Model(because));
            let word = outcome.as_str().trim_start_matches("failed:").into();
            let why = words.tell(&PageSaying::RestsFor { wait, word });
            let remedy = remedy_word(&Failure::Model(because));
            (PageWord::ModelResting, "bad", Some(why), Some(remedy))
        }
    };
    ModelRow {
        id: id.clone(),
        state: word,
        tone,
        why,
        remedy,
        first_most: duration_or_dash(*first_token_p95),
        writing: match most_at_once {
            Some(most) => format!("{} / {}", count(*writing), count(*most)),
            None => count(*writing),
        },
        window: number(u64::from(*window_tokens)),
    }
}
