//! Recordings written down over OpenAI's Audio API, which LocalAI, vLLM, Speaches and others speak too.
//!
//! <https://platform.openai.com/docs/api-reference/audio/createTranscription>. By the ending of the file's name the server knows its
//! format; the name that a person gave it is not sent.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::body::read_whole;
use super::client::{ClientError, client_to};
use super::error::{Said, caused, inside};
use super::protocol::Protocol;
use super::server::{Call, Server};
use super::settings::SpeechSettings;
use crate::domain::completion::ModelFailure;
use crate::domain::hexadecimal::hexadecimal;
use crate::ports::{Clock, ModelError, SpeechToText};

/// Bytes of a transcript, at most: a day of talking has less.
const MAX_TRANSCRIPT_BYTES: usize = 4 * 1024 * 1024;

/// What writes down what is said.
pub struct Speech {
    settings: SpeechSettings,
    server: Server,
    clock: Arc<dyn Clock>,
}

impl Speech {
    /// Makes the adapter.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn new(settings: SpeechSettings, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        let access = settings.access.clone();
        let http = client_to(&access.base_url, &access.way)?;
        Ok(Self {
            server: Server::new(access, Protocol::default(), http, clock.clone()),
            settings,
            clock,
        })
    }
}

#[async_trait]
impl SpeechToText for Speech {
    fn most_bytes(&self) -> usize {
        self.settings.max_bytes
    }

    async fn transcribe(&self, ending: &str, recording: &[u8]) -> Result<String, ModelError> {
        let by = self.clock.now().after(self.settings.timeout);
        let mut fields = vec![("response_format", "json")];
        let SpeechSettings {
            model, language, ..
        } = &self.settings;
        fields.extend(model.as_deref().map(|model| ("model", model)));
        fields.extend(language.as_deref().map(|language| ("language", language)));
        let boundary = boundary(recording);
        let call = Call {
            below: &["audio", "transcriptions"],
            content_type: &format!("multipart/form-data; boundary={boundary}"),
            accept: "application/json",
            body: form(
                &boundary,
                &fields,
                &format!("recording.{ending}"),
                recording,
            ),
        };
        let limit = || (by.since(self.clock.now()), ModelFailure::TotalTimeout);
        let response = self.server.post(&call, limit).await;
        let response = response.map_err(|refusal| refusal.error)?;
        transcript(&read_whole(response, &*self.clock, by, MAX_TRANSCRIPT_BYTES).await?)
    }
}

fn transcript(reply: &[u8]) -> Result<String, ModelError> {
    let reply: Value = serde_json::from_slice(reply)
        .map_err(|_| caused(ModelFailure::Garbled, "the transcript came in no JSON"))?;
    match reply.get("text").and_then(Value::as_str) {
        Some(text) => Ok(text.trim().to_owned()),
        None => Err(match Said::in_reply(&reply) {
            Some(said) => inside(&said),
            None => caused(ModelFailure::Garbled, "the transcript has no text"),
        }),
    }
}

/// Hexadecimal digits of a boundary.
const BOUNDARY_DIGITS: usize = 48;

/// Makes a boundary that the recording does not hold: nobody can write the digest of a whole into the whole. Our own fields hold none: they
/// are an operator's.
fn boundary(recording: &[u8]) -> String {
    let mut digest = hexadecimal(&Sha256::digest(recording));
    // A boundary has 70 characters at most (RFC 2046, section 5.1.1).
    digest.truncate(BOUNDARY_DIGITS);
    format!("askwell-{digest}")
}

/// Writes a form as `multipart/form-data` (RFC 7578), the file at its end.
fn form(boundary: &str, fields: &[(&str, &str)], name: &str, file: &[u8]) -> Bytes {
    let mut form = Vec::with_capacity(file.len() + 1024);
    for (field, value) in fields {
        let part = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
        );
        form.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    form.extend_from_slice(head.as_bytes());
    form.extend_from_slice(file);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    form.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_recording_ends_the_form_it_is_in() {
        let first = boundary(b"OggS");
        let spiteful = format!("OggS\r\n--{first}--\r\n");
        let boundary = boundary(spiteful.as_bytes());
        assert!(boundary.len() <= 70 && boundary != first);
        let form = form(
            &boundary,
            &[("model", "a")],
            "recording.ogg",
            spiteful.as_bytes(),
        );
        let text = String::from_utf8(form.to_vec()).unwrap();
        assert_eq!(text.matches(&boundary).count(), 3);
        assert!(text.ends_with(&format!("--{first}--\r\n\r\n--{boundary}--\r\n")));
    }

    #[test]
    fn a_transcript_is_a_text_and_nothing_else_is() {
        let read = |reply: &str| transcript(reply.as_bytes()).map_err(|error| error.failure);
        assert_eq!(read(r#"{"text":" 안녕 ","usage":{}}"#), Ok("안녕".into()));
        assert_eq!(read(r#"{"text":""}"#), Ok(String::new()));
        for (reply, failure) in [
            ("plain words", ModelFailure::Garbled),
            (r#"{"words":[]}"#, ModelFailure::Garbled),
            (
                r#"{"error":{"message":"overloaded"}}"#,
                ModelFailure::Broken,
            ),
        ] {
            assert_eq!(read(reply), Err(failure), "{reply}");
        }
    }
}
