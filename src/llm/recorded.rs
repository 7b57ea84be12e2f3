//! What real servers sent, read by what reads them in production: every reply and every refusal in `recorded/models`.
//!
//! The snapshot beside this file is the table of what each of them means, one a line.

use std::fmt::Write;
use std::path::Path;

use bytes::Bytes;
use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::completion::{Expected, ReplyEnd};
use super::error::{Said, refused};
use super::reply::Reply;
use super::settings::ReasoningForm;
use super::wire::Wire;
use crate::domain::completion::{Delta, FinishReason, ModelFailure, Usage};
use crate::domain::time::Timestamp;
use crate::ports::ModelError;

struct Recording {
    name: String,
    status: u16,
    headers: HeaderMap,
    chunks: Vec<Bytes>,
    ending: ReplyEnd,
    /// The question that was asked; none where something else was.
    asked: Option<Asked>,
}

/// How a model was asked.
#[derive(Clone, Copy, Debug)]
struct Asked {
    wire: Wire,
    most_tokens: Option<u32>,
}

/// What a reply means once it has ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Meaning {
    model: String,
    reasoning: String,
    text: String,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
    failure: Option<ModelFailure>,
}

fn recordings() -> Vec<Recording> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded/models");
    let mut recordings: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| recording(&path))
        .collect();
    recordings.sort_by(|a, b| a.name.cmp(&b.name));
    recordings
}

fn recording(path: &Path) -> Recording {
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let response = &file["response"];
    let headers = response["headers"].as_array().unwrap().iter();
    let chunks = response["chunks"].as_array().unwrap().iter();
    Recording {
        name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
        status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
        headers: headers.map(header).collect(),
        chunks: chunks
            .map(|chunk| Bytes::from(chunk["text"].as_str().unwrap().to_owned()))
            .collect(),
        ending: match response["end"].as_str().unwrap() {
            "last-chunk" | "content-length" => ReplyEnd::Clean,
            _ => ReplyEnd::Cut,
        },
        asked: asked(&file["request"]),
    }
}

fn asked(request: &Value) -> Option<Asked> {
    let wire = match request["path"].as_str().unwrap() {
        "/v1/chat/completions" => Wire::ChatCompletions,
        "/v1/responses" => Wire::Responses,
        "/v1/messages" => Wire::Messages,
        _ => return None,
    };
    let body: Value = serde_json::from_str(request["body"].as_str().unwrap_or("null")).ok()?;
    let most = ["max_tokens", "max_completion_tokens", "max_output_tokens"]
        .into_iter()
        .find_map(|key| body.get(key)?.as_u64());
    Some(Asked {
        wire,
        most_tokens: most.and_then(|most| u32::try_from(most).ok()),
    })
}

fn header(pair: &Value) -> (HeaderName, HeaderValue) {
    let part = |index: usize| pair[index].as_str().unwrap();
    (part(0).parse().unwrap(), part(1).parse().unwrap())
}

fn read(asked: Asked, chunks: &[Bytes], ending: ReplyEnd) -> Meaning {
    let Asked { wire, most_tokens } = asked;
    let mut meaning = Meaning::default();
    let expected = Expected {
        reasoning: ReasoningForm::Marked,
        most_tokens,
        max_answer_bytes: 1_000_000,
    };
    let mut reply = Reply::new(wire, expected);
    let outcome = chunks
        .iter()
        .try_for_each(|chunk| {
            reply.receive(chunk)?;
            take(&mut reply, &mut meaning);
            Ok(())
        })
        .and_then(|()| reply.end(ending));
    take(&mut reply, &mut meaning);
    meaning.failure = outcome.err().map(|error: ModelError| error.failure);
    meaning
}

fn take(reply: &mut Reply, meaning: &mut Meaning) {
    while let Some(delta) = reply.take() {
        match delta {
            Delta::Text(text) => meaning.text += &text,
            Delta::Reasoning(text) => meaning.reasoning += &text,
            Delta::Usage(usage) => meaning.usage = Some(usage),
            Delta::Model(model) => meaning.model = model,
            Delta::Failed(_) | Delta::Answering { .. } => {}
            Delta::Finished(reason) => meaning.finish = Some(reason),
        }
    }
}

