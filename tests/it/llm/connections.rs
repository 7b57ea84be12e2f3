//! How a model's server is connected to: TLS, whom it trusts and shows itself to, a proxy, and many answers over HTTP/2.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use askwell::domain::completion::ModelFailure;
use askwell::llm::{STREAMS_A_CONNECTION, Settings, Target, Way};
use askwell::ports::LanguageModel as _;
use askwell_playground::model::{Reply, ScriptedModel};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::{join, join_all};
use secrecy::SecretString;

use super::secure::{
    Asked, Authority, Door, NAME, Visitors, front, multiplexing, multiplexing_until, proxy,
};
use super::{ask, asking, error_of, prompt, settings};
use crate::clock::SAFETY_LIMIT;

const WHOLE: &[u8] =
    b"data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

const BEGINNING: &[u8] = b"data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n";

fn target(door: &Door, way: Way) -> Target {
    let own = settings(&door.base_url());
    asking(Settings { way, ..own }).0
}

fn trusting(authority: &Authority) -> Way {
    Way {
        ca_file: Some(authority.ca_file()),
        ..Way::default()
    }
}

async fn scripted() -> (ScriptedModel, SocketAddr) {
    let server = ScriptedModel::start().await;
    server.answer_otherwise(Reply::text("네."));
    let url: url::Url = server.base_url().parse().unwrap();
    let port = url.port().unwrap();
    (server, SocketAddr::from(([127, 0, 0, 1], port)))
}

#[expect(
    clippy::disallowed_methods,
    reason = "not a wait but the end of one: what never comes fails"
)]
async fn in_time<T>(waited_for: impl Future<Output = T>) -> T {
    let outcome = tokio::time::timeout(SAFETY_LIMIT, waited_for).await;
    outcome.expect("it takes far too long")
}

