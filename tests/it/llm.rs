//! Asking a model over a real connection: what is sent, what comes back, and when we stop waiting.

mod connections;
mod foreign;
mod listed;
mod media;
mod operators;
mod prices;
pub(crate) mod provider;
mod providers;
mod secure;

use std::sync::Arc;
use std::time::Duration;

use askwell::domain::completion::{Delta, FinishReason, ModelFailure, Usage};
use askwell::domain::prompt::{Message, ModelChoice, Prompt, Role, Window};
use askwell::llm::{Manners, Protocol, Sampling, Settings, Target, Way, client};
use askwell::ports::{DeltaStream, LanguageModel, ModelError};
use askwell_playground::model::{self, Recording, Reply, ScriptedModel};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::join;
use secrecy::SecretString;
use serde_json::json;

use crate::clock::ManualClock;

const FIRST_TOKEN: Duration = Duration::from_mins(1);
const IDLE: Duration = Duration::from_secs(30);
const TOTAL: Duration = Duration::from_mins(5);

fn settings(base_url: &str) -> Settings {
    Settings {
        base_url: base_url.parse().unwrap(),
        protocol: Protocol::default(),
        api_keys: vec![SecretString::from("sk-very-secret")],
        model: Some("smollm2".into()),
        window: Window {
            total_tokens: 8_192,
            answer_tokens: 1_024,
        },
        sees: false,
        caches: false,
        user_key: None,
        price: None,
        manners: Manners::default(),
        way: Way::default(),
        first_token_timeout: FIRST_TOKEN,
        idle_timeout: IDLE,
        total_timeout: TOTAL,
        max_answer_bytes: 100_000,
    }
}

fn asking(settings: Settings) -> (Target, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    let http = client(&settings).unwrap();
    (Target::new(settings, http, clock.clone()), clock)
}

fn prompt() -> Prompt {
    let said = |role, text: &str| Message {
        role,
        text: text.into(),
        pictures: Vec::new(),
    };
    Prompt {
        messages: Arc::new(vec![
            said(Role::System, "be kind"),
            said(Role::User, "안녕?"),
            said(Role::Assistant, "네!"),
            said(Role::User, "날씨 어때?"),
        ]),
        max_answer_tokens: 700,
        dropped_turns: 0,
        turn_messages: 0,
        choice: ModelChoice::default(),
    }
}

/// What a completion came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    text: String,
    reasoning: String,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
    failure: Option<ModelFailure>,
}

async fn ask(model: &Target) -> Outcome {
    match model.complete(&prompt()).await {
        Ok(stream) => read(stream).await,
        Err(error) => Outcome {
            failure: Some(error.failure),
            ..Outcome::default()
        },
    }
}

async fn read(mut stream: DeltaStream) -> Outcome {
    let mut outcome = Outcome::default();
    while let Some(item) = stream.next().await {
        assert_eq!(outcome.failure, None, "an error is the last item");
        match item {
            Ok(Delta::Text(text)) => outcome.text += &text,
            Ok(Delta::Reasoning(text)) => outcome.reasoning += &text,
            Ok(Delta::Usage(usage)) => outcome.usage = Some(usage),
            Ok(Delta::Model(_) | Delta::Failed(_) | Delta::Answering { .. }) => {}
            Ok(Delta::Finished(reason)) => outcome.finish = Some(reason),
            Err(error) => outcome.failure = Some(error.failure),
        }
    }
    outcome
}

async fn ask_scripted(reply: Reply) -> Outcome {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(reply);
    ask(&asking(settings(&server.base_url())).0).await
}

