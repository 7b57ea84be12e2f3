//! What all wires do alike.

use std::io::ErrorKind;

use askwell_playground::model::{
    Echo, LineEnd, Outcome, Reply, ScriptedModel, Usage, UsagePlace, Wire,
};
use serde_json::{Value, json};

use crate::client::{Client, ask_on, ask_whole_on, asked_on, exchange, path};

#[tokio::test]
async fn one_script_answers_on_every_wire() {
    let model = ScriptedModel::start().await;
    model.answer_when("weather", Reply::deltas(["맑", "음"]));
    model.answer_when(
        "Be short.",
        Reply::text("what the system says is nobody's question"),
    );
    for wire in Wire::ALL {
        assert_eq!(ask_on(&model, wire, "the weather").await.spoken(), "맑음");
        assert_eq!(
            ask_on(&model, wire, "why?").await.spoken(),
            "A scripted answer."
        );
        let document = ask_whole_on(&model, wire, "weather").await;
        assert!(document.text().contains("맑음") && document.status() == 200);
    }
}

#[tokio::test]
async fn a_request_tells_its_wire_its_model_and_what_was_said() {
    let model = ScriptedModel::start().await;
    for wire in Wire::ALL {
        ask_on(&model, wire, "first").await;
    }
    let requests = model.wait_for_answers(3).await;
    for (request, wire) in requests.iter().zip(Wire::ALL) {
        assert_eq!(
            (request.wire(), request.path.as_str()),
            (Some(wire), path(wire).as_str())
        );
        assert_eq!((request.model(), request.header("host")), ("m", Some("x")));
        assert_eq!(request.last_user_message(), "first");
        assert_eq!(
            request.messages()[0],
            ("system".to_owned(), "Be short.".to_owned())
        );
        assert_eq!(request.body, asked_on(wire, "first", true));
        assert!(request.is_stream());
    }
}

#[tokio::test]
async fn an_image_is_seen_apart_from_the_question() {
    let model = ScriptedModel::start().await;
    model.answer_when("image/png", Reply::text("found in the image"));
    let data = "data:image/png;base64,AAAA";
    for (wire, image) in [
        (
            Wire::ChatCompletions,
            json!({"type": "image_url", "image_url": {"url": data}}),
        ),
        (
            Wire::Responses,
            json!({"type": "input_image", "detail": "auto", "image_url": data}),
        ),
        (
            Wire::Messages,
            json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}),
        ),
    ] {
        let kind = if wire == Wire::Responses {
            "input_text"
        } else {
            "text"
        };
        let turns =
            json!([{"role": "user", "content": [image, {"type": kind, "text": "What is this?"}]}]);
        let name = if wire == Wire::Responses {
            "input"
        } else {
            "messages"
        };
        let response = exchange(
            &model,
            "POST",
            &path(wire),
            &json!({"stream": true, name: turns}),
        )
        .await;
        assert_eq!(response.spoken(), "A scripted answer.");
        let request = model.requests().pop().unwrap();
        assert_eq!(request.images(), [data]);
        assert_eq!(request.last_user_message(), "What is this?");
    }
}

#[tokio::test]
async fn the_echo_is_heard_on_every_wire() {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::echo(Echo::default()));
    for wire in Wire::ALL {
        let response = ask_on(&model, wire, "오늘 날씨 어때?").await;
        assert_eq!(response.spoken(), "You asked: 오늘 날씨 어때?");
    }
}

#[tokio::test]
async fn each_wire_names_its_errors_in_its_own_shape() {
    let model = ScriptedModel::start().await;
    for (reply, status, anthropic_kind) in [
        (
            Reply::error(400, "No.", "invalid_request_error", None),
            400,
            "invalid_request_error",
        ),
        (Reply::unauthorized(), 401, "authentication_error"),
        (Reply::model_not_found(), 404, "not_found_error"),
        (Reply::rate_limited(None), 429, "rate_limit_error"),
        (Reply::server_error(), 500, "api_error"),
        (Reply::unavailable(), 503, "overloaded_error"),
        (
            Reply::error(529, "Overloaded", "overloaded_error", None),
            529,
            "overloaded_error",
        ),
    ] {
        for wire in Wire::ALL {
            model.answer_next(reply.clone());
            let response = ask_on(&model, wire, "hi").await;
            let body = response.json();
            assert_eq!(response.status(), status);
            assert!(body["error"]["message"].is_string());
            if wire == Wire::Messages {
                assert_eq!(
                    (&body["type"], &body["error"]["type"]),
                    (&json!("error"), &json!(anthropic_kind))
                );
            } else {
                assert!(body["type"].is_null() && body["error"].get("code").is_some());
            }
        }
    }
}

