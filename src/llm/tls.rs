//! TLS towards models' servers: whom we trust, and who we say we are.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_platform_verifier::Verifier;

use super::client::ClientError;
use super::settings::Way;

/// The name of HTTP/2 by which TLS agrees on it (RFC 9113, section 3.2).
pub(super) const HTTP2: &[u8] = b"h2";

/// Makes the configuration of all connections to one server. Files of certificates are read here.
pub(super) fn config(way: &Way) -> Result<ClientConfig, ClientError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let authorities = match &way.ca_file {
        Some(path) => certificates(path, &read(path)?)?,
        None => Vec::new(),
    };
    let verifier = Verifier::new_with_extra_roots(authorities, Arc::clone(&provider));
    let verifier = verifier.map_err(ClientError::Tls)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ClientError::Tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match &way.client_certificate_file {
        Some(path) => {
            let pem = read(path)?;
            let chain = certificates(path, &pem)?;
            let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| none_in(path))?;
            let config = builder.with_client_auth_cert(chain, key);
            config.map_err(|_| none_in(path))?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Returns the certificates in a file, of which there is one at least.
fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(none_in(path)),
    }
}

fn none_in(path: &Path) -> ClientError {
    ClientError::NoCertificate {
        path: path.to_owned(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ClientError> {
    fs::read(path).map_err(|source| ClientError::Unreadable {
        path: path.to_owned(),
        source,
    })
}
