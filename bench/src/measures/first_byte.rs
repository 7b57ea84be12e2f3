//! From a command's way out of Mattermost to the first byte towards the model, beyond what the disk and the wire ask for.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::Setting;
use crate::disk::Log;
use crate::load::{Asked, Command, Connection};
use crate::neighbours::{BOT_TOKEN, FakeMattermost, FakeModel, Manner};
use crate::report::{Goal, Row, Section};
use crate::spread::Samples;
use crate::subject::{Setup, Subject};

/// Questions asked one after another in a round.
const QUESTIONS: u64 = 200;

/// How long one question may take before the measurement is given up.
const LIMIT: Duration = Duration::from_secs(20);

/// After an answer, so that what askwell still writes of it does not meet the next question.
const QUIET: Duration = Duration::from_millis(5);

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

async fn round(setting: &Setting, number: u32) -> anyhow::Result<Round> {
    let mut log = Log::create(&setting.programs.directory)?;
    let count = usize::try_from(QUESTIONS)?;
    let sync_before = log.sync_paced(count, QUIET)?;
    let echo = round_trips(setting).await?;
    let (acknowledged, without_bot) = ask_in_turn(setting, number, false).await?;
    let (_, with_bot) = ask_in_turn(setting, number, true).await?;
    let sync = sync_before.and(log.sync_paced(count, QUIET)?);
    Ok(Round {
        sync,
        echo,
        acknowledged,
        without_bot,
        with_bot,
    })
}

async fn round_trips(setting: &Setting) -> anyhow::Result<Samples> {
    let echo = setting.programs.start_echo().await?;
    let mut command = Command::new(echo.address, echo.address);
    let mut connection = Connection::open(echo.address).await?;
    let mut samples = Vec::new();
    for number in 0..QUESTIONS {
        let request = command.numbered(Asked(number));
        let sent = Instant::now();
        connection.ask(request).await?;
        samples.push(sent.elapsed());
        tokio::time::sleep(QUIET).await;
    }
    Ok(Samples::new(samples))
}

/// Asks one question after another; returns how long the acknowledgement and the first byte at the model took.
async fn ask_in_turn(
    setting: &Setting,
    number: u32,
    bot: bool,
) -> anyhow::Result<(Samples, Samples)> {
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
    let turns = Turns {
        askwell: &askwell,
        mattermost: &mattermost,
        model: &model,
        bot,
    };
    turns
        .ask()
        .await
        .with_context(|| format!("ask in {}", directory.display()))
}

struct Turns<'a> {
    askwell: &'a Subject,
    mattermost: &'a FakeMattermost,
    model: &'a FakeModel,
    bot: bool,
}

impl Turns<'_> {
    async fn ask(&self) -> anyhow::Result<(Samples, Samples)> {
        let mut command = Command::new(self.askwell.address, self.mattermost.address);
        let mut connection = Connection::open(self.askwell.address).await?;
        let (mut acknowledged, mut asked) = (Vec::new(), Vec::new());
        for number in 0..QUESTIONS {
            let question = Asked(number);
            let request = command.numbered(question);
            let sent = Instant::now();
            connection.ask(request).await?;
            acknowledged.push(sent.elapsed());
            let arrived = self.model.asked.of(question, LIMIT).await?;
            asked.push(arrived.saturating_duration_since(sent));
            self.answered(number, question).await?;
            tokio::time::sleep(QUIET).await;
        }
        Ok((Samples::new(acknowledged), Samples::new(asked)))
    }

    async fn answered(&self, number: u64, question: Asked) -> anyhow::Result<()> {
        if self.bot {
            let posts = usize::try_from(number)? + 1;
            self.mattermost.wait_for_posts(posts, LIMIT).await
        } else {
            self.mattermost.answered.of(question, LIMIT).await?;
            Ok(())
        }
    }
}
