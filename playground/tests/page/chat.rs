//! People chat through the page.

use askwell_playground::{CommandSpec, Options, Playground};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::browser::{DESKTOP, PHONE, with_browser};

async fn furnished() -> Playground {
    let playground = Playground::start(Options::default()).await.unwrap();
    playground.create_admin("admin");
    playground.create_user("alice");
    playground.create_user("bob");
    playground.create_bot("gptbot");
    playground.create_team("acme");
    playground.join_team("acme", &["alice", "bob", "gptbot"]);
    for channel in ["lobby", "dev"] {
        playground.create_channel("acme", channel, &["alice", "bob", "gptbot"]);
    }
    playground
}

/// A post with props, which only the wire can make.
async fn create_post(
    playground: &Playground,
    user: &str,
    channel: &str,
    message: &str,
    props: Value,
) -> String {
    let client = reqwest::Client::builder().build().unwrap();
    let channel_id = playground.look(|view| view.channel_id(channel));
    let body = json!({"channel_id": channel_id, "message": message, "props": props});
    let sent = client
        .post(format!("{}/api/v4/posts", playground.url()))
        .bearer_auth(playground.session_of(user))
        .body(body.to_string());
    let post: Value =
        serde_json::from_str(&sent.send().await.unwrap().text().await.unwrap()).unwrap();
    post["id"].as_str().unwrap().to_owned()
}

