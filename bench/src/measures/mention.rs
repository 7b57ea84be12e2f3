//! How soon the model is asked about a mention that the bot hears.

use super::Setting;
use super::house::{House, QUIET};
use crate::load::{Asked, Disk, Said};
use crate::report::{Goal, Row, Section};
use crate::spread::Samples;

/// Mentions one after another in a round.
const MENTIONS: u64 = 100;

struct Round {
    sync: Samples,
    mention: Samples,
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
    ];
    Ok(Section {
        title: "From a mention to the model".to_owned(),
        rows,
        notes: vec![format!(
            "{MENTIONS} mentions one after another, each after an `fdatasync`; the bot's calls to Mattermost before the model is asked are part \
             of the figure."
        )],
    })
}

async fn round(setting: &Setting, number: u32) -> anyhow::Result<Round> {
    let house = House::open(setting, &format!("mention-{number}")).await?;
    let echo = setting.programs.start_echo().await?;
    let mut disk = Disk::behind(&echo).await?;
    let (mut syncs, mut mentions) = (Vec::new(), Vec::new());
    for asked in (0..MENTIONS).map(Asked) {
        syncs.push(disk.sync_once().await?);
        tokio::time::sleep(QUIET).await;
        let answers = usize::try_from(asked.0)? + 1;
        mentions.push(house.mention(&Said::to_the_bot(asked), answers).await?);
    }
    Ok(Round {
        sync: Samples::new(syncs),
        mention: Samples::new(mentions),
    })
}
