//! Gathering: what the model is told, and whether the asker may be answered there at all.
//!
//! Uses only what the asker may read: the turns of this conversation, after the asker's membership was checked wherever the bot can
//! see the channel. This is where the network is first touched for a question; admission never does.

use jiff::Timestamp as Instant;
use jiff::tz::TimeZone;
use minijinja::context;

use super::admit::conversation_in;
use super::compose::templates;
use super::hold::Hold;
use super::interruption::Interruption;
use super::thread::{said_by, turns_before, writers_before};
use super::world::World;
use crate::domain::conversation::{ConversationScope, Turn};
use crate::domain::event::{Origin, Place};
use crate::domain::job::ClaimedJob;
use crate::domain::post::{Audience, Delivery, Source};
use crate::domain::prompt::Prompt;
use crate::domain::question::{Question, Refusal};
use crate::domain::time::Timestamp;
use crate::text::{Language, default_instructions};

/// What gathering found.
pub(super) enum Gathered {
    /// What the model is asked.
    Ready(Prompt),
    /// It must not be answered there.
    Refused(Refusal),
}

/// Puts a question into its place: an outgoing webhook says neither the thread of its post nor who made it, so the post is read.
///
/// What is found is stored, so that whoever takes the question up again posts in the right thread. `None` where it is no question
/// to us.
pub(super) async fn place(
    world: &World,
    job: &ClaimedJob,
    hold: &Hold,
) -> Result<Option<Box<Question>>, Interruption> {
    let mut question = Box::new(job.question.clone());
    let Origin::OutgoingHook { place, post } = &mut question.origin else {
        return Ok(Some(question));
    };
    if !world.settings.delivery.bot {
        return Ok(Some(question));
    }
    let Some(seen) = world.mattermost.read_post(post).await? else {
        // Deleted before we came to it, and so is the question; unless the bot may not see that channel, where it is asked all the same.
        let Some(asker) = &question.asker.id else {
            return Ok(None);
        };
        let is_seen = world.mattermost.is_member(&place.channel, asker).await?;
        return Ok(is_seen.is_none().then_some(question));
    };
    // Whoever set up a hook knows its token and could send any form: what it says must be so. And whoever the bot is, it does not answer
    // itself.
    let is_as_said =
        question.asker.id.as_ref() == Some(&seen.author) && place.channel == seen.channel;
    let is_ours = world.bot.get().is_some_and(|bot| bot.id == seen.author);
    if seen.source != Source::Author || !is_as_said || is_ours {
        return Ok(None);
    }
    let Some(root) = seen.root else {
        return Ok(Some(question));
    };
    place.thread = Some(root.clone());
    if question.audience == Audience::Channel {
        question.conversation =
            conversation_in(place, question.asker.id.as_ref(), world.settings.scope);
    }
    if let Delivery::Bot {
        root: answered_in, ..
    } = &mut question.delivery
    {
        *answered_in = Some(root.clone());
    }
    world
        .store
        .place_in(hold.lease(), &root, &question.conversation)
        .await?;
    Ok(Some(question))
}

/// Gathers the prompt of a question.
pub(super) async fn gather(world: &World, question: &Question) -> Result<Gathered, Interruption> {
    if world.settings.delivery.bot && !may_read(world, question).await? {
        return Ok(Gathered::Refused(Refusal::NotAMember));
    }
    Ok(Gathered::Ready(prompt(world, question).await?))
}

async fn may_read(world: &World, question: &Question) -> Result<bool, Interruption> {
    let (Some(Place { channel, .. }), Some(asker)) = (question.origin.place(), &question.asker.id)
    else {
        return Ok(true);
    };
    // Where the bot cannot see the channel it reads nothing of it: the context is this conversation's own turns.
    Ok(world
        .mattermost
        .is_member(channel, asker)
        .await?
        .unwrap_or(true))
}

async fn prompt(world: &World, question: &Question) -> Result<Prompt, Interruption> {
    let settings = &world.settings;
    // Everybody in a thread shares its conversation, whatever is shared outside.
    let is_shared = question.audience == Audience::Channel
        && question.origin.place().is_some_and(|place| {
            place.thread.is_some() || settings.scope == ConversationScope::Channel
        });
    let name_speaker = |name: &str, text: &str| {
        if is_shared {
            said_by(name, text)
        } else {
            text.to_owned()
        }
    };
    let turns = match thread(world, question).await? {
        Some(turns) => turns,
        None => remembered(world, question, name_speaker).await?,
    };
    let asked = name_speaker(&question.asker.name, &question.text);
    let prompt = Prompt::fit(instructions(world), &turns, asked, settings.window);
    if prompt.dropped_turns > 0 {
        tracing::debug!(question.id = %question.id, dropped_turns = prompt.dropped_turns, "older turns do not fit the model's window");
    }
    Ok(prompt)
}

/// The turns of this conversation that the store remembers.
async fn remembered(
    world: &World,
    question: &Question,
    name_speaker: impl Fn(&str, &str) -> String,
) -> Result<Vec<Turn>, Interruption> {
    let settings = &world.settings;
    let history = world
        .store
        .history(&question.server, &question.conversation, settings.max_turns)
        .await?;
    let session = history.session(question.asked_at, settings.session_idle);
    Ok(session
        .iter()
        .cloned()
        .map(|turn| Turn {
            question: name_speaker(&turn.asker_name, &turn.question),
            ..turn
        })
        .collect())
}

/// What was said in the thread that the bot was called into, by whomever; `None` where it is no such thread.
///
/// It is read as it is now: what was edited or deleted since is not told in its old form.
async fn thread(world: &World, question: &Question) -> Result<Option<Vec<Turn>>, Interruption> {
    let Origin::Post { place, post, .. } = &question.origin else {
        return Ok(None);
    };
    let (Some(root), Some(bot)) = (&place.thread, world.bot.get()) else {
        return Ok(None);
    };
    if root == post {
        // It begins the thread.
        return Ok(None);
    }
    let Some(posts) = world.mattermost.thread(root).await? else {
        return Ok(None);
    };
    let writers = writers_before(&posts, post, &bot.id);
    let names = world.mattermost.names(&writers).await?;
    Ok(Some(turns_before(&posts, post, &bot.id, &names)))
}

fn instructions(world: &World) -> String {
    let settings = &world.settings;
    let zone = settings.time_zone.as_str();
    let date = date_in_words(world.clock.wall(), zone, settings.language);
    let assistant = settings.assistant_name.as_str();
    let shipped = || default_instructions(settings.language, assistant, &date, zone);
    let Some(template) = &settings.instructions else {
        return shipped();
    };
    templates()
        .render_str(template, context! { assistant, date => date.as_str(), zone })
        .unwrap_or_else(|error| {
            // Checked at start; see Composer::fill.
            tracing::error!(error = %error, "the configured instructions failed; the shipped ones are used");
            shipped()
        })
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