#[tokio::test]
async fn an_empty_account_is_told_as_each_service_tells_it() {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::out_of_quota());
    for (wire, status, word) in [
        (Wire::ChatCompletions, 429, "insufficient_quota"),
        (Wire::Responses, 429, "insufficient_quota"),
        (Wire::Messages, 400, "credit balance is too low"),
    ] {
        let response = ask_on(&model, wire, "hi").await;
        assert!(
            response.status() == status && response.text().contains(word),
            "{response:?}"
        );
    }
}

#[tokio::test]
async fn retry_after_and_foreign_bodies_are_the_same_on_every_wire() {
    let model = ScriptedModel::start().await;
    for wire in Wire::ALL {
        model.answer_next(Reply::rate_limited(Some("7")));
        assert!(
            ask_on(&model, wire, "hi")
                .await
                .head
                .contains("\r\nRetry-After: 7\r\n")
        );
        model.answer_next(Reply::html(502));
        assert!(
            ask_on(&model, wire, "hi")
                .await
                .text()
                .contains("<h1>502 Bad Gateway</h1>")
        );
    }
}

#[tokio::test]
async fn an_error_in_the_stream_is_the_document_of_a_500_without_one() {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::text("a").error_in_stream("broken"));
    for wire in Wire::ALL {
        let response = ask_whole_on(&model, wire, "hi").await;
        assert_eq!(
            (response.status(), &response.json()["error"]["message"]),
            (500, &json!("broken"))
        );
        let is_anthropic = response.json()["type"] == "error";
        assert_eq!(is_anthropic, wire == Wire::Messages);
    }
}

#[tokio::test]
async fn the_key_is_looked_for_where_each_client_puts_it() {
    let model = ScriptedModel::start().await;
    model.require_key("sk-right");
    for wire in Wire::ALL {
        for (header, is_for) in [
            (
                "Authorization: Bearer sk-right",
                [Wire::ChatCompletions, Wire::Responses].as_slice(),
            ),
            ("X-Api-Key: sk-right", &[Wire::Messages]),
            ("X-Api-Key: sk-wrong", &[]),
        ] {
            let mut client = Client::connect(model.address()).await;
            let head = format!(
                "POST {} HTTP/1.1\r\n{header}\r\nContent-Length: 2\r\n\r\n{{}}",
                path(wire)
            );
            client.write(head.as_bytes()).await;
            let status = if is_for.contains(&wire) { 200 } else { 401 };
            assert_eq!(
                client.response().await.status(),
                status,
                "{wire:?} with {header}"
            );
        }
    }
}

#[tokio::test]
async fn models_are_listed_to_anthropics_client_in_its_shape() {
    let model = ScriptedModel::start().await;
    model.list_models(&["a", "b"]);
    let mut client = Client::connect(model.address()).await;
    client
        .write(b"GET /v1/models HTTP/1.1\r\nanthropic-version: 2023-06-01\r\n\r\n")
        .await;
    let list = client.response().await.json();
    assert_eq!(
        (&list["data"][1]["type"], &list["data"][1]["id"]),
        (&json!("model"), &json!("b"))
    );
    assert_eq!(
        (&list["first_id"], &list["last_id"]),
        (&json!("a"), &json!("b"))
    );
    let list = exchange(&model, "GET", "/v1/models", &Value::Null)
        .await
        .json();
    assert_eq!(list["object"], "list");
}

#[tokio::test]
async fn a_reply_waits_at_its_gate_on_every_wire() {
    let model = ScriptedModel::start().await;
    for wire in Wire::ALL {
        let gate = format!("{wire:?}");
        model.answer_next(Reply::text("before").gate(&gate).content(" after"));
        let mut client = Client::connect(model.address()).await;
        client.ask_on(wire, "hi").await;
        client.head().await;
        while !String::from_utf8(client.chunk().await.unwrap())
            .unwrap()
            .contains("before")
        {}
        model.wait_at_gate(&gate).await;
        assert_eq!(model.requests().pop().unwrap().outcome, Outcome::Running);
        model.open_gate(&gate);
        assert!(
            String::from_utf8(client.chunk().await.unwrap())
                .unwrap()
                .contains(" after")
        );
    }
    model.wait_for_answers(3).await;
}

