//! What is sent, and what events nobody recorded mean.

use serde_json::{Value, json};

use std::sync::Arc;

use super::*;
use crate::domain::completion::{FinishReason, Usage};
use crate::domain::prompt::ModelChoice;
use crate::llm::settings::Sampling;

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

fn body(wire: Wire, manners: &Manners, answer_limit: AnswerLimit) -> Value {
    Value::Object(wire.body(&Ask {
        model: "m",
        prompt: &prompt(),
        manners,
        answer_limit,
        caches: false,
        user: None,
        tool: None,
    }))
}

fn plain(wire: Wire) -> Value {
    body(wire, &Manners::default(), AnswerLimit::MaxTokens)
}

#[test]
fn each_wire_puts_the_same_question_into_its_words() {
    let turns = json!([
        { "role": "user", "content": "안녕?" },
        { "role": "assistant", "content": "네!" },
        { "role": "user", "content": "날씨 어때?" },
    ]);
    let messages = plain(Wire::Messages);
    assert_eq!(
        messages,
        json!({ "model": "m", "system": "be kind", "messages": turns, "stream": true, "max_tokens": 700 })
    );
    let responses = plain(Wire::Responses);
    assert_eq!(
        responses,
        json!({ "model": "m", "instructions": "be kind", "input": turns, "stream": true, "store": false, "max_output_tokens": 700 })
    );
    let chat = plain(Wire::ChatCompletions);
    assert_eq!(
        chat["messages"][0],
        json!({ "role": "system", "content": "be kind" })
    );
    assert_eq!(
        chat["messages"].as_array().unwrap()[1..],
        turns.as_array().unwrap()[..]
    );
}

#[test]
fn instructions_go_where_the_model_takes_them() {
    let as_role = |instructions| Manners {
        instructions,
        ..Manners::default()
    };
    let limit = AnswerLimit::MaxTokens;
    for wire in Wire::ALL {
        let user = body(wire, &as_role(InstructionsRole::User), limit).to_string();
        assert!(user.contains("be kind\\n\\n안녕?"), "{user}");
        assert!(
            !user.contains("system") && !user.contains("instructions"),
            "{user}"
        );
    }
    for wire in [Wire::ChatCompletions, Wire::Responses] {
        let developer = body(wire, &as_role(InstructionsRole::Developer), limit).to_string();
        assert!(
            developer.contains(r#"{"role":"developer","content":"be kind"}"#),
            "{developer}"
        );
    }
}

#[test]
fn the_length_of_an_answer_is_said_as_the_server_wants_it() {
    for (limit, has) in [
        (AnswerLimit::MaxTokens, [true, false]),
        (AnswerLimit::MaxCompletionTokens, [false, true]),
        (AnswerLimit::Unsent, [false, false]),
    ] {
        let sent = body(Wire::ChatCompletions, &Manners::default(), limit);
        let fields = ["max_tokens", "max_completion_tokens"];
        assert_eq!(fields.map(|field| sent.get(field).is_some()), has);
    }
}

#[test]
fn every_knob_is_sent_by_the_wires_that_have_it() {
    let manners = Manners {
        sampling: Sampling {
            temperature: Some(0.2),
            top_p: Some(0.9),
            top_k: Some(40),
            frequency_penalty: Some(0.5),
            presence_penalty: Some(-0.5),
            seed: Some(7),
            stop: vec!["END".into()],
            reasoning_effort: Some("low".into()),
        },
        ..Manners::default()
    };
    let names = |wire| {
        let sent = body(wire, &manners, AnswerLimit::MaxTokens);
        let plain = plain(wire);
        let known = sent.as_object().unwrap().keys();
        let new = known.filter(|name| plain.get(name).is_none()).cloned();
        new.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        names(Wire::ChatCompletions),
        "temperature top_p top_k frequency_penalty presence_penalty seed stop reasoning_effort"
    );
    assert_eq!(names(Wire::Responses), "temperature top_p reasoning");
    assert_eq!(
        names(Wire::Messages),
        "temperature top_p top_k stop_sequences"
    );
}

#[test]
fn an_operators_own_fields_replace_ours_and_take_them_out() {
    let own = json!({ "stream_options": null, "max_tokens": 5, "safe_prompt": true });
    let manners = Manners {
        body: own.as_object().unwrap().clone(),
        ..Manners::default()
    };
    let sent = body(Wire::ChatCompletions, &manners, AnswerLimit::MaxTokens);
    assert_eq!(sent.get("stream_options"), None);
    assert_eq!(
        (&sent["max_tokens"], &sent["safe_prompt"]),
        (&json!(5), &json!(true))
    );
}

/// Reads objects of a stream; returns the text, the reasoning, the last usage and the finish.
fn read(wire: Wire, objects: &[Value]) -> (String, String, Option<Usage>, Option<chunk::Finish>) {
    let mut decoder = wire.decoder();
    let mut all = (String::new(), String::new(), None, None);
    for object in objects {
        let chunk = decoder.chunk(object);
        all.0 += &chunk.text;
        all.1 += &chunk.reasoning;
        all.2 = chunk.usage.or(all.2);
        all.3 = chunk.finish.or(all.3);
    }
    all
}

#[test]
fn text_of_responses_is_taken_once_however_it_is_told() {
    let delta = json!({ "type": "response.output_text.delta", "delta": "네." });
    let part = json!({ "type": "response.output_text.done", "text": "네." });
    let message =
        json!({ "type": "message", "content": [{ "type": "output_text", "text": "네." }] });
    let item = json!({ "type": "response.output_item.done", "item": message });
    let end = json!({ "type": "response.completed", "response": { "status": "completed", "output": [message] } });
    for objects in [
        vec![delta.clone(), part.clone(), item.clone(), end.clone()],
        vec![delta.clone(), item.clone(), end.clone()],
        vec![part.clone(), item.clone(), end.clone()],
        vec![item.clone(), end.clone()],
        vec![end.clone()],
        vec![delta.clone(), end.clone()],
    ] {
        assert_eq!(read(Wire::Responses, &objects).0, "네.", "{objects:?}");
    }
    let twice = [delta.clone(), part, item.clone(), delta, item, end];
    assert_eq!(read(Wire::Responses, &twice).0, "네.네.");
}

#[test]
fn responses_that_do_not_complete_say_why() {
    let ended = |reason| Some(chunk::Finish::Ended(reason));
    for (response, finish) in [
        (
            json!({ "status": "incomplete", "incomplete_details": { "reason": "max_output_tokens" } }),
            ended(FinishReason::Length),
        ),
        (
            json!({ "status": "incomplete", "incomplete_details": { "reason": "content_filter" } }),
            ended(FinishReason::ContentFilter),
        ),
        (
            json!({ "status": "incomplete" }),
            ended(FinishReason::Unsaid),
        ),
        (
            json!({ "status": "cancelled" }),
            Some(chunk::Finish::Failed),
        ),
        (
            json!({ "status": "completed", "output": [{ "type": "function_call" }] }),
            ended(FinishReason::ToolCalls),
        ),
    ] {
        let end = json!({ "type": "response.incomplete", "response": response });
        assert_eq!(read(Wire::Responses, &[end]).3, finish, "{response}");
    }
}

#[test]
fn tokens_of_the_cache_count_as_prompt_in_messages() {
    let start = json!({ "type": "message_start", "message": { "usage": { "input_tokens": 5, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20, "output_tokens": 1 } } });
    let end = json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 9, "input_tokens": 0 } });
    let expected = Usage {
        prompt_tokens: 125,
        completion_tokens: 9,
        cached_tokens: 100,
        reasoning_tokens: 0,
    };
    assert_eq!(read(Wire::Messages, &[start, end]).2, Some(expected));
}

