//! Every request that a real Mattermost sent, sent to us.

use std::collections::HashMap;
use std::path::Path;

use askwell::domain::event::{EventKey, InboundEvent, Origin, Person, Place};
use askwell::domain::hexadecimal::hexadecimal;
use askwell::domain::id::{ChannelId, PostId, ResponseUrlId, TeamId, UserId};
use askwell::ports::Clock;
use reqwest::Method;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

use super::{Edge, server_id};

/// A request as it was recorded.
struct Request {
    what: String,
    method: Method,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    /// Reads the requests of a recorded file; ones that are the integration's own tests come along.
    fn recorded(file: &str) -> Vec<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("recorded")
            .join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let whole: Value = serde_json::from_str(&text).unwrap();
        let steps = whole["steps"].as_array().unwrap().iter();
        steps
            .filter(|step| step["to_us"].is_object())
            .map(Self::of_step)
            .collect()
    }

    fn of_step(step: &Value) -> Self {
        let sent = &step["to_us"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (_, query) = sent["path"].as_str().unwrap().split_once('?').unzip();
        let headers = sent["headers"].as_object().unwrap().iter();
        Self {
            what: text(&step["what"]),
            method: text(&sent["method"]).parse().unwrap(),
            query: query.unwrap_or_default().to_owned(),
            // The length belongs to the body before its token was replaced; the host was the recorder's.
            headers: headers
                .filter(|(name, _)| !["Content-Length", "Host"].contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
            body: text(&sent["body"]),
        }
    }

    async fn send(&self, edge: &Edge, path: &str) -> u16 {
        let url = edge.url(&format!("{path}?{}", self.query));
        let mut request = edge.http.request(self.method.clone(), url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.body(self.body.clone()).send().await.unwrap();
        response.status().as_u16()
    }

    fn fields(&self) -> HashMap<String, String> {
        if self.body.starts_with('{') {
            let object: HashMap<String, Value> = serde_json::from_str(&self.body).unwrap();
            let texts = object.into_iter();
            return texts
                .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
                .collect();
        }
        let form = format!("{}{}", self.body, self.query);
        form_urlencoded::parse(form.as_bytes())
            .into_owned()
            .collect()
    }

    fn place(&self) -> Place {
        let fields = self.fields();
        let root = fields.get("root_id").filter(|root| !root.is_empty());
        Place {
            team: Some(TeamId::parse(&fields["team_id"]).unwrap()),
            channel: ChannelId::parse(&fields["channel_id"]).unwrap(),
            channel_name: fields["channel_name"].clone(),
            thread: root.map(|root| PostId::parse(root).unwrap()),
        }
    }

    /// Returns the event as it must be understood, with everything but key, origin and text.
    fn event(&self, edge: &Edge, key: EventKey, origin: Origin, text: &str) -> InboundEvent {
        let fields = self.fields();
        InboundEvent {
            server: server_id(),
            key,
            origin,
            asker: Person {
                id: Some(UserId::parse(&fields["user_id"]).unwrap()),
                name: fields["user_name"].clone(),
            },
            address: fields
                .get("text")
                .and_then(|whole| whole.strip_suffix(text))
                .unwrap_or_default()
                .to_owned(),
            text: text.to_owned(),
            received_at: edge.clock.now(),
            is_late: false,
        }
    }
}

fn command_event(edge: &Edge, request: &Request) -> InboundEvent {
    let fields = request.fields();
    let (_, id) = fields["response_url"].rsplit_once('/').unwrap();
    let id = ResponseUrlId::parse(id).unwrap();
    let origin = Origin::Command {
        place: request.place(),
        response: Some(id.clone()),
    };
    request.event(
        edge,
        EventKey::of_response_url(&hexadecimal(&Sha256::digest(id.expose()))),
        origin,
        &fields["text"],
    )
}

fn hook_event(edge: &Edge, request: &Request) -> InboundEvent {
    let post = PostId::parse(&request.fields()["post_id"]).unwrap();
    let origin = Origin::OutgoingHook {
        place: request.place(),
        post: post.clone(),
    };
    request.event(edge, EventKey::of_post(&post), origin, "오늘 날씨 어때?")
}

#[tokio::test]
async fn every_recorded_command_is_understood() {
    let mut requests = Request::recorded("slash_command_requests.json");
    requests.extend(Request::recorded("slash_command_replies.json"));
    assert_eq!(requests.len(), 30);
    for path in ["/mattermost-gpt", "/hooks/command"] {
        let edge = Edge::start().await;
        for request in &requests {
            assert_eq!(request.send(&edge, path).await, 200, "{}", request.what);
            let expected = command_event(&edge, request);
            assert_eq!(edge.events().last(), Some(&expected), "{}", request.what);
        }
        assert_eq!(edge.events().len(), requests.len());
    }
}

#[tokio::test]
async fn every_recorded_outgoing_webhook_is_understood() {
    let requests = Request::recorded("outgoing_webhook.json");
    assert_eq!(requests.len(), 2);
    for path in ["/mattermost-gpt", "/hooks/outgoing"] {
        let edge = Edge::start().await;
        for request in &requests {
            assert_eq!(request.send(&edge, path).await, 200, "{}", request.what);
            let expected = hook_event(&edge, request);
            assert_eq!(edge.events().last(), Some(&expected), "{}", request.what);
        }
    }
}

#[tokio::test]
async fn a_recorded_command_with_its_text_is_read_to_the_letter() {
    let edge = Edge::start().await;
    let requests = Request::recorded("slash_command_requests.json");
    let texts = [
        "오늘 날씨 어때? @bob ~lobby",
        "",
        "two\nlines  ",
        "in a thread",
        "secret",
        "in a DM",
        "in a GM",
        "안녕 & more",
    ];
    for request in &requests {
        request.send(&edge, "/mattermost-gpt").await;
    }
    let events = edge.events();
    let heard: Vec<&str> = events.iter().map(|event| event.text.as_str()).collect();
    assert_eq!(heard, texts);
    let thread = events[3].origin.place().unwrap().thread.clone().unwrap();
    assert_eq!(thread.as_str(), "xyhie6i9rpr4jyedb9j53b4z6a");
}
