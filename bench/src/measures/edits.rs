//! How often an answer of 600 tokens is edited while it grows.

use std::time::Duration;

use askwell_playground::model::{Echo, Reply, ScriptedModel};

use super::Setting;
use crate::load::{Asked, Command, Connection};
use crate::neighbours::FakeMattermost;
use crate::report::{Goal, Row, Section};
use crate::subject::Setup;

/// Tokens of an answer, each a word.
const TOKENS: usize = 600;

/// Answers that grow at the same time, in channels and lanes of their own.
const ANSWERS: u64 = 3;

/// Beyond the time the model takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// After the last word, so that a further edit would be seen.
const QUIET: Duration = Duration::from_secs(2);

/// Measures.
pub(crate) async fn measure(setting: &Setting) -> anyhow::Result<Section> {
    let goal = Goal::AtMost {
        goal: 20.0,
        aim: 15.0,
    };
    let mut rows = Vec::new();
    for rate in [50, 200] {
        let what = format!("edits of an answer of {TOKENS} tokens at {rate} a second");
        rows.push(Row::new(&what, edits(setting, rate).await?, goal)?);
    }
    Ok(Section {
        title: "Edits".to_owned(),
        rows,
        notes: vec![format!(
            "{ANSWERS} answers at once, by the scripted model of the playground, at the shipped pace."
        )],
    })
}

async fn edits(setting: &Setting, rate: u32) -> anyhow::Result<Vec<f64>> {
    let programs = &setting.programs;
    let mattermost = FakeMattermost::start().await?;
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::echo(Echo {
        tokens: Some(TOKENS),
        rate: Some(rate),
        first_token: Duration::from_millis(300),
    }));
    let setup = Setup {
        model: model.base_url(),
        bot: true,
        workers: None,
        unpaced: false,
    };
    let directory = programs.fresh_directory(&format!("edits-{rate}"))?;
    let askwell = programs
        .start_askwell(&directory, &setup, &mattermost)
        .await?;
    let mut command = Command::new(askwell.address, mattermost.address);
    let mut connection = Connection::open(askwell.address).await?;
    for number in 0..ANSWERS {
        connection.ask(command.numbered(Asked(number))).await?;
    }
    let takes = Duration::from_secs(1) * u32::try_from(TOKENS)? / rate;
    let posts = usize::try_from(ANSWERS)?;
    mattermost
        .wait_for_words(posts, TOKENS, takes + PATIENCE)
        .await?;
    tokio::time::sleep(QUIET).await;
    Ok(mattermost
        .posts()
        .iter()
        .map(|post| f64::from(post.edits))
        .collect())
}
