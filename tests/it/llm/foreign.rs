//! Models that are asked in protocols which are not ours: what is sent, what comes back, and when we stop waiting.
//!
//! The bodies are those of the providers' documentation (2026-11): Gemini <https://ai.google.dev/api/generate-content>, Cohere
//! <https://docs.cohere.com/v1/reference/chat-stream>, Bedrock
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html>, Vertex
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference>.

use std::sync::Arc;
use std::time::Duration;

use askwell::domain::completion::{Delta, FinishReason, ModelFailure, Usage};
use askwell::domain::file::Picture;
use askwell::llm::{Foreign, Manners, Protocol, Sampling, Settings, Target};
use askwell::ports::LanguageModel as _;
use futures_util::StreamExt as _;
use futures_util::future::join;
use serde_json::json;

use super::provider::{Answered, Provider, Then};
use super::{FIRST_TOKEN, IDLE, Outcome, TOTAL, ask, asking, error_of, prompt, read, settings};
use crate::clock::ManualClock;

const KOREAN: [&str; 3] = [
    r#"{"candidates":[{"content":{"parts":[{"text":"서울의 "}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7},"modelVersion":"gemini-2.5-flash","responseId":"r1"}"#,
    r#"{"candidates":[{"content":{"parts":[{"text":"날씨는 맑음"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3,"totalTokenCount":10},"modelVersion":"gemini-2.5-flash","responseId":"r1"}"#,
    r#"{"candidates":[{"content":{"parts":[{"text":"이에요."}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":6,"totalTokenCount":33,"cachedContentTokenCount":4,"thoughtsTokenCount":20},"modelVersion":"gemini-2.5-flash","responseId":"r1"}"#,
];

pub(super) fn of(protocol: Foreign, base: &str, model: &str) -> Settings {
    Settings {
        protocol: Protocol::Foreign(protocol),
        model: Some(model.into()),
        ..settings(base)
    }
}

fn gemini(provider: &Provider) -> Settings {
    of(
        Foreign::Gemini,
        &format!("{}/v1beta", provider.base),
        "gemini-2.5-flash",
    )
}

pub(super) fn target(settings: Settings) -> Target {
    asking(settings).0
}

async fn gemini_says(answer: Answered) -> Outcome {
    let provider = Provider::start(&[answer]);
    ask(&target(gemini(&provider))).await
}

fn failed(outcome: &Outcome) -> Option<ModelFailure> {
    outcome.failure
}

#[tokio::test]
async fn gemini_is_asked_in_its_words_and_where_it_is_documented() {
    let provider = Provider::start(&[Answered::events(&KOREAN)]);
    let manners = Manners {
        sampling: Sampling {
            temperature: Some(0.5),
            top_p: Some(0.9),
            seed: Some(7),
            stop: vec!["END".into()],
            reasoning_effort: Some("low".into()),
            ..Sampling::default()
        },
        body: json!({ "safetySettings": [] }).as_object().unwrap().clone(),
        ..Manners::default()
    };
    let model = target(Settings {
        manners,
        ..gemini(&provider)
    });

    ask(&model).await;

    let asked = &provider.asked()[0];
    assert_eq!(
        asked.line,
        "POST /v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse HTTP/1.1"
    );
    assert_eq!(asked.header("x-goog-api-key"), Some("sk-very-secret"));
    assert_eq!(asked.header("authorization"), None);
    assert_eq!(asked.header("accept-encoding"), None);
    assert!(asked.header("user-agent").unwrap().starts_with("askwell/"));
    assert_eq!(
        asked.body,
        json!({
            "systemInstruction": { "parts": [{ "text": "be kind" }] },
            "contents": [
                { "role": "user", "parts": [{ "text": "안녕?" }] },
                { "role": "model", "parts": [{ "text": "네!" }] },
                { "role": "user", "parts": [{ "text": "날씨 어때?" }] },
            ],
            "generationConfig": {
                "temperature": 0.5, "topP": 0.9, "seed": 7, "stopSequences": ["END"], "maxOutputTokens": 700,
                "thinkingConfig": { "thinkingBudget": 1000, "includeThoughts": true },
            },
            "safetySettings": [],
        })
    );
}

