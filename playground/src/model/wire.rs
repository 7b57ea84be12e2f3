//! The ways of asking a model that are understood, told apart by their paths.

/// How an answer was asked for, and so how it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// `OpenAI`'s chat completions: `POST …/chat/completions`.
    ChatCompletions,
    /// `OpenAI`'s responses: `POST …/responses`.
    Responses,
    /// Anthropic's messages: `POST …/messages`.
    Messages,
}

impl Wire {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ChatCompletions, Self::Responses, Self::Messages];

    /// The path below the base URL, which begins with a slash.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/chat/completions",
            Self::Responses => "/responses",
            Self::Messages => "/messages",
        }
    }

    /// The wire of a request; none where it asks for no answer of a model.
    pub(super) fn of(method: &str, path: &str) -> Option<Self> {
        let path = path.split('?').next().unwrap_or_default();
        let mut wires = Self::ALL.into_iter();
        wires.find(|wire| method == "POST" && path.ends_with(wire.path()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wire_is_known_by_method_and_path() {
        for (method, path, wire) in [
            (
                "POST",
                "/v1/chat/completions?x=1",
                Some(Wire::ChatCompletions),
            ),
            ("POST", "/openai/v1/responses", Some(Wire::Responses)),
            ("POST", "/v1/messages?beta=true", Some(Wire::Messages)),
            ("GET", "/v1/responses", None),
            ("POST", "/v1/messages/count_tokens", None),
            ("POST", "/v1/responses/resp_1/cancel", None),
        ] {
            assert_eq!(Wire::of(method, path), wire, "{method} {path}");
        }
    }
}
