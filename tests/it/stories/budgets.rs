//! Budgets as people meet them: nearly used up, used up, and what then.

use std::time::Duration;

use askwell::text::{Language, Reason, Sentence, say};
use askwell_playground::model::{Reply, ScriptedModel, Usage};

use super::house::{Account, House};

/// Of a budget of each person's requests a day.
const ONE_A_DAY: &str =
    "[[budgets]]\nname = \"fair\"\nfor = \"person\"\nrequests = 1\nper = \"day\"\n";

/// A model that says how much it used.
fn used(text: &str, prompt: u64, completion: u64) -> Reply {
    Reply::text(text).usage(Usage { prompt, completion })
}

/// Has somebody ask by the command and waits for the answer's post, which contains this.
async fn answered(house: &House, person: &str, question: &str, part: &str) -> String {
    house.clock.advance(Duration::from_secs(1));
    house.ask(person, question).await;
    let seen = house.see_in_time("bob", part, |post| {
        post.text.contains(part) && post.text.contains(question)
    });
    seen.await.text
}

async fn house(budgets: &str) -> House {
    House::with(Account::Bot, budgets).await
}

#[tokio::test]
async fn whoever_has_used_their_budget_is_told_alone_and_when_it_begins_anew() {
    let house = house(ONE_A_DAY).await;
    house.model.answer_otherwise(Reply::text("Yes."));
    answered(&house, "alice", "first?", "Yes.").await;
    let told = house.ask("alice", "second?").await;
    assert!(
        told.contains("회원님의 오늘 예산을 다 써서") && told.contains("00:00부터"),
        "{told}"
    );
    // Everybody has their own.
    answered(&house, "bob", "third?", "Yes.").await;
    assert_eq!(house.model.requests().len(), 2);
    // The next day is another one.
    house.clock.advance(Duration::from_hours(24));
    answered(&house, "alice", "fourth?", "Yes.").await;
}

#[tokio::test]
async fn a_mention_over_a_budget_is_told_so_in_its_thread_once() {
    let toml = format!("{ONE_A_DAY}[bot]\nhears = \"thread\"\n");
    let house = House::with(Account::Bot, &toml).await;
    house.until_the_bot_hears().await;
    house.model.answer_otherwise(Reply::text("Yes."));
    house
        .playground
        .say("alice", "lobby", "@gptbot first?", None);
    house.see("bob", "Yes.", |post| post.text == "Yes.").await;
    house.clock.advance(Duration::from_secs(1));
    let root = house
        .playground
        .say("alice", "lobby", "@gptbot second?", None);
    let told = house
        .see("bob", "the refusal", |post| {
            post.text.contains("예산을 다 써서")
        })
        .await;
    assert_eq!(told.root.as_deref(), Some(root.as_str()));
    assert_eq!(house.model.requests().len(), 1);
}

#[tokio::test]
async fn people_are_warned_once_when_a_budget_is_nearly_used_up() {
    let house = house("[[budgets]]\nname = \"all\"\ntokens = 100000\n").await;
    house.model.answer_next(used("One.", 70_000, 8_000));
    house.model.answer_next(used("Two.", 1_000, 10));
    house.model.answer_next(used("Three.", 1_000, 10));
    let first = answered(&house, "alice", "first?", "One.").await;
    assert!(!first.contains("예산"), "{first}");
    let second = answered(&house, "alice", "second?", "Two.").await;
    assert!(
        second.contains("_모두가 함께 쓰는 이번 달 예산을 거의 다 썼어요."),
        "{second}"
    );
    assert!(second.contains("100,000토큰"), "{second}");
    let third = answered(&house, "bob", "third?", "Three.").await;
    assert!(!third.contains("예산"), "{third}");
}

#[tokio::test]
async fn where_a_budget_is_used_up_another_model_answers_and_says_so() {
    let second = ScriptedModel::start().await;
    let toml = format!(
        "[[models]]\nid = \"local\"\nname = \"m2\"\nbase_url = \"{}\"\n\
         [[budgets]]\nname = \"all\"\ntokens = 20000\nthen = \"local\"\n",
        second.base_url()
    );
    let house = house(&toml).await;
    house.model.answer_next(used("Dear.", 19_000, 900));
    second.answer_otherwise(used("Cheap.", 100_000, 100_000));
    answered(&house, "alice", "first?", "Dear.").await;
    for question in ["second?", "third?"] {
        let text = answered(&house, "alice", question, "`local` 모델이 답했어요._").await;
        assert!(text.contains("Cheap."), "{text}");
    }
    assert_eq!(house.model.requests().len(), 1);
    assert_eq!(second.requests().len(), 2);
}

