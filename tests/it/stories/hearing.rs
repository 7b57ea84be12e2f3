//! What the bot hears on bad days: a silent line, a long absence, events in the wrong order, a server that starts anew.

use std::time::Duration;

use askwell::mattermost::socket::{PING_EVERY, PONG_WITHIN};
use askwell_playground::model::Reply;
use askwell_playground::{EventFault, Fault, Gate, ManualTime, TimeSource, route};

use super::house::{Account, House};

const ANSWER: &str = "Yes, I heard.";

/// The bot hears, and no write waits for its turn: while one does, the time that it may take does not pass.
const TOML: &str =
    "[bot]\nhears = \"thread\"\n[mattermost]\nwrites_per_second = 1000\nwrite_burst = 1000\n";

/// A house whose bot hears and answers everything alike.
async fn listening(time: TimeSource) -> House {
    let mut house = House::built(Account::Bot, time).await;
    house.open(TOML);
    house.until_the_bot_hears().await;
    house.model.answer_otherwise(Reply::text(ANSWER));
    house
}

impl House {
    /// Mentions the bot in the lobby as alice does; returns the post.
    fn mention(&self, text: &str) -> String {
        let text = format!("@gptbot {text}");
        self.playground.say("alice", "lobby", &text, None)
    }

    /// How many posts of the bot people see in the lobby.
    fn answers(&self) -> usize {
        let posts = self
            .playground
            .look(|view| view.posts_seen_by("bob", "lobby"));
        posts.iter().filter(|post| post.author == "gptbot").count()
    }
}

#[tokio::test]
async fn a_line_on_which_nothing_passes_any_more_is_noticed_and_what_was_missed_is_answered_once() {
    let house = listening(TimeSource::Real).await;
    let first = house.mention("one");
    house.see_reply(&first, ANSWER).await;
    // Neither side is told, and pings are not answered.
    house.playground.half_open_connections_of("gptbot");
    let missed = house.mention("anybody there?");
    let second = Duration::from_secs(1);
    house.pass(PING_EVERY.saturating_sub(second)).await;
    assert_eq!(house.answers(), 1, "nobody heard");
    house.clock.advance(second);
    house.clock.until_someone_sleeps_for(PONG_WITHIN).await;
    house.clock.advance(PONG_WITHIN);
    house.meanwhile(house.see_reply(&missed, ANSWER)).await;
    let last = house.mention("and now?");
    house.see_reply(&last, ANSWER).await;
    assert_eq!((house.answers(), house.model.requests().len()), (3, 3));
}

/// Says so many posts in the lobby that nobody asks anything with, but for one; returns that one.
fn chatter(house: &House, posts: usize, asked_after: usize) -> String {
    let mut asked = None;
    for number in 0..posts {
        if number == asked_after {
            asked = Some(house.mention("did you hear?"));
        }
        let text = format!("this and that {number}");
        house.playground.say("bob", "lobby", &text, None);
    }
    asked.unwrap()
}

/// The bot does not hear for a thousand posts and more, soon after it has come or later; one of them asks.
async fn absent_for_a_thousand_posts(has_been_here: bool, asked_after: usize) {
    let time = ManualTime::default();
    let house = listening(TimeSource::Manual(time.clone())).await;
    let first = house.mention("one");
    house.see_reply(&first, ANSWER).await;
    if has_been_here {
        // After a minute there is a post from which reading back can begin.
        time.advance(Duration::from_secs(90));
        let second = house.mention("two");
        house.see_reply(&second, ANSWER).await;
    }
    let before = house.answers();
    house.playground.cut_connections_of("gptbot");
    time.advance(Duration::from_millis(1));
    let missed = chatter(&house, 1_200, asked_after);
    house.until_the_bot_hears_again().await;
    // Until it heard again time ran freely, so that a call may have been given up, and is made again after a while.
    house.meanwhile(house.see_reply(&missed, ANSWER)).await;
    let last = house.mention("and this?");
    house.meanwhile(house.see_reply(&last, ANSWER)).await;
    let answers = before + 2;
    assert_eq!(house.answers(), answers);
    assert_eq!(house.model.requests().len(), answers);
}

#[tokio::test]
async fn a_question_among_more_than_a_thousand_posts_that_were_missed_is_answered_once() {
    for asked_after in [0, 600, 1_199] {
        absent_for_a_thousand_posts(true, asked_after).await;
    }
}

#[tokio::test]
async fn a_question_among_more_than_a_thousand_posts_is_answered_also_where_the_bot_has_just_come()
{
    for asked_after in [0, 600, 1_199] {
        absent_for_a_thousand_posts(false, asked_after).await;
    }
}

