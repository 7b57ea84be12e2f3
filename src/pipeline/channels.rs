//! What channels do otherwise than the installation: as people there said it, else as it is configured for them.
//!
//! Whoever administers a channel changes it, which is checked with Mattermost each time; in direct and group messages nobody administers,
//! and whoever is there may. What was said is stored, and believed for a few seconds, so that other replicas take it up soon.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::Settings;
use super::known::Known;
use super::surroundings::profile;
use super::world::World;
use crate::domain::attention::ChannelKind;
use crate::domain::channel_settings::{
    ChannelChange, ChannelRequest, ChannelSetting, ChannelSettings, SettingName,
};
use crate::domain::control::Standing;
use crate::domain::event::InboundEvent;
use crate::domain::id::{ChannelId, UserId};
use crate::markdown;
use crate::ports::{ChangedChannel, MattermostError, StoreError, timeout};
use crate::text::{
    ChannelSaying, Language, Listed, Sentence, form_of, heard, list_settings, say, say_of_channel,
};

/// How long what was said of a channel is believed before the store is asked again.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// How long the check of who may change a channel may take.
const LONGEST_CHECK: Duration = Duration::from_secs(5);

/// Characters of a channel's own words to the model that are shown.
const SHOWN_CHARS: usize = 1_000;

/// What channels do otherwise, as the store last said it.
pub(super) struct Customs(Known<ChannelId, Arc<ChannelSettings>>);

impl Default for Customs {
    fn default() -> Self {
        Self(Known::asked_every(ASK_EVERY))
    }
}

/// Returns what a channel does otherwise.
pub(super) async fn customs_of(
    world: &World,
    channel: &ChannelId,
) -> Result<Arc<ChannelSettings>, StoreError> {
    let Customs(known) = &*world.customs;
    let now = world.clock.now();
    if known.is_due(channel, now) {
        let server = world.mattermost.server();
        let said = world.store.channel_settings(server, channel).await?;
        return Ok(learn(world, channel, &said));
    }
    Ok(known.get(channel).unwrap_or_default())
}

/// Believes what was said of a channel, and returns it with what is configured for it.
fn learn(world: &World, channel: &ChannelId, said: &ChannelSettings) -> Arc<ChannelSettings> {
    let (Customs(known), settings) = (&*world.customs, &world.settings);
    let mut said = said.clone();
    // A choice that is offered no more is none.
    said.model = said
        .model
        .filter(|model| settings.model_choices.contains(model));
    said.agent = said
        .agent
        .filter(|agent| settings.agents.get(agent).is_some());
    let both = Arc::new(match settings.channels.get(channel) {
        Some(configured) => said.or(configured),
        None => said,
    });
    known.learn(channel.clone(), both.clone(), world.clock.now());
    both
}

/// Does what somebody wants of the settings of the channel that they say it in; returns what they are told.
pub(super) async fn obey(
    world: &World,
    request: &ChannelRequest,
    event: &InboundEvent,
    language: Language,
) -> Result<String, StoreError> {
    let told = |saying: &ChannelSaying<'_>| Ok(say_of_channel(language, saying));
    let (Some(place), Some(person)) = (event.origin.place(), &event.asker.id) else {
        return told(&ChannelSaying::NeedsBot);
    };
    let (channel, trigger) = (&place.channel, world.settings.command_trigger.as_str());
    let change = match request {
        ChannelRequest::Show => {
            let customs = customs_of(world, channel).await?;
            return Ok(shown(world, language, &customs));
        }
        ChannelRequest::Unreadable(name) => return told(&form_of(*name, trigger)),
        ChannelRequest::Change(change) => change,
    };
    match administers(world, channel, person).await {
        Some(true) => {}
        Some(false) => return told(&ChannelSaying::Administrators),
        None if world.settings.delivery.bot => {
            return Ok(say(language, &Sentence::ControlFailed));
        }
        None => return told(&ChannelSaying::NeedsBot),
    }
    if let Some(objection) = objection(change, &world.settings) {
        return told(&objection);
    }
    let changed = ChangedChannel {
        channel: channel.clone(),
        change: change.clone(),
        by: person.clone(),
        at: world.clock.now(),
    };
    let server = world.mattermost.server();
    let said = world.store.change_channel(server, &changed).await?;
    let customs = learn(world, channel, &said);
    tracing::info!(channel.id = %channel, person.id = %person, setting = what(change), "the settings of a channel were changed");
    let changed = say_of_channel(language, &ChannelSaying::Changed);
    Ok(format!("{changed}\n\n{}", list(world, language, &customs)))
}

