//! What the model is told before the conversation: who it is, and by whom, where and when it is asked.
//!
//! What a channel says of itself is kept in this process for a while; it is told only to whoever asks there as a member.

use std::time::Duration;

use jiff::Timestamp as Instant;
use jiff::tz::TimeZone;
use minijinja::Value;

use super::agents::agent_of;
use super::compose::templates;
use super::known::Known;
use super::world::World;
use crate::domain::channel_settings::ChannelSettings;
use crate::domain::chat::ChannelProfile;
use crate::domain::id::ChannelId;
use crate::domain::question::Question;
use crate::domain::time::Timestamp;
use crate::text::{Language, Surroundings, default_instructions};

/// How long what a channel said of itself is believed before it is asked again.
const ASK_EVERY: Duration = Duration::from_mins(10);

/// The channels' profiles, as they were last learnt; `None` for one that was not to be seen.
pub(super) struct Profiles(Known<ChannelId, Option<ChannelProfile>>);

impl Default for Profiles {
    fn default() -> Self {
        Self(Known::asked_every(ASK_EVERY))
    }
}

impl Profiles {
    /// Says that a channel may say something else of itself now.
    pub(super) fn doubt(&self, channel: &ChannelId) {
        self.0.doubt(channel);
    }
}

/// Returns what a channel says of itself. That it cannot be learnt now is no failure: what was known holds.
pub(super) async fn profile(world: &World, channel: &ChannelId) -> ChannelProfile {
    if !world.settings.delivery.bot {
        return ChannelProfile::default();
    }
    let Profiles(known) = &world.profiles;
    let now = world.clock.now();
    if known.is_due(channel, now) {
        match world.mattermost.channel_profile(channel).await {
            Ok(profile) => known.learn(channel.clone(), profile, now),
            Err(error) => {
                tracing::debug!(call = error.call, status = error.status, kind = ?error.kind, "what a channel says of itself could not be learnt; what was known holds");
                known.put_off(channel.clone(), now);
            }
        }
    }
    known.get(channel).flatten().unwrap_or_default()
}

/// Writes the instructions for a question that is asked in a channel of this profile and these settings.
pub(super) fn instructions(
    world: &World,
    question: &Question,
    profile: &ChannelProfile,
    customs: &ChannelSettings,
) -> String {
    let settings = &world.settings;
    let language = world.languages.of_asker(question);
    let zone = customs.time_zone.as_ref().unwrap_or(&settings.time_zone);
    let prompt = customs.prompt.as_deref().unwrap_or_default();
    let agent = agent_of(world, question);
    let role = agent.map(|agent| agent.prompt.as_str()).unwrap_or_default();
    let around = Surroundings {
        assistant: agent.map_or(&settings.assistant_name, |agent| &agent.title),
        asker: &question.asker.name,
        team: &profile.team,
        channel: &profile.name,
        header: &profile.header,
        purpose: &profile.purpose,
        role,
        prompt,
        date: &date_in_words(world.clock.wall(), zone, language),
        zone,
    };
    let Some(template) = &settings.instructions else {
        return default_instructions(language, &around);
    };
    match templates().render_str(template, Value::from_pairs(around.variables())) {
        // A template that leaves them out was written for all agents and channels, and they for this one.
        Ok(mut text) => {
            for own in [role, prompt] {
                if !text.contains(own) {
                    text.push_str("\n\n");
                    text.push_str(own);
                }
            }
            text
        }
        Err(error) => {
            // Checked at start; see Composer::fill.
            tracing::error!(error = %error, "the configured instructions failed; the shipped ones are used");
            default_instructions(language, &around)
        }
    }
}

/// Writes the date and time as people of the language do, in a time zone that was checked at start.
fn date_in_words(now: Timestamp, zone: &str, language: Language) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let instant = Instant::from_microsecond(now.as_micros()).unwrap_or(Instant::UNIX_EPOCH);
    let local = instant.to_zoned(zone);
    match language {
        Language::Korean => {
            let weekday = ["월", "화", "수", "목", "금", "토", "일"]
                .get(usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or_default())
                .copied()
                .unwrap_or_default();
            format!("{} ({weekday})", local.strftime("%Y년 %-m월 %-d일 %H:%M"))
        }
        Language::English => local.strftime("%A, %-d %B %Y, %H:%M").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_written_as_people_of_the_language_do() {
        // 2026-11-22T15:30:00Z is already Monday in Seoul.
        let now = Timestamp::from_micros(1_795_361_400_000_000);
        assert_eq!(
            date_in_words(now, "Asia/Seoul", Language::Korean),
            "2026년 11월 23일 00:30 (월)"
        );
        assert_eq!(
            date_in_words(now, "UTC", Language::English),
            "Sunday, 22 November 2026, 15:30"
        );
    }
}
