//! What a reply can be, and who gets it.

use std::io::ErrorKind;

use askwell_playground::model::{
    Echo, LineEnd, Outcome, Reply, Request, RoleChunk, ScriptedModel, Usage, UsagePlace,
};
use serde_json::{Value, json};

use crate::client::{Client, ask, ask_whole, completion, exchange};

#[tokio::test]
async fn deltas_are_streamed_each_in_its_own_chunk() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::deltas(["안녕", "하세요"]));
    let response = ask(&model, "hi").await;
    assert!(
        response
            .head
            .starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
    );
    assert_eq!(response.chunks.len(), 5, "role, two deltas, finish, [DONE]");
    assert_eq!(
        (response.content(), response.finishes()),
        ("안녕하세요".to_owned(), vec!["stop".to_owned()])
    );
    assert!(response.text().ends_with("\n\ndata: [DONE]\n\n"));
}

#[tokio::test]
async fn without_stream_the_same_reply_is_one_document() {
    let model = ScriptedModel::start().await;
    model.answer_next(
        Reply::deltas(["안녕", "하세요"])
            .reasoning("hm")
            .finish("length"),
    );
    let document = ask_whole(&model, "one two").await.json();
    assert_eq!(document["choices"][0]["message"]["content"], "안녕하세요");
    assert_eq!(document["choices"][0]["message"]["reasoning_content"], "hm");
    assert_eq!(document["choices"][0]["finish_reason"], "length");
    assert_eq!(
        document["usage"],
        json!({"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6})
    );
}

#[tokio::test]
async fn a_rule_comes_before_the_queue_and_the_queue_before_the_default() {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::text("default"));
    model.answer_next(Reply::text("queued"));
    model.answer_when_in_turn("weather", [Reply::text("sun"), Reply::text("rain")]);
    let mut answers = Vec::new();
    for question in ["weather?", "why?", "the weather", "how?", "weather"] {
        answers.push(ask(&model, question).await.content());
    }
    assert_eq!(answers, ["sun", "queued", "rain", "default", "rain"]);
    model.forget_script();
    assert_eq!(ask(&model, "weather").await.content(), "default");
}

#[tokio::test]
async fn questions_asked_at_once_get_the_answers_meant_for_them() {
    let model = ScriptedModel::start().await;
    model.answer_otherwise_by(|request| Reply::text(&request.last_user_message().to_uppercase()));
    let questions: Vec<String> = (0..50).map(|number| format!("question {number}")).collect();
    let answers = questions.iter().map(|question| ask(&model, question));
    for (question, answer) in questions
        .iter()
        .zip(futures_util::future::join_all(answers).await)
    {
        assert_eq!(answer.content(), question.to_uppercase());
    }
    assert_eq!(model.wait_for_answers(50).await.len(), 50);
}

#[tokio::test]
async fn what_was_asked_is_recorded_in_order_of_arrival() {
    let model = ScriptedModel::start().await;
    ask(&model, "first").await;
    let parts = json!([{"type": "text", "text": "sec"}, {"type": "text", "text": "ond"}]);
    let body = json!({"messages": [{"role": "user", "content": parts}]});
    exchange(&model, "POST", "/v1/chat/completions", &body).await;
    let requests = model.wait_for_requests(2).await;
    let questions: Vec<String> = requests.iter().map(Request::last_user_message).collect();
    assert_eq!(questions, ["first", "second"]);
    assert_eq!((requests[0].number, requests[1].number), (0, 1));
    assert_eq!(requests[0].header("host"), Some("x"));
    assert_eq!(
        requests[0].messages()[0],
        ("system".to_owned(), "Be short.".to_owned())
    );
    assert_eq!(requests[1].body, body);
}

#[tokio::test]
async fn one_connection_serves_one_request_after_another() {
    let model = ScriptedModel::start().await;
    let mut client = Client::connect(model.address()).await;
    for question in ["one", "two", "three"] {
        client.ask(question, true).await;
        assert!(client.response().await.is_complete);
    }
    assert_eq!(model.requests().len(), 3);
}

#[tokio::test]
async fn models_are_listed_and_other_paths_are_404() {
    let model = ScriptedModel::start().await;
    model.list_models(&["a", "b"]);
    let list = exchange(&model, "GET", "/v1/models", &Value::Null)
        .await
        .json();
    assert_eq!(
        (&list["data"][0]["id"], &list["data"][1]["id"]),
        (&json!("a"), &json!("b"))
    );
    assert_eq!(
        exchange(&model, "GET", "/v1/nothing", &Value::Null)
            .await
            .status(),
        404
    );
    model.answer_models_with(Reply::html(502));
    assert_eq!(
        exchange(&model, "GET", "/v1/models?x=1", &Value::Null)
            .await
            .status(),
        502
    );
    assert_eq!(
        (model.requests().len(), model.other_requests().len()),
        (0, 3)
    );
}

#[tokio::test]
async fn without_the_key_everything_is_401() {
    let model = ScriptedModel::start().await;
    model.require_key("sk-right");
    assert_eq!(ask(&model, "hi").await.status(), 401);
    assert_eq!(
        exchange(&model, "GET", "/v1/models", &Value::Null)
            .await
            .status(),
        401
    );
    let asked = reqwest::Client::builder().build().unwrap();
    let asked = asked
        .post(format!("{}/chat/completions", model.base_url()))
        .bearer_auth("sk-right");
    let answered = asked
        .body(completion("hi", true).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answered.status(), 200);
}

#[tokio::test]
async fn errors_have_their_status_headers_and_bodies() {
    let model = ScriptedModel::start().await;
    let replies = [
        (Reply::unauthorized(), 401, "invalid_api_key"),
        (Reply::model_not_found(), 404, "model_not_found"),
        (Reply::rate_limited(None), 429, "rate_limit_exceeded"),
        (Reply::out_of_quota(), 429, "insufficient_quota"),
        (Reply::server_error(), 500, "server_error"),
        (Reply::unavailable(), 503, "overloaded"),
        (Reply::html(502), 502, "<h1>502 Bad Gateway</h1>"),
        (Reply::document(422, "text/plain", "no"), 422, "no"),
    ];
    for (reply, status, text) in replies {
        model.answer_next(reply);
        let response = ask(&model, "hi").await;
        assert_eq!(response.status(), status);
        assert!(
            response.text().contains(text) && response.is_complete,
            "{response:?}"
        );
        assert!(!response.head.contains("Retry-After"));
    }
    model.answer_next(Reply::rate_limited(Some("7")));
    assert!(
        ask(&model, "hi")
            .await
            .head
            .contains("\r\nRetry-After: 7\r\n")
    );
}

#[tokio::test]
async fn usage_is_told_where_the_script_says() {
    let model = ScriptedModel::start().await;
    let usage = Usage {
        prompt: 7,
        completion: 2,
    };
    for (place, place_among_events) in [
        (UsagePlace::WhenAsked, None),
        (UsagePlace::Never, None),
        (UsagePlace::LastContentChunk, Some(2)),
        (UsagePlace::FinishChunk, Some(3)),
        (UsagePlace::OwnChunk, Some(4)),
        (UsagePlace::EmptyChoice, Some(4)),
    ] {
        model.answer_next(Reply::deltas(["a", "b"]).usage(usage).usage_at(place));
        let events = ask(&model, "hi").await.events();
        let told = events
            .iter()
            .position(|event| event["usage"]["total_tokens"] == 9);
        assert_eq!(told, place_among_events, "{place:?}");
    }
    let mut asked = completion("hi", true);
    asked["stream_options"] = json!({"include_usage": true});
    let events = exchange(&model, "POST", "/v1/chat/completions", &asked)
        .await
        .events();
    assert_eq!(events.last().unwrap()["choices"], json!([]));
    assert!(events.last().unwrap()["usage"].is_object());
}

#[tokio::test]
async fn finish_reasons_and_their_absence() {
    let model = ScriptedModel::start().await;
    for reason in ["length", "content_filter"] {
        model.answer_next(Reply::text("a").finish(reason));
        assert_eq!(ask(&model, "hi").await.finishes(), [reason]);
    }
    model.answer_next(Reply::text("a").without_finish().without_done());
    let response = ask(&model, "hi").await;
    assert!(
        response.finishes().is_empty()
            && !response.text().contains("[DONE]")
            && response.is_complete
    );
}

#[tokio::test]
async fn the_role_comes_as_the_script_says() {
    let model = ScriptedModel::start().await;
    for (role, first) in [
        (
            RoleChunk::Empty,
            json!({"role": "assistant", "content": ""}),
        ),
        (
            RoleChunk::Null,
            json!({"role": "assistant", "content": null}),
        ),
        (
            RoleChunk::Everywhere,
            json!({"role": "assistant", "content": "a"}),
        ),
        (RoleChunk::Absent, json!({"content": "a"})),
    ] {
        model.answer_next(Reply::text("a").role(role));
        assert_eq!(
            ask(&model, "hi").await.events()[0]["choices"][0]["delta"],
            first
        );
    }
}

#[tokio::test]
async fn odd_events_come_where_they_were_put() {
    let model = ScriptedModel::start().await;
    let reply = Reply::empty()
        .no_choices()
        .reasoning("hm")
        .comment("ping")
        .content("a")
        .error_in_stream("broken");
    model.answer_next(reply.by_model("other"));
    let response = ask(&model, "hi").await;
    let events = response.events();
    assert_eq!(events[1]["choices"], json!([]));
    assert_eq!(events[2]["choices"][0]["delta"]["reasoning_content"], "hm");
    assert_eq!(response.chunks[3], b": ping\n\n");
    assert_eq!(events[3]["model"], "other");
    assert_eq!(events[4]["error"]["message"], "broken");
}

#[tokio::test]
async fn an_error_in_the_stream_is_a_500_without_one() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::text("a").error_in_stream("broken"));
    let response = ask_whole(&model, "hi").await;
    assert_eq!(
        (response.status(), &response.json()["error"]["message"]),
        (500, &json!("broken"))
    );
}

