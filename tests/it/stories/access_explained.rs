//! `askwell access explain`: what is decided of somebody, and why, in a line each.

use askwell_playground::TimeSource;
use serde_json::Value;

use super::house::{Account, House};
use super::terminal::{run, text};

const RULES: &str = "[[groups]]\nname = \"finance\"\npeople = [\"bob\"]\n\
    [[agents]]\nname = \"payroll\"\npeople = [\"alice\"]\n\
    [[models]]\nid = \"costly\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\
    [[access]]\nsays = \"allow\"\nroles = [\"guest\"]\nteams = [\"other\"]\n\
    [[access]]\nsays = \"private\"\ngroups = [\"finance\"]\nkinds = [\"open\"]\n\
    [[access]]\nsays = \"deny\"\nroles = [\"system_admin\"]\nmodels = [\"costly\"]\n";

/// What the command prints, and how it ends.
struct Said {
    code: Option<i32>,
    out: String,
    complaint: String,
}

fn house_of(house: &mut House, rules: &str, language: &str) {
    let toml = house.directory.path().join("askwell.toml");
    std::fs::write(toml, rules).unwrap();
    let language = ("ASKWELL_LANGUAGE".to_owned(), language.to_owned());
    house.environment.extend([language]);
}

async fn house(account: Account, rules: &str, language: &str) -> House {
    let mut house = House::built(account, TimeSource::Real).await;
    house_of(&mut house, rules, language);
    house
}

/// Runs the command while the simulated server answers it.
async fn explain(house: &House, arguments: &[&str]) -> Said {
    let (directory, environment) = (house.directory.path().to_owned(), house.environment.clone());
    let mut all: Vec<String> = vec!["access".to_owned(), "explain".to_owned()];
    all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    let ended = tokio::task::spawn_blocking(move || {
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        run(&directory, &environment, &all)
    });
    let output = ended.await.unwrap();
    Said {
        code: output.status.code(),
        out: text(&output.stdout),
        complaint: text(&output.stderr),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rule_is_said_to_match_or_not_and_why_and_the_decision_comes_last() {
    let mut house = house(Account::Bot, RULES, "en").await;
    let said = explain(&house, &["--user", "@bob", "--channel", "lobby"]).await;
    assert_eq!(said.code, Some(0), "{}", said.complaint);
    let lines: Vec<&str> = said.out.lines().collect();
    let bob = house.playground.user_id("bob");
    let lobby = house.playground.channel_id("lobby");
    assert_eq!(
        lines,
        [
            format!("bob ({bob}) asks; roles: member."),
            format!("Asked in Lobby ({lobby}); kind: open; team: acme."),
            "Whom: default.".to_owned(),
            "Model: default, which asks: default.".to_owned(),
            r#"Rule 1 does not match, by `teams`: says = "allow", teams = ["other"], roles = ["guest"]"#.to_owned(),
            r#"Rule 2 matches: says = "private", groups = ["finance"], kinds = ["open"]"#.to_owned(),
            r#"Rule 3 does not match, by `roles`: says = "deny", roles = ["system_admin"], models = ["costly"]"#.to_owned(),
            "Decision: answered to them alone. Rule 2 says so.".to_owned(),
        ]
    );
    house_of(&mut house, RULES, "ko");
    let said = explain(&house, &["--user", &bob, "--channel", &lobby]).await;
    assert!(
        said.out
            .ends_with("결정: 질문한 사람에게만 답해요. 규칙 2번이 정했어요.\n"),
        "{}",
        said.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_admins_models_agents_and_outsiders_are_explained() {
    let house = house(Account::Bot, RULES, "en").await;
    house.playground.make_guest("alice");
    house.playground.create_user("carol");
    let lobby = ["--channel", "lobby", "--json"];
    for (asked, decision, rule, why) in [
        (
            &["--user", "alice"][..],
            "deny",
            Value::Null,
            "access-person",
        ),
        (&["--user", "admin"], "allow", Value::Null, "access-place"),
        (
            &["--user", "admin", "--model", "costly"],
            "deny",
            3.into(),
            "access-rule-fits",
        ),
        (
            &["--user", "bob", "--agent", "payroll"],
            "deny",
            Value::Null,
            "access-agent-not-for-them",
        ),
        (
            &["--user", "carol"],
            "deny",
            Value::Null,
            "access-not-a-member",
        ),
    ] {
        let said = explain(&house, &[asked, &lobby].concat()).await;
        let report: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(report["decision"], decision, "{report}");
        assert_eq!(report["rule"], rule, "{report}");
        let steps = report["steps"].as_array().unwrap();
        assert!(steps.iter().any(|step| step["id"] == why), "{report}");
    }
    house.playground.deactivate("bob");
    let said = explain(&house, &["--user", "bob", "--channel", "lobby"]).await;
    assert!(said.out.contains("deactivated, or gone"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_and_markup_is_not_obeyed() {
    let house = house(Account::Bot, RULES, "en").await;
    for (arguments, complaint) in [
        (
            ["--user", "nobody", "--channel", "lobby"],
            "no account nobody",
        ),
        (
            ["--user", "\u{1b}[31m<b>../x", "--channel", "lobby"],
            "no account [31m<b>../x",
        ),
        (
            ["--user", "bob", "--channel", "nowhere"],
            "no channel named nowhere",
        ),
    ] {
        let said = explain(&house, &arguments).await;
        assert_eq!(said.code, Some(2), "{}", said.out);
        assert!(said.complaint.contains(complaint), "{}", said.complaint);
        assert!(!said.complaint.contains('\u{1b}'));
    }
    let arguments = ["--user", "bob", "--channel", "lobby", "--agent", "payrol"];
    let said = explain(&house, &arguments).await;
    assert_eq!(said.code, Some(2));
    assert!(
        said.complaint.contains("there are: payroll"),
        "{}",
        said.complaint
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_bot_it_is_said_what_cannot_be_known() {
    let rules = "[[access]]\nsays = \"deny\"\nroles = [\"guest\"]\n";
    let house = house(Account::Nothing, rules, "en").await;
    let lobby = house.playground.channel_id("lobby");
    let said = explain(&house, &["--user", "bob", "--channel", &lobby]).await;
    for words in [
        "without a bot account it is not known",
        "Whether rule 1 matches cannot be known, by `roles`",
        "Decision: refused. Rule 1 may match, and is the strictest that may.",
    ] {
        assert!(said.out.contains(words), "{}", said.out);
    }
}
