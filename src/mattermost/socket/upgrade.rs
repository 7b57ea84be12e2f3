//! Opens a WebSocket by an ordinary request (RFC 6455 §4.1), so that it has the TLS, the proxy and the time-outs of every other call.

use reqwest::header::{AUTHORIZATION, CONNECTION, HeaderName, HeaderValue, UPGRADE};
use secrecy::{ExposeSecret as _, SecretString};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use url::Url;

use super::sequence::Resume;

/// Bytes of one message, at most: a full post in Korean has 49 kB, escaped twice at most four times as many.
pub(super) const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

const KEY: HeaderName = HeaderName::from_static("sec-websocket-key");
const VERSION: HeaderName = HeaderName::from_static("sec-websocket-version");
const ACCEPT: HeaderName = HeaderName::from_static("sec-websocket-accept");

/// An open WebSocket.
pub(super) type Stream = WebSocketStream<reqwest::Upgraded>;

/// Why a connection could not be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum UpgradeError {
    /// The server could not be reached, or broke off.
    #[error("reach the server")]
    Unreachable(#[source] reqwest::Error),
    /// It answered with something else than a WebSocket.
    #[error("open a WebSocket: the server answered {0}")]
    Refused(u16),
    /// The bot's token cannot be put into a header.
    #[error("write the bot's token into a header")]
    Token,
}

/// Opens a connection as the bot, to go on where `resume` says.
pub(super) async fn open(
    http: &reqwest::Client,
    url: &Url,
    token: &SecretString,
    resume: Option<Resume<'_>>,
) -> Result<Stream, UpgradeError> {
    // A nonce against caches, no secret: it need not come from our own chance.
    let key = generate_key();
    let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|_| UpgradeError::Token)?;
    authorization.set_sensitive(true);
    let response = http
        .get(address(url, resume))
        .header(AUTHORIZATION, authorization)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(VERSION, "13")
        .header(KEY, &key)
        .send()
        .await
        .map_err(|error| UpgradeError::Unreachable(error.without_url()))?;
    let accepts = response
        .headers()
        .get(ACCEPT)
        .is_some_and(|accept| *accept == derive_accept_key(key.as_bytes()));
    if response.status() != reqwest::StatusCode::SWITCHING_PROTOCOLS || !accepts {
        return Err(UpgradeError::Refused(response.status().as_u16()));
    }
    let upgraded = response
        .upgrade()
        .await
        .map_err(|error| UpgradeError::Unreachable(error.without_url()))?;
    let bounds = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(bounds)).await)
}

fn address(url: &Url, resume: Option<Resume<'_>>) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(["api", "v4", "websocket"]);
    }
    if let Some(Resume { connection, next }) = resume {
        url.query_pairs_mut()
            .append_pair("connection_id", connection)
            .append_pair("sequence_number", &next.to_string());
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_lies_below_the_servers_path_and_says_where_to_go_on() {
        let url: Url = "https://chat.example/mattermost/?x=1".parse().unwrap();
        let plain = "https://chat.example/mattermost/api/v4/websocket";
        assert_eq!(address(&url, None).as_str(), plain);
        let resume = Resume {
            connection: "abc",
            next: 7,
        };
        let resumed = format!("{plain}?connection_id=abc&sequence_number=7");
        assert_eq!(address(&url, Some(resume)).as_str(), resumed);
    }
}
