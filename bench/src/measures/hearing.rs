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

/// Events told a second, whether or not they are taken: what is asked for, and what is hoped for; and for how long.
const STEADY: [u64; 2] = [5_000, 20_000];
const STEADY_SECONDS: u64 = 3;

/// What people say has numbers from here on.
const SMALL_TALK: u64 = 2_000_000_000;

/// Posts of a long thread, and of a short one.
const LONG: u64 = 10_000;
const SHORT: u64 = 100;

/// How many posts of a thread Mattermost is asked for at once.
const PAGE: u64 = 200;

const LIMIT: Duration = Duration::from_secs(30);

/// Between two bursts of a steady pace.
const TICK: Duration = Duration::from_millis(5);

/// After an answer, so that what askwell still writes of it does not meet the next question.
const QUIET: Duration = Duration::from_millis(15);

/// What came of a steady pace.
#[derive(Clone, Copy)]
struct Held {
    /// How many of the events were taken before the connection was cut, in percent.
    taken: f64,
    /// How often some had to be left out and read back.
    read_back: f64,
}

struct Round {
    sync: Samples,
    mention: Samples,
    events_a_second: f64,
    cpu_of_an_event: f64,
    read_back: f64,
    steady: [Held; 2],
    long_over_short: f64,
    memory_long_over_short: f64,
}

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let mut rounds = Vec::new();
    for number in 0..setting.repetitions {
        rounds.push(round(setting, number).await?);
    }
    let mut rows = rows_of_events(&rounds)?;
    rows.extend(rows_of_mentions(&rounds)?);
    Ok(Section {
        title: "What a bot hears".to_owned(),
        rows,
        notes: vec![format!(
            "{EVENTS} posts of people in 500 channels, none of them for the bot, told as fast as they are taken; then 5,000 and 20,000 a second for \
             {STEADY_SECONDS} s each, cut where 256 wait, as the server does. A thread is read up to its newest {PAGE} posts."
        )],
    })
}

fn rows_of_events(rounds: &[Round]) -> anyhow::Result<Vec<Row>> {
    let each = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    let all = Goal::AtLeast {
        goal: 100.0,
        aim: 100.0,
    };
    let none = Goal::AtMost {
        goal: 0.0,
        aim: 0.0,
    };
    Ok(vec![
        Row::new(
            "events taken a second, as fast as they can be told",
            each(|round| round.events_a_second),
            Goal::AtLeast {
                goal: 5_000.0,
                aim: 20_000.0,
            },
        )?,
        Row::new(
            "of those, times that some were left out and read back",
            each(|round| round.read_back),
            Goal::None,
        )?,
        Row::new(
            "of 5,000 a second, taken before a cut (%)",
            each(|round| round.steady[0].taken),
            all,
        )?,
        Row::new(
            "at 5,000 a second, times that some were left out and read back",
            each(|round| round.steady[0].read_back),
            none,
        )?,
        Row::new(
            "of 20,000 a second, taken before a cut (%)",
            each(|round| round.steady[1].taken),
            Goal::None,
        )?,
        Row::new(
            "at 20,000 a second, times that some were left out and read back",
            each(|round| round.steady[1].read_back),
            Goal::None,
        )?,
        Row::new(
            "processor time of an event (µs)",
            each(|round| round.cpu_of_an_event),
            Goal::None,
        )?,
    ])
}

fn rows_of_mentions(rounds: &[Round]) -> anyhow::Result<Vec<Row>> {
    let each = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    let twice = Goal::AtMost {
        goal: 2.0,
        aim: 1.2,
    };
    Ok(vec![
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
    ])
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
    let before = house.mattermost.read_back();
    let (events_a_second, cpu_of_an_event) = press(&house).await?;
    let read_back = counted(house.mattermost.read_back() - before)?;
    let mut steady = Vec::new();
    for (rate, asked) in STEADY.into_iter().zip([MENTIONS + 1, MENTIONS + 2]) {
        steady.push(hold(&house, rate, Asked(asked)).await?);
    }
    let [modest, great] = steady.as_slice() else {
        anyhow::bail!("two paces were held")
    };
    drop(house);
    let (short, short_memory) = read_threads(setting, SHORT, number).await?;
    let (long, long_memory) = read_threads(setting, LONG, number).await?;
    Ok(Round {
        sync: Samples::new(syncs),
        mention: Samples::new(mentions),
        events_a_second,
        cpu_of_an_event,
        read_back,
        steady: [*modest, *great],
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

fn counted(number: usize) -> anyhow::Result<f64> {
    Ok(f64::from(u32::try_from(number)?))
}

/// Tells of so many posts a second, whether or not they are taken, and in the end of a mention.
async fn hold(house: &House, rate: u64, asked: Asked) -> anyhow::Result<Held> {
    let line = &house.mattermost.line;
    line.connected(LIMIT).await?;
    let before = house.mattermost.read_back();
    let wanted = rate * STEADY_SECONDS;
    let events = (0..wanted).map(|number| {
        let said = Said::among_people(SMALL_TALK + EVENTS + number);
        said.event().to_string()
    });
    // Prepared, so that none comes late.
    let events: Vec<String> = events.collect();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let in_a_tick = usize::try_from(rate)? / usize::try_from(1_000 / TICK.as_millis())?;
    let mut taken = 0_usize;
    for burst in events.chunks(in_a_tick) {
        ticks.tick().await;
        for event in burst {
            if !line.tell_at_once(event.clone()) {
                let of = counted(events.len())?;
                return Ok(Held {
                    taken: 100.0 * counted(taken)? / of,
                    read_back: counted(house.mattermost.read_back() - before)?,
                });
            }
            taken += 1;
        }
    }
    let last = Said::to_the_bot(asked);
    house.mattermost.say(&last).await?;
    house.model.asked.of(last.asked, LIMIT).await?;
    Ok(Held {
        taken: 100.0,
        read_back: counted(house.mattermost.read_back() - before)?,
    })
}

/// Mentions the bot in a thread again and again; returns how long that took, and what askwell occupied afterwards.
async fn read_threads(setting: &Setting, posts: u64, round: u32) -> anyhow::Result<(Samples, f64)> {
    let house = House::open(setting, &format!("thread-{posts}-{round}")).await?;
    let root = Said::among_people(SMALL_TALK - 1);
    house.mattermost.remember(&root);
    house.mattermost.keep_thread(&root, posts);
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
