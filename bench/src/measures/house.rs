//! A bot that hears, between a Mattermost that tells and a model that replies at once.

use std::time::{Duration, Instant};

use super::Setting;
use crate::load::Said;
use crate::neighbours::{BOT_TOKEN, FakeMattermost, FakeModel, Manner};
use crate::subject::{Setup, Subject};

/// How long anything that is waited for may take.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// After an answer, so that what askwell still writes of it does not meet the next question.
pub(super) const QUIET: Duration = Duration::from_millis(15);

/// What people say among themselves has numbers from here on, which are no question's.
pub(super) const SMALL_TALK: u64 = 2_000_000_000;

pub(super) struct House {
    pub(super) askwell: Subject,
    pub(super) mattermost: FakeMattermost,
    pub(super) model: FakeModel,
}

impl House {
    /// Starts all three; the bot listens when this returns.
    pub(super) async fn open(setting: &Setting, name: &str) -> anyhow::Result<Self> {
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

    /// Mentions the bot, and returns how long it took until the model was asked; `answers` are there afterwards.
    pub(super) async fn mention(&self, said: &Said, answers: usize) -> anyhow::Result<Duration> {
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
