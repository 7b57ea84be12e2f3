//! That labels are bounded, whatever comes; and that amounts add up.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn names(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|name| (*name).to_owned()).collect()
}

fn configured() -> Names {
    Names {
        targets: names(&["default", "second"]),
        servers: names(&["mattermost"]),
        budgets: names(&["team"]),
    }
}

/// Tells everything that takes a name, under this one.
fn tell_all(metrics: &Metrics, name: &str) {
    let second = Duration::from_secs(1);
    metrics.called_model(name, "ok");
    metrics.first_token(name, second);
    metrics.wrote(name, 10, second);
    metrics.used(
        name,
        Tokens {
            prompt: 1,
            cached: 1,
            completion: 1,
            reasoning: 1,
        },
    );
    metrics.cost(name, 1);
    metrics.breaks(name, Breaking::Open);
    metrics.budget_used(name, 0.5);
    metrics.called_mattermost(name, "ping", StatusClass::of(Some(429)));
    metrics.limits(name, 1.0, 1);
    metrics.hears(name, true);
    metrics.missed(name);
    metrics.lost_connection(name);
    metrics.waits(name, Waiting::default());
}

/// What stands in labels of a text, without the bounds of buckets.
fn label_values(text: &str) -> BTreeSet<String> {
    let labels = samples(text).into_iter().flat_map(|sample| sample.labels);
    let named = labels.filter(|(label, _)| label != "le");
    named.map(|(_, value)| value).collect()
}

/// Every series there can be, for the configured names.
fn all_series() -> Metrics {
    let metrics = Metrics::new(configured());
    for name in ["default", "second", "mattermost", "team", "nobody"] {
        tell_all(&metrics, name);
    }
    metrics
}

fn series(metrics: &Metrics) -> usize {
    samples(&metrics.text()).len()
}

proptest! {
    #[test]
    fn no_name_from_outside_makes_a_new_label_value(
        hostile in prop::collection::vec(prop_oneof!["\\PC{0,40}", "default.?", "(?s).{0,40}", "[\"\\\\\n}{,= ]{1,20}"], 1..40),
        status in any::<u16>(),
    ) {
        let metrics = all_series();
        let (known, before) = (label_values(&metrics.text()), series(&metrics));
        for name in &hostile {
            tell_all(&metrics, name);
        }
        prop_assert_eq!(&label_values(&metrics.text()), &known);
        prop_assert_eq!(series(&metrics), before);
        metrics.called_mattermost("mattermost", "ping", StatusClass::of(Some(status)));
        let classes = ["2xx", "429", "4xx", "5xx", "none"].map(str::to_owned);
        let known: BTreeSet<_> = known.into_iter().chain(classes).collect();
        prop_assert!(label_values(&metrics.text()).is_subset(&known));
    }

    #[test]
    fn a_label_is_read_back_as_it_was_written(name in "(?s).{1,30}") {
        let metrics = Metrics::new(Names { targets: names(&[&name]), ..Names::default() });
        metrics.called_model(&name, "ok");
        let found = samples(&metrics.text());
        prop_assert!(found.iter().any(|sample| {
            sample.is("askwell_model_calls_total", &[("target", &name), ("result", "ok")])
        }), "{}", metrics.text());
    }

    #[test]
    fn what_calls_cost_adds_up_and_never_falls(costs in prop::collection::vec(any::<i64>(), 0..30)) {
        let metrics = Metrics::new(configured());
        let mut before = 0.0;
        for cost in costs {
            metrics.cost("default", cost);
            let samples = samples(&metrics.text());
            let now = samples.iter().find(|sample| sample.name == "askwell_cost_dollars_total");
            let now = now.map_or(0.0, |sample| sample.value);
            prop_assert!(now >= before && now.is_finite());
            before = now;
        }
    }
}

fn value(metrics: &Metrics, name: &str) -> f64 {
    let found = samples(&metrics.text());
    let found = found.into_iter().find(|sample| sample.name == name);
    found.map_or(f64::NAN, |sample| sample.value)
}

#[test]
fn cents_are_cents() {
    let metrics = Metrics::new(configured());
    metrics.cost("default", 12_340_000_000);
    metrics.cost("default", 10_000_000);
    metrics.cost("default", -5);
    let dollars = value(&metrics, "askwell_cost_dollars_total");
    assert!((dollars - 12.35).abs() < 1e-9, "{dollars}");
}

#[test]
fn a_budget_that_is_no_number_is_not_used() {
    let metrics = Metrics::new(configured());
    for (told, shown) in [
        (f64::NAN, 0.0),
        (f64::INFINITY, 0.0),
        (-1.0, 0.0),
        (0.25, 0.25),
        (1.5, 1.5),
    ] {
        metrics.budget_used("team", told);
        let used = value(&metrics, "askwell_budget_used_ratio");
        assert!((used - shown).abs() < 1e-9, "{told} is {used}");
    }
}

#[test]
fn nothing_is_said_of_how_fast_a_model_writes_that_wrote_all_at_once() {
    let metrics = Metrics::new(configured());
    metrics.wrote("default", 100, Duration::from_millis(9));
    metrics.wrote("default", 0, Duration::from_secs(9));
    assert!(value(&metrics, "askwell_tokens_per_second_count").is_nan());
    metrics.wrote("default", 100, Duration::from_millis(10));
    let rate = value(&metrics, "askwell_tokens_per_second_sum");
    assert!((rate - 10_000.0).abs() < 1e-6, "{rate}");
}
