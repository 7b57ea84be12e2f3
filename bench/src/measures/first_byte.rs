//! From a command's way out of Mattermost to the first byte towards the model, beyond what the disk and the wire ask for.

use std::time::{Duration, Instant};

use super::Setting;
use crate::load::{Asked, Command, Connection, Disk};
use crate::neighbours::{BOT_TOKEN, FakeMattermost, FakeModel, Manner};
use crate::report::{Goal, Row, Section};
use crate::spread::Samples;
use crate::subject::{Setup, Subject};

/// Questions asked one after another in a round.
const QUESTIONS: u64 = 200;

/// How long one question may take before the measurement is given up.
const LIMIT: Duration = Duration::from_secs(20);

/// After an answer, so that what askwell still writes of it does not meet the next question.
const QUIET: Duration = Duration::from_millis(15);

struct Round {
    sync: Samples,
    echo: Samples,
    acknowledged: Samples,
    without_bot: Samples,
    with_bot: Samples,
}

impl Round {
    /// What a way takes beyond one fdatasync and one round trip, in milliseconds.
    fn beyond(&self, way: &Samples) -> f64 {
        (way.median_micros() - self.sync.median_micros() - self.echo.median_micros()) / 1000.0
    }
}

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let mut rounds = Vec::new();
    for number in 0..setting.repetitions {
        rounds.push(round(setting, number).await?);
    }
    let each = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    let goal = Goal::AtMost {
        goal: 1.0,
        aim: 0.3,
    };
    let rows = vec![
        Row::new(
            "without a bot, median beyond fdatasync and round trip (ms)",
            each(|round| round.beyond(&round.without_bot)),
            goal,
        )?,
        Row::new(
            "with a bot, median beyond fdatasync and round trip (ms)",
            each(|round| round.beyond(&round.with_bot)),
            goal,
        )?,
        Row::new(
            "the acknowledgement alone, likewise (ms)",
            each(|round| round.beyond(&round.acknowledged)),
            Goal::None,
        )?,
        Row::new(
            "without a bot, p99 in all (ms)",
            each(|round| round.without_bot.p99_micros() / 1000.0),
            Goal::None,
        )?,
        Row::new(
            "with a bot, p99 in all (ms)",
            each(|round| round.with_bot.p99_micros() / 1000.0),
            Goal::None,
        )?,
        Row::new(
            "fdatasync, median (ms)",
            each(|round| round.sync.median_micros() / 1000.0),
            Goal::None,
        )?,
        Row::new(
            "round trip to the echo, median (ms)",
            each(|round| round.echo.median_micros() / 1000.0),
            Goal::None,
        )?,
    ];
    Ok(Section {
        title: "From the request to the model".to_owned(),
        rows,
        notes: vec![format!(
            "{QUESTIONS} questions a round, one after another; the bot's calls to Mattermost go to a fake in the generator's process and are part of the figure."
        )],
    })
}

/// Everything in turns, question by question, because the disk of a shared machine is another one a second later.
async fn round(setting: &Setting, number: u32) -> anyhow::Result<Round> {
    let echo = setting.programs.start_echo().await?;
    let mut disk = Disk::behind(&echo).await?;
    let mut echo_command = Command::new(echo.address, echo.address);
    let mut echo_connection = Connection::open(echo.address).await?;
    let mut plain = Asker::start(setting, number, false).await?;
    let mut as_bot = Asker::start(setting, number, true).await?;
    let (mut syncs, mut echoes, mut acknowledged) = (Vec::new(), Vec::new(), Vec::new());
    let (mut without_bot, mut with_bot) = (Vec::new(), Vec::new());
    for question in (0..QUESTIONS).map(Asked) {
        syncs.push(disk.sync_once().await?);
        tokio::time::sleep(QUIET).await;
        let request = echo_command.numbered(question);
        let sent = Instant::now();
        echo_connection.ask(request).await?;
        echoes.push(sent.elapsed());
        tokio::time::sleep(QUIET).await;
        let (acknowledgement, first_byte) = plain.ask(question).await?;
        acknowledged.push(acknowledgement);
        without_bot.push(first_byte);
        let (_, first_byte) = as_bot.ask(question).await?;
        with_bot.push(first_byte);
    }
    Ok(Round {
        sync: Samples::new(syncs),
        echo: Samples::new(echoes),
        acknowledged: Samples::new(acknowledged),
        without_bot: Samples::new(without_bot),
        with_bot: Samples::new(with_bot),
    })
}

/// One askwell with its neighbours, asked one question after another.
struct Asker {
    _askwell: Subject,
    mattermost: FakeMattermost,
    model: FakeModel,
    command: Command,
    connection: Connection,
    bot: bool,
}

impl Asker {
    async fn start(setting: &Setting, number: u32, bot: bool) -> anyhow::Result<Self> {
        let programs = &setting.programs;
        let mattermost = FakeMattermost::start().await?;
        let model = FakeModel::start(Manner::Brief).await?;
        let setup = Setup {
            bot_token: bot.then(|| BOT_TOKEN.to_owned()),
            ..Setup::beside(&mattermost, model.base_url())
        };
        let name = if bot { "with-bot" } else { "without-bot" };
        let directory = programs.fresh_directory(&format!("{name}-{number}"))?;
        let askwell = programs.start_askwell(&directory, &setup).await?;
        Ok(Self {
            command: Command::new(askwell.address, mattermost.address),
            connection: Connection::open(askwell.address).await?,
            _askwell: askwell,
            mattermost,
            model,
            bot,
        })
    }

    /// Asks, and waits for the answer; returns how long the acknowledgement and the first byte at the model took.
    async fn ask(&mut self, question: Asked) -> anyhow::Result<(Duration, Duration)> {
        let request = self.command.numbered(question);
        let sent = Instant::now();
        self.connection.ask(request).await?;
        let acknowledged = sent.elapsed();
        let arrived = self.model.asked.of(question, LIMIT).await?;
        self.answered(question).await?;
        tokio::time::sleep(QUIET).await;
        Ok((acknowledged, arrived.saturating_duration_since(sent)))
    }

    async fn answered(&self, question: Asked) -> anyhow::Result<()> {
        if self.bot {
            let posts = usize::try_from(question.0)? + 1;
            self.mattermost.wait_for_posts(posts, LIMIT).await
        } else {
            self.mattermost.answered.of(question, LIMIT).await?;
            Ok(())
        }
    }
}
