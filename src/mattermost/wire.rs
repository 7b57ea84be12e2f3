//! The JSON of Mattermost's REST API and webhooks, as far as we write and read it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::actions::Attachment;
use crate::domain::chat::ServerRules;
use crate::domain::id::{ChannelId, FileId, PostId, QuestionId, UserId};
use crate::domain::post::{Marker, NewPost, PostProps, Preview, SeenPost, Source};

/// The one key of ours among a post's props.
const MARKER_PROP: &str = "askwell";

/// A post as we create it.
#[derive(Debug, Serialize)]
pub(super) struct CreatePost<'a> {
    channel_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_id: Option<&'a str>,
    message: &'a str,
    /// An opaque text for Mattermost, whose own clients send `user:milliseconds`; ours is 32 hexadecimal digits.
    pending_post_id: String,
    props: PropsOut<'a>,
}

/// All that we put beside a post's text: nothing of a model's is among it.
#[derive(Debug, Serialize)]
pub(super) struct PropsOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    askwell: Option<MarkerProp>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    unsafe_links: &'static str,
}

impl<'a> PropsOut<'a> {
    /// Writes props, whose buttons report to `url`; without one there are none.
    pub(super) fn of(props: &'a PostProps, url: Option<&'a Url>) -> Self {
        let PostProps { marker, buttons } = props;
        let url = url.filter(|_| !buttons.is_empty());
        Self {
            askwell: marker.map(|marker| MarkerProp {
                question: marker.question.to_string(),
                generation: marker.generation,
                part: marker.part,
            }),
            attachments: url
                .map(|url| Attachment::of(buttons, url))
                .into_iter()
                .collect(),
            unsafe_links: InertProps::ON.unsafe_links,
        }
    }
}

#[derive(Debug, Serialize)]
struct MarkerProp {
    question: String,
    generation: u32,
    part: u32,
}

/// What of `GET /config/client` matters to us. Every value is a text; recorded in `recorded/rest.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ClientConfig {
    max_post_size: String,
    #[serde(default)]
    enable_latex: String,
}

impl ClientConfig {
    /// Takes the rules out of it, for an account that may or may not show previews.
    pub(super) fn rules(&self, previews: bool) -> Option<ServerRules> {
        Some(ServerRules {
            previews,
            post_runes: self.max_post_size.parse().ok()?,
            latex: self.enable_latex == "true",
        })
    }
}

/// Props of every post with a model's words: the server fetches no preview, clients load no image. It must be a string.
#[derive(Debug, Serialize)]
pub(super) struct InertProps {
    unsafe_links: &'static str,
}

impl InertProps {
    pub(super) const ON: Self = Self {
        unsafe_links: "true",
    };
}

impl<'a> CreatePost<'a> {
    /// Writes a new post, whose buttons report to `actions`.
    pub(super) fn of(post: &'a NewPost, actions: Option<&'a Url>) -> Self {
        Self {
            channel_id: post.channel.as_str(),
            root_id: post.root.as_ref().map(PostId::as_str),
            message: &post.message,
            pending_post_id: format!("{:032x}", post.pending),
            props: PropsOut::of(&post.props, actions),
        }
    }
}

/// An edit of a post: what is not sent stays as it is.
#[derive(Debug, Serialize)]
pub(super) struct PatchPost<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) props: Option<PropsOut<'a>>,
}

/// A post that one person sees, in the place of the post whose id it has.
#[derive(Debug, Serialize)]
pub(super) struct EphemeralPost<'a> {
    user_id: &'a str,
    post: PreviewPost<'a>,
}

#[derive(Debug, Serialize)]
struct PreviewPost<'a> {
    id: &'a str,
    channel_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_id: Option<&'a str>,
    message: &'a str,
    update_at: i64,
    props: PropsOut<'a>,
}

