//! What channels do otherwise than the installation, as people said it.

use super::audit;
use super::session::Session;
use super::statement::Statement;
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::channel_settings::{
    ChannelChange, ChannelSetting, ChannelSettings, SettingName,
};
use crate::domain::id::{ChannelId, ServerId};
use crate::ports::{ChangedChannel, StoreError};

const SETTINGS: &str =
    "SELECT name, value FROM channel_settings WHERE server_id = $1 AND channel_id = $2";

/// Returns what a channel does otherwise.
pub(super) async fn settings(
    session: &mut Session,
    server: &ServerId,
    channel: &ChannelId,
) -> Result<ChannelSettings, StoreError> {
    let statement = Statement::new(SETTINGS)
        .bind(server.as_str())
        .bind(channel.as_str());
    let mut settings = ChannelSettings::default();
    for row in session.fetch(statement).await? {
        let setting = SettingName::from_stored(&row.text("name")?)
            .zip(Some(row.text("value")?))
            .and_then(|(name, value)| ChannelSetting::read(name, &value));
        settings.set(setting.ok_or(StoreError::Corrupt {
            what: "channel_settings",
        })?);
    }
    Ok(settings)
}

const SET: &str =
    "INSERT INTO channel_settings (server_id, channel_id, name, value, set_by, set_at)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (server_id, channel_id, name) DO UPDATE
     SET value = excluded.value, set_by = excluded.set_by, set_at = excluded.set_at";

const RESET: &str =
    "DELETE FROM channel_settings WHERE server_id = $1 AND channel_id = $2 AND name = $3";

const RESET_ALL: &str = "DELETE FROM channel_settings WHERE server_id = $1 AND channel_id = $2";

/// Remembers a change, writes down who made it, and returns what the channel does otherwise now.
pub(super) async fn change(
    session: &mut Session,
    server: &ServerId,
    changed: &ChangedChannel,
) -> Result<ChannelSettings, StoreError> {
    let of_the_channel = |sql| {
        Statement::new(sql)
            .bind(server.as_str())
            .bind(changed.channel.as_str())
    };
    let value;
    let statement = match &changed.change {
        ChannelChange::Set(setting) => {
            value = setting.value();
            of_the_channel(SET)
                .bind(setting.name().as_str())
                .bind(value.as_str())
                .bind(changed.by.as_str())
                .bind(changed.at)
        }
        ChannelChange::Reset(name) => of_the_channel(RESET).bind(name.as_str()),
        ChannelChange::ResetAll => of_the_channel(RESET_ALL),
    };
    session.execute(statement).await?;
    let now = settings(session, server, &changed.channel).await?;
    audit::append(session, &entry(server, changed)).await?;
    Ok(now)
}

fn entry(server: &ServerId, changed: &ChangedChannel) -> AuditEntry {
    AuditEntry {
        at: changed.at,
        server: Some(server.clone()),
        by: Actor::Person(changed.by.clone()),
        action: AuditAction::ChannelChanged,
        subject: format!("channel:{}", changed.channel),
        detail: detail(&changed.change),
    }
}

/// Says what was changed. A channel's own words to the model are people's, and stay out of the trail but for how long they are.
fn detail(change: &ChannelChange) -> String {
    match change {
        ChannelChange::Set(ChannelSetting::Prompt(text)) => {
            format!("prompt = ({} characters)", text.chars().count())
        }
        ChannelChange::Set(setting) => {
            format!("{} = {}", setting.name().as_str(), setting.value())
        }
        ChannelChange::Reset(name) => format!("{} as everywhere", name.as_str()),
        ChannelChange::ResetAll => "all as everywhere".to_owned(),
    }
}
