//! Connections: how many, how long, and how they end.

use std::time::Duration;

use askwell::http::{HEADER_TIMEOUT, LONGEST_RECEPTION, MAX_HEADERS, SHUTDOWN_DEADLINE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Edge, command_form};

const PROBE: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

async fn read_reply(stream: &mut TcpStream) -> String {
    let mut buffer = [0; 4096];
    let length = stream.read(&mut buffer).await.unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

#[tokio::test]
async fn a_head_that_trickles_is_given_up() {
    let edge = Edge::start().await;
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    stream.write_all(b"GET /healthz HT").await.unwrap();
    edge.clock.until_someone_sleeps_for(HEADER_TIMEOUT).await;
    edge.clock.advance(HEADER_TIMEOUT);
    let mut rest = Vec::new();
    let closed = stream.read_to_end(&mut rest).await;
    assert!(closed.is_err() || rest.is_empty());
}

#[tokio::test]
async fn a_connection_that_idles_is_kept_for_the_next_command() {
    let edge = Edge::start().await;
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    for _ in 0..3 {
        stream.write_all(PROBE.as_bytes()).await.unwrap();
        assert!(read_reply(&mut stream).await.starts_with("HTTP/1.1 200 "));
        edge.clock.advance(HEADER_TIMEOUT + Duration::from_secs(50));
    }
}

#[tokio::test]
async fn a_second_head_that_trickles_is_given_up_too() {
    let edge = Edge::start().await;
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    stream.write_all(PROBE.as_bytes()).await.unwrap();
    assert!(read_reply(&mut stream).await.starts_with("HTTP/1.1 200 "));
    edge.clock.advance(Duration::from_secs(50));
    stream.write_all(b"GET /healthz HT").await.unwrap();
    edge.clock.until_someone_sleeps_for(HEADER_TIMEOUT).await;
    edge.clock.advance(HEADER_TIMEOUT);
    let mut rest = Vec::new();
    let closed = stream.read_to_end(&mut rest).await;
    assert!(closed.is_err() || rest.is_empty());
}

#[tokio::test]
async fn headers_are_taken_up_to_their_number() {
    let edge = Edge::start().await;
    // The host is one of them.
    for (extra, status) in [(MAX_HEADERS - 1, "200"), (MAX_HEADERS, "431")] {
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        let headers = "x-extra: 1\r\n".repeat(extra);
        let request = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let reply = read_reply(&mut stream).await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{reply}");
    }
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let edge = Edge::start().await;
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nx: ")
        .await
        .unwrap();
    let filler = vec![b'x'; 16 * 1024];
    // The refusal can close the connection while we still write.
    while stream.write_all(&filler).await.is_ok() {}
    assert_eq!(edge.get("/healthz").await.status(), 200);
}

#[tokio::test]
async fn a_connection_beyond_the_limit_takes_the_place_of_the_longest_idle_one() {
    let edge = Edge::with_connections(2).await;
    let mut idle = TcpStream::connect(edge.address).await.unwrap();
    idle.write_all(PROBE.as_bytes()).await.unwrap();
    assert!(read_reply(&mut idle).await.starts_with("HTTP/1.1 200 "));
    edge.clock.advance(Duration::from_secs(1));
    let mut other = TcpStream::connect(edge.address).await.unwrap();
    other.write_all(PROBE.as_bytes()).await.unwrap();
    assert!(read_reply(&mut other).await.starts_with("HTTP/1.1 200 "));
    let mut third = TcpStream::connect(edge.address).await.unwrap();
    third.write_all(PROBE.as_bytes()).await.unwrap();
    assert!(read_reply(&mut third).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(read_reply(&mut idle).await, "", "it was closed");
    other.write_all(PROBE.as_bytes()).await.unwrap();
    assert!(read_reply(&mut other).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_connection_that_is_being_answered_keeps_its_place() {
    let edge = Edge::with_connections(1).await;
    edge.intake.will_hang();
    let asking = edge.http.post(edge.url("/mattermost-gpt"));
    let asking = asking
        .header("content-type", "application/x-www-form-urlencoded")
        .body(command_form("hi"))
        .send();
    let others = async {
        while edge.intake.events().is_empty() {
            tokio::task::yield_now().await;
        }
        let mut second = TcpStream::connect(edge.address).await.unwrap();
        second.write_all(PROBE.as_bytes()).await.unwrap();
        edge.clock.until_someone_sleeps_for(LONGEST_RECEPTION).await;
        edge.clock.advance(LONGEST_RECEPTION);
        second
    };
    let (asked, mut second) = tokio::join!(asking, others);
    assert_eq!(asked.unwrap().status(), 200);
    assert!(read_reply(&mut second).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn who_is_asked_to_stop_ends_at_once_when_nothing_runs() {
    let mut edge = Edge::start().await;
    let mut idle = TcpStream::connect(edge.address).await.unwrap();
    idle.write_all(PROBE.as_bytes()).await.unwrap();
    read_reply(&mut idle).await;
    edge.stop.cancel();
    edge.server.join_next().await.unwrap().unwrap();
    assert!(TcpStream::connect(edge.address).await.is_err());
}

#[tokio::test]
async fn a_request_that_never_ends_holds_up_the_end_only_so_long() {
    let mut edge = Edge::start().await;
    edge.intake.will_hang();
    let hanging = edge.http.post(edge.url("/mattermost-gpt"));
    let hanging = hanging
        .header("content-type", "application/x-www-form-urlencoded")
        .body(command_form("hi"))
        .send();
    let (stop, clock, intake) = (edge.stop.clone(), edge.clock.clone(), edge.intake.clone());
    let stopping = async {
        while intake.events().is_empty() {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        clock.until_someone_sleeps_for(SHUTDOWN_DEADLINE).await;
        clock.advance(SHUTDOWN_DEADLINE);
        edge.server.join_next().await.unwrap().unwrap();
    };
    let (sent, ()) = tokio::join!(hanging, stopping);
    assert!(sent.is_err());
}
