//! Composing, by examples and by what holds for every text that is posted.

use proptest::prelude::*;

use super::*;
use crate::domain::chat::ServerRules;
use crate::domain::conversation::ConversationKey;
use crate::domain::event::{EventKey, Person, Place};
use crate::domain::id::{ChannelId, PostId, QuestionId, ResponseUrlId, ServerId, UserId};
use crate::domain::job::LaneKey;
use crate::domain::post::Audience;
use crate::domain::time::Timestamp;
use crate::text::Language;

const ID: &str = "5y9gmg3343depb6sytofa1y1eh";

fn composer() -> Composer {
    templated(DEFAULT_TEMPLATE)
}

fn templated(template: &str) -> Composer {
    let mut templates = templates();
    templates
        .add_template_owned(TEMPLATE, template.to_owned())
        .unwrap();
    Composer {
        templates,
        template: template.to_owned(),
        languages: Arc::new(Languages::of_all(Language::English, false)),
        assistant: "GPT".to_owned(),
        agents: Agents::default(),
        latex: None,
        max_posts: 10,
        rules: Arc::new(Rules::default()),
    }
}

/// Every way in which a question can come and its answer can be delivered.
fn ways() -> Vec<(Origin, Delivery)> {
    let place = Place {
        team: None,
        channel: ChannelId::parse(ID).unwrap(),
        channel_name: "lobby".to_owned(),
        thread: None,
    };
    let command = Origin::Command {
        place: place.clone(),
        response: None,
    };
    let hook = Origin::OutgoingHook {
        place: place.clone(),
        post: PostId::parse(ID).unwrap(),
    };
    let bot = Delivery::Bot {
        channel: place.channel.clone(),
        root: None,
        fallback: None,
    };
    let direct = Delivery::Direct {
        asker: UserId::parse(ID).unwrap(),
    };
    let response = Delivery::Response {
        id: ResponseUrlId::parse(ID).unwrap(),
        audience: Audience::Channel,
    };
    let webhook = Delivery::Webhook {
        channel_name: place.channel_name.clone(),
        channel: place.channel.clone(),
    };
    vec![
        (command.clone(), bot.clone()),
        (command.clone(), direct),
        (command.clone(), response),
        (command, Delivery::Inline),
        (hook.clone(), bot),
        (hook.clone(), webhook),
        (hook, Delivery::Inline),
        (Origin::ByHand, Delivery::Inline),
    ]
}

fn asked(text: &str, (origin, delivery): (Origin, Delivery)) -> Question {
    Question {
        id: QuestionId::from_bits(1),
        server: ServerId::parse("main").unwrap(),
        key: EventKey::by_hand(1),
        origin,
        asker: Person {
            id: None,
            name: "alice".to_owned(),
        },
        text: text.to_owned(),
        agent: None,
        audience: Audience::Channel,
        delivery,
        conversation: ConversationKey::from_stored("one".to_owned()),
        lane: LaneKey::from_stored("one".to_owned()),
        asked_at: Timestamp::EPOCH,
        deadline: Timestamp::EPOCH,
    }
}

/// Composes an answer in every way, finished and unfinished, and returns all texts with the question they answer.
fn posted(composer: &Composer, question: &str, written: &str) -> Vec<(Question, String)> {
    let mut posted = Vec::new();
    for way in ways() {
        let question = asked(question, way);
        let footnote = Some(Sentence::AnswerInterrupted);
        for made in [
            composer.view(&question, written),
            composer.answer(&question, written, None),
            composer.answer(&question, written, footnote),
        ] {
            let texts = made.texts.into_iter();
            posted.extend(texts.map(|text| (question.clone(), text)));
        }
    }
    posted
}

/// Whether a text is inert as a whole, and not too long.
fn is_fit(composer: &Composer, question: &Question, text: &str) -> bool {
    markdown::neutralise(text, &composer.links(question)) == *text
        && text.chars().count() <= composer.limits().runes
        && !text.trim().is_empty()
}

