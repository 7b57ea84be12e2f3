//! How long a person waits for the acknowledgement at a moderate load, against what the disk and any web service ask for.

use std::time::Duration;

use super::Setting;
use crate::load::{Command, Disk, Paced, ask_at_a_pace};
use crate::neighbours::{FakeMattermost, FakeModel, Manner};
use crate::report::{Goal, Row, Section};
use crate::spread::Samples;
use crate::subject::Setup;

/// Far more than any chat asks, far less than a server takes.
const PER_SECOND: u32 = 250;

/// Connections to choose from.
const CONNECTIONS: usize = 200;

/// Turns in a round, and commands in each turn. Short turns, because the disk of a shared machine is another one a second later.
const SLICES: u64 = 20;
const SLICE_COMMANDS: u64 = 50;

struct Round {
    sync: Samples,
    echo: Samples,
    askwell: Samples,
}

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let mut rounds = Vec::new();
    for number in 0..setting.repetitions {
        rounds.push(round(setting, number).await?);
    }
    let each = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    let goal = Goal::AtMost {
        goal: 3.0,
        aim: 1.5,
    };
    let rows = vec![
        Row::new(
            "askwell p99 / (fdatasync p99 + echo p99)",
            each(|round| {
                round.askwell.p99_micros() / (round.sync.p99_micros() + round.echo.p99_micros())
            }),
            goal,
        )?,
        Row::new(
            "the same of the medians",
            each(|round| {
                round.askwell.median_micros()
                    / (round.sync.median_micros() + round.echo.median_micros())
            }),
            Goal::None,
        )?,
        Row::new(
            "askwell, acknowledgement p99 (ms)",
            each(|round| round.askwell.p99_micros() / 1000.0),
            Goal::None,
        )?,
        Row::new(
            "fdatasync p99 (ms)",
            each(|round| round.sync.p99_micros() / 1000.0),
            Goal::None,
        )?,
        Row::new(
            "echo p99 (ms)",
            each(|round| round.echo.p99_micros() / 1000.0),
            Goal::None,
        )?,
    ];
    let commands = rounds.first().map_or(0, |round| round.askwell.count());
    Ok(Section {
        title: "Waiting for the acknowledgement".to_owned(),
        rows,
        notes: vec![format!(
            "{commands} commands a round at {PER_SECOND} a second, sent whether or not earlier ones were acknowledged; as many writes with fdatasync at the same pace; all three in turns of {SLICE_COMMANDS}."
        )],
    })
}

async fn round(setting: &Setting, number: u32) -> anyhow::Result<Round> {
    let programs = &setting.programs;
    let interval = Duration::from_secs(1) / PER_SECOND;
    let mattermost = FakeMattermost::start().await?;
    let model = FakeModel::start(Manner::Silent).await?;
    let echo = programs.start_echo().await?;
    let mut disk = Disk::behind(&echo).await?;
    let echo_command = Command::new(echo.address, mattermost.address);
    let setup = Setup {
        workers: Some(1),
        ..Setup::beside(&mattermost, model.base_url())
    };
    let directory = programs.fresh_directory(&format!("wait-{number}"))?;
    let askwell = programs.start_askwell(&directory, &setup).await?;
    let command = Command::new(askwell.address, mattermost.address);
    let target = askwell.target(&command).await?;
    let (mut syncs, mut echoes, mut acknowledged) = (Vec::new(), Vec::new(), Vec::new());
    for slice in 0..SLICES {
        let load = Paced {
            interval,
            first: slice * SLICE_COMMANDS,
            commands: SLICE_COMMANDS,
            connections: CONNECTIONS,
        };
        syncs.extend(disk.sync_paced(SLICE_COMMANDS, interval).await?);
        echoes.extend(ask_at_a_pace(&echo.echo_target(), &echo_command, load).await?);
        acknowledged.extend(ask_at_a_pace(&target, &command, load).await?);
    }
    Ok(Round {
        sync: Samples::new(syncs),
        echo: Samples::new(echoes),
        askwell: Samples::new(acknowledged),
    })
}
