//! What the targets of a router cost.

use std::collections::BTreeMap;
use std::sync::Arc;

use askwell::clock::SystemIds;
use askwell::domain::money::Price;
use askwell::llm::{Models, Router, Settings, TargetSettings};

use super::settings;
use crate::clock::ManualClock;

const FREE: Price = Price {
    input: 0,
    cached_input: 0,
    output: 0,
};

const MINI: Price = Price {
    input: 150_000,
    cached_input: 75_000,
    output: 600_000,
};

fn router(targets: Vec<(&str, Settings)>) -> Router {
    let targets = targets.into_iter().map(|(id, settings)| TargetSettings {
        id: id.to_owned(),
        settings,
        most_at_once: None,
        fallbacks: Vec::new(),
    });
    let models = Models {
        targets: targets.collect(),
        routes: BTreeMap::new(),
    };
    Router::new(&models, Arc::new(ManualClock::new()), Arc::new(SystemIds)).unwrap()
}

#[test]
fn each_target_costs_what_is_written_or_listed_and_what_is_neither_is_unknown() {
    let openai = Settings {
        model: Some("gpt-4o-mini".into()),
        ..settings("https://api.openai.com/v1")
    };
    let own = Settings {
        price: Some(FREE),
        ..settings("http://127.0.0.1:11434/v1")
    };
    let unnamed = Settings {
        model: None,
        ..settings("http://127.0.0.1:11434/v1")
    };
    let router = router(vec![
        ("default", openai),
        ("own", own),
        ("unnamed", unnamed),
    ]);
    for (target, model, price) in [
        ("default", None, Some(MINI)),
        ("default", Some("gpt-4o-mini-2024-07-18"), Some(MINI)),
        ("default", Some("gpt-of-nobody"), None),
        ("own", None, Some(FREE)),
        ("own", Some("smollm2"), Some(FREE)),
        ("own", Some("gpt-4o-mini"), None),
        ("unnamed", None, None),
        ("nobody", None, None),
    ] {
        assert_eq!(router.price(target, model), price, "{target} {model:?}");
    }
}
