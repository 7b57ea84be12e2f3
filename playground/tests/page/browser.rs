//! A headless Chromium that a test holds in its hands, over the `WebDriver` protocol (W3C, <https://www.w3.org/TR/webdriver2/>).

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::process::Stdio;

use futures_util::FutureExt;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A window's size in pixels.
pub(crate) type Size = (u32, u32);

/// As the pictures of the real client were taken.
pub(crate) const DESKTOP: Size = (1280, 800);

/// A telephone.
pub(crate) const PHONE: Size = (390, 844);

const MISSING: &str = "the chat page is tested in a real browser: \
    apt-get install -y --no-install-recommends chromium chromium-driver";

/// One browser with one window.
pub(crate) struct Browser {
    client: reqwest::Client,
    session: String,
}

/// Gives the test a browser of its own, and closes it however the test ends.
pub(crate) async fn with_browser(size: Size, test: impl AsyncFnOnce(&Browser)) {
    let (driver, port) = start_driver().await;
    let profile = tempfile::tempdir().expect("a directory for the browser's profile");
    let mut browser = Browser {
        client: reqwest::Client::builder().build().unwrap(),
        session: format!("http://127.0.0.1:{port}/session"),
    };
    let opened = browser
        .call(Method::POST, "", &capabilities(size, &profile))
        .await;
    let opened = opened.unwrap_or_else(|error| panic!("{MISSING} ({error})"));
    browser.session = format!(
        "{}/{}",
        browser.session,
        opened["sessionId"].as_str().unwrap()
    );
    let tested = AssertUnwindSafe(test(&browser)).catch_unwind().await;
    browser.must(Method::DELETE, "", &Value::Null).await;
    drop(driver);
    if let Err(panic) = tested {
        resume_unwind(panic);
    }
}

/// How often a driver is started anew whose port was taken.
const DRIVER_STARTS: usize = 5;

/// The driver chooses a free port and says which. It listens on that port of two addresses (`127.0.0.1` and `::1`), chosen
/// for one of them only, so it may end because the other is taken: then it is started anew.
async fn start_driver() -> (Child, u16) {
    for _ in 0..DRIVER_STARTS {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{MISSING} (chromedriver: {error})"));
        let mut lines = BufReader::new(driver.stdout.take().expect("it is piped")).lines();
        while let Some(line) = lines.next_line().await.expect("the driver speaks") {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                return (driver, port.trim_end_matches('.').parse().expect("a port"));
            }
        }
    }
    panic!("chromedriver ended {DRIVER_STARTS} times before it listened");
}

fn capabilities((width, height): Size, profile: &TempDir) -> Value {
    let profile = format!("--user-data-dir={}", profile.path().display());
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--lang=ko",
        "--accept-lang=ko",
        &profile,
    ];
    let metrics =
        json!({"width": width, "height": height, "pixelRatio": 1, "mobile": false, "touch": false});
    let options = json!({"args": arguments, "mobileEmulation": {"deviceMetrics": metrics}});
    json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})
}

impl Browser {
    pub(crate) async fn open(&self, url: &str) {
        self.must(Method::POST, "/url", &json!({"url": url})).await;
    }

    /// Chooses somebody on the login screen and waits for the channel.
    pub(crate) async fn log_in(&self, url: &str, person: &str) {
        self.open(url).await;
        self.click(&format!("[data-person={person}]")).await;
        self.until("document.querySelector('.channel .scroller')?.ariaBusy === 'false'")
            .await;
    }

    /// Opens a channel of the sidebar and waits for its posts.
    pub(crate) async fn open_channel(&self, name: &str) {
        self.until(&format!("document.querySelector('[data-name=\"{name}\"]')"))
            .await;
        self.run(&format!(
            "document.querySelector('[data-name=\"{name}\"]').click()"
        ))
        .await;
        let ready = "document.querySelector('.channel .scroller').ariaBusy === 'false' \
            && document.activeElement === document.querySelector('.channel .composer__field')";
        self.until(&format!("location.hash === '#{name}' && {ready}"))
            .await;
    }

