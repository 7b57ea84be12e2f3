//! A small furnished world for rules that no recording shows.

use std::time::Duration;

use askwell_playground::{ManualTime, Options, Playground, TimeSource};
use serde_json::Value;

use super::client::Client;

/// A team with one channel and alice and bob in it; carol has an account only.
pub(crate) struct Place {
    pub(crate) playground: Playground,
    pub(crate) time: ManualTime,
    pub(crate) alice: Client,
    pub(crate) bob: Client,
    pub(crate) admin: Client,
    pub(crate) channel_id: String,
}

impl Place {
    pub(crate) async fn furnished() -> Self {
        let time = ManualTime::default();
        let options = Options {
            time: TimeSource::Manual(time.clone()),
            ..Options::default()
        };
        let playground = Playground::start(options).await.unwrap();
        playground.create_admin("admin");
        for name in ["alice", "bob", "carol"] {
            playground.create_user(name);
        }
        playground.create_team("acme");
        playground.join_team("acme", &["alice", "bob"]);
        playground.create_channel("acme", "lobby", &["alice", "bob"]);
        let client =
            |name: &str| Client::new(&playground.url(), Some(&playground.session_of(name)));
        Self {
            alice: client("alice"),
            bob: client("bob"),
            admin: client("admin"),
            channel_id: playground.channel_id("lobby"),
            playground,
            time,
        }
    }

    /// Says so many things, each in a millisecond of its own.
    pub(crate) fn say_many(&self, count: usize) -> Vec<String> {
        (0..count)
            .map(|number| {
                self.time.advance(Duration::from_millis(1));
                self.playground
                    .say("alice", "lobby", &number.to_string(), None)
            })
            .collect()
    }

    pub(crate) async fn posts(&self, query: &str) -> Value {
        let path = format!("/api/v4/channels/{}/posts?{query}", self.channel_id);
        self.bob.get(&path).await.body
    }
}

/// The ids of a list of posts, in its order.
pub(crate) fn order(list: &Value) -> Vec<&str> {
    let order = list["order"].as_array().unwrap();
    order.iter().map(|id| id.as_str().unwrap()).collect()
}
