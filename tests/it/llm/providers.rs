//! The other protocols that are not ours: Cohere, Bedrock and Vertex, as far as they differ from Gemini in `foreign`, whose sources these have, too.

use askwell::domain::completion::{FinishReason, ModelFailure, Usage};
use askwell::domain::file::Picture;
use askwell::llm::{Foreign, Manners, Sampling, Settings, Way};
use askwell::ports::LanguageModel as _;
use serde_json::{Value, json};

use super::foreign::{of, target};
use super::provider::{Answered, Provider, Then};
use super::{Outcome, ask, error_of, prompt, read};

const COHERE: [&str; 4] = [
    r#"{"is_finished":false,"event_type":"stream-start","generation_id":"g"}"#,
    r#"{"is_finished":false,"event_type":"text-generation","text":"맑음"}"#,
    r#"{"is_finished":false,"event_type":"text-generation","text":"이에요."}"#,
    r#"{"is_finished":true,"event_type":"stream-end","finish_reason":"COMPLETE","response":{"text":"맑음이에요.","meta":{"api_version":{"version":"1"},"billed_units":{"input_tokens":5,"output_tokens":4},"tokens":{"input_tokens":71,"output_tokens":4}}}}"#,
];

/// Temperature, `top_p` and stop: what all of them have words for.
fn sampled(settings: Settings) -> Settings {
    let sampling = Sampling {
        temperature: Some(0.5),
        top_p: Some(0.9),
        stop: vec!["END".into()],
        ..Sampling::default()
    };
    Settings {
        manners: Manners {
            sampling,
            ..Manners::default()
        },
        ..settings
    }
}

fn whole(text: &str, prompt_tokens: u64, completion_tokens: u64, cached_tokens: u64) -> Outcome {
    Outcome {
        text: text.into(),
        usage: Some(Usage {
            prompt_tokens,
            completion_tokens,
            cached_tokens,
            reasoning_tokens: 0,
        }),
        finish: Some(FinishReason::Stop),
        ..Outcome::default()
    }
}

async fn cohere_says(answer: Answered) -> Outcome {
    let provider = Provider::start(&[answer]);
    ask(&target(of(Foreign::Cohere, &provider.base, "command-r"))).await
}

#[tokio::test]
async fn cohere_is_asked_in_its_words_and_answers() {
    let provider = Provider::start(&[Answered::lines(&COHERE).in_bytes()]);
    let base = format!("{}/v1", provider.base);
    let model = target(sampled(of(Foreign::Cohere, &base, "command-a-03-2025")));

    let outcome = ask(&model).await;

    assert_eq!(outcome, whole("맑음이에요.", 71, 4, 0));
    let asked = &provider.asked()[0];
    assert_eq!(asked.line, "POST /v1/chat HTTP/1.1");
    assert_eq!(asked.header("authorization"), Some("Bearer sk-very-secret"));
    assert_eq!(
        asked.body,
        json!({
            "model": "command-a-03-2025", "stream": true, "preamble": "be kind", "message": "날씨 어때?",
            "chat_history": [{ "role": "USER", "message": "안녕?" }, { "role": "CHATBOT", "message": "네!" }],
            "temperature": 0.5, "p": 0.9, "stop_sequences": ["END"], "max_tokens": 700,
        })
    );
    assert!(!model.calls_tools(100).await.unwrap());
    assert_eq!(provider.asked().len(), 1);
}

