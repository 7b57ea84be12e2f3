//! Sends one call to the server and reads its bounded reply; knows whom to show the bot's token, and nothing of posts.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use url::Url;

use super::failure::{self, Subject};
use super::token::BotToken;
use crate::ports::{Clock, MattermostError, MattermostFailure, timeout};

/// Opening a connection, at most; what cannot be reached is known to have changed nothing.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of a reply that are read, at most: a page of 60 full posts in Korean has 3 MB.
pub const MAX_REPLY_BYTES: usize = 8 * 1024 * 1024;

/// Idle connections that are kept. Each holds about 28 KiB, and many questions at once leave as many behind.
const MOST_IDLE_CONNECTIONS: usize = 32;

/// Builds the HTTP client that a [`Server`](super::Server) needs: it follows no redirect, so that no other host is shown a token.
///
/// # Errors
/// When TLS cannot be set up, for example where the system has no root certificates.
pub fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_gzip()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(MOST_IDLE_CONNECTIONS)
        .user_agent(concat!("askwell/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Who a call is made as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// The bot account, by its token.
    Bot,
    /// Nobody: the address itself is the right, or none is needed.
    Nobody,
}

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    name: &'static str,
    method: Method,
    url: Url,
    body: Option<Body>,
    caller: Caller,
    subject: Subject,
    most_bytes: usize,
}

/// What a call sends along.
#[derive(Clone, Debug)]
struct Body {
    content_type: HeaderValue,
    bytes: Vec<u8>,
}

impl Call {
    /// What it is for.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Takes a reply of so many bytes at most, in place of [`MAX_REPLY_BYTES`].
    pub(super) fn of_at_most(mut self, bytes: usize) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// Sends this JSON along.
    pub(super) fn with_json(self, body: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(body).expect("our wire types have string keys only");
        self.with_bytes(HeaderValue::from_static("application/json"), bytes)
    }

    /// Sends these bytes along.
    pub(super) fn with_bytes(mut self, content_type: HeaderValue, bytes: Vec<u8>) -> Self {
        self.body = Some(Body {
            content_type,
            bytes,
        });
        self
    }

    /// Sends this in the query.
    pub(super) fn with_query(mut self, pairs: &[(&str, &str)]) -> Self {
        self.url.query_pairs_mut().extend_pairs(pairs);
        self
    }

    /// Reads a refusal as one of a `response_url`.
    pub(super) fn by_response_url(mut self) -> Self {
        self.subject = Subject::ResponseUrl;
        self
    }
}

/// A reply that says yes.
#[derive(Debug)]
pub(super) struct Reply {
    call: &'static str,
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    /// Returns the status of the reply.
    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// Returns a header of the reply, where it is there and is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns what came, as it is.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.body
    }

    /// Reads the JSON of the reply. Where it is none, something else than Mattermost spoke, and what happened is not known.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, MattermostError> {
        serde_json::from_slice(&self.body).map_err(|_| self.unusable())
    }

    /// Makes sure that the reply is JSON, whatever it says: a proxy's page with status 200 is no success of Mattermost's.
    pub(super) fn must_be_json(&self) -> Result<(), MattermostError> {
        self.json::<IgnoredAny>().map(|_| ())
    }

    /// Makes sure that the reply is the word by which hooks say that all is well.
    pub(super) fn must_be_ok(&self) -> Result<(), MattermostError> {
        if self.body.trim_ascii() == b"ok" {
            Ok(())
        } else {
            Err(self.unusable())
        }
    }

    /// Says that the reply lacks what it must have. The parser's own words are dropped, because they can quote a post.
    pub(super) fn unusable(&self) -> MattermostError {
        failure::plain(
            self.call,
            MattermostFailure::Ambiguous,
            Some(self.status),
            "",
        )
    }
}

/// The way to one server.
pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
    bot_token: Option<BotToken>,
    call_timeout: Duration,
    clock: Arc<dyn Clock>,
}

