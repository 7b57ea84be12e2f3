//! Who is answered, to whom, and by which model: what rules say of it, and what people then see.

use std::time::Duration;

use askwell_playground::model::Reply;
use askwell_playground::{Fault, HookFormat, SeenPost, TimeSource, route};

use super::buttons::{context, labels};
use super::house::{Account, House};

/// What whoever may not ask is told.
const REFUSED: &str = "답해 드릴 수 없게 정해져 있으니";

/// Longer than what is known of an account is believed.
const LATER: Duration = Duration::from_mins(2);

/// A house whose rules may name its channels by `LOBBY` and `GARDEN`, and its model's server by `SERVER`.
async fn house(account: Account, toml: &str) -> House {
    let mut house = House::built(account, TimeSource::Real).await;
    house.be_reachable();
    house.open_with(toml);
    house
}

impl House {
    fn open_with(&mut self, toml: &str) {
        let server = self.model.base_url();
        let toml = toml
            .replace("LOBBY", &self.playground.channel_id("lobby"))
            .replace("GARDEN", &self.playground.channel_id("garden"))
            .replace("ALICE", &self.playground.user_id("alice"))
            .replace("SERVER", &server);
        self.open(&toml);
    }

    async fn asks_in(&self, person: &str, channel: &str, text: &str) {
        let typed = format!("/askgpt {text}");
        let seen = self
            .playground
            .run_command(person, channel, &typed, None)
            .await;
        assert_eq!(seen.status, 200, "{}", seen.body);
    }

    /// Waits for what a person alone is shown in a channel.
    async fn told_alone(&self, person: &str, channel: &str, words: &str) -> SeenPost {
        let told = self.playground.wait_for(words, |view| {
            let posts = view.posts_seen_by(person, channel).into_iter();
            let mut told = posts.filter(|post| post.is_ephemeral);
            told.find(|post| post.text.contains(words))
        });
        told.await
    }

    /// Waits for what the bot says to a person directly.
    async fn told_directly(&self, person: &str, words: &str) -> SeenPost {
        let direct = self.playground.direct_channel(person, "gptbot");
        let told = self.playground.wait_for(words, |view| {
            let posts = view.posts_seen_by(person, &direct).into_iter();
            posts
                .filter(|post| post.author == "gptbot")
                .find(|post| post.text.contains(words))
        });
        told.await
    }

    fn sees_nothing(&self, person: &str, channel: &str) -> bool {
        let seen = self
            .playground
            .look(|view| view.posts_seen_by(person, channel));
        seen.iter()
            .all(|post| post.author != "gptbot" && !post.is_ephemeral)
    }

    /// The models that were asked, by the names that they were asked by.
    fn asked_models(&self) -> Vec<String> {
        let requests = self.model.requests();
        let model = |body: &serde_json::Value| body["model"].as_str().unwrap().to_owned();
        requests
            .iter()
            .map(|request| model(&request.body))
            .collect()
    }
}

#[tokio::test]
async fn a_guest_is_refused_in_one_sentence_that_nobody_else_sees() {
    let house = house(Account::Bot, "").await;
    house.playground.make_guest("alice");
    house.ask("alice", "hi").await;
    let told = house.told_alone("alice", "lobby", REFUSED).await.text;
    assert!(!told.contains("오류 발생"), "{told}");
    assert!(house.sees_nothing("bob", "lobby"));
    assert!(house.model.requests().is_empty());
    house.model.answer_next(Reply::text("Hello, bob."));
    house.ask("bob", "hi").await;
    house
        .see("alice", "the answer", |post| {
            post.text.contains("Hello, bob.")
        })
        .await;
}

#[tokio::test]
async fn a_guest_is_answered_where_a_rule_names_guests() {
    let rule = "[[access]]\nsays = \"allow\"\nroles = [\"guest\"]\nchannels = [\"GARDEN\"]\n";
    let house = house(Account::Bot, rule).await;
    house.playground.make_guest("alice");
    house.model.answer_otherwise(Reply::text("Welcome."));
    house.asks_in("alice", "garden", "hi").await;
    house
        .playground
        .wait_for("the answer", |view| {
            let posts = view.posts_seen_by("bob", "garden").into_iter();
            posts
                .into_iter()
                .find(|post| post.text.contains("Welcome."))
        })
        .await;
    house.ask("alice", "hi").await;
    house.told_alone("alice", "lobby", REFUSED).await;
    assert_eq!(house.model.requests().len(), 1);
}

