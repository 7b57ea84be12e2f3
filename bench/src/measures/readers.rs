//! Others that read models: OpenAI's own client in Python, and LiteLLM's proxy, beside askwell's room of models.

use std::time::Duration;

use super::Setting;
use crate::neighbours::{Carriage, Provider};
use crate::reader::{Kind, Outcome, Reader};
use crate::report::{Goal, Row, Section};

/// Streams at once: fewer through the proxy, which takes a core for not many more.
const STREAMS: u32 = 100;
const STREAMS_OF_THE_PROXY: u32 = 20;

/// Tokens of each stream, 20 a second.
const TOKENS: u32 = 60;
const EVERY: Duration = Duration::from_millis(50);

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let python = setting.programs.python.as_deref();
    let mut kinds = vec![("askwell", Kind::Askwell)];
    kinds.extend(python.map(|python| ("openai-python", Kind::Python(python))));
    let mut found: Vec<(&str, Vec<Outcome>)> = Vec::new();
    for (name, kind) in kinds {
        let mut rounds = Vec::new();
        for _ in 0..setting.long_repetitions() {
            rounds.push(round(setting, kind).await?);
        }
        found.push((name, rounds));
    }
    if setting.programs.litellm.is_some() {
        let mut rounds = Vec::new();
        // It takes half a minute to start.
        rounds.push(through_litellm(setting).await?);
        found.push(("LiteLLM proxy", rounds));
    }
    let mut rows = Vec::new();
    for (what, figure) in FIGURES {
        for (name, rounds) in &found {
            let what = format!("{name}: {what}");
            rows.push(Row::new(&what, rounds.iter().map(figure), Goal::None)?);
        }
    }
    Ok(Section {
        title: "Others that read models".to_owned(),
        rows,
        notes: vec![format!(
            "{STREAMS} streams of {TOKENS} tokens at 20 a second over HTTP/1.1 and TLS; {STREAMS_OF_THE_PROXY} over plain HTTP through the proxy, once, \
             which sends on what it reads."
        )],
    })
}

type Figure = fn(&Outcome) -> f64;

const FIGURES: [(&str, Figure); 3] = [
    ("processor time of a token (µs)", |round| round.cpu_micros),
    ("memory of a stream (KiB)", |round| round.kib_each),
    ("whole streams", |round| f64::from(round.whole)),
];

async fn round(setting: &Setting, kind: Kind<'_>) -> anyhow::Result<Outcome> {
    let folder = setting.programs.fresh_directory("readers")?;
    let provider = Provider::start(Carriage::Tls, &folder).await?;
    let (base, ca) = (provider.base_url(), &provider.ca_file);
    let mut reader = Reader::start(&setting.programs, kind, &base, ca, None).await?;
    reader.read(&provider, STREAMS, TOKENS, EVERY).await
}

async fn through_litellm(setting: &Setting) -> anyhow::Result<Outcome> {
    let programs = &setting.programs;
    let Some(program) = &programs.litellm else {
        anyhow::bail!("there is no proxy");
    };
    let folder = programs.fresh_directory("readers")?;
    let provider = Provider::start(Carriage::Plain, &folder).await?;
    let proxy = programs
        .start_litellm(program, &provider.base_url())
        .await?;
    let base = format!("http://{}/v1", proxy.address);
    let reader = Reader::start(programs, Kind::Raw, &base, &provider.ca_file, None).await?;
    let mut reader = reader.watch(proxy.pid());
    reader
        .read(&provider, STREAMS_OF_THE_PROXY, TOKENS, EVERY)
        .await
}
