//! The page for administrators: who gets in, who does not, and what stands there.

use std::time::Duration;

use askwell_playground::TimeSource;
use askwell_playground::model::Reply;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, StatusCode};

use super::house::{Account, House};

/// A browser without JavaScript: what it was last given, and the cookie that it holds.
pub(super) struct Reader {
    client: Client,
    url: String,
    cookie: Option<String>,
}

/// What a reader is given.
pub(super) struct Given {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) html: String,
}

impl Reader {
    pub(super) fn new(url: &str) -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            client: client.build().unwrap(),
            url: url.to_owned(),
            cookie: None,
        }
    }

    async fn send(&self, method: Method, path: &str, origin: Option<&str>, form: &str) -> Given {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        let kind = "application/x-www-form-urlencoded";
        let request = request.header("content-type", kind).body(form.to_owned());
        let response = request.send().await.unwrap();
        Given {
            status: response.status(),
            headers: response.headers().clone(),
            html: response.text().await.unwrap(),
        }
    }

    pub(super) async fn get(&self, path: &str) -> Given {
        self.send(Method::GET, path, None, "").await
    }

    /// Sends a form as the page itself would.
    pub(super) async fn post(&self, path: &str, form: &str) -> Given {
        let origin = self.url.clone();
        self.send(Method::POST, path, Some(&origin), form).await
    }

    /// Opens a link and presses the button, and keeps the cookie.
    pub(super) async fn enter(&mut self, link: &str) -> Given {
        let key = link.rsplit('=').next().unwrap().to_owned();
        let given = self.post("/enter", &format!("key={key}")).await;
        if let Some(cookie) = given.headers.get(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(cookie.to_owned());
        }
        given
    }

    /// Returns what a form of a page must hold.
    pub(super) async fn token(&self) -> String {
        let html = self.get("/").await.html;
        let (_, rest) = html.split_once("name=\"token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

/// Has somebody ask for the page, and returns the link that the bot sends them; what they are told where they ask holds none.
pub(super) async fn invited(house: &House, person: &str, word: &str) -> String {
    let told = house.ask(person, word).await;
    assert!(
        !told.contains("/enter") && !told.contains("](http"),
        "{told}"
    );
    last_link(house, person)
}

/// Returns the link in the last direct message of the bot to somebody.
pub(super) fn last_link(house: &House, person: &str) -> String {
    let direct = house.playground.direct_channel(person, "gptbot");
    let said = house.texts_in(&direct, person);
    let mut links = said.iter().rev().filter_map(|text| text.split_once("]("));
    let (_, rest) = links.next().unwrap_or_else(|| panic!("{said:?}"));
    rest.split(')').next().unwrap().to_owned()
}

/// A house with a page, and its address.
pub(super) async fn house(toml: &str) -> (House, String) {
    let mut house = House::built(Account::Bot, TimeSource::Real).await;
    let url = house.lay_out_page();
    house.open(toml);
    (house, url)
}

/// A house, and a reader who has the page open.
pub(super) async fn opened(toml: &str) -> (House, Reader) {
    let (house, url) = house(toml).await;
    let mut reader = Reader::new(&url);
    let link = invited(&house, "admin", "admin").await;
    assert_eq!(reader.enter(&link).await.status, StatusCode::SEE_OTHER);
    (house, reader)
}

const PAGES: [&str; 13] = [
    "/",
    "/now",
    "/answers",
    "/answers/now",
    "/questions",
    "/budgets",
    "/usage",
    "/models",
    "/channels",
    "/failures",
    "/dead",
    "/audit",
    "/settings",
];

#[tokio::test]
async fn a_system_admin_opens_the_page_by_a_link_that_is_spent_by_its_button_alone() {
    let (house, url) = house("").await;
    let link = invited(&house, "admin", "관리").await;
    assert!(link.starts_with(&format!("{url}/enter?key=")), "{link}");
    let mut reader = Reader::new(&url);
    let path = link.strip_prefix(&url).unwrap();
    for _preview in 0..3 {
        let given = reader.get(path).await;
        assert_eq!(given.status, StatusCode::OK);
        assert!(
            given
                .html
                .contains("<form method=\"post\" action=\"/enter\">")
        );
        assert!(given.headers.get(SET_COOKIE).is_none());
    }
    let given = reader.enter(&link).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER);
    assert_eq!(given.headers[LOCATION], "/");
    let cookie = given.headers[SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
    for path in PAGES {
        let given = reader.get(path).await;
        assert_eq!(given.status, StatusCode::OK, "{path}");
        let policy = given.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(given.headers["cache-control"], "no-store");
        assert_eq!(given.headers["x-content-type-options"], "nosniff");
        assert_eq!(given.headers["referrer-policy"], "same-origin");
        assert!(!given.html.contains(" style=") && !given.html.contains("<script>"));
    }
    let mut another = Reader::new(&url);
    for _ in 0..2 {
        assert_eq!(another.enter(&link).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(another.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_is_no_system_admin_is_told_so_in_a_sentence_and_written_down_once() {
    let (house, url) = house("").await;
    for word in ["admin", "관리"] {
        let told = house.ask("alice", word).await;
        assert!(told.contains("시스템 관리자만"), "{told}");
        assert!(!told.contains("/enter"), "{told}");
    }
    let mut reader = Reader::new(&url);
    let link = invited(&house, "admin", "admin").await;
    reader.enter(&link).await;
    let trail = reader.get("/audit?action=sign_in_refused").await.html;
    assert_eq!(trail.matches("@alice").count(), 1, "{trail}");
}

#[tokio::test]
async fn a_link_is_good_for_five_minutes_and_until_there_is_a_newer_one() {
    let (house, url) = house("").await;
    let mut reader = Reader::new(&url);
    let late = invited(&house, "admin", "admin").await;
    house.clock.advance(Duration::from_mins(5));
    assert_eq!(reader.enter(&late).await.status, StatusCode::UNAUTHORIZED);
    let older = invited(&house, "admin", "admin").await;
    let newer = invited(&house, "admin", "admin").await;
    assert_eq!(reader.enter(&older).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reader.enter(&newer).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn of_many_who_press_at_once_one_gets_in() {
    let (house, url) = house("").await;
    let link = invited(&house, "admin", "admin").await;
    let tries = (0..8).map(|_| async {
        let mut reader = Reader::new(&url);
        reader.enter(&link).await.status == StatusCode::SEE_OTHER
    });
    let entered = futures_util::future::join_all(tries).await;
    assert_eq!(entered.iter().filter(|one| **one).count(), 1);
}

#[tokio::test]
async fn nothing_but_files_is_shown_without_a_session() {
    let (_house, url) = house("").await;
    let mut reader = Reader::new(&url);
    reader.cookie = Some(format!("askwell={}", "0".repeat(64)));
    for path in PAGES {
        let given = reader.get(path).await;
        assert_eq!(given.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(given.html.contains("/askgpt"), "{path}");
    }
    for name in [
        "page.css",
        "page.js",
        "htmx.js",
        "uplot.js",
        "uplot.css",
        "mark.svg",
    ] {
        let given = reader.get(&format!("/assets/{name}")).await;
        assert_eq!(given.status, StatusCode::OK, "{name}");
    }
    for path in ["/nothing", "/assets/../router.rs", "/assets/nothing"] {
        assert_eq!(
            reader.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_form_is_taken_from_the_page_itself_and_from_whom_it_was_shown_to() {
    let (house, reader) = opened("").await;
    let token = reader.token().await;
    let right = format!("token={token}");
    let own = reader.url.clone();
    let wrong_token = format!("token={}", "0".repeat(64));
    for (origin, form) in [
        (Some("https://evil.example"), &right),
        (Some("null"), &right),
        (None, &right),
        (Some(own.as_str()), &String::new()),
        (Some(own.as_str()), &wrong_token),
        (
            Some(own.as_str()),
            &format!("{right}&filler={}", "x".repeat(16 * 1024)),
        ),
    ] {
        let given = reader.send(Method::POST, "/leave", origin, form).await;
        assert_eq!(given.status, StatusCode::FORBIDDEN, "{origin:?} {form:.90}");
    }
    // The token of another session of the same person is another.
    let mut another = Reader::new(&own);
    another
        .enter(&invited(&house, "admin", "admin").await)
        .await;
    let given = another.post("/leave", &right).await;
    assert_eq!(given.status, StatusCode::FORBIDDEN);
    assert_eq!(reader.get("/").await.status, StatusCode::OK);
    assert_eq!(reader.post("/leave", &right).await.status, StatusCode::OK);
    assert_eq!(reader.get("/").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(another.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_ends_when_nothing_is_done_and_what_fetches_itself_is_nothing() {
    let (house, reader) = opened("").await;
    for _ in 0..3 {
        house.clock.advance(Duration::from_mins(14));
        assert_eq!(reader.get("/").await.status, StatusCode::OK);
    }
    house.clock.advance(Duration::from_mins(29));
    let by_itself = reader.client.get(format!("{}/now", reader.url));
    let by_itself = by_itself
        .header(COOKIE, reader.cookie.as_ref().unwrap())
        .header("hx-request", "true");
    assert_eq!(by_itself.send().await.unwrap().status(), StatusCode::OK);
    house.clock.advance(Duration::from_mins(1));
    assert_eq!(reader.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_lasts_eight_hours_whatever_is_done() {
    let (house, reader) = opened("").await;
    for _ in 0..(8 * 60 / 14) {
        house.clock.advance(Duration::from_mins(14));
        assert_eq!(reader.get("/").await.status, StatusCode::OK);
    }
    house.clock.advance(Duration::from_mins(14));
    assert_eq!(reader.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_administers_the_server_no_more_loses_the_page_within_minutes() {
    let (house, url) = house("").await;
    // Not the owner of the bot, which would go with them.
    house.playground.create_admin("deputy");
    house.playground.join_team("acme", &["deputy"]);
    house.playground.join_channel("lobby", &["deputy"]);
    let mut reader = Reader::new(&url);
    reader
        .enter(&invited(&house, "deputy", "admin").await)
        .await;
    assert_eq!(reader.get("/").await.status, StatusCode::OK);
    let session = house.playground.session_of("admin");
    let admin = house.playground.user_id("deputy");
    let gone = reader
        .client
        .delete(format!("{}/api/v4/users/{admin}", house.playground.url()))
        .bearer_auth(session);
    assert!(gone.send().await.unwrap().status().is_success());
    house.clock.advance(Duration::from_mins(3));
    assert_eq!(reader.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn while_mattermost_is_away_the_page_is_there_for_a_while() {
    let (house, reader) = opened("").await;
    assert_eq!(reader.get("/models").await.status, StatusCode::OK);
    house.playground.go_down().await;
    house.clock.advance(Duration::from_mins(14));
    assert_eq!(reader.get("/models").await.status, StatusCode::OK);
    house.clock.advance(Duration::from_mins(1));
    let given = house.meanwhile(reader.get("/models")).await;
    assert_eq!(given.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn so_many_links_that_are_good_for_nothing_are_too_many_and_shut_nobody_out() {
    let (house, url) = house("").await;
    let mut reader = Reader::new(&url);
    let guess = format!("{url}/enter?key={}", "ab".repeat(32));
    for _ in 0..30 {
        assert_eq!(reader.enter(&guess).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(
        reader.enter(&guess).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    // Nobody who knocks shuts others out.
    let link = invited(&house, "admin", "admin").await;
    assert_eq!(reader.enter(&link).await.status, StatusCode::SEE_OTHER);
    house.clock.advance(Duration::from_mins(1));
    assert_eq!(reader.enter(&guess).await.status, StatusCode::UNAUTHORIZED);
}

const MARKUP: &str = "[[agents]]\nname = \"writer\"\ntitle = \"<b>Writer</b>\"\nabout = \"<script>alert(1)</script>\"\n";

#[tokio::test]
async fn names_that_are_markup_are_names() {
    let (_house, reader) = opened(MARKUP).await;
    let html = reader.get("/channels").await.html;
    assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
    assert!(!html.contains("<script>alert") && !html.contains("<b>Writer"));
}

#[tokio::test]
async fn an_answer_in_progress_is_seen_and_stopped_and_that_is_written_down() {
    let (house, reader) = opened("").await;
    let reply = Reply::deltas(["It is ", "a long story."]).gate("thinking");
    house.model.answer_next(reply);
    house.ask("alice", "what is <b>the</b> secret?").await;
    house.model.wait_for_requests(1).await;
    let html = reader.get("/answers").await.html;
    assert!(html.contains("@alice") && html.contains("~lobby"), "{html}");
    assert!(!html.contains("secret"), "{html}");
    let (_, rest) = html.split_once("action=\"/answers/").unwrap();
    let id = rest.split('/').next().unwrap();
    let token = reader.token().await;
    let form = format!("token={token}");
    let given = reader.post(&format!("/answers/{id}/stop"), &form).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER);
    house
        .see("bob", "that it was stopped", |post| {
            post.text.contains("멈췄어요")
        })
        .await;
    let trail = reader.get("/audit?action=answer_stopped").await.html;
    assert!(trail.contains("@admin"), "{trail}");
    assert!(trail.contains(&id[22..]), "{trail}");
    // A second press does nothing, and says nothing.
    reader.post(&format!("/answers/{id}/stop"), &form).await;
    let trail = reader.get("/audit?action=answer_stopped").await.html;
    assert_eq!(trail.matches(&id[22..]).count(), 1, "{trail}");
}

/// Has alice ask something, and returns the id of her question.
async fn answered(house: &House, reader: &Reader) -> String {
    house
        .model
        .answer_next(Reply::text("Forty-two, <i>surely</i>."));
    house.ask("alice", "the question of <b>questions</b>").await;
    house
        .see("bob", "the answer", |post| post.text.contains("Forty-two"))
        .await;
    // An answer is seen before its end is committed.
    let mut html = String::new();
    for _ in 0..1_000 {
        html = reader.get("/questions").await.html;
        if html.contains("chip good") {
            break;
        }
    }
    let (_, rest) = html.split_once("href=\"/questions/").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_was_said_is_not_shown_unless_the_installation_lets_it() {
    let (house, reader) = opened("").await;
    let id = answered(&house, &reader).await;
    let form = format!("token={}", reader.token().await);
    let given = reader.post(&format!("/questions/{id}/texts"), &form).await;
    assert_eq!(given.status, StatusCode::NOT_FOUND);
    for path in PAGES
        .map(str::to_owned)
        .into_iter()
        .chain([format!("/questions/{id}")])
    {
        let html = reader.get(&path).await.html;
        assert!(
            !html.contains("Forty-two") && !html.contains("of questions"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn each_look_at_what_was_said_is_written_down() {
    let (house, reader) = opened("[admin]\nshow_texts = true\n").await;
    let id = answered(&house, &reader).await;
    let html = reader.get(&format!("/questions/{id}")).await.html;
    assert!(!html.contains("Forty-two"), "{html}");
    let form = format!("token={}", reader.token().await);
    for looks in 1..=2 {
        let given = reader.post(&format!("/questions/{id}/texts"), &form).await;
        assert!(
            given.html.contains("Forty-two, &#60;i&#62;surely"),
            "{}",
            given.html
        );
        assert!(given.html.contains("&#60;b&#62;questions"));
        let trail = reader.get("/audit?action=text_looked_at").await.html;
        assert_eq!(trail.matches("@admin</td>").count(), looks, "{trail}");
    }
}

const ONE_A_DAY: &str =
    "[[budgets]]\nname = \"fair\"\nfor = \"person\"\nrequests = 1\nper = \"day\"\n";

/// Returns what a field of a form holds.
fn field<'h>(html: &'h str, name: &str) -> &'h str {
    let (_, rest) = html
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("{name} in {html}"));
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn more_of_a_budget_is_granted_for_its_period_and_written_down() {
    let (house, reader) = opened(ONE_A_DAY).await;
    house.model.answer_otherwise(Reply::text("Yes."));
    house.ask("alice", "first?").await;
    house
        .see("bob", "an answer", |post| post.text.contains("Yes."))
        .await;
    house.clock.advance(Duration::from_secs(1));
    let told = house.ask("alice", "second?").await;
    assert!(told.contains("예산을 다 써서"), "{told}");
    let html = reader.get("/budgets").await.html;
    let (subject, period) = (field(&html, "subject"), field(&html, "period"));
    assert_eq!(subject, house.playground.user_id("alice"));
    let token = reader.token().await;
    let grant = async |period: &str, amount: &str| {
        let form =
            format!("token={token}&budget=fair&subject={subject}&period={period}&amount={amount}");
        reader.post("/budgets/grant", &form).await.status
    };
    for wrong in ["", "0", "-1", "1.5", "x", "99999999999999999999"] {
        assert_eq!(
            grant(period, wrong).await,
            StatusCode::BAD_REQUEST,
            "{wrong}"
        );
    }
    assert_eq!(grant("2020-01-01", "1").await, StatusCode::BAD_REQUEST);
    assert_eq!(grant(period, "1").await, StatusCode::SEE_OTHER);
    let trail = reader.get("/audit?action=budget_granted").await.html;
    assert_eq!(trail.matches("@admin</td>").count(), 1, "{trail}");
    house.clock.advance(Duration::from_secs(1));
    house.ask("alice", "third?").await;
    house
        .see("bob", "another answer", |post| post.text.contains("third?"))
        .await;
    let usage = reader.get("/usage").await.html;
    assert!(usage.contains("@alice"), "{usage}");
}

#[tokio::test]
async fn where_the_page_is_off_that_is_said() {
    let house = House::with(Account::Bot, "[admin]\nenabled = false\n").await;
    let told = house.ask("admin", "admin").await;
    assert!(told.contains("꺼져 있거나"), "{told}");
}
