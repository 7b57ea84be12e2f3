//! What a long thread costs: a mention in it, beside one in a short thread.

use std::time::Duration;

use super::Setting;
use super::house::{House, SMALL_TALK};
use crate::load::{Asked, Said};
use crate::process;
use crate::report::{Goal, Row, Section};
use crate::spread::Samples;

/// Replies in a long thread, and in a short one.
const LONG: u64 = 10_000;
const SHORT: u64 = 100;

/// Mentions in each.
const MENTIONS: u64 = 100;

/// What mentions in one thread came to.
struct Cost {
    until_asked: Samples,
    peak_mib: f64,
}

struct Round {
    short: Cost,
    long: Cost,
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
            &format!("a thread of {LONG} posts / one of {SHORT}, time to the model"),
            each(|round| {
                round.long.until_asked.median_micros() / round.short.until_asked.median_micros()
            }),
            twice,
        )?,
        Row::new(
            &format!("a thread of {LONG} posts / one of {SHORT}, peak memory"),
            each(|round| round.long.peak_mib / round.short.peak_mib),
            twice,
        )?,
        Row::new(
            &format!("in a thread of {LONG}, median time to the model (ms)"),
            each(|round| round.long.until_asked.median_micros() / 1000.0),
            Goal::None,
        )?,
        Row::new(
            &format!("in a thread of {SHORT}, median time to the model (ms)"),
            each(|round| round.short.until_asked.median_micros() / 1000.0),
            Goal::None,
        )?,
        Row::new(
            &format!("peak memory beside a thread of {LONG} (MiB)"),
            each(|round| round.long.peak_mib),
            Goal::None,
        )?,
    ];
    Ok(Section {
        title: "A long thread".to_owned(),
        rows,
        notes: vec![format!(
            "{MENTIONS} mentions in each thread, in turns, two processes of askwell on one core. Mattermost serves the pages that are asked for, \
             and the whole thread where none is."
        )],
    })
}

/// A house with one thread in it.
struct Reader {
    house: House,
    root: Said,
    took: Vec<Duration>,
}

impl Reader {
    async fn open(setting: &Setting, posts: u64, round: u32) -> anyhow::Result<Self> {
        let house = House::open(setting, &format!("thread-{posts}-{round}")).await?;
        let root = Said::among_people(SMALL_TALK);
        house.mattermost.remember(&root);
        house.mattermost.keep_thread(&root, posts);
        Ok(Self {
            house,
            root,
            took: Vec::new(),
        })
    }

    async fn mention(&mut self, asked: Asked) -> anyhow::Result<()> {
        let mut said = Said::to_the_bot(asked);
        said.root = Some(self.root.post_id());
        let answers = self.took.len() + 1;
        self.took.push(self.house.mention(&said, answers).await?);
        Ok(())
    }

    fn cost(self) -> anyhow::Result<Cost> {
        let peak = process::peak_memory_kib(self.house.askwell.pid())?;
        Ok(Cost {
            until_asked: Samples::new(self.took),
            peak_mib: f64::from(u32::try_from(peak)?) / 1024.0,
        })
    }
}

async fn round(setting: &Setting, number: u32) -> anyhow::Result<Round> {
    let mut short = Reader::open(setting, SHORT, number).await?;
    let mut long = Reader::open(setting, LONG, number).await?;
    for asked in (0..MENTIONS).map(Asked) {
        short.mention(asked).await?;
        long.mention(asked).await?;
    }
    Ok(Round {
        short: short.cost()?,
        long: long.cost()?,
    })
}
