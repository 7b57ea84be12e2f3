//! The HTTP client that models are asked with.

use std::time::Duration;

use url::Host;

use super::Settings;

/// Connecting, at most, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an idle connection is kept for the next question.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Builds the client for a model's server.
///
/// It follows no redirects, so that the key never goes to another host. It speaks HTTP/1.1 only: over HTTP/2 all questions would
/// share one connection, which holds back silently what exceeds its peer's limit of streams, and leaving an answer early would not
/// close it. Proxies are those of the environment (`HTTPS_PROXY` and its kin), but never for a server on this machine.
///
/// # Errors
/// When the TLS library cannot be set up, as where no certificate authorities are installed.
pub fn client(settings: &Settings) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("askwell/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT);
    if is_this_machine(settings) {
        builder.no_proxy().build()
    } else {
        builder.build()
    }
}

fn is_this_machine(settings: &Settings) -> bool {
    match settings.base_url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