impl Client {
    pub(super) fn new(
        http: reqwest::Client,
        url: Url,
        bot_token: Option<BotToken>,
        call_timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            http,
            url,
            bot_token,
            call_timeout,
            clock,
        }
    }

    /// Says whether there is a bot account.
    pub(super) fn has_bot(&self) -> bool {
        self.bot_token.is_some()
    }

    /// Begins a call of the REST API as the bot.
    pub(super) fn api(&self, name: &'static str, method: Method, path: &[&str]) -> Call {
        let whole: Vec<&str> = ["api", "v4"].iter().chain(path).copied().collect();
        self.call(name, method, &whole, Caller::Bot)
    }

    /// Begins a call as nobody.
    pub(super) fn open(&self, name: &'static str, method: Method, path: &[&str]) -> Call {
        self.call(name, method, path, Caller::Nobody)
    }

    fn call(&self, name: &'static str, method: Method, path: &[&str], caller: Caller) -> Call {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        if let Ok(mut segments) = url.path_segments_mut() {
            // A server can live below a path of its host.
            segments.pop_if_empty().extend(path);
        }
        Call {
            name,
            method,
            url,
            body: None,
            caller,
            subject: Subject::Api,
            most_bytes: MAX_REPLY_BYTES,
        }
    }

    /// Sends a call, and returns its reply where that says yes.
    pub(super) async fn send(&self, call: Call) -> Result<Reply, MattermostError> {
        let name = call.name;
        timeout(&*self.clock, self.call_timeout, self.exchange(call))
            .await
            .unwrap_or_else(|_elapsed| {
                Err(failure::plain(name, MattermostFailure::Ambiguous, None, ""))
            })
    }

    async fn exchange(&self, call: Call) -> Result<Reply, MattermostError> {
        let (name, most_bytes) = (call.name, call.most_bytes);
        let mut request = self.http.request(call.method, call.url);
        let shown = match call.caller {
            Caller::Bot => Some(self.token(name)?),
            Caller::Nobody => None,
        };
        if let Some((_, token)) = &shown {
            request = request.header(AUTHORIZATION, authorization(name, token)?);
        }
        if let Some(body) = call.body {
            request = request
                .header(CONTENT_TYPE, body.content_type)
                .body(body.bytes);
        }
        let sent = request.send().await;
        let response = sent.map_err(|error| failure::of_transport(name, error))?;
        let status = response.status();
        if let Some((token, shown)) = &shown {
            learn(token, shown, status);
        }
        let headers = response.headers().clone();
        let body = read(name, response, most_bytes).await?;
        if status.is_success() {
            let status = status.as_u16();
            Ok(Reply {
                call: name,
                status,
                headers,
                body,
            })
        } else {
            Err(failure::of_reply(
                name,
                call.subject,
                status.as_u16(),
                &headers,
                &body,
            ))
        }
    }

    /// Returns the bot's token, and how it is now.
    fn token(&self, call: &'static str) -> Result<(&BotToken, SecretString), MattermostError> {
        let token = self.bot_token.as_ref().ok_or_else(|| no_bot(call))?;
        Ok((token, token.current()))
    }

    /// The bot's token, where there is a bot.
    pub(super) fn bot_token(&self) -> Option<&BotToken> {
        self.bot_token.as_ref()
    }
}

fn no_bot(call: &'static str) -> MattermostError {
    failure::plain(call, MattermostFailure::Rejected, None, "askwell.no_bot")
}

fn authorization(call: &'static str, token: &SecretString) -> Result<HeaderValue, MattermostError> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|_| no_bot(call))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Learns from a reply whether the token that was shown is good. A proxy's error says nothing of it.
fn learn(token: &BotToken, shown: &SecretString, status: StatusCode) {
    if status == StatusCode::UNAUTHORIZED {
        token.refuse(shown);
    } else if status.is_success() {
        token.accept(shown);
    }
}

/// Reads a body up to the bound. What was done before a reply broke off was done, so it is not known what happened.
async fn read(
    call: &'static str,
    mut response: Response,
    most_bytes: usize,
) -> Result<Vec<u8>, MattermostError> {
    let status = Some(response.status().as_u16());
    let mut body = Vec::new();
    loop {
        let chunk = response.chunk().await;
        let Some(chunk) = chunk.map_err(|error| failure::of_transport(call, error))? else {
            return Ok(body);
        };
        if body.len() + chunk.len() > most_bytes {
            let kind = MattermostFailure::Ambiguous;
            return Err(failure::plain(
                call,
                kind,
                status,
                "askwell.reply_too_large",
            ));
        }
        body.extend_from_slice(&chunk);
    }
}