    pub(crate) async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.must(
            Method::POST,
            &format!("/element/{element}/click"),
            &json!({}),
        )
        .await;
    }

    /// Types as a person at a keyboard, into what has the focus.
    pub(crate) async fn press(&self, keys: &str) {
        let focused = id_of(
            &self
                .must(Method::GET, "/element/active", &Value::Null)
                .await,
        );
        self.must(
            Method::POST,
            &format!("/element/{focused}/value"),
            &json!({"text": keys}),
        )
        .await;
    }

    /// The text that people see of the first such element.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let element = self.element(selector).await;
        let text = self
            .must(
                Method::GET,
                &format!("/element/{element}/text"),
                &Value::Null,
            )
            .await;
        text.as_str().unwrap().to_owned()
    }

    /// Waits for the first such element.
    async fn element(&self, selector: &str) -> String {
        self.until(&format!("document.querySelector({})", json!(selector)))
            .await;
        let found = json!({"using": "css selector", "value": selector});
        id_of(&self.must(Method::POST, "/element", &found).await)
    }

    /// The value of an expression.
    pub(crate) async fn value(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}")).await
    }

    pub(crate) async fn run(&self, statement: &str) -> Value {
        let script = json!({"script": statement, "args": []});
        self.must(Method::POST, "/execute/sync", &script).await
    }

    /// What the promise of the script, an expression of `given`, comes to.
    pub(crate) async fn promised(&self, expression: &str, given: Value) -> Value {
        let script = format!(
            "const [given, done] = arguments; ({expression}).then(done, (error) => done(String(error)));"
        );
        let script = json!({"script": script, "args": [given]});
        self.must(Method::POST, "/execute/async", &script).await
    }

    /// Waits until an expression is true on the page, for 30 s at most; a page that is left meanwhile takes its script with it, so that it is
    /// looked at again and again.
    pub(crate) async fn until(&self, condition: &str) {
        let script = format!(
            "const [done] = arguments; const end = performance.now() + 1000; const look = () => {{ if ({condition}) done(true); else if (performance.now() > end) done(false); else requestAnimationFrame(look); }}; look();"
        );
        let script = json!({"script": script, "args": []});
        self.must(Method::POST, "/timeouts", &json!({"script": 2000}))
            .await;
        for _ in 0..15 {
            let looked = self.call(Method::POST, "/execute/async", &script).await;
            if looked.is_ok_and(|found| found == json!(true)) {
                self.must(Method::POST, "/timeouts", &json!({"script": 30_000}))
                    .await;
                return;
            }
        }
        let seen = self.value("document.body.innerText").await;
        panic!("waited for {condition}\n{seen}");
    }

    /// Waits until a post with this text is in the middle of the page.
    pub(crate) async fn until_posted(&self, text: &str) {
        let text = json!(text);
        self.until(&format!("[...document.querySelectorAll('.channel .post__text')].some((post) => post.innerText.includes({text}))")).await;
    }

    pub(crate) async fn must(&self, method: Method, path: &str, body: &Value) -> Value {
        let called = self.call(method, path, body).await;
        called.unwrap_or_else(|error| panic!("{path} {body}: {error}"))
    }

    /// The driver's `value`, or the message of its error.
    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, String> {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.session));
        if method == Method::POST {
            request = request.body(body.to_string());
        }
        let response = request.send().await.map_err(|error| error.to_string())?;
        let is_success = response.status().is_success();
        let text = response.text().await.map_err(|error| error.to_string())?;
        let mut answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let value = answer["value"].take();
        if is_success {
            Ok(value)
        } else {
            Err(value["message"].to_string())
        }
    }
}

/// An element's id stands under a name that the standard fixes.
fn id_of(element: &Value) -> String {
    element["element-6066-11e4-a52e-4f735466cecf"]
        .as_str()
        .unwrap()
        .to_owned()
}