#[tokio::test]
async fn how_cohere_ends_is_told_apart() {
    let end = |reason: &str| COHERE[3].replace("COMPLETE", reason);
    for (reason, finish, failure) in [
        ("MAX_TOKENS", Some(FinishReason::Length), None),
        ("ERROR_TOXIC", Some(FinishReason::ContentFilter), None),
        ("ERROR_LIMIT", Some(FinishReason::Length), None),
        ("ERROR", None, Some(ModelFailure::Broken)),
    ] {
        let outcome = cohere_says(Answered::lines(&[COHERE[0], COHERE[1], &end(reason)])).await;
        assert_eq!(
            (outcome.finish, outcome.failure),
            (finish, failure),
            "{reason}"
        );
        assert_eq!(outcome.text, "맑음", "{reason}");
    }
    for then in [Then::Cut, Then::End] {
        let outcome = cohere_says(Answered::lines(&COHERE[..2]).then(then)).await;
        assert_eq!(outcome.failure, Some(ModelFailure::Broken), "{then:?}");
        assert_eq!(outcome.text, "맑음");
    }
    for (answer, failure) in [
        (Answered::lines(&[]), ModelFailure::Empty),
        (Answered::lines(&["<html>"]), ModelFailure::Garbled),
        (
            Answered::lines(&[COHERE[1]]).then(Then::Repeat),
            ModelFailure::TooLarge,
        ),
    ] {
        assert_eq!(cohere_says(answer).await.failure, Some(failure));
    }
}

#[tokio::test]
async fn refusals_of_cohere_are_told_apart() {
    for (status, message, failure) in [
        (401, "invalid api token", ModelFailure::KeyRefused),
        (
            400,
            "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4292.",
            ModelFailure::ContextTooLong,
        ),
        (
            404,
            "model 'command-x' not found, make sure the correct model ID was used",
            ModelFailure::ModelUnknown,
        ),
        (
            429,
            "You are using a Trial key, which is limited to 20 API calls / minute.",
            ModelFailure::RateLimited,
        ),
        (500, "internal server error", ModelFailure::Unavailable),
    ] {
        let body = json!({ "message": message }).to_string();
        let provider = Provider::start(&[Answered::refusal(status, &body)]);
        let model = target(of(Foreign::Cohere, &provider.base, "command-r"));
        let error = error_of(&model).await;
        assert_eq!((error.failure, error.status), (failure, Some(status)));
    }
}

/// A message of the event stream encoding of Amazon's
/// (<https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html>).
fn message(headers: &[(&str, &str)], payload: &Value) -> Vec<u8> {
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(u8::try_from(name.len()).unwrap());
        head.extend_from_slice(name.as_bytes());
        head.push(7);
        head.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    let payload = payload.to_string();
    let length = |length: usize| u32::try_from(length).unwrap().to_be_bytes();
    let mut message = length(16 + head.len() + payload.len()).to_vec();
    message.extend(length(head.len()));
    message.extend(crc32(&message).to_be_bytes());
    message.extend(head);
    message.extend(payload.as_bytes());
    message.extend(crc32(&message).to_be_bytes());
    message
}

fn crc32(bytes: &[u8]) -> u32 {
    let turned = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    });
    !turned
}

fn event(kind: &str, payload: &Value) -> Vec<u8> {
    message(
        &[
            (":event-type", kind),
            (":content-type", "application/json"),
            (":message-type", "event"),
        ],
        payload,
    )
}

fn bedrock(stop: &str) -> Vec<Vec<u8>> {
    let text = |text: &str| json!({ "delta": { "text": text }, "contentBlockIndex": 0 });
    vec![
        event("messageStart", &json!({ "role": "assistant" })),
        event("contentBlockDelta", &text("맑음")),
        event("contentBlockDelta", &text("이에요.")),
        event("contentBlockStop", &json!({ "contentBlockIndex": 0 })),
        event("messageStop", &json!({ "stopReason": stop })),
        event(
            "metadata",
            &json!({ "usage": { "inputTokens": 30, "outputTokens": 6, "totalTokens": 36, "cacheReadInputTokens": 9 }, "metrics": { "latencyMs": 275 } }),
        ),
    ]
}

fn streamed(parts: Vec<Vec<u8>>) -> Answered {
    Answered::new(200, "application/vnd.amazon.eventstream", parts)
}

const NOVA: &str = "us.amazon.nova-lite-v1:0";

async fn bedrock_says(answer: Answered) -> Outcome {
    let provider = Provider::start(&[answer]);
    ask(&target(of(Foreign::Bedrock, &provider.base, NOVA))).await
}

