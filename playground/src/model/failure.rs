//! Errors, as the client's service words them.

use serde_json::{Value, json};

use super::request::Request;
use super::wire::Wire;

/// An error as `OpenAI` tells it, from which the other shapes follow.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) status: u16,
    pub(super) message: String,
    pub(super) kind: String,
    pub(super) code: Option<String>,
}

impl Failure {
    /// What goes wrong while an answer is told.
    pub(super) fn of_server(message: &str) -> Self {
        Self {
            status: 500,
            message: message.to_owned(),
            kind: "server_error".to_owned(),
            code: None,
        }
    }

    /// Status and body of the response.
    pub(super) fn response(&self, request: &Request) -> (u16, Value) {
        if !request.is_for_anthropic() {
            return (self.status, self.of_openai());
        }
        if self.code.as_deref() == Some("insufficient_quota") {
            // Anthropic has no status of its own for an empty account.
            let message = "Your credit balance is too low to access the Anthropic API. \
                Please go to Plans & Billing to upgrade or purchase credits.";
            return (400, of_anthropic("invalid_request_error", message));
        }
        let body = of_anthropic(anthropic_kind(self.status), &self.message);
        (self.status, body)
    }

    /// The event that tells it inside a stream: <https://platform.openai.com/docs/api-reference/responses-streaming/error>
    /// and <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.
    pub(super) fn event(&self, wire: Wire) -> Value {
        match wire {
            Wire::ChatCompletions => self.of_openai(),
            Wire::Responses => {
                let code = self.code.as_ref().unwrap_or(&self.kind);
                json!({"type": "error", "code": code, "message": self.message, "param": null})
            }
            Wire::Messages => of_anthropic(anthropic_kind(self.status), &self.message),
        }
    }

    fn of_openai(&self) -> Value {
        json!({"error": {
            "message": self.message,
            "type": self.kind,
            "param": null,
            "code": self.code,
        }})
    }
}

fn of_anthropic(kind: &str, message: &str) -> Value {
    json!({"type": "error", "error": {"type": kind, "message": message}})
}

/// Anthropic's type of error follows from the status: <https://docs.anthropic.com/en/api/errors>.
fn anthropic_kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        504 => "timeout_error",
        status if status >= 500 => "api_error",
        _ => "invalid_request_error",
    }
}
