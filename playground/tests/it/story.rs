//! A question from the slash command to the posts that people see, with every way of failing that a test may ask for.

use std::time::Duration;

use crate::support::client::{Client, Heard, Listener};
use crate::support::integration::{Integration, Told};
use askwell_playground::{
    BotAccount, CommandSpec, Demo, Fault, Gate, HookFormat, ManualTime, Options, PASSWORD,
    Playground, Question, TimeSource, ask, route,
};
use serde_json::json;

struct Story {
    playground: Playground,
    integration: Integration,
    bot: BotAccount,
    time: ManualTime,
}

impl Story {
    async fn begin() -> Self {
        let time = ManualTime::default();
        let options = Options {
            time: TimeSource::Manual(time.clone()),
            ..Options::default()
        };
        let playground = Playground::start(options).await.unwrap();
        let integration = Integration::start().await;
        playground.create_admin("admin");
        playground.create_user("alice");
        playground.create_user("bob");
        let bot = playground.create_bot("gptbot");
        playground.create_team("acme");
        playground.join_team("acme", &["alice", "bob", "gptbot"]);
        playground.create_channel("acme", "lobby", &["admin", "alice", "bob", "gptbot"]);
        playground.create_command("acme", &CommandSpec::new("askgpt", &integration.url));
        Self {
            playground,
            integration,
            bot,
            time,
        }
    }

    fn bot_client(&self) -> Client {
        Client::new(&self.playground.url(), Some(&self.bot.token))
    }

    fn lobby(&self) -> String {
        self.playground.channel_id("lobby")
    }
}

#[tokio::test]
async fn an_answer_grows_and_its_every_text_is_kept() {
    let story = Story::begin().await;
    let seen = story
        .playground
        .run_command("alice", "lobby", "/askgpt 안녕", None)
        .await;
    assert_eq!(seen.status, 200);
    let bot = story.bot_client();
    let create = json!({"channel_id": story.lobby(), "message": "생각", "pending_post_id": "p"});
    let post = bot.post("/api/v4/posts", create).await;
    let id = post.body["id"].as_str().unwrap().to_owned();
    for text in ["생각 중", "생각 중이에요"] {
        story.time.advance(Duration::from_secs(1));
        bot.put(
            &format!("/api/v4/posts/{id}/patch"),
            json!({"message": text}),
        )
        .await;
    }
    story
        .playground
        .wait_until("the last text", |view| {
            view.posts_seen_by("bob", "lobby")
                .last()
                .is_some_and(|post| post.text == "생각 중이에요" && post.edits == 2)
        })
        .await;
    let history = story.playground.look(|view| view.history_of(&id));
    let texts: Vec<&str> = history
        .iter()
        .map(|revision| revision.text.as_str())
        .collect();
    assert_eq!(texts, ["생각", "생각 중", "생각 중이에요"]);
    assert_eq!(history[1].at - history[0].at, 1000);
    assert_eq!(
        story
            .playground
            .look(|view| view.requests(route::PATCH_POST)),
        2
    );
}

