//! Recorded exchanges come back byte for byte.

use std::path::{Path, PathBuf};

use askwell_playground::model::{Recording, RecordingError, Reply, ScriptedModel};
use serde_json::Value;

use crate::client::{Client, Response};

#[tokio::test]
async fn every_recorded_exchange_is_replayed_byte_for_byte() {
    let model = ScriptedModel::start().await;
    let files = recordings();
    assert!(files.len() > 250, "{} files", files.len());
    for file in files {
        let recording = Recording::load(&file).unwrap();
        model.answer_next(Reply::recorded(recording.clone()));
        let mut client = Client::connect(model.address()).await;
        client.ask("anything", true).await;
        let is_left_open = recording.response.end == "client closed here";
        let response = if is_left_open {
            as_far_as(&mut client, &recording).await
        } else {
            client.response().await
        };
        assert_eq!(response.head, head(&recording), "{}", file.display());
        let chunks: Vec<&[u8]> = recording
            .response
            .chunks
            .iter()
            .map(|chunk| chunk.text.as_bytes())
            .collect();
        assert_eq!(response.chunks, chunks, "{}", file.display());
        let is_whole = matches!(
            recording.response.end.as_str(),
            "last-chunk" | "content-length"
        );
        assert_eq!(response.is_complete, is_whole, "{}", file.display());
    }
}

#[tokio::test]
async fn a_connection_that_the_client_once_closed_waits_for_that_again() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::recorded(
        Recording::named("llama-server-disconnect").unwrap(),
    ));
    let mut client = Client::connect(model.address()).await;
    client.ask("hi", true).await;
    client.head().await;
    drop(client);
    model.wait_for_disconnect().await;
}

#[test]
fn a_file_that_is_no_recording_says_which_and_why() {
    let missing = Recording::named("no-such-recording").unwrap_err();
    assert!(matches!(missing, RecordingError::Read { .. }));
    assert!(missing.to_string().ends_with("no-such-recording.json"));
    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    assert!(matches!(
        Recording::load(&other),
        Err(RecordingError::Parse { .. })
    ));
}

fn recordings() -> Vec<PathBuf> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recorded/models");
    let files = std::fs::read_dir(models)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|file| file.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    files
}

fn head(recording: &Recording) -> String {
    let response = &recording.response;
    let mut head = format!("HTTP/1.1 {} {}\r\n", response.status, response.reason);
    for (name, value) in &response.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head + "\r\n"
}

/// All recorded chunks, of a response that then falls silent.
async fn as_far_as(client: &mut Client, recording: &Recording) -> Response {
    let head = client.head().await;
    let mut chunks = Vec::new();
    for _ in &recording.response.chunks {
        chunks.push(client.chunk().await.unwrap());
    }
    Response {
        head,
        chunks,
        is_complete: false,
    }
}

/// The data of all events of a recorded stream but `[DONE]`.
pub(crate) fn told(recording: &Recording) -> Vec<Value> {
    let chunks = recording.response.chunks.iter();
    let text: String = chunks.map(|chunk| chunk.text.as_str()).collect();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok())
        .collect()
}

/// Where ours lacks something that was recorded, or has something of another kind. What one of both has as null may
/// be anything in the other.
pub(crate) fn lacks(ours: &Value, recorded: &Value) -> Vec<String> {
    match (ours, recorded) {
        (Value::Object(ours), Value::Object(recorded)) => {
            let fields = recorded.iter().flat_map(|(name, recorded)| {
                let lacking = ours
                    .get(name)
                    .map_or_else(|| vec![String::new()], |ours| lacks(ours, recorded));
                lacking
                    .into_iter()
                    .map(move |path| format!("/{name}{path}"))
            });
            fields.collect()
        }
        (Value::Array(ours), Value::Array(recorded)) => {
            let items = ours.iter().zip(recorded).enumerate();
            let items = items.flat_map(|(index, (ours, recorded))| {
                let lacking = lacks(ours, recorded).into_iter();
                lacking.map(move |path| format!("/{index}{path}"))
            });
            items.collect()
        }
        (Value::Null, _)
        | (_, Value::Null)
        | (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_)) => Vec::new(),
        _ => vec![" is of another kind".to_owned()],
    }
}
