//! The HTTP client that models are asked with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use url::{Host, Url};

use super::settings::{Settings, Way};

/// Connecting, at most, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an idle connection is kept for the next question.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The TLS library could not be set up, as where no certificate authorities are installed.
    #[error("set up the HTTP client")]
    Client(#[source] reqwest::Error),
    /// A file of certificates could not be read.
    #[error("read {path}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A file holds no certificate, or no key beside it.
    #[error("find a certificate in {path}", path = path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The address of the proxy is none.
    #[error("read the address of the proxy")]
    Proxy,
}

/// Builds the client for a model's server, as [`client_to`] does.
///
/// # Errors
/// See [`ClientError`].
pub fn client(settings: &Settings) -> Result<reqwest::Client, ClientError> {
    client_to(&settings.base_url, &settings.way)
}

/// Builds the client for a server of models.
///
/// It follows no redirects, so that the key never goes to another host. It speaks HTTP/1.1 only: over HTTP/2 all questions would
/// share one connection, which holds back silently what exceeds its peer's limit of streams, and leaving an answer early would not
/// close it. Without a proxy of its own it takes those of the environment (`HTTPS_PROXY` and its kin), but never for a server on this
/// machine. Files of certificates are read here.
///
/// # Errors
/// See [`ClientError`].
pub(super) fn client_to(base: &Url, way: &Way) -> Result<reqwest::Client, ClientError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("askwell/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // What is packed arrives in lumps, and a library of ours switches unpacking on for all.
        .no_gzip()
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT);
    if let Some(proxy) = &way.proxy {
        // Its error would quote the address, and that may hold a password.
        let proxy = reqwest::Proxy::all(proxy.expose_secret()).map_err(|_| ClientError::Proxy)?;
        builder = builder.no_proxy().proxy(proxy);
    } else if is_this_machine(base) {
        builder = builder.no_proxy();
    }
    if let Some(path) = &way.ca_file {
        let none = || ClientError::NoCertificate { path: path.clone() };
        let certificates = reqwest::Certificate::from_pem_bundle(&read(path)?);
        let certificates = certificates.map_err(|_| none())?;
        if certificates.is_empty() {
            return Err(none());
        }
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(path) = &way.client_certificate_file {
        let identity = reqwest::Identity::from_pem(&read(path)?);
        let identity = identity.map_err(|_| ClientError::NoCertificate { path: path.clone() })?;
        builder = builder.identity(identity);
    }
    builder.build().map_err(ClientError::Client)
}

fn read(path: &Path) -> Result<Vec<u8>, ClientError> {
    std::fs::read(path).map_err(|source| ClientError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn is_this_machine(base: &Url) -> bool {
    match base.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
