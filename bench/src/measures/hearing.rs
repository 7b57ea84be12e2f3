//! What a bot hears over its WebSocket: how much it takes, and how soon a mention reaches the model.

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::Setting;
use crate::load::{Asked, Disk, Said};
use crate::neighbours::{BOT_TOKEN, FakeMattermost, FakeModel, Manner};
use crate::process;
use crate::report::{Goal, Row, Section};
use crate::spread::Samples;
use crate::subject::{Setup, Subject};

/// Mentions one after another in a round.
const MENTIONS: u64 = 100;

/// Events told as fast as they are taken.
const EVENTS: u64 = 40_000;

/// Events told a second, whether or not they are taken, and for how long.
const STEADY: u64 = 5_000;
const STEADY_SECONDS: u64 = 3;

/// What people say has numbers from here on.
const SMALL_TALK: u64 = 2_000_000_000;

/// Posts of a long thread, and of a short one.
const LONG: u64 = 10_000;
const SHORT: u64 = 100;

/// How many posts of a thread Mattermost is asked for at once.
const PAGE: u64 = 200;

const LIMIT: Duration = Duration::from_secs(30);

/// After an answer, so that what askwell still writes of it does not meet the next question.
const QUIET: Duration = Duration::from_millis(15);

struct Round {
    sync: Samples,
    mention: Samples,
    events_a_second: f64,
    cpu_of_an_event: f64,
    cuts_at_a_steady_pace: f64,
    long_over_short: f64,
    memory_long_over_short: f64,
}

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let mut rounds = Vec::new();
    for number in 0..setting.repetitions {
        rounds.push(round(setting, number).await?);
    }
    let each = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    let twice = Goal::AtMost {
        goal: 2.0,
        aim: 1.2,
    };
    let rows = vec![
        Row::new(
            "events taken a second",
            each(|round| round.events_a_second),
            Goal::AtLeast {
                goal: 5_000.0,
                aim: 20_000.0,
            },
        )?,
        Row::new(
            &format!("connections cut at {STEADY} events a second"),
            each(|round| round.cuts_at_a_steady_pace),
            Goal::AtMost {
                goal: 0.0,
                aim: 0.0,
            },
        )?,
        Row::new(
            "processor time of an event (µs)",
            each(|round| round.cpu_of_an_event),
            Goal::None,
        )?,
        Row::new(
            "from a mention to the model, median beyond fdatasync (ms)",
            each(|round| (round.mention.median_micros() - round.sync.median_micros()) / 1000.0),
            Goal::AtMost {
                goal: 2.0,
                aim: 1.0,
            },
        )?,
        Row::new(
            "from a mention to the model, p99 in all (ms)",
            each(|round| round.mention.p99_micros() / 1000.0),
            Goal::None,
        )?,
        Row::new(
            "fdatasync, median (ms)",
            each(|round| round.sync.median_micros() / 1000.0),
            Goal::None,
        )?,
        Row::new(
            &format!("a thread of {LONG} posts / one of {SHORT}, time to the model"),
            each(|round| round.long_over_short),
            twice,
        )?,
        Row::new(
            &format!("a thread of {LONG} posts / one of {SHORT}, memory"),
            each(|round| round.memory_long_over_short),
            twice,
        )?,
    ];
    Ok(Section {
        title: "What a bot hears".to_owned(),
        rows,
        notes: vec![format!(
            "{EVENTS} posts of people in 500 channels, none of them for the bot, told as fast as they are taken; then {STEADY} a second for \
             {STEADY_SECONDS} s, cut where 256 wait, as the server does. A thread is read up to its newest {PAGE} posts."
        )],
    })
}

struct House {
    askwell: Subject,
    mattermost: FakeMattermost,
    model: FakeModel,
}

impl House {
    async fn open(setting: &Setting, name: &str) -> anyhow::Result<Self> {
        let mattermost = FakeMattermost::start().await?;
        let model = FakeModel::start(Manner::Brief).await?;
        let setup = Setup {
            bot_token: Some(BOT_TOKEN.to_owned()),
            ..Setup::beside(&mattermost, model.base_url())
        };
        let directory = setting.programs.fresh_directory(name)?;
        let askwell = setting.programs.start_askwell(&directory, &setup).await?;
        mattermost.line.connected(LIMIT).await?;
        Ok(Self {
            askwell,
            mattermost,
            model,
        })
    }

