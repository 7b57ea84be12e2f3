//! What askwell occupies: memory, time to start, disk.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::task::JoinSet;

use super::Setting;
use crate::load::{Asked, Command, Connection};
use crate::neighbours::{FakeMattermost, FakeModel, Manner};
use crate::process::{self, Memory};
use crate::report::{Goal, Row, Section};
use crate::subject::Setup;

/// Questions answered before the memory is looked at again.
const QUESTIONS: u64 = 1_000;

/// Connections they are asked on.
const CONNECTIONS: u64 = 8;
const STEP: usize = 8;

/// How long they may take.
const LIMIT: Duration = Duration::from_mins(1);

/// Before idle memory is read.
const IDLE: Duration = Duration::from_secs(1);

/// Starts on one database, in each repetition.
const STARTS: u32 = 3;

const MIB: f64 = 1024.0 * 1024.0;

struct Round {
    idle: Memory,
    after: Memory,
    first_start: Duration,
    later_starts: Vec<Duration>,
}

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let mut rounds = Vec::new();
    for number in 0..setting.repetitions {
        rounds.push(round(setting, number).await?);
    }
    let each = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    let memory = Goal::AtMost {
        goal: 20.0,
        aim: 10.0,
    };
    let start = Goal::AtMost {
        goal: 50.0,
        aim: 10.0,
    };
    let size = Goal::AtMost {
        goal: 20.0,
        aim: 12.0,
    };
    let later = rounds.iter().flat_map(|round| &round.later_starts);
    let rows = vec![
        Row::new(
            "memory after the start (MiB)",
            each(|round| mib(round.idle.resident_kib)),
            memory,
        )?,
        Row::new(
            &format!("memory after {QUESTIONS} questions (MiB)"),
            each(|round| mib(round.after.resident_kib)),
            memory,
        )?,
        Row::new(
            "heap and stacks alone after the start (MiB)",
            each(|round| mib(round.idle.anonymous_kib)),
            Goal::None,
        )?,
        Row::new(
            "heap and stacks alone after the questions (MiB)",
            each(|round| mib(round.after.anonymous_kib)),
            Goal::None,
        )?,
        Row::new(
            "from start to ready, new database (ms)",
            each(|round| millis(round.first_start)),
            start,
        )?,
        Row::new(
            "from start to ready, known database (ms)",
            later.map(|start| millis(*start)).collect::<Vec<_>>(),
            start,
        )?,
        Row::new(
            "stripped release binary (MiB)",
            [size_of(&setting.programs.askwell)?],
            size,
        )?,
    ];
    Ok(Section {
        title: "Footprint".to_owned(),
        rows,
        notes: Vec::new(),
    })
}

async fn round(setting: &Setting, number: u32) -> anyhow::Result<Round> {
    let programs = &setting.programs;
    let mattermost = FakeMattermost::start().await?;
    let model = FakeModel::start(Manner::Brief).await?;
    let setup = Setup::beside(&mattermost, model.base_url());
    let directory = programs.fresh_directory(&format!("footprint-{number}"))?;
    let askwell = programs.start_askwell(&directory, &setup).await?;
    tokio::time::sleep(IDLE).await;
    let idle = process::memory(askwell.pid())?;
    let command = Command::new(askwell.address, mattermost.address);
    ask_all(askwell.address, &command).await?;
    let count = usize::try_from(QUESTIONS)?;
    mattermost.answered.of_all(count, LIMIT).await?;
    tokio::time::sleep(IDLE).await;
    let after = process::memory(askwell.pid())?;
    let first_start = askwell.ready_after;
    drop(askwell);
    let mut later_starts = Vec::new();
    for _ in 0..STARTS {
        let askwell = programs.start_askwell(&directory, &setup).await?;
        later_starts.push(askwell.ready_after);
    }
    Ok(Round {
        idle,
        after,
        first_start,
        later_starts,
    })
}

/// Asks every question, on a few connections at once.
async fn ask_all(server: SocketAddr, command: &Command) -> anyhow::Result<()> {
    let mut asking = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let mut command = command.clone();
        asking.spawn(async move {
            let mut kept = Connection::open(server).await?;
            for number in (connection..QUESTIONS).step_by(STEP) {
                kept.ask(command.numbered(Asked(number))).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked??;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn size_of(program: &Path) -> anyhow::Result<f64> {
    Ok(fs::metadata(program)?.len() as f64 / MIB)
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
