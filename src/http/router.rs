//! Every route on one page.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{get, post};

use super::body::Bounds;
use super::health::{self, Health};
use super::hooks::{self, Edge, Keys, Receive};
use super::{Settings, panics};
use crate::domain::id::ServerId;
use crate::ports::{Clock, IdSource, LanguageModel, Mattermost, Store};
use crate::text::Language;

/// What the edge needs of the rest of the house.
pub struct World {
    /// The server whose tokens are configured.
    pub server: ServerId,
    /// The language of what the edge itself says.
    pub language: Language,
    /// Takes events.
    pub intake: Arc<dyn Receive>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn IdSource>,
    /// Asked whether it can be written.
    pub store: Arc<dyn Store>,
    /// Asked whether it answers.
    pub mattermost: Arc<dyn Mattermost>,
    /// Asked whether it answers.
    pub model: Arc<dyn LanguageModel>,
}

/// Routes everything that is served.
pub fn router(settings: &Settings, world: World) -> Router {
    let health = Arc::new(Health::new(
        world.clock.clone(),
        world.store,
        world.mattermost,
        world.model,
    ));
    let edge = Arc::new(Edge {
        server: world.server,
        language: world.language,
        keys: Keys::new(settings),
        bounds: Bounds::new(settings.max_body_bytes, settings.body_timeout),
        intake: world.intake,
        clock: world.clock,
        ids: world.ids,
    });

    // GET alone would serve HEAD too, and ask a question whose answer nobody sees.
    let any = post(hooks::any).get(hooks::any).head(refuse_method);
    let command = post(hooks::command).get(hooks::command).head(refuse_method);
    let outgoing = post(hooks::outgoing);
    let hooks = Router::new()
        .route("/mattermost-gpt", any)
        .route("/hooks/command", command)
        .route("/hooks/outgoing", outgoing)
        .with_state(edge);
    let probes = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .with_state(health);
    hooks
        .merge(probes)
        .fallback(refuse_path)
        .method_not_allowed_fallback(refuse_method)
        .layer(middleware::from_fn(panics::catch))
}

async fn refuse_path() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "not found\n")
}

async fn refuse_method() -> (StatusCode, &'static str) {
    (StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n")
}