#[test]
fn what_the_template_or_a_cut_makes_text_pings_nobody() {
    let composer = composer();
    let marker = "`".repeat(5_000);
    for written in [
        "<details> ```\n@all hello everybody".to_owned(),
        "\u{2424}```\n@all hello".to_owned(),
        "\u{feff} ```\n@all hello".to_owned(),
        format!(
            "`{}@all [docs](https://evil.example/x)`",
            "word ".repeat(3_300)
        ),
        format!("{marker}\n{}@all\n{marker}", "word\n".repeat(3_000)),
    ] {
        let question = asked("why?", ways().remove(0));
        for text in composer.answer(&question, &written, None).texts {
            assert!(is_fit(&composer, &question, &text), "{text}");
        }
    }
}

#[test]
fn a_fence_at_the_beginning_stays_one_whatever_stood_before_it() {
    let composer = composer();
    for before in ["", "<details> ", "\u{2424}", "\u{feff} "] {
        let question = asked("why?", ways().remove(0));
        let made = composer.answer(&question, &format!("{before}```\n@all\n```"), None);
        assert_eq!(
            made.texts,
            ["**alice**: why?\n**GPT**:\n\n```\n@all\n```"],
            "{before:?}"
        );
    }
}

#[test]
fn an_answer_of_which_nothing_may_be_shown_is_a_post_all_the_same() {
    for (_, text) in posted(&composer(), "why?", "![](data:x)") {
        assert!(!text.trim().is_empty());
    }
}

#[test]
fn what_was_shown_is_read_back_without_its_heading() {
    let composer = composer();
    for (question, written) in [
        ("why?", "because"),
        ("is `@x` <b | c> [d](https://e.example) ok?", "~~~ a`b\nyes"),
        ("@all 왜 <a?", "`x` | y> @here"),
        ("why\u{200b}?", "…"),
    ] {
        for way in ways_of(is_read_back) {
            let question = asked(question, way);
            let made = composer.answer(&question, written, None);
            let answer = composer.unfill(&question, &made.texts[0]);
            let expected = markdown::neutralise(written, &composer.links(&question));
            assert_eq!(answer, expected, "{made:?}");
        }
    }
}

#[test]
fn a_link_that_the_template_makes_stays() {
    let template = "[rules](https://intra.example/rules)\n\n{{ answer }}";
    let composer = templated(template);
    let question = asked("why?", ways().remove(0));
    let made = composer.answer(&question, "[x](https://evil.example)", None);
    assert_eq!(
        made.texts,
        ["[rules](https://intra.example/rules)\n\nx (https://evil.example/)"]
    );
}

#[test]
fn sentences_of_ours_are_posted_as_they_are() {
    let composer = composer();
    for way in ways() {
        let question = asked("why?", way);
        let sentence = Sentence::AnswerStopped;
        let said = say(Language::English, &sentence);
        let made = composer.sentence(&question, &sentence);
        assert!(made.texts[0].ends_with(&said), "{made:?}");
    }
}

fn written() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "@all",
        "@all\n",
        "a",
        " ",
        "\n",
        "\n\n",
        "`",
        "``",
        "```",
        "```\n",
        "~~~\n",
        "```a~\n",
        "[docs](https://evil.example/x)",
        "[d]: https://evil.example/x\n",
        "[",
        "](",
        ")",
        "!",
        "<",
        "<!all>",
        "|",
        ">",
        "> ",
        "- ",
        "1. ",
        "1) ",
        "    ",
        "\t",
        "| a |\n|---|\n",
        "*",
        "$",
        "$$",
        "\\(",
        "\\)",
        "\\",
        "<br>",
        "<details>",
        "<sup>",
        "</sup>",
        "<code>",
        "</code>",
        "[^1]",
        "[^1]: ",
        "# ",
        "---\n",
        "https://a.example/",
        "\u{200b}",
        "\u{2424}",
        "\u{feff}",
        "\u{a0}",
        "가",
    ]);
    prop::collection::vec(pieces, 0..16).prop_map(|pieces| pieces.concat())
}

