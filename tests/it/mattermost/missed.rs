//! Reading back what was missed in a channel: all of it, in order, wherever it is read on from.

use askwell::domain::id::PostId;
use askwell::ports::Mattermost as _;

use super::Chat;

/// Posts of which any thousand are given where more have changed.
const CHANGED_POSTS: usize = 1_000;

/// The texts of what was missed, read on from a post or from the moment of the first.
async fn read_back(chat: &Chat, anchor: Option<&PostId>, since_ms: i64) -> Vec<String> {
    let posts = chat.server.posts_since(&chat.lobby, anchor, since_ms).await;
    let posts = posts.unwrap().expect("the channel is seen");
    posts.into_iter().map(|post| post.message).collect()
}

#[tokio::test]
async fn all_that_was_missed_is_read_back_however_much_it_is_and_wherever_it_is_read_on_from() {
    for count in [CHANGED_POSTS - 1, CHANGED_POSTS, CHANGED_POSTS + 1] {
        let chat = Chat::start().await;
        let anchor = chat.say("alice", "heard");
        let since_ms = chat.time.now_ms();
        let said: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        for text in &said {
            chat.say("alice", text);
        }
        for anchor in [Some(&anchor), None] {
            assert_eq!(read_back(&chat, anchor, since_ms).await, said);
        }
    }
}

#[tokio::test]
async fn where_the_post_to_read_on_from_is_gone_for_good_it_is_read_from_its_time() {
    let chat = Chat::start().await;
    let since_ms = chat.time.now_ms();
    chat.say("alice", "missed");
    let gone = PostId::parse("cyi3e1qg4tbwfyu1i56pnrempo").unwrap();
    let said = read_back(&chat, Some(&gone), since_ms).await;
    assert_eq!(said.last().map(String::as_str), Some("missed"));
}