#[tokio::test]
async fn an_answer_of_gemini_is_the_same_wherever_its_bytes_are_cut() {
    for answer in [
        Answered::events(&KOREAN),
        Answered::events(&KOREAN).in_bytes(),
    ] {
        assert_eq!(
            gemini_says(answer).await,
            Outcome {
                text: "서울의 날씨는 맑음이에요.".into(),
                reasoning: String::new(),
                usage: Some(Usage {
                    prompt_tokens: 7,
                    completion_tokens: 26,
                    cached_tokens: 4,
                    reasoning_tokens: 20,
                }),
                finish: Some(FinishReason::Stop),
                failure: None,
            }
        );
    }
}

#[tokio::test]
async fn the_model_that_answers_is_told_once() {
    let provider = Provider::start(&[Answered::events(&KOREAN)]);
    let stream = target(gemini(&provider)).complete(&prompt()).await.unwrap();
    let deltas: Vec<_> = stream.collect().await;
    let models: Vec<_> = deltas
        .iter()
        .filter_map(|delta| match delta {
            Ok(Delta::Model(model)) => Some(model.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(models, ["gemini-2.5-flash"]);
}

#[tokio::test]
async fn reasoning_comes_apart_whether_it_is_a_part_or_a_mark() {
    let part =
        r#"{"candidates":[{"content":{"parts":[{"text":"Hm.","thought":true}],"role":"model"}}]}"#;
    let text = r#"{"candidates":[{"content":{"parts":[{"text":"Yes.","thoughtSignature":"c2ln"}],"role":"model"},"finishReason":"STOP"}]}"#;
    let mark = r#"{"candidates":[{"content":{"parts":[{"text":"<think>Hm.</think>Yes."}],"role":"model"},"finishReason":"STOP"}]}"#;
    for objects in [vec![part, text], vec![mark]] {
        let outcome = gemini_says(Answered::events(&objects)).await;
        assert_eq!(
            (outcome.reasoning.as_str(), outcome.text.as_str()),
            ("Hm.", "Yes.")
        );
        assert_eq!(outcome.finish, Some(FinishReason::Stop));
    }
}

fn ended_by(reason: &str, text: &str) -> String {
    let parts = if text.is_empty() {
        String::new()
    } else {
        format!(r#""content":{{"parts":[{{"text":"{text}"}}],"role":"model"}},"#)
    };
    format!(
        r#"{{"candidates":[{{{parts}"finishReason":"{reason}","index":0}}],"usageMetadata":{{"promptTokenCount":7,"totalTokenCount":7}}}}"#
    )
}

#[tokio::test]
async fn why_gemini_stopped_is_told_apart() {
    for (reason, finish) in [
        ("STOP", FinishReason::Stop),
        ("MAX_TOKENS", FinishReason::Length),
        ("SAFETY", FinishReason::ContentFilter),
        ("PROHIBITED_CONTENT", FinishReason::ContentFilter),
        ("RECITATION", FinishReason::ContentFilter),
        ("OTHER", FinishReason::Unsaid),
    ] {
        let outcome = gemini_says(Answered::events(&[&ended_by(reason, "So")])).await;
        assert_eq!(
            (outcome.text.as_str(), outcome.finish),
            ("So", Some(finish)),
            "{reason}"
        );
    }
    for (reason, failure) in [
        ("SAFETY", ModelFailure::Filtered),
        ("STOP", ModelFailure::Empty),
        ("MAX_TOKENS", ModelFailure::Empty),
    ] {
        let outcome = gemini_says(Answered::events(&[&ended_by(reason, "")])).await;
        assert_eq!(failed(&outcome), Some(failure), "{reason}");
    }
}

#[tokio::test]
async fn a_question_that_gemini_blocks_is_filtered() {
    let blocked = r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7},"modelVersion":"gemini-2.5-flash"}"#;
    let outcome = gemini_says(Answered::events(&[blocked])).await;
    assert_eq!(failed(&outcome), Some(ModelFailure::Filtered));
}

#[tokio::test]
async fn a_frame_that_says_nothing_of_the_answer_does_not_end_it() {
    let usage =
        r#"{"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7},"modelVersion":"m"}"#;
    let objects = [usage, KOREAN[0], usage, KOREAN[1], KOREAN[2]];
    let outcome = gemini_says(Answered::events(&objects)).await;
    assert_eq!(outcome.text, "서울의 날씨는 맑음이에요.");
    assert_eq!(outcome.finish, Some(FinishReason::Stop));
}

#[tokio::test]
async fn a_call_of_a_tool_that_nobody_offered_is_harmless() {
    let call = r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"rm","args":{"path":"/"}}}],"role":"model"},"finishReason":"STOP"}]}"#;
    let outcome = gemini_says(Answered::events(&[call])).await;
    assert_eq!(outcome.finish, Some(FinishReason::ToolCalls));
    assert_eq!(outcome.text, "");
    let provider = Provider::start(&[Answered::events(&[call])]);
    let model = target(gemini(&provider));
    assert!(model.calls_tools(100).await.unwrap());
    let declared = &provider.asked()[0].body["tools"][0]["functionDeclarations"][0]["name"];
    assert_eq!(declared, "clock");
}

