//! How far each channel was heard, and from where to read back; pure.

use std::collections::HashMap;

use crate::domain::chat::Cursor;
use crate::domain::id::{ChannelId, PostId};
use crate::domain::post::SeenPost;

/// How far before a cursor reading back begins, in milliseconds: a post can become visible after one with a later time, and a replica of
/// the database lags behind.
pub(super) const OVERLAP_MS: i64 = 60_000;

/// What was missed in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// The post to read on from, where one old enough is known.
    pub(super) anchor: Option<PostId>,
    /// The time from which to read.
    pub(super) since_ms: i64,
    /// The cursor: what is not later may have been taken before.
    pub(super) heard_at_ms: i64,
}

/// The cursors of all channels.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    tracks: HashMap<ChannelId, Track>,
    newest_ms: i64,
}

#[derive(Debug)]
struct Track {
    heard_at_ms: i64,
    /// Old enough to read on from.
    anchor: Option<PostId>,
    /// The next anchor, once it is old enough, and when it was made.
    candidate: Option<(PostId, i64)>,
    has_moved: bool,
}

impl Cursors {
    /// Takes up the cursors that were remembered.
    pub(super) fn begin(remembered: Vec<Cursor>) -> Self {
        let times = remembered.iter().map(|cursor| cursor.heard_at_ms);
        let newest_ms = times.max().unwrap_or_default();
        let tracks = remembered.into_iter().map(|cursor| {
            let track = Track {
                heard_at_ms: cursor.heard_at_ms,
                anchor: cursor.anchor,
                candidate: None,
                has_moved: false,
            };
            (cursor.channel, track)
        });
        Self {
            tracks: tracks.collect(),
            newest_ms,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    pub(super) fn knows(&self, channel: &ChannelId) -> bool {
        self.tracks.contains_key(channel)
    }

    /// The time up to which anything was heard at all.
    pub(super) fn newest_ms(&self) -> i64 {
        self.newest_ms
    }

    /// Begins to hear a channel, from a time on.
    pub(super) fn join(&mut self, channel: ChannelId, heard_at_ms: i64) {
        self.newest_ms = self.newest_ms.max(heard_at_ms);
        self.tracks.entry(channel).or_insert(Track {
            heard_at_ms,
            anchor: None,
            candidate: None,
            has_moved: true,
        });
    }

    /// Hears a channel no longer.
    pub(super) fn leave(&mut self, channel: &ChannelId) {
        self.tracks.remove(channel);
    }

    /// Says what may have been missed in a channel whose newest post is of this time; `None` where nothing can have been.
    pub(super) fn gap(&self, channel: &ChannelId, last_post_at_ms: i64) -> Option<Gap> {
        let track = self.tracks.get(channel)?;
        let has_newer = last_post_at_ms > track.heard_at_ms;
        // What is missing can also be as old as the newest post that was taken, or have become visible after it.
        let is_lively = self.newest_ms.saturating_sub(track.heard_at_ms) < OVERLAP_MS;
        (has_newer || is_lively).then(|| Gap {
            anchor: track.anchor.clone(),
            since_ms: track.heard_at_ms.saturating_sub(OVERLAP_MS),
            heard_at_ms: track.heard_at_ms,
        })
    }

    /// Moves a channel's cursor past a post that was taken.
    pub(super) fn take(&mut self, post: &SeenPost) {
        let made_at = post.created_at_ms;
        self.newest_ms = self.newest_ms.max(made_at);
        let track = self.tracks.entry(post.channel.clone()).or_insert(Track {
            heard_at_ms: made_at,
            anchor: None,
            candidate: None,
            has_moved: true,
        });
        track.has_moved = true;
        track.heard_at_ms = track.heard_at_ms.max(made_at);
        match &track.candidate {
            Some((candidate, at)) if made_at.saturating_sub(*at) >= OVERLAP_MS => {
                track.anchor = Some(candidate.clone());
                track.candidate = Some((post.id.clone(), made_at));
            }
            Some(_) => {}
            None => track.candidate = Some((post.id.clone(), made_at)),
        }
    }

    pub(super) fn have_moved(&self) -> bool {
        self.tracks.values().any(|track| track.has_moved)
    }

    /// Returns the cursors that have moved since they were last remembered.
    pub(super) fn moved(&self) -> Vec<Cursor> {
        let moved = self.tracks.iter().filter(|(_, track)| track.has_moved);
        moved
            .map(|(channel, track)| Cursor {
                channel: channel.clone(),
                heard_at_ms: track.heard_at_ms,
                anchor: track.anchor.clone(),
            })
            .collect()
    }

    pub(super) fn remembered(&mut self) {
        for track in self.tracks.values_mut() {
            track.has_moved = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::UserId;
    use crate::domain::post::Source;

    fn channel() -> ChannelId {
        ChannelId::parse(&format!("c{:025}", 1)).unwrap()
    }

    fn id(number: i64) -> PostId {
        PostId::parse(&format!("p{number:025}")).unwrap()
    }

    /// A post that is named by when it was made.
    fn post(created_at_ms: i64) -> SeenPost {
        SeenPost {
            id: id(created_at_ms),
            author: UserId::parse(&format!("u{:025}", 1)).unwrap(),
            channel: channel(),
            root: None,
            message: String::new(),
            marker: None,
            source: Source::Author,
            files: Vec::new(),
            created_at_ms,
        }
    }

    #[test]
    fn reading_back_begins_at_a_post_older_than_the_overlap() {
        let mut cursors = Cursors::default();
        for at in [1_000, 30_000, 61_000, 100_000] {
            cursors.take(&post(at));
        }
        let gap = Gap {
            anchor: Some(id(1_000)),
            since_ms: 40_000,
            heard_at_ms: 100_000,
        };
        assert_eq!(cursors.gap(&channel(), 100_001), Some(gap));
    }

    #[test]
    fn where_something_was_said_just_now_a_post_of_the_same_moment_may_have_been_missed() {
        let mut cursors = Cursors::default();
        cursors.take(&post(100_000));
        let elsewhere = ChannelId::parse(&format!("c{:025}", 2)).unwrap();
        cursors.join(elsewhere.clone(), 100_000 + OVERLAP_MS - 1);
        assert!(cursors.gap(&channel(), 100_000).is_some());
        cursors.leave(&elsewhere);
        cursors.join(elsewhere, 100_000 + OVERLAP_MS);
        assert_eq!(cursors.gap(&channel(), 100_000), None);
    }

    #[test]
    fn without_an_old_post_reading_back_begins_at_a_time() {
        let mut cursors = Cursors::default();
        cursors.take(&post(90_000));
        let gap = cursors.gap(&channel(), 90_001).unwrap();
        assert_eq!((gap.anchor, gap.since_ms), (None, 30_000));
    }

    #[test]
    fn only_what_has_moved_is_remembered_and_it_is_taken_up_again() {
        let mut cursors = Cursors::default();
        cursors.join(channel(), 5);
        assert_eq!(cursors.moved().len(), 1);
        let mut again = Cursors::begin(cursors.moved());
        assert!(again.moved().is_empty() && again.knows(&channel()));
        again.take(&post(7));
        assert_eq!(again.moved()[0].heard_at_ms, 7);
        again.remembered();
        assert!(!again.have_moved());
    }

    #[test]
    fn an_older_post_moves_no_cursor_back() {
        let mut cursors = Cursors::default();
        cursors.take(&post(10));
        cursors.take(&post(5));
        assert_eq!(cursors.newest_ms(), 10);
    }
}
