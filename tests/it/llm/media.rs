//! Pictures and recordings over a real connection: what is sent, with which key, and what comes of it.

use std::sync::Arc;
use std::time::Duration;

use askwell::domain::completion::ModelFailure;
use askwell::llm::{Access, ImageSettings, Images, Speech, SpeechSettings, Way};
use askwell::ports::{ImageModel as _, ModelError, SpeechToText as _};
use askwell_playground::model::{Reply, ScriptedModel};
use secrecy::SecretString;
use serde_json::json;

use crate::clock::ManualClock;

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\xFF";

/// The same in Base64.
const ENCODED: &str = "iVBORw0KGgoA/w==";

const MAX_BYTES: usize = 64;

fn access(model: &ScriptedModel, keys: &[&str]) -> Access {
    Access {
        base_url: model.base_url().parse().unwrap(),
        api_keys: keys.iter().map(|key| SecretString::from(*key)).collect(),
        way: Way {
            query: vec![("api-version".into(), "1".into())],
            ..Way::default()
        },
    }
}

fn images(model: &ScriptedModel, keys: &[&str]) -> (Images, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    let settings = ImageSettings {
        access: access(model, keys),
        model: None,
        size: None,
        timeout: Duration::from_mins(1),
        max_bytes: MAX_BYTES,
    };
    (Images::new(settings, clock.clone()).unwrap(), clock)
}

async fn drawn(model: &ScriptedModel, reply: Reply) -> Result<Vec<u8>, ModelFailure> {
    model.draw_next(reply);
    let (images, _clock) = images(model, &[]);
    let drawn = images.draw("a cat").await;
    drawn
        .map(|drawn| drawn.picture.bytes.to_vec())
        .map_err(|error: ModelError| error.failure)
}

#[tokio::test]
async fn a_picture_is_taken_only_as_itself_and_only_up_to_its_bound() {
    let model = ScriptedModel::start().await;
    let of = |picture: serde_json::Value| Reply::json(200, &json!({"data": [picture]}));
    let held = format!("data:image/png;base64,{ENCODED}");
    for reply in [
        of(json!({"b64_json": ENCODED})),
        of(json!({"b64_json": held})),
        of(json!({"url": held})),
        of(json!({"url": "https://example.com/1.png", "b64_json": ENCODED})),
    ] {
        assert_eq!(drawn(&model, reply).await, Ok(PICTURE.to_vec()));
    }
    let padded = |length: usize| {
        let mut picture = PICTURE.to_vec();
        picture.resize(length, 0);
        Reply::picture(&picture)
    };
    assert!(drawn(&model, padded(MAX_BYTES)).await.is_ok());
    for (reply, failure) in [
        (padded(MAX_BYTES + 1), ModelFailure::PictureTooLarge),
        (padded(1024 * 1024), ModelFailure::PictureTooLarge),
        (
            Reply::picture_at("http://10.0.0.1/"),
            ModelFailure::PictureLinked,
        ),
        (Reply::json(200, &json!({"data": []})), ModelFailure::Empty),
        (Reply::json(200, &json!({})), ModelFailure::Empty),
        (of(json!({"b64_json": "?"})), ModelFailure::Garbled),
        (of(json!({"b64_json": "PHN2Zy8+"})), ModelFailure::Garbled),
        (Reply::html(200), ModelFailure::Garbled),
        (Reply::html(502), ModelFailure::Unavailable),
        (Reply::picture_refused(), ModelFailure::Filtered),
        (Reply::hang_up(), ModelFailure::Unavailable),
    ] {
        assert_eq!(drawn(&model, reply).await, Err(failure));
    }
}

#[tokio::test]
async fn a_picture_is_asked_for_with_another_key_where_one_is_spent_and_its_use_is_told() {
    let model = ScriptedModel::start().await;
    model.draw_next(Reply::out_of_quota());
    model.draw_next(Reply::picture(PICTURE));
    let (images, _clock) = images(&model, &["sk-one", "sk-two"]);
    let drawn = images.draw("a cat").await.unwrap();
    assert_eq!(drawn.usage.prompt_tokens, 50);
    assert_eq!(drawn.usage.completion_tokens, 4160);
    let asked = model.picture_requests();
    let keys = asked.iter().map(|asked| asked.header("authorization"));
    let keys: Vec<_> = keys.flatten().collect();
    assert_eq!(keys, ["Bearer sk-one", "Bearer sk-two"]);
    assert_eq!(asked[0].path, "/v1/images/generations?api-version=1");
}

#[tokio::test]
async fn a_picture_that_does_not_come_whole_in_time_is_given_up() {
    let model = ScriptedModel::start().await;
    model.draw_next(Reply::text("half").gate_before_head("never"));
    let (images, clock) = images(&model, &[]);
    let drawing = images.draw("a cat");
    let late = async {
        model.wait_at_gate("never").await;
        clock.advance(Duration::from_mins(1));
    };
    let (drawn, ()) = futures_util::future::join(drawing, late).await;
    assert_eq!(drawn.unwrap_err().failure, ModelFailure::TotalTimeout);
}

#[tokio::test]
async fn a_picture_that_begins_and_does_not_go_on_is_given_up_too() {
    let model = ScriptedModel::start().await;
    let begun = Reply::deltas(["half"]).gate_before_head("head");
    model.draw_next(begun.gate("never"));
    let (images, clock) = images(&model, &[]);
    let drawing = images.draw("a cat");
    let half = Duration::from_secs(30);
    let late = async {
        model.wait_at_gate("head").await;
        clock.advance(half);
        model.open_gate("head");
        // Whoever waits for the rest has this long left.
        clock.until_someone_sleeps_for(half).await;
        clock.advance(half);
    };
    let (drawn, ()) = futures_util::future::join(drawing, late).await;
    assert_eq!(drawn.unwrap_err().failure, ModelFailure::TotalTimeout);
}

#[tokio::test]
async fn a_recording_is_sent_as_a_file_whose_name_tells_nothing_but_its_format() {
    let model = ScriptedModel::start().await;
    model.transcribe_next(Reply::rate_limited(None));
    model.transcribe_next(Reply::transcript("안녕하세요."));
    let settings = SpeechSettings {
        access: access(&model, &["sk-one", "sk-two"]),
        model: Some("whisper-1".into()),
        language: None,
        timeout: Duration::from_mins(1),
        max_bytes: MAX_BYTES,
    };
    let speech = Speech::new(settings, Arc::new(ManualClock::new())).unwrap();
    assert_eq!(speech.most_bytes(), MAX_BYTES);
    let said = speech.transcribe("wav", b"RIFF\0\0\0\0WAVE").await.unwrap();
    assert_eq!(said, "안녕하세요.");
    let asked = model.transcript_requests().pop().unwrap();
    assert_eq!(asked.path, "/v1/audio/transcriptions?api-version=1");
    assert_eq!(asked.header("authorization"), Some("Bearer sk-two"));
    let kind = asked.header("content-type").unwrap();
    let (_, boundary) = kind.split_once("multipart/form-data; boundary=").unwrap();
    let form = String::from_utf8_lossy(&asked.bytes);
    assert_eq!(form.matches(&format!("--{boundary}")).count(), 4);
    assert!(form.contains("name=\"file\"; filename=\"recording.wav\""));
    assert!(!form.contains("language"), "{form}");
}
