//! Where metrics are served and traces go, right and wrong.

use super::{COMPLETE, good, wrong};
use crate::config::{Colours, Observing};

const COLLECTOR: &str = "[traces]\nendpoint = \"http://127.0.0.1:4318/v1/traces\"\n";

fn observing(toml: &str) -> Observing {
    good(&[], COMPLETE, toml).observing
}

#[test]
fn nothing_is_served_and_nothing_sent_unless_it_is_configured() {
    let Observing { metrics, traces } = observing("[traces]\nsample_ratio = 0.5\n");
    assert!(metrics.is_none() && traces.is_none());
}

#[test]
fn a_collector_is_reached_at_the_path_that_is_written_and_its_headers_never_print() {
    let toml = format!("{COLLECTOR}headers = {{ authorization = \"Bearer s3cret\" }}\n");
    let traces = observing(&toml).traces.unwrap();
    assert_eq!(traces.endpoint.as_str(), "http://127.0.0.1:4318/v1/traces");
    assert!((traces.sample_ratio - 1.0).abs() < f64::EPSILON);
    assert_eq!(traces.headers["authorization"], "Bearer s3cret");
    let shown = format!("{traces:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn metrics_are_served_where_it_is_said() {
    let served = observing("[metrics]\nlisten = \"127.0.0.1:9464\"\n");
    assert_eq!(served.metrics, "127.0.0.1:9464".parse().ok());
    let by_environment = good(&[("ASKWELL_METRICS_LISTEN", "[::1]:9464")], COMPLETE, "");
    assert_eq!(by_environment.observing.metrics, "[::1]:9464".parse().ok());
}

#[test]
fn what_cannot_be_is_said_with_its_key() {
    let public = "[traces]\nendpoint = \"http://traces.example.com/v1/traces\"\n";
    for (toml, key) in [
        (public.to_owned(), "endpoint"),
        (
            format!("{COLLECTOR}headers = {{ \"a b\" = \"x\" }}\n"),
            "headers",
        ),
        (
            format!("{COLLECTOR}headers = {{ a = \"x\\ny\" }}\n"),
            "headers",
        ),
        (format!("{COLLECTOR}sample_ratio = 1.5\n"), "sample_ratio"),
        (format!("{COLLECTOR}sample_ratio = -0.1\n"), "sample_ratio"),
        ("[metrics]\nlisten = \"9464\"\n".to_owned(), "listen"),
        (
            "[metrics]\nlisten = \"example.com:9464\"\n".to_owned(),
            "listen",
        ),
    ] {
        let said = wrong(&[], COMPLETE, &toml).render(Colours::Absent);
        assert!(said.contains(key), "{toml}: {said}");
    }
    let allowed = observing(&format!("{public}allow_plain_http = true\n"));
    assert!(allowed.traces.is_some());
}
