//! Servers that are not what they seem: one that sends us elsewhere, one that talks without end, one that speaks HTML.

use std::sync::Arc;

use askwell::domain::id::{PostId, ServerId};
use askwell::mattermost::{MAX_REPLY_BYTES, Server, Settings, http_client};
use askwell::ports::{Mattermost, MattermostFailure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::CALL_TIMEOUT;
use crate::clock::ManualClock;

/// Answers one connection with these bytes; returns what it was sent, once it was.
async fn stranger(reply: Vec<u8>) -> (Server, JoinSet<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut heard = JoinSet::new();
    heard.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).await.unwrap();
        // Whoever hangs up early has heard enough.
        let _cut = stream.write_all(&reply).await.is_err();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    });
    let settings = Settings {
        server: ServerId::parse("main").unwrap(),
        url: format!("http://{address}/chat").parse().unwrap(),
        bot_token: Some("bottokenxxxxxxxxxxxxxxxxxx".into()),
        incoming_webhook_url: None,
        actions_url: None,
        writes_per_second: 10.0,
        write_burst: 10,
        call_timeout: CALL_TIMEOUT,
    };
    let clock = Arc::new(ManualClock::new());
    (Server::new(settings, http_client().unwrap(), clock), heard)
}

fn post() -> PostId {
    PostId::parse("cyi3e1qg4tbwfyu1i56pnrempo").unwrap()
}

#[tokio::test]
async fn a_redirect_is_not_followed_so_no_other_host_sees_the_token() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = listener.local_addr().unwrap();
    let reply =
        format!("HTTP/1.1 307 x\r\nlocation: http://{elsewhere}/\r\ncontent-length: 0\r\n\r\n");
    let (server, mut heard) = stranger(reply.into_bytes()).await;
    let error = server.read_post(&post()).await.unwrap_err();
    assert_eq!(error.kind, MattermostFailure::Rejected);
    let request = heard.join_next().await.unwrap().unwrap();
    assert!(request.starts_with("GET /chat/api/v4/posts/cyi3e1qg4tbwfyu1i56pnrempo "));
    assert!(request.contains("authorization: Bearer bottokenxxxxxxxxxxxxxxxxxx"));
    let accept = tokio::select! {
        biased;
        accepted = listener.accept() => Some(accepted.is_ok()),
        () = std::future::ready(()) => None,
    };
    assert_eq!(accept, None);
}

#[tokio::test]
async fn a_reply_without_end_is_cut_off() {
    let mut reply = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    reply.resize(reply.len() + MAX_REPLY_BYTES + 1, b' ');
    let (server, _heard) = stranger(reply).await;
    let error = server.read_post(&post()).await.unwrap_err();
    assert_eq!(error.kind, MattermostFailure::Ambiguous);
    assert_eq!(error.id, "askwell.reply_too_large");
}

#[tokio::test]
async fn a_page_of_html_is_no_answer_of_mattermosts() {
    for status in [200, 403, 404] {
        let page = "<html>please log in</html>";
        let length = page.len();
        let reply = format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n\r\n{page}");
        let (server, _heard) = stranger(reply.into_bytes()).await;
        let error = server.read_post(&post()).await.unwrap_err();
        assert_eq!(error.kind, MattermostFailure::Ambiguous, "{status}");
    }
}
