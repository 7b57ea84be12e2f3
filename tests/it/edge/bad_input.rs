//! Whatever else is sent: each with a clear outcome, and nothing handed on or repeated that should not be.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{
    BODY_TIMEOUT, COMMAND_TOKEN, Edge, FORM_HOOK_TOKEN, MAX_BODY_BYTES, command_form, content_type,
};

const FORM: &str = "application/x-www-form-urlencoded";

fn hand(more: &str) -> String {
    format!("token={COMMAND_TOKEN}&user_name=me&{more}")
}

#[tokio::test]
async fn whoever_shows_no_valid_token_learns_and_leaves_nothing() {
    let edge = Edge::start().await;
    let with = |token: &str| command_form("secret").replace(COMMAND_TOKEN, token);
    let forms = [
        with(""),
        with("commandtoken"),
        with("commandtokenxxxxxxxxxxxxxx%00"),
        with(FORM_HOOK_TOKEN),
        with(&"x".repeat(MAX_BODY_BYTES / 2)),
        command_form("secret").replace("token=", "token[]="),
        command_form("secret") + "&token=" + COMMAND_TOKEN,
        "text=secret&user_name=me".to_owned(),
        String::new(),
    ];
    for form in forms {
        let response = edge.post_form(form).await;
        assert_eq!(response.status(), 401);
        assert_eq!(response.text().await.unwrap(), "");
    }
    assert!(edge.events().is_empty());
}

#[tokio::test]
async fn the_header_must_agree_with_the_form_unless_it_is_another_kind() {
    let edge = Edge::start().await;
    let table = [
        (format!("Token {COMMAND_TOKEN}"), 200),
        ("Token other".to_owned(), 401),
        (format!("Token {FORM_HOOK_TOKEN}"), 401),
        ("Bearer an-oauth-token".to_owned(), 200),
    ];
    for (header, status) in table {
        let request = edge.http.post(edge.url("/mattermost-gpt"));
        let request = request
            .header("content-type", FORM)
            .header("authorization", &header);
        let response = request.body(command_form("hi")).send().await.unwrap();
        assert_eq!(response.status(), status, "{header}");
    }
    assert_eq!(edge.events().len(), 2);
}

#[tokio::test]
async fn a_caller_by_hand_is_told_by_the_status_what_was_wrong() {
    let edge = Edge::start().await;
    let json = r#"{"token":["a"]}"#;
    let long = hand(&format!("text={}", "x".repeat(MAX_BODY_BYTES)));
    let table = [
        (FORM, hand(""), 400, "`text`에 질문을"),
        (FORM, hand("text=+%00+"), 400, "`text`에 질문을"),
        (FORM, hand("text=a&text=b"), 400, "읽을 수 없어요"),
        ("application/json", json.to_owned(), 400, "읽을 수 없어요"),
        ("text/plain", hand("text=hi"), 415, "application/json"),
        (
            "multipart/form-data; boundary=x",
            hand("text=hi"),
            415,
            "application/json",
        ),
        (FORM, long, 413, "너무 커요"),
    ];
    for (written, body, status, words) in table {
        let response = edge.post("/mattermost-gpt", written, body).await;
        assert_eq!(response.status(), status, "{words}");
        assert_eq!(content_type(&response), Some("application/json"));
        let said: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert!(said["text"].as_str().unwrap().contains(words), "{said}");
    }
    assert!(edge.events().is_empty());
}

#[tokio::test]
async fn a_person_in_mattermost_is_told_in_a_reply_that_they_can_see() {
    let edge = Edge::start().await;
    let broken = [
        command_form("a") + "&text=b",
        command_form("a").replace("5y9gmg3343depb6sytofa1y1eh", "nowhere"),
        command_form("a").replace("user_id=", "other="),
    ];
    for form in broken {
        let response = edge.post_form(form).await;
        assert_eq!(response.status(), 200);
        let said: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(said["response_type"], "ephemeral");
    }
    let request = edge.http.post(edge.url("/mattermost-gpt"));
    let request = request
        .header("content-type", FORM)
        .header("authorization", format!("Token {COMMAND_TOKEN}"));
    let too_long = command_form(&"x".repeat(MAX_BODY_BYTES));
    let response = request.body(too_long).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let said: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert!(said["text"].as_str().unwrap().contains("너무 커요"));
    assert!(edge.events().is_empty());
}

#[tokio::test]
async fn forty_thousand_letters_and_control_characters_arrive_as_text() {
    let edge = Edge::start().await;
    let text = "가".repeat(40_000);
    let encoded = "%EA%B0%80".repeat(40_000);
    edge.post_form(command_form(&encoded)).await;
    edge.post_form(command_form("a%00%1b%07b")).await;
    let events = edge.events();
    assert_eq!(events[0].text, text);
    assert_eq!(events[1].text, "ab");
}

#[tokio::test]
async fn a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not() {
    let edge = Edge::start().await;
    let room = MAX_BODY_BYTES - hand("text=").len();
    let fits = hand(&format!("text={}", "x".repeat(room)));
    assert_eq!(edge.post_form(fits.clone()).await.status(), 200);
    assert_eq!(edge.post_form(fits + "x").await.status(), 413);
}

#[tokio::test]
async fn a_body_without_a_length_is_bounded_too() {
    let edge = Edge::start().await;
    let chunk = bytes::Bytes::from(vec![b'x'; 64 * 1024]);
    let chunks = (0..32).map(move |_| Ok::<_, std::io::Error>(chunk.clone()));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let request = edge.http.post(edge.url("/mattermost-gpt"));
    let sent = request.header("content-type", FORM).body(body).send().await;
    // The refusal can overtake the rest of the body, and then breaks the connection.
    assert!(sent.is_err() || sent.is_ok_and(|response| response.status() == 413));
    assert!(edge.events().is_empty());
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let edge = Edge::start().await;
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    let head = format!(
        "POST /mattermost-gpt HTTP/1.1\r\nhost: x\r\ncontent-type: {FORM}\r\ncontent-length: 100\r\n\r\ntoken="
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    edge.clock.until_someone_sleeps_for(BODY_TIMEOUT).await;
    edge.clock.advance(BODY_TIMEOUT);
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_in_a_word() {
    let edge = Edge::start().await;
    let query = format!("/mattermost-gpt?{}", command_form("hi"));
    let table = [
        ("GET", "/", 404),
        ("POST", "/nothing", 404),
        ("PUT", "/mattermost-gpt", 405),
        ("HEAD", query.as_str(), 405),
        ("GET", "/hooks/outgoing", 405),
        ("POST", "/healthz", 405),
    ];
    for (method, path, status) in table {
        let method = method.parse().unwrap();
        let response = edge.http.request(method, edge.url(path)).send().await;
        assert_eq!(response.unwrap().status(), status, "{path}");
    }
    assert!(edge.events().is_empty());
}

#[tokio::test]
async fn a_hook_path_takes_only_what_belongs_there() {
    let edge = Edge::start().await;
    let response = edge.post("/hooks/outgoing", FORM, command_form("hi")).await;
    assert_eq!(response.status(), 401);
    let hook = command_form("gpt+hi").replace(COMMAND_TOKEN, FORM_HOOK_TOKEN);
    let response = edge.post("/hooks/command", FORM, hook).await;
    assert_eq!(response.status(), 401);
    assert!(edge.events().is_empty());
}
