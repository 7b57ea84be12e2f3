//! Many answers that grow at the same time: what each occupies, and how soon its end is shown.

use std::time::Duration;

use anyhow::Context as _;

use super::Setting;
use crate::load::{Asked, Said};
use crate::neighbours::{BOT_TOKEN, FakeMattermost, FakeModel, Manner};
use crate::process;
use crate::report::{Goal, Row, Section};
use crate::spread::Samples;
use crate::subject::Setup;

/// Answers at once.
const STREAMS: u32 = 500;

/// Answers before those, so that what is only needed once is there.
const WARM_UP: u32 = 20;

/// Words of an answer, and how many a second.
const WORDS: u32 = 400;
const WORDS_A_SECOND: u32 = 50;

const LIMIT: Duration = Duration::from_mins(1);

/// Between two looks at the memory.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// After the last end, so that its edit is there.
const QUIET: Duration = Duration::from_secs(2);

struct Round {
    kib_each: f64,
    lag: Samples,
    cpu_share: f64,
}

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let mut rounds = Vec::new();
    for number in 0..setting.repetitions {
        rounds.push(round(setting, number).await?);
    }
    let each = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    let rows = vec![
        Row::new(
            &format!("memory of each of {STREAMS} answers (KiB)"),
            each(|round| round.kib_each),
            Goal::AtMost {
                goal: 32.0,
                aim: 6.0,
            },
        )?,
        Row::new(
            "from an answer's end to its last edit, median (ms)",
            each(|round| round.lag.median_micros() / 1000.0),
            Goal::None,
        )?,
        Row::new(
            "from an answer's end to its last edit, p99 (ms)",
            each(|round| round.lag.p99_micros() / 1000.0),
            Goal::None,
        )?,
        Row::new(
            "share of the core that askwell took",
            each(|round| round.cpu_share),
            Goal::None,
        )?,
    ];
    Ok(Section {
        title: format!("{STREAMS} answers at once"),
        rows,
        notes: vec![format!(
            "{WORDS} words at {WORDS_A_SECOND} a second, each answer in a channel of its own; Mattermost accepts 1,000 writes a second, \
             {STREAMS} of which are the last edits, all due at about the same moment: half a second of lag is the limiter's."
        )],
    })
}

async fn round(setting: &Setting, number: u32) -> anyhow::Result<Round> {
    let mattermost = FakeMattermost::start().await?;
    let model = FakeModel::start(Manner::Steady {
        words: WORDS,
        every: Duration::from_secs(1) / WORDS_A_SECOND,
    })
    .await?;
    let setup = Setup {
        bot_token: Some(BOT_TOKEN.to_owned()),
        workers: Some(STREAMS + 12),
        ..Setup::beside(&mattermost, model.base_url())
    };
    let directory = setting
        .programs
        .fresh_directory(&format!("streams-{number}"))?;
    let askwell = setting.programs.start_askwell(&directory, &setup).await?;
    mattermost.line.connected(LIMIT).await?;
    let numbered = |numbers: std::ops::Range<u32>| {
        numbers
            .map(|number| Said::to_the_bot(Asked(u64::from(number))))
            .collect::<Vec<Said>>()
    };
    for said in numbered(STREAMS..STREAMS + WARM_UP) {
        mattermost.say(&said).await?;
    }
    model.ended.of_all(usize::try_from(WARM_UP)?, LIMIT).await?;
    tokio::time::sleep(QUIET).await;
    let asked = numbered(0..STREAMS);
    let idle = process::memory(askwell.pid())?.resident_kib;
    let cpu = process::cpu_time(askwell.pid())?;
    let begun = tokio::time::Instant::now();
    for said in &asked {
        mattermost.say(said).await?;
    }
    let mut peak = idle;
    let watching = async {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Ok(memory) = process::memory(askwell.pid()) {
                peak = peak.max(memory.resident_kib);
            }
        }
    };
    let count = usize::try_from(STREAMS + WARM_UP)?;
    tokio::select! {
        ended = model.ended.of_all(count, LIMIT) => ended.map(drop)?,
        () = watching => {}
    }
    let spent = process::cpu_time(askwell.pid())?.saturating_sub(cpu);
    let cpu_share = spent.as_secs_f64() / begun.elapsed().as_secs_f64();
    tokio::time::sleep(QUIET).await;
    let mut lags = Vec::new();
    for said in &asked {
        let ended = model.ended.of(said.asked, LIMIT).await?;
        let shown = mattermost
            .shown_under(said)
            .context("an answer is not shown")?;
        lags.push(shown.saturating_duration_since(ended));
    }
    let grown = u32::try_from(peak - idle)?;
    Ok(Round {
        kib_each: f64::from(grown) / f64::from(STREAMS),
        lag: Samples::new(lags),
        cpu_share,
    })
}