#[tokio::test]
async fn bedrock_is_asked_in_its_words_and_answers() {
    let provider = Provider::start(&[streamed(bedrock("end_turn")).in_bytes()]);
    let model = target(sampled(of(Foreign::Bedrock, &provider.base, NOVA)));
    let picture = Picture {
        media_type: "image/png",
        bytes: (*b"abc").into(),
    };

    let stream = model.complete(&prompt().showing(vec![picture])).await;

    assert_eq!(read(stream.unwrap()).await, whole("맑음이에요.", 30, 6, 9));
    let asked = &provider.asked()[0];
    assert_eq!(
        asked.line,
        "POST /model/us.amazon.nova-lite-v1:0/converse-stream HTTP/1.1"
    );
    assert_eq!(asked.header("authorization"), Some("Bearer sk-very-secret"));
    let picture = json!({ "image": { "format": "png", "source": { "bytes": "YWJj" } } });
    assert_eq!(
        asked.body,
        json!({
            "system": [{ "text": "be kind" }],
            "messages": [
                { "role": "user", "content": [{ "text": "안녕?" }] },
                { "role": "assistant", "content": [{ "text": "네!" }] },
                { "role": "user", "content": [picture, { "text": "날씨 어때?" }] },
            ],
            "inferenceConfig": { "temperature": 0.5, "topP": 0.9, "stopSequences": ["END"], "maxTokens": 700 },
        })
    );
}

#[tokio::test]
async fn how_bedrock_ends_is_told_apart() {
    for (reason, finish) in [
        ("max_tokens", FinishReason::Length),
        ("guardrail_intervened", FinishReason::ContentFilter),
        ("content_filtered", FinishReason::ContentFilter),
        ("stop_sequence", FinishReason::Stop),
    ] {
        let outcome = bedrock_says(streamed(bedrock(reason))).await;
        assert_eq!(outcome.finish, Some(finish), "{reason}");
    }
    let whole = bedrock("end_turn");
    // Without its last message it is whole, but nobody knows what it used.
    let outcome = bedrock_says(streamed(whole[..5].to_vec())).await;
    assert_eq!(
        (outcome.finish, outcome.usage),
        (Some(FinishReason::Stop), None)
    );
    for then in [Then::Cut, Then::End] {
        let outcome = bedrock_says(streamed(whole[..3].to_vec()).then(then)).await;
        assert_eq!(outcome.failure, Some(ModelFailure::Broken), "{then:?}");
        assert_eq!(outcome.text, "맑음이에요.");
    }
    let reasoned = json!({ "delta": { "reasoningContent": { "text": "Hm." } } });
    let mut parts = whole.clone();
    parts.insert(1, event("contentBlockDelta", &reasoned));
    let outcome = bedrock_says(streamed(parts)).await;
    assert_eq!(
        (outcome.reasoning, outcome.text),
        ("Hm.".into(), "맑음이에요.".into())
    );
    let endless = streamed(whole[..2].to_vec()).then(Then::Repeat);
    assert_eq!(
        bedrock_says(endless).await.failure,
        Some(ModelFailure::TooLarge)
    );
}

#[tokio::test]
async fn failures_of_bedrock_are_told_apart() {
    for (status, text, failure) in [
        (
            403,
            "Authentication failed: Please make sure your API Key is valid.",
            ModelFailure::KeyRefused,
        ),
        (
            400,
            "Input is too long for requested model.",
            ModelFailure::ContextTooLong,
        ),
        (
            400,
            "The provided model identifier is invalid.",
            ModelFailure::RequestRefused,
        ),
        (
            429,
            "Too many tokens, please wait before trying again.",
            ModelFailure::RateLimited,
        ),
        (
            503,
            "Bedrock is unable to process your request.",
            ModelFailure::Unavailable,
        ),
    ] {
        let body = json!({ "message": text }).to_string();
        let provider = Provider::start(&[Answered::refusal(status, &body)]);
        let error = error_of(&target(of(Foreign::Bedrock, &provider.base, NOVA))).await;
        assert_eq!(
            (error.failure, error.status),
            (failure, Some(status)),
            "{text}"
        );
    }
    let exception = message(
        &[
            (":exception-type", "modelStreamErrorException"),
            (":message-type", "exception"),
        ],
        &json!({ "message": "The system encountered an unexpected error." }),
    );
    let mut parts = bedrock("end_turn")[..2].to_vec();
    parts.push(exception);
    let outcome = bedrock_says(streamed(parts)).await;
    assert_eq!(outcome.text, "맑음");
    assert_eq!(outcome.failure, Some(ModelFailure::Broken));
    let mut damaged = bedrock("end_turn").concat();
    damaged[9] ^= 1;
    let outcome = bedrock_says(streamed(vec![damaged])).await;
    assert_eq!(outcome.failure, Some(ModelFailure::Broken));
}

