//! Sending requests under the server's limits: where it may call, for how long, and how much it reads.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE};
use serde::Serialize;

use crate::shared::Shared;
use crate::world::answer::Answer;
use crate::world::event::go_json;

/// The most of a reply that is read; the rest is cut off, so that JSON no longer parses.
const MAX_REPLY: usize = 1024 * 1024;

/// The server's client never waits longer, whatever the setting says.
const MAX_TIMEOUT: Duration = Duration::from_secs(30);

/// Posts JSON to a URL.
pub(super) async fn post_json(shared: &Shared, url: &str, payload: &impl Serialize) -> Answer {
    let request = shared
        .integrations
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json")
        .header(ACCEPT_ENCODING, "gzip")
        .body(go_json(payload));
    send(shared, url, request).await
}

/// Sends a request under the server's limits of address, time and size.
pub(super) async fn send(shared: &Shared, url: &str, request: reqwest::RequestBuilder) -> Answer {
    let (allowed, timeout) = shared.read(|world| {
        let settings = &world.settings;
        (
            may_call(url, &settings.allowed_untrusted_internal_connections),
            settings.integration_timeout.min(MAX_TIMEOUT),
        )
    });
    if !allowed {
        return Answer::Failed;
    }
    tokio::select! {
        answer = receive(request) => answer.unwrap_or(Answer::Failed),
        () = shared.time.sleep(timeout) => Answer::Failed,
        () = shared.closing.cancelled() => Answer::Failed,
    }
}

async fn receive(request: reqwest::RequestBuilder) -> Option<Answer> {
    let response = request.send().await.ok()?;
    let status = response.status();
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default();
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.ok()?);
        if body.len() >= MAX_REPLY {
            body.truncate(MAX_REPLY);
            break;
        }
    }
    Some(Answer::Http {
        status: status.as_u16(),
        reason: status.canonical_reason().unwrap_or_default().to_owned(),
        content_type,
        body,
    })
}

/// Whether the server may call a URL: not into its own network, unless the list names the host or its range.
fn may_call(url: &str, list: &str) -> bool {
    let Some(host) = url::Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
    else {
        return false;
    };
    let mut entries = list.split([' ', ',']).filter(|entry| !entry.is_empty());
    if entries.clone().any(|entry| entry == host) {
        return true;
    }
    let address = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address,
        Err(_) if host == "localhost" => IpAddr::from([127, 0, 0, 1]),
        Err(_) => return true,
    };
    !is_internal(address) || entries.any(|entry| range_holds(entry, address))
}

fn is_internal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified()
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
        }
    }
}

/// Whether a range such as `127.0.0.0/8` holds an address.
fn range_holds(range: &str, address: IpAddr) -> bool {
    let Some((base, length)) = range.split_once('/') else {
        return false;
    };
    let (Ok(base), Ok(length)) = (base.parse::<IpAddr>(), length.parse::<u32>()) else {
        return false;
    };
    let same_prefix = |one: u128, other: u128, bits: u32| {
        let shift = bits.saturating_sub(length);
        shift >= 128 || one >> shift == other >> shift
    };
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => same_prefix(
            u128::from(u32::from(base)),
            u128::from(u32::from(address)),
            32,
        ),
        (IpAddr::V6(base), IpAddr::V6(address)) => {
            same_prefix(u128::from(base), u128::from(address), 128)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_server_does_not_call_into_its_own_network() {
        assert!(!may_call("http://127.0.0.1:8000/x", ""));
        assert!(!may_call("http://localhost:8000/x", ""));
        assert!(!may_call("http://[::1]:8000/x", ""));
        assert!(!may_call("http://10.1.2.3/x", "127.0.0.1"));
        assert!(may_call("http://127.0.0.1:8000/x", "127.0.0.1 localhost"));
        assert!(may_call("http://10.1.2.3/x", "10.0.0.0/8"));
        assert!(may_call("http://[::1]/x", "::1/128"));
        assert!(may_call("https://example.com/x", ""));
    }
}
