//! What whoever runs us is told.

use askwell::http::{CHECK_NEIGHBOURS_EVERY, CHECK_STORE_EVERY, LONGEST_CHECK};
use serde_json::{Value, json};

use super::{Edge, content_type};

async fn ready(edge: &Edge) -> (u16, Value) {
    let response = edge.get("/readyz").await;
    let status = response.status().as_u16();
    assert_eq!(content_type(&response), Some("application/json"));
    let body = response.text().await.unwrap();
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn a_process_that_serves_is_alive() {
    let edge = Edge::start().await;
    edge.store.state.falls_ill();
    let response = edge.get("/healthz").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), "ok");
}

#[tokio::test]
async fn ready_is_who_can_keep_what_it_accepts() {
    let edge = Edge::start().await;
    let (status, body) = ready(&edge).await;
    assert_eq!(status, 200);
    let expected = json!({
        "ready": true,
        "store": {"state": "ok"},
        "mattermost": {"state": "ok"},
        "model": {"state": "ok"},
        "backlog": {"waiting": 3, "running": 2, "dead": 1},
    });
    assert_eq!(body, expected);

    edge.store.state.falls_ill();
    edge.clock.advance(CHECK_STORE_EVERY);
    let (status, body) = ready(&edge).await;
    assert_eq!(status, 503);
    assert_eq!(
        body["store"],
        json!({"state": "failing", "failure": "unavailable"})
    );
}

#[tokio::test]
async fn a_neighbour_that_is_ill_is_named_and_does_not_stop_us() {
    let edge = Edge::start().await;
    edge.mattermost.state.falls_ill();
    edge.model.state.falls_ill();
    let (status, body) = ready(&edge).await;
    assert_eq!(status, 200);
    assert_eq!(body["mattermost"]["failure"], "token_refused");
    assert_eq!(body["model"]["failure"], "key_refused");
}

#[tokio::test]
async fn probes_do_not_make_neighbours_work() {
    let edge = Edge::start().await;
    for _ in 0..5 {
        ready(&edge).await;
    }
    let asked = || {
        (
            edge.store.state.asked(),
            edge.mattermost.state.asked(),
            edge.model.state.asked(),
        )
    };
    assert_eq!(asked(), (1, 1, 1));
    edge.clock.advance(CHECK_STORE_EVERY);
    ready(&edge).await;
    assert_eq!(asked(), (2, 1, 1));
    edge.clock.advance(CHECK_NEIGHBOURS_EVERY);
    ready(&edge).await;
    assert_eq!(asked(), (3, 2, 2));
}

#[tokio::test]
async fn a_silent_neighbour_is_waited_for_briefly() {
    let edge = Edge::start().await;
    edge.mattermost.state.falls_silent();
    let late = async {
        edge.clock.until_someone_sleeps_for(LONGEST_CHECK).await;
        edge.clock.advance(LONGEST_CHECK);
    };
    let ((status, body), ()) = tokio::join!(ready(&edge), late);
    assert_eq!(status, 200);
    assert_eq!(
        body["mattermost"],
        json!({"state": "failing", "failure": "silent"})
    );
}
