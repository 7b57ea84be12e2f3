//! What an operator adds to requests: headers, queries and several keys.

use askwell::llm::{Settings, Way};
use askwell_playground::model::{Reply, ScriptedModel};

use super::{ask, asking, settings};

#[tokio::test]
async fn what_an_operator_adds_to_requests_is_sent_with_each() {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(Reply::text("네."));
    let own = settings(&server.base_url());
    let way = Way {
        headers: vec![("x-team".parse().unwrap(), "blue".parse().unwrap())],
        query: vec![("api-version".into(), "2026 11".into())],
        key_header: Some("api-key".parse().unwrap()),
        ..Way::default()
    };
    let (model, _clock) = asking(Settings { way, ..own });

    ask(&model).await;

    let requests = server.requests();
    let request = requests.first().unwrap();
    assert!(
        request
            .path
            .ends_with("/chat/completions?api-version=2026+11"),
        "{}",
        request.path
    );
    assert_eq!(request.header("x-team"), Some("blue"));
    assert_eq!(request.header("api-key"), Some("sk-very-secret"));
    assert_eq!(request.header("authorization"), None);
}

#[tokio::test]
async fn a_key_that_is_held_back_or_refused_gives_way_to_the_next_at_once() {
    for refusal in [Reply::rate_limited(Some("30")), Reply::unauthorized()] {
        let server = ScriptedModel::start().await;
        server.answer_next(refusal);
        server.answer_otherwise(Reply::text("네."));
        let api_keys = vec!["first".into(), "second".into()];
        let own = settings(&server.base_url());
        let (model, _clock) = asking(Settings { api_keys, ..own });

        for _ in 0..2 {
            assert_eq!(ask(&model).await.text, "네.");
        }

        let requests = server.requests();
        let keys: Vec<_> = requests
            .iter()
            .map(|request| request.header("authorization").unwrap())
            .collect();
        assert_eq!(keys, ["Bearer first", "Bearer second", "Bearer second"]);
    }
}
