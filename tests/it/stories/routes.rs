//! Several models: what people see when one is dead, slow, breaks off or is asked too often. Mostly: nothing.

use std::time::Duration;

use askwell::text::{Language, Reason, Sentence, say};
use askwell_playground::model::{Reply, ScriptedModel, Usage};

use super::house::{Account, House};
use crate::llm::provider::{Answered, Provider};

/// A house with a second model, and whatever else is configured.
struct Two {
    house: House,
    second: ScriptedModel,
}

/// How the second model is reached: by another protocol, so that both are asked here.
const SECOND: &str = "[[models]]\nid = \"second\"\nwire = \"messages\"\nname = \"m2\"\nbase_url = ";

impl Two {
    async fn with(toml: &str) -> Self {
        let second = ScriptedModel::start().await;
        let toml = format!("{SECOND}\"{}\"\n{toml}", second.base_url());
        let house = House::with(Account::Bot, &toml).await;
        Self { house, second }
    }

    /// The second model is asked where the first fails.
    async fn in_order() -> Self {
        Self::with("[model]\nfallbacks = [\"second\"]\n").await
    }

    async fn see(&self, text: &str) {
        self.house
            .see_in_time("bob", text, |post| post.text == text)
            .await;
    }

    fn asked(&self) -> [usize; 2] {
        [&self.house.model, &self.second].map(|model| model.requests().len())
    }
}

fn answer(question: &str, text: &str) -> String {
    format!("**alice**: {question}\n**GPT**: {text}")
}

#[tokio::test]
async fn a_model_that_dies_before_its_first_word_is_not_noticed() {
    for reply in [
        Reply::server_error(),
        Reply::reset(),
        Reply::unauthorized(),
        Reply::model_not_found(),
        Reply::out_of_quota(),
        Reply::rate_limited(None),
        Reply::html(200),
        Reply::empty(),
        Reply::empty().cut(),
        Reply::empty().reasoning("hm").cut(),
        Reply::empty().error_in_stream("overloaded"),
    ] {
        let two = Two::in_order().await;
        two.house.model.answer_otherwise(reply);
        two.second.answer_otherwise(Reply::text("All is well."));
        two.house.ask("alice", "hi").await;
        two.see(&answer("hi", "All is well.")).await;
        assert_eq!(two.house.texts("bob").len(), 1);
        assert_eq!(two.asked(), [1, 1]);
    }
}

#[tokio::test]
async fn a_model_that_says_nothing_is_left_for_the_next() {
    // As long as nobody else sleeps.
    let patience = Duration::from_secs(47);
    let toml = "[model]\nfallbacks = [\"second\"]\nfirst_token_timeout_seconds = 47\n";
    let two = Two::with(toml).await;
    two.house.model.answer_otherwise(Reply::silence());
    two.second.answer_otherwise(Reply::text("All is well."));
    two.house.ask("alice", "hi").await;
    two.house.model.wait_for_requests(1).await;
    two.house.clock.until_someone_sleeps_for(patience).await;
    two.house.clock.advance(patience);
    two.see(&answer("hi", "All is well.")).await;
    two.house.model.wait_for_disconnect().await;
}

