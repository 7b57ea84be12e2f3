//! The page's files, without a browser.

use std::collections::BTreeSet;
use std::path::Path;

use askwell_playground::page::{CONTENT_SECURITY_POLICY, Person, router};
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

async fn served() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let page: Router = router(|| vec![Person::new("alice", "open \"sesame\"")]);
    TaskTracker::new().spawn(async move { axum::serve(listener, page).await });
    format!("http://{address}")
}

async fn get(url: &str) -> reqwest::Response {
    let client = reqwest::Client::builder().build().unwrap();
    client.get(url).send().await.unwrap()
}

fn files() -> Vec<(String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    let files = std::fs::read_dir(page).unwrap().map(|file| file.unwrap());
    let named = files.map(|file| {
        let name = file.file_name().into_string().unwrap();
        (name, std::fs::read_to_string(file.path()).unwrap())
    });
    named.collect()
}

#[tokio::test]
async fn every_file_of_the_page_is_served_with_its_type() {
    let url = served().await;
    for (name, text) in files() {
        let path = if name == "index.html" {
            "/".to_owned()
        } else {
            format!("/playground/{name}")
        };
        let response = get(&format!("{url}{path}")).await;
        assert_eq!(response.status(), 200, "{name}");
        let kind = match name.rsplit('.').next().unwrap() {
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            other => panic!("no type is known for .{other}"),
        };
        assert_eq!(response.headers()["content-type"], kind);
        assert_eq!(response.text().await.unwrap(), text);
    }
}

#[tokio::test]
async fn the_page_may_load_nothing_from_elsewhere_and_make_no_html_of_text() {
    let url = served().await;
    for path in ["/", "/playground/app.js", "/playground/people.json"] {
        let response = get(&format!("{url}{path}")).await;
        let headers = response.headers();
        assert_eq!(headers["content-security-policy"], CONTENT_SECURITY_POLICY);
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["referrer-policy"], "no-referrer");
    }
    for part in [
        "default-src 'none'",
        "script-src 'self';",
        "require-trusted-types-for 'script'",
    ] {
        assert!(CONTENT_SECURITY_POLICY.contains(part), "{part}");
    }
    assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
}

#[tokio::test]
async fn the_people_of_a_demonstration_are_listed() {
    let url = served().await;
    let people = get(&format!("{url}/playground/people.json")).await;
    assert_eq!(people.headers()["content-type"], "application/json");
    assert_eq!(
        people.text().await.unwrap(),
        r#"[{"username":"alice","password":"open \"sesame\""}]"#
    );
}

#[test]
fn no_file_writes_html_or_names_another_host() {
    for (name, text) in files() {
        for sink in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
        ] {
            assert!(!text.contains(sink), "{name} uses {sink}");
        }
        let hosts = text.matches("://").count();
        let own = text.matches("http://www.w3.org/").count()
            + text.matches("http://${clean}").count()
            + text.matches("${scheme}://${location.host}").count();
        assert_eq!(hosts, own, "{name} names a host");
    }
}

#[test]
fn no_file_of_the_page_is_long() {
    for (name, text) in files() {
        assert!(text.lines().count() < 600, "{name}");
    }
}

#[test]
fn every_sentence_exists_in_both_languages() {
    let (_, text) = files()
        .into_iter()
        .find(|(name, _)| name == "strings.js")
        .unwrap();
    let (korean, english) = text.split_once("\n  en: {").unwrap();
    let english = english.split_once("\n};").unwrap().0;
    assert_eq!(names(korean.split_once("ko: {").unwrap().1), names(english));
}

/// The names before the colons, outside quotes.
fn names(block: &str) -> BTreeSet<String> {
    let outside: Vec<&str> = block.split('"').step_by(2).collect();
    let words = outside
        .iter()
        .flat_map(|text| text.split([' ', '\n', ',', '{', '}']));
    let names = words.filter_map(|word| word.strip_suffix(':'));
    names.map(str::to_owned).collect()
}