#[tokio::test]
async fn refusals_of_gemini_are_told_apart_with_status_and_delay() {
    for (status, body, failure) in [
        (
            400,
            r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}"#,
            ModelFailure::KeyRefused,
        ),
        (
            401,
            r#"{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}"#,
            ModelFailure::KeyRefused,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
            ModelFailure::ContextTooLong,
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"Invalid value","status":"INVALID_ARGUMENT"}}]"#,
            ModelFailure::RequestRefused,
        ),
        (
            404,
            r#"{"error":{"code":404,"message":"models/gemini-9 is not found for API version v1beta.","status":"NOT_FOUND"}}"#,
            ModelFailure::ModelUnknown,
        ),
        (
            500,
            r#"{"error":{"code":500,"message":"Internal error.","status":"INTERNAL"}}"#,
            ModelFailure::Unavailable,
        ),
        (503, "<html>overloaded</html>", ModelFailure::Unavailable),
    ] {
        let provider = Provider::start(&[Answered::refusal(status, body)]);
        let error = error_of(&target(gemini(&provider))).await;
        assert_eq!(
            (error.failure, error.status),
            (failure, Some(status)),
            "{body}"
        );
    }
    let body = r#"{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}"#;
    for (answer, delay) in [
        (Answered::refusal(429, body), 34.5),
        (Answered::refusal(429, body).header("retry-after: 7"), 7.0),
    ] {
        let provider = Provider::start(&[answer]);
        let error = error_of(&target(gemini(&provider))).await;
        assert_eq!(error.failure, ModelFailure::RateLimited);
        assert_eq!(error.retry_after, Some(Duration::from_secs_f64(delay)));
    }
}

#[tokio::test]
async fn what_a_provider_says_in_a_refusal_is_not_kept() {
    let body =
        r#"{"error":{"code":400,"message":"my salary is 4,000","status":"INVALID_ARGUMENT"}}"#;
    let inside = format!("data: {body}\n\n").into_bytes();
    for answer in [
        Answered::refusal(400, body),
        Answered::new(200, "text/event-stream", vec![inside]),
        Answered::events(&["{\"candidates\": \"my salary is 4,000"]),
    ] {
        let provider = Provider::start(&[answer]);
        let error = error_of(&target(gemini(&provider))).await;
        let mut told = format!("{error:?}");
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            told += &error.to_string();
            cause = error.source();
        }
        assert!(!told.contains("salary"), "{told}");
    }
}

#[tokio::test]
async fn an_error_inside_a_stream_keeps_what_was_written() {
    let error =
        r#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#;
    let outcome = gemini_says(Answered::events(&[KOREAN[0], error])).await;
    assert_eq!(outcome.text, "서울의 ");
    assert_eq!(failed(&outcome), Some(ModelFailure::Broken));
}

#[tokio::test]
async fn a_stream_that_is_cut_or_ends_too_soon_is_broken() {
    for then in [Then::Cut, Then::End] {
        let outcome = gemini_says(Answered::events(&KOREAN[..2]).then(then)).await;
        assert_eq!(outcome.text, "서울의 날씨는 맑음");
        assert_eq!(failed(&outcome), Some(ModelFailure::Broken), "{then:?}");
        assert_eq!(outcome.finish, None);
    }
    let outcome = gemini_says(Answered::events(&["{\"candidates\": [{"])).await;
    assert_eq!(failed(&outcome), Some(ModelFailure::Garbled));
    let nothing = gemini_says(Answered::events(&[])).await;
    assert_eq!(failed(&nothing), Some(ModelFailure::Empty));
}

