//! What documented and recorded refusals mean.

use super::*;

fn failure(status: u16, body: &str) -> ModelFailure {
    refused(
        status,
        &HeaderMap::new(),
        &Said::in_body(body.as_bytes()),
        Timestamp::EPOCH,
    )
    .failure
}

const DOCUMENTED: &[(u16, &str, ModelFailure)] = &[
    (
        429,
        r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
        ModelFailure::QuotaSpent,
    ),
    (
        429,
        r#"[{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED"}}]"#,
        ModelFailure::RateLimited,
    ),
    (429, "", ModelFailure::RateLimited),
    (
        429,
        r#"{"error":{"message":"maximum context length of tokens per minute","type":"tokens"}}"#,
        ModelFailure::RateLimited,
    ),
    (
        402,
        r#"{"error":{"message":"Insufficient Balance","code":"invalid_request_error"}}"#,
        ModelFailure::QuotaSpent,
    ),
    (
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#,
        ModelFailure::QuotaSpent,
    ),
    (
        400,
        r#"{"error":{"message":"Budget has been exceeded! Current cost: 1.2","type":"budget_exceeded","code":"400"}}"#,
        ModelFailure::QuotaSpent,
    ),
    (
        404,
        r#"{"error":{"message":"The model `gpt-9` does not exist or you do not have access to it.","type":"invalid_request_error","code":"model_not_found"}}"#,
        ModelFailure::ModelUnknown,
    ),
    (
        404,
        r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
        ModelFailure::ModelUnknown,
    ),
    (
        400,
        r#"{"error":{"message":"gpt-9 is not a valid model ID","code":400}}"#,
        ModelFailure::ModelUnknown,
    ),
    (
        503,
        r#"{"error":{"message":"no channel","code":"model_not_found"}}"#,
        ModelFailure::ModelUnknown,
    ),
    (
        404,
        "<html><body><h1>404 Not Found</h1></body></html>",
        ModelFailure::RequestRefused,
    ),
    (
        400,
        r#"{"error":{"message":"Invalid 'messages[0].content': string too long.","code":"string_above_max_length"}}"#,
        ModelFailure::ContextTooLong,
    ),
    (
        400,
        r#"{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400}"#,
        ModelFailure::ContextTooLong,
    ),
    (
        400,
        r#"{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum","type":"invalid_request_error"}}"#,
        ModelFailure::ContextTooLong,
    ),
    (
        413,
        "<html>413 Request Entity Too Large</html>",
        ModelFailure::ContextTooLong,
    ),
    (
        400,
        r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400}}"#,
        ModelFailure::Filtered,
    ),
    (
        403,
        r#"{"error":{"message":"openai/gpt-4o requires moderation. Your input was flagged for \"violence\"","code":403}}"#,
        ModelFailure::Filtered,
    ),
    (403, "Forbidden", ModelFailure::KeyRefused),
    (
        400,
        r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#,
        ModelFailure::KeyRefused,
    ),
    (
        400,
        r#"{"error":"registry.ollama.ai/library/x does not support chat"}"#,
        ModelFailure::RequestRefused,
    ),
    (
        529,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        ModelFailure::Unavailable,
    ),
    (
        502,
        "<html><body>Bad Gateway</body></html>",
        ModelFailure::Unavailable,
    ),
    (408, "", ModelFailure::Unavailable),
    (307, "", ModelFailure::RequestRefused),
    (418, "\u{0}\u{ff}", ModelFailure::RequestRefused),
];

#[test]
fn what_was_not_recorded_but_is_documented_is_understood() {
    for &(status, body, expected) in DOCUMENTED {
        assert_eq!(failure(status, body), expected, "{status} {body}");
    }
}

