//! What people and channels are called, as Mattermost last said it; ids are shown of those of whom it says nothing in time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

use super::Site;
use crate::domain::id::{ChannelId, UserId};
use crate::domain::time::Timestamp;
use crate::ports::{Clock, timeout};

/// How long a name is believed.
const BELIEVED: Duration = Duration::from_mins(10);

/// How long a page waits for names: it is shown without them rather than late.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Names that are kept of one kind, at most; where more come, all are asked for anew.
const MOST: usize = 10_000;

/// Channels that are asked for at once, at most: each is a call or two.
const CHANNELS_AT_ONCE: usize = 20;

/// Names, as they were last learnt.
#[derive(Default)]
pub(super) struct Names {
    people: Known<UserId>,
    channels: Known<ChannelId>,
}

/// Of each, its name, or that it has none that we may see. Never held across an await.
struct Known<K>(Mutex<HashMap<K, (Option<String>, Timestamp)>>);

impl<K> Default for Known<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone> Known<K> {
    fn unknown<'k>(&self, of: impl Iterator<Item = &'k K>, now: Timestamp) -> Vec<K>
    where
        K: 'k,
    {
        let known = self.lock();
        let mut unknown: Vec<K> = Vec::new();
        for key in of {
            let is_known = known
                .get(key)
                .is_some_and(|(_, at)| now.since(*at) < BELIEVED);
            if !is_known && !unknown.contains(key) {
                unknown.push(key.clone());
            }
        }
        unknown
    }

    fn learn(&self, names: impl IntoIterator<Item = (K, Option<String>)>, now: Timestamp) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.extend(names.into_iter().map(|(key, name)| (key, (name, now))));
    }

    fn get(&self, of: &K) -> Option<String> {
        self.lock().get(of).and_then(|(name, _)| name.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, (Option<String>, Timestamp)>> {
        // No code panics while it holds this lock, and a map is whole in any case.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Names {
    /// Asks for the names of people that are not known.
    pub(super) async fn learn_people(&self, site: &Site, people: &[UserId], clock: &dyn Clock) {
        let unknown = self.people.unknown(people.iter(), clock.now());
        if unknown.is_empty() {
            return;
        }
        let asked = timeout(clock, LONGEST_WAIT, site.mattermost.names(&unknown)).await;
        if let Ok(Ok(mut names)) = asked {
            let named = unknown.into_iter().map(|id| {
                let name = names.remove(&id);
                (id, name)
            });
            self.people.learn(named, clock.now());
        }
    }

    /// Asks for the names of channels that are not known, a few at a time.
    pub(super) async fn learn_channels(
        &self,
        site: &Site,
        channels: &[ChannelId],
        clock: &dyn Clock,
    ) {
        let mut unknown = self.channels.unknown(channels.iter(), clock.now());
        unknown.truncate(CHANNELS_AT_ONCE);
        let each = unknown.iter().map(|channel| async move {
            let asked = site.mattermost.channel_profile(channel);
            match timeout(clock, LONGEST_WAIT, asked).await {
                Ok(Ok(profile)) => {
                    let name = profile.map(|profile| profile.name);
                    Some((channel.clone(), name.filter(|name| !name.is_empty())))
                }
                Ok(Err(_)) | Err(_) => None,
            }
        });
        let found = join_all(each).await;
        self.channels
            .learn(found.into_iter().flatten(), clock.now());
    }

    /// What a person is called, or their id.
    pub(super) fn person(&self, id: &UserId) -> String {
        self.people
            .get(id)
            .map_or_else(|| id.to_string(), |name| format!("@{name}"))
    }

    /// What a channel is called, or its id.
    pub(super) fn channel(&self, id: &ChannelId) -> String {
        self.channels.get(id).unwrap_or_else(|| id.to_string())
    }
}
