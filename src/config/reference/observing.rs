//! The keys of what operators see beside logs: `[metrics]` and `[traces]`.

use super::{Form, Key};

macro_rules! keys {
    ($($name:ident = $key:expr;)*) => {
        $(pub(in crate::config) static $name: Key = $key;)*
    };
}

keys! {
    METRICS_LISTEN = Key::new("metrics", "listen", Form::Socket).env("ASKWELL_METRICS_LISTEN").means(
        "Where `/metrics` is served for Prometheus and its like, for example `127.0.0.1:9464`; nowhere where absent. Whoever reaches it can read it: it holds no secret and nothing that people write, but how much is asked and what it costs. What each metric means and what to do for each alert is in [operations.md](operations.md).",
        "Prometheus 등이 읽을 `/metrics`를 제공할 주소예요(예: `127.0.0.1:9464`). 없으면 제공하지 않아요. 접속할 수 있는 사람은 누구나 읽을 수 있어요. 비밀 값이나 사람들이 쓴 글은 없지만, 질문이 얼마나 많은지와 비용은 나와요. 각 지표의 뜻과 경보마다 할 일은 [operations.md](operations.md)에 있어요.",
    );

    TRACES_ENDPOINT = Key::new("traces", "endpoint", Form::Address).env("ASKWELL_TRACES_ENDPOINT").means(
        "Where a collector takes traces by OTLP over HTTP, the path included: `http://127.0.0.1:4318/v1/traces`. There are no traces where absent. A trace has the steps of a question and how long each took, and nothing that people or models write.",
        "수집기가 OTLP/HTTP로 트레이스를 받는 주소예요. 경로까지 써 주세요(예: `http://127.0.0.1:4318/v1/traces`). 없으면 트레이스도 없어요. 트레이스에는 질문의 단계와 걸린 시간이 있고, 사람이나 모델이 쓴 글은 없어요.",
    );
    TRACES_PLAIN_HTTP = Key::new("traces", "allow_plain_http", Form::Switch).default("false").means(
        "Allows `http://` to a public host, as `model.allow_plain_http` does.",
        "`model.allow_plain_http`처럼 공개 호스트에 `http://`로 접속하는 것을 허용해요.",
    );
    TRACES_HEADERS = Key::new("traces", "headers", Form::Pairs).means(
        "Headers that the collector wants, as `{ authorization = \"…\" }`. They never print.",
        "수집기가 요구하는 헤더예요(예: `{ authorization = \"…\" }`). 화면에 표시하지 않아요.",
    );
    TRACES_SAMPLE = Key::new("traces", "sample_ratio", Form::Decimal(0.0, 1.0)).default("1").means(
        "The part of all questions whose traces are kept.",
        "트레이스를 남길 질문의 비율이에요.",
    );
}