#[tokio::test]
async fn what_a_filter_refuses_no_other_model_is_asked() {
    let two = Two::in_order().await;
    let refused = Reply::error(400, "No.", "invalid_request_error", Some("content_filter"));
    two.house.model.answer_otherwise(refused);
    two.house.ask("alice", "hi").await;
    let told = say(Language::Korean, &Sentence::Refused(Reason::ModelRefused));
    two.house
        .see_in_time("bob", "the refusal", |post| post.text.contains(&told))
        .await;
    assert_eq!(two.asked(), [1, 0]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_gone_on_with_by_the_next_model() {
    let two = Two::in_order().await;
    let half = Reply::deltas(["The first half of it, "]).cut();
    two.house.model.answer_otherwise(half);
    // Models often say the last words once more.
    let rest = Reply::text("half of it, and the second.");
    two.second.answer_otherwise(rest);
    two.house.ask("alice", "hi").await;
    let footnote = say(Language::Korean, &Sentence::AnswerWentOn);
    let whole = format!("The first half of it, and the second.\n\n{footnote}");
    two.see(&answer("hi", &whole)).await;
    assert_eq!(two.asked(), [1, 1]);
    let requests = two.second.requests();
    let said = requests[0].messages();
    let [.., question, written, _] = said.as_slice() else {
        panic!("{said:?}");
    };
    assert_eq!(question.1, "alice: hi");
    assert_eq!(
        (written.0.as_str(), written.1.trim()),
        ("assistant", "The first half of it,")
    );
}

#[tokio::test]
async fn where_nobody_goes_on_what_was_written_stays() {
    let two = Two::in_order().await;
    let half = Reply::deltas(["The first half of it, "]).cut();
    two.house.model.answer_otherwise(half);
    two.second.answer_otherwise(Reply::server_error());
    two.house.ask("alice", "hi").await;
    let footnote = say(Language::Korean, &Sentence::AnswerInterrupted);
    let whole = format!("The first half of it,\n\n{footnote}");
    two.see(&answer("hi", &whole)).await;
    assert_eq!(two.asked(), [1, 1]);
}

#[tokio::test]
async fn a_model_that_keeps_failing_is_asked_no_more_until_it_had_time_to_recover() {
    let two = Two::in_order().await;
    two.house.model.answer_otherwise(Reply::server_error());
    two.second.answer_otherwise(Reply::text("From the second."));
    for number in 1..=5 {
        two.house.ask("alice", &format!("q{number}")).await;
        let whole = answer(&format!("q{number}"), "From the second.");
        // No time passes.
        two.house
            .see("bob", &whole, |post| post.text == whole)
            .await;
    }
    assert_eq!(two.asked(), [3, 5], "three failures open the breaker");

    two.house.model.forget_script();
    two.house
        .model
        .answer_otherwise(Reply::text("From the first again."));
    two.house.pass(Duration::from_secs(30)).await;
    two.house.ask("alice", "and now?").await;
    two.see(&answer("and now?", "From the first again.")).await;
}

#[tokio::test]
async fn a_model_that_was_asked_too_often_is_left_alone_for_as_long_as_it_says() {
    let two = Two::in_order().await;
    let limited = Reply::rate_limited(Some("600"));
    two.house.model.answer_otherwise(limited);
    two.second.answer_otherwise(Reply::text("From the second."));
    for number in 1..=6 {
        two.house.ask("alice", &format!("q{number}")).await;
        two.see(&answer(&format!("q{number}"), "From the second."))
            .await;
    }
    assert_eq!(two.asked(), [1, 6]);
}

#[tokio::test]
async fn where_all_models_are_down_one_sentence_says_so_and_they_recover_by_themselves() {
    let two = Two::in_order().await;
    two.house.model.answer_otherwise(Reply::server_error());
    two.second.answer_otherwise(Reply::unavailable());
    two.house.ask("alice", "hi").await;
    let told = say(
        Language::Korean,
        &Sentence::Refused(Reason::ModelUnreachable),
    );
    two.house
        .see_in_time("bob", "the sentence", |post| post.text.contains(&told))
        .await;
    assert_eq!(two.house.texts("bob").len(), 1);

    two.house.model.forget_script();
    two.house
        .model
        .answer_otherwise(Reply::text("All is well again."));
    two.house.ask("alice", "and now?").await;
    two.see(&answer("and now?", "All is well again.")).await;
}

#[tokio::test]
async fn a_model_that_is_slower_than_it_mostly_is_gets_a_second_one_beside_it() {
    let route = "[[routes]]\nid = \"default\"\ntargets = [\"default\"]\nfallbacks = [\"second\"]\nhedge = true\n";
    let two = Two::with(route).await;
    two.second.answer_otherwise(Reply::text("From the second."));
    for number in 0..20 {
        let said = format!("Number {number}.");
        two.house.model.answer_next(Reply::text(&said));
        two.house.ask("alice", &format!("q{number}")).await;
        let whole = answer(&format!("q{number}"), &said);
        // No time passes: each first token comes at once. What Mattermost takes in a second is waited for after it.
        two.house
            .see("bob", &whole, |post| post.text == whole)
            .await;
        two.house.pass(Duration::from_secs(1)).await;
    }
    assert_eq!(two.asked(), [20, 0]);

    two.house.model.answer_next(Reply::silence());
    two.house.ask("alice", "slow?").await;
    let soon = Duration::from_millis(200);
    two.house.model.wait_for_requests(21).await;
    two.house.clock.until_someone_sleeps_for(soon).await;
    two.house.clock.advance(soon);
    two.see(&answer("slow?", "From the second.")).await;
    assert_eq!(two.asked(), [21, 1]);
    two.house.model.wait_for_disconnect().await;
}

#[tokio::test]
async fn answers_are_shared_out_by_weight_and_beyond_what_a_model_may_write_at_once() {
    let route = "[model]\nmax_concurrent = 1\n[[routes]]\nid = \"default\"\ntargets = [\"default*1000\", \"second\"]\n";
    let two = Two::with(route).await;
    let held = Reply::text("From the first.").gate_before_head("first");
    two.house.model.answer_next(held);
    two.second.answer_otherwise(Reply::text("From the second."));
    two.house.ask("alice", "one").await;
    two.house.model.wait_for_requests(1).await;
    two.house.ask("bob", "two").await;
    let second = "**bob**: two\n**GPT**: From the second.";
    two.see(second).await;
    two.house.model.open_gate("first");
    two.see(&answer("one", "From the first.")).await;
}

#[tokio::test]
async fn what_a_server_refuses_to_be_told_is_left_out_from_then_on() {
    let house = House::with(Account::Bot, "[model]\ntemperature = 0.2\ntop_k = 5\n").await;
    house.model.answer_otherwise_by(|request| {
        for field in ["stream_options", "top_k"] {
            if request.body.get(field).is_some() {
                let message = format!("Unsupported parameter: '{field}' is not supported.");
                return Reply::error(400, &message, "invalid_request_error", None);
            }
        }
        Reply::text("Without them, then.")
    });
    for (question, asked) in [("hi", 3), ("again", 4)] {
        house.ask("alice", question).await;
        let whole = answer(question, "Without them, then.");
        house
            .see_in_time("bob", &whole, |post| post.text == whole)
            .await;
        assert_eq!(house.model.requests().len(), asked);
    }
    let last = house.model.requests().pop().unwrap();
    assert_eq!(last.body["temperature"], 0.2);
}

#[tokio::test]
async fn a_prompt_that_does_not_fit_after_all_is_made_smaller_once() {
    let house = House::with(Account::Bot, "[conversation]\nscope = \"person\"\n").await;
    house.model.answer_otherwise_by(|request| {
        if request.messages().len() > 4 {
            let message = "This model's maximum context length is 100 tokens.";
            let code = Some("context_length_exceeded");
            return Reply::error(400, message, "invalid_request_error", code);
        }
        Reply::text("It fits.")
    });
    for number in 0..3 {
        house.ask("alice", &format!("q{number}")).await;
        let whole = answer(&format!("q{number}"), "It fits.");
        house
            .see_in_time("bob", &whole, |post| post.text == whole)
            .await;
    }
    assert_eq!(house.model.requests().len(), 4);
}

#[tokio::test]
async fn a_prompt_is_made_as_small_as_it_is_said_to_have_to_be() {
    let toml = "[conversation]\nscope = \"person\"\n[answer]\ninstructions = \"k\"\n[model]\nanswer_tokens = 100\n";
    let house = House::with(Account::Bot, toml).await;
    // Ten tokens a message, of which nine fit.
    house.model.answer_otherwise_by(|request| {
        let sent = request.messages().len();
        if sent > 9 {
            let message = format!(
                "This model's maximum context length is 1090 tokens. However, you requested {} tokens.",
                sent * 1_200 / 10
            );
            let code = Some("context_length_exceeded");
            return Reply::error(400, &message, "invalid_request_error", code);
        }
        Reply::text("It fits.")
    });
    for number in 0..6 {
        house.clock.advance(Duration::from_secs(1));
        house.ask("alice", &format!("q{number}")).await;
        let whole = answer(&format!("q{number}"), "It fits.");
        house
            .see_in_time("bob", &whole, |post| post.text == whole)
            .await;
    }
    let sizes: Vec<usize> = house
        .model
        .requests()
        .iter()
        .map(|request| request.messages().len())
        .collect();
    assert_eq!(sizes[..5], [2, 4, 6, 8, 10]);
    assert!(
        sizes[5] > 5 && sizes[5] < 10,
        "more than half is kept: {sizes:?}"
    );
}

#[tokio::test]
async fn a_window_is_used_as_far_as_the_server_counts_tokens() {
    // Twelve turns of these are estimated to fill it.
    let house = House::with(
        Account::Bot,
        "[conversation]\nscope = \"person\"\nsummaries = false\n[answer]\ninstructions = \"be kind\"\n\
         [model]\nwindow_tokens = 1500\nanswer_tokens = 100\n",
    )
    .await;
    let text = format!("It is {}.", "so ".repeat(100).trim());
    let reply = text.clone();
    // The server counts half of what we estimate: three letters a token.
    house.model.answer_otherwise_by(move |request| {
        let letters: usize = request.messages().iter().map(|(_, text)| text.len()).sum();
        let prompt = u64::try_from(letters / 6).unwrap();
        Reply::text(&reply).usage(Usage {
            prompt,
            completion: 50,
        })
    });
    for number in 10..40 {
        house.clock.advance(Duration::from_secs(1));
        house.ask("alice", &format!("q{number}")).await;
        let whole = answer(&format!("q{number}"), &text);
        house
            .see_in_time("bob", &whole, |post| post.text == whole)
            .await;
    }
    let requests = house.model.requests();
    let most = requests
        .iter()
        .map(|request| request.messages().len())
        .max()
        .unwrap();
    let at_first = requests[12].messages().len();
    let at_last = requests[29].messages().len();
    assert_eq!(at_last, most);
    assert!(at_last > 30, "{at_first} {at_last}");
}

#[tokio::test]
async fn reasoning_is_shown_as_thinking_and_kept_out_of_the_answer() {
    for thinking in [
        Reply::empty().reasoning("Let me see."),
        Reply::deltas(["<think>Let", " me see.</think>"]),
    ] {
        let house = House::with(Account::Bot, "").await;
        let reply = thinking.gate("thought").content("\n\nSeven of them.");
        house.model.answer_otherwise(reply);
        house.ask("alice", "how many?").await;
        let begun = answer("how many?", "… _생각하는 중 (");
        for _ in 0..2 {
            let before = house.texts("bob");
            let is_new = |text: &str| text.starts_with(&begun) && !before.contains(&text.into());
            let seen = house.see("bob", "a sign", |post| is_new(&post.text));
            let time = async {
                loop {
                    house.pass(Duration::from_secs(1)).await;
                }
            };
            tokio::select! {
                post = seen => assert!(post.text.ends_with("초)_"), "{}", post.text),
                () = time => unreachable!("time passes for ever"),
            }
        }
        house.model.open_gate("thought");
        let whole = answer("how many?", "Seven of them.");
        house
            .see_in_time("bob", &whole, |post| post.text == whole)
            .await;
    }
}

#[tokio::test]
async fn how_the_models_did_is_recorded_without_a_word_of_what_was_said() {
    let mut two = Two::in_order().await;
    two.house.model.answer_otherwise(Reply::server_error());
    two.second.answer_otherwise(Reply::text("All is well."));
    two.house.ask("alice", "hi").await;
    two.see(&answer("hi", "All is well.")).await;
    // What is seen may not have ended yet.
    two.house.close().await;

    let file = two.house.directory.path().join("askwell.db");
    let database = rusqlite::Connection::open(file).unwrap();
    let columns = "target, attempts, finish, completion_tokens > 0, first_token_ms <= whole_ms";
    let row: (String, String, String, bool, bool) = database
        .query_row(&format!("SELECT {columns} FROM runs"), [], |row| {
            row.try_into()
        })
        .unwrap();
    let (target, attempts, finish, has_usage, is_in_order) = row;
    assert_eq!((target.as_str(), finish.as_str()), ("second", "stop"));
    assert!(attempts.contains("\"target\":\"default\""), "{attempts}");
    assert!(attempts.contains("model_unavailable"), "{attempts}");
    assert!(has_usage && is_in_order);
}

#[tokio::test]
async fn reasoning_is_quoted_above_the_answer_where_that_is_wanted() {
    let house = House::with(Account::Bot, "[answer]\nreasoning = \"quote\"\n").await;
    let thought = Reply::deltas(["<think>Let me see. @all\n\nAh.</think>"]);
    house
        .model
        .answer_otherwise(thought.content("Seven of them."));
    house.ask("alice", "how many?").await;
    let end = "> Ah.\n\nSeven of them.";
    let seen = house
        .see_in_time("bob", end, |post| post.text.ends_with(end))
        .await;
    assert!(seen.text.contains("> Let me see. "), "{}", seen.text);
    assert!(!seen.text.contains("@all"), "{}", seen.text);
    house.ask("alice", "sure?").await;
    house.model.wait_for_requests(2).await;
    let second = house.model.requests().pop().unwrap();
    assert!(!second.body.to_string().contains("Let me see"));
}

#[tokio::test]
async fn a_model_of_gemini_answers_where_one_of_our_own_protocols_is_dead() {
    // What Gemini's documentation shows (<https://ai.google.dev/api/generate-content>, 2026-11).
    let said = [
        r#"{"candidates":[{"content":{"parts":[{"text":"All is "}],"role":"model"},"index":0}],"modelVersion":"gemini-2.5-flash"}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"well."}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3,"totalTokenCount":10},"modelVersion":"gemini-2.5-flash"}"#,
    ];
    let busy = r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"3600s"}]}}"#;
    let answers = [Answered::events(&said), Answered::refusal(429, busy)];
    let gemini = Provider::start(&answers);
    let toml = format!(
        "[[models]]\nid = \"second\"\nwire = \"gemini\"\nname = \"gemini-2.5-flash\"\nbase_url = \"{}/v1beta\"\n\
         [model]\nfallbacks = [\"second\"]\ntries = 1\n",
        gemini.base
    );
    let house = House::with(Account::Bot, &toml).await;
    house.model.answer_otherwise(Reply::reset());
    house.ask("alice", "hi").await;
    let whole = answer("hi", "All is well.");
    house
        .see_in_time("bob", &whole, |post| post.text == whole)
        .await;
    // Asked too often, it is left alone for as long as it said.
    for question in ["how?", "and now?"] {
        house.ask("alice", question).await;
        let asked = format!("**alice**: {question}");
        house
            .see_in_time("bob", question, |post| {
                post.text.starts_with(&asked) && !post.text.contains("All is")
            })
            .await;
    }
    assert_eq!(gemini.asked().len(), 2);
}
