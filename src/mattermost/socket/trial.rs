//! Tries once whether the bot can hear: opens a connection, waits for the server's first word, and closes it again.

use futures_util::StreamExt as _;
use tokio_tungstenite::tungstenite::Message;

use super::frame::Frame;
use super::upgrade::{self, UpgradeError};
use super::{HELLO_WITHIN, OPEN_WITHIN, Socket};
use crate::ports::timeout;

/// Why the bot cannot hear.
#[derive(Debug, thiserror::Error)]
pub enum Deaf {
    /// The server could not be reached, or broke off.
    #[error("reach the server")]
    Unreachable,
    /// It answered with something else than a WebSocket: a proxy in front does not let it through.
    #[error("open a WebSocket: the server answered {status}")]
    NoWebSocket {
        /// With what.
        status: u16,
    },
    /// It was opened, and no word came: the token is not good.
    #[error("hear the server's first word")]
    NoHello,
}

impl Socket {
    /// Tries whether the bot can hear.
    ///
    /// # Errors
    /// When it cannot; see [`Deaf`].
    pub async fn try_once(&self) -> Result<(), Deaf> {
        let token = self.token.current();
        let opening = upgrade::open(&self.http, &self.url, &token, None);
        let opened = timeout(&*self.clock, OPEN_WITHIN, opening).await;
        let mut stream = match opened {
            Ok(Ok(stream)) => stream,
            Ok(Err(UpgradeError::Refused(status))) => return Err(Deaf::NoWebSocket { status }),
            Ok(Err(UpgradeError::Unreachable(_))) | Err(_) => return Err(Deaf::Unreachable),
            Ok(Err(UpgradeError::Token)) => return Err(Deaf::NoHello),
        };
        let hello = async {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Text(text) = message {
                    return matches!(Frame::read(text.as_str()), Frame::Hello { .. });
                }
            }
            false
        };
        match timeout(&*self.clock, HELLO_WITHIN, hello).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(Deaf::NoHello),
        }
    }
}
