//! Channels that do something otherwise, as people there said it or as it is configured; and the agents.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::Site;
use super::layout::{Frame, Place, Words, page};
use super::names::Names;
use super::router::House;
use super::shown::{Moment, Times};
use super::visitor::{Unwelcome, Visitor, failed};
use crate::domain::channel_settings::SettingName;
use crate::domain::figures::Custom;
use crate::domain::id::{ChannelId, UserId};
use crate::text::{PageSaying, PageWord, setting_word};

/// Settings of channels that are listed, at most: the last that were changed.
const MOST_LISTED: u32 = 500;

/// Characters of a value that are shown.
const SHOWN_CHARS: usize = 300;

#[derive(Template)]
#[template(path = "channels.html")]
struct Channels {
    frame: Frame,
    customs: Vec<ChannelCard>,
    agents: Vec<AgentRow>,
}

/// A channel, and what it does otherwise.
struct ChannelCard {
    id: ChannelId,
    name: String,
    settings: Vec<SettingRow>,
}

struct SettingRow {
    name: PageWord,
    value: String,
    by: String,
    at: Option<Moment>,
}

struct AgentRow {
    name: String,
    title: String,
    about: String,
    model: String,
    people: String,
    channels: String,
}

/// `/channels`
pub(super) async fn show(State(house): State<Arc<House>>, visitor: Visitor) -> Response {
    match all(&house, &visitor).await {
        Ok(channels) => page(StatusCode::OK, &channels),
        Err(unwelcome) => unwelcome.reply(visitor.language),
    }
}

async fn all(house: &House, visitor: &Visitor) -> Result<Channels, Unwelcome> {
    let (world, site) = (&house.world, &*visitor.site);
    let customs = world.store.customs(&site.server, MOST_LISTED).await;
    let customs = customs.map_err(|error| failed(&error))?;
    let people = customs
        .iter()
        .filter_map(|custom| UserId::parse(&custom.by).ok());
    let people: Vec<_> = people.collect();
    let configured = site.channels.keys();
    let of_agents = site.agents.iter().flat_map(|agent| &agent.channels);
    let said = customs.iter().map(|custom| &custom.channel);
    let channels: Vec<_> = said.chain(configured).chain(of_agents).cloned().collect();
    tokio::join!(
        house.names.learn_people(site, &people, &*world.clock),
        house.names.learn_channels(site, &channels, &*world.clock),
    );
    let frame = Frame::of(visitor, Place::Channels);
    let times = Times::of(&site.time_zone);
    Ok(Channels {
        customs: cards(site, &customs, &house.names, &times, frame.words),
        agents: agents(site, &house.names, frame.words),
        frame,
    })
}

/// Puts together what is said of each channel: by people, and then by the configuration where people say nothing.
fn cards(
    site: &Site,
    customs: &[Custom],
    names: &Names,
    times: &Times,
    words: Words,
) -> Vec<ChannelCard> {
    let mut cards: Vec<ChannelCard> = Vec::new();
    for custom in customs {
        let by =
            UserId::parse(&custom.by).map_or_else(|_| custom.by.clone(), |id| names.person(&id));
        let row = SettingRow {
            name: setting_word(custom.name),
            value: shown_value(custom.name, &custom.value, words),
            by,
            at: Some(times.moment(custom.at)),
        };
        card(&mut cards, &custom.channel, names).settings.push(row);
    }
    let mut configured: Vec<_> = site.channels.iter().collect();
    configured.sort_by_key(|(id, _)| id.as_str());
    for (id, settings) in configured {
        let said: Vec<_> = customs
            .iter()
            .filter(|custom| custom.channel == *id)
            .collect();
        for name in SettingName::ALL {
            if said.iter().any(|custom| custom.name == name) {
                continue;
            }
            let Some(setting) = settings.get(name) else {
                continue;
            };
            let row = SettingRow {
                name: setting_word(name),
                value: shown_value(name, &setting.value(), words),
                by: words.say(PageWord::TheConfiguration),
                at: None,
            };
            card(&mut cards, id, names).settings.push(row);
        }
    }
    cards
}

fn card<'c>(cards: &'c mut Vec<ChannelCard>, id: &ChannelId, names: &Names) -> &'c mut ChannelCard {
    let found = cards.iter().position(|card| card.id == *id);
    let place = found.unwrap_or_else(|| {
        cards.push(ChannelCard {
            id: id.clone(),
            name: names.channel(id),
            settings: Vec::new(),
        });
        cards.len() - 1
    });
    &mut cards[place]
}

/// A channel's own words to the model are people's: no more is shown than how many they are.
fn shown_value(name: SettingName, value: &str, words: Words) -> String {
    match name {
        SettingName::Prompt => {
            let count = value.chars().count().to_string().into();
            words.tell(&PageSaying::Characters { count })
        }
        SettingName::Model
        | SettingName::Temperature
        | SettingName::Hearing
        | SettingName::ChannelPosts
        | SettingName::TimeZone
        | SettingName::Agent => value.chars().take(SHOWN_CHARS).collect(),
    }
}

fn agents(site: &Site, names: &Names, words: Words) -> Vec<AgentRow> {
    let everybody = || words.say(PageWord::Everybody);
    let everywhere = || words.say(PageWord::Everywhere);
    let rows = site.agents.iter().map(|agent| {
        let channels: Vec<_> = agent.channels.iter().map(|id| names.channel(id)).collect();
        AgentRow {
            name: agent.name.as_str().to_owned(),
            title: agent.title.clone(),
            about: agent.about.clone(),
            model: agent.model.clone().unwrap_or_default(),
            people: match agent.people.as_slice() {
                [] => everybody(),
                people => people.join(", "),
            },
            channels: match channels.as_slice() {
                [] => everywhere(),
                channels => channels.join(", "),
            },
        }
    });
    rows.collect()
}
