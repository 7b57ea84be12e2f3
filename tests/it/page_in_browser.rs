//! The page for administrators in a real browser: signed in from the chat, an answer stopped, and what stands in the trail.
//!
//! With `ASKWELL_PICTURES` set to a directory, what is seen is kept there: `docs/` has its pictures from here.

#[path = "../../playground/tests/page/browser.rs"]
#[expect(dead_code, reason = "the chat page's tests need more of it than these")]
mod browser;

use std::path::PathBuf;
use std::time::Duration;

use askwell_playground::TimeSource;
use askwell_playground::model::{Reply, Usage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;

use self::browser::{Browser, DESKTOP, PHONE, Size, with_browser};
use crate::stories::house::{Account, House};

const SETTINGS: &str = "[admin]\nshow_texts = true\n\
    [model]\nprice_input = 2.5\nprice_output = 10\n\
    [[budgets]]\nname = \"company\"\ndollars = 20\n\
    [[budgets]]\nname = \"fair-use\"\nfor = \"person\"\nrequests = 45\nper = \"day\"\n\
    [[agents]]\nname = \"lawyer\"\ntitle = \"법무 도우미\"\nabout = \"계약서를 읽고 위험한 조항을 찾아요\"\n\
    [[agents]]\nname = \"translator\"\ntitle = \"Translator\"\nabout = \"Korean and English, both ways\"\n";

/// Keeps what is seen, where pictures are wanted.
async fn keep(browser: &Browser, name: &str) {
    let Ok(directory) = std::env::var("ASKWELL_PICTURES") else {
        return;
    };
    // Two frames, so that what was drawn is there.
    browser
        .promised("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))", json!(null))
        .await;
    let picture = browser.must(Method::GET, "/screenshot", &json!(null)).await;
    let picture = STANDARD.decode(picture.as_str().unwrap()).unwrap();
    std::fs::write(PathBuf::from(directory).join(name), picture).unwrap();
}

/// A house in which much was asked, some of it in vain, and something is being answered now.
async fn busy_house() -> (House, String) {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let url = house.lay_out_page();
    house.playground.make_channel_admin("lobby", "alice");
    house.open(SETTINGS);
    house.ask("alice", "채널 온도: 0.3").await;
    // Where nobody wants pictures, a few will do.
    let hours = if std::env::var("ASKWELL_PICTURES").is_ok() {
        20
    } else {
        2
    };
    for hour in 0_u32..hours {
        for number in 0..(2 + hour * 7 % 5) {
            let reply = match (hour + number) % 11 {
                7 => Reply::unauthorized(),
                _ => Reply::text("네, 이렇게 해 보세요.").usage(Usage {
                    prompt: 900 + u64::from(number) * 210,
                    completion: 140 + u64::from(hour) * 17,
                }),
            };
            let gate = format!("{hour}-{number}");
            let reply = reply.gate_before_head(&gate);
            let asked = house.model.requests().len();
            house.model.answer_next(reply);
            let who = if number % 2 == 0 { "alice" } else { "bob" };
            let before = house.texts("bob").len();
            house.ask(who, &format!("질문 {hour}-{number}")).await;
            house.model.wait_for_requests(asked + 1).await;
            let took = 420 + u64::from(hour * 37 % 11 * 90 + number * 310);
            house.clock.advance(Duration::from_millis(took));
            house.model.open_gate(&gate);
            house
                .playground
                .wait_for("an answer", |view| {
                    (view.posts_seen_by("bob", "lobby").len() > before).then_some(())
                })
                .await;
            until_settled(&house).await;
            house.clock.advance(Duration::from_secs(49));
        }
        house.clock.advance(Duration::from_mins(50));
    }
    (house, url)
}

/// Lets time pass until what was asked is settled, for which the next question of the same person would wait.
async fn until_settled(house: &House) {
    loop {
        // For so long readiness is told as it was.
        house.pass(Duration::from_secs(11)).await;
        let backlog = house.readiness().await["backlog"].take();
        if backlog["running"] == 0 && backlog["waiting"] == 0 {
            return;
        }
    }
}

/// Signs in from the chat, as a person does: types the command, and follows the link that the bot sends.
async fn sign_in(browser: &Browser, house: &House) {
    browser.log_in(&house.playground.url(), "admin").await;
    browser.open_channel("lobby").await;
    browser.press("/askgpt admin\u{e007}").await;
    let direct = house.playground.direct_channel("admin", "gptbot");
    let shown = format!("document.querySelector('[data-channel=\"{direct}\"]')");
    browser.until(&shown).await;
    browser.run(&format!("{shown}.click()")).await;
    let link = "[...document.querySelectorAll('.channel a')].find((link) => link.href.includes('/enter?key='))";
    browser.until(link).await;
    let link = browser.value(&format!("{link}.href")).await;
    browser.open(link.as_str().unwrap()).await;
    browser.click("button.main").await;
    browser
        .until("document.querySelector('.cards') && document.readyState === 'complete'")
        .await;
}

async fn in_colours(browser: &Browser, scheme: &str) {
    let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
    let command = json!({"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}});
    browser
        .must(Method::POST, "/goog/cdp/execute", &command)
        .await;
}

/// Goes to a page by its link, and waits until it is there.
async fn go(browser: &Browser, path: &str) {
    browser.click(&format!(".side a[href=\"{path}\"]")).await;
    browser
        .until(&format!(
            "location.pathname === {} && document.readyState === 'complete'",
            json!(path)
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_signs_in_from_the_chat_stops_an_answer_and_finds_that_in_the_trail() {
    let (house, _) = busy_house().await;
    let story = ["It ", "goes ", "on."];
    house.model.answer_next(Reply::deltas(story).gate("held"));
    house.ask("alice", "a long story").await;
    with_browser(DESKTOP, async |browser| {
        sign_in(browser, &house).await;
        browser
            .until("document.querySelectorAll('.chart canvas').length === 2")
            .await;
        keep(browser, "page-overview-ko.png").await;
        in_colours(browser, "dark").await;
        keep(browser, "page-overview-ko-dark.png").await;
        in_colours(browser, "light").await;
        go(browser, "/answers").await;
        assert!(browser.text("#answers").await.contains("@alice"));
        keep(browser, "page-answers-ko.png").await;
        browser.click("button.stop").await;
        house
            .see("bob", "that it was stopped", |post| {
                post.text.contains("멈췄어요")
            })
            .await;
        // What changes is fetched again by itself.
        browser
            .until("document.querySelector('#answers .nothing')")
            .await;
        grant_a_budget(browser).await;
        go(browser, "/audit").await;
        let trail = browser.text("main").await;
        assert!(trail.contains("예산 추가"), "{trail}");
        assert!(
            trail.contains("답변 중지") && trail.contains("@admin"),
            "{trail}"
        );
        keep(browser, "page-audit-ko.png").await;
        browser.click("button[name=language]").await;
        browser
            .until("document.documentElement.lang === 'en'")
            .await;
        assert!(browser.text("main").await.contains("stopped an answer"));
        pictures_in_english(browser).await;
        browser.click("form[action=\"/leave\"] button").await;
        browser.until("document.querySelector('.door')").await;
    })
    .await;
}

/// Gives everybody five dollars more.
async fn grant_a_budget(browser: &Browser) {
    go(browser, "/budgets").await;
    let everybody = "form.grant:has([name=budget][value=company]) input[type=text]";
    browser.click(everybody).await;
    browser.press("5\u{e007}").await;
    browser
        .until("document.querySelector('.budget td.num ~ td.num')?.innerText.includes('$5')")
        .await;
    assert!(browser.text(".budget").await.contains("$25"));
    keep(browser, "page-budgets-ko.png").await;
}

async fn pictures_in_english(browser: &Browser) {
    go(browser, "/").await;
    browser
        .until("document.querySelectorAll('.chart canvas').length === 2")
        .await;
    keep(browser, "page-overview-en.png").await;
    in_colours(browser, "dark").await;
    for (path, name) in [
        ("/questions", "page-questions-en-dark.png"),
        ("/failures", "page-failures-en-dark.png"),
        ("/settings", "page-settings-en-dark.png"),
        ("/usage", "page-usage-en-dark.png"),
    ] {
        go(browser, path).await;
        keep(browser, name).await;
    }
    in_colours(browser, "light").await;
    for (path, name) in [
        ("/models", "page-models-en.png"),
        ("/channels", "page-channels-en.png"),
    ] {
        go(browser, path).await;
        keep(browser, name).await;
    }
}

/// Nothing is wider than the window but what scrolls within itself.
const FITS: &str = "document.documentElement.scrollWidth <= innerWidth";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_telephone_everything_fits_and_is_reached() {
    const SIZE: Size = PHONE;
    let (house, _) = busy_house().await;
    with_browser(SIZE, async |browser| {
        sign_in(browser, &house).await;
        browser
            .until("document.querySelectorAll('.chart canvas').length === 2")
            .await;
        keep(browser, "page-phone-ko.png").await;
        in_colours(browser, "dark").await;
        for path in [
            "/answers",
            "/failures",
            "/questions",
            "/models",
            "/channels",
            "/settings",
            "/audit",
            "/budgets",
            "/usage",
        ] {
            go(browser, path).await;
            assert_eq!(browser.value(FITS).await, true, "{path}");
            keep(
                browser,
                &format!("page-phone-ko-dark{}.png", path.replace('/', "-")),
            )
            .await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_walked_through_by_keyboard() {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    house.lay_out_page();
    house.open("");
    with_browser(DESKTOP, async |browser| {
        sign_in(browser, &house).await;
        // The first stop leads past everything that is on every page.
        browser.press("\u{e004}").await;
        browser
            .until("document.activeElement.className === 'skip'")
            .await;
        browser.press("\u{e007}").await;
        browser.until("location.hash === '#content'").await;
        // From the beginning, the links of the navigation come after three stops of the head.
        browser
            .run("document.querySelector('.brand').focus()")
            .await;
        for _ in 0..4 {
            browser.press("\u{e004}").await;
        }
        browser.press("\u{e007}").await;
        browser.until("location.pathname === '/answers'").await;
    })
    .await;
}
