//! How many events a bot takes from its WebSocket.
//!
//! They are told at a pace of their own. As fast as they are read would say nothing: askwell reads on when its listener is behind,
//! leaves out what does not fit, and reads that back from the channels; so what was read is not what was taken.

use std::time::{Duration, Instant};

use super::Setting;
use super::house::{House, LIMIT, SMALL_TALK};
use crate::load::{Asked, Said};
use crate::process;
use crate::report::{Goal, Row, Section};

/// Events told a second, whether or not they are taken.
const PACES: [u64; 4] = [5_000, 10_000, 20_000, 40_000];

/// Of so many events one is of a kind that nobody needs.
const ONE_UNNEEDED_OF: u64 = 100;

/// Between two bursts; the timer is no finer than a millisecond.
const TICK: Duration = Duration::from_millis(2);
const TICKS_A_SECOND: u64 = 500;

/// How long the mention at the end may take; later it was left out, and the channels of the fake do not have it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came of a pace.
struct Held {
    /// How many events were taken a second, where all were.
    taken_a_second: f64,
    /// How many were told before the connection was cut, in percent.
    told: f64,
    /// How often some were left out and looked for.
    left_out: f64,
    cpu_micros_each: f64,
}

type Round = Vec<Held>;

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let mut rounds = Vec::new();
    for number in 0..setting.repetitions {
        rounds.push(round(setting, number).await?);
    }
    let seconds = setting.load.as_secs();
    Ok(Section {
        title: "What a bot hears".to_owned(),
        rows: rows(&rounds)?,
        notes: vec![format!(
            "{seconds} s at each pace, cut where 256 wait beside what the sockets hold, as the server does. Posts of people in 500 channels, none \
             of them for the bot; one event of {ONE_UNNEEDED_OF} is of a kind nobody needs. A pace was kept where no cut came and nothing was left \
             out; its figure is counted until a mention after the last event had reached the model."
        )],
    })
}

fn rows(rounds: &[Round]) -> anyhow::Result<Vec<Row>> {
    let greatest = |round: &Round| {
        let taken = round.iter().map(|held| held.taken_a_second);
        taken.fold(0.0, f64::max)
    };
    let mut rows = vec![Row::new(
        "events taken a second, at the greatest pace that was kept",
        rounds.iter().map(greatest),
        Goal::AtLeast {
            goal: 5_000.0,
            aim: 20_000.0,
        },
    )?];
    for (place, pace) in PACES.into_iter().enumerate() {
        let each = |figure: fn(&Held) -> f64| {
            let held = rounds.iter().filter_map(move |round| round.get(place));
            held.map(figure)
        };
        rows.push(Row::new(
            &format!("of {pace} a second, told before a cut (%)"),
            each(|held| held.told),
            Goal::None,
        )?);
        rows.push(Row::new(
            &format!("at {pace} a second, times that some were left out and read back"),
            each(|held| held.left_out),
            Goal::None,
        )?);
        rows.push(Row::new(
            &format!("at {pace} a second, processor time of an event (µs)"),
            each(|held| held.cpu_micros_each),
            Goal::None,
        )?);
    }
    Ok(rows)
}

async fn round(setting: &Setting, number: u32) -> anyhow::Result<Round> {
    let house = House::open(setting, &format!("events-{number}")).await?;
    let mut talk = Talk {
        said: SMALL_TALK,
        asked: 0,
    };
    let mut round = Vec::new();
    for pace in PACES {
        round.push(hold(&house, pace, pace * setting.load.as_secs(), &mut talk).await?);
    }
    Ok(round)
}

/// What is said in a round; no post is said twice.
struct Talk {
    said: u64,
    asked: u64,
}

impl Talk {
    /// Events, prepared so that none comes late.
    fn events(&mut self, count: u64) -> Vec<String> {
        let first = self.said;
        self.said += count;
        let event = |number: u64| {
            let said = Said::among_people(number);
            if number.is_multiple_of(ONE_UNNEEDED_OF) {
                said.typing()
            } else {
                said.event()
            }
        };
        (first..self.said)
            .map(|number| event(number).to_string())
            .collect()
    }

    /// A mention: once the model is asked about it, everything before was taken or left out.
    fn mention(&mut self) -> Said {
        self.asked += 1;
        Said::to_the_bot(Asked(self.asked))
    }
}

/// Tells of so many events at a pace, until they are all told or the connection is cut.
async fn hold(house: &House, pace: u64, count: u64, talk: &mut Talk) -> anyhow::Result<Held> {
    let (events, first, last) = (talk.events(count), talk.mention(), talk.mention());
    house.mattermost.line.connected(LIMIT).await?;
    // Whatever was missed before has been looked for by then.
    house.mattermost.say(&first).await?;
    house.model.asked.of(first.asked, LIMIT).await?;
    let looked = house.mattermost.read_back();
    let before = process::cpu_time(house.askwell.pid())?;
    let begun = Instant::now();
    let told = tell(house, pace, &events).await?;
    let mut ended = None;
    if told == events.len() {
        house.mattermost.say(&last).await?;
        ended = house.model.asked.of(last.asked, PATIENCE).await.ok();
    }
    let spent = process::cpu_time(house.askwell.pid())?.saturating_sub(before);
    let left_out = house.mattermost.read_back() - looked;
    let told = counted(told)?;
    let taken_a_second = match ended {
        Some(ended) if left_out == 0 => told / ended.duration_since(begun).as_secs_f64(),
        Some(_) | None => 0.0,
    };
    Ok(Held {
        taken_a_second,
        told: 100.0 * told / counted(events.len())?,
        left_out: counted(left_out)?,
        cpu_micros_each: spent.as_secs_f64() * 1e6 / told.max(1.0),
    })
}

/// Returns how many were told.
async fn tell(house: &House, pace: u64, events: &[String]) -> anyhow::Result<usize> {
    let mut due = tokio::time::Instant::now();
    let mut told = 0;
    for burst in events.chunks(usize::try_from(pace / TICKS_A_SECOND)?) {
        // By the clock, not from one burst to the next: what comes late once does not slow the pace.
        tokio::time::sleep_until(due).await;
        due += TICK;
        for event in burst {
            if !house.mattermost.line.tell_at_once(event.clone()) {
                return Ok(told);
            }
            told += 1;
        }
        // So that bursts that come late together are written one after another, and do not cut a connection that is not slow.
        tokio::task::yield_now().await;
    }
    Ok(told)
}

fn counted(number: usize) -> anyhow::Result<f64> {
    Ok(f64::from(u32::try_from(number)?))
}
