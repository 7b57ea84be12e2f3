//! Messages, as Anthropic's service and the recorded servers tell them.

use askwell_playground::model::{Recording, Reply, ScriptedModel, Usage, UsagePlace, Wire};
use serde_json::{Value, json};

use crate::client::{ask_on, ask_whole_on};
use crate::recordings::{lacks, told};

#[tokio::test]
async fn a_streamed_message_tells_what_recorded_ones_tell() {
    let model = ScriptedModel::start().await;
    for name in [
        "llama-server-messages-stream",
        "litellm-upstream-reasoning-messages",
        "litellm-upstream-tools-messages",
        "ollama-tools-real-messages-stream",
    ] {
        let recorded = told(&Recording::named(name).unwrap());
        model.answer_next(said_again(&recorded));
        let response = ask_on(&model, Wire::Messages, "hi").await;
        let of_services_own =
            |event: &Value| event["type"] == "ping" || event["delta"]["type"] == "signature_delta";
        let events = response.events();
        let events: Vec<&Value> = events
            .iter()
            .filter(|event| !of_services_own(event))
            .collect();
        assert_eq!(events.len(), recorded.len(), "{name}");
        for (event, recorded) in events.into_iter().zip(&recorded) {
            assert_eq!(event["type"], recorded["type"], "{name}");
            let mut lacking = lacks(event, recorded);
            // Gateways repeat it at the end. Anthropic does so only where it has changed.
            lacking.retain(|path| path != "/usage/input_tokens");
            assert_eq!(lacking, Vec::<String>::new(), "{name}");
            assert_eq!(event["delta"], with_sequence(&recorded["delta"]), "{name}");
        }
        assert_eq!(response.names()[..2], ["message_start", "ping"]);
    }
}

#[tokio::test]
async fn a_whole_message_has_what_recorded_ones_have() {
    let model = ScriptedModel::start().await;
    for name in [
        "llama-server-messages-nonstream",
        "llama-server-tools-real-messages-nonstream",
    ] {
        let recording = Recording::named(name).unwrap();
        let recorded: Value = serde_json::from_str(&recording.response.chunks[0].text).unwrap();
        let reply = match recorded["content"][0]["type"].as_str() {
            Some("text") => Reply::text("Red."),
            _ => Reply::empty()
                .tool_call("toolu_a", "get_weather", &json!({"city": "Seoul"}))
                .finish("tool_calls"),
        };
        model.answer_next(reply);
        let document = ask_whole_on(&model, Wire::Messages, "hi").await.json();
        assert_eq!(lacks(&document, &recorded), Vec::<String>::new());
        assert_eq!(document["stop_reason"], recorded["stop_reason"]);
        assert_eq!(
            document["content"][0]["input"],
            recorded["content"][0]["input"]
        );
    }
}

#[tokio::test]
async fn a_thought_is_a_block_before_the_text() {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::empty().reasoning("h").reasoning("m").content("a"));
    let document = ask_whole_on(&model, Wire::Messages, "hi").await.json();
    assert_eq!(
        (
            &document["content"][0]["thinking"],
            &document["content"][1]["text"]
        ),
        (&json!("hm"), &json!("a"))
    );
    let events = ask_on(&model, Wire::Messages, "hi").await.events();
    let deltas = events
        .iter()
        .filter(|event| event["type"] == "content_block_delta");
    let deltas: Vec<Value> = deltas
        .map(|event| json!([event["index"], event["delta"]["type"]]))
        .collect();
    let thought = json!([0, "thinking_delta"]);
    assert_eq!(
        deltas,
        [
            thought.clone(),
            thought,
            json!([0, "signature_delta"]),
            json!([1, "text_delta"])
        ]
    );
}

#[tokio::test]
async fn finish_reasons_have_anthropics_words() {
    let model = ScriptedModel::start().await;
    for (finish, reason) in [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("tool_calls", "tool_use"),
        ("content_filter", "refusal"),
        ("pause_turn", "pause_turn"),
    ] {
        model.answer_otherwise(Reply::text("a").finish(finish));
        let events = ask_on(&model, Wire::Messages, "hi").await.events();
        let told = &events[events.len() - 2];
        assert_eq!(
            (&told["type"], &told["delta"]["stop_reason"]),
            (&json!("message_delta"), &json!(reason))
        );
        assert_eq!(
            ask_whole_on(&model, Wire::Messages, "hi").await.json()["stop_reason"],
            reason
        );
    }
}

#[tokio::test]
async fn usage_is_told_at_both_ends_or_not_at_all() {
    let model = ScriptedModel::start().await;
    let usage = Usage {
        prompt: 7,
        completion: 2,
    };
    model.answer_next(Reply::text("a").usage(usage));
    let events = ask_on(&model, Wire::Messages, "hi").await.events();
    assert_eq!(events[0]["message"]["usage"]["input_tokens"], 7);
    assert_eq!(
        events[events.len() - 2]["usage"],
        json!({"output_tokens": 2})
    );
    model.answer_next(Reply::text("a").usage_at(UsagePlace::Never));
    assert!(
        !ask_on(&model, Wire::Messages, "hi")
            .await
            .text()
            .contains("usage")
    );
}

#[tokio::test]
async fn an_error_ends_the_stream() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::text("a").error_in_stream("broken"));
    let response = ask_on(&model, Wire::Messages, "hi").await;
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"broken\"}}\n\n";
    assert_eq!(response.chunks.last().unwrap(), error.as_bytes());
    assert!(response.is_complete);
}

#[tokio::test]
async fn finish_reason_and_message_stop_can_be_missing() {
    let model = ScriptedModel::start().await;
    for (reply, last) in [
        (Reply::text("a").without_done(), "message_delta"),
        (Reply::text("a").without_finish(), "message_stop"),
        (
            Reply::text("a").without_finish().without_done(),
            "content_block_delta",
        ),
    ] {
        model.answer_next(reply);
        let response = ask_on(&model, Wire::Messages, "hi").await;
        assert_eq!(response.names().last().unwrap(), last);
        assert!(response.is_complete);
    }
}

#[tokio::test]
async fn an_empty_answer_has_no_content() {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::empty());
    let response = ask_on(&model, Wire::Messages, "hi").await;
    assert_eq!(
        response.names(),
        ["message_start", "ping", "message_delta", "message_stop"]
    );
    assert_eq!(
        ask_whole_on(&model, Wire::Messages, "hi").await.json()["content"],
        json!([])
    );
}

/// A script that says what the recorded events say, delta by delta.
fn said_again(recorded: &[Value]) -> Reply {
    let mut reply = Reply::empty();
    let mut calls = 0;
    for event in recorded {
        let block = &event["content_block"];
        let delta = &event["delta"];
        if block["type"] == "tool_use" {
            calls += 1;
        }
        if let Some(text) = delta["text"].as_str() {
            reply = reply.content(text);
        } else if let Some(thought) = delta["thinking"].as_str() {
            reply = reply.reasoning(thought);
        } else if let Some(piece) = delta["partial_json"].as_str() {
            let call = json!({"index": calls, "function": {"arguments": piece}});
            reply = reply.delta(json!({"tool_calls": [call]}));
        }
        reply = match delta["stop_reason"].as_str() {
            Some("max_tokens") => reply.finish("length"),
            Some("tool_use") => reply.finish("tool_calls"),
            _ => reply,
        };
    }
    reply
}

/// Some gateways leave out which stop sequence it was when it was none.
fn with_sequence(delta: &Value) -> Value {
    let mut delta = delta.clone();
    if delta.get("stop_reason").is_some() {
        delta["stop_sequence"] = Value::Null;
    }
    delta
}
