//! What a token costs: askwell's room of models beside a bare loop over the same bytes, in turns.

use std::time::Duration;

use super::Setting;
use crate::neighbours::{Carriage, Provider};
use crate::reader::{Kind, Outcome, Reader};
use crate::report::{Goal, Row, Section};

/// Streams at once, of so many tokens.
const STREAMS: u32 = 200;
const TOKENS: u32 = 100;

/// 50 a second.
const EVERY: Duration = Duration::from_millis(20);

/// What is compared: how askwell reads, how the bare loop does, and what that is called.
const PAIRS: [(&str, Carriage, Carriage); 3] = [
    ("over plain HTTP/1.1", Carriage::Plain, Carriage::Plain),
    ("over HTTP/1.1 and TLS", Carriage::Tls, Carriage::Tls),
    (
        "over HTTP/2 and TLS, beside HTTP/1.1 and TLS",
        Carriage::Shared,
        Carriage::Tls,
    ),
];

const GOAL: Goal = Goal::AtMost {
    goal: 1.3,
    aim: 0.5,
};

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let mut rows = Vec::new();
    for (name, ours, bare) in PAIRS {
        let mut turns = Vec::new();
        for _ in 0..setting.long_repetitions() {
            let raw = read(setting, Kind::Raw, bare).await?;
            let askwell = read(setting, Kind::Askwell, ours).await?;
            turns.push((askwell.cpu_micros, raw.cpu_micros));
        }
        let each = |figure: fn(&(f64, f64)) -> f64| turns.iter().map(figure).collect::<Vec<_>>();
        rows.extend([
            Row::new(
                &format!("askwell / bare loop, processor time of a token {name}"),
                each(|(askwell, raw)| askwell / raw),
                GOAL,
            )?,
            Row::new(
                &format!("askwell, {name} (µs)"),
                each(|(askwell, _)| *askwell),
                Goal::None,
            )?,
            Row::new(
                &format!("bare loop, {name} (µs)"),
                each(|(_, raw)| *raw),
                Goal::None,
            )?,
        ]);
    }
    Ok(Section {
        title: "The price of a token".to_owned(),
        rows,
        notes: vec![format!(
            "{STREAMS} streams of {TOKENS} tokens at 50 a second. askwell is its room of models (router, breaker, decoder, time-outs) without \
             Mattermost and database; the bare loop reads each connection into 4 KiB and throws it away."
        )],
    })
}

async fn read(setting: &Setting, kind: Kind<'_>, carriage: Carriage) -> anyhow::Result<Outcome> {
    let folder = setting.programs.fresh_directory("token")?;
    let provider = Provider::start(carriage, &folder).await?;
    let (base, ca) = (provider.base_url(), &provider.ca_file);
    let mut reader = Reader::start(&setting.programs, kind, &base, ca, None).await?;
    let outcome = reader.read(&provider, STREAMS, TOKENS, EVERY).await?;
    anyhow::ensure!(
        outcome.whole == STREAMS,
        "only {} of {STREAMS} streams are whole",
        outcome.whole
    );
    Ok(outcome)
}