#[tokio::test]
async fn an_empty_answer_has_a_finish_and_no_content() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::empty());
    let response = ask(&model, "hi").await;
    assert_eq!(
        (response.content(), response.finishes()),
        (String::new(), vec!["stop".to_owned()])
    );
    model.answer_next(Reply::empty());
    assert_eq!(
        ask_whole(&model, "hi").await.json()["choices"][0]["message"]["content"],
        ""
    );
}

#[tokio::test]
async fn a_stream_can_be_cut_through_its_characters() {
    let model = ScriptedModel::start().await;
    for size in [1, 2, 7, usize::MAX] {
        model.answer_next(
            Reply::text("한글 😀")
                .in_chunks_of(size)
                .line_end(LineEnd::CrLf)
                .byte_order_mark(),
        );
        let response = ask(&model, "hi").await;
        assert!(response.chunks.iter().all(|chunk| chunk.len() <= size));
        assert!(
            response.text().starts_with("\u{feff}data: {") && response.text().ends_with("\r\n\r\n")
        );
        assert_eq!(response.content(), "한글 😀");
    }
    model.answer_next(Reply::text("a").line_end(LineEnd::Cr));
    assert!(
        ask(&model, "hi")
            .await
            .text()
            .ends_with("\r\rdata: [DONE]\r\r")
    );
}