async fn error_of(model: &Target) -> ModelError {
    match model.complete(&prompt()).await {
        Ok(_) => panic!("it was accepted"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn the_whole_prompt_is_sent_with_the_key_and_as_a_stream_with_usage() {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(Reply::text("네."));
    let (model, _clock) = asking(settings(&server.base_url()));

    ask(&model).await;

    let requests = server.requests();
    let request = requests.first().unwrap();
    assert_eq!(
        request.header("authorization"),
        Some("Bearer sk-very-secret")
    );
    assert_eq!(
        request.header("user-agent"),
        Some(concat!("askwell/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(
        request.body,
        json!({
            "model": "smollm2",
            "messages": [
                { "role": "system", "content": "be kind" },
                { "role": "user", "content": "안녕?" },
                { "role": "assistant", "content": "네!" },
                { "role": "user", "content": "날씨 어때?" },
            ],
            "stream": true,
            "stream_options": { "include_usage": true },
            "max_tokens": 700,
        })
    );
}

#[tokio::test]
async fn a_temperature_is_sent_where_one_is_set_and_no_key_where_there_is_none() {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(Reply::text("네."));
    let (model, _clock) = asking(Settings {
        manners: Manners {
            sampling: Sampling {
                temperature: Some(0.2),
                ..Sampling::default()
            },
            ..Manners::default()
        },
        api_keys: Vec::new(),
        ..settings(&server.base_url())
    });

    ask(&model).await;

    let requests = server.requests();
    let request = requests.first().unwrap();
    assert_eq!(
        request
            .bytes
            .windows(17)
            .filter(|bytes| bytes == b"\"temperature\":0.2")
            .count(),
        1
    );
    assert_eq!(request.header("authorization"), None);
}

#[tokio::test]
async fn an_answer_comes_whole_with_its_reasoning_usage_and_finish() {
    let reply = Reply::empty()
        .reasoning("hm")
        .content("안")
        .content("녕")
        .in_chunks_of(1)
        .usage(model::Usage {
            prompt: 7,
            completion: 3,
        });
    let outcome = ask_scripted(reply).await;
    assert_eq!(outcome.text, "안녕");
    assert_eq!(outcome.reasoning, "hm");
    assert_eq!(outcome.finish, Some(FinishReason::Stop));
    let usage = outcome.usage.unwrap();
    assert_eq!((usage.prompt_tokens, usage.completion_tokens), (7, 3));
}

#[tokio::test]
async fn every_recorded_completion_means_the_same_over_a_real_connection() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/recorded/models");
    let server = ScriptedModel::start().await;
    let (model, _clock) = asking(settings(&server.base_url()));
    let mut replayed = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        // Where the recorder left, the recording has no end to replay.
        if file["request"]["path"] != "/v1/chat/completions"
            || file["response"]["end"] == "client closed here"
        {
            continue;
        }
        let (text, finishes) = written(&file);
        server.answer_next(Reply::recorded(Recording::load(&path).unwrap()));

        let outcome = ask(&model).await;

        assert!(
            outcome.finish.is_some() != outcome.failure.is_some(),
            "{}: {outcome:?}",
            path.display()
        );
        assert_eq!(outcome.text, text, "{}", path.display());
        assert_eq!(
            outcome.finish.is_some(),
            finishes,
            "{}: {outcome:?}",
            path.display()
        );
        replayed += 1;
    }
    assert!(replayed > 180, "recordings are missing: {replayed}");
}

/// Reads a recorded body the plain way: its text, and whether it is an answer, which has a finish and either text or a tool call.
fn written(file: &serde_json::Value) -> (String, bool) {
    let chunks = file["response"]["chunks"].as_array().unwrap();
    let body: String = chunks
        .iter()
        .map(|chunk| chunk["text"].as_str().unwrap())
        .collect();
    let is_success = file["response"]["status"] == 200;
    let objects = body
        .split("\n\n")
        .filter_map(|event| serde_json::from_str(event.trim().trim_start_matches("data:")).ok());
    let mut text = String::new();
    let (mut has_finish, mut has_call) = (false, false);
    for object in objects.filter(|_| is_success) {
        let object: serde_json::Value = object;
        let choice = &object["choices"][0];
        for key in ["delta", "message"] {
            text += choice[key]["content"].as_str().unwrap_or_default();
        }
        has_finish |= choice["finish_reason"].is_string();
        has_call |= choice["finish_reason"] == "tool_calls";
    }
    let finishes = has_finish && (has_call || !text.is_empty());
    (text, finishes)
}

#[tokio::test]
async fn every_refusal_says_what_is_wrong() {
    for (reply, expected) in [
        (Reply::unauthorized(), ModelFailure::KeyRefused),
        (Reply::model_not_found(), ModelFailure::ModelUnknown),
        (Reply::rate_limited(None), ModelFailure::RateLimited),
        (Reply::out_of_quota(), ModelFailure::QuotaSpent),
        (Reply::server_error(), ModelFailure::Unavailable),
        (Reply::unavailable(), ModelFailure::Unavailable),
        (Reply::html(502), ModelFailure::Unavailable),
        (Reply::html(200), ModelFailure::Garbled),
        (Reply::hang_up(), ModelFailure::Unavailable),
        (Reply::reset(), ModelFailure::Unavailable),
        (
            Reply::wire("HTTP/9.9 what\r\n\r\n"),
            ModelFailure::Unavailable,
        ),
        (
            Reply::document(200, "text/event-stream", ""),
            ModelFailure::Empty,
        ),
        (Reply::empty(), ModelFailure::Empty),
        (
            Reply::empty().finish("content_filter"),
            ModelFailure::Filtered,
        ),
    ] {
        let what = format!("{reply:?}");
        assert_eq!(ask_scripted(reply).await.failure, Some(expected), "{what}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let server = ScriptedModel::start().await;
    let base_url = server.base_url();
    server.stop().await;
    let (model, _clock) = asking(settings(&base_url));
    assert_eq!(ask(&model).await.failure, Some(ModelFailure::Unavailable));
    assert_eq!(
        model.ping().await.unwrap_err().failure,
        ModelFailure::Unavailable
    );
}

#[tokio::test]
async fn what_breaks_in_the_middle_keeps_its_text_and_says_so() {
    for (reply, expected) in [
        (Reply::deltas(["가", "나"]).cut(), ModelFailure::Broken),
        (
            Reply::deltas(["가", "나"]).without_finish().without_done(),
            ModelFailure::Broken,
        ),
        (
            Reply::deltas(["가", "나"]).error_in_stream("CUDA out of memory"),
            ModelFailure::Broken,
        ),
        (
            Reply::deltas(["가", "나"]).raw("data: {\"choices\"\n\n"),
            ModelFailure::Garbled,
        ),
        (
            Reply::deltas(["가", "나"]).raw(b"data: \xff\n\n".to_vec()),
            ModelFailure::Garbled,
        ),
        (
            Reply::deltas(["가", "나"]).content(&"x".repeat(100_000)),
            ModelFailure::TooLarge,
        ),
        (
            Reply::deltas(["가", "나"]).raw(Bytes::from(vec![b'x'; 10_000_000])),
            ModelFailure::TooLarge,
        ),
    ] {
        let outcome = ask_scripted(reply).await;
        assert_eq!(
            (outcome.text.as_str(), outcome.failure),
            ("가나", Some(expected))
        );
    }
}

#[tokio::test]
async fn an_endless_answer_ends_at_the_bound_and_the_server_is_left() {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(Reply::empty().endless("token "));
    let (model, _clock) = asking(settings(&server.base_url()));
    let outcome = ask(&model).await;
    assert_eq!(outcome.failure, Some(ModelFailure::TooLarge));
    assert!(outcome.text.len() <= 100_000);
    server.wait_for_disconnect().await;
}

#[tokio::test]
async fn dropping_an_answer_leaves_the_server() {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(Reply::deltas(["가"]).fall_silent());
    let (model, _clock) = asking(settings(&server.base_url()));
    let mut stream = model.complete(&prompt()).await.unwrap();
    while !matches!(stream.next().await, Some(Ok(Delta::Text(_)))) {}
    drop(stream);
    server.wait_for_disconnect().await;
}

#[tokio::test]
async fn dropping_a_question_before_its_answer_begins_leaves_the_server() {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(Reply::silence());
    let (model, _clock) = asking(settings(&server.base_url()));
    let prompt = prompt();
    tokio::select! {
        _ = model.complete(&prompt) => panic!("nothing was answered"),
        _ = server.wait_for_requests(1) => {}
    }
    server.wait_for_disconnect().await;
}

#[tokio::test]
async fn silence_before_the_head_ends_at_the_first_token_limit() {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(Reply::silence());
    let (model, clock) = asking(settings(&server.base_url()));
    let time = async {
        server.wait_for_requests(1).await;
        clock.advance(FIRST_TOKEN);
    };
    let (outcome, ()) = join(ask(&model), time).await;
    assert_eq!(outcome.failure, Some(ModelFailure::FirstTokenTimeout));
}

#[tokio::test]
async fn comments_and_roles_are_no_first_token() {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(
        Reply::empty()
            .comment("processing")
            .comment("processing")
            .fall_silent(),
    );
    let (model, clock) = asking(settings(&server.base_url()));
    let stream = model.complete(&prompt()).await.unwrap();
    clock.advance(FIRST_TOKEN.saturating_sub(Duration::from_micros(1)));
    let time = async {
        clock.until_someone_sleeps().await;
        clock.advance(Duration::from_micros(1));
    };
    let (outcome, ()) = join(read(stream), time).await;
    assert_eq!(outcome.failure, Some(ModelFailure::FirstTokenTimeout));
}

#[tokio::test]
async fn silence_in_the_middle_ends_at_the_idle_limit() {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(Reply::deltas(["가"]).fall_silent());
    let (model, clock) = asking(settings(&server.base_url()));
    let mut stream = model.complete(&prompt()).await.unwrap();
    while !matches!(stream.next().await, Some(Ok(Delta::Text(_)))) {}
    let time = async {
        clock.until_someone_sleeps().await;
        clock.advance(IDLE);
    };
    let (outcome, ()) = join(read(stream), time).await;
    assert_eq!(outcome.failure, Some(ModelFailure::IdleTimeout));
}

#[tokio::test]
async fn time_spent_elsewhere_between_two_deltas_is_no_silence_of_the_model() {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(Reply::deltas(["가"]).gate("more").content("나"));
    let (model, clock) = asking(settings(&server.base_url()));
    let mut stream = model.complete(&prompt()).await.unwrap();
    while !matches!(stream.next().await, Some(Ok(Delta::Text(_)))) {}
    clock.advance(IDLE * 2);
    server.open_gate("more");
    let outcome = read(stream).await;
    assert_eq!(
        (outcome.text.as_str(), outcome.finish),
        ("나", Some(FinishReason::Stop))
    );
}

#[tokio::test]
async fn an_answer_that_goes_on_and_on_ends_at_the_total_limit() {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(
        Reply::deltas(["가"])
            .gate("more")
            .content("나")
            .fall_silent(),
    );
    let (model, clock) = asking(settings(&server.base_url()));
    let mut stream = model.complete(&prompt()).await.unwrap();
    while !matches!(stream.next().await, Some(Ok(Delta::Text(_)))) {}
    clock.advance(TOTAL.saturating_sub(Duration::from_secs(1)));
    let time = async {
        clock.until_someone_sleeps().await;
        clock.advance(Duration::from_secs(1));
    };
    let (outcome, ()) = join(read(stream), time).await;
    assert_eq!(outcome.failure, Some(ModelFailure::TotalTimeout));
}

#[tokio::test]
async fn a_connection_held_open_after_the_finish_does_not_hold_the_answer() {
    let server = ScriptedModel::start().await;
    let finish = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    server.answer_otherwise(Reply::deltas(["가"]).event(finish).fall_silent());
    let (model, clock) = asking(settings(&server.base_url()));
    let mut stream = model.complete(&prompt()).await.unwrap();
    while !matches!(stream.next().await, Some(Ok(Delta::Finished(_)))) {}
    let time = async {
        clock.until_someone_sleeps().await;
        clock.advance(Duration::from_secs(2));
    };
    let (outcome, ()) = join(read(stream), time).await;
    assert_eq!(outcome, Outcome::default());
}

#[tokio::test]
async fn the_delay_a_server_asks_for_is_handed_on() {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(Reply::rate_limited(Some("7")));
    let (model, _clock) = asking(settings(&server.base_url()));
    let error = error_of(&model).await;
    assert_eq!(
        (error.status, error.retry_after),
        (Some(429), Some(Duration::from_secs(7)))
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed_so_the_key_stays_here() {
    let elsewhere = ScriptedModel::start().await;
    let server = ScriptedModel::start().await;
    let location = format!("{}/chat/completions", elsewhere.base_url());
    server.answer_otherwise(Reply::document(307, "text/plain", "").header("location", &location));
    let (model, _clock) = asking(settings(&server.base_url()));
    assert_eq!(
        ask(&model).await.failure,
        Some(ModelFailure::RequestRefused)
    );
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn neither_the_key_nor_anybodys_words_are_in_an_error() {
    let server = ScriptedModel::start().await;
    let said = "날씨 어때?";
    for reply in [
        Reply::error(400, said, "invalid_request_error", Some("bad")),
        Reply::unauthorized(),
        Reply::hang_up(),
        Reply::document(500, "text/plain", said),
    ] {
        server.answer_next(reply);
        let error = error_of(&asking(settings(&server.base_url())).0).await;
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("sk-very-secret") && !shown.contains(said),
            "{shown}"
        );
    }
}