#[tokio::test]
async fn what_comes_late_or_twice_or_not_at_all_is_answered_once() {
    use EventFault::{Doubled, Late, Lost};
    // All within one millisecond.
    let house = listening(TimeSource::Manual(ManualTime::default())).await;
    for faults in [
        &[Doubled][..],
        &[Late, Doubled],
        &[Late, Late, Lost],
        &[Lost, Doubled, Late],
    ] {
        let before = house.answers();
        house.playground.spoil_events_for("gptbot", faults);
        let asked: Vec<_> = (0..3).map(|_| house.mention("well?")).collect();
        for asked in &asked {
            house.meanwhile(house.see_reply(asked, ANSWER)).await;
        }
        let last = house.mention("and this?");
        house.meanwhile(house.see_reply(&last, ANSWER)).await;
        assert_eq!(house.answers(), before + 4, "{faults:?}");
        assert_eq!(house.model.requests().len(), before + 4, "{faults:?}");
    }
}

#[tokio::test]
async fn a_question_that_is_gone_when_it_is_heard_of_is_not_answered_whether_or_not_that_is_heard_too()
 {
    use EventFault::{Doubled, Lost};
    for faults in [&[][..], &[Doubled, Lost]] {
        let house = listening(TimeSource::Real).await;
        house.playground.stall_connections_of("gptbot");
        let gone = house.mention("never mind");
        house.playground.delete("alice", &gone);
        house.playground.spoil_events_for("gptbot", faults);
        house.playground.unstall_connections_of("gptbot");
        for text in ["but this?", "and this?"] {
            let asked = house.mention(text);
            house.see_reply(&asked, ANSWER).await;
        }
        assert_eq!(house.answers(), 2, "{:?}", house.texts("bob"));
        let requests = house.model.requests();
        assert_eq!(requests.len(), 2, "the model is not told of it");
        let direct = house.playground.direct_channel("alice", "gptbot");
        assert!(house.texts_in(&direct, "alice").is_empty());
    }
}

#[tokio::test]
async fn a_mention_whose_answer_grew_when_the_server_started_anew_is_answered_in_its_post_and_the_next_is_heard()
 {
    let house = listening(TimeSource::Real).await;
    let growing = Reply::deltas(["The first half of a long answer. "])
        .gate("restart")
        .content("The second half.");
    house.model.answer_next(growing);
    let asked = house.mention("a long one?");
    let begun = house.see_reply(&asked, "first half").await;
    house.model.wait_at_gate("restart").await;
    house.playground.go_down().await;
    house.model.open_gate("restart");
    house.model.wait_for_answers(1).await;
    house.pass(Duration::from_secs(20)).await;
    house.playground.come_up().await;
    let seen = house.see_reply(&asked, "The second half.");
    let whole = house.meanwhile(seen).await;
    assert_eq!(whole.id, begun.id);
    // Asked before the bot has found its way back.
    let next = house.mention("and now?");
    house.meanwhile(house.see_reply(&next, ANSWER)).await;
    assert_eq!((house.answers(), house.model.requests().len()), (2, 2));
}

#[tokio::test]
async fn a_proxy_that_answers_in_place_of_the_server_is_outwaited_and_what_was_missed_is_answered_once()
 {
    for fault in [Fault::BadGateway, Fault::LoginPage] {
        let house = listening(TimeSource::Real).await;
        let first = house.mention("one");
        house.see_reply(&first, ANSWER).await;
        house.playground.faults().next(route::ANY, 8, fault);
        house.playground.cut_connections_of("gptbot");
        let missed = house.mention("anybody there?");
        house.meanwhile(house.see_reply(&missed, ANSWER)).await;
        assert_eq!(house.playground.faults().left(), 0);
        let last = house.mention("and now?");
        house.meanwhile(house.see_reply(&last, ANSWER)).await;
        assert_eq!((house.answers(), house.model.requests().len()), (3, 3));
    }
}

#[tokio::test]
async fn a_first_direct_message_is_answered_however_far_reading_back_came_before_it_failed() {
    for read in 0..4 {
        let time = ManualTime::default();
        let mut house = listening(TimeSource::Manual(time.clone())).await;
        let first = house.mention("one");
        house.see_reply(&first, ANSWER).await;
        house.close().await;
        let direct = house.playground.direct_channel("bob", "gptbot");
        house
            .playground
            .say("bob", &direct, "can you hear me?", None);
        time.advance(Duration::from_mins(5));
        for channel in ["lobby", "garden"] {
            house.playground.say("bob", channel, "much later", None);
        }
        let faults = house.playground.faults();
        if read > 0 {
            let gate = Gate::new();
            gate.release();
            faults.next(route::CHANNEL_POSTS, read, Fault::HangAfter(gate));
        }
        faults.next(route::CHANNEL_POSTS, 1, Fault::InternalError);
        house.open(TOML);
        let answered = house.playground.wait_until("an answer", |view| {
            let posts = view.posts_seen_by("bob", &direct);
            posts.iter().any(|post| post.text == ANSWER)
        });
        house.meanwhile(answered).await;
    }
}