#[test]
fn an_error_inside_a_reply_is_a_broken_stream_unless_it_says_more() {
    for (value, expected) in [
        (
            r#"{"error":{"message":"CUDA out of memory","type":"server_error","code":500}}"#,
            ModelFailure::Broken,
        ),
        (r#"{"error":"stopped"}"#, ModelFailure::Broken),
        (
            r#"{"error":{"message":"slow down","code":429}}"#,
            ModelFailure::RateLimited,
        ),
        (
            r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#,
            ModelFailure::RateLimited,
        ),
        (
            r#"{"object":"error","message":"maximum context length is 10","code":400}"#,
            ModelFailure::ContextTooLong,
        ),
        (
            r#"{"error":{"code":"content_filter"},"choices":[]}"#,
            ModelFailure::Filtered,
        ),
        (
            r#"{"error":{"code":502,"message":"Provider returned error"},"choices":[{"finish_reason":"error"}]}"#,
            ModelFailure::Broken,
        ),
    ] {
        let said = Said::in_reply(&serde_json::from_str(value).unwrap()).expect(value);
        assert_eq!(inside(&said).failure, expected, "{value}");
    }
    for value in [
        r#"{"error":null,"choices":[]}"#,
        r#"{"choices":[]}"#,
        "[]",
        "3",
    ] {
        assert_eq!(Said::in_reply(&serde_json::from_str(value).unwrap()), None);
    }
}

#[test]
fn words_of_people_in_an_error_are_never_repeated() {
    let body = r#"{"error":{"message":"my secret diary","type":"bad\nline","code":"a-code","param":"secret"}}"#;
    let error = refused(
        400,
        &HeaderMap::new(),
        &Said::in_body(body.as_bytes()),
        Timestamp::EPOCH,
    );
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("secret"), "{shown}");
    assert!(
        shown.contains("a-code") && shown.contains("badline"),
        "{shown}"
    );
}

#[test]
fn a_label_of_the_longest_length_is_kept_and_a_longer_one_cut() {
    assert_eq!(
        label(&"x".repeat(MAX_LABEL_CHARACTERS)).len(),
        MAX_LABEL_CHARACTERS
    );
    assert_eq!(
        label(&"x".repeat(MAX_LABEL_CHARACTERS + 1)).len(),
        MAX_LABEL_CHARACTERS
    );
}

#[test]
fn the_delay_asked_for_is_read_in_each_of_its_forms() {
    let now = Timestamp::from_micros(784_111_777_000_000); // Sun, 06 Nov 1994 08:49:37 GMT
    for (name, value, expected) in [
        ("retry-after", "7", Some(7_000)),
        ("retry-after", "0.5", Some(500)),
        ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT", Some(30_000)),
        ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
        ("retry-after-ms", "250", Some(250)),
        ("retry-after", "86400", Some(86_400_000)),
        ("retry-after", "86401", Some(86_400_000)),
        ("retry-after", "1e300", Some(86_400_000)),
        ("retry-after", "-1", None),
        ("retry-after", "nan", None),
        ("retry-after", "soon", None),
        ("retry-later", "7", None),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        assert_eq!(
            retry_after(&headers, now),
            expected.map(Duration::from_millis),
            "{name}: {value}"
        );
    }
}

#[test]
fn by_how_much_a_prompt_is_too_long_is_read_from_what_servers_say_of_it() {
    let excess = |sent, most| Some(Excess { sent, most });
    for (message, expected) in [
        // OpenAI and vLLM, recorded of llama-cpp-python.
        (
            "This model's maximum context length is 1024 tokens. However, you requested 1336 tokens (1331 in the messages, 5 in the completion). Please reduce the length of the messages or completion.",
            excess(1336, 1024),
        ),
        // llama-server, recorded; through LiteLLM, too.
        (
            "request (1331 tokens) exceeds the available context size (1024 tokens), try increasing it",
            excess(1331, 1024),
        ),
        (
            "litellm.ContextWindowExceededError: OpenAIException - request (1331 tokens) exceeds the available context size (1024 tokens), try increasing it\nmodel=smollm2",
            excess(1331, 1024),
        ),
        // Anthropic, Gemini, Mistral.
        (
            "prompt is too long: 210000 tokens > 200000 maximum",
            excess(210_000, 200_000),
        ),
        (
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            excess(1_200_000, 1_048_576),
        ),
        (
            "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            excess(40_000, 32_768),
        ),
        // What is not said, or makes no sense.
        ("maximum context length is 1024 tokens", None),
        ("maximum context length is 0 tokens, you sent 5", None),
        (
            "maximum context length is 10 tokens, request 99999999999999999999 id 1234567890",
            None,
        ),
        ("Please reduce the length of the messages.", None),
        ("context size (", None),
    ] {
        let body =
            serde_json::json!({"error": {"message": message, "code": "context_length_exceeded"}});
        let said = Said::in_body(body.to_string().as_bytes());
        let error = refused(400, &HeaderMap::new(), &said, Timestamp::EPOCH);
        assert_eq!(error.failure, ModelFailure::ContextTooLong, "{message}");
        assert_eq!(error.excess, expected, "{message}");
    }
}
