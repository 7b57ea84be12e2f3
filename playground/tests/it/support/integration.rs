//! An integration: it keeps what it was sent, and answers what it was told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, Uri};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A request as the integration got it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// What it answers next.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: String,
    /// Never answers.
    pub(crate) hangs: bool,
}

impl Told {
    pub(crate) fn json(body: &str) -> Self {
        Self {
            status: 200,
            content_type: Some("application/json".to_owned()),
            body: body.to_owned(),
            hangs: false,
        }
    }

    pub(crate) fn nothing() -> Self {
        Self {
            status: 200,
            content_type: None,
            body: String::new(),
            hangs: false,
        }
    }
}

#[derive(Default)]
struct State {
    told: VecDeque<Told>,
    received: Vec<Received>,
}

pub(crate) struct Integration {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    count: watch::Receiver<usize>,
    _server: JoinSet<()>,
}

impl Integration {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let (counter, count) = watch::channel(0);
        let handler = {
            let state = Arc::clone(&state);
            move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
                let told = {
                    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                    state.received.push(Received {
                        method: method.to_string(),
                        path: uri.to_string(),
                        headers,
                        body: String::from_utf8_lossy(&body).into_owned(),
                    });
                    state.told.pop_front()
                };
                counter.send_modify(|count| *count += 1);
                answer(told.unwrap_or_else(Told::nothing)).await
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        let router = Router::new().fallback(handler);
        server.spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            url,
            state,
            count,
            _server: server,
        }
    }

    pub(crate) fn tell(&self, told: Told) {
        self.lock().told.push_back(told);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.lock().received.clone()
    }

    pub(crate) fn last(&self) -> Received {
        self.received().pop().expect("a request came")
    }

    /// Waits until so many requests came in all.
    pub(crate) async fn wait_for(&self, count: usize) {
        let mut seen = self.count.clone();
        seen.wait_for(|seen| *seen >= count).await.unwrap();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(told: Told) -> Response<Body> {
    if told.hangs {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(told.status);
    if let Some(content_type) = told.content_type {
        response = response.header("content-type", content_type);
    }
    response.body(Body::from(told.body)).unwrap()
}