/// A post of the bot's is; what others post for us gives no id back.
fn is_read_back(_: &Origin, delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::Bot { .. } | Delivery::Direct { .. })
}

fn ways_of(is: impl Fn(&Origin, &Delivery) -> bool) -> Vec<(Origin, Delivery)> {
    let mut ways = ways();
    ways.retain(|(origin, delivery)| is(origin, delivery));
    assert!(!ways.is_empty());
    ways
}

#[test]
fn what_webhooks_bring_keeps_its_code_as_it_is_but_for_slacks_forms() {
    let composer = composer();
    for way in ways() {
        let is_rewritten = matches!(
            &way,
            (_, Delivery::Webhook { .. }) | (Origin::OutgoingHook { .. }, Delivery::Inline)
        );
        let question = asked("why?", way);
        let written = "`<a|` @all `b>` and `<!all>`";
        let made = composer.answer(&question, written, None);
        let shown = if is_rewritten {
            "`‹a|` @\u{200b}all `b>` and `‹!all>`"
        } else {
            "`<a|` @\u{200b}all `b>` and `<!all>`"
        };
        assert!(made.texts[0].ends_with(shown), "{made:?}");
    }
}

#[test]
fn what_an_outgoing_webhook_is_answered_is_one_post_that_says_where_it_is_cut() {
    let composer = composer();
    let long = "some words and a few more\n\n".repeat(1_000);
    let is_answered = |origin: &Origin, delivery: &Delivery| {
        matches!(
            (origin, delivery),
            (Origin::OutgoingHook { .. }, Delivery::Inline)
        )
    };
    for way in ways_of(is_answered) {
        let made = composer.answer(&asked("why?", way), &long, None);
        assert!(made.is_cut && made.texts.len() == 1);
        assert!(made.texts[0].chars().count() <= composer.limits().runes);
    }
}

#[test]
fn parts_that_stand_among_others_posts_say_that_they_continue() {
    let composer = composer();
    let long = "some words and a few more\n\n".repeat(1_000);
    let stands_alone = |_: &Origin, delivery: &Delivery| {
        matches!(
            delivery,
            Delivery::Response { .. } | Delivery::Webhook { .. }
        )
    };
    let continued = say(Language::English, &Sentence::Continued);
    for way in ways_of(stands_alone) {
        let question = asked("why?", way);
        let made = composer.answer(&question, &long, None);
        assert!(made.texts.len() > 1);
        assert!(!made.texts[0].starts_with(&continued));
        for text in &made.texts[1..] {
            assert!(text.starts_with(&continued), "{text}");
            assert!(is_fit(&composer, &question, text));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_text_that_is_posted_is_inert_as_it_is(question in written(), written in written(), runes in 160_usize..400) {
        let mut composer = composer();
        composer.rules = Arc::new(Rules::of(ServerRules {
            post_runes: runes,
            ..composer.rules.known()
        }));
        for (question, text) in posted(&composer, &question, &written) {
            prop_assert!(is_fit(&composer, &question, &text), "{:?}", text);
        }
    }

    #[test]
    fn what_is_asked_is_shown_the_same_whatever_is_answered(question in written(), written in written()) {
        let composer = templated("{{ question }}\n\n**GPT**: {{ answer }}");
        let question = asked(&question, ways().remove(0));
        let alone = composer.answer(&question, "", None).texts.concat();
        let head = alone.split("**GPT**:").next().unwrap();
        let made = composer.answer(&question, &written, None).texts.concat();
        prop_assert!(made.starts_with(head), "{:?} {:?}", alone, made);
    }

    #[test]
    fn a_heading_is_never_read_back(question in written(), written in written()) {
        let composer = composer();
        let question = asked(&question, ways().remove(0));
        let made = composer.answer(&question, &written, None);
        let answer = composer.unfill(&question, &made.texts[0]);
        prop_assert!(!answer.contains("**GPT**"), "{:?}", made);
    }
}
