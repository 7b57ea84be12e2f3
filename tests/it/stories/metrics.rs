//! What `/metrics` says of what people live through: is it fast, is it right, what does it cost. Exactly, because time is in the test's hands.

use std::time::Duration;

use askwell::telemetry::{Sample, samples};
use askwell_playground::model::{Reply, ScriptedModel, Usage};
use askwell_playground::{EventFault, Fault, Gate, ManualTime, TimeSource, route};

use super::house::{Account, House};

/// So often it is looked whether something was counted, before it is called lost.
const LOOKS: usize = 2_000;

/// Beyond the growth from which on an answer is edited.
const PART: &str = "A part of an answer that is long enough to be shown as soon as it is there, because people would otherwise wait too long, and that ends here. ";

type Labels<'l> = &'l [(&'l str, &'l str)];

impl House {
    async fn samples(&self) -> Vec<Sample> {
        samples(&self.metrics().await)
    }

    /// The number under a name and labels; none where there is no such series, or several.
    async fn counted(&self, name: &str, labels: Labels<'_>) -> Option<f64> {
        let samples = self.samples().await;
        let mut found = samples.iter().filter(|sample| sample.is(name, labels));
        let value = found.next().map(|sample| sample.value);
        value.filter(|_| found.next().is_none())
    }