#[tokio::test]
async fn money_is_not_spent_on_a_model_whose_price_nobody_knows() {
    let budget = "[[budgets]]\nname = \"all\"\ndollars = 1\n";
    let refusing = house(budget).await;
    refusing.ask("alice", "hi").await;
    let told = say(Language::Korean, &Sentence::Refused(Reason::Unpriced));
    refusing
        .see_in_time("bob", "the refusal", |post| post.text.contains(&told))
        .await;
    assert_eq!(refusing.model.requests().len(), 0);

    let estimate = "[prices]\nunknown = \"estimate\"\nestimate_input = 10\nestimate_output = 100\n";
    let estimating = house(&format!("{budget}{estimate}")).await;
    estimating
        .model
        .answer_otherwise(used("Yes.", 50_000, 1_000));
    answered(&estimating, "alice", "first?", "Yes.").await;
    // 50,000 tokens at ten dollars a million and 1,000 at a hundred.
    let usage = estimating.ask("alice", "사용량").await;
    assert!(usage.contains("$0.60"), "{usage}");
    // What is left is less than an answer of 1,024 tokens and its prompt may cost, only after another one.
    let told = estimating.ask("alice", "second?").await;
    assert!(!told.contains("예산을 다 써서"), "{told}");
    estimating
        .see_in_time("bob", "the refusal", |post| {
            post.text.contains("second?") && post.text.contains("Yes.")
        })
        .await;
    let told = estimating.ask("alice", "third?").await;
    assert!(told.contains("예산을 다 써서"), "{told}");
}

/// Returns what alice has used once her last question is done with: her next one, of which nothing is known yet, is being worked on.
async fn used_by_alice(house: &House) -> String {
    let asked = house.model.requests().len();
    house.model.answer_next(Reply::silence());
    house.clock.advance(Duration::from_secs(1));
    house.ask("alice", "and now?").await;
    house.model.wait_for_requests(asked + 1).await;
    house.ask("alice", "usage").await
}

#[tokio::test]
async fn what_a_call_used_is_settled_by_how_it_ended() {
    let reply = used("Yes.", 600, 60);
    for (replies, tokens) in [
        (vec![reply.clone()], "660토큰"),
        // Who refuses has used nothing.
        (vec![Reply::server_error(), reply.clone()], "660토큰"),
        (vec![Reply::rate_limited(None), reply.clone()], "660토큰"),
        // Who reports nonsense is not believed. "be kind", "alice: why?", 8 for each message, and 4 bytes of answer.
        (vec![used("Yes.", 0, 0)], "38토큰"),
    ] {
        let house = house("[answer]\ninstructions = \"be kind\"\n").await;
        for reply in replies {
            house.model.answer_next(reply);
        }
        answered(&house, "alice", "why?", "Yes.").await;
        let usage = used_by_alice(&house).await;
        assert!(usage.contains("오늘: 질문 1개"), "{usage}");
        assert!(usage.contains(tokens), "{tokens} in {usage}");
    }
}

/// A budget that is far from used up, of short answers.
const SHORT: &str = "[answer]\ninstructions = \"be kind\"\n[model]\nanswer_tokens = 100\n\
                     [[budgets]]\nname = \"all\"\ntokens = 1000000\n";

#[tokio::test]
async fn an_answer_that_is_stopped_is_settled_at_its_reservation() {
    let house = house(SHORT).await;
    let words = "This is the beginning of a long answer that will never end by itself. ";
    house
        .model
        .answer_next(Reply::deltas([words]).gate("never"));
    house.ask("alice", "why?").await;
    house
        .see("bob", "the beginning", |post| {
            post.text.contains("the beginning")
        })
        .await;
    house.ask("alice", "그만").await;
    let footnote = say(Language::Korean, &Sentence::AnswerStopped);
    house
        .see_in_time("bob", "the end", |post| post.text.contains(&footnote))
        .await;
    // 34 of the prompt and 100 of the answer.
    let usage = used_by_alice(&house).await;
    assert!(usage.contains("134토큰"), "{usage}");
}

#[tokio::test]
async fn an_answer_is_cut_where_it_has_more_tokens_than_were_reserved() {
    let house = house(SHORT).await;
    // Of no vocabulary is a token so long.
    let words = "It goes on and on. ".repeat(100);
    house
        .model
        .answer_next(Reply::deltas([words.as_str()]).gate("never"));
    house.ask("alice", "why?").await;
    let footnote = say(Language::Korean, &Sentence::AnswerCutAtLength);
    house
        .see_in_time("bob", "the cut answer", |post| {
            post.text.contains(&footnote)
        })
        .await;
    house.model.wait_for_disconnect().await;
    let usage = used_by_alice(&house).await;
    assert!(usage.contains("134토큰"), "{usage}");
}