    /// Mentions the bot, and returns how long it took until the model was asked.
    async fn mention(&self, said: &Said, answers: usize) -> anyhow::Result<Duration> {
        self.mattermost.remember(said);
        let event = said.event();
        let sent = Instant::now();
        self.mattermost.line.tell(&event).await?;
        let arrived = self.model.asked.of(said.asked, LIMIT).await?;
        self.mattermost.wait_for_posts(answers, LIMIT).await?;
        tokio::time::sleep(QUIET).await;
        Ok(arrived.saturating_duration_since(sent))
    }
}

async fn round(setting: &Setting, number: u32) -> anyhow::Result<Round> {
    let house = House::open(setting, &format!("hearing-{number}")).await?;
    let echo = setting.programs.start_echo().await?;
    let mut disk = Disk::behind(&echo).await?;
    let (mut syncs, mut mentions) = (Vec::new(), Vec::new());
    for asked in (0..MENTIONS).map(Asked) {
        syncs.push(disk.sync_once().await?);
        tokio::time::sleep(QUIET).await;
        let answers = usize::try_from(asked.0)? + 1;
        mentions.push(house.mention(&Said::to_the_bot(asked), answers).await?);
    }
    let (events_a_second, cpu_of_an_event) = press(&house).await?;
    let cuts_at_a_steady_pace = hold(&house).await?;
    drop(house);
    let (short, short_memory) = read_threads(setting, SHORT, number).await?;
    let (long, long_memory) = read_threads(setting, LONG, number).await?;
    Ok(Round {
        sync: Samples::new(syncs),
        mention: Samples::new(mentions),
        events_a_second,
        cpu_of_an_event,
        cuts_at_a_steady_pace,
        long_over_short: long.median_micros() / short.median_micros(),
        memory_long_over_short: long_memory / short_memory,
    })
}

/// Tells of many posts as fast as they are taken, then of a mention; all are taken when the model is asked about that.
async fn press(house: &House) -> anyhow::Result<(f64, f64)> {
    let said = |number| Said::among_people(SMALL_TALK + number);
    let events: Vec<_> = (0..EVENTS).map(|number| said(number).event()).collect();
    let last = Said::to_the_bot(Asked(MENTIONS));
    house.mattermost.remember(&last);
    let before = process::cpu_time(house.askwell.pid())?;
    let begun = Instant::now();
    for event in &events {
        house.mattermost.line.tell(event).await?;
    }
    house.mattermost.line.tell(&last.event()).await?;
    let ended = house.model.asked.of(last.asked, LIMIT).await?;
    let spent = process::cpu_time(house.askwell.pid())?.saturating_sub(before);
    let events = u32::try_from(EVENTS)?;
    Ok((
        f64::from(events) / ended.duration_since(begun).as_secs_f64(),
        spent.as_secs_f64() * 1e6 / f64::from(events),
    ))
}

/// Tells of posts at a steady pace, whether or not they are taken; returns how often the connection was cut.
async fn hold(house: &House) -> anyhow::Result<f64> {
    let line = &house.mattermost.line;
    let per_tick = STEADY / 100;
    let begun = tokio::time::Instant::now();
    let before = line.connections();
    let mut number = SMALL_TALK + EVENTS;
    for tick in 0..u32::try_from(STEADY_SECONDS * 100)? {
        tokio::time::sleep_until(begun + Duration::from_millis(10) * tick).await;
        for _ in 0..per_tick {
            number += 1;
            if !line.tell_at_once(Said::among_people(number).event().to_string()) {
                line.connected(LIMIT).await?;
            }
        }
    }
    let last = Said::to_the_bot(Asked(MENTIONS + 1));
    house.mattermost.say(&last).await?;
    house.model.asked.of(last.asked, LIMIT).await?;
    Ok(f64::from(u32::try_from(line.connections() - before)?))
}

/// Mentions the bot in a thread again and again; returns how long that took, and what askwell occupied afterwards.
async fn read_threads(setting: &Setting, posts: u64, round: u32) -> anyhow::Result<(Samples, f64)> {
    let house = House::open(setting, &format!("thread-{posts}-{round}")).await?;
    let root = Said::among_people(SMALL_TALK - 1);
    house.mattermost.remember(&root);
    house.mattermost.keep_thread(&root, posts, PAGE);
    let mut took = Vec::new();
    for asked in (0..MENTIONS).map(Asked) {
        let mut said = Said::to_the_bot(asked);
        said.root = Some(root.post_id());
        let answers = usize::try_from(asked.0)? + 1;
        took.push(house.mention(&said, answers).await?);
    }
    ensure!(took.len() > 1, "too few mentions");
    let memory = process::memory(house.askwell.pid())?.resident_kib;
    Ok((Samples::new(took), f64::from(u32::try_from(memory)?)))
}