#[tokio::test]
async fn whoever_was_deactivated_is_refused_whatever_rules_say() {
    let rule = "[[access]]\nsays = \"allow\"\npeople = [\"alice\"]\n";
    let house = house(Account::Bot, rule).await;
    house.model.answer_next(Reply::text("Hello."));
    house.ask("alice", "hi").await;
    house
        .see("bob", "the answer", |post| post.text.contains("Hello."))
        .await;
    house.until_settled().await;
    house.playground.deactivate("alice");
    house.clock.advance(LATER);
    house.ask("alice", "and now?").await;
    house.told_alone("alice", "lobby", REFUSED).await;
    assert_eq!(house.model.requests().len(), 1);
}

#[tokio::test]
async fn in_a_channel_that_is_denied_nothing_is_posted_and_whoever_asks_is_told_alone() {
    let toml = "[bot]\nhears = \"thread\"\n[[access]]\nsays = \"deny\"\nchannels = [\"LOBBY\"]\n";
    let house = house(Account::Bot, toml).await;
    house.until_the_bot_hears().await;
    house.ask("bob", "by command").await;
    house.told_alone("bob", "lobby", REFUSED).await;
    house.clock.advance(Duration::from_secs(1));
    house
        .playground
        .say("alice", "lobby", "@gptbot by mention", None);
    let told = house.told_directly("alice", REFUSED).await.text;
    // Elsewhere than it was asked, so it says what was asked.
    assert!(told.contains("by mention"), "{told}");
    assert!(house.sees_nothing("admin", "lobby"));
    assert!(house.model.requests().is_empty());
    house.model.answer_next(Reply::text("Here I do."));
    house.asks_in("bob", "garden", "and here?").await;
    house
        .playground
        .wait_for("the answer", |view| {
            let posts = view.posts_seen_by("alice", "garden").into_iter();
            posts
                .into_iter()
                .find(|post| post.text.contains("Here I do."))
        })
        .await;
}

const PRIVATE: &str = "[[access]]\nsays = \"private\"\nkinds = [\"open\"]\n";

#[tokio::test]
async fn a_private_answer_goes_to_the_asker_alone_and_into_no_conversation_of_others() {
    let toml = format!("[bot]\nhears = \"thread\"\n{PRIVATE}");
    let house = house(Account::Bot, &toml).await;
    house.until_the_bot_hears().await;
    house.model.answer_next(Reply::text("It is a secret."));
    house.ask("alice", "by command").await;
    house.told_alone("alice", "lobby", "It is a secret.").await;
    house.clock.advance(Duration::from_secs(1));
    house.model.answer_next(Reply::text("It is another."));
    house
        .playground
        .say("alice", "lobby", "@gptbot by mention", None);
    let told = house.told_directly("alice", "It is another.").await.text;
    assert!(told.contains("by mention"), "{told}");
    assert!(house.sees_nothing("bob", "lobby"));
    house.clock.advance(Duration::from_secs(1));
    house.model.answer_next(Reply::text("Nothing."));
    house.ask("bob", "what did alice ask?").await;
    house.told_alone("bob", "lobby", "Nothing.").await;
    let asked = house.model.requests().last().unwrap().body.to_string();
    assert!(
        !asked.contains("secret") && !asked.contains("by command"),
        "{asked}"
    );
}

#[tokio::test]
async fn without_a_bot_a_private_answer_comes_by_response_url_and_what_cannot_be_known_is_denied() {
    let rules = "[[access]]\nsays = \"deny\"\npeople = [\"bob\"]\n[[access]]\nsays = \"private\"\nchannels = [\"LOBBY\"]\n\
                 [[access]]\nsays = \"deny\"\nroles = [\"guest\"]\n";
    let house = house(Account::Nothing, rules).await;
    house.model.answer_otherwise(Reply::text("For you alone."));
    house.ask("alice", "hi").await;
    house.told_alone("alice", "lobby", "For you alone.").await;
    house.ask("bob", "hi").await;
    house.told_alone("bob", "lobby", REFUSED).await;
    // Whether alice is a guest cannot be known.
    house.asks_in("alice", "garden", "hi").await;
    house.told_alone("alice", "garden", REFUSED).await;
    for person in ["admin", "bob"] {
        let seen = house.texts(person);
        assert!(
            !seen.iter().any(|text| text.contains("For you alone.")),
            "{seen:?}"
        );
    }
    assert_eq!(house.model.requests().len(), 1);
}