#[tokio::test]
async fn people_see_what_they_used_and_whoever_administers_a_channel_what_it_did() {
    let toml = "[[budgets]]\nname = \"lobby\"\nfor = \"channel\"\nrequests = 10\nper = \"ever\"\n\
                [[budgets]]\nname = \"fair\"\nfor = \"person\"\ntokens = 50000\nper = \"day\"\n";
    let house = house(toml).await;
    house.playground.make_channel_admin("lobby", "alice");
    house.model.answer_otherwise(used("Yes.", 1_200, 34));
    answered(&house, "alice", "one?", "Yes.").await;
    answered(&house, "bob", "two?", "Yes.").await;
    let own = house.ask("alice", "사용량").await;
    for part in [
        "**내 사용량**",
        "- 오늘: 질문 1개, 1,234토큰, $0.00",
        "- 이번 달: 질문 1개, 1,234토큰",
        "- `lobby` (이 채널의 전체): 질문 10개 가운데 질문 2개 사용",
        "- `fair` (회원님의 오늘): 50,000토큰 가운데 1,234토큰 사용",
    ] {
        assert!(own.contains(part), "{part} in {own}");
    }
    let refused = house.ask("bob", "채널 사용량").await;
    assert!(refused.contains("채널 관리자만"), "{refused}");
    let channel = house.ask("alice", "usage channel").await;
    assert!(
        channel.contains("**이 채널의 사용량**") && channel.contains("질문 2개, 2,468토큰"),
        "{channel}"
    );
}

/// Has somebody say something to the bot, and waits for a word of it that contains this.
async fn told(house: &House, person: &str, text: &str, part: &str) {
    house.clock.advance(Duration::from_secs(1));
    let post = house
        .playground
        .say(person, "lobby", &format!("@gptbot {text}"), None);
    house
        .see_in_time("bob", part, |seen| {
            seen.root.as_deref() == Some(post.as_str()) && seen.text.contains(part)
        })
        .await;
}

#[tokio::test]
async fn system_administrators_grant_more_from_the_chat_and_that_is_written_down() {
    let house = house(&format!("{ONE_A_DAY}[bot]\nhears = \"thread\"\n")).await;
    house.until_the_bot_hears().await;
    house.playground.make_system_admin("bob");
    house.model.answer_otherwise(Reply::text("Yes."));
    told(&house, "alice", "first?", "Yes.").await;
    told(&house, "alice", "second?", "예산을 다 써서").await;
    for (person, line, part) in [
        ("alice", "예산 fair +1 @alice", "시스템 관리자만"),
        ("bob", "예산 unfair +1 @alice", "있는 예산: `fair`"),
        ("bob", "예산 fair +1", "누구에게 주는지"),
        ("bob", "예산 fair +1 @nobody", "누구에게 주는지"),
        ("bob", "예산 fair +1.5 @alice", "처럼 써 주세요"),
        (
            "bob",
            "예산 fair +1 @alice",
            "질문 1개 더 줬어요. 이제 질문 2개까지",
        ),
    ] {
        told(&house, person, line, part).await;
    }
    // A command does not prove who sent it.
    let refused = house.ask("bob", "예산 fair +9 @alice").await;
    assert!(refused.contains("명령어로는 줄 수 없어요"), "{refused}");
    told(&house, "alice", "third?", "Yes.").await;
    told(&house, "alice", "fourth?", "예산을 다 써서").await;
    // What only looks like it is a question.
    told(&house, "bob", "예산 편성은 어떻게 해?", "Yes.").await;
}

#[tokio::test]
async fn the_model_that_answers_in_place_of_another_obeys_the_rules_of_access() {
    let second = ScriptedModel::start().await;
    let toml = format!(
        "[[models]]\nid = \"local\"\nname = \"m2\"\nbase_url = \"{}\"\n\
         [[budgets]]\nname = \"all\"\ntokens = 0\nthen = \"local\"\n\
         [[access]]\nmodels = [\"local\"]\npeople = [\"alice\"]\nsays = \"deny\"\n",
        second.base_url()
    );
    let house = house(&toml).await;
    second.answer_otherwise(Reply::text("Cheap."));
    answered(&house, "alice", "first?", "예산을 다 써서").await;
    answered(&house, "bob", "second?", "Cheap.").await;
    assert_eq!(
        (house.model.requests().len(), second.requests().len()),
        (0, 1)
    );
}

#[tokio::test]
async fn fallbacks_of_the_model_that_answers_in_place_of_another_are_not_asked() {
    let second = ScriptedModel::start().await;
    let toml = format!(
        "[[models]]\nid = \"local\"\nname = \"m2\"\nbase_url = \"{}\"\nfallbacks = [\"default\"]\n\
         [[budgets]]\nname = \"all\"\ntokens = 0\nthen = \"local\"\n",
        second.base_url()
    );
    let house = house(&toml).await;
    second.answer_otherwise(Reply::unauthorized());
    let key = say(
        Language::Korean,
        &Sentence::Refused(Reason::ModelKeyRejected),
    );
    answered(&house, "alice", "first?", &key).await;
    assert_eq!(house.model.requests().len(), 0);
}

#[tokio::test]
async fn pictures_are_requests() {
    let toml = format!("{ONE_A_DAY}[images]\nenabled = true\n");
    let house = house(&toml).await;
    house
        .model
        .draw_next(Reply::picture(b"\x89PNG\r\n\x1a\na cat"));
    house.ask("alice", "그림: 고양이").await;
    house
        .see_in_time("bob", "the picture", |post| !post.files.is_empty())
        .await;
    house.clock.advance(Duration::from_secs(1));
    let told = house.ask("alice", "그림: 강아지").await;
    assert!(told.contains("예산을 다 써서"), "{told}");
}
