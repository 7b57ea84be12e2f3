//! The handlers of what Mattermost, or a caller by hand, sends: read, verify, hand over, reply.
//!
//! Whoever shows no valid token gets an empty 401 and nothing is stored, said or repeated. Whoever shows one is told what was wrong:
//! a caller by hand by the status, a person in Mattermost by a 200 that only they see. A request that cannot be read shows no
//! token but that of its header; without one it gets 400, 408, 413 or 415 with words about its form and nothing of what it held.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};

use super::Tokens;
use super::body::{Bounds, Unread, Written};
use super::reply;
use super::router::Site;
use super::token::{Digests, KeyId};
use crate::domain::event::InboundEvent;
use crate::domain::id::ServerId;
use crate::mattermost::inbound::{Reception, Rejection, Shape};
use crate::pipeline::admit::{Intake, Reply};
use crate::ports::{Clock, IdSource, timeout};
use crate::text::{Language, Reason, Sentence, say};

/// How long Mattermost is kept waiting for an acknowledgement, at most. It gives up after 30 seconds and reports an error for us; up to
/// here we can say it ourselves. Longer than any wait for an answer in the reply itself, which says better what went wrong.
pub const LONGEST_RECEPTION: Duration = Duration::from_secs(28);

/// Takes events: the pipeline's [`Intake`], and what stands in for it in tests.
#[async_trait]
pub trait Receive: Send + Sync {
    /// Takes one event and returns what its sender is told.
    async fn receive(&self, event: InboundEvent) -> Reply;
}

#[async_trait]
impl Receive for Intake {
    async fn receive(&self, event: InboundEvent) -> Reply {
        Self::receive(self, event).await
    }
}

/// What the handlers share.
pub(super) struct Edge {
    pub(super) sites: Vec<Recipient>,
    pub(super) bounds: Bounds,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
}

/// Who receives what one of these tokens comes with.
pub(super) struct Recipient {
    server: ServerId,
    language: Language,
    keys: Keys,
    intake: Arc<dyn Receive>,
}

impl Recipient {
    pub(super) fn of(site: Site) -> Self {
        Self {
            keys: Keys::new(&site.tokens),
            server: site.server,
            language: site.language,
            intake: site.intake,
        }
    }
}

/// The tokens that are believed, by who sends them.
struct Keys {
    command: Digests,
    outgoing: Digests,
}

impl Keys {
    fn new(tokens: &Tokens) -> Self {
        Self {
            command: Digests::of(&tokens.command),
            outgoing: Digests::of(&tokens.outgoing),
        }
    }

    fn verify(&self, shape: Shape, token: &str) -> Option<KeyId> {
        match shape {
            Shape::Command => self.command.verify(token),
            Shape::OutgoingHook => self.outgoing.verify(token),
            Shape::ByHand => self.command.verify(token).or(self.outgoing.verify(token)),
        }
    }
}

/// The token in `Authorization: Token x`, which a command carries beside the one in its form.
///
/// Any other header is ignored: where outgoing OAuth connections are set up, Mattermost puts another one in its place.
struct HeaderToken(Option<SecretString>);

impl HeaderToken {
    fn of(headers: &HeaderMap) -> Self {
        let token = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Token "));
        Self(token.map(|token| token.trim().into()))
    }

    /// Says whether nothing contradicts the token of the form. Both were sent by the same caller, so how long this takes tells nothing.
    fn agrees_with(&self, token: &str) -> bool {
        self.0
            .as_ref()
            .is_none_or(|header| header.expose_secret() == token)
    }

    /// Returns whose command this is, where the header alone shows that Mattermost sent it for one.
    fn is_of_a_command<'s>(&self, sites: &'s [Recipient]) -> Option<&'s Recipient> {
        let token = self.0.as_ref().map(ExposeSecret::expose_secret)?;
        let (site, _) = believed(sites, |keys| keys.command.verify(token))?;
        Some(site)
    }
}

/// `/mattermost-gpt`: what was sent says itself what it is.
pub(super) async fn any(State(edge): State<Arc<Edge>>, request: Request<Body>) -> Response<Body> {
    edge.handle(request, |sent| sent).await
}

/// `/hooks/command`: slash commands, and callers by hand.
pub(super) async fn command(
    State(edge): State<Arc<Edge>>,
    request: Request<Body>,
) -> Response<Body> {
    let read_as = |sent| match sent {
        Shape::ByHand => Shape::ByHand,
        Shape::Command | Shape::OutgoingHook => Shape::Command,
    };
    edge.handle(request, read_as).await
}

