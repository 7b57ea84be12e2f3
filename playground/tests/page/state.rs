//! What the page knows, and in which order.

use askwell_playground::{Options, Playground};
use serde_json::json;

use crate::browser::{DESKTOP, with_browser};

#[tokio::test]
async fn a_preview_grows_in_place_and_gives_way_to_the_post() {
    let playground = Playground::start(Options::default()).await.unwrap();
    with_browser(DESKTOP, async |browser| {
        browser.open(&playground.url()).await;
        let texts = browser.promised(
            "import('/playground/state.js').then(({ State }) => { const state = new State(); const seen = []; \
                for (const [update_at, message] of given) { state.receive({ id: 'p', update_at, message, root_id: '', channel_id: 'c', delete_at: 0 }); \
                    seen.push(state.rootsOf('c').map((post) => post.message).join()); } return seen; })",
            json!([[100, "real"], [101, "a"], [102, "a b"], [0, "ignored"], [101, "late"], [900, "real, whole"]]),
        ).await;
        assert_eq!(texts, json!(["real", "a", "a b", "a b", "a b", "real, whole"]));
    })
    .await;
}

#[tokio::test]
async fn posts_of_one_millisecond_keep_the_order_in_which_the_server_lists_them() {
    let playground = Playground::start(Options::default()).await.unwrap();
    with_browser(DESKTOP, async |browser| {
        browser.open(&playground.url()).await;
        let ids = browser
            .promised(
                "import('/playground/state.js').then(({ State }) => { const state = new State(); \
                state.receiveAll({ order: given, posts: Object.fromEntries([...given].sort().map((id) => \
                    [id, { id, create_at: 1, update_at: 1, root_id: '', channel_id: 'c', delete_at: 0 }])) }); \
                return state.rootsOf('c').map((post) => post.id); })",
                json!(["newest", "a", "oldest"]),
            )
            .await;
        assert_eq!(ids, json!(["oldest", "a", "newest"]));
    })
    .await;
}