#[tokio::test]
async fn an_ephemeral_answer_is_seen_by_one_person_only() {
    let story = Story::begin().await;
    story
        .integration
        .tell(Told::json(r#"{"text": "only you"}"#));
    story
        .playground
        .run_command("alice", "lobby", "/askgpt x", None)
        .await;
    let seen = |user: &str| {
        story
            .playground
            .look(|view| view.posts_seen_by(user, "lobby"))
    };
    assert!(
        seen("alice")
            .iter()
            .any(|post| post.is_ephemeral && post.text == "only you")
    );
    assert!(seen("bob").is_empty());
}

#[tokio::test]
async fn a_response_url_ends_after_thirty_minutes() {
    let story = Story::begin().await;
    story
        .playground
        .run_command("alice", "lobby", "/askgpt x", None)
        .await;
    let sent = story.integration.last();
    let url = url::form_urlencoded::parse(sent.body.as_bytes())
        .find(|(name, _)| name == "response_url")
        .map(|(_, url)| url.into_owned())
        .unwrap();
    let nobody = Client::new("", None);
    let body = json!({"response_type": "in_channel", "text": "late"});
    story
        .time
        .advance(Duration::from_millis(30 * 60 * 1000 - 1));
    assert_eq!(nobody.post(&url, body.clone()).await.status, 200);
    story.time.advance(Duration::from_millis(1));
    let refused = nobody.post(&url, body).await;
    assert_eq!(refused.status, 404);
    assert_eq!(refused.body["id"], "web.command_webhook.general.app_error");
}

#[tokio::test]
async fn a_dropped_create_may_have_happened() {
    let story = Story::begin().await;
    let bot = story.bot_client();
    let create = json!({"channel_id": story.lobby(), "message": "x", "pending_post_id": "once"});
    story
        .playground
        .faults()
        .next(route::CREATE_POST, 1, Fault::DropAfter);
    assert!(
        bot.try_call("POST", "/api/v4/posts", Some(&create))
            .await
            .is_err()
    );
    assert_eq!(bot.post("/api/v4/posts", create.clone()).await.status, 201);
    assert_eq!(
        story
            .playground
            .look(|view| view.posts_seen_by("bob", "lobby").len()),
        1
    );
    story.time.advance(Duration::from_secs(31));
    bot.post("/api/v4/posts", create).await;
    assert_eq!(
        story
            .playground
            .look(|view| view.posts_seen_by("bob", "lobby").len()),
        2
    );
}

#[tokio::test]
async fn a_create_under_way_is_answered_as_pending() {
    let story = Story::begin().await;
    let bot = story.bot_client();
    let create = json!({"channel_id": story.lobby(), "message": "x", "pending_post_id": "slow"});
    let gate = Gate::new();
    story
        .playground
        .faults()
        .next(route::CREATE_POST, 1, Fault::HangInside(gate.clone()));
    let (first, second) = tokio::join!(bot.post("/api/v4/posts", create.clone()), async {
        gate.reached().await;
        let second = bot.post("/api/v4/posts", create.clone()).await;
        gate.release();
        second
    });
    assert_eq!(first.status, 201);
    assert_eq!(second.status, 500);
    assert_eq!(
        second.body["id"],
        "api.post.deduplicate_create_post.pending"
    );
}

#[tokio::test]
async fn faults_come_once_and_in_order() {
    let story = Story::begin().await;
    let bot = story.bot_client();
    let faults = story.playground.faults();
    faults.next(route::GET_USER, 1, Fault::InternalError);
    faults.next(route::ANY, 1, Fault::BadGateway);
    faults.next(
        route::GET_USER,
        1,
        Fault::TooManyRequests {
            retry_after_seconds: Some(3),
        },
    );
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(bot.get("/api/v4/users/me").await);
    }
    let numbers: Vec<u16> = statuses.iter().map(|reply| reply.status).collect();
    assert_eq!(numbers, [500, 502, 429, 200]);
    assert_eq!(statuses[2].header("retry-after"), Some("3"));
    faults.next(route::GET_USER, 1, Fault::DropBefore);
    assert!(bot.try_call("GET", "/api/v4/users/me", None).await.is_err());
}

#[tokio::test]
async fn a_server_that_is_down_refuses_and_comes_back_with_its_world() {
    let story = Story::begin().await;
    let bot = story.bot_client();
    let mut listener = Listener::greeted(story.playground.address(), &story.bot.token).await;
    story.playground.go_down().await;
    assert!(matches!(listener.hear().await, Heard::Closed(_)));
    assert!(bot.try_call("GET", "/api/v4/users/me", None).await.is_err());
    story.playground.come_up().await;
    assert_eq!(bot.get("/api/v4/users/me").await.status, 200);
}

#[tokio::test]
async fn a_revoked_token_silences_at_once_and_closes_after_five_seconds() {
    let story = Story::begin().await;
    let mut listener = Listener::greeted(story.playground.address(), &story.bot.token).await;
    story.playground.revoke_tokens_of("gptbot");
    story.playground.say("alice", "lobby", "unheard", None);
    listener.send(json!({"seq": 7, "action": "ping"})).await;
    let reply = listener.frame().await;
    assert_eq!(reply["status"], "FAIL");
    assert_eq!(
        reply["error"]["id"],
        "api.web_socket_router.not_authenticated.app_error"
    );
    story.time.advance(Duration::from_secs(5));
    assert!(matches!(listener.hear().await, Heard::Closed(_)));
    assert_eq!(story.bot_client().get("/api/v4/users/me").await.status, 401);
}

#[tokio::test]
async fn an_outgoing_webhook_hears_of_public_channels_only() {
    let story = Story::begin().await;
    story
        .playground
        .create_private_channel("acme", "den", &["alice"]);
    story.playground.create_outgoing_webhook(
        "acme",
        "gpt",
        &story.integration.url,
        HookFormat::Json,
    );
    story.integration.tell(Told::json(
        r#"{"text": "heard", "response_type": "comment"}"#,
    ));
    story.playground.say("alice", "den", "gpt secret", None);
    let root = story.playground.say("alice", "lobby", "gpt 안녕", None);
    story
        .playground
        .wait_until("the hook's reply", |view| {
            view.posts_seen_by("bob", "lobby")
                .iter()
                .any(|post| post.text == "heard" && post.root.as_ref() == Some(&root))
        })
        .await;
    assert_eq!(story.integration.received().len(), 1);
}

#[tokio::test]
async fn a_reader_that_falls_256_frames_behind_is_cut_off() {
    let story = Story::begin().await;
    let _silent = Listener::greeted(story.playground.address(), &story.bot.token).await;
    // The test never yields between these posts, so nothing drains the queue.
    for number in 0..300 {
        story
            .playground
            .say("alice", "lobby", &number.to_string(), None);
    }
    assert_eq!(
        story.playground.look(|view| view.connections_of("gptbot")),
        0
    );
}

#[tokio::test]
async fn the_demonstration_is_furnished_and_served_with_its_page() {
    let playground = Playground::start(Options::default()).await.unwrap();
    let integration = Integration::start().await;
    let demo = Demo::furnish(&playground, &integration.url);
    let page = Client::new(&playground.url(), None).get("/").await;
    assert_eq!(page.status, 200);
    let bot = Client::new(&demo.mattermost_url, Some(&demo.bot_token));
    assert_eq!(bot.get("/api/v4/users/me").await.body["username"], "gptbot");
    assert_eq!(demo.env().lines().count(), 5);
    integration.tell(Told::json(
        r#"{"response_type": "in_channel", "text": "**GPT**: 안녕하세요"}"#,
    ));
    let question = Question {
        url: playground.url(),
        user: "alice".to_owned(),
        password: PASSWORD.to_owned(),
        channel: "town-square".to_owned(),
        line: "/askgpt 안녕".to_owned(),
        quiet: Duration::from_millis(1),
        timeout: Duration::from_secs(20),
    };
    let conversation = ask(&question).await.unwrap();
    assert!(conversation.contains("/askgpt 안녕"));
    assert!(conversation.contains("**GPT**: 안녕하세요"));
    assert!(
        integration
            .last()
            .body
            .contains(&format!("token={}", demo.command_token))
    );
}
