//! A model's server: where it is, which keys it is shown, and what it says when it refuses. What is asked there is not known here.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::body::read_beginning;
use super::client::{Client, Head, Incoming, Place};
use super::error::{MAX_ERROR_BYTES, Said, caused, refused};
use super::keys::KeyRing;
use super::protocol::Protocol;
use super::settings::Access;
use super::wire::Wire;
use crate::domain::completion::ModelFailure;
use crate::ports::{Clock, ModelError, timeout};

/// The body of a refusal, at most; also for other calls that have little to say.
pub(super) const SHORT_CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// How many keys one call is tried with, at most.
const MAX_KEYS_TRIED: u32 = 6;

/// A server, and how it is asked.
pub(super) struct Server {
    access: Access,
    protocol: Protocol,
    keys: KeyRing,
    client: Client,
    clock: Arc<dyn Clock>,
}

/// What is sent, and where below the base.
pub(super) struct Call<'c> {
    pub(super) below: &'c [&'c str],
    pub(super) content_type: &'c str,
    pub(super) accept: &'static str,
    pub(super) body: Bytes,
}

/// A reply that is no success, and what was said in it.
pub(super) struct Refusal {
    pub(super) error: ModelError,
    pub(super) said: Said,
}

impl From<ModelError> for Refusal {
    fn from(error: ModelError) -> Self {
        Self {
            error,
            said: Said::default(),
        }
    }
}

impl Server {
    /// `client` is one that goes the way of `access`.
    pub(super) fn new(
        access: Access,
        protocol: Protocol,
        client: Client,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            keys: KeyRing::new(access.api_keys.clone()),
            access,
            protocol,
            client,
            clock,
        }
    }

    /// Returns a place on a connection, for a library that asks by itself.
    pub(super) fn place(&self) -> Place {
        self.client.place()
    }

    /// Reads something that is short, at an address of the server's.
    pub(super) async fn get(&self, address: Url) -> Result<Incoming, Refusal> {
        let key = self.keys.take(self.clock.now()).map(|(_, key)| key);
        let place = self.client.place();
        let request = place
            .request(Method::GET, address)
            .headers(self.headers(key)?);
        let within = (SHORT_CALL_TIMEOUT, ModelFailure::Unavailable);
        self.accepted(self.send(place, request, within).await?)
            .await
    }

    /// Sends a body; see [`Server::with_a_key`]. `limit` says how long to wait for the reply to begin, and what it means when that was in
    /// vain.
    pub(super) async fn post(
        &self,
        call: &Call<'_>,
        limit: impl Fn() -> (Duration, ModelFailure),
    ) -> Result<Incoming, Refusal> {
        self.with_a_key(|headers| {
            let place = self.client.place();
            let request = place
                .request(Method::POST, self.address(call.below))
                .headers(headers)
                .header(CONTENT_TYPE, call.content_type)
                .header(ACCEPT, call.accept)
                .body(call.body.clone());
            let within = limit();
            async move {
                self.accepted(self.send(place, request, within).await?)
                    .await
            }
        })
        .await
    }

    /// Asks with the headers that each request has; with another key where one is held back or refused and others are not.
    pub(super) async fn with_a_key<T, Asked>(
        &self,
        ask: impl Fn(HeaderMap) -> Asked,
    ) -> Result<T, Refusal>
    where
        Asked: Future<Output = Result<T, Refusal>>,
    {
        let mut tries = MAX_KEYS_TRIED;
        loop {
            let key = self.keys.take(self.clock.now());
            let headers = self.headers(key.map(|(_, key)| key))?;
            let refusal = match ask(headers).await {
                Ok(asked) => return Ok(asked),
                Err(refusal) => refusal,
            };
            tries -= 1;
            let now = self.clock.now();
            let has_another = key.is_some_and(|(key, _)| self.keys.rest(key, &refusal.error, now));
            if tries == 0 || !has_another {
                return Err(refusal);
            }
        }
    }

    async fn send(
        &self,
        place: Place,
        request: RequestBuilder,
        (limit, in_vain): (Duration, ModelFailure),
    ) -> Result<(Head, Incoming), ModelError> {
        timeout(&*self.clock, limit, self.client.send(place, request))
            .await
            .map_err(|elapsed| caused(in_vain, elapsed))?
            .map_err(unreachable)
    }

    /// Returns an address below the base, with the query that each has.
    pub(super) fn address(&self, below: &[&str]) -> Url {
        let mut url = endpoint(&self.access.base_url, below, self.protocol);
        let query = &self.access.way.query;
        if !query.is_empty() {
            let query = query.iter();
            let query = query.map(|(name, value)| (name, value.expose_secret()));
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    fn headers(&self, key: Option<&SecretString>) -> Result<HeaderMap, ModelError> {
        let way = &self.access.way;
        let wanted = self.protocol.header();
        let mut headers = HeaderMap::new();
        for (name, value) in wanted.iter().chain(&way.headers) {
            headers.append(name.clone(), value.clone());
        }
        let Some(key) = key else {
            return Ok(headers);
        };
        match way
            .key_header
            .clone()
            .or_else(|| self.protocol.key_header())
        {
            Some(name) => headers.append(name, secret_header("", key)?),
            None => headers.append(AUTHORIZATION, secret_header("Bearer ", key)?),
        };
        Ok(headers)
    }

    /// Returns a response that is a success, and makes a refusal of any other.
    async fn accepted(&self, response: (Head, Incoming)) -> Result<Incoming, Refusal> {
        let (Head { status, headers }, rest) = response;
        if status.is_success() {
            return Ok(rest);
        }
        let body = read_beginning(rest, &*self.clock, SHORT_CALL_TIMEOUT, MAX_ERROR_BYTES).await;
        let said = Said::in_body(&body);
        let now = self.clock.wall();
        let error = refused(status.as_u16(), &headers, &said, now);
        Err(Refusal { error, said })
    }
}

/// Returns an address below the base, whose query stays. Anthropic's own documentation writes its base without the version.
fn endpoint(base: &Url, below: &[&str], protocol: Protocol) -> Url {
    let mut url = base.clone();
    let is_bare = protocol == Protocol::Own(Wire::Messages) && matches!(base.path(), "" | "/");
    // A base that cannot have a path is refused by the HTTP client when it is asked.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments
            .pop_if_empty()
            .extend(is_bare.then_some("v1"))
            .extend(below);
    }
    url
}

fn secret_header(before: &str, key: &SecretString) -> Result<HeaderValue, ModelError> {
    let mut value = HeaderValue::from_str(&format!("{before}{}", key.expose_secret()))
        .map_err(|error| caused(ModelFailure::KeyRefused, error))?;
    value.set_sensitive(true);
    Ok(value)
}

fn unreachable(error: reqwest::Error) -> ModelError {
    let failure = if error.is_builder() {
        ModelFailure::RequestRefused
    } else {
        ModelFailure::Unavailable
    };
    caused(failure, error.without_url())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_lies_below_the_base_however_it_is_written() {
        for (base, expected) in [
            (
                "http://127.0.0.1:8080/v1",
                "http://127.0.0.1:8080/v1/models",
            ),
            (
                "http://127.0.0.1:8080/v1/",
                "http://127.0.0.1:8080/v1/models",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/models"),
            (
                "https://a.openai.azure.com/openai/v1?api-version=preview",
                "https://a.openai.azure.com/openai/v1/models?api-version=preview",
            ),
        ] {
            assert_eq!(
                endpoint(&base.parse().unwrap(), &["models"], Protocol::default()).as_str(),
                expected
            );
        }
    }
}
