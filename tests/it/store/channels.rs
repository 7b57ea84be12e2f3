//! What channels do otherwise: each setting apart, each channel apart.

use askwell::domain::attention::Hearing;
use askwell::domain::channel_settings::{ChannelChange, ChannelSetting, SettingName, Temperature};
use askwell::domain::id::{ServerId, UserId};
use askwell::ports::ChangedChannel;

use super::bed::{Bed, channel, on_both, server};

on_both!(
    a_channel_does_what_was_said_of_it_last_and_others_do_not,
    what_was_taken_back_is_as_everywhere,
);

impl Bed {
    async fn change(&self, number: u32, change: ChannelChange) {
        let changed = ChangedChannel {
            channel: channel(number),
            change,
            by: UserId::parse("5y9gmg3343depb6sytofa1y1eh").unwrap(),
            at: self.now(),
        };
        let now = self.store.change_channel(&server(), &changed).await;
        let read = self
            .store
            .channel_settings(&server(), &channel(number))
            .await;
        assert_eq!(now.unwrap(), read.unwrap());
    }

    async fn value(&self, number: u32, name: SettingName) -> Option<String> {
        let settings = self
            .store
            .channel_settings(&server(), &channel(number))
            .await;
        settings.unwrap().get(name).map(|setting| setting.value())
    }
}

fn prompt(text: &str) -> ChannelChange {
    ChannelChange::Set(ChannelSetting::Prompt(text.to_owned()))
}

async fn a_channel_does_what_was_said_of_it_last_and_others_do_not(bed: Bed) {
    bed.change(1, prompt("be kind\n'; DROP TABLE questions --"))
        .await;
    bed.change(1, prompt("be brief")).await;
    let warm = Temperature::parse("0.7").unwrap();
    bed.change(1, ChannelChange::Set(ChannelSetting::Temperature(warm)))
        .await;
    bed.change(2, ChannelChange::Set(ChannelSetting::Hearing(Hearing::All)))
        .await;
    assert_eq!(
        bed.value(1, SettingName::Prompt).await.as_deref(),
        Some("be brief")
    );
    assert_eq!(
        bed.value(1, SettingName::Temperature).await.as_deref(),
        Some("0.7")
    );
    assert_eq!(bed.value(1, SettingName::Hearing).await, None);
    assert_eq!(
        bed.value(2, SettingName::Hearing).await.as_deref(),
        Some("all")
    );
    assert_eq!(bed.value(2, SettingName::Prompt).await, None);
    let elsewhere = ServerId::parse("elsewhere").unwrap();
    let settings = bed.store.channel_settings(&elsewhere, &channel(1)).await;
    assert_eq!(settings.unwrap().get(SettingName::Prompt), None);
}

async fn what_was_taken_back_is_as_everywhere(bed: Bed) {
    bed.change(1, prompt("be kind")).await;
    bed.change(1, ChannelChange::Set(ChannelSetting::ChannelPosts(7)))
        .await;
    bed.change(2, prompt("be kind")).await;
    bed.change(1, ChannelChange::Reset(SettingName::Prompt))
        .await;
    assert_eq!(bed.value(1, SettingName::Prompt).await, None);
    assert_eq!(
        bed.value(1, SettingName::ChannelPosts).await.as_deref(),
        Some("7")
    );
    bed.change(1, ChannelChange::ResetAll).await;
    assert_eq!(bed.value(1, SettingName::ChannelPosts).await, None);
    assert_eq!(
        bed.value(2, SettingName::Prompt).await.as_deref(),
        Some("be kind")
    );
}
