//! Durable acknowledgements a second, against an echo that remembers nothing.

use std::time::Duration;

use super::Setting;
use crate::load::{Closed, Command, Throughput, press};
use crate::neighbours::{FakeMattermost, FakeModel, Manner};
use crate::report::{Goal, Row, Section};
use crate::spread::Spread;
use crate::subject::Setup;

/// Connections at once: enough that one commit carries many questions, and what a busy Mattermost keeps open.
const CONNECTIONS: usize = 64;

/// Commands of one load, at most, which bounds the size of a database.
const MAX_COMMANDS: u64 = 500_000;

/// One round of turns.
struct Round {
    echo: Throughput,
    /// One worker, whose model never replies: nothing but admission.
    admitting: Throughput,
    /// As shipped, answering as fast as it can meanwhile.
    answering: Throughput,
}

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let mut rounds = Vec::new();
    for number in 0..setting.repetitions {
        rounds.push(round(setting, number).await?);
    }
    let each = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    let goal = Goal::AtLeast {
        goal: 0.35,
        aim: 0.6,
    };
    let rows = vec![
        Row::new(
            "askwell / echo, acknowledgements a second",
            each(|round| round.admitting.per_second / round.echo.per_second),
            goal,
        )?,
        Row::new(
            "askwell, durable acknowledgements a second",
            each(|round| round.admitting.per_second),
            Goal::None,
        )?,
        Row::new(
            "echo, replies a second",
            each(|round| round.echo.per_second),
            Goal::None,
        )?,
        Row::new(
            "echo / askwell, processor time of a reply",
            each(|round| round.echo.server_micros / round.admitting.server_micros),
            Goal::None,
        )?,
        Row::new(
            "askwell, processor time of an acknowledgement (µs)",
            each(|round| round.admitting.server_micros),
            Goal::None,
        )?,
        Row::new(
            "askwell, median wait under this load (ms)",
            each(|round| round.admitting.latencies.median_micros() / 1000.0),
            Goal::None,
        )?,
        Row::new(
            "askwell / echo, while answering as fast as it can",
            each(|round| round.answering.per_second / round.echo.per_second),
            Goal::None,
        )?,
    ];
    let busy = |loaded: fn(&Round) -> &Throughput| {
        let loads = rounds.iter().map(loaded);
        let server = percent(loads.clone().map(|load| load.server_core));
        format!(
            "the servers' core was busy {server}, the generator's {}",
            percent(loads.map(|load| load.generator_core))
        )
    };
    let notes = vec![
        format!("{CONNECTIONS} connections, {:?} a load.", setting.load),
        format!("While the echo was loaded, {}.", busy(|round| &round.echo)),
        format!(
            "While askwell was admitting, {}.",
            busy(|round| &round.admitting)
        ),
        "Where the generator's core is the busier one, the figure of that server is a lower bound."
            .to_owned(),
    ];
    Ok(Section {
        title: "Durable acknowledgements".to_owned(),
        rows,
        notes,
    })
}

async fn round(setting: &Setting, number: u32) -> anyhow::Result<Round> {
    let programs = &setting.programs;
    let mattermost = FakeMattermost::start().await?;
    let load = Closed {
        connections: CONNECTIONS,
        warm_up: Duration::from_millis(500),
        measured: setting.load,
        max_commands: MAX_COMMANDS,
    };
    let echo = {
        let echo = programs.start_echo().await?;
        let command = Command::new(echo.address, mattermost.address);
        press(&echo.echo_target(), &command, load).await?
    };
    let admitting =
        press_askwell(setting, &format!("admit-{number}"), load, Manner::Silent).await?;
    let answering =
        press_askwell(setting, &format!("answer-{number}"), load, Manner::Brief).await?;
    Ok(Round {
        echo,
        admitting,
        answering,
    })
}

async fn press_askwell(
    setting: &Setting,
    name: &str,
    load: Closed,
    manner: Manner,
) -> anyhow::Result<Throughput> {
    let programs = &setting.programs;
    let mattermost = FakeMattermost::start().await?;
    let model = FakeModel::start(manner).await?;
    let setup = Setup {
        workers: (manner == Manner::Silent).then_some(1),
        ..Setup::beside(&mattermost, model.base_url())
    };
    let directory = programs.fresh_directory(name)?;
    let askwell = programs.start_askwell(&directory, &setup).await?;
    let command = Command::new(askwell.address, mattermost.address);
    let target = askwell.target(&command).await?;
    let throughput = press(&target, &command, load).await?;
    drop(askwell);
    std::fs::remove_dir_all(&directory)?;
    Ok(throughput)
}

fn percent(shares: impl IntoIterator<Item = f64>) -> String {
    Spread::of(shares).map_or_else(String::new, |spread| {
        format!(
            "{:.0} to {:.0} % (median {:.0} %)",
            spread.least * 100.0,
            spread.greatest * 100.0,
            spread.median * 100.0
        )
    })
}
