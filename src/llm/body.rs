//! Bodies that are no stream of an answer: pictures, transcripts, lists and refusals. Each is bounded, in bytes and in time.

use std::time::Duration;

use super::client::Incoming;
use super::error::{caused, failed};
use crate::domain::completion::ModelFailure;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, ModelError, timeout};

/// Reads a body that is of use only where it is whole and of at most `most` bytes; in vain after `by`.
pub(super) async fn read_whole(
    mut response: Incoming,
    clock: &dyn Clock,
    by: Timestamp,
    most: usize,
) -> Result<Vec<u8>, ModelError> {
    let reading = async {
        let mut body = Vec::new();
        while let Some(bytes) = response.chunk().await.map_err(broken)? {
            if body.len().saturating_add(bytes.len()) > most {
                return Err(failed(ModelFailure::TooLarge));
            }
            body.extend_from_slice(&bytes);
        }
        Ok(body)
    };
    let within = by.since(clock.now());
    let read = timeout(clock, within, reading).await;
    read.map_err(|elapsed| caused(ModelFailure::TotalTimeout, elapsed))?
}

fn broken(error: reqwest::Error) -> ModelError {
    caused(ModelFailure::Broken, error.without_url())
}

/// Reads a short body: at most `most` bytes of it, and what comes in time. Whoever parses it finds out whether it is whole.
pub(super) async fn read_beginning(
    mut response: Incoming,
    clock: &dyn Clock,
    within: Duration,
    most: usize,
) -> Vec<u8> {
    let mut body = Vec::new();
    let reading = async {
        while let Ok(Some(bytes)) = response.chunk().await {
            let room = most.saturating_sub(body.len());
            body.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
            if bytes.len() >= room {
                break;
            }
        }
    };
    // A body that is cut or late is judged by what came of it.
    let _in_time = timeout(clock, within, reading).await.is_ok();
    body
}