/// An integration that answers `/askgpt ok` to everybody, `/askgpt me` to one person, and fails at all else.
async fn integration() -> String {
    let answer = post(async |body: String| {
        let json = [(header::CONTENT_TYPE, "application/json")];
        if body.contains("text=ok") {
            (
                StatusCode::OK,
                json,
                r#"{"response_type":"in_channel","text":"**GPT**: 네!"}"#,
            )
                .into_response()
        } else if body.contains("text=me") {
            (StatusCode::OK, json, r#"{"text":"비밀이에요"}"#).into_response()
        } else {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", answer);
    TaskTracker::new().spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}

#[tokio::test]
async fn a_person_logs_in_writes_and_sees_others_answer() {
    let playground = furnished().await;
    with_browser(DESKTOP, async |browser| {
        browser.log_in(&playground.url(), "alice").await;
        browser.open_channel("lobby").await;
        browser
            .press("안녕하세요, **모두**!\u{e008}\u{e007}\u{e000}둘째 줄")
            .await;
        browser.press("\u{e007}").await;
        browser.until_posted("안녕하세요, 모두!\n둘째 줄").await;
        assert_eq!(
            browser
                .value("document.querySelector('.post__text strong').textContent")
                .await,
            "모두"
        );
        assert_eq!(
            browser
                .value("document.querySelector('.composer__field').value")
                .await,
            ""
        );

        let answer = playground.say("gptbot", "lobby", "안녕", None);
        browser.until_posted("안녕").await;
        let tag = format!("document.querySelector('#post_{answer} .tag').textContent");
        assert_eq!(browser.value(&tag).await, "봇");
        playground.edit("gptbot", &answer, "안녕하세요! 무엇을 도와드릴까요?");
        browser
            .until_posted("안녕하세요! 무엇을 도와드릴까요? 편집됨")
            .await;
        playground.delete("gptbot", &answer);
        browser
            .until(&format!("!document.querySelector('#post_{answer}')"))
            .await;
    })
    .await;
}

#[tokio::test]
async fn posts_in_a_row_merge_and_another_channel_turns_bold() {
    let playground = furnished().await;
    playground.say("bob", "lobby", "하나", None);
    playground.say("bob", "lobby", "둘", None);
    with_browser(DESKTOP, async |browser| {
        browser.log_in(&playground.url(), "alice").await;
        browser.open_channel("lobby").await;
        assert_eq!(
            browser
                .value("document.querySelectorAll('.post').length")
                .await,
            2
        );
        assert_eq!(
            browser
                .value("document.querySelectorAll('.post--continued').length")
                .await,
            1
        );
        playground.say("bob", "dev", "조용히", None);
        browser
            .until("document.querySelector('.sidebar__item--unread[data-name=dev]')")
            .await;
        assert_eq!(
            browser.value("document.querySelector('.badge')").await,
            Value::Null
        );
        playground.say("bob", "dev", "@alice 봐 주세요", None);
        browser
            .until("document.querySelector('[data-name=dev] .badge')?.textContent === '1'")
            .await;
        browser.open_channel("dev").await;
        browser
            .until("!document.querySelector('.sidebar__item--unread')")
            .await;
        assert_eq!(browser.text(".mention--highlight").await, "@alice");
        assert_eq!(browser.text(".separator--new").await, "새 메시지");
    })
    .await;
}

#[tokio::test]
async fn a_thread_opens_beside_the_channel_and_takes_replies() {
    let playground = furnished().await;
    let root = playground.say("bob", "lobby", "점심 뭐 먹죠?", None);
    playground.say("gptbot", "lobby", "비빔밥이요", Some(&root));
    with_browser(DESKTOP, async |browser| {
        browser.log_in(&playground.url(), "alice").await;
        browser.open_channel("lobby").await;
        assert_eq!(browser.text(".post__replies").await, "답글 1개");
        browser.click(".post__replies").await;
        browser.until("document.activeElement === document.querySelector('.thread .composer__field')").await;
        browser.press("좋아요\u{e007}").await;
        browser.until("[...document.querySelectorAll('.thread .post__text')].map((post) => post.innerText).join() === '점심 뭐 먹죠?,비빔밥이요,좋아요'").await;
        browser.until("document.querySelector('.channel .post__replies').textContent.includes('답글 2개')").await;
        assert_eq!(browser.value("document.querySelectorAll('.channel .post').length").await, 1);
        browser.press("\u{e00c}").await;
        browser.until("document.querySelector('.thread').hidden").await;
    })
    .await;
}

#[tokio::test]
async fn a_command_answers_all_or_one_and_its_failure_is_red_and_keeps_the_text() {
    let playground = furnished().await;
    playground.create_command("acme", &CommandSpec::new("askgpt", &integration().await));
    with_browser(DESKTOP, async |browser| {
        browser.log_in(&playground.url(), "alice").await;
        browser.open_channel("lobby").await;
        browser.press("/ask").await;
        browser
            .until("!document.querySelector('.composer__menu').hidden")
            .await;
        browser.press("\u{e004}ok\u{e007}").await;
        browser.until_posted("GPT: 네!").await;
        assert_eq!(browser.text(".post__author").await, "alice");
        assert_eq!(browser.text(".tag").await, "봇");
        browser
            .until("document.querySelector('.composer__field').value === ''")
            .await;

        browser.press("/askgpt me\u{e007}").await;
        browser.until_posted("비밀이에요").await;
        assert_eq!(
            browser.text(".post--ephemeral .post__visibility").await,
            "(나에게만 보임)"
        );

        browser
            .until("document.querySelector('.composer__field').value === ''")
            .await;
        browser.press("/askgpt no\u{e007}").await;
        browser
            .until("document.querySelector('.composer__error').textContent")
            .await;
        let error = browser.text(".composer__error").await;
        assert_eq!(
            error,
            "Command with a trigger of 'askgpt' returned response 500 Internal Server Error."
        );
        assert_eq!(
            browser
                .value("document.querySelector('.composer__field').value")
                .await,
            "/askgpt no"
        );
    })
    .await;
}

#[tokio::test]
async fn a_high_post_collapses_stays_open_once_opened_and_grows_on() {
    let playground = furnished().await;
    let long: Vec<String> = (0..60).map(|line| format!("문단 {line}")).collect();
    let post = playground.say("gptbot", "lobby", &long.join("\n\n"), None);
    with_browser(DESKTOP, async |browser| {
        browser.log_in(&playground.url(), "alice").await;
        browser.open_channel("lobby").await;
        assert_eq!(browser.text(".show-more__button").await, "더 보기");
        assert_eq!(
            browser
                .value("document.querySelector('.post__text').offsetHeight")
                .await,
            600
        );
        browser.click(".show-more__button").await;
        browser
            .until("document.querySelector('.post__text').offsetHeight > 1200")
            .await;
        playground.edit("gptbot", &post, &format!("{}\n\n끝", long.join("\n\n")));
        browser.until_posted("끝").await;
        assert!(
            browser
                .value("document.querySelector('.post__text').offsetHeight")
                .await
                .as_u64()
                > Some(1200)
        );
    })
    .await;
}

#[tokio::test]
async fn typing_reactions_and_buttons_are_seen() {
    let playground = furnished().await;
    let actions = json!([{"id": "stop", "name": "멈추기", "style": "danger", "integration": {"url": "http://127.0.0.1:9/"}}]);
    let props = json!({"attachments": [{"text": "생각하고 있어요", "color": "#123456", "actions": actions}]});
    let post = create_post(&playground, "gptbot", "lobby", "잠시만요", props).await;
    with_browser(DESKTOP, async |browser| {
        browser.log_in(&playground.url(), "alice").await;
        browser.open_channel("lobby").await;
        assert_eq!(browser.text(".action--danger").await, "멈추기");
        assert_eq!(
            browser
                .value("document.querySelector('.attachment').style.borderLeftColor")
                .await,
            "rgb(18, 52, 86)"
        );

        let client = reqwest::Client::builder().build().unwrap();
        let token = playground.session_of("gptbot");
        let (bot, channel) =
            playground.look(|view| (view.user_id("gptbot"), view.channel_id("lobby")));
        let call = async |path: &str, body: Value| {
            let url = format!("{}/api/v4{path}", playground.url());
            client
                .post(url)
                .bearer_auth(&token)
                .body(body.to_string())
                .send()
                .await
                .unwrap()
        };
        call(
            "/users/me/typing",
            json!({"channel_id": channel, "parent_id": ""}),
        )
        .await;
        browser
            .until("document.querySelector('.composer__typing').textContent === 'gptbot 입력 중…'")
            .await;
        call(
            "/reactions",
            json!({"user_id": bot, "post_id": post, "emoji_name": "eyes"}),
        )
        .await;
        browser
            .until("document.querySelector('.reaction')?.textContent === '👀 1'")
            .await;
        playground.say("gptbot", "lobby", "끝났어요", None);
        browser
            .until("document.querySelector('.composer__typing').textContent === ''")
            .await;
    })
    .await;
}

#[tokio::test]
async fn on_a_phone_the_channels_slide_over_and_the_page_fits() {
    let playground = furnished().await;
    playground.say("gptbot", "lobby", "| 결과 | 뜻 |\n|---|---|\n| 같음 | 내용이 똑같아요 |\n\n```\n한 줄이 아주 길어서 화면 밖으로 나가는 코드입니다 0123456789\n```", None);
    with_browser(PHONE, async |browser| {
        browser.log_in(&playground.url(), "alice").await;
        browser.open_channel("lobby").await;
        assert_eq!(
            browser.value("document.documentElement.scrollWidth").await,
            PHONE.0
        );
        assert_eq!(
            browser
                .value("document.querySelector('.channel .scroller').scrollWidth")
                .await,
            PHONE.0
        );
        assert_eq!(
            browser
                .value("getComputedStyle(document.querySelector('.sidebar')).visibility")
                .await,
            "hidden"
        );
        browser.click(".channel__menu").await;
        browser
            .until("getComputedStyle(document.querySelector('.sidebar')).visibility === 'visible'")
            .await;
        browser.click("[data-name=dev]").await;
        browser
            .until("getComputedStyle(document.querySelector('.sidebar')).visibility === 'hidden'")
            .await;
        assert_eq!(browser.text(".channel__title").await, "Dev");
    })
    .await;
}

#[tokio::test]
async fn a_page_cut_off_comes_back_with_what_it_missed() {
    let playground = furnished().await;
    with_browser(DESKTOP, async |browser| {
        browser.log_in(&playground.url(), "alice").await;
        browser.open_channel("lobby").await;
        playground.go_down().await;
        browser
            .until("!document.querySelector('.offline').hidden")
            .await;
        playground.say("bob", "lobby", "그동안 있었던 일", None);
        playground.come_up().await;
        browser.until_posted("그동안 있었던 일").await;
        browser
            .until("document.querySelector('.offline').hidden")
            .await;
    })
    .await;
}
