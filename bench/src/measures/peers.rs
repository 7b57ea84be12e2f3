//! The obvious Python program beside askwell: the same questions, the same model, the same core.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use askwell_playground::model::{Echo, Reply, ScriptedModel};
use tokio::task::JoinSet;

use super::Setting;
use crate::load::{Asked, Command, Connection};
use crate::neighbours::FakeMattermost;
use crate::process;
use crate::report::{Goal, Row, Section};
use crate::subject::{Setup, Subject};

/// Questions at once.
const QUESTIONS: u64 = 30;

/// How the model writes: two seconds and a bit for each answer, all at the same time.
const MODEL: Echo = Echo {
    tokens: Some(100),
    rate: Some(50),
    first_token: Duration::from_millis(300),
};

/// How long all answers may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The model of the second part, slow enough that no answer is finished when the program is killed.
const SLOW_MODEL: Echo = Echo {
    tokens: Some(100),
    rate: Some(50),
    first_token: Duration::from_secs(5),
};

/// When the program is killed in the second part: every question is acknowledged, none is answered.
const KILLED_AFTER: Duration = Duration::from_millis(500);

/// How long answers are waited for after the restart: twice what the model takes.
const AFTERWARDS: Duration = Duration::from_secs(15);

/// Which program.
#[derive(Clone, Copy)]
enum Peer<'a> {
    Askwell,
    Python(&'a Path),
}

/// How one program did.
struct Result {
    answered: usize,
    seconds: f64,
    cpu_millis: f64,
    memory_mib: f64,
    /// Only in the first repetition, since whoever forgets takes the whole wait.
    answered_after_kill: Option<usize>,
}

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let python = setting.programs.python.clone();
    let mut peers = vec![("askwell", Peer::Askwell)];
    if let Some(python) = &python {
        peers.push(("FastAPI + httpx", Peer::Python(python)));
    }
    let mut results: Vec<(&str, Vec<Result>)> = Vec::new();
    for number in 0..setting.repetitions {
        for (name, peer) in &peers {
            let result = once(setting, *peer, number)
                .await
                .with_context(|| format!("ask {name}"))?;
            match results.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => known.push(result),
                None => results.push((name, vec![result])),
            }
        }
    }
    let mut rows = Vec::new();
    for (what, figure) in FIGURES {
        for (name, results) in &results {
            let what = format!("{name}: {what}");
            rows.push(Row::new(
                &what,
                results.iter().filter_map(figure),
                Goal::None,
            )?);
        }
    }
    Ok(Section {
        title: "Beside the obvious Python program".to_owned(),
        rows,
        notes: vec![format!(
            "{QUESTIONS} questions at once, a model that takes 2.3 s for each, askwell as shipped (8 writes a second to Mattermost after the first 20, \
             which the other program does not spare it). Then the same with a model that takes 7 s, and the program killed {KILLED_AFTER:?} after the questions were acknowledged and started again, once."
        )],
    })
}

type Figure = fn(&Result) -> Option<f64>;

const FIGURES: [(&str, Figure); 5] = [
    ("answered of 30", |result| Some(whole(result.answered))),
    ("until the last answer (s)", |result| Some(result.seconds)),
    ("processor time of all (ms)", |result| {
        Some(result.cpu_millis)
    }),
    ("memory afterwards (MiB)", |result| Some(result.memory_mib)),
    ("answered of 30 though killed meanwhile", |result| {
        result.answered_after_kill.map(whole)
    }),
];

async fn once(setting: &Setting, peer: Peer<'_>, number: u32) -> anyhow::Result<Result> {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::echo(MODEL));
    let mattermost = FakeMattermost::start().await?;
    let place = Place {
        setting,
        model: &model,
        mattermost: &mattermost,
        name: format!("peer-{number}"),
    };
    let server = place.start(peer).await?;
    let cpu_before = process::cpu_time(server.pid())?;
    let begun = Instant::now();
    ask_all(&server, &mattermost).await?;
    let last = mattermost.answered.of_all(whole_count()?, LIMIT).await;
    let cpu = process::cpu_time(server.pid())?.saturating_sub(cpu_before);
    let memory = process::memory(server.pid())?;
    drop(server);
    let answered_after_kill = match number {
        0 => Some(answered_though_killed(setting, peer).await?),
        _ => None,
    };
    let last = last.map_or(LIMIT, |last| last.saturating_duration_since(begun));
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
    let memory_mib = memory.resident_kib as f64 / 1024.0;
    Ok(Result {
        answered: mattermost.answered.count(),
        seconds: last.as_secs_f64(),
        cpu_millis: cpu.as_secs_f64() * 1000.0,
        memory_mib,
        answered_after_kill,
    })
}

async fn answered_though_killed(setting: &Setting, peer: Peer<'_>) -> anyhow::Result<usize> {
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::echo(SLOW_MODEL));
    let mattermost = FakeMattermost::start().await?;
    let place = Place {
        setting,
        model: &model,
        mattermost: &mattermost,
        name: "killed".to_owned(),
    };
    let server = place.start(peer).await?;
    ask_all(&server, &mattermost).await?;
    tokio::time::sleep(KILLED_AFTER).await;
    drop(server);
    let _restarted = place.start_again(peer).await?;
    // That not all come is a finding and no failure.
    drop(mattermost.answered.of_all(whole_count()?, AFTERWARDS).await);
    Ok(mattermost.answered.count())
}

struct Place<'a> {
    setting: &'a Setting,
    model: &'a ScriptedModel,
    mattermost: &'a FakeMattermost,
    name: String,
}

impl Place<'_> {
    async fn start(&self, peer: Peer<'_>) -> anyhow::Result<Subject> {
        self.setting.programs.fresh_directory(&self.name)?;
        self.start_again(peer).await
    }

    async fn start_again(&self, peer: Peer<'_>) -> anyhow::Result<Subject> {
        let programs = &self.setting.programs;
        match peer {
            Peer::Askwell => {
                let setup = Setup {
                    unpaced: false,
                    further: String::new(),
                    ..Setup::beside(self.mattermost, self.model.base_url())
                };
                let directory = programs.directory.join(&self.name);
                programs.start_askwell(&directory, &setup).await
            }
            Peer::Python(python) => programs.start_python(python, &self.model.base_url()).await,
        }
    }
}

/// Asks every question on a connection of its own, all at once; returns when each was acknowledged.
async fn ask_all(server: &Subject, mattermost: &FakeMattermost) -> anyhow::Result<()> {
    let command = Command::new(server.address, mattermost.address);
    let mut asking = JoinSet::new();
    for number in 0..QUESTIONS {
        let (address, mut command) = (server.address, command.clone());
        asking.spawn(async move {
            let mut connection = Connection::open(address).await?;
            connection.ask(command.numbered(Asked(number))).await?;
            anyhow::Ok(())
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked??;
    }
    Ok(())
}

fn whole_count() -> anyhow::Result<usize> {
    Ok(usize::try_from(QUESTIONS)?)
}

fn whole(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
