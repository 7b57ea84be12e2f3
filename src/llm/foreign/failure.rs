//! What went wrong, from what the library makes of it.
//!
//! Its errors print what a server said, and that may quote people: they are taken apart here and never kept.

use genai::{BoxError, Error};

use crate::domain::completion::ModelFailure;
use crate::domain::time::Timestamp;
use crate::llm::error::{MAX_ERROR_BYTES, Said, caused, failed, inside, refused};
use crate::ports::ModelError;

/// Makes an error of the library's. `now` is what a date in `Retry-After` is counted from.
pub(super) fn told(error: Error, now: Timestamp) -> ModelError {
    match error {
        // It is asked while the answer is read, so this is also how a server refuses.
        Error::WebStream { error, .. } => of_the_connection(error, now),
        Error::HttpError {
            status,
            body,
            headers,
            ..
        } => {
            let body = body.as_bytes();
            let said = Said::in_body(body.get(..MAX_ERROR_BYTES).unwrap_or(body));
            refused(status.as_u16(), &headers, &said, now)
        }
        Error::ChatResponse { body, .. } => inside(&Said::in_object(&body)),
        Error::StreamParse { serde_error, .. } => caused(
            ModelFailure::Garbled,
            format!(
                "no JSON of the protocol at line {}, column {}",
                serde_error.line(),
                serde_error.column()
            ),
        ),
        // Fields are missing that the protocol has.
        Error::JsonValueExt(_) => failed(ModelFailure::Garbled),
        _ => caused(
            ModelFailure::RequestRefused,
            "the library cannot say it in this protocol",
        ),
    }
}

fn of_the_connection(error: BoxError, now: Timestamp) -> ModelError {
    let error = match error.downcast::<Error>() {
        Ok(error) => return told(*error, now),
        Err(error) => error,
    };
    match error.downcast::<reqwest::Error>() {
        Ok(error) => {
            let failure = if error.is_builder() {
                ModelFailure::RequestRefused
            } else if error.is_body() || error.is_decode() {
                ModelFailure::Broken
            } else {
                ModelFailure::Unavailable
            };
            caused(failure, error.without_url())
        }
        // Bytes that are no text, and the like.
        Err(_) => failed(ModelFailure::Garbled),
    }
}
