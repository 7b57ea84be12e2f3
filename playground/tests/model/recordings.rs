//! Recorded exchanges come back byte for byte.

use std::path::{Path, PathBuf};

use askwell_playground::model::{Recording, RecordingError, Reply, ScriptedModel};

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
