//! Models of other media than text: pictures and transcripts, as `OpenAI`'s Images and Audio APIs tell them.
//!
//! <https://platform.openai.com/docs/api-reference/images/object> and
//! <https://platform.openai.com/docs/api-reference/audio/json-object>.

use serde_json::{Value, json};

use super::reply::Reply;
use super::request::Request;
use super::server::ScriptedModel;
use crate::world::base64;

/// Which medium a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    /// `POST …/images/generations`.
    Pictures,
    /// `POST …/audio/transcriptions`.
    Speech,
}

impl Medium {
    /// The medium of a request; none where it is about text.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let path = request.path.split('?').next().unwrap_or_default();
        match request.method.as_str() {
            "POST" if path.ends_with("/images/generations") => Some(Self::Pictures),
            "POST" if path.ends_with("/audio/transcriptions") => Some(Self::Speech),
            _ => None,
        }
    }

    /// What is answered where the script says nothing.
    pub(super) fn default_reply(self) -> Reply {
        match self {
            Self::Pictures => Reply::picture(b"\x89PNG\r\n\x1a\na scripted picture"),
            Self::Speech => Reply::transcript("A scripted transcript."),
        }
    }
}

/// Of other media.
impl Reply {
    /// A picture, as GPT Image models send it.
    #[must_use]
    pub fn picture(bytes: &[u8]) -> Self {
        Self::json(200, &pictures(&json!({"b64_json": base64::encode(bytes)})))
    }

    /// The address of a picture in its place, as older models send it unless they are told not to.
    #[must_use]
    pub fn picture_at(url: &str) -> Self {
        Self::json(200, &pictures(&json!({"url": url})))
    }

    /// 400, because what was asked for is not to be drawn.
    #[must_use]
    pub fn picture_refused() -> Self {
        Self::error(
            400,
            "Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com.",
            "image_generation_user_error",
            Some("moderation_blocked"),
        )
    }

    /// 400, because a field is not known.
    #[must_use]
    pub fn field_unknown(field: &str) -> Self {
        Self::error(
            400,
            &format!("Unknown parameter: '{field}'."),
            "invalid_request_error",
            Some("unknown_parameter"),
        )
    }

    /// What was said in a recording.
    #[must_use]
    pub fn transcript(text: &str) -> Self {
        let tokens = json!({"type": "tokens", "input_tokens": 14, "input_token_details": {"text_tokens": 0, "audio_tokens": 14}, "output_tokens": 45, "total_tokens": 59});
        Self::json(200, &json!({"text": text, "usage": tokens}))
    }
}

fn pictures(picture: &Value) -> Value {
    let usage = json!({
        "input_tokens": 50,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 50},
        "output_tokens": 4160,
        "total_tokens": 4210,
    });
    json!({
        "created": 1_713_833_628,
        "background": "opaque",
        "output_format": "png",
        "quality": "high",
        "size": "1024x1024",
        "data": [picture],
        "usage": usage,
    })
}

/// Of other media.
impl ScriptedModel {
    /// Answers the next request for a picture with this, once.
    pub fn draw_next(&self, reply: Reply) {
        self.answer_medium_next(Medium::Pictures, reply);
    }

    /// Answers the next request for a transcript with this, once.
    pub fn transcribe_next(&self, reply: Reply) {
        self.answer_medium_next(Medium::Speech, reply);
    }

    /// All requests for pictures until now, in order of arrival.
    #[must_use]
    pub fn picture_requests(&self) -> Vec<Request> {
        self.requests_about(Medium::Pictures)
    }

    /// All requests for transcripts until now, in order of arrival.
    #[must_use]
    pub fn transcript_requests(&self) -> Vec<Request> {
        self.requests_about(Medium::Speech)
    }

    fn requests_about(&self, medium: Medium) -> Vec<Request> {
        let requests = self.other_requests().into_iter();
        requests
            .filter(|request| Medium::of(request) == Some(medium))
            .collect()
    }
}