#[tokio::test]
async fn raw_bytes_go_out_as_they_are() {
    let model = ScriptedModel::start().await;
    model.answer_next(
        Reply::empty()
            .raw(&b"data: \xec\x95"[..])
            .raw(&b"\x88 {not json\n\n<html>"[..]),
    );
    let response = ask(&model, "hi").await;
    assert_eq!(response.chunks[1], b"data: \xec\x95");
    assert_eq!(response.chunks[2], b"\x88 {not json\n\n<html>");
    model.answer_next(Reply::wire("SSH-2.0-no HTTP here\r\n"));
    let mut client = Client::connect(model.address()).await;
    client.ask("hi", true).await;
    assert_eq!(client.head().await, "SSH-2.0-no HTTP here\r\n");
}

#[tokio::test]
async fn a_cut_connection_ends_with_fin_or_reset() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::text("a").cut());
    let response = ask(&model, "hi").await;
    assert_eq!(
        (response.content().as_str(), response.is_complete),
        ("a", false)
    );

    for (reply, end) in [
        (Reply::text("a").cut(), None),
        (
            Reply::text("a").cut_with_reset(),
            Some(ErrorKind::ConnectionReset),
        ),
        (Reply::hang_up(), None),
        (Reply::reset(), Some(ErrorKind::ConnectionReset)),
    ] {
        model.answer_next(reply);
        let mut client = Client::connect(model.address()).await;
        client.ask("hi", true).await;
        assert_eq!(client.end().await, end);
    }
    let requests = model.wait_for_answers(5).await;
    assert!(
        requests
            .iter()
            .all(|request| request.outcome == Outcome::Answered)
    );
}

