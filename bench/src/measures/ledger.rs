//! What the ledger adds to an answer: the same questions asked of askwell with budgets and without, in turns.

use std::time::{Duration, Instant};

use super::Setting;
use crate::load::{Asked, Command, Connection};
use crate::neighbours::{FakeMattermost, FakeModel, Manner};
use crate::report::{Goal, Row, Section};
use crate::spread::Samples;
use crate::subject::{Setup, Subject};

/// How long one question may take before the measurement is given up.
const LIMIT: Duration = Duration::from_secs(20);

/// After an answer, so that what askwell still writes of it does not meet the next question.
const QUIET: Duration = Duration::from_millis(15);

/// Answers that come at once, in a round: nothing hides what askwell does.
const BRIEF: u64 = 200;

/// Answers that come as models write them, in a round.
const STEADY: u64 = 12;

/// Half a second of an answer: 200 tokens a second.
const WRITING: Manner = Manner::Steady {
    words: 100,
    every: Duration::from_millis(5),
};

/// Three budgets that hold for each question, one of each kind.
const BUDGETS: &str = "[prices]\nunknown = \"estimate\"\nestimate_input = 1\nestimate_output = 2\n
[[budgets]]\nname = \"requests\"\nfor = \"person\"\nrequests = 1000000000\nper = \"day\"\n
[[budgets]]\nname = \"tokens\"\nfor = \"channel\"\ntokens = 1000000000000\nper = \"month\"\n
[[budgets]]\nname = \"money\"\ndollars = 1000000\nper = \"ever\"\n";

const GOAL: Goal = Goal::AtMost {
    goal: 1.05,
    aim: 1.02,
};

struct Round {
    brief: [f64; 2],
    steady: [f64; 2],
}

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let mut rounds = Vec::new();
    for number in 0..setting.repetitions {
        rounds.push(Round {
            brief: asked(setting, number, Manner::Brief, BRIEF).await?,
            steady: asked(setting, number, WRITING, STEADY).await?,
        });
    }
    let each = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    Ok(Section {
        title: "The ledger".to_owned(),
        rows: vec![
            Row::new(
                "a whole answer of half a second, with three budgets / without any",
                each(|round| round.steady[1] / round.steady[0]),
                GOAL,
            )?,
            Row::new(
                "a whole answer that the model gives at once, likewise",
                each(|round| round.brief[1] / round.brief[0]),
                Goal::None,
            )?,
            Row::new(
                "what three budgets add to an answer (ms)",
                each(|round| (round.brief[1] - round.brief[0]) / 1000.0),
                Goal::None,
            )?,
        ],
        notes: vec![format!(
            "Medians of {BRIEF} and {STEADY} questions a round by the slash command, answered by `response_url`, one after another and in turns, \
             from the request to the answer. Without budgets calls are written down too, by commits that do not wait for the disk; with them, by one that does."
        )],
    })
}

/// Asks each askwell in turns; returns the medians of whole answers without budgets and with them, in microseconds.
async fn asked(
    setting: &Setting,
    number: u32,
    manner: Manner,
    questions: u64,
) -> anyhow::Result<[f64; 2]> {
    let mut askers = Vec::new();
    for (name, further) in [("without-budgets", ""), ("with-budgets", BUDGETS)] {
        let name = format!("{name}-{questions}-{number}");
        askers.push((
            Asker::start(setting, &name, manner, further).await?,
            Vec::new(),
        ));
    }
    for question in (0..questions).map(Asked) {
        for (asker, samples) in &mut askers {
            samples.push(asker.ask(question).await?);
        }
    }
    let medians = askers
        .into_iter()
        .map(|(_, samples)| Samples::new(samples).median_micros());
    let medians: Vec<f64> = medians.collect();
    Ok([medians[0], medians[1]])
}

/// One askwell with its neighbours.
struct Asker {
    _askwell: Subject,
    mattermost: FakeMattermost,
    _model: FakeModel,
    command: Command,
    connection: Connection,
}

impl Asker {
    async fn start(
        setting: &Setting,
        name: &str,
        manner: Manner,
        further: &'static str,
    ) -> anyhow::Result<Self> {
        let programs = &setting.programs;
        let mattermost = FakeMattermost::start().await?;
        let model = FakeModel::start(manner).await?;
        let setup = Setup {
            further: further.to_owned(),
            ..Setup::beside(&mattermost, model.base_url())
        };
        let directory = programs.fresh_directory(name)?;
        let askwell = programs.start_askwell(&directory, &setup).await?;
        Ok(Self {
            command: Command::new(askwell.address, mattermost.address),
            connection: Connection::open(askwell.address).await?,
            _askwell: askwell,
            mattermost,
            _model: model,
        })
    }

    /// Asks, and returns how long it took until the answer was there.
    async fn ask(&mut self, question: Asked) -> anyhow::Result<Duration> {
        let request = self.command.numbered(question);
        let sent = Instant::now();
        self.connection.ask(request).await?;
        let answered = self.mattermost.answered.of(question, LIMIT).await?;
        tokio::time::sleep(QUIET).await;
        Ok(answered.saturating_duration_since(sent))
    }
}