#[tokio::test]
async fn wherever_a_reply_ends_what_came_of_it_is_told_and_no_more() {
    let whole: Vec<u8> = KOREAN
        .iter()
        .flat_map(|object| format!("data: {object}\n\n").into_bytes())
        .collect();
    // A step that meets every place within a frame, and each of the three bytes of a syllable.
    for end in (0..whole.len()).step_by(29) {
        let part = vec![whole[..end].to_vec()];
        let answer = Answered::new(200, "text/event-stream", part);
        let outcome = gemini_says(answer.then(Then::Cut)).await;
        assert!(
            "서울의 날씨는 맑음이에요.".starts_with(&outcome.text),
            "{end}"
        );
        assert!(outcome.failure.is_some(), "{end}");
        assert_eq!(outcome.finish, None, "{end}");
    }
}

#[tokio::test]
async fn an_answer_without_an_end_stops_at_the_bound_and_leaves() {
    let provider = Provider::start(&[Answered::events(&[KOREAN[0]]).then(Then::Repeat)]);
    let outcome = ask(&target(gemini(&provider))).await;
    assert_eq!(failed(&outcome), Some(ModelFailure::TooLarge));
    let whole = "서울의 ".len() * (100_000 / "서울의 ".len());
    assert_eq!(outcome.text.len(), whole);
    provider.wait_until_left().await;
}

#[tokio::test]
async fn frames_without_an_end_stop_at_the_bound_of_a_stream() {
    let signature = "c2ln".repeat(10_000);
    let frame = format!(
        r#"{{"candidates":[{{"content":{{"parts":[{{"text":"","thoughtSignature":"{signature}"}}]}}}}]}}"#
    );
    let provider = Provider::start(&[Answered::events(&[&frame]).then(Then::Repeat)]);
    let outcome = ask(&target(gemini(&provider))).await;
    assert_eq!(failed(&outcome), Some(ModelFailure::TooLarge));
    provider.wait_until_left().await;
}

async fn in_vain(answer: Answered, patience: Duration) -> (Outcome, Arc<ManualClock>) {
    let provider = Provider::start(&[answer]);
    let (model, clock) = asking(gemini(&provider));
    let time = async {
        provider.wait_until_asked().await;
        clock.until_someone_sleeps_for(patience).await;
        clock.advance(patience);
    };
    let (outcome, ()) = join(ask(&model), time).await;
    (outcome, clock)
}

