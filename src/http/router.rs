//! Every route on one page.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{get, post};
use tokio::sync::watch;
use url::Url;

use super::actions::{self, Desk, MAX_PRESS_BYTES, Obey, Office};
use super::body::Bounds;
use super::health::{self, Health, Neighbours};
use super::hooks::{self, Edge, Receive, Recipient};
use super::{Settings, Tokens, panics};
use crate::domain::id::ServerId;
use crate::mattermost::ACTIONS_PATH;
use crate::mattermost::socket::Hears;
use crate::ports::{Clock, IdSource, LanguageModel, Mattermost, Store};
use crate::text::Language;

/// A bot that is served: its Mattermost, its model, and who takes what is sent to it. Its tokens say that something is.
pub struct Site {
    /// The name under which what belongs to it is stored.
    pub server: ServerId,
    /// The language of what the edge itself says.
    pub language: Language,
    /// Whom to believe.
    pub tokens: Tokens,
    /// Takes events.
    pub intake: Arc<dyn Receive>,
    /// Does what pressed buttons ask for.
    pub controls: Arc<dyn Obey>,
    /// Where buttons report to, where there are any: our own address as Mattermost reaches it.
    pub actions_url: Option<Url>,
    /// Whether the bot hears, where it is to.
    pub hears: Option<watch::Receiver<Hears>>,
    /// Asked whether it answers.
    pub mattermost: Arc<dyn Mattermost>,
    /// Asked whether it answers.
    pub model: Arc<dyn LanguageModel>,
}

/// What the edge needs of the rest of the house.
pub struct World {
    /// The bots that are served; the first is the one of whom nothing is known when somebody shows no token.
    pub sites: Vec<Site>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn IdSource>,
    /// Asked whether it can be written.
    pub store: Arc<dyn Store>,
}

/// Routes everything that is served.
pub fn router(settings: &Settings, world: World) -> Router {
    let neighbours = world.sites.iter().map(Neighbours::of).collect();
    let health = Arc::new(Health::new(world.clock.clone(), world.store, neighbours));
    let bounds = Bounds::new(settings.max_body_bytes, settings.body_timeout);
    let office = Arc::new(Office {
        desks: world.sites.iter().filter_map(Desk::of).collect(),
        bounds: Bounds::new(MAX_PRESS_BYTES, settings.body_timeout),
        clock: world.clock.clone(),
    });
    let edge = Arc::new(Edge {
        sites: world.sites.into_iter().map(Recipient::of).collect(),
        bounds,
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
    // Where no button was ever made, nothing can be pressed.
    let buttons = if office.desks.is_empty() {
        Router::new()
    } else {
        Router::new()
            .route(ACTIONS_PATH, post(actions::press))
            .with_state(office)
    };
    hooks
        .merge(probes)
        .merge(buttons)
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
