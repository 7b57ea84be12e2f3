//! How often an answer of 600 tokens is edited while it grows.

use std::time::{Duration, Instant};

use anyhow::ensure;
use askwell_playground::model::{Echo, Reply, ScriptedModel};
use askwell_playground::{CommandSpec, Options, Playground, SeenPost};

use super::Setting;
use crate::report::{Goal, Row, Section};
use crate::subject::{Setup, free_address};

/// Tokens of an answer, each a word.
const TOKENS: usize = 600;

/// Whose answers grow at the same time.
const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];

/// Where they ask.
const CHANNEL: &str = "town-square";

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
        let grown = edits(setting, rate).await?;
        let what = format!("edits of an answer of {TOKENS} tokens at {rate} a second");
        let each = |figure: fn(&Written) -> f64| grown.iter().map(figure).collect::<Vec<_>>();
        rows.push(Row::new(&what, each(|written| written.edits), goal)?);
        let naive = [naive(
            grown.first().map_or("", |written| &written.text),
            rate,
        )];
        rows.push(Row::new(
            &format!("edits by a bot that edits once a second, at {rate} a second"),
            naive.iter().map(|written| written.edits),
            Goal::None,
        )?);
        for (whose, written) in [("of it", grown.as_slice()), ("of that bot's", &naive)] {
            rows.push(Row::new(
                &format!("rows that the server writes {whose}, at {rate} a second"),
                written.iter().map(Written::rows),
                Goal::None,
            )?);
            rows.push(Row::new(
                &format!("kB of earlier texts that the server keeps {whose}, at {rate} a second"),
                written.iter().map(|written| written.kilobytes),
                Goal::None,
            )?);
        }
    }
    Ok(Section {
        title: "Edits".to_owned(),
        rows,
        notes: vec![format!(
            "{} answers at once in the playground, by its scripted model, at the shipped pace. With every edit Mattermost writes two rows: the \
             post's, and one of the whole text there was before; of its other tables nothing is counted. What the other bot writes is reckoned: it \
             creates its post with the first word and edits it each second and at the end.",
            PEOPLE.len()
        )],
    })
}

/// What an answer made the server write.
struct Written {
    /// Edits of its post, each of which keeps an earlier text.
    edits: f64,
    /// What those texts hold, in thousands of bytes.
    kilobytes: f64,
    /// The answer in the end.
    text: String,
}

impl Written {
    fn of(earlier: &[String], text: String) -> Self {
        let bytes: usize = earlier.iter().map(String::len).sum();
        let small = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        Self {
            edits: small(earlier.len()),
            kilobytes: small(bytes) / 1000.0,
            text,
        }
    }

    /// The post's own row, and with every edit that row again and one of the text before (`SqlPostStore.Update` of Mattermost).
    fn rows(&self) -> f64 {
        1.0 + 2.0 * self.edits
    }
}

/// What a bot writes that edits its post once a second with what there is, and once more at the end.
fn naive(text: &str, rate: u32) -> Written {
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    let rate = usize::try_from(rate).unwrap_or(1);
    let seconds = TOKENS.div_ceil(rate);
    let earlier = (0..seconds).map(|second| {
        let shown = (second * rate).max(1).min(words.len());
        words.get(..shown).unwrap_or_default().concat()
    });
    Written::of(&earlier.collect::<Vec<_>>(), text.to_owned())
}

async fn edits(setting: &Setting, rate: u32) -> anyhow::Result<Vec<Written>> {
    let programs = &setting.programs;
    let model = ScriptedModel::start().await;
    model.answer_otherwise(Reply::echo(Echo {
        tokens: Some(TOKENS),
        rate: Some(rate),
        first_token: Duration::from_millis(300),
    }));
    let playground = Playground::start(Options::default()).await?;
    playground.create_admin("admin");
    playground.create_team("acme");
    for person in PEOPLE {
        playground.create_user(person);
    }
    playground.join_team("acme", &PEOPLE);
    let bot = playground.create_bot("gptbot");
    playground.join_team("acme", &["gptbot"]);
    let address = free_address()?;
    let url = format!("http://{address}/mattermost-gpt");
    let command = playground.create_command("acme", &CommandSpec::new("askgpt", &url));
    let setup = Setup {
        model: model.base_url(),
        mattermost: playground.url(),
        command_token: command.token,
        bot_token: Some(bot.token),
        workers: None,
        unpaced: false,
        further: String::new(),
    };
    let directory = programs.fresh_directory(&format!("edits-{rate}"))?;
    let _askwell = programs
        .start_askwell_at(address, &directory, &setup)
        .await?;
    for person in PEOPLE {
        let seen = playground
            .run_command(person, CHANNEL, "/askgpt go on", None)
            .await;
        ensure!(seen.status == 200, "the command failed: {}", seen.body);
    }
    let takes = Duration::from_secs(1) * u32::try_from(TOKENS)? / rate;
    let posts = grown_posts(&playground, takes + PATIENCE).await?;
    let written = posts.into_iter().map(|post| {
        let history = playground.look(|view| view.history_of(&post.id));
        // The last is what stands there.
        let earlier = history.into_iter().map(|revision| revision.text);
        let earlier: Vec<String> = earlier.take(post.edits).collect();
        Written::of(&earlier, post.text)
    });
    Ok(written.collect())
}

/// Waits until every answer is complete, and a little longer.
async fn grown_posts(playground: &Playground, limit: Duration) -> anyhow::Result<Vec<SeenPost>> {
    let until = Instant::now() + limit;
    let answers = || {
        let mut posts = playground.look(|view| view.posts_seen_by(PEOPLE[0], CHANNEL));
        posts.retain(|post| post.author == "gptbot");
        posts
    };
    let is_complete = |post: &SeenPost| post.text.split_whitespace().count() >= TOKENS;
    loop {
        let complete = answers().iter().filter(|post| is_complete(post)).count();
        if complete == PEOPLE.len() {
            break;
        }
        ensure!(
            Instant::now() < until,
            "only {complete} answers became complete"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(QUIET).await;
    Ok(answers())
}