#[tokio::test]
async fn silence_ends_at_the_limits_of_our_own_clock() {
    let silent = Answered::events(&[]).then(Then::Silence);
    let (outcome, _) = in_vain(silent, FIRST_TOKEN).await;
    assert_eq!(failed(&outcome), Some(ModelFailure::FirstTokenTimeout));
    // A line that never ends is nothing that has come.
    for then in [Then::Silence, Then::Repeat] {
        let endless = Answered::new(200, "text/event-stream", vec![b"data: {".to_vec()]);
        let (outcome, _) = in_vain(endless.then(then), FIRST_TOKEN).await;
        assert_eq!(failed(&outcome), Some(ModelFailure::FirstTokenTimeout));
    }
    // Nor is a refusal.
    let refusal = Answered::refusal(400, "no ").then(Then::Repeat);
    let (outcome, _) = in_vain(refusal, FIRST_TOKEN).await;
    assert_eq!(failed(&outcome), Some(ModelFailure::FirstTokenTimeout));
    let half = Answered::events(&KOREAN[..1]).then(Then::Silence);
    let (outcome, _) = in_vain(half, IDLE).await;
    assert_eq!(failed(&outcome), Some(ModelFailure::IdleTimeout));
    assert_eq!(outcome.text, "서울의 ");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_in_all_ends_too() {
    let provider = Provider::start(&[Answered::events(&KOREAN[..1]).then(Then::Silence)]);
    let (model, clock) = asking(Settings {
        idle_timeout: TOTAL * 2,
        ..gemini(&provider)
    });
    let mut stream = model.complete(&prompt()).await.unwrap();
    while !matches!(stream.next().await, Some(Ok(Delta::Text(_)))) {}
    let time = async {
        clock.until_someone_sleeps().await;
        clock.advance(TOTAL);
    };
    let (outcome, ()) = join(read(stream), time).await;
    assert_eq!(failed(&outcome), Some(ModelFailure::TotalTimeout));
    provider.wait_until_left().await;
}

#[tokio::test]
async fn dropping_an_answer_of_gemini_closes_its_connection() {
    let provider = Provider::start(&[Answered::events(&KOREAN[..1]).then(Then::Silence)]);
    let mut stream = target(gemini(&provider)).complete(&prompt()).await.unwrap();
    while !matches!(stream.next().await, Some(Ok(Delta::Text(_)))) {}
    drop(stream);
    provider.wait_until_left().await;
}

#[tokio::test]
async fn a_key_that_gemini_holds_back_gives_way_to_the_next_at_once() {
    let refusal = Answered::refusal(
        429,
        r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}"#,
    );
    let provider = Provider::start(&[refusal, Answered::events(&KOREAN)]);
    let model = target(Settings {
        api_keys: vec!["first".into(), "second".into()],
        ..gemini(&provider)
    });
    assert_eq!(ask(&model).await.finish, Some(FinishReason::Stop));
    let asked = provider.asked();
    let keys: Vec<_> = asked
        .iter()
        .map(|asked| asked.header("x-goog-api-key"))
        .collect();
    assert_eq!(keys, [Some("first"), Some("second")]);
}

#[tokio::test]
async fn pictures_are_sent_within_the_question() {
    let picture = Picture {
        media_type: "image/png",
        bytes: (*b"abc").into(),
    };
    let provider = Provider::start(&[Answered::events(&KOREAN)]);
    let prompt = prompt().showing(vec![picture]);
    let stream = target(gemini(&provider)).complete(&prompt).await.unwrap();
    assert_eq!(read(stream).await.finish, Some(FinishReason::Stop));
    assert_eq!(
        provider.asked()[0].body["contents"][2]["parts"],
        json!([{ "inline_data": { "mime_type": "image/png", "data": "YWJj" } }, { "text": "날씨 어때?" }])
    );
}

#[tokio::test]
async fn a_name_is_sent_as_it_is_written() {
    for name in ["gemini-2.5-flash-high", "gemini::x", "gemini-none"] {
        let provider = Provider::start(&[Answered::events(&KOREAN)]);
        ask(&target(of(Foreign::Gemini, &provider.base, name))).await;
        let asked = &provider.asked()[0];
        let address = format!("POST /models/{name}:streamGenerateContent?alt=sse HTTP/1.1");
        assert_eq!(asked.line, address);
        let config = &asked.body["generationConfig"];
        assert_eq!(*config, json!({ "maxOutputTokens": 700 }), "{name}");
    }
}

#[tokio::test]
async fn models_are_listed_where_a_provider_lists_them() {
    let list = r#"{"models":[{"name":"models/gemini-2.5-flash","inputTokenLimit":1048576,"outputTokenLimit":65536}]}"#;
    let provider = Provider::start(&[Answered::refusal(200, list)]);
    let model = target(gemini(&provider));
    let models = model.models().await.unwrap();
    assert_eq!(models[0].id, "gemini-2.5-flash");
    assert_eq!(models[0].window_tokens, Some(1_048_576));
    model.ping().await.unwrap();
    let asked = &provider.asked()[0];
    assert_eq!(asked.line, "GET /v1beta/models?pageSize=1000 HTTP/1.1");
    assert_eq!(asked.header("x-goog-api-key"), Some("sk-very-secret"));
    // Bedrock's are listed elsewhere: that it answers at all has to do.
    let provider = Provider::start(&[Answered::refusal(404, "{}"), Answered::refusal(503, "{}")]);
    let model = target(of(Foreign::Bedrock, &provider.base, "m"));
    assert!(!model.lists_models());
    model.ping().await.unwrap();
    model.ping().await.unwrap_err();
}
