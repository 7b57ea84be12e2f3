//! Responses, as `OpenAI`'s service and the recorded servers tell them.

use askwell_playground::model::{Recording, Reply, ScriptedModel, Usage, UsagePlace, Wire};
use serde_json::{Value, json};

use crate::client::{Response, ask_on, ask_whole_on, exchange, path};
use crate::recordings::{lacks, told};

#[tokio::test]
async fn a_streamed_response_tells_what_a_recorded_one_tells() {
    let recording = Recording::named("ollama-responses-stream").unwrap();
    let recorded = told(&recording);
    let deltas = recorded.iter().filter_map(|event| event["delta"].as_str());
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::deltas(deltas));
    let asked = serde_json::from_str(recording.request.body.as_deref().unwrap()).unwrap();
    let response = exchange(&model, "POST", &path(Wire::Responses), &asked).await;
    let events = response.events();
    assert_eq!(response.names(), types(&recorded));
    for (event, recorded) in events.iter().zip(&recorded) {
        assert_eq!(lacks(event, recorded), Vec::<String>::new());
        assert_eq!(event["sequence_number"], recorded["sequence_number"]);
    }
}

#[tokio::test]
async fn a_whole_response_has_what_a_recorded_one_has() {
    let recording = Recording::named("ollama-responses-nonstream").unwrap();
    let recorded: Value = serde_json::from_str(&recording.response.chunks[0].text).unwrap();
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::text("Red."));
    let document = ask_whole_on(&model, Wire::Responses, "hi").await.json();
    assert_eq!(lacks(&document, &recorded), Vec::<String>::new());
    assert_eq!(document["output"][0]["content"][0]["text"], "Red.");
    assert_eq!(
        (&document["status"], &document["model"]),
        (&json!("completed"), &json!("m"))
    );
}

#[tokio::test]
async fn reasoning_is_an_item_of_its_own_before_the_message() {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::empty().reasoning("h").reasoning("m").content("a"));
    let response = ask_on(&model, Wire::Responses, "hi").await;
    assert_eq!(
        response.names()[2..10],
        [
            "response.output_item.added",
            "response.reasoning_summary_part.added",
            "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.done",
            "response.reasoning_summary_part.done",
            "response.output_item.done",
            "response.output_item.added",
        ]
    );
    let streamed = last(&response)["response"]["output"].clone();
    let whole = ask_whole_on(&model, Wire::Responses, "hi").await.json()["output"].clone();
    for output in [streamed, whole] {
        assert_eq!(
            output[0]["summary"],
            json!([{"type": "summary_text", "text": "hm"}])
        );
        assert_eq!(
            (&output[0]["type"], &output[1]["type"]),
            (&json!("reasoning"), &json!("message"))
        );
    }
}

#[tokio::test]
async fn calls_of_tools_are_items_after_the_message() {
    let model = ScriptedModel::start().await;
    let piece = |index: u64, id: Value, name: Value, arguments: &str| {
        let function = json!({"name": name, "arguments": arguments});
        json!({"tool_calls": [{"index": index, "id": id, "function": function}]})
    };
    model.answer_next(
        Reply::text("Let me see.")
            .delta(piece(0, json!("call_a"), json!("weather"), "{\"city\":"))
            .delta(piece(0, json!(null), json!(null), "\"서울\"}"))
            .tool_call("call_b", "clock", &json!({}))
            .finish("tool_calls"),
    );
    let response = ask_on(&model, Wire::Responses, "hi").await;
    let events = response.events();
    let added = events
        .iter()
        .filter(|event| event["type"] == "response.output_item.added");
    let added: Vec<&Value> = added.map(|event| &event["item"]["name"]).collect();
    assert_eq!(added, [&Value::Null, &json!("weather"), &json!("clock")]);
    let output = &last(&response)["response"]["output"];
    assert_eq!(output[1]["arguments"], "{\"city\":\"서울\"}");
    assert_eq!(
        (&output[2]["call_id"], &output[2]["arguments"]),
        (&json!("call_b"), &json!("{}"))
    );
    assert_eq!(last(&response)["type"], "response.completed");
}

#[tokio::test]
async fn a_cut_answer_is_incomplete_for_a_reason() {
    let model = ScriptedModel::start().await;
    for (finish, reason) in [
        ("length", "max_output_tokens"),
        ("content_filter", "content_filter"),
    ] {
        model.answer_next(Reply::text("a").finish(finish));
        let response = ask_on(&model, Wire::Responses, "hi").await;
        let event = last(&response);
        assert_eq!(
            (&event["type"], &event["response"]["status"]),
            (&json!("response.incomplete"), &json!("incomplete"))
        );
        assert_eq!(event["response"]["incomplete_details"]["reason"], reason);
        assert_eq!(event["response"]["output"][0]["status"], "incomplete");
        assert!(event["response"]["usage"].is_object());
    }
}

#[tokio::test]
async fn an_error_fails_the_response() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::text("a").error_in_stream("broken"));
    let response = ask_on(&model, Wire::Responses, "hi").await;
    let events = response.events();
    let [.., error, failed] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(
        (&error["type"], &error["message"]),
        (&json!("error"), &json!("broken"))
    );
    assert_eq!(
        (&failed["type"], &failed["response"]["status"]),
        (&json!("response.failed"), &json!("failed"))
    );
    assert_eq!(failed["response"]["error"]["message"], "broken");
}

#[tokio::test]
async fn without_a_finish_reason_the_last_event_is_missing() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::text("a").without_finish());
    let response = ask_on(&model, Wire::Responses, "hi").await;
    assert_eq!(last(&response)["type"], "response.output_text.delta");
    assert!(response.is_complete);
}

#[tokio::test]
async fn usage_is_told_at_the_end_or_not_at_all() {
    let model = ScriptedModel::start().await;
    let usage = Usage {
        prompt: 7,
        completion: 2,
    };
    model.answer_next(Reply::text("a").usage(usage));
    let response = ask_on(&model, Wire::Responses, "hi").await;
    assert_eq!(last(&response)["response"]["usage"]["total_tokens"], 9);
    assert_eq!(response.events()[0]["response"]["usage"], Value::Null);
    model.answer_next(Reply::text("a").usage_at(UsagePlace::Never));
    let response = ask_on(&model, Wire::Responses, "hi").await;
    assert_eq!(last(&response)["response"]["usage"], Value::Null);
}

#[tokio::test]
async fn an_event_of_any_shape_is_named_by_its_type() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::empty().event(json!({"type": "response.odd", "x": 1})));
    let response = ask_on(&model, Wire::Responses, "hi").await;
    assert_eq!(
        response.chunks[2],
        b"event: response.odd\ndata: {\"type\":\"response.odd\",\"x\":1}\n\n"
    );
    assert_eq!(last(&response)["response"]["output"], json!([]));
}

fn last(response: &Response) -> Value {
    response.events().pop().unwrap()
}

fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect()
}