impl<'a> EphemeralPost<'a> {
    pub(super) fn of(preview: &'a Preview, update_at: i64, actions: Option<&'a Url>) -> Self {
        Self {
            user_id: preview.reader.as_str(),
            post: PreviewPost {
                id: preview.post.as_str(),
                channel_id: preview.channel.as_str(),
                root_id: preview.root.as_ref().map(PostId::as_str),
                message: &preview.message,
                update_at,
                props: PropsOut::of(&preview.props, actions),
            },
        }
    }
}

/// Other files of a post; what it has and is not listed goes.
#[derive(Debug, Serialize)]
pub(super) struct PatchFiles<'a> {
    pub(super) file_ids: &'a [String],
}

/// What a file is.
#[derive(Debug, Deserialize)]
pub(super) struct FileInfo {
    pub(super) name: String,
    #[serde(default)]
    pub(super) size: u64,
}

/// What is said of an uploaded file.
#[derive(Debug, Deserialize)]
pub(super) struct Uploaded {
    file_infos: Vec<Identified>,
}

impl Uploaded {
    /// Returns the file's id, where it is one: they have the form of all of Mattermost's.
    pub(super) fn id(self) -> Option<String> {
        let info = self.file_infos.into_iter().next()?;
        PostId::parse(&info.id).is_ok().then_some(info.id)
    }
}

/// Typing, in a channel or, by the root post, in a thread.
#[derive(Debug, Serialize)]
pub(super) struct Typing<'a> {
    pub(super) channel_id: &'a str,
    pub(super) parent_id: &'a str,
}

/// A finished text sent by a `response_url`; further ones ride along in `extra_responses`, which must hold no `null`.
#[derive(Debug, Serialize)]
pub(super) struct CommandResponse<'a> {
    pub(super) response_type: &'static str,
    pub(super) text: &'a str,
    pub(super) skip_slack_parsing: bool,
    pub(super) props: InertProps,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) extra_responses: Vec<CommandResponse<'a>>,
}

/// A finished text sent by the incoming webhook.
#[derive(Debug, Serialize)]
pub(super) struct WebhookPost<'a> {
    pub(super) text: &'a str,
    pub(super) channel: &'a str,
    pub(super) props: InertProps,
}

/// A post as we read it; what we do not use is ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Post {
    id: String,
    user_id: String,
    channel_id: String,
    root_id: String,
    message: String,
    create_at: i64,
    update_at: i64,
    delete_at: i64,
    #[serde(rename = "type")]
    kind: String,
    props: Option<Map<String, Value>>,
    file_ids: Option<Vec<String>>,
}

impl Post {
    /// Returns the id, where it is one.
    pub(super) fn id(&self) -> Option<PostId> {
        PostId::parse(&self.id).ok()
    }

    /// Returns when it was changed last, in milliseconds by the server's clock.
    pub(super) fn updated_at_ms(&self) -> i64 {
        self.update_at
    }

    /// Returns the post's id and its channel, also where it was deleted.
    pub(super) fn place(&self) -> Option<(PostId, ChannelId)> {
        Some((self.id()?, ChannelId::parse(&self.channel_id).ok()?))
    }

    /// Takes the post as it is seen; `None` where it was deleted or is no post of this server's.
    pub(super) fn into_seen(self) -> Option<SeenPost> {
        if self.delete_at != 0 {
            return None;
        }
        let props = self.props.unwrap_or_default();
        Some(SeenPost {
            id: PostId::parse(&self.id).ok()?,
            author: UserId::parse(&self.user_id).ok()?,
            channel: ChannelId::parse(&self.channel_id).ok()?,
            root: PostId::parse(&self.root_id).ok(),
            marker: marker(&props),
            source: source(&self.kind, &props),
            message: self.message,
            files: self
                .file_ids
                .unwrap_or_default()
                .iter()
                .filter_map(|id| FileId::parse(id).ok())
                .collect(),
            created_at_ms: self.create_at,
        })
    }
}

