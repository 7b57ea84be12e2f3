//! A headless Chromium that a test holds in its hands.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::process::Stdio;

use fantoccini::{Client, ClientBuilder, Locator};
use futures_util::FutureExt;
use serde_json::{Map, Value, json};
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
    client: Client,
}

/// Gives the test a browser of its own, and closes it however the test ends.
pub(crate) async fn with_browser(size: Size, test: impl AsyncFnOnce(&Browser)) {
    let (driver, port) = start_driver().await;
    let profile = tempfile::tempdir().expect("a directory for the browser's profile");
    let mut builder = ClientBuilder::rustls().expect("TLS, of which nothing is used here");
    let client = builder
        .capabilities(capabilities(size, &profile))
        .connect(&format!("http://127.0.0.1:{port}"))
        .await
        .unwrap_or_else(|error| panic!("{MISSING} ({error})"));
    let browser = Browser { client };
    let tested = AssertUnwindSafe(test(&browser)).catch_unwind().await;
    browser.client.close().await.expect("the browser closes");
    drop(driver);
    if let Err(panic) = tested {
        resume_unwind(panic);
    }
}

/// The driver chooses a free port and says which.
async fn start_driver() -> (Child, u16) {
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
    panic!("chromedriver ended before it listened");
}

fn capabilities((width, height): Size, profile: &TempDir) -> Map<String, Value> {
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
    Map::from_iter([("goog:chromeOptions".to_owned(), options)])
}

impl Browser {
    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
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
        let found = self.client.wait().for_element(Locator::Css(selector)).await;
        found
            .unwrap_or_else(|error| panic!("{selector}: {error}"))
            .click()
            .await
            .unwrap();
    }

    /// Types as a person at a keyboard, into what has the focus.
    pub(crate) async fn press(&self, keys: &str) {
        let focused = self.client.active_element().await.unwrap();
        focused.send_keys(keys).await.unwrap();
    }

    /// The text that people see of the first such element.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let found = self.client.wait().for_element(Locator::Css(selector)).await;
        found
            .unwrap_or_else(|error| panic!("{selector}: {error}"))
            .text()
            .await
            .unwrap()
    }

    /// The value of an expression.
    pub(crate) async fn value(&self, expression: &str) -> Value {
        self.client
            .execute(&format!("return {expression}"), vec![])
            .await
            .unwrap()
    }

    pub(crate) async fn run(&self, statement: &str) {
        self.client.execute(statement, vec![]).await.unwrap();
    }

    /// What the promise of the script, an expression of `given`, comes to.
    pub(crate) async fn promised(&self, expression: &str, given: Value) -> Value {
        let script = format!(
            "const [given, done] = arguments; ({expression}).then(done, (error) => done(String(error)));"
        );
        self.client
            .execute_async(&script, vec![given])
            .await
            .unwrap()
    }

    /// Waits until an expression is true on the page; the driver gives up after 30 s.
    pub(crate) async fn until(&self, condition: &str) {
        let script = format!(
            "const [done] = arguments; const look = () => {{ if ({condition}) done(true); else requestAnimationFrame(look); }}; look();"
        );
        let waited = self.client.execute_async(&script, vec![]).await;
        if let Err(error) = waited {
            let seen = self.value("document.body.innerText").await;
            panic!("waited for {condition}: {error}\n{seen}");
        }
    }

    /// Waits until a post with this text is in the middle of the page.
    pub(crate) async fn until_posted(&self, text: &str) {
        let text = json!(text);
        self.until(&format!("[...document.querySelectorAll('.channel .post__text')].some((post) => post.innerText.includes({text}))")).await;
    }
}
