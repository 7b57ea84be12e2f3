//! Whom a question is for: as it says itself, else whoever answered last in its thread, else whom its channel has chosen.
//!
//! What was found is stored, so that whoever takes the question up again shows the same name and asks the same model.

use super::channels::customs_of;
use super::gather::may_read;
use super::hold::Hold;
use super::interruption::Interruption;
use super::world::World;
use crate::domain::agent::{Agent, AgentName};
use crate::domain::event::{InboundEvent, Origin};
use crate::domain::id::ChannelId;
use crate::domain::job::ClaimedJob;
use crate::domain::post::Audience;
use crate::domain::question::{Question, Refusal};
use crate::markdown;
use crate::ports::StoreError;
use crate::text::{AgentSaying, Language, say_of_agents};

/// Characters of a name or a description that are shown.
const SHOWN_CHARS: usize = 300;

/// Returns the agent that a question is for; `None` for the usual assistant, also where there is no such agent any more.
pub(super) fn agent_of<'w>(world: &'w World, question: &Question) -> Option<&'w Agent> {
    world.settings.agents.get(question.agent.as_ref()?)
}

/// Finds whom a question is for that does not say it; refuses one that says whom the asker may not ask. Whoever answers once more is whoever
/// did before.
pub(super) async fn choose(
    world: &World,
    job: &mut ClaimedJob,
    hold: &Hold,
) -> Result<Option<Refusal>, Interruption> {
    let ClaimedJob {
        question, again, ..
    } = job;
    let agents = &world.settings.agents;
    if agents.is_empty() {
        return Ok(None);
    }
    let channel = question.origin.place().map(|place| place.channel.clone());
    let may_ask = |agent: &Agent, question: &Question| {
        // Without a bot nobody looks whose post a webhook reports.
        let is_known =
            world.settings.delivery.bot || !matches!(question.origin, Origin::OutgoingHook { .. });
        (is_known || agent.people.is_empty())
            && agent.may_be_asked_by(&question.asker, channel.as_ref())
    };
    if let Some(agent) = agent_of(world, question) {
        if may_ask(agent, question) {
            return Ok(None);
        }
        if !may_read(world, question).await? {
            return Ok(Some(Refusal::NotAMember));
        }
        // It is not said of whom there was no answer.
        question.agent = None;
        return Ok(Some(Refusal::AgentNotForThem));
    }
    if question.agent.is_some() || again.is_some() {
        return Ok(None);
    }
    // Whom they did not name, and may not ask, does not keep them from an answer.
    if let Some(found) = unsaid(world, question).await?
        && agents
            .get(&found)
            .is_none_or(|agent| may_ask(agent, question))
    {
        world.store.give_to(hold.lease(), &found).await?;
        question.agent = Some(found);
    }
    Ok(None)
}

async fn unsaid(world: &World, question: &Question) -> Result<Option<AgentName>, StoreError> {
    let Some(place) = question.origin.place() else {
        return Ok(None);
    };
    if place.thread.is_some() && question.audience == Audience::Channel {
        let (server, conversation) = (&question.server, &question.conversation);
        let last = world.store.last_agent(server, conversation);
        if let Some(last) = last.await? {
            return Ok(Some(last));
        }
    }
    Ok(customs_of(world, &place.channel).await?.agent.clone())
}

/// Lists whom somebody may ask where they are.
pub(super) async fn list(
    world: &World,
    event: &InboundEvent,
    language: Language,
) -> Result<String, StoreError> {
    let say = |saying: &AgentSaying<'_>| say_of_agents(language, saying);
    let settings = &world.settings;
    let channel = event.origin.place().map(|place| &place.channel);
    let theirs: Vec<&Agent> = settings
        .agents
        .iter()
        .filter(|agent| agent.may_be_asked_by(&event.asker, channel))
        .collect();
    let mut lines = vec![
        say(&AgentSaying::Heading),
        say(&AgentSaying::Usual {
            assistant: settings.assistant_name.as_str().into(),
        }),
    ];
    lines.extend(theirs.iter().map(|agent| listed(agent)));
    let mut paragraphs = vec![lines.join("\n")];
    if let Some(name) = of_channel(world, channel).await? {
        let name = name.as_str().into();
        paragraphs.push(say(&AgentSaying::OfThisChannel { name }));
    }
    if let Some(first) = theirs.first() {
        paragraphs.push(say(&AgentSaying::How {
            trigger: settings.command_trigger.as_str().into(),
            name: first.name.as_str().into(),
        }));
    }
    Ok(paragraphs.join("\n\n"))
}

fn listed(agent: &Agent) -> String {
    let title = markdown::inline(&agent.title, SHOWN_CHARS);
    let mut line = format!("- **{title}** (`{}`)", agent.name.as_str());
    if !agent.about.is_empty() {
        line.push_str(": ");
        line.push_str(&markdown::inline(&agent.about, SHOWN_CHARS));
    }
    line
}

async fn of_channel(
    world: &World,
    channel: Option<&ChannelId>,
) -> Result<Option<AgentName>, StoreError> {
    match channel {
        Some(channel) => Ok(customs_of(world, channel).await?.agent.clone()),
        None => Ok(None),
    }
}
