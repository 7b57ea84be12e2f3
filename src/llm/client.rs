//! The connections that models are asked over.
//!
//! Over TLS a server is offered HTTP/2, where many answers share a connection; over plain HTTP each has one of its own. Servers limit
//! how many answers a connection carries, and what exceeds that waits silently, so each carries [`STREAMS_A_CONNECTION`] at most: behind
//! a [`Client`] are as many HTTP clients as are needed, each with one HTTP/2 connection (ADR 22).

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use reqwest::header::HeaderMap;
use reqwest::{Body, Method, Proxy, RequestBuilder, Response, StatusCode, Version};
use rustls::ClientConfig;
use secrecy::ExposeSecret as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::{Host, Url};

use super::settings::{Settings, Way};
use super::tls;

/// Connecting, at most, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an idle connection is kept for the next question.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Answers that one HTTP/2 connection carries, at most. RFC 9113 (section 6.5.2) has servers allow 100 or more. Few, because with a
/// connection all its answers break; from here on a connection's own memory hardly shows in each.
pub const STREAMS_A_CONNECTION: usize = 16;

/// Bytes of one answer that a server may send over HTTP/2 before we have read them.
const STREAM_WINDOW: u32 = 64 * 1024;

/// The same of all answers of a connection together: none that is not read holds up another.
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * 16;

/// After this silence an HTTP/2 connection is asked whether it lives; otherwise a dead one would take one question after the other.
const PING_EVERY: Duration = Duration::from_secs(15);

