//! What is measured of one call of a model: how it ended, what it used, how fast it wrote; and its step in a trace, after the conventions of
//! OpenTelemetry for generative AI (`gen_ai.*`, <https://opentelemetry.io/docs/specs/semconv/gen-ai/>). Nothing of what was asked or answered.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use url::Host;

use super::breaker::Standing;
use super::{Router, Shared, TargetSettings};
use crate::domain::completion::{Delta, FinishReason, ModelFailure, Usage};
use crate::domain::id::QuestionId;
use crate::domain::time::Timestamp;
use crate::llm::protocol::Protocol;
use crate::llm::settings::Settings;
use crate::llm::{Foreign, Wire};
use crate::telemetry::{Breaking, Gauged, Kind, Metrics, Span, Tokens, Value};

/// How a call that was dropped ended.
const GIVEN_UP: &str = "given_up";

/// Where a model is, in the words of the conventions.
pub(super) struct Place {
    provider: &'static str,
    model: Option<String>,
    host: Option<String>,
    port: Option<u16>,
}

impl Place {
    pub(super) fn of(target: &TargetSettings) -> Self {
        let Settings {
            base_url, model, ..
        } = &target.settings;
        Self {
            provider: provider(target.settings.protocol),
            model: model.clone(),
            host: base_url.host().map(|host: Host<&str>| host.to_string()),
            port: base_url.port_or_known_default(),
        }
    }
}

/// The provider whose protocol it is: whose server it really is, only its operator knows.
fn provider(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Own(Wire::ChatCompletions | Wire::Responses) => "openai",
        Protocol::Own(Wire::Messages) => "anthropic",
        Protocol::Foreign(Foreign::Gemini) => "gcp.gemini",
        Protocol::Foreign(Foreign::Vertex) => "gcp.vertex_ai",
        Protocol::Foreign(Foreign::Bedrock) => "aws.bedrock",
        Protocol::Foreign(Foreign::Cohere) => "cohere",
    }
}

/// One call, measured until it is dropped.
pub(super) struct Call {
    shared: Arc<Shared>,
    member: usize,
    question: Option<QuestionId>,
    /// The model that was chosen in place of the configured one.
    named: Option<String>,
    begun: Timestamp,
    first_token: Option<Timestamp>,
    usage: Usage,
    answered_as: Option<String>,
    finish: Option<FinishReason>,
    failure: Option<ModelFailure>,
}

impl Call {
    pub(super) fn begin(
        shared: Arc<Shared>,
        member: usize,
        question: Option<QuestionId>,
        named: Option<String>,
    ) -> Self {
        Self {
            begun: shared.clock.now(),
            shared,
            member,
            question,
            named,
            first_token: None,
            usage: Usage::default(),
            answered_as: None,
            finish: None,
            failure: None,
        }
    }

    /// Takes note of what came.
    pub(super) fn heard(&mut self, delta: &Delta) {
        match delta {
            Delta::Text(_) | Delta::Reasoning(_) => {
                if self.first_token.is_none() {
                    self.first_token = Some(self.shared.clock.now());
                }
            }
            Delta::Usage(usage) => self.usage = *usage,
            Delta::Model(model) => self.answered_as = Some(model.clone()),
            Delta::Finished(reason) => self.finish = Some(*reason),
            Delta::Failed(_) | Delta::Answering { .. } => {}
        }
    }

    pub(super) fn failed(&mut self, failure: ModelFailure) {
        self.failure = Some(failure);
    }

    fn result(&self) -> &'static str {
        match (self.failure, self.finish) {
            (Some(failure), _) => word(failure),
            (None, Some(_)) => "ok",
            (None, None) => GIVEN_UP,
        }
    }

    fn count(&self, metrics: &Metrics, id: &str, now: Timestamp) {
        metrics.called_model(id, self.result());
        metrics.used(
            id,
            Tokens {
                prompt: self.usage.prompt_tokens,
                cached: self.usage.cached_tokens,
                completion: self.usage.completion_tokens,
                reasoning: self.usage.reasoning_tokens,
            },
        );
        let Some(first_token) = self.first_token else {
            return;
        };
        metrics.first_token(id, first_token.since(self.begun));
        if self.finish.is_some() {
            let wrote_for: Duration = now.since(first_token);
            metrics.wrote(id, self.usage.completion_tokens, wrote_for);
        }
    }

    fn span(&self, now: Timestamp) -> Span {
        let own = &self.shared.members[self.member];
        let Place {
            provider,
            model,
            host,
            port,
        } = &own.place;
        let asked = self.named.as_ref().or(model.as_ref());
        let name = asked.map_or(Cow::Borrowed("chat"), |model| {
            Cow::Owned(format!("chat {model}"))
        });
        let error = Some(self.result()).filter(|result| *result != "ok");
        let (begun, ended) = (self.begun.as_micros(), now.as_micros());
        let span = Span {
            name,
            kind: Kind::Client,
            error,
            ..Span::between("chat", begun, ended)
        };
        let named = |name: &Option<String>| name.clone().map(Value::Name);
        let optional = [
            ("gen_ai.request.model", asked.cloned().map(Value::Name)),
            ("gen_ai.response.model", named(&self.answered_as)),
            ("server.address", named(host)),
            ("server.port", port.map(|port| u32::from(port).into())),
            (
                "gen_ai.response.finish_reasons",
                self.finish
                    .map(|reason| Value::Words(vec![reason.as_str()])),
            ),
        ];
        let span = span
            .with("gen_ai.operation.name", "chat")
            .with("gen_ai.provider.name", *provider)
            .with("gen_ai.usage.input_tokens", self.usage.prompt_tokens)
            .with("gen_ai.usage.output_tokens", self.usage.completion_tokens)
            .with("model.target", Value::Name(own.id.clone()));
        let known = optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        known.fold(span, |span, (name, value)| span.with(name, value))
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let now = self.shared.clock.now();
        let instruments = &self.shared.instruments;
        let id = &self.shared.members[self.member].id;
        self.count(&instruments.metrics, id, now);
        if let Some(question) = self.question {
            instruments
                .tracer
                .step(question.as_bits(), || self.span(now));
        }
    }
}

/// The word of a failure, as it is counted.
fn word(failure: ModelFailure) -> &'static str {
    let outcome = failure.as_outcome();
    outcome.strip_prefix("failed:model_").unwrap_or(outcome)
}

impl Gauged for Router {
    fn gauge(&self, metrics: &Metrics) {
        let now = self.0.clock.now();
        for member in &self.0.members {
            let state = match member.health().breaker.standing(now) {
                Standing::Closed => Breaking::Closed,
                Standing::HalfOpen => Breaking::HalfOpen,
                Standing::Open => Breaking::Open,
            };
            metrics.breaks(&member.id, state);
        }
    }
}
