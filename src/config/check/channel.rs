//! What channels do otherwise than the installation.

use std::collections::HashMap;

use super::answer::{known_time_zone, one_hearing};
use crate::config::fault::Fault;
use crate::config::nearest::nearest;
use crate::config::raw::Values;
use crate::config::reference as keys;
use crate::domain::agent::{AgentName, Agents};
use crate::domain::channel_settings::{ChannelSettings, Temperature};
use crate::domain::id::ChannelId;

pub(super) fn settings(values: &Values, agents: &Agents) -> HashMap<ChannelId, ChannelSettings> {
    let mut channels = HashMap::new();
    for table in values.tables(keys::CHANNEL_SECTION) {
        let Some(id) = table.text(&keys::CHANNEL_ID) else {
            if !table.is_written(&keys::CHANNEL_ID) {
                table.report(&keys::CHANNEL_ID, Fault::NoChannel);
            }
            continue;
        };
        let Ok(channel) = ChannelId::parse(id) else {
            table.report(&keys::CHANNEL_ID, Fault::ChannelId);
            continue;
        };
        if channels.insert(channel, of_one(table, agents)).is_some() {
            table.report(&keys::CHANNEL_ID, Fault::ChannelTwice);
        }
    }
    channels
}

fn of_one(table: &Values, agents: &Agents) -> ChannelSettings {
    let text = |key| table.text(key).map(str::to_owned);
    let temperature = table.decimal(&keys::CHANNEL_TEMPERATURE);
    ChannelSettings {
        prompt: text(&keys::CHANNEL_PROMPT),
        model: text(&keys::CHANNEL_MODEL),
        temperature: temperature.and_then(|number| Temperature::parse(&number.to_string())),
        hearing: table.text(&keys::CHANNEL_HEARS).and_then(one_hearing),
        channel_posts: table
            .whole(&keys::CHANNEL_POSTS)
            .and_then(|posts| u32::try_from(posts).ok()),
        time_zone: known_time_zone(table, &keys::CHANNEL_TIME_ZONE),
        agent: known_agent(table, agents),
    }
}

fn known_agent(table: &Values, agents: &Agents) -> Option<AgentName> {
    let written = table.text(&keys::CHANNEL_AGENT)?;
    let name = AgentName::parse(written).filter(|name| agents.get(name).is_some());
    if name.is_none() {
        let known = agents.iter().map(|agent| agent.name.as_str());
        let nearest = nearest(written, known).map(str::to_owned);
        table.report(&keys::CHANNEL_AGENT, Fault::NoSuchAgent { nearest });
    }
    name
}
