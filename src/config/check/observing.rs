//! What operators see beside logs.

use std::net::SocketAddr;

use reqwest::header::HeaderMap;

use super::address::address;
use super::model::header;
use crate::config::fault::Fault;
use crate::config::raw::Values;
use crate::config::reference as keys;
use crate::telemetry::TraceSettings;

/// Where metrics are served and traces go, where they do.
#[derive(Clone, Debug, Default)]
pub struct Observing {
    /// Where `/metrics` is served.
    pub metrics: Option<SocketAddr>,
    /// The collector of traces.
    pub traces: Option<TraceSettings>,
}

pub(super) fn settings(values: &Values) -> Option<Observing> {
    let metrics = values.text(&keys::METRICS_LISTEN);
    let traces = values.is_written(&keys::TRACES_ENDPOINT);
    Some(Observing {
        // Its form was read before.
        metrics: metrics.and_then(|address| address.parse().ok()),
        traces: if traces {
            Some(collector(values)?)
        } else {
            None
        },
    })
}

fn collector(values: &Values) -> Option<TraceSettings> {
    let allow = Some(&keys::TRACES_PLAIN_HTTP);
    let endpoint = address(values, &keys::TRACES_ENDPOINT, allow);
    let headers: Option<HeaderMap> = values
        .pairs(&keys::TRACES_HEADERS)
        .iter()
        .map(|(name, value)| header(name, value))
        .collect();
    if headers.is_none() {
        values.report(&keys::TRACES_HEADERS, Fault::Header);
    }
    Some(TraceSettings {
        endpoint: endpoint?,
        headers: headers?,
        sample_ratio: values.decimal(&keys::TRACES_SAMPLE).unwrap_or(1.0),
    })
}