fn source(kind: &str, props: &Map<String, Value>) -> Source {
    // A message with attachments has a type of its own.
    if !matches!(kind, "" | "slack_attachment") {
        Source::System
    } else if is_set(props, "from_webhook") {
        Source::Webhook
    } else if is_set(props, "from_bot") {
        Source::Bot
    } else if is_set(props, "from_oauth_app") || is_set(props, "from_plugin") {
        Source::App
    } else {
        Source::Author
    }
}

/// Reads our marker. Anybody can write one, so it identifies only posts whose author is the bot.
fn marker(props: &Map<String, Value>) -> Option<Marker> {
    let prop = props.get(MARKER_PROP)?;
    let number = |name: &str| u32::try_from(prop.get(name)?.as_u64()?).ok();
    Some(Marker {
        question: QuestionId::parse(prop.get("question")?.as_str()?).ok()?,
        generation: number("generation")?,
        part: number("part")?,
    })
}

fn is_set(props: &Map<String, Value>, name: &str) -> bool {
    match props.get(name) {
        Some(Value::String(text)) => text == "true",
        Some(Value::Bool(set)) => *set,
        _ => false,
    }
}

/// A page of posts, newest first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PostList {
    order: Option<Vec<String>>,
    posts: Option<HashMap<String, Post>>,
}

impl PostList {
    /// Returns how many posts the page lists.
    pub(super) fn len(&self) -> usize {
        self.order.as_ref().map_or(0, Vec::len)
    }

    /// Returns the newest post's id.
    pub(super) fn newest(&self) -> Option<PostId> {
        PostId::parse(self.order.as_ref()?.first()?).ok()
    }

    /// Takes the listed posts as they are seen; others in the page (thread roots that came along) are left out.
    pub(super) fn into_seen(self) -> Vec<SeenPost> {
        let mut posts = self.posts.unwrap_or_default();
        self.order
            .unwrap_or_default()
            .iter()
            .filter_map(|id| posts.remove(id)?.into_seen())
            .collect()
    }
}

/// An account, as far as we read it.
#[derive(Debug, Deserialize)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) username: String,
    /// Names of its roles, separated by spaces.
    #[serde(default)]
    pub(super) roles: String,
    /// Its language, as `ko` or `en-AU`; empty where it has none.
    #[serde(default)]
    pub(super) locale: String,
    /// When it was deactivated; 0 where it is not.
    #[serde(default)]
    pub(super) delete_at: i64,
}

impl Account {
    /// Whether it has one of the roles by which a bot gets `create_post_ephemeral`: the one that administrators have, or the built-in one that
    /// nobody has unless an administrator gives both.
    pub(super) fn may_preview(&self) -> bool {
        self.roles
            .split(' ')
            .any(|role| matches!(role, "system_post_all" | "system_admin"))
    }
}

/// A member of a channel, as far as we read it.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    /// Names of roles, with spaces between.
    #[serde(default)]
    pub(super) roles: String,
    #[serde(default)]
    pub(super) scheme_admin: bool,
}

/// A channel, as far as we read it.
#[derive(Debug, Deserialize)]
pub(super) struct Channel {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) display_name: String,
    #[serde(default)]
    pub(super) header: String,
    #[serde(default)]
    pub(super) purpose: String,
    #[serde(default)]
    pub(super) team_id: String,
    #[serde(default)]
    pub(super) last_post_at: i64,
    #[serde(default)]
    pub(super) delete_at: i64,
}

/// A team, as far as we read it.
#[derive(Debug, Deserialize)]
pub(super) struct Team {
    /// In URLs.
    #[serde(default)]
    pub(super) name: String,
    pub(super) display_name: String,
}

/// A reaction as we put it.
#[derive(Debug, Serialize)]
pub(super) struct Reaction<'a> {
    pub(super) user_id: &'a str,
    pub(super) post_id: &'a str,
    pub(super) emoji_name: &'a str,
}

/// Anything that has an id: a user, a channel.
#[derive(Debug, Deserialize)]
pub(super) struct Identified {
    pub(super) id: String,
}