/// `/hooks/outgoing`: outgoing webhooks.
pub(super) async fn outgoing(
    State(edge): State<Arc<Edge>>,
    request: Request<Body>,
) -> Response<Body> {
    edge.handle(request, |_| Shape::OutgoingHook).await
}

impl Edge {
    async fn handle(&self, request: Request<Body>, read_as: fn(Shape) -> Shape) -> Response<Body> {
        let header = HeaderToken::of(request.headers());
        let written = match Written::read(request, &self.bounds, &*self.clock).await {
            Ok(written) => written,
            Err(unread) => return self.refuse_unread(unread, &header),
        };
        let Ok(submission) = written.submission() else {
            return self.refuse_unread(Unread::Malformed, &header);
        };
        let shape = read_as(submission.shape());
        let token = submission.token().filter(|token| header.agrees_with(token));
        let believed =
            token.and_then(|token| believed(&self.sites, |keys| keys.verify(shape, token)));
        let Some((site, key)) = believed else {
            tracing::debug!("refused a request without a valid token");
            return reply::empty(StatusCode::UNAUTHORIZED);
        };
        let reception = Reception {
            server: site.server.clone(),
            at: self.clock.now(),
            random: self.ids.token(),
        };
        match submission.into_event(shape, reception) {
            Ok(event) => {
                tracing::debug!(token.key = %key, event.shape = ?shape, "received an event");
                self.hand_over(site, shape, event).await
            }
            Err(rejection) => {
                tracing::info!(token.key = %key, event.shape = ?shape, reason = %rejection, "rejected an event");
                site.refuse(shape, rejection)
            }
        }
    }

    async fn hand_over(
        &self,
        site: &Recipient,
        shape: Shape,
        event: InboundEvent,
    ) -> Response<Body> {
        let received = site.intake.receive(event);
        let reply = match shape {
            // The pipeline itself bounds how long a caller by hand waits for the answer.
            Shape::ByHand => received.await,
            Shape::Command | Shape::OutgoingHook => {
                timeout(&*self.clock, LONGEST_RECEPTION, received)
                    .await
                    .unwrap_or_else(|_elapsed| {
                        tracing::error!("an event was not received in time");
                        Reply::Failure(site.say(&Sentence::Refused(Reason::Internal)))
                    })
            }
        };
        reply::say(shape, &reply)
    }

    /// Refuses what could not be read. Only a header can then show that Mattermost sent it, so that a person would see the body of a
    /// 200 alone.
    fn refuse_unread(&self, unread: Unread, header: &HeaderToken) -> Response<Body> {
        let limit = u64::try_from(self.bounds.bytes).unwrap_or(u64::MAX);
        let (status, sentence) = match unread {
            Unread::ContentType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Sentence::UsageContentType,
            ),
            Unread::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                Sentence::UsageBodyTooLarge { limit },
            ),
            Unread::TooSlow => (StatusCode::REQUEST_TIMEOUT, Sentence::UsageMalformed),
            Unread::Malformed => (StatusCode::BAD_REQUEST, Sentence::UsageMalformed),
        };
        tracing::debug!(reason = ?unread, "could not read a request");
        if let Some(site) = header.is_of_a_command(&self.sites) {
            return reply::ephemeral(&site.say(&sentence));
        }
        let site = self.sites.first();
        let text = site.map_or_else(String::new, |site| site.say(&sentence));
        reply::plain(status, &text)
    }
}

impl Recipient {
    fn refuse(&self, shape: Shape, rejection: Rejection) -> Response<Body> {
        let sentence = match rejection {
            Rejection::NoText => Sentence::UsageNoText,
            Rejection::Unreadable
            | Rejection::Repeated(_)
            | Rejection::Missing(_)
            | Rejection::Invalid(_) => Sentence::UsageMalformed,
        };
        let text = self.say(&sentence);
        match shape {
            Shape::ByHand => reply::plain(StatusCode::BAD_REQUEST, &text),
            Shape::Command | Shape::OutgoingHook => reply::say(shape, &Reply::Failure(text)),
        }
    }

    fn say(&self, sentence: &Sentence<'_>) -> String {
        say(self.language, sentence)
    }
}

/// Returns whose a token is. Everybody's are looked at, so that the time this takes does not tell.
fn believed(
    sites: &[Recipient],
    verify: impl Fn(&Keys) -> Option<KeyId>,
) -> Option<(&Recipient, KeyId)> {
    sites.iter().fold(None, |found, site| {
        let verified = verify(&site.keys).map(|key| (site, key));
        found.or(verified)
    })
}
