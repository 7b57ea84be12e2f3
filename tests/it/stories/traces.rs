//! What a collector of traces receives of a question: its steps, and not a word of it; and what a collector that is ill costs, which is nothing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use askwell::telemetry::{EXPORT_TIMEOUT, GATHER, LAST_SPANS, samples};
use askwell_playground::model::{Reply, ScriptedModel, Usage};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::sync::watch;

use super::house::{Account, CALL_TIMEOUT, House, MODEL_TIMEOUT, lasting_address};

/// What a collector does with a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Takes,
    Fails,
    Hangs,
}

/// A collector on loopback that keeps what it is sent.
struct Collector {
    address: SocketAddr,
    received: watch::Receiver<Vec<(HeaderMap, Bytes)>>,
    serving: tokio::task::JoinHandle<()>,
}

type Received = (watch::Sender<Vec<(HeaderMap, Bytes)>>, Manner);

impl Collector {
    #[expect(
        clippy::disallowed_methods,
        reason = "a neighbour, which ends with the test"
    )]
    async fn start(manner: Manner) -> Self {
        let (sender, received) = watch::channel(Vec::new());
        let router = axum::Router::new()
            .route("/v1/traces", post(collect))
            .with_state((sender, manner));
        let listener = tokio::net::TcpListener::bind(lasting_address())
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            address,
            received,
            serving,
        }
    }

    fn toml(&self, more: &str) -> String {
        format!(
            "[traces]\nendpoint = \"http://{}/v1/traces\"\nheaders = {{ authorization = \"Bearer s3cret\" }}\n{more}\n",
            self.address
        )
    }

    /// Every span that arrived.
    fn spans(&self) -> Vec<Span> {
        let received = self.received.borrow();
        let requests = received
            .iter()
            .map(|(_, body)| ExportTraceServiceRequest::decode(body.clone()).unwrap());
        requests
            .flat_map(|request| request.resource_spans)
            .flat_map(|of_resource| of_resource.scope_spans)
            .flat_map(|of_scope| of_scope.spans)
            .collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn collect(
    State((received, manner)): State<Received>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    received.send_modify(|all| all.push((headers, body)));
    match manner {
        Manner::Takes => StatusCode::OK,
        Manner::Fails => StatusCode::INTERNAL_SERVER_ERROR,
        Manner::Hangs => std::future::pending().await,
    }
}

/// What an attribute holds, for people.
fn attributes(span: &Span) -> BTreeMap<&str, String> {
    let shown = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        Value::ArrayValue(list) => format!("{:?}", list.values),
        other => panic!("{other:?}"),
    };
    let held = span.attributes.iter().map(|attribute| {
        let value = attribute.value.as_ref().unwrap().value.as_ref().unwrap();
        (attribute.key.as_str(), shown(value))
    });
    held.collect()
}

/// So many seconds pass, at most, until spans have been handed over.
const SECONDS: usize = 60;

/// Lets time pass, but not while Mattermost, a model or the collector is asked, until something is so.
async fn pass_until(house: &House, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..SECONDS {
        if is_so().await {
            return;
        }
        house
            .tick(&[CALL_TIMEOUT, MODEL_TIMEOUT, EXPORT_TIMEOUT])
            .await;
    }
    panic!("it is not so after {SECONDS} seconds");
}

/// Answers a question, 700 ms after the model began, and returns what arrives of it.
async fn traced(house: &House, collector: &Collector) -> Vec<Span> {
    let reply = Reply::empty()
        .gate("first")
        .content("A pineapple.")
        .by_model("scripted-2026")
        .usage(Usage {
            prompt: 100,
            completion: 40,
        });
    house.model.answer_next(reply);
    house.ask("alice", "a tangerine?").await;
    house.model.wait_at_gate("first").await;
    house.clock.advance(Duration::from_millis(700));
    house.model.open_gate("first");
    house.count_is("askwell_questions_total", &[], 1.0).await;
    let has_root = async || collector.spans().iter().any(|span| span.name == "question");
    pass_until(house, has_root).await;
    collector.spans()
}