#[tokio::test]
async fn an_operators_authority_is_trusted_and_no_other() {
    let (server, address) = scripted().await;
    let (known, stranger) = (Authority::new(), Authority::new());
    let door = front(&known, Visitors::Anybody, address).await;

    for way in [Way::default(), trusting(&stranger)] {
        let error = error_of(&target(&door, way)).await;
        assert_eq!(error.failure, ModelFailure::Unavailable);
    }
    assert!(server.requests().is_empty(), "nobody is told a key");

    assert_eq!(ask(&target(&door, trusting(&known))).await.text, "네.");
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_is_shown_ours() {
    let (server, address) = scripted().await;
    let authority = Authority::new();
    let door = front(&authority, Visitors::Certified, address).await;

    let error = error_of(&target(&door, trusting(&authority))).await;
    assert_eq!(error.failure, ModelFailure::Unavailable);
    assert!(server.requests().is_empty());

    let way = Way {
        client_certificate_file: Some(authority.client_certificate_file()),
        ..trusting(&authority)
    };
    assert_eq!(ask(&target(&door, way)).await.text, "네.");
}

#[tokio::test]
async fn a_server_is_asked_through_the_proxy_which_sees_nothing_of_it() {
    let (server, address) = scripted().await;
    let authority = Authority::new();
    let door = front(&authority, Visitors::Anybody, address).await;
    let (proxy, mut heads) = proxy(door.address).await;
    let way = Way {
        proxy: Some(SecretString::from(format!(
            "http://us:word@{}",
            proxy.address
        ))),
        ..trusting(&authority)
    };
    let own = settings(&format!("https://{NAME}/v1"));
    let (model, _clock) = asking(Settings { way, ..own });

    assert_eq!(ask(&model).await.text, "네.");

    let head = heads.recv().await.unwrap().to_ascii_lowercase();
    assert!(head.starts_with(&format!("connect {NAME}:443 ")), "{head}");
    assert!(
        head.contains("proxy-authorization: basic dxm6d29yza=="),
        "{head}"
    );
    let requests = server.requests();
    let request = requests.first().unwrap();
    assert_eq!(request.header("proxy-authorization"), None);
}

/// More questions than a connection carries, to a server that answers none before all have come.
#[tokio::test]
async fn more_questions_at_once_than_a_connection_carries_all_arrive_at_once() {
    let authority = Authority::new();
    let most = u32::try_from(STREAMS_A_CONNECTION).unwrap();
    let (door, mut asked) = multiplexing(&authority, most).await;
    let model = target(&door, trusting(&authority));
    let count = STREAMS_A_CONNECTION * 3 + 1;

    let answering = async {
        let mut held = Vec::new();
        while held.len() < count {
            held.push(asked.recv().await.unwrap());
        }
        let busiest = busiest(&held);
        for question in held {
            say(question, WHOLE, true);
        }
        busiest
    };
    let asking = join_all((0..count).map(|_| ask(&model)));
    let (busiest, answers) = in_time(join(answering, asking)).await;

    assert!(answers.iter().all(|answer| answer.text == "hi"));
    assert!(busiest <= STREAMS_A_CONNECTION, "{busiest}");
    assert!(busiest > 1, "answers share connections");
}

/// Returns how many questions the connection carries that carries the most.
fn busiest(held: &[Asked]) -> usize {
    let mut carried = BTreeMap::new();
    for question in held {
        *carried.entry(question.connection).or_default() += 1;
    }
    carried.into_values().max().unwrap_or_default()
}

#[tokio::test]
async fn an_answer_that_is_left_early_is_reset_and_its_neighbour_goes_on() {
    let authority = Authority::new();
    let (door, mut asked) = multiplexing(&authority, 100).await;
    let model = target(&door, trusting(&authority));

    let prompt = prompt();
    let mut left = begun(&model, &prompt, &mut asked).await;
    let mut kept = begun(&model, &prompt, &mut asked).await;
    assert_eq!(left.1, kept.1, "both came over one connection");

    drop(left.0);
    let reason = in_time(poll_fn(|context| left.2.poll_reset(context))).await;
    assert_eq!(reason.unwrap(), h2::Reason::CANCEL);

    kept.2.send_data(Bytes::from_static(WHOLE), true).unwrap();
    let rest = in_time(kept.0.by_ref().collect::<Vec<_>>()).await;
    assert!(rest.iter().all(Result::is_ok), "{rest:?}");
}

/// Over HTTP/2 its first connection is full, so that the next question needs another.
#[tokio::test]
async fn a_server_that_speaks_http2_no_more_is_asked_what_it_speaks() {
    let (_server, address) = scripted().await;
    let authority = Authority::new();
    let is_old = Arc::new(AtomicBool::new(false));
    let (door, mut asked) = multiplexing_until(&authority, 100, address, Arc::clone(&is_old)).await;
    let model = target(&door, trusting(&authority));
    let prompt = prompt();
    let mut held = Vec::new();
    for _ in 0..STREAMS_A_CONNECTION {
        held.push(begun(&model, &prompt, &mut asked).await);
    }
    is_old.store(true, Ordering::Relaxed);

    assert_eq!(
        error_of(&model).await.failure,
        ModelFailure::Unavailable,
        "nothing but HTTP/2 is offered"
    );
    assert_eq!(in_time(ask(&model)).await.text, "네.");
}

type Begun = (
    askwell::ports::DeltaStream,
    SocketAddr,
    h2::SendStream<Bytes>,
);

/// Asks, and returns the answer when its first word has come, with the server's end of it.
async fn begun(
    model: &Target,
    prompt: &askwell::domain::prompt::Prompt,
    asked: &mut tokio::sync::mpsc::Receiver<Asked>,
) -> Begun {
    let answering = async {
        let question = asked.recv().await.unwrap();
        let connection = question.connection;
        (connection, say(question, BEGINNING, false))
    };
    let asking = async {
        let mut deltas = model.complete(prompt).await.unwrap();
        deltas.next().await.unwrap().unwrap();
        deltas
    };
    let ((connection, end), deltas) = in_time(join(answering, asking)).await;
    (deltas, connection, end)
}

fn say(mut question: Asked, body: &'static [u8], is_last: bool) -> h2::SendStream<Bytes> {
    let head = http::Response::new(());
    let mut stream = question.respond.send_response(head, false).unwrap();
    stream.send_data(Bytes::from_static(body), is_last).unwrap();
    stream
}