fn line(recording: &Recording) -> Option<String> {
    let mut line = format!("{}:", recording.name);
    if recording.status != 200 {
        let body = recording.chunks.concat();
        let now = Timestamp::EPOCH;
        let error = refused(
            recording.status,
            &recording.headers,
            &Said::in_body(&body),
            now,
        );
        write!(line, " {} {:?}", recording.status, error.failure).unwrap();
        if let Some(delay) = error.retry_after {
            write!(line, " after {delay:?}").unwrap();
        }
        return Some(line);
    }
    let meaning = read(recording.asked?, &recording.chunks, recording.ending);
    match (meaning.finish, meaning.failure) {
        (Some(reason), None) => write!(line, " {reason:?}").unwrap(),
        (None, Some(failure)) => write!(line, " FAILED {failure:?}").unwrap(),
        both => panic!("{}: ended twice or never: {both:?}", recording.name),
    }
    if let Some(usage) = meaning.usage {
        let Usage {
            prompt_tokens,
            completion_tokens,
            cached_tokens,
            reasoning_tokens,
        } = usage;
        write!(line, " {prompt_tokens}+{completion_tokens} (cached {cached_tokens}, reasoning {reasoning_tokens})").unwrap();
    }
    write!(line, " {} {:?}", meaning.model, meaning.text).unwrap();
    if !meaning.reasoning.is_empty() {
        write!(line, " reasoning {:?}", meaning.reasoning).unwrap();
    }
    Some(line)
}

#[test]
fn every_recorded_completion_and_refusal_is_understood() {
    let lines: Vec<_> = recordings().iter().filter_map(line).collect();
    assert!(
        lines.len() >= 235,
        "recordings are missing: {}",
        lines.len()
    );
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_a_recorded_reply_means_does_not_depend_on_single_bytes_arriving() {
    for recording in recordings()
        .iter()
        .filter(|recording| recording.status == 200)
    {
        let Some(asked) = recording.asked else {
            continue;
        };
        let whole = Bytes::from(recording.chunks.concat());
        let bytes: Vec<_> = (0..whole.len()).map(|at| whole.slice(at..=at)).collect();
        let expected = read(asked, &recording.chunks, recording.ending);
        for pieces in [bytes, vec![whole]] {
            assert_eq!(
                read(asked, &pieces, recording.ending),
                expected,
                "{}",
                recording.name
            );
        }
    }
}

fn cut(bytes: &[u8], cuts: &[prop::sample::Index]) -> Vec<Bytes> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| Bytes::copy_from_slice(&bytes[pair[0]..pair[1]]))
        .collect()
}

proptest! {
    #[test]
    fn no_bytes_at_all_make_the_reader_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        for wire in Wire::ALL {
            let asked = Asked { wire, most_tokens: None };
            let meaning = read(asked, &cut(&bytes, &cuts), ReplyEnd::Clean);
            prop_assert!(meaning.finish.is_some() != meaning.failure.is_some());
        }
    }

    #[test]
    fn damaged_replies_end_once_and_wherever_they_are_cut_the_same(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let recordings = streams();
        let (asked, mut bytes) = which.get(&recordings).clone();
        for (place, byte) in damage {
            *place.get_mut(&mut bytes) = byte;
        }
        let meaning = read(asked, &cut(&bytes, &cuts), ReplyEnd::Clean);
        prop_assert!(meaning.finish.is_some() != meaning.failure.is_some());
        prop_assert_eq!(meaning, read(asked, &[Bytes::from(bytes)], ReplyEnd::Clean));
    }
}

/// A few short streams of different servers.
fn streams() -> Vec<(Asked, Vec<u8>)> {
    [
        "litellm-upstream-reasoning-chat",
        "llama-server-stream-korean-forced",
        "llama-server-ping-long-prompt",
        "ollama-stream-stop-sequence",
        "portkey-nonstream-length",
        "transformers-serve-stream-korean",
        "litellm-upstream-reasoning-messages",
        "llama-server-tools-real-messages-stream",
        "ollama-messages-stream",
        "litellm-upstream-tools-responses",
        "litellm-upstream-reasoning-responses",
        "transformers-serve-responses-stream",
    ]
    .map(|name| {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded/models");
        let recording = recording(&directory.join(name).with_extension("json"));
        (recording.asked.unwrap(), recording.chunks.concat())
    })
    .into()
}