#[tokio::test]
async fn the_steps_of_a_question_arrive_as_one_tree_without_a_word_of_it() {
    let collector = Collector::start(Manner::Takes).await;
    let house = House::with(Account::Bot, &collector.toml("")).await;
    let spans = traced(&house, &collector).await;
    let root = spans.iter().find(|span| span.name == "question").unwrap();
    let mut names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    names.sort_unstable();
    let steps = [
        "admit",
        "chat scripted",
        "gather",
        "publish",
        "question",
        "queue wait",
        "settle",
    ];
    assert_eq!(names, steps);
    for span in &spans {
        assert_eq!(span.trace_id, root.trace_id);
        assert_eq!(span.span_id.len(), 8);
        let is_root = span.name == "question";
        assert_eq!(span.parent_span_id.is_empty(), is_root, "{}", span.name);
        assert!(
            is_root || span.parent_span_id == root.span_id,
            "{}",
            span.name
        );
        assert!(span.start_time_unix_nano >= root.start_time_unix_nano);
        assert!(span.end_time_unix_nano <= root.end_time_unix_nano);
        assert!(span.status.is_none(), "{}: {:?}", span.name, span.status);
    }
    let ids: std::collections::BTreeSet<_> = spans.iter().map(|span| &span.span_id).collect();
    assert_eq!(ids.len(), spans.len());
    // The trace is the question.
    let trace = u128::from_be_bytes(root.trace_id.as_slice().try_into().unwrap());
    let of_root = attributes(root);
    assert_eq!(of_root["question.id"], format!("{trace:032x}"));
    assert_eq!(of_root["outcome"], "answered");
    assert_eq!(of_root["askwell.first_text_ms"], "700");
    let took = |span: &Span| span.end_time_unix_nano - span.start_time_unix_nano;
    assert_eq!(took(root), 700_000_000);
    let (headers, _) = &collector.received.borrow()[0];
    assert_eq!(headers["authorization"], "Bearer s3cret");
    assert_eq!(headers["content-type"], "application/x-protobuf");
    for (_, body) in collector.received.borrow().iter() {
        let bytes = String::from_utf8_lossy(body);
        for word in ["tangerine", "pineapple", "alice", "bob", "lobby", "s3cret"] {
            assert!(!bytes.contains(word), "{word}");
        }
    }
}

#[tokio::test]
async fn the_call_of_a_model_is_described_in_the_words_of_the_conventions() {
    let collector = Collector::start(Manner::Takes).await;
    let broken = ScriptedModel::start().await;
    broken.answer_otherwise(Reply::server_error());
    let models = format!(
        "[[models]]\nid = \"broken\"\nname = \"m2\"\nbase_url = \"{}\"\n[[routes]]\nid = \"default\"\ntargets = [\"broken\"]\nfallbacks = [\"default\"]\n",
        broken.base_url()
    );
    let house = House::with(Account::Bot, &collector.toml(&models)).await;
    let spans = traced(&house, &collector).await;
    let calls: Vec<_> = spans
        .iter()
        .filter(|span| span.name.starts_with("chat"))
        .collect();
    let [failed, worked] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    let port = house.model.base_url();
    let port = port.rsplit_once(':').unwrap().1.trim_end_matches("/v1");
    let expected = BTreeMap::from([
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "scripted"),
        ("gen_ai.response.model", "scripted-2026"),
        ("gen_ai.usage.input_tokens", "100"),
        ("gen_ai.usage.output_tokens", "40"),
        ("model.target", "default"),
        ("server.address", "127.0.0.1"),
        ("server.port", port),
    ]);
    let mut seen = attributes(worked);
    let reasons = seen.remove("gen_ai.response.finish_reasons").unwrap();
    assert!(reasons.contains("\"stop\""), "{reasons}");
    let seen: BTreeMap<_, _> = seen
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(seen, expected);
    assert_eq!(worked.kind, 3);
    assert_eq!(attributes(failed)["error.type"], "unavailable");
    assert_eq!(failed.status.as_ref().unwrap().code, 2);
}

#[tokio::test]
async fn where_no_traces_are_sampled_nothing_arrives() {
    let collector = Collector::start(Manner::Takes).await;
    let mut house = House::with(Account::Bot, &collector.toml("sample_ratio = 0")).await;
    house.model.answer_next(Reply::text("Yes."));
    house.ask("alice", "hi").await;
    house
        .see("bob", "the answer", |post| post.text.contains("Yes."))
        .await;
    house.close().await;
    assert!(collector.spans().is_empty());
}

/// The numbers of spans that were sent and dropped.
async fn spans_of(house: &House) -> [f64; 2] {
    let samples = samples(&house.metrics().await);
    ["sent", "dropped"].map(|result| {
        let is_it = |sample: &&askwell::telemetry::Sample| {
            sample.is("askwell_trace_spans_total", &[("result", result)])
        };
        samples
            .iter()
            .find(is_it)
            .map_or(0.0, |sample| sample.value)
    })
}

#[tokio::test]
async fn a_collector_that_is_away_or_fails_or_hangs_holds_up_no_answer_and_no_end() {
    for manner in [None, Some(Manner::Fails), Some(Manner::Hangs)] {
        let collector = Collector::start(manner.unwrap_or(Manner::Takes)).await;
        let toml = collector.toml("");
        let collector = manner.map(|_| collector);
        let mut house = House::with(Account::Bot, &toml).await;
        house.model.answer_otherwise(Reply::text("Yes."));
        for number in 1..=3 {
            house.ask("alice", &format!("q{number}")).await;
            let text = format!("q{number}\n**GPT**: Yes.");
            // No time passes.
            house
                .see("bob", &text, |post| post.text.contains(&text))
                .await;
            house.clock.advance(GATHER);
        }
        pass_until(&house, async || {
            house.clock.advance(EXPORT_TIMEOUT);
            let [sent, dropped] = spans_of(&house).await;
            assert!(sent < 1.0, "{sent} spans were sent");
            dropped >= 1.0
        })
        .await;
        house.ask_to_end();
        let clock = house.clock.clone();
        let passing = async {
            for _ in 0..SECONDS {
                clock.until_someone_sleeps().await;
                clock.advance(LAST_SPANS);
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = house.ended() => {}
            () = passing => {}
        }
        drop(collector);
    }
}
