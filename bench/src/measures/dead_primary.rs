//! How soon a fallback answers where the first model is dead, beside the fallback asked alone, in turns.

use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::Setting;
use crate::neighbours::{Carriage, FakeModel, Manner, Provider};
use crate::reader::{Kind, Reader};
use crate::report::{Goal, Row, Section};
use crate::spread::Samples;
use crate::subject::free_address;

/// Questions to each in one repetition. They take less time than the breaker, once open, stays so.
const QUESTIONS: u32 = 300;

const GOAL: Goal = Goal::AtMost {
    goal: 1.05,
    aim: 1.02,
};

/// Medians of a first token, in microseconds.
struct Round {
    healthy: f64,
    refusing: f64,
    silent: f64,
}

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let mut rounds = Vec::new();
    for _ in 0..setting.repetitions {
        rounds.push(round(setting).await?);
    }
    let each = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    Ok(Section {
        title: "A dead primary".to_owned(),
        rows: vec![
            Row::new(
                "first token with a primary that refuses connections / fallback alone",
                each(|round| round.refusing / round.healthy),
                GOAL,
            )?,
            Row::new(
                "first token with a primary that accepts and never answers / fallback alone",
                each(|round| round.silent / round.healthy),
                GOAL,
            )?,
            Row::new(
                "first token of the fallback alone (µs)",
                each(|round| round.healthy),
                Goal::None,
            )?,
        ],
        notes: vec![format!(
            "Medians of {QUESTIONS} questions to each, question by question in turns, by askwell's room of models; the fallback answers at once, so \
             that nothing hides what askwell does. The breaker has opened before, by three failures."
        )],
    })
}

async fn round(setting: &Setting) -> anyhow::Result<Round> {
    let model = FakeModel::start(Manner::Brief).await?;
    let folder = setting.programs.fresh_directory("dead-primary")?;
    // Of the provider only the file of an authority is used.
    let provider = Provider::start(Carriage::Plain, &folder).await?;
    let silent = TcpListener::bind(("127.0.0.1", 0)).await?;
    let of = |address: std::net::SocketAddr| format!("http://{address}/v1");
    let (refusing, silent_url) = (of(free_address()?), of(silent.local_addr()?));
    let mut readers = Vec::new();
    for dead in [None, Some(refusing.as_str()), Some(silent_url.as_str())] {
        let base = model.base_url();
        let programs = &setting.programs;
        let reader = Reader::start(programs, Kind::Askwell, &base, &provider.ca_file, dead);
        readers.push((reader.await?, Vec::new()));
    }
    for _ in 0..QUESTIONS {
        for (reader, samples) in &mut readers {
            samples.push(reader.first_token().await?);
        }
    }
    let medians = readers
        .into_iter()
        .map(|(_, samples): (_, Vec<Duration>)| Samples::new(samples).median_micros());
    let medians: Vec<f64> = medians.collect();
    let [healthy, refusing, silent] = medians[..] else {
        return Err(anyhow::anyhow!("three were asked")).context("compare them");
    };
    Ok(Round {
        healthy,
        refusing,
        silent,
    })
}