    /// Waits until a number is this one.
    pub(super) async fn count_is(&self, name: &str, labels: Labels<'_>, value: f64) {
        let mut last = None;
        for _ in 0..LOOKS {
            last = self.counted(name, labels).await;
            if last.is_some_and(|last| (last - value).abs() < 1e-6) {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{name} {labels:?} is {last:?}, not {value}");
    }

    /// Asserts numbers, all at once.
    async fn assert_counts(&self, expected: &[(&str, Labels<'_>, f64)]) {
        for (name, labels, value) in expected {
            let counted = self.counted(name, labels).await;
            let is_right = counted.is_some_and(|counted| (counted - value).abs() < 1e-6);
            assert!(is_right, "{name} {labels:?} is {counted:?}, not {value}");
        }
    }

    async fn see_text(&self, text: &str) {
        let text = text.trim();
        self.see("bob", text, |post| post.text.contains(text)).await;
    }
}

const DEFAULT: Labels<'_> = &[("target", "default")];

#[tokio::test]
async fn one_answered_question_is_measured_to_the_millisecond() {
    let house = House::with(Account::Bot, "").await;
    let parts = [1, 2].map(|number| format!("{number}: {PART}"));
    let growing = Reply::empty()
        .gate("first")
        .content(&parts[0])
        .gate("second")
        .content(&parts[1])
        .gate("end")
        .content("End.")
        .usage(Usage {
            prompt: 100,
            completion: 40,
        });
    house.model.answer_next(growing);
    house.ask("alice", "hi").await;
    house.model.wait_at_gate("first").await;
    house.clock.advance(Duration::from_millis(700));
    house.model.open_gate("first");
    house.see_text(&parts[0]).await;
    house
        .count_is("askwell_first_text_seconds_sum", &[], 0.7)
        .await;
    house.clock.advance(Duration::from_secs(1));
    // Mattermost takes its time over the first edit.
    let slow = Gate::new();
    let fault = Fault::HangBefore(slow.clone());
    house.playground.faults().next(route::PATCH_POST, 1, fault);
    house.model.open_gate("second");
    slow.reached().await;
    house.clock.advance(Duration::from_millis(300));
    slow.release();
    house
        .count_is("askwell_edit_lag_seconds_sum", &[], 0.3)
        .await;
    house.clock.advance(Duration::from_secs(1));
    house.model.open_gate("end");
    let answered: Labels<'_> = &[("outcome", "answered")];
    house
        .count_is("askwell_questions_total", answered, 1.0)
        .await;
    let tokens = |kind| [("target", "default"), ("kind", kind)];
    house
        .assert_counts(&[
            ("askwell_admissions_total", &[("result", "accepted")], 1.0),
            ("askwell_acknowledge_seconds_count", &[], 1.0),
            ("askwell_acknowledge_seconds_sum", &[], 0.0),
            ("askwell_queue_wait_seconds_count", &[], 1.0),
            ("askwell_queue_wait_seconds_sum", &[], 0.0),
            ("askwell_first_text_seconds_count", &[], 1.0),
            ("askwell_first_text_seconds_bucket", &[("le", "0.5")], 0.0),
            ("askwell_first_text_seconds_bucket", &[("le", "1.0")], 1.0),
            ("askwell_answer_seconds_count", &[], 1.0),
            ("askwell_answer_seconds_sum", &[], 3.0),
            ("askwell_edit_lag_seconds_count", &[], 2.0),
            ("askwell_edit_lag_seconds_sum", &[], 0.3),
            ("askwell_edits_per_answer_count", &[], 1.0),
            ("askwell_edits_per_answer_sum", &[], 2.0),
            ("askwell_first_token_seconds_sum", DEFAULT, 0.7),
            // 40 tokens from 0.7 s on to 3.0 s.
            ("askwell_tokens_per_second_sum", DEFAULT, 40.0 / 2.3),
            ("askwell_model_calls_total", &[("result", "ok")], 1.0),
            ("askwell_tokens_total", &tokens("prompt"), 100.0),
            ("askwell_tokens_total", &tokens("completion"), 40.0),
            ("askwell_breaker_state", DEFAULT, 0.0),
            (
                "askwell_build_info",
                &[("version", env!("CARGO_PKG_VERSION"))],
                1.0,
            ),
        ])
        .await;
    let waiting: Labels<'_> = &[("server", "mattermost"), ("state", "waiting")];
    house.clock.advance(Duration::from_secs(5));
    house
        .assert_counts(&[("askwell_backlog", waiting, 0.0)])
        .await;
}

#[tokio::test]
async fn what_was_asked_and_answered_is_in_no_metric() {
    let house = House::with(Account::Bot, "").await;
    house
        .model
        .answer_next(Reply::text("pineapple").by_model("papaya\"} 1\nx 1"));
    house.ask("alice", "tangerine").await;
    house.see_text("pineapple").await;
    house.count_is("askwell_questions_total", &[], 1.0).await;
    let text = house.metrics().await;
    for word in ["pineapple", "tangerine", "papaya", "alice", "lobby"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
    assert!(text.ends_with("# EOF\n"), "{text}");
}

/// A house whose bot hears and has answered once.
async fn listening() -> House {
    let time = TimeSource::Manual(ManualTime::default());
    let mut house = House::built(Account::Bot, time).await;
    house.open("[bot]\nhears = \"thread\"\n");
    house.until_the_bot_hears().await;
    house.model.answer_otherwise(Reply::text("Yes."));
    house.say_and_be_answered("@gptbot one").await;
    house.count_is("askwell_questions_total", &[], 1.0).await;
    house.count_is("askwell_sockets_connected", &[], 1.0).await;
    house
}

impl House {
    async fn say_and_be_answered(&self, text: &str) {
        let asked = self.playground.say("alice", "lobby", text, None);
        self.meanwhile(self.see_reply(&asked, "Yes.")).await;
    }
}

#[tokio::test]
async fn a_gap_in_what_the_bot_hears_is_counted_and_so_is_what_is_read_back_of_it() {
    let house = listening().await;
    let gaps = house.counted("askwell_websocket_gaps_total", &[]).await;
    let read = house.counted("askwell_catch_up_posts_sum", &[]).await;
    // The next event shows that one was lost.
    let faults = [EventFault::Lost];
    house.playground.spoil_events_for("gptbot", &faults);
    let lost = house.playground.say("alice", "lobby", "@gptbot two", None);
    house.say_and_be_answered("@gptbot three").await;
    house.meanwhile(house.see_reply(&lost, "Yes.")).await;
    let one_more = gaps.unwrap() + 1.0;
    house
        .count_is("askwell_websocket_gaps_total", &[], one_more)
        .await;
    house.count_is("askwell_questions_total", &[], 3.0).await;
    let read_now = house.counted("askwell_catch_up_posts_sum", &[]).await;
    assert!(
        read_now >= read.map(|read| read + 2.0),
        "{read:?} {read_now:?}"
    );
    let duplicates = [("result", "duplicate")];
    let duplicates = house.counted("askwell_admissions_total", &duplicates).await;
    assert!(
        duplicates >= Some(1.0),
        "what is read back was heard: {duplicates:?}"
    );
}

#[tokio::test]
async fn a_connection_that_is_lost_is_counted_and_no_gap_where_it_goes_on() {
    let house = listening().await;
    let gaps = house.counted("askwell_websocket_gaps_total", &[]).await;
    house.playground.cut_connections_of("gptbot");
    house
        .count_is("askwell_websocket_reconnects_total", &[], 1.0)
        .await;
    house.count_is("askwell_sockets_connected", &[], 0.0).await;
    house.say_and_be_answered("@gptbot two").await;
    house.count_is("askwell_sockets_connected", &[], 1.0).await;
    let still = gaps.unwrap();
    house
        .count_is("askwell_websocket_gaps_total", &[], still)
        .await;
}

#[tokio::test]
async fn a_model_that_fails_and_one_that_takes_over_are_told_apart() {
    let second = ScriptedModel::start().await;
    let toml = format!(
        "[model]\nfallbacks = [\"second\"]\n[[models]]\nid = \"second\"\nname = \"m2\"\nbase_url = \"{}\"\n",
        second.base_url()
    );
    let house = House::with(Account::Bot, &toml).await;
    house.model.answer_otherwise(Reply::server_error());
    second.answer_otherwise(Reply::text("From the second."));
    for number in 1..=3 {
        house.ask("alice", &format!("q{number}")).await;
        let whole = format!("q{number}\n**GPT**: From the second.");
        house.see_text(&whole).await;
        let answered: Labels<'_> = &[("outcome", "answered")];
        house
            .count_is("askwell_questions_total", answered, f64::from(number))
            .await;
    }
    let of = |target, result| [("target", target), ("result", result)];
    house
        .assert_counts(&[
            (
                "askwell_model_calls_total",
                &of("default", "unavailable"),
                3.0,
            ),
            ("askwell_model_calls_total", &of("second", "ok"), 3.0),
            ("askwell_breaker_state", DEFAULT, 2.0),
            ("askwell_breaker_state", &[("target", "second")], 0.0),
        ])
        .await;
    house.clock.advance(Duration::from_secs(5));
    house
        .assert_counts(&[("askwell_breaker_state", DEFAULT, 1.0)])
        .await;
}

#[tokio::test]
async fn a_refusal_and_a_failure_are_counted_by_their_words_and_not_timed_as_answers() {
    let house = House::with(Account::Bot, "").await;
    let filtered = Reply::error(400, "No.", "invalid_request_error", Some("content_filter"));
    house.model.answer_next(filtered);
    house.ask("alice", "one").await;
    let refused: Labels<'_> = &[("outcome", "refused:filtered")];
    house
        .count_is("askwell_questions_total", refused, 1.0)
        .await;
    house.model.answer_next(Reply::unauthorized());
    house.clock.advance(Duration::from_secs(1));
    house.ask("alice", "two").await;
    let failed: Labels<'_> = &[("outcome", "failed:model_key_refused")];
    house.count_is("askwell_questions_total", failed, 1.0).await;
    house
        .assert_counts(&[
            ("askwell_model_calls_total", &[("result", "filtered")], 1.0),
            (
                "askwell_model_calls_total",
                &[("result", "key_refused")],
                1.0,
            ),
            ("askwell_answer_seconds_count", &[], 0.0),
            ("askwell_first_text_seconds_count", &[], 0.0),
        ])
        .await;
}

#[tokio::test]
async fn what_mattermost_refuses_as_too_much_is_counted_and_the_limiter_says_that_it_waits() {
    let house = House::with(Account::Bot, "").await;
    let fault = Fault::TooManyRequests {
        retry_after_seconds: Some(7),
    };
    house.playground.faults().next(route::CREATE_POST, 1, fault);
    house.model.answer_next(Reply::text("At last."));
    house.ask("alice", "hi").await;
    house
        .count_is("askwell_mattermost_rate_limited_total", &[], 1.0)
        .await;
    house
        .assert_counts(&[("askwell_limiter_tokens", &[], 0.0)])
        .await;
    let is_waiting = house.counted("askwell_limiter_waiting", &[]).await;
    assert!(is_waiting.is_some(), "{is_waiting:?}");
    house.meanwhile(house.see_text("At last.")).await;
    let created = [("call", "create a post"), ("status", "2xx")];
    let limited = [("call", "create a post"), ("status", "429")];
    house
        .count_is("askwell_mattermost_calls_total", &created, 1.0)
        .await;
    house
        .assert_counts(&[("askwell_mattermost_calls_total", &limited, 1.0)])
        .await;
}

#[tokio::test]
async fn an_answer_that_could_be_shown_to_nobody_is_a_dead_letter() {
    let house = super::dead_letters::house_after_a_long_outage(true).await;
    let reason: Labels<'_> = &[("reason", "out_of_reach")];
    house
        .count_is("askwell_dead_letters_total", reason, 1.0)
        .await;
    house.clock.advance(Duration::from_secs(5));
    let dead: Labels<'_> = &[("state", "dead")];
    house.assert_counts(&[("askwell_backlog", dead, 1.0)]).await;
    let is_away = |sample: &Sample| {
        sample.is("askwell_mattermost_calls_total", &[("status", "none")]) && sample.value >= 1.0
    };
    assert!(house.samples().await.iter().any(is_away));
}

#[tokio::test]
async fn nothing_but_metrics_is_served_beside_them() {
    let house = House::with(Account::Bot, "").await;
    let metrics = house.metrics_url();
    let client = reqwest::Client::builder().build().unwrap();
    let reply = client.get(&metrics).send().await.unwrap();
    let kind = reply.headers()["content-type"].to_str().unwrap();
    assert_eq!(
        kind,
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    for (address, status) in [
        (metrics.replace("/metrics", "/"), 404),
        (metrics.replace("/metrics", "/healthz"), 404),
        (format!("{}/metrics", house.url), 404),
    ] {
        assert_eq!(client.get(&address).send().await.unwrap().status(), status);
    }
    let posted = client.post(&metrics).body("x").send().await.unwrap();
    assert_eq!(posted.status(), 405);
}
