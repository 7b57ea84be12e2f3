//! The assistants that have a name of their own.

use crate::config::fault::Fault;
use crate::config::raw::Values;
use crate::config::reference as keys;
use crate::domain::agent::{Agent, AgentName, Agents};
use crate::domain::channel_settings::Temperature;
use crate::domain::id::ChannelId;

pub(super) fn settings(values: &Values) -> Agents {
    let mut agents: Vec<Agent> = Vec::new();
    for table in values.tables(keys::AGENTS_SECTION) {
        let Some(agent) = of_one(table) else {
            continue;
        };
        if agents.iter().any(|known| known.name == agent.name) {
            table.report(&keys::AGENT_NAME, Fault::AgentTwice);
        }
        agents.push(agent);
    }
    Agents::new(agents)
}

fn of_one(table: &Values) -> Option<Agent> {
    let text = |key| table.text(key).map(str::to_owned);
    let written = table.text(&keys::AGENT_NAME);
    let Some(name) = written.and_then(AgentName::parse) else {
        table.report(&keys::AGENT_NAME, Fault::AgentName);
        return None;
    };
    let temperature = table.decimal(&keys::AGENT_TEMPERATURE);
    let people = table.texts(&keys::AGENT_PEOPLE).iter();
    Some(Agent {
        title: text(&keys::AGENT_TITLE).or_else(|| text(&keys::AGENT_NAME))?,
        name,
        about: text(&keys::AGENT_ABOUT).unwrap_or_default(),
        prompt: text(&keys::AGENT_PROMPT).unwrap_or_default(),
        model: text(&keys::AGENT_MODEL),
        temperature: temperature.and_then(|number| Temperature::parse(&number.to_string())),
        people: people
            .map(|person| person.strip_prefix('@').unwrap_or(person).to_owned())
            .collect(),
        channels: channels(table),
    })
}

fn channels(table: &Values) -> Vec<ChannelId> {
    let read = |id: &String| ChannelId::parse(id).ok();
    let written = table.texts(&keys::AGENT_CHANNELS);
    let channels: Vec<_> = written.iter().filter_map(read).collect();
    if channels.len() < written.len() {
        table.report(&keys::AGENT_CHANNELS, Fault::ChannelId);
    }
    channels
}
