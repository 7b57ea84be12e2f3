//! What is kept for how long, and what does not leave.

use std::collections::HashMap;
use std::time::Duration;

use crate::config::fault::Fault;
use crate::config::raw::Values;
use crate::config::reference::{self as keys, Key};
use crate::domain::id::ChannelId;
use crate::domain::retention::{Keep, Retention};
use crate::redaction::Patterns;

pub(super) fn settings(values: &Values) -> Retention {
    let of_kind = |days, keeps| {
        if values.switch(keeps) {
            keep(values, days)
        } else {
            Some(Keep::UntilEnded)
        }
    };
    Retention {
        texts: keep(values, &keys::RETENTION_TEXTS).unwrap_or_default(),
        direct: of_kind(&keys::RETENTION_DIRECT, &keys::RETENTION_KEEP_DIRECT),
        private: of_kind(&keys::RETENTION_PRIVATE, &keys::RETENTION_KEEP_PRIVATE),
        channels: of_channels(values),
        usage: days(values, &keys::RETENTION_USAGE).filter(|time| !time.is_zero()),
    }
}

/// Returns what is replaced before a prompt leaves.
pub(super) fn redaction(values: &Values) -> Patterns {
    let kinds = values.texts(&keys::REDACTION_PATTERNS);
    let own = values.texts(&keys::REDACTION_CUSTOM);
    if Patterns::new(kinds, &[]).is_none() {
        values.report(&keys::REDACTION_PATTERNS, Fault::Redaction);
    }
    if Patterns::new(&[], own).is_none() {
        values.report(&keys::REDACTION_CUSTOM, Fault::Redaction);
    }
    Patterns::new(kinds, own).unwrap_or_default()
}

fn days(values: &Values, key: &Key) -> Option<Duration> {
    let days = values.whole(key)?;
    let days = u32::try_from(days).unwrap_or(u32::MAX);
    Some(Duration::from_hours(24).saturating_mul(days))
}

fn keep(values: &Values, key: &Key) -> Option<Keep> {
    let time = days(values, key)?;
    Some(if time.is_zero() {
        Keep::ForEver
    } else {
        Keep::For(time)
    })
}

/// What is wrong with a channel's id is said where its other settings are read.
fn of_channels(values: &Values) -> HashMap<ChannelId, Keep> {
    let tables = values.tables(keys::CHANNEL_SECTION);
    let channels = tables.filter_map(|table| {
        let channel = ChannelId::parse(table.text(&keys::CHANNEL_ID)?).ok()?;
        let keep = if table.switch(&keys::CHANNEL_KEEP_TEXTS) {
            keep(table, &keys::CHANNEL_RETENTION_DAYS)?
        } else {
            Keep::UntilEnded
        };
        Some((channel, keep))
    });
    channels.collect()
}
