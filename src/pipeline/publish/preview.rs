//! Live preview: the asker sees the answer grow four times a second, the others every few seconds.
//!
//! A preview costs the server no row and nobody a notification. Where the asker is alone with the bot, nothing but the first text and the finished
//! one is written at all. A crash leaves half a text on one person's screen until the answer goes on.

use std::time::Duration;

use super::super::Settings;
use super::super::buttons;
use super::super::interruption::Interruption;
use super::super::rules::Rules;
use super::Publisher;
use crate::domain::attention::ChannelKind;
use crate::domain::control::Stage;
use crate::domain::draft::Pace;
use crate::domain::event::Origin;
use crate::domain::id::UserId;
use crate::domain::post::{Audience, Delivery, Preview};
use crate::domain::question::Question;
use crate::ports::Previewed;

/// How often a preview grows.
const EVERY: Duration = Duration::from_millis(250);

/// How often the others see an answer grow meanwhile.
const OTHERS_EVERY: Duration = Duration::from_secs(4);

/// Who is shown previews of an answer, where they can be shown at all.
pub(in crate::pipeline) fn reader<'q>(
    settings: &Settings,
    rules: &Rules,
    question: &'q Question,
) -> Option<&'q UserId> {
    if !settings.live_preview || !rules.known().previews {
        return None;
    }
    match &question.delivery {
        Delivery::Bot { .. } if question.audience == Audience::Channel => {
            question.asker.id.as_ref()
        }
        Delivery::Bot { .. }
        | Delivery::Direct { .. }
        | Delivery::Response { .. }
        | Delivery::Webhook { .. }
        | Delivery::Inline => None,
    }
}

/// Whether nobody else reads the channel.
fn is_alone(question: &Question) -> bool {
    matches!(
        question.origin,
        Origin::Post {
            kind: ChannelKind::Direct,
            ..
        }
    )
}

/// Returns the pace of an answer of which previews are shown.
pub(in crate::pipeline) fn pace(pace: Pace) -> Pace {
    Pace {
        edit_interval: EVERY,
        edit_growth_chars: 1,
        edit_growth_percent: 0,
        ..pace
    }
}

impl Publisher<'_> {
    /// Shows the asker alone how the last part has grown; says whether that is enough for now.
    pub(super) async fn try_preview(&self, texts: &[String]) -> Result<bool, Interruption> {
        let world = self.world;
        let reader = reader(&world.settings, &world.rules, &self.question);
        let last = texts.len().saturating_sub(1);
        let (Some(reader), Some(text), Some(posted)) = (reader, texts.last(), self.posts.get(last))
        else {
            return Ok(false);
        };
        let others_see_it_from = posted.shown_at.map(|at| at.after(OTHERS_EVERY));
        let is_soon = others_see_it_from.is_some_and(|from| world.clock.now() < from);
        let (Some(post), false) = (&posted.post, posted.is_fixed) else {
            return Ok(false);
        };
        if !is_soon && !is_alone(&self.question) {
            return Ok(false);
        }
        let marker = self.marker(&posted.intent);
        let has_buttons = last == 0 && world.settings.buttons;
        let stage = if has_buttons {
            Stage::Growing
        } else {
            Stage::Bare
        };
        let preview = Preview {
            props: buttons::props(world, self.language(), marker, stage).await?,
            reader: reader.clone(),
            post: post.clone(),
            channel: posted.intent.channel.clone(),
            root: posted.intent.root.clone(),
            message: text.clone(),
        };
        match world.mattermost.preview(&preview).await? {
            Previewed::Shown | Previewed::Skipped => Ok(true),
            Previewed::Forbidden => {
                world.rules.forbid_previews();
                Ok(false)
            }
        }
    }
}
