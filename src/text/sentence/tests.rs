//! Every sentence, in both languages.

use std::collections::BTreeSet;

use super::super::sayings::held::ids_written_in;
use super::*;

const REASONS: [Reason; 34] = [
    Reason::ModelKeyRejected,
    Reason::ModelNotFound,
    Reason::ModelRateLimited,
    Reason::ModelQuotaExhausted,
    Reason::ModelUnreachable,
    Reason::ModelFailed,
    Reason::ModelRejectedRequest,
    Reason::ModelSlowToBegin,
    Reason::ModelFellSilent,
    Reason::ModelAnsweredNothing,
    Reason::ModelOnlyReasoned,
    Reason::ModelRefused,
    Reason::ContextTooLong,
    Reason::AnswerTooLarge,
    Reason::PictureTooLarge,
    Reason::PictureLinked,
    Reason::PictureNotTaken,
    Reason::ImagesNotSetUp,
    Reason::ImagesNeedBot,
    Reason::DeadlinePassed,
    Reason::PostRefused,
    Reason::MattermostUnreachable,
    Reason::QuestionTooLong { limit: 4321 },
    Reason::QuestionWithoutText,
    Reason::Internal,
    Reason::GaveUp,
    Reason::NotAMember,
    Reason::AgentNotForThem,
    Reason::ShuttingDown,
    Reason::QueueFull,
    Reason::PrivateUnavailable,
    Reason::ResponseExpired,
    Reason::OverBudget,
    Reason::Unpriced,
];

fn sentences() -> Vec<Sentence<'static>> {
    let mut sentences = vec![
        Sentence::Help {
            trigger: "askgpt",
            assistant: "GPT",
        },
        Sentence::HelpImages { trigger: "askgpt" },
        Sentence::NothingAsked { trigger: "askgpt" },
        Sentence::Working,
        Sentence::WorkingPrivately,
        Sentence::ConversationBegun,
        Sentence::Stopped { count: 2 },
        Sentence::NothingToStop,
        Sentence::AnswerStopped,
        Sentence::QuestionDeleted,
        Sentence::WasAway,
        Sentence::AnswerCutAtLength,
        Sentence::AnswerInterrupted,
        Sentence::AnswerWentOn,
        Sentence::Thinking { seconds: 7 },
        Sentence::Drawing,
        Sentence::PictureDrawn,
        Sentence::AnswerWithheld,
        Sentence::Continued,
        Sentence::AnsweredDirectly,
        Sentence::EarlierKept {
            reason: Reason::Internal,
        },
        Sentence::EarlierKeptStopped,
        Sentence::ButtonStop,
        Sentence::ButtonStopping,
        Sentence::ButtonRegenerate,
        Sentence::ButtonContinue,
        Sentence::NotYours,
        Sentence::ButtonExpired,
        Sentence::ControlFailed,
        Sentence::Error {
            reason: Reason::Internal,
            id: "q7k2",
        },
        Sentence::UsageNoText,
        Sentence::UsageContentType,
        Sentence::UsageBodyTooLarge { limit: 8192 },
        Sentence::UsageMalformed,
    ];
    sentences.extend(FileTrouble::ALL.map(|trouble| Sentence::FileUnread {
        name: "report.pdf",
        trouble,
    }));
    sentences.extend(REASONS.map(Sentence::Refused));
    sentences
}

#[test]
fn both_languages_hold_exactly_the_sentences_of_the_enum() {
    let said: BTreeSet<&str> = sentences()
        .iter()
        .map(|sentence| sentence.message(Language::English).id)
        .collect();
    assert_eq!(ids_written_in(include_str!("../ko/sentences.ftl")), said);
    assert_eq!(ids_written_in(include_str!("../en/sentences.ftl")), said);
}

#[test]
fn every_sentence_is_said_in_both_languages_without_a_missing_argument() {
    for language in Language::ALL {
        for sentence in sentences() {
            let message = sentence.message(language);
            let said = SENTENCES.lookup_single_language(
                language.identifier(),
                message.id,
                Some(&message.arguments),
            );
            let said = said.unwrap_or_else(|error| panic!("{language:?} {sentence:?}: {error}"));
            assert!(!said.trim().is_empty(), "{language:?} {sentence:?}");
            assert!(!said.contains(['{', '}', '\u{2068}', '\u{2069}']), "{said}");
        }
    }
}

#[test]
fn no_korean_sentence_is_left_in_english() {
    for sentence in sentences() {
        let said = say(Language::Korean, &sentence);
        assert!(
            said.chars()
                .any(|character| ('가'..='힣').contains(&character)),
            "{said}"
        );
    }
}

#[test]
fn every_argument_is_seen_in_the_sentence() {
    for language in Language::ALL {
        let help = Sentence::Help {
            trigger: "지피티",
            assistant: "비서",
        };
        let said = say(language, &help);
        assert!(
            said.contains("`/지피티 ") && said.contains("비서"),
            "{said}"
        );
        let limit = Sentence::Refused(Reason::QuestionTooLong { limit: 4321 });
        assert!(say(language, &limit).contains("4321"));
        let bytes = Sentence::UsageBodyTooLarge { limit: 8192 };
        assert!(say(language, &bytes).contains("8192"));
    }
}

#[test]
fn the_help_names_every_command_in_both_languages() {
    for language in Language::ALL {
        let said = say(
            language,
            &Sentence::Help {
                trigger: "askgpt",
                assistant: "GPT",
            },
        );
        for word in [
            "help",
            "도움말",
            "new",
            "새로",
            "stop",
            "그만",
            "private:",
            "나만:",
            "channel",
            "채널",
        ] {
            assert!(said.contains(word), "{language:?}: {word}");
        }
    }
}

#[test]
fn an_error_says_its_reason_and_the_id_to_quote() {
    let error = Sentence::Error {
        reason: Reason::QueueFull,
        id: "q7k2",
    };
    let korean = say(Language::Korean, &error);
    assert!(korean.starts_with("오류 발생: 기다리는 질문이"), "{korean}");
    assert!(korean.ends_with("(문의 번호 q7k2)"), "{korean}");
    let english = say(Language::English, &error);
    assert!(
        english.starts_with("Error: Too many questions"),
        "{english}"
    );
    assert!(english.ends_with("(quote id q7k2)"), "{english}");
}

#[test]
fn one_stopped_answer_is_said_in_the_singular() {
    let said = say(Language::English, &Sentence::Stopped { count: 1 });
    assert_eq!(said, "I stopped the answer I was writing.");
    let said = say(Language::English, &Sentence::Stopped { count: 3 });
    assert_eq!(said, "I stopped the 3 answers I was writing.");
}