#[tokio::test]
async fn a_cut_stream_has_no_end_on_any_wire() {
    let model = ScriptedModel::start().await;
    for wire in Wire::ALL {
        model.answer_next(Reply::text("a").cut());
        let response = ask_on(&model, wire, "hi").await;
        assert_eq!(
            (response.spoken().as_str(), response.is_complete),
            ("a", false)
        );
        for end in [
            "[DONE]",
            "response.completed",
            "message_stop",
            "_block_stop",
            ".done",
        ] {
            assert!(!response.text().contains(end), "{end}");
        }
        model.answer_next(Reply::text("a").cut_with_reset());
        let mut client = Client::connect(model.address()).await;
        client.ask_on(wire, "hi").await;
        assert_eq!(client.end().await, Some(ErrorKind::ConnectionReset));
        model.answer_next(Reply::text("a long enough answer").cut());
        let response = ask_whole_on(&model, wire, "hi").await;
        assert!(response.text().starts_with("{\"id\"") && !response.is_complete);
    }
}

#[tokio::test]
async fn endless_output_goes_on_until_the_client_leaves_on_every_wire() {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::empty().endless("more "));
    for (count, wire) in Wire::ALL.into_iter().enumerate() {
        let mut client = Client::connect(model.address()).await;
        client.ask_on(wire, "hi").await;
        client.head().await;
        let mut heard = 0;
        while heard < 1_000 {
            let chunk = String::from_utf8(client.chunk().await.unwrap()).unwrap();
            heard += usize::from(chunk.contains("more "));
        }
        drop(client);
        model.wait_for_disconnects(count + 1).await;
    }
}

#[tokio::test]
async fn a_stream_can_be_cut_through_its_characters_on_every_wire() {
    let model = ScriptedModel::start().await;
    for wire in Wire::ALL {
        for size in [1, 7, usize::MAX] {
            let reply = Reply::text("한글 😀").in_chunks_of(size).byte_order_mark();
            model.answer_next(reply.line_end(LineEnd::CrLf));
            let response = ask_on(&model, wire, "hi").await;
            assert!(response.chunks.iter().all(|chunk| chunk.len() <= size));
            let text = response.text();
            assert!(text.starts_with('\u{feff}') && text.ends_with("\r\n\r\n"));
            assert_eq!(text.replace("\r\n", "").find('\n'), None);
            assert_eq!(response.spoken(), "한글 😀");
        }
    }
}

#[tokio::test]
async fn raw_bytes_and_comments_go_out_as_they_are_on_every_wire() {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(
        Reply::empty()
            .raw(&b"\xec\x95"[..])
            .comment("ping")
            .raw(&b"<html>"[..]),
    );
    for wire in Wire::ALL {
        let chunks = ask_on(&model, wire, "hi").await.chunks;
        for bytes in [&b"\xec\x95"[..], b": ping\n\n", b"<html>"] {
            assert!(chunks.iter().any(|chunk| chunk == bytes), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn the_same_tokens_are_counted_on_every_wire() {
    let model = ScriptedModel::start().await;
    let names = |wire| match wire {
        Wire::ChatCompletions => ("prompt_tokens", "completion_tokens"),
        Wire::Responses | Wire::Messages => ("input_tokens", "output_tokens"),
    };
    let usage = Usage {
        prompt: 70,
        completion: 9,
    };
    for wire in Wire::ALL {
        let (prompt, answer) = names(wire);
        for (reply, counted) in [
            (Reply::deltas(["a", "b"]), json!([4, 2])),
            (Reply::text("a").usage(usage), json!([70, 9])),
            (
                Reply::text("a").usage_at(UsagePlace::Never),
                json!([null, null]),
            ),
        ] {
            model.answer_next(reply);
            let told = ask_whole_on(&model, wire, "one two").await.json();
            assert_eq!(
                json!([told["usage"][prompt], told["usage"][answer]]),
                counted
            );
        }
    }
}