/// Says what is wrong with a change that could be read.
fn objection(change: &ChannelChange, settings: &Settings) -> Option<ChannelSaying<'static>> {
    match change {
        ChannelChange::Set(ChannelSetting::Model(name)) => {
            let choices = &settings.model_choices;
            if choices.contains(name) {
                return None;
            }
            Some(match listed(choices.iter().map(String::as_str)) {
                None => ChannelSaying::NoModels,
                Some(models) => ChannelSaying::OtherModels {
                    models: models.into(),
                },
            })
        }
        ChannelChange::Set(ChannelSetting::Agent(name)) => {
            let agents = &settings.agents;
            if agents.get(name).is_some() {
                return None;
            }
            let names = agents.iter().map(|agent| agent.name.as_str());
            Some(match listed(names) {
                None => ChannelSaying::NoAgents,
                Some(agents) => ChannelSaying::OtherAgents {
                    agents: agents.into(),
                },
            })
        }
        ChannelChange::Set(ChannelSetting::TimeZone(name)) => TimeZone::get(name)
            .is_err()
            .then_some(ChannelSaying::NoTimeZone),
        ChannelChange::Set(_) | ChannelChange::Reset(_) | ChannelChange::ResetAll => None,
    }
}

/// Lists what may be chosen; `None` where there is nothing.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Says whether somebody may change a channel's settings, and see what is used in it; `None` where that cannot be known.
pub(super) async fn administers(
    world: &World,
    channel: &ChannelId,
    person: &UserId,
) -> Option<bool> {
    if !world.settings.delivery.bot {
        return None;
    }
    let asked = async {
        let (standing, profile) = tokio::join!(
            world.mattermost.standing(channel, person),
            profile(world, channel)
        );
        let is_of_few = matches!(profile.kind, Some(ChannelKind::Direct | ChannelKind::Group));
        Ok::<_, MattermostError>(match standing? {
            Standing::Admin => true,
            Standing::Member => is_of_few,
            Standing::Outsider => false,
        })
    };
    match timeout(&*world.clock, LONGEST_CHECK, asked).await {
        Ok(Ok(may)) => Some(may),
        Ok(Err(error)) => {
            tracing::warn!(call = error.call, status = error.status, kind = ?error.kind, "it could not be learnt who administers a channel");
            None
        }
        Err(_elapsed) => {
            tracing::warn!("it could not be learnt in time who administers a channel");
            None
        }
    }
}

/// The word under which a change is logged.
fn what(change: &ChannelChange) -> &'static str {
    match change {
        ChannelChange::Set(setting) => setting.name().as_str(),
        ChannelChange::Reset(name) => name.as_str(),
        ChannelChange::ResetAll => "all",
    }
}

fn shown(world: &World, language: Language, customs: &ChannelSettings) -> String {
    let heading = say_of_channel(language, &ChannelSaying::Heading);
    let trigger = world.settings.command_trigger.as_str().into();
    let how = say_of_channel(language, &ChannelSaying::How { trigger });
    format!("{heading}\n{}\n\n{how}", list(world, language, customs))
}

/// Lists the settings; what people wrote is made harmless. Of what is as everywhere it is said how that is, as far as it is known here.
fn list(world: &World, language: Language, customs: &ChannelSettings) -> String {
    let settings = &world.settings;
    let everywhere = ChannelSettings {
        hearing: settings.hearing,
        channel_posts: Some(settings.channel_posts),
        time_zone: Some(settings.time_zone.clone()),
        ..ChannelSettings::default()
    };
    let lines = SettingName::ALL.map(|name| {
        let own = customs.get(name);
        let is_own = own.is_some();
        let value = own
            .or_else(|| everywhere.get(name))
            .map(|setting| shown_value(language, &setting));
        Listed {
            name,
            value,
            is_own,
        }
    });
    list_settings(language, &lines)
}

fn shown_value(language: Language, setting: &ChannelSetting) -> String {
    match setting {
        ChannelSetting::Hearing(hearing) => say_of_channel(language, &heard(*hearing)),
        ChannelSetting::ChannelPosts(posts) => {
            let posts = posts.to_string().into();
            say_of_channel(language, &ChannelSaying::ContextPosts { posts })
        }
        ChannelSetting::Prompt(_)
        | ChannelSetting::Model(_)
        | ChannelSetting::Temperature(_)
        | ChannelSetting::Agent(_)
        | ChannelSetting::TimeZone(_) => markdown::inline(&setting.value(), SHOWN_CHARS),
    }
}
