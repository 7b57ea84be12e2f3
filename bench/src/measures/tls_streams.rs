//! A thousand streams on one core over TLS, and four thousand: what each occupies, and whether it keeps its pace.

use std::time::Duration;

use super::Setting;
use crate::neighbours::{Carriage, Provider};
use crate::reader::{Kind, Outcome, Reader};
use crate::report::{Goal, Row, Section};

/// Tokens of each stream, 50 a second.
const TOKENS: u32 = 200;
const EVERY: Duration = Duration::from_millis(20);

/// How many streams, and how they are carried.
const LOADS: [(u32, Carriage, &str); 3] = [
    (1_000, Carriage::Tls, "HTTP/1.1"),
    (1_000, Carriage::Shared, "HTTP/2"),
    (4_000, Carriage::Shared, "HTTP/2"),
];

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let mut rows = Vec::new();
    for (streams, carriage, name) in LOADS {
        let mut rounds = Vec::new();
        for _ in 0..setting.long_repetitions() {
            rounds.push(round(setting, streams, carriage).await?);
        }
        let each = |figure: fn(&Outcome) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
        let of = |what: &str| format!("{streams} streams over {name} and TLS, {what}");
        let goal = Goal::AtMost {
            goal: 32.0,
            aim: 6.0,
        };
        rows.extend([
            Row::new(
                &of("memory of each (KiB)"),
                each(|round| round.kib_each),
                goal,
            )?,
            Row::new(
                &of("whole"),
                each(|round| f64::from(round.whole)),
                Goal::None,
            )?,
            Row::new(
                &of("last token late, median (ms)"),
                each(|round| round.late.median_micros() / 1000.0),
                Goal::None,
            )?,
            Row::new(
                &of("last token late, p99 (ms)"),
                each(|round| round.late.p99_micros() / 1000.0),
                Goal::None,
            )?,
            Row::new(
                &of("share of the core"),
                each(|round| round.share),
                Goal::None,
            )?,
        ]);
    }
    Ok(Section {
        title: "Many streams over TLS".to_owned(),
        rows,
        notes: vec![format!(
            "{TOKENS} tokens of each stream at 50 a second, by askwell's room of models alone on one core; the text is thrown away. Memory is looked \
             at when most tokens have come, less that after one answer."
        )],
    })
}

async fn round(setting: &Setting, streams: u32, carriage: Carriage) -> anyhow::Result<Outcome> {
    let folder = setting.programs.fresh_directory("tls-streams")?;
    let provider = Provider::start(carriage, &folder).await?;
    let (base, ca) = (provider.base_url(), &provider.ca_file);
    let mut reader = Reader::start(&setting.programs, Kind::Askwell, &base, ca, None).await?;
    reader.read(&provider, streams, TOKENS, EVERY).await
}