/// Reads the id of an error of Mattermost's own; `None` where the body is something else.
pub(super) fn error_id(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct AppError {
        id: String,
        #[serde(rename = "message")]
        _message: String,
    }
    let error: AppError = serde_json::from_slice(body).ok()?;
    Some(error.id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn new_post(root: Option<&str>) -> NewPost {
        NewPost {
            channel: ChannelId::parse("5y9gmg3343depb6sytofa1y1eh").unwrap(),
            root: root.map(|id| PostId::parse(id).unwrap()),
            message: "생각 중…".to_owned(),
            props: PostProps {
                marker: Some(Marker {
                    question: QuestionId::from_bits(3),
                    generation: 1,
                    part: 2,
                }),
                buttons: Vec::new(),
            },
            pending: 0xabc,
        }
    }

    #[test]
    fn a_post_is_created_with_its_marker_and_without_previews() {
        let written = serde_json::to_value(CreatePost::of(&new_post(None), None)).unwrap();
        let expected = json!({
            "channel_id": "5y9gmg3343depb6sytofa1y1eh",
            "message": "생각 중…",
            "pending_post_id": "00000000000000000000000000000abc",
            "props": {
                "askwell": {"question": "00000000000000000000000000000003", "generation": 1, "part": 2},
                "unsafe_links": "true",
            },
        });
        assert_eq!(written, expected);
    }

    #[test]
    fn a_marker_survives_being_written_and_read() {
        let root = "xyhie6i9rpr4jyedb9j53b4z6a";
        let new = new_post(Some(root));
        let mut post = serde_json::to_value(CreatePost::of(&new, None)).unwrap();
        post["id"] = json!("cyi3e1qg4tbwfyu1i56pnrempo");
        post["user_id"] = json!("ejwg1yf16384ipb445sj7mh98r");
        let seen = serde_json::from_value::<Post>(post)
            .unwrap()
            .into_seen()
            .unwrap();
        assert_eq!(seen.marker, new.props.marker);
        assert_eq!(seen.root.unwrap().as_str(), root);
    }

    #[test]
    fn who_wrote_a_post_is_read_from_its_type_and_its_props() {
        for (kind, prop, expected) in [
            ("", "", Source::Author),
            ("slack_attachment", "", Source::Author),
            ("", "from_webhook", Source::Webhook),
            ("", "from_bot", Source::Bot),
            ("slack_attachment", "from_bot", Source::Bot),
            ("", "from_plugin", Source::App),
            ("system_join_channel", "", Source::System),
            ("custom_calls", "", Source::System),
            ("burn_on_read", "", Source::System),
        ] {
            let props = Map::from_iter([(prop.to_owned(), json!("true"))]);
            assert_eq!(source(kind, &props), expected, "{kind} {prop}");
        }
    }

    #[test]
    fn somebody_elses_props_are_no_marker() {
        for prop in [
            json!(null),
            json!("x"),
            json!({"question": "q3"}),
            json!({"question": "00000000000000000000000000000003", "generation": -1, "part": 0}),
        ] {
            let props = Map::from_iter([(MARKER_PROP.to_owned(), prop)]);
            assert_eq!(marker(&props), None, "{props:?}");
        }
    }

    #[test]
    fn one_response_sends_no_list_of_further_ones() {
        let response = CommandResponse {
            response_type: "in_channel",
            text: "x",
            skip_slack_parsing: true,
            props: InertProps::ON,
            extra_responses: Vec::new(),
        };
        let expected = json!({
            "response_type": "in_channel", "text": "x", "skip_slack_parsing": true, "props": {"unsafe_links": "true"},
        });
        assert_eq!(serde_json::to_value(response).unwrap(), expected);
    }

    #[test]
    fn an_empty_channel_lists_nothing() {
        let list: PostList = serde_json::from_str(r#"{"order":null,"posts":null}"#).unwrap();
        assert_eq!((list.len(), list.newest()), (0, None));
        assert!(list.into_seen().is_empty());
    }
}
