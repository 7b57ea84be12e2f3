//! One person: signs up, logs in, says things, and watches for what comes back.

use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::clock::real_sleep;
use crate::handle::PASSWORD;

/// How often a person looks whether something has changed.
const LOOK_EVERY: Duration = Duration::from_millis(250);

pub(super) fn text_at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A person who is logged in.
pub(super) struct Person {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// Something that was said.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) id: String,
    pub(super) text: String,
    created_at: i64,
}

impl Post {
    fn of(value: &Value) -> Self {
        Self {
            id: text_at(value, "/id").to_owned(),
            text: text_at(value, "/message").to_owned(),
            created_at: value["create_at"].as_i64().unwrap_or(0),
        }
    }
}

/// What is watched for: what the bot posts in a channel after something.
pub(super) struct Watch<'a> {
    pub(super) bot: &'a str,
    pub(super) channel: &'a str,
    pub(super) after: &'a Post,
    pub(super) quiet: Duration,
    pub(super) timeout: Duration,
}

impl Person {
    fn stranger(url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            url: url.trim_end_matches('/').to_owned(),
            token: String::new(),
        })
    }

    /// Makes an account, as nobody or as an administrator who lets people in.
    pub(super) async fn sign_up(url: &str, name: &str, by: Option<&Self>) -> anyhow::Result<()> {
        let stranger = Self::stranger(url)?;
        let account = json!({
            "username": name,
            "email": format!("{name}@example.com"),
            "password": PASSWORD,
        });
        let by = by.unwrap_or(&stranger);
        by.post("/users", &account).await.map(drop)
    }

    pub(super) async fn log_in(url: &str, name: &str, password: &str) -> anyhow::Result<Self> {
        let mut person = Self::stranger(url)?;
        let body = json!({"login_id": name, "password": password});
        let address = format!("{}/api/v4/users/login", person.url);
        let response = person.http.post(address).body(body.to_string()).send();
        let response = response.await.with_context(|| format!("reach {url}"))?;
        let token = response.headers().get("token");
        person.token = token
            .and_then(|token| token.to_str().ok())
            .with_context(|| format!("log in as {name}: {}", response.status()))?
            .to_owned();
        Ok(person)
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.http.get(format!("{}/api/v4{path}", self.url));
        self.send(request, path).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.http.post(format!("{}/api/v4{path}", self.url));
        self.send(request.body(body.to_string()), path).await
    }

    async fn send(&self, request: reqwest::RequestBuilder, path: &str) -> anyhow::Result<Value> {
        let request = if self.token.is_empty() {
            request
        } else {
            request.header("authorization", format!("Bearer {}", self.token))
        };
        let response = request.send().await;
        let response = response.with_context(|| format!("call {path}"))?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            bail!("{path} answered {status}: {text}");
        }
        Ok(serde_json::from_str(&text)?)
    }

    pub(super) async fn channel(&self, team: &str, name: &str) -> anyhow::Result<String> {
        let team = self.get(&format!("/teams/name/{team}")).await?;
        let team = text_at(&team, "/id");
        let channel = self
            .get(&format!("/teams/{team}/channels/name/{name}"))
            .await?;
        Ok(text_at(&channel, "/id").to_owned())
    }

    pub(super) async fn direct_channel(&self, other: &str) -> anyhow::Result<String> {
        let me = self.get("/users/me").await?;
        let pair = json!([me["id"], other]);
        let channel = self.post("/channels/direct", &pair).await?;
        Ok(text_at(&channel, "/id").to_owned())
    }

    pub(super) async fn say(&self, channel: &str, root: &str, text: &str) -> anyhow::Result<Post> {
        let post = json!({"channel_id": channel, "root_id": root, "message": text});
        Ok(Post::of(&self.post("/posts", &post).await?))
    }

    pub(super) async fn run(&self, team: &str, channel: &str, line: &str) -> anyhow::Result<()> {
        let team = self.get(&format!("/teams/name/{team}")).await?;
        let run = json!({"channel_id": channel, "team_id": team["id"], "command": line});
        self.post("/commands/execute", &run).await.map(drop)
    }

    /// The newest post of a channel.
    pub(super) async fn newest(&self, channel: &str) -> anyhow::Result<Post> {
        let posts = self.posts(channel).await?;
        let newest = posts.iter().max_by_key(|post| post["create_at"].as_i64());
        newest.map(Post::of).context("nothing was said there yet")
    }

    async fn posts(&self, channel: &str) -> anyhow::Result<Vec<Value>> {
        let page = self
            .get(&format!("/channels/{channel}/posts?per_page=60"))
            .await?;
        let posts = page["posts"].as_object().context("a page holds posts")?;
        Ok(posts.values().cloned().collect())
    }

    /// Waits for the bot's answer, until it no longer changes.
    pub(super) async fn watch(&self, watch: &Watch<'_>) -> anyhow::Result<String> {
        let waiting = async {
            let (mut seen, mut still) = (String::new(), Duration::ZERO);
            loop {
                let now = self.answer(watch).await?;
                if now != seen {
                    (seen, still) = (now, Duration::ZERO);
                }
                if !seen.is_empty() && still >= watch.quiet && !self.grows(watch).await? {
                    return Ok(seen);
                }
                real_sleep(LOOK_EVERY).await;
                still += LOOK_EVERY;
            }
        };
        tokio::select! {
            answer = waiting => answer,
            () = real_sleep(watch.timeout) => bail!("no answer within {} s", watch.timeout.as_secs()),
        }
    }

    /// Whether the bot still writes: then its post has a button that stops it.
    async fn grows(&self, watch: &Watch<'_>) -> anyhow::Result<bool> {
        let posts = self.answers(watch).await?;
        let buttons = posts.iter().flat_map(|post| {
            let actions = post.pointer("/props/attachments/0/actions");
            actions.and_then(Value::as_array).into_iter().flatten()
        });
        let mut names = buttons.map(|button| text_at(button, "/name"));
        Ok(names.any(|name| name.starts_with('■')))
    }

    /// What the bot has posted after something, oldest first.
    async fn answers(&self, watch: &Watch<'_>) -> anyhow::Result<Vec<Value>> {
        let mut posts = self.posts(watch.channel).await?;
        posts.retain(|post| {
            text_at(post, "/user_id") == watch.bot
                && text_at(post, "/type").is_empty()
                && post["create_at"].as_i64() > Some(watch.after.created_at)
        });
        posts.sort_by_key(|post| post["create_at"].as_i64());
        Ok(posts)
    }

    /// All of its text.
    async fn answer(&self, watch: &Watch<'_>) -> anyhow::Result<String> {
        let posts = self.answers(watch).await?;
        let texts: Vec<_> = posts.iter().map(|post| text_at(post, "/message")).collect();
        Ok(texts.join("\n"))
    }
}