/// How long that may take.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The HTTP client could not be set up.
    #[error("set up the HTTP client")]
    Client(#[source] reqwest::Error),
    /// The TLS library could not be set up, as where no certificate authorities are installed.
    #[error("set up TLS")]
    Tls(#[source] rustls::Error),
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

/// What asks a model's server.
pub struct Client {
    recipe: Recipe,
    known: Mutex<Known>,
}

/// What is there, and what is known of the server.
struct Known {
    /// Never empty. Over plain HTTP there is one, without a limit.
    connections: Vec<Connection>,
    /// Whether it has spoken HTTP/2, and so is spoken to in nothing else over further connections: then one handshake is made for
    /// all who wait for a connection, and not one for each, of which most would be thrown away.
    speaks_http2: bool,
}

/// By which every HTTP client of a server is made.
struct Recipe {
    /// One for all, so that the authorities are in memory once, and a further connection resumes the session of an earlier one.
    tls: ClientConfig,
    /// Whether answers may share a connection.
    shares: bool,
    proxy: Option<Proxy>,
    is_this_machine: bool,
}

/// An HTTP client, which opens one connection where its server speaks HTTP/2.
struct Connection {
    http: reqwest::Client,
    free: Arc<Semaphore>,
    is_http2_only: bool,
}

/// Makes the client for a model's server, as [`client_to`] does.
///
/// # Errors
/// See [`ClientError`].
pub fn client(settings: &Settings) -> Result<Client, ClientError> {
    client_to(&settings.base_url, &settings.way)
}

/// Makes the client for a server of models.
///
/// It follows no redirects, so that the key never goes to another host. Without a proxy of its own it takes those of the environment
/// (`HTTPS_PROXY` and its kin), but never for a server on this machine. Files of certificates are read here.
///
/// # Errors
/// See [`ClientError`].
pub(super) fn client_to(base: &Url, way: &Way) -> Result<Client, ClientError> {
    // Its error would quote the address, and that may hold a password.
    let proxy = |proxy: &secrecy::SecretString| Proxy::all(proxy.expose_secret());
    let proxy = way.proxy.as_ref().map(proxy).transpose();
    let recipe = Recipe {
        tls: tls::config(way)?,
        shares: base.scheme() == "https",
        proxy: proxy.map_err(|_| ClientError::Proxy)?,
        is_this_machine: is_this_machine(base),
    };
    let first = recipe.connection(false).map_err(ClientError::Client)?;
    let known = Known {
        connections: vec![first],
        speaks_http2: false,
    };
    Ok(Client {
        recipe,
        known: Mutex::new(known),
    })
}

impl Client {
    /// Returns a place for one question, on the first connection that has one. It is never waited for.
    pub(super) fn place(&self) -> Place {
        let mut known = self.known();
        if let Some(place) = known.connections.iter().find_map(Connection::place) {
            drop_idle(&mut known.connections);
            return place;
        }
        if let Ok(another) = self.recipe.connection(known.speaks_http2)
            && let Some(place) = another.place()
        {
            known.connections.push(another);
            return place;
        }
        // The first could be made by the same recipe, so this does not happen; more than the limit is better than no answer.
        Place {
            http: known.connections[0].http.clone(),
            _permit: None,
            is_http2_only: false,
        }
    }

    /// Sends a request that was begun at a place, and returns the head of its response, and the rest as it comes.
    pub(super) async fn send(
        &self,
        place: Place,
        request: RequestBuilder,
    ) -> reqwest::Result<(Head, Incoming)> {
        let sent = request.send().await;
        self.learn(&place, &sent);
        let (head, body) = http::Response::from(sent?).into_parts();
        let head = Head {
            status: head.status,
            headers: head.headers,
        };
        let incoming = Incoming {
            body,
            _place: place,
        };
        Ok((head, incoming))
    }

    /// Takes in whether the server speaks HTTP/2. Where it can no longer be connected to in that, it is asked anew what it speaks.
    fn learn(&self, place: &Place, sent: &reqwest::Result<Response>) {
        match sent {
            Ok(response) if response.version() == Version::HTTP_2 => {
                self.known().speaks_http2 = true;
            }
            Err(error) if error.is_connect() && place.is_http2_only => {
                let mut known = self.known();
                known.speaks_http2 = false;
                // Those who are using them go on.
                known
                    .connections
                    .retain(|connection| !connection.is_http2_only);
            }
            Ok(_) | Err(_) => {}
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Whoever panicked while holding it left it whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes connections that no answer comes over, from the last on; one stays besides those that are used.
fn drop_idle(connections: &mut Vec<Connection>) {
    while let [.., last_but_one, last] = &**connections
        && last_but_one.is_idle()
        && last.is_idle()
    {
        connections.pop();
    }
}

impl Connection {
    fn place(&self) -> Option<Place> {
        let permit = self.free.clone().try_acquire_owned().ok()?;
        Some(Place {
            http: self.http.clone(),
            _permit: Some(permit),
            is_http2_only: self.is_http2_only,
        })
    }

    fn is_idle(&self) -> bool {
        self.free.available_permits() == STREAMS_A_CONNECTION
    }
}

impl Recipe {
    /// Makes a client for one connection more; `is_http2_only` where its server is known to speak that.
    fn connection(&self, is_http2_only: bool) -> reqwest::Result<Connection> {
        let mut tls = self.tls.clone();
        if is_http2_only {
            tls.alpn_protocols = vec![tls::HTTP2.to_vec()];
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("askwell/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // What is packed arrives in lumps, and a library of ours switches unpacking on for all.
            .no_gzip()
            .tcp_nodelay(true)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT);
        builder = if self.shares {
            builder
                .http2_initial_stream_window_size(STREAM_WINDOW)
                .http2_initial_connection_window_size(CONNECTION_WINDOW)
                .http2_keep_alive_interval(PING_EVERY)
                .http2_keep_alive_timeout(PING_TIMEOUT)
        } else {
            builder.http1_only()
        };
        if is_http2_only {
            builder = builder.http2_prior_knowledge();
        }
        if let Some(proxy) = &self.proxy {
            builder = builder.no_proxy().proxy(proxy.clone());
        } else if self.is_this_machine {
            builder = builder.no_proxy();
        }
        let most = if self.shares {
            STREAMS_A_CONNECTION
        } else {
            Semaphore::MAX_PERMITS
        };
        Ok(Connection {
            http: builder.build()?,
            free: Arc::new(Semaphore::new(most)),
            is_http2_only,
        })
    }
}

/// A place on a connection, taken until it is dropped.
pub(super) struct Place {
    http: reqwest::Client,
    _permit: Option<OwnedSemaphorePermit>,
    is_http2_only: bool,
}

impl Place {
    /// Returns what asks over its connection, for a library that does so itself. The place has to be kept for as long.
    pub(super) fn http(&self) -> reqwest::Client {
        self.http.clone()
    }

    /// Begins a request over its connection.
    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url)
    }
}

/// How a response begins. Apart from the rest, because as long as headers are held, so are the 8 KiB that they came in.
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
}

/// The rest of a response, which is being read. Dropping it ends it at its server: over HTTP/1.1 by closing the connection, over HTTP/2 by resetting
/// the stream.
pub(super) struct Incoming {
    body: Body,
    _place: Place,
}

impl Incoming {
    /// Returns the next bytes; `None` at the end. Cancellation safe.
    pub(super) async fn chunk(&mut self) -> reqwest::Result<Option<Bytes>> {
        loop {
            let Some(frame) = self.body.frame().await else {
                return Ok(None);
            };
            // Trailers are of no use to us.
            if let Ok(bytes) = frame?.into_data() {
                return Ok(Some(bytes));
            }
        }
    }
}

fn is_this_machine(base: &Url) -> bool {
    match base.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
