//! What comes over the WebSocket, as far as it concerns us; recorded in `recorded/websocket_*.json`.
//!
//! An event wraps the post it is about as a text of JSON within its JSON. Events that are of no use to us keep their number, because a
//! gap is seen by the numbers.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::super::wire::Post;
use crate::domain::attention::ChannelKind;
use crate::domain::chat::{ChatEvent, HeardPost, Reaction};
use crate::domain::id::{ChannelId, PostId, TeamId, UserId};

/// One frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The first event of a connection.
    Hello {
        /// The server's name of the connection.
        connection: String,
        /// The event's number.
        at: u64,
    },
    /// An event; `None` where it does not concern us.
    Event {
        /// Its number.
        at: u64,
        /// What happened.
        event: Option<ChatEvent>,
    },
    /// A reply to something we sent.
    Reply {
        /// The number of what we sent.
        to: u64,
        /// Whether it was accepted.
        is_ok: bool,
    },
    /// No JSON of a kind that we know.
    Unreadable,
}

#[derive(Deserialize)]
struct Raw {
    event: Option<String>,
    seq: Option<u64>,
    #[serde(default)]
    data: RawData,
    broadcast: Option<RawBroadcast>,
    status: Option<String>,
    seq_reply: Option<u64>,
}

/// The data of all events that we read; each has some of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawData {
    connection_id: Option<String>,
    post: Option<String>,
    reaction: Option<String>,
    channel_type: Option<String>,
    channel_name: Option<String>,
    channel_id: Option<String>,
    team_id: Option<String>,
    user_id: Option<String>,
    sender_name: Option<String>,
    user: Option<RawAccount>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawAccount {
    Account { id: String },
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct RawBroadcast {
    #[serde(default)]
    channel_id: String,
    #[serde(default)]
    user_id: String,
}

#[derive(Deserialize)]
struct RawReaction {
    user_id: String,
    post_id: String,
    emoji_name: String,
}

impl Frame {
    /// Reads a text frame.
    pub(super) fn read(text: &str) -> Self {
        let Ok(raw) = serde_json::from_str::<Raw>(text) else {
            return Self::Unreadable;
        };
        match (raw.event.as_deref(), raw.seq, raw.seq_reply) {
            (Some("hello"), Some(at), _) => match raw.data.connection_id {
                Some(connection) => Self::Hello { connection, at },
                None => Self::Unreadable,
            },
            (Some(name), Some(at), _) => Self::Event {
                at,
                event: event(name, raw.data, raw.broadcast),
            },
            (None, _, Some(to)) => Self::Reply {
                to,
                is_ok: raw.status.as_deref() == Some("OK"),
            },
            _ => Self::Unreadable,
        }
    }
}

fn event(name: &str, data: RawData, broadcast: Option<RawBroadcast>) -> Option<ChatEvent> {
    match name {
        "posted" => posted(data),
        "post_edited" => {
            let post = read_post(&data)?.into_seen()?;
            Some(ChatEvent::Edited(Box::new(post)))
        }
        "post_deleted" => {
            let (post, channel) = read_post(&data)?.place()?;
            Some(ChatEvent::Deleted { post, channel })
        }
        "reaction_added" => reaction(&data).map(ChatEvent::Reacted),
        "reaction_removed" => reaction(&data).map(ChatEvent::Unreacted),
        // To everybody in the channel it says who; only the copy to the person concerned names the channel in its data.
        "user_added" => channel_of(broadcast?.channel_id.as_str()).map(ChatEvent::Joined),
        "user_removed" => {
            let is_ours = broadcast.is_some_and(|broadcast| !broadcast.user_id.is_empty());
            let channel = data.channel_id.filter(|_| is_ours)?;
            channel_of(&channel).map(ChatEvent::Left)
        }
        "channel_deleted" => channel_of(&data.channel_id?).map(ChatEvent::Left),
        "channel_restored" => channel_of(&data.channel_id?).map(ChatEvent::Joined),
        "direct_added" | "group_added" => {
            channel_of(broadcast?.channel_id.as_str()).map(ChatEvent::Joined)
        }
        "channel_updated" => {
            channel_of(broadcast?.channel_id.as_str()).map(ChatEvent::ChannelChanged)
        }
        "channel_converted" => channel_of(&data.channel_id?).map(ChatEvent::ChannelChanged),
        "user_updated" => match data.user? {
            RawAccount::Account { id } => UserId::parse(&id).ok().map(ChatEvent::PersonChanged),
            RawAccount::Other(_) => None,
        },
        _ => None,
    }
}

fn posted(data: RawData) -> Option<ChatEvent> {
    let post = read_post(&data)?.into_seen()?;
    Some(ChatEvent::Posted(Box::new(HeardPost {
        post,
        channel_kind: channel_kind(data.channel_type.as_deref()?)?,
        channel_name: data.channel_name.unwrap_or_default(),
        team: data.team_id.and_then(|id| TeamId::parse(&id).ok()),
        writer_name: data
            .sender_name
            .map(|name| name.trim_start_matches('@').to_owned()),
    })))
}

fn reaction(data: &RawData) -> Option<Reaction> {
    let reaction: RawReaction = serde_json::from_str(data.reaction.as_deref()?).ok()?;
    Some(Reaction {
        person: UserId::parse(&reaction.user_id).ok()?,
        post: PostId::parse(&reaction.post_id).ok()?,
        emoji: reaction.emoji_name,
    })
}

fn read_post(data: &RawData) -> Option<Post> {
    serde_json::from_str(data.post.as_deref()?).ok()
}

fn channel_of(id: &str) -> Option<ChannelId> {
    ChannelId::parse(id).ok()
}

/// Reads a channel's type as Mattermost writes it; `None` for kinds of later versions, which are no chats.
pub(in super::super) fn channel_kind(word: &str) -> Option<ChannelKind> {
    match word {
        "O" => Some(ChannelKind::Open),
        "P" => Some(ChannelKind::Private),
        "D" => Some(ChannelKind::Direct),
        "G" => Some(ChannelKind::Group),
        _ => None,
    }
}

/// Writes a ping.
pub(super) fn ping(number: u64) -> String {
    #[derive(Serialize)]
    struct Action {
        action: &'static str,
        seq: u64,
    }
    let action = Action {
        action: "ping",
        seq: number,
    };
    serde_json::to_string(&action).expect("an action is two plain fields")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::domain::post::Source;

    fn recorded(file: &str) -> Vec<(String, String)> {
        let path = format!("{}/recorded/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        let steps = file["steps"].as_array().unwrap();
        steps
            .iter()
            .filter(|step| step["event"].is_object())
            .map(|step| {
                let what = step["what"].as_str().unwrap().to_owned();
                (what, step["event"].to_string())
            })
            .collect()
    }

    #[test]
    fn every_recorded_event_is_read() {
        let mut posts = 0;
        for file in ["websocket_posts.json", "websocket_connect.json"] {
            for (what, text) in recorded(file) {
                let frame = Frame::read(&text);
                assert_ne!(frame, Frame::Unreadable, "{what}");
                if let Frame::Event {
                    event: Some(ChatEvent::Posted(heard)),
                    ..
                } = frame
                {
                    posts += 1;
                    assert!(heard.writer_name.is_some(), "{what}");
                }
            }
        }
        assert!(posts > 5, "{posts} posts");
    }

    #[test]
    fn a_recorded_mention_is_read_whole() {
        let (_, text) = recorded("websocket_posts.json").remove(0);
        let Frame::Event {
            at: 1,
            event: Some(ChatEvent::Posted(heard)),
        } = Frame::read(&text)
        else {
            panic!("it is a post");
        };
        assert_eq!(heard.post.message, "@gptbot 오늘 날씨 어때?");
        assert_eq!(heard.channel_kind, ChannelKind::Open);
        assert_eq!(heard.channel_name, "lobby");
        assert_eq!(heard.writer_name.as_deref(), Some("alice"));
        assert_eq!(heard.post.source, Source::Author);
        assert!(heard.team.is_some());
    }

    #[test]
    fn recorded_reactions_are_read_when_they_come_and_when_they_go() {
        let path = format!(
            "{}/recorded/dialogs_files_reactions.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let steps = file["steps"].as_array().unwrap();
        let of = |what: &str| {
            let step = steps.iter().find(|step| step["what"] == what).unwrap();
            Frame::read(&step["events"][0].to_string())
        };
        let read = [of("the events of a reaction"), of("and of taking it back")];
        let [
            Frame::Event {
                event: Some(ChatEvent::Reacted(put)),
                ..
            },
            Frame::Event {
                event: Some(ChatEvent::Unreacted(taken)),
                ..
            },
        ] = &read
        else {
            panic!("one is put and taken: {read:?}");
        };
        assert_eq!(put, taken);
        assert_eq!(put.emoji, "octagonal_sign");
    }

    #[test]
    fn replies_are_told_from_events() {
        let pong = r#"{"status":"OK","seq_reply":2,"data":{"text":"pong"}}"#;
        assert_eq!(Frame::read(pong), Frame::Reply { to: 2, is_ok: true });
        let refused = r#"{"status":"FAIL","seq_reply":2,"error":{"id":"x"}}"#;
        assert_eq!(
            Frame::read(refused),
            Frame::Reply {
                to: 2,
                is_ok: false
            }
        );
        assert_eq!(ping(3), r#"{"action":"ping","seq":3}"#);
    }

    #[test]
    fn what_is_of_no_use_keeps_its_number_and_garbage_is_garbage() {
        let typing = r#"{"event":"typing","data":{"user_id":"x"},"broadcast":null,"seq":9}"#;
        assert_eq!(Frame::read(typing), Frame::Event { at: 9, event: None });
        for text in [
            "",
            "[]",
            "{}",
            "{\"event\":1}",
            "{\"event\":\"hello\",\"seq\":0}",
        ] {
            assert_eq!(Frame::read(text), Frame::Unreadable, "{text}");
        }
    }
}
