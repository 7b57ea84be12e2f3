//! Every route of the page, on one page.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};

use super::door::Knocks;
use super::hours::Hours;
use super::layout::Told;
use super::names::Names;
use super::visitor::Stranger;
use super::{
    World, answers, assets, budgets, channels, dead, door, failures, headers, in_force, overview,
    questions, targets, trail, usage,
};
use crate::http::panics;
use crate::text::PageWord;

/// The world, and what this process alone knows.
pub(super) struct House {
    pub(super) world: World,
    pub(super) names: Names,
    pub(super) hours: Hours,
    /// How often a link was shown lately that is good for nothing. Never held across an await.
    pub(super) knocks: Mutex<Knocks>,
}

/// Routes everything that the page consists of.
pub fn router(world: World) -> Router {
    let house = Arc::new(House {
        names: Names::default(),
        hours: Hours::default(),
        knocks: Mutex::default(),
        world,
    });
    let figures = Router::new()
        .route("/", get(overview::show))
        .route("/now", get(overview::now))
        .route("/answers", get(answers::show))
        .route("/answers/now", get(answers::now))
        .route("/answers/{id}/stop", post(answers::stop))
        .route("/questions", get(questions::list))
        .route("/questions/{id}", get(questions::one))
        .route("/questions/{id}/texts", post(questions::look))
        .route("/budgets", get(budgets::show))
        .route("/budgets/grant", post(budgets::grant))
        .route("/usage", get(usage::show))
        .route("/models", get(targets::show))
        .route("/channels", get(channels::show))
        .route("/failures", get(failures::show))
        .route("/dead", get(dead::show))
        .route("/dead/{id}/retry", post(dead::retry))
        .route("/audit", get(trail::show))
        .route("/settings", get(in_force::show));
    let doors = Router::new()
        .route("/enter", get(door::ask).post(door::enter))
        .route("/leave", post(door::leave))
        .route("/language", post(door::speak));
    figures
        .merge(doors)
        .route("/assets/{name}", get(assets::fetch))
        .fallback(no_such_page)
        .with_state(house)
        .layer(middleware::from_fn(headers::add))
        .layer(middleware::from_fn(panics::catch))
}

async fn no_such_page(stranger: Stranger) -> Response {
    Told::new(
        stranger.language,
        PageWord::NoSuchPage,
        PageWord::NoSuchPageMore,
    )
    .with(StatusCode::NOT_FOUND)
}
