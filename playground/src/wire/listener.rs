//! Accepting connections, so that a test can close each of them and the door itself.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::shared::Shared;
use crate::wire::gate::Origin;

/// The server's door: the address stays the same while it is closed and opened.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    pub(crate) shared: Arc<Shared>,
    pub(crate) router: Router,
    /// Whether the door should be open.
    pub(crate) wanted: watch::Receiver<bool>,
    /// Whether it is.
    pub(crate) actual: watch::Sender<bool>,
}

impl Listener {
    /// Serves until the playground closes.
    pub(crate) async fn run(self, mut socket: TcpListener) {
        loop {
            let opened = self.shared.closing.child_token();
            self.actual.send_replace(true);
            tokio::select! {
                () = self.accept(&socket, &opened) => {}
                _ = self.wanted_to_be(false) => {}
                () = self.shared.closing.cancelled() => {}
            }
            // Closing the door also closes what came through it.
            opened.cancel();
            drop(socket);
            self.actual.send_replace(false);
            tokio::select! {
                is_wanted = self.wanted_to_be(true) => if !is_wanted { return },
                () = self.shared.closing.cancelled() => return,
            }
            match TcpListener::bind(self.address).await {
                Ok(again) => socket = again,
                Err(_) => return,
            }
        }
    }

    async fn wanted_to_be(&self, is_open: bool) -> bool {
        let mut wanted = self.wanted.clone();
        wanted.wait_for(|wanted| *wanted == is_open).await.is_ok()
    }

    async fn accept(&self, socket: &TcpListener, opened: &CancellationToken) {
        loop {
            let Ok((stream, address)) = socket.accept().await else {
                continue;
            };
            // Edits of a growing answer are small requests; waiting for more to send would only slow them.
            drop(stream.set_nodelay(true));
            let origin = Origin {
                address,
                cut: opened.child_token(),
            };
            let connection = serve(stream, origin, self.router.clone());
            drop(self.shared.tasks.spawn(connection));
        }
    }
}

async fn serve(stream: TcpStream, origin: Origin, router: Router) {
    let cut = origin.cut.clone();
    let service = Tagged {
        inner: TowerToHyperService::new(router),
        origin,
    };
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::select! {
        // How a client ended its connection concerns only the client.
        _ = connection => {}
        () = cut.cancelled() => {}
    }
}

/// Gives each request of a connection what it must know of it.
struct Tagged {
    inner: TowerToHyperService<Router>,
    origin: Origin,
}

impl Service<Request<Incoming>> for Tagged {
    type Response = Response;
    type Error = std::convert::Infallible;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.origin.clone());
        self.inner.call(request)
    }
}
