//! A REST client without opinions, and a listener at the WebSocket.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

/// A reply: JSON where it is some, else the text.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Client {
    pub(crate) fn new(base: &str, token: Option<&str>) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            http,
            base: base.to_owned(),
            token: token.map(str::to_owned),
        }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.try_call(method, path, body).await.unwrap()
    }

    pub(crate) async fn try_call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<Reply> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
        Ok(Reply {
            status,
            headers,
            body,
        })
    }

    /// Sends a body of any type, to a whole URL.
    pub(crate) async fn upload(
        &self,
        url: &str,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        let mut request = self.http.post(url).header("content-type", content_type);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let response = request.body(body).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        Reply {
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or_else(|_| json!(text)),
        }
    }

    /// Asks for a WebSocket as a browser's page of an origin does; answers the status.
    pub(crate) async fn upgrade(&self, url: &str, origin: &str) -> u16 {
        let request = self.http.get(url).header("origin", origin);
        let request = request
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        request.send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, None).await
    }

    /// Asks for what it has already, by its entity tag; answers the status.
    pub(crate) async fn get_if_none_match(&self, path: &str, etag: &str) -> u16 {
        let request = self.http.get(format!("{}{path}", self.base));
        let token = self.token.as_deref().unwrap_or_default();
        let request = request
            .header("authorization", format!("Bearer {token}"))
            .header("if-none-match", etag);
        request.send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call("POST", path, Some(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.call("PUT", path, Some(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path, None).await
    }
}

/// What a listener hears next.
#[derive(Debug)]
pub(crate) enum Heard {
    Frame(Value),
    /// The connection ended, with a close code where there was one.
    Closed(Option<u16>),
}

pub(crate) struct Listener {
    socket: WebSocketStream<TcpStream>,
}

impl Listener {
    /// Connects, with a token in the header where one is given.
    pub(crate) async fn connect(address: std::net::SocketAddr, token: Option<&str>) -> Self {
        Self::connect_with(address, token, "").await
    }

    /// Connects, and says of an earlier connection which event it expects next.
    pub(crate) async fn resume(
        address: std::net::SocketAddr,
        token: &str,
        connection_id: &str,
        expected: impl std::fmt::Display,
    ) -> Self {
        let query = format!("?connection_id={connection_id}&sequence_number={expected}");
        Self::connect_with(address, Some(token), &query).await
    }

    pub(crate) async fn connect_with(
        address: std::net::SocketAddr,
        token: Option<&str>,
        query: &str,
    ) -> Self {
        let url = format!("ws://{address}/api/v4/websocket{query}");
        let mut request = url.into_client_request().unwrap();
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse().unwrap();
            request.headers_mut().insert("authorization", value);
        }
        let stream = TcpStream::connect(address).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(request, stream)
            .await
            .unwrap();
        Self { socket }
    }

    /// Connects, authenticates by header and hears the greeting.
    pub(crate) async fn greeted(address: std::net::SocketAddr, token: &str) -> Self {
        let mut listener = Self::connect(address, Some(token)).await;
        let hello = listener.frame().await;
        assert_eq!(hello["event"], "hello");
        listener
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_text(frame.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: String) {
        // A server that has closed already is heard of by the next `hear`.
        drop(self.socket.send(Message::text(text)).await);
    }

    /// Says good-bye, as a client does that ends.
    pub(crate) async fn close(&mut self) {
        self.socket.close(None).await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Heard::Frame(serde_json::from_str(text.as_str()).unwrap());
                }
                Some(Ok(Message::Close(frame))) => {
                    return Heard::Closed(frame.map(|frame| frame.code.into()));
                }
                None | Some(Err(Error::ConnectionClosed | Error::Io(_) | Error::Protocol(_))) => {
                    return Heard::Closed(None);
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("the connection failed: {error}"),
            }
        }
    }

    /// Reads until the server asked whether somebody is there, and the library answered.
    pub(crate) async fn control_ping(&mut self) {
        while let Some(Ok(message)) = self.socket.next().await {
            if matches!(message, Message::Ping(_)) {
                self.socket.flush().await.unwrap();
                return;
            }
        }
        panic!("the connection ended before a ping");
    }

    pub(crate) async fn frame(&mut self) -> Value {
        match self.hear().await {
            Heard::Frame(frame) => frame,
            Heard::Closed(code) => panic!("closed ({code:?}) instead of a frame"),
        }
    }

    /// The next event of a kind; others before it are passed over.
    pub(crate) async fn event(&mut self, name: &str) -> Value {
        loop {
            let frame = self.frame().await;
            if frame["event"] == name {
                return frame;
            }
        }
    }
}