#[test]
fn a_server_is_asked_to_keep_what_questions_begin_with_and_told_nothing_by_it() {
    let cached = |wire: Wire| {
        Value::Object(wire.body(&Ask {
            model: "m",
            prompt: &prompt(),
            manners: &Manners::default(),
            answer_limit: AnswerLimit::MaxTokens,
            caches: true,
            user: None,
            tool: None,
        }))
    };
    for wire in [Wire::ChatCompletions, Wire::Responses] {
        let key = cached(wire)["prompt_cache_key"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(key.len(), CACHE_KEY_DIGITS);
        assert!(!key.contains("kind"));
    }
    let messages = cached(Wire::Messages);
    let kept = json!({ "type": "ephemeral" });
    assert_eq!(messages["system"][0]["text"], "be kind");
    assert_eq!(messages["system"][0]["cache_control"], kept);
    assert_eq!(messages["messages"][2]["content"][0]["text"], "날씨 어때?");
    assert_eq!(messages["messages"][2]["content"][0]["cache_control"], kept);
    assert_eq!(messages["messages"][0]["content"], "안녕?");
}

#[test]
fn a_server_is_told_who_asks_where_it_is_to_be() {
    let told = |wire: Wire, user| {
        let body = wire.body(&Ask {
            model: "m",
            prompt: &prompt(),
            manners: &Manners::default(),
            answer_limit: AnswerLimit::MaxTokens,
            caches: false,
            user,
            tool: None,
        });
        Value::Object(body)
    };
    let places = [
        (Wire::ChatCompletions, "/user"),
        (Wire::Responses, "/safety_identifier"),
        (Wire::Messages, "/metadata/user_id"),
    ];
    for (wire, place) in places {
        assert_eq!(told(wire, Some("abc")).pointer(place), Some(&json!("abc")));
        assert!(!told(wire, None).to_string().contains("user_id"));
        assert_eq!(told(wire, None).pointer(place), None);
    }
}