#[tokio::test]
async fn a_cut_document_is_half_there() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::text("a long enough answer").cut());
    let response = ask_whole(&model, "hi").await;
    assert!(response.text().starts_with("{\"id\"") && !response.is_complete);
}

#[tokio::test]
async fn a_body_may_end_with_its_connection() {
    let model = ScriptedModel::start().await;
    model.answer_next(Reply::text("a").until_close());
    let mut client = Client::connect(model.address()).await;
    client.ask("hi", true).await;
    let response = client.response().await;
    assert_eq!(
        (response.content().as_str(), client.end().await),
        ("a", None)
    );
    assert!(response.head.contains("Connection: close") && !response.head.contains("chunked"));
}

#[tokio::test]
async fn an_echo_says_the_question_in_as_many_tokens_as_wanted() {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::echo(Echo {
        tokens: Some(600),
        ..Echo::default()
    }));
    let response = ask(&model, "오늘 날씨 어때?").await;
    assert_eq!(response.chunks.len(), 603);
    assert!(
        response
            .content()
            .starts_with("You asked: 오늘 날씨 어때? and so")
    );
}

#[tokio::test]
async fn requests_that_cannot_be_read_are_refused() {
    let model = ScriptedModel::start().await;
    for (bytes, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        (
            "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n".to_owned(),
            400,
        ),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
            411,
        ),
        (
            format!(
                "POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n",
                8 * 1024 * 1024 + 1
            ),
            413,
        ),
        (
            format!("POST / HTTP/1.1\r\nA: {}\r\n", "a".repeat(64 * 1024)),
            431,
        ),
        (
            format!("POST / HTTP/1.1\r\n{}\r\n", "A: a\r\n".repeat(65)),
            431,
        ),
    ] {
        let mut client = Client::connect(model.address()).await;
        client.write(bytes.as_bytes()).await;
        assert_eq!(client.response().await.status(), status);
    }
    let largest = vec![b' '; 8 * 1024 * 1024];
    let mut client = Client::connect(model.address()).await;
    client.send("POST", "/v1/chat/completions", &largest).await;
    assert_eq!(client.response().await.status(), 200);
}

#[tokio::test]
async fn a_stopped_server_can_return_at_its_address() {
    // An address of its own, so that no other test is given the port meanwhile.
    let model = ScriptedModel::start_at(([127, 0, 0, 77], 0).into())
        .await
        .unwrap();
    let address = model.address();
    let mut idle = Client::connect(address).await;
    idle.ask("hi", true).await;
    idle.response().await;
    model.stop().await;
    assert_eq!(idle.end().await, None);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    let model = ScriptedModel::start_at(address).await.unwrap();
    assert_eq!(ask(&model, "hi").await.status(), 200);
}
