//! Model servers over TLS: an authority of our own, a front before a scripted model, a proxy, and a server that speaks HTTP/2.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// The name that servers have certificates for; nobody can resolve it, so that what arrives came through a proxy.
pub(super) const NAME: &str = "model.invalid";

/// Who signs certificates, and the folder in which those are that are read from files.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
    folder: TempDir,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            certificate: params.self_signed(&key).unwrap(),
            issuer: Issuer::new(params, key),
            folder: TempDir::new().unwrap(),
        }
    }

    /// Writes the file that an operator names to have this authority trusted.
    pub(super) fn ca_file(&self) -> PathBuf {
        self.write("ca.pem", &self.certificate.pem())
    }

    /// Writes a file with a certificate and its key.
    pub(super) fn client_certificate_file(&self) -> PathBuf {
        let (certificate, key) = self.issue("askwell.invalid");
        let both = certificate.pem() + &key.serialize_pem();
        self.write("client.pem", &both)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path: &Path = self.folder.path();
        let path = path.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let names = vec![name.to_owned(), "127.0.0.1".to_owned()];
        let params = CertificateParams::new(names).unwrap();
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn server(&self, protocol: &str, who: Visitors) -> TlsAcceptor {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match who {
            Visitors::Anybody => builder.with_no_client_auth(),
            Visitors::Certified => {
                let mut roots = rustls::RootCertStore::empty();
                roots.add(self.certificate.der().clone()).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let (certificate, key) = self.issue(NAME);
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let chain = vec![certificate.der().clone()];
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Who may connect.
#[derive(Clone, Copy)]
pub(super) enum Visitors {
    Anybody,
    /// Whoever shows a certificate of the same authority.
    Certified,
}

/// A listener of its own; it ends when it is dropped.
pub(super) struct Door {
    pub(super) address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Door {
    async fn open<Serve, Served>(serve: Serve) -> Self
    where
        Serve: Fn(TcpStream) -> Served + Send + 'static,
        Served: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                guests.spawn(serve(stream));
            }
        });
        Self {
            address,
            _serving: serving,
        }
    }

    /// The base to configure.
    pub(super) fn base_url(&self) -> String {
        format!("https://{}/v1", self.address)
    }
}

/// Opens a front over HTTP/1.1 before a server that knows nothing of TLS.
pub(super) async fn front(authority: &Authority, who: Visitors, behind: SocketAddr) -> Door {
    let acceptor = authority.server("http/1.1", who);
    Door::open(move |stream| {
        let acceptor = acceptor.clone();
        async move { pass_on(&acceptor, stream, behind).await }
    })
    .await
}

async fn pass_on(acceptor: &TlsAcceptor, stream: TcpStream, behind: SocketAddr) {
    // Who does not trust us, or is not trusted, or wants to speak something else, goes.
    let Ok(mut stream) = acceptor.accept(stream).await else {
        return;
    };
    let mut behind = TcpStream::connect(behind).await.unwrap();
    drop(copy_bidirectional(&mut stream, &mut behind).await);
}

/// Opens a proxy that leads to one place, wherever it is asked to connect to; it tells the heads of what it was asked.
pub(super) async fn proxy(to: SocketAddr) -> (Door, mpsc::Receiver<String>) {
    let (told, heads) = mpsc::channel(8);
    let door = Door::open(move |stream| {
        let told = told.clone();
        async move {
            let mut stream = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                stream.read_line(&mut head).await.unwrap();
            }
            told.send(head).await.unwrap();
            let mut behind = TcpStream::connect(to).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            drop(copy_bidirectional(&mut stream, &mut behind).await);
        }
    })
    .await;
    (door, heads)
}

/// A question that a server of HTTP/2 was asked, and has not answered.
pub(super) struct Asked {
    /// The connection it came over.
    pub(super) connection: SocketAddr,
    pub(super) respond: h2::server::SendResponse<Bytes>,
}

/// Opens a server that carries so many streams over a connection, and hands on what it is asked.
pub(super) async fn multiplexing(
    authority: &Authority,
    most: u32,
) -> (Door, mpsc::Receiver<Asked>) {
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    multiplexing_until(authority, most, nobody, Arc::default()).await
}

/// The same, until it is told that it is old; then it is a front over HTTP/1.1 before another.
pub(super) async fn multiplexing_until(
    authority: &Authority,
    most: u32,
    behind: SocketAddr,
    is_old: Arc<AtomicBool>,
) -> (Door, mpsc::Receiver<Asked>) {
    let shared = authority.server("h2", Visitors::Anybody);
    let own = authority.server("http/1.1", Visitors::Anybody);
    let (told, asked) = mpsc::channel(64);
    let door = Door::open(move |stream| {
        let (shared, own, told) = (shared.clone(), own.clone(), told.clone());
        let is_old = is_old.load(Ordering::Relaxed);
        async move {
            if is_old {
                return pass_on(&own, stream, behind).await;
            }
            let from = stream.peer_addr().unwrap();
            let stream = shared.accept(stream).await.unwrap();
            let mut connection = h2::server::Builder::new()
                .max_concurrent_streams(most)
                .handshake(stream)
                .await
                .unwrap();
            while let Some(Ok((_, respond))) = connection.accept().await {
                let question = Asked {
                    connection: from,
                    respond,
                };
                told.send(question).await.unwrap();
            }
        }
    })
    .await;
    (door, asked)
}