#[tokio::test]
async fn vertex_is_asked_for_gemini_with_a_token_or_a_key() {
    let objects = [
        r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"맑음"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":30,"candidatesTokenCount":6,"totalTokenCount":36},"modelVersion":"gemini-2.5-flash"}"#,
    ];
    let provider = Provider::start(&[Answered::events(&objects)]);
    let base = format!("{}/v1/projects/p/locations/us-central1", provider.base);
    let own = of(Foreign::Vertex, &base, "gemini-2.5-flash");
    let keyed = Settings {
        way: Way {
            key_header: Some("x-goog-api-key".parse().unwrap()),
            query: vec![("trace".into(), "on".into())],
            ..Way::default()
        },
        ..own.clone()
    };
    for settings in [own, keyed] {
        assert_eq!(ask(&target(settings)).await, whole("맑음", 30, 6, 0));
    }
    let asked = provider.asked();
    let path = "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash:streamGenerateContent";
    assert_eq!(asked[0].line, format!("POST {path}?alt=sse HTTP/1.1"));
    assert_eq!(
        asked[1].line,
        format!("POST {path}?trace=on&alt=sse HTTP/1.1")
    );
    assert_eq!(
        asked[0].header("authorization"),
        Some("Bearer sk-very-secret")
    );
    assert_eq!(asked[1].header("x-goog-api-key"), Some("sk-very-secret"));
    assert_eq!(asked[1].header("authorization"), None);
}

#[tokio::test]
async fn vertex_is_asked_for_claude_in_its_words() {
    let events = [
        (
            "message_start",
            r#"{"type":"message_start","message":{"id":"m","role":"assistant","model":"claude-sonnet-4-6","content":[],"usage":{"input_tokens":30,"output_tokens":1}}}"#,
        ),
        (
            "content_block_start",
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        ),
        (
            "content_block_delta",
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"맑음"}}"#,
        ),
        (
            "content_block_stop",
            r#"{"type":"content_block_stop","index":0}"#,
        ),
        (
            "message_delta",
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":6}}"#,
        ),
        ("message_stop", r#"{"type":"message_stop"}"#),
    ];
    let parts = events.map(|(name, data)| format!("event: {name}\ndata: {data}\n\n").into_bytes());
    let provider = Provider::start(&[Answered::new(200, "text/event-stream", parts.to_vec())]);
    let model = target(of(Foreign::Vertex, &provider.base, "claude-sonnet-4-6"));
    assert_eq!(ask(&model).await, whole("맑음", 30, 6, 0));
    let asked = &provider.asked()[0];
    assert_eq!(
        asked.line,
        "POST /publishers/anthropic/models/claude-sonnet-4-6:streamRawPredict HTTP/1.1"
    );
    assert_eq!(asked.body["anthropic_version"], "vertex-2023-10-16");
    assert_eq!(asked.body["max_tokens"], 700);
}

#[tokio::test]
async fn what_cannot_be_said_to_a_model_chosen_later_is_not_dropped() {
    let provider = Provider::start(&[Answered::events(&[])]);
    let own = of(Foreign::Vertex, &provider.base, "gemini-2.5-flash");
    let mut manners = Manners::default();
    manners.sampling.seed = Some(7);
    let model = target(Settings { manners, ..own });
    for (chosen, failure) in [
        ("claude-sonnet-4-6", ModelFailure::RequestRefused),
        ("llama-4", ModelFailure::ModelUnknown),
    ] {
        let mut prompt = prompt();
        prompt.choice.model = Some(chosen.into());
        let error = model.complete(&prompt).await.err().unwrap();
        assert_eq!(error.failure, failure);
    }
    assert!(provider.asked().is_empty());
}