#[tokio::test]
async fn a_caller_by_hand_is_nobody_in_particular() {
    let by_hand = async |house: &House| {
        let client = reqwest::Client::builder().build().unwrap();
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs([("token", house.command_token.as_str()), ("text", "hi")]);
        form.append_pair("user_name", "alice");
        let reply = client
            .post(format!("{}/mattermost-gpt", house.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.finish());
        reply.send().await.unwrap().text().await.unwrap()
    };
    let private = house(Account::Nothing, "[[access]]\nsays = \"private\"\n").await;
    private.model.answer_next(Reply::text("Hello."));
    let told = by_hand(&private).await;
    assert!(
        told.contains("Hello.") && told.contains("ephemeral"),
        "{told}"
    );
    let denied = house(
        Account::Nothing,
        "[[access]]\nsays = \"deny\"\npeople = [\"bob\"]\n",
    )
    .await;
    let told = by_hand(&denied).await;
    assert!(told.contains(REFUSED), "{told}");
    assert!(denied.model.requests().is_empty());
}

#[tokio::test]
async fn a_private_answer_to_a_webhook_needs_a_bot() {
    for account in [Account::Bot, Account::Nothing] {
        let mut house = House::built(account, TimeSource::Real).await;
        house.listen_for("gpt", HookFormat::Form);
        house.open_with("[[access]]\nsays = \"private\"\nchannels = [\"LOBBY\"]\n");
        house.model.answer_otherwise(Reply::text("It is a secret."));
        house
            .playground
            .say("alice", "lobby", "gpt by webhook", None);
        match account {
            Account::Bot => {
                let told = house.told_directly("alice", "It is a secret.").await.text;
                assert!(told.contains("by webhook"), "{told}");
            }
            Account::Nothing => {
                let words = "보이는 답변을 보낼 수 없어요";
                house
                    .see("bob", words, |post| post.text.contains(words))
                    .await;
                assert!(house.model.requests().is_empty());
            }
        }
        let seen = house.texts("bob");
        assert!(!seen.iter().any(|text| text.contains("secret")), "{seen:?}");
    }
}

#[tokio::test]
async fn where_answers_are_private_so_is_that_an_agent_is_not_for_somebody() {
    let toml = format!("{PRIVATE}[[agents]]\nname = \"payroll\"\npeople = [\"alice\"]\n");
    let house = house(Account::Bot, &toml).await;
    house.ask("bob", "with payroll: hi").await;
    let words = "이 에이전트에게 물어볼 수 없어요";
    house.told_alone("bob", "lobby", words).await;
    assert!(house.sees_nothing("alice", "lobby"));
}

const MODELS: &str = "[model]\nfallbacks = [\"costly\"]\nchoices = [\"costly\"]\n\
    [[models]]\nid = \"costly\"\nname = \"big\"\nbase_url = \"SERVER\"\n\
    [[agents]]\nname = \"expert\"\nmodel = \"costly\"\n[[agents]]\nname = \"payroll\"\n\
    [[access]]\nsays = \"allow\"\npeople = [\"ALICE\"]\n\
    [[access]]\nsays = \"deny\"\nmodels = [\"costly\"]\n[[access]]\nsays = \"deny\"\nagents = [\"payroll\"]\n";

#[tokio::test]
async fn an_agent_or_its_model_that_is_denied_does_not_answer() {
    let house = house(Account::Bot, MODELS).await;
    for agent in ["expert", "payroll"] {
        house
            .ask("bob", &format!("with {agent}: hi from {agent}"))
            .await;
        let asked = format!("hi from {agent}");
        let told = house.told_alone("bob", "lobby", &asked).await;
        assert!(told.text.contains(REFUSED), "{}", told.text);
    }
    assert!(house.model.requests().is_empty());
    house.model.answer_next(Reply::text("Gladly."));
    house.ask("alice", "with expert: hi").await;
    house
        .see("bob", "the answer", |post| post.text.contains("Gladly."))
        .await;
    assert_eq!(house.asked_models(), ["big"]);
}

#[tokio::test]
async fn a_model_that_is_denied_is_no_fallback_and_where_the_channel_chose_it_the_usual_one_answers()
 {
    let house = house(Account::Bot, MODELS).await;
    house.playground.make_channel_admin("lobby", "alice");
    house.model.answer_next(Reply::unauthorized());
    house.ask("bob", "hi").await;
    house
        .see("bob", "the failure", |post| post.text.contains("오류 발생"))
        .await;
    assert_eq!(house.asked_models(), ["scripted"]);
    house.ask("alice", "채널 모델: costly").await;
    house.model.answer_otherwise(Reply::text("Here."));
    house.ask("alice", "for me?").await;
    house
        .see("bob", "an answer", |post| {
            post.text.contains("for me?") && post.text.contains("Here.")
        })
        .await;
    house.until_settled().await;
    house.clock.advance(LATER);
    house.ask("bob", "and me?").await;
    house
        .see("bob", "an answer", |post| {
            post.text.contains("and me?") && post.text.contains("Here.")
        })
        .await;
    assert_eq!(house.asked_models()[1..], ["big", "scripted"]);
}

#[tokio::test]
async fn whoever_may_ask_no_more_has_nothing_written_once_more() {
    let house = house(Account::Bot, "").await;
    house.model.answer_next(Reply::text("The only answer."));
    house.ask("alice", "hi").await;
    let post = house
        .see("bob", "the answer", |post| {
            post.text.contains("The only answer.") && labels(post).len() == 3
        })
        .await;
    house.until_settled().await;
    house.playground.make_guest("alice");
    house.clock.advance(LATER);
    let carried = context(&post, "regenerate");
    let (_, told) = house.report("alice", &post.id, &carried).await;
    assert!(
        told["ephemeral_text"].as_str().unwrap().contains(REFUSED),
        "{told}"
    );
    // An administrator may, but not in the name of somebody who may not.
    let (_, told) = house.report("admin", &post.id, &carried).await;
    assert!(
        told["ephemeral_text"].as_str().unwrap().contains(REFUSED),
        "{told}"
    );
    assert_eq!(house.look_at(&post.id).text, post.text);
    assert_eq!(house.model.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_for_all_is_not_written_once_more_where_only_private_ones_are_left() {
    let mut house = house(Account::Bot, "").await;
    house.model.answer_next(Reply::text("The only answer."));
    house.ask("alice", "hi").await;
    let post = house
        .see("bob", "the answer", |post| {
            post.text.contains("The only answer.") && labels(post).len() == 3
        })
        .await;
    house.until_settled().await;
    house.close().await;
    house.open_with(PRIVATE);
    let carried = context(&post, "regenerate");
    let (_, told) = house.report("alice", &post.id, &carried).await;
    assert!(
        told["ephemeral_text"].as_str().unwrap().contains(REFUSED),
        "{told}"
    );
    assert_eq!(house.look_at(&post.id).text, post.text);
    assert_eq!(house.model.requests().len(), 1);
}

#[tokio::test]
async fn a_rule_by_name_follows_the_name_and_one_by_id_the_person() {
    let rules = "[[access]]\nsays = \"deny\"\npeople = [\"bob\"]\nchannels = [\"LOBBY\"]\n\
                 [[access]]\nsays = \"deny\"\npeople = [\"ALICE\"]\nchannels = [\"LOBBY\"]\n";
    let house = house(Account::Bot, rules).await;
    house.playground.rename("bob", "robert");
    house.playground.rename("alice", "alicia");
    house.model.answer_next(Reply::text("Hello, Robert."));
    house.ask("robert", "hi").await;
    house
        .see("admin", "the answer", |post| {
            post.text.contains("Hello, Robert.")
        })
        .await;
    house.ask("alicia", "hi").await;
    house.told_alone("alicia", "lobby", REFUSED).await;
}

#[tokio::test]
async fn a_question_waits_while_it_cannot_be_known_who_asks() {
    let house = house(Account::Bot, "").await;
    house
        .playground
        .faults()
        .next(route::GET_USER, 8, Fault::InternalError);
    house.model.answer_next(Reply::text("At last."));
    house.ask("alice", "hi").await;
    house
        .see_in_time("bob", "the answer", |post| post.text.contains("At last."))
        .await;
    house.playground.make_guest("bob");
    house.ask("bob", "hi").await;
    house
        .meanwhile(house.told_alone("bob", "lobby", REFUSED))
        .await;
}
