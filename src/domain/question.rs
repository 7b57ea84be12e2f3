//! A question: what is asked of us, and the one state in which it ends.

use super::agent::{AgentName, Agents};
use super::channel_settings::ChannelRequest;
use super::completion::{ModelFailure, Usage};
use super::conversation::ConversationKey;
use super::event::{EventKey, Origin, Person};
use super::file::Picture;
use super::grant::GrantRequest;
use super::id::{QuestionId, ServerId};
use super::job::LaneKey;
use super::post::{Audience, Delivery};
use super::run::Run;
use super::time::Timestamp;

/// What a text addressed to us asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Nothing was written: explain how to ask.
    Explain,
    /// `help` or `도움말`.
    Help,
    /// `new` or `새로`: a fresh conversation.
    StartAfresh,
    /// `stop`, `그만` or `멈춰`: end my running answers here.
    Stop,
    /// `channel …` or `채널 …`: see or change what this channel does otherwise.
    Channel(ChannelRequest),
    /// `agents` or `에이전트`: whom may I ask?
    Agents,
    /// `admin` or `관리`: the page for those who administer the server.
    Page,
    /// `usage` or `사용량`: how much was used?
    Usage(UsageOf),
    /// `budget NAME +5` or `예산 NAME +5`: let more of a budget be used.
    Grant(GrantRequest),
    /// `forget`, `잊어줘` or `forget everywhere`, `모두 잊어줘`: erase what I asked and was answered.
    Forget(ForgetWhere),
    /// A question.
    Ask {
        /// The question, trimmed, without the name of whom it is for.
        text: String,
        /// Who may see the answer.
        audience: Audience,
        /// Whom it is for, where it says so.
        agent: Option<AgentName>,
    },
}

/// Whose use is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageOf {
    /// That of whoever asks.
    Asker,
    /// That of all in the channel.
    Channel,
}

/// Where it was asked what somebody wants forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForgetWhere {
    /// In this thread, or channel.
    Here,
    /// Wherever they asked.
    Everywhere,
}

const HELP_WORDS: [&str; 2] = ["help", "도움말"];
const AFRESH_WORDS: [&str; 2] = ["new", "새로"];
const STOP_WORDS: [&str; 3] = ["stop", "그만", "멈춰"];
const AGENTS_WORDS: [&str; 2] = ["agents", "에이전트"];
const PAGE_WORDS: [&str; 3] = ["admin", "관리", "관리자"];
const USAGE_WORDS: [&str; 2] = ["usage", "사용량"];
const CHANNEL_USAGE_WORDS: [&str; 4] = [
    "usage channel",
    "channel usage",
    "채널 사용량",
    "사용량 채널",
];
const FORGET_WORDS: [&str; 5] = ["forget", "forget this", "잊어줘", "잊어 줘", "잊어"];
const FORGET_ALL_WORDS: [&str; 8] = [
    "forget everywhere",
    "forget everything",
    "모두 잊어줘",
    "모두 잊어 줘",
    "다 잊어줘",
    "다 잊어 줘",
    "전부 잊어줘",
    "전부 잊어 줘",
];
const PRIVATE_PREFIXES: [&str; 2] = ["private", "나만"];
const PICTURE_PREFIXES: [&str; 3] = ["image", "그림", "이미지"];

/// Returns what follows one of these words and a colon.
fn after_prefix<'t>(text: &'t str, prefixes: &[&str]) -> Option<&'t str> {
    let (prefix, rest) = text.split_once([':', '：'])?;
    let is_prefix = |word: &&str| prefix.trim().eq_ignore_ascii_case(word);
    prefixes.iter().any(is_prefix).then(|| rest.trim())
}

/// Returns what is to be drawn, where a text asks for a picture: `image: …`, `그림: …` or `이미지: …`.
#[must_use]
pub fn wanted_picture(text: &str) -> Option<&str> {
    after_prefix(text, &PICTURE_PREFIXES).filter(|wanted| !wanted.is_empty())
}

impl Request {
    /// Reads what a text asks for.
    ///
    /// Words are commands only when they are the whole text, so that no question is swallowed: `new features in Rust` is a
    /// question. The prefix `private:` (or `나만:`) needs its colon for the same reason. It may stand before whom the question is for, or
    /// behind.
    #[must_use]
    pub fn read(text: &str, agents: &Agents) -> Self {
        let text = text.trim();
        let is_one_of = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if text.is_empty() {
            Self::Explain
        } else if is_one_of(&HELP_WORDS) {
            Self::Help
        } else if is_one_of(&AFRESH_WORDS) {
            Self::StartAfresh
        } else if is_one_of(&STOP_WORDS) {
            Self::Stop
        } else if is_one_of(&USAGE_WORDS) {
            Self::Usage(UsageOf::Asker)
        } else if is_one_of(&CHANNEL_USAGE_WORDS) {
            Self::Usage(UsageOf::Channel)
        } else if let Some(grant) = GrantRequest::read(text) {
            Self::Grant(grant)
        } else if is_one_of(&FORGET_WORDS) {
            Self::Forget(ForgetWhere::Here)
        } else if is_one_of(&FORGET_ALL_WORDS) {
            Self::Forget(ForgetWhere::Everywhere)
        } else if let Some(request) = ChannelRequest::read(text) {
            Self::Channel(request)
        } else if is_one_of(&AGENTS_WORDS) && !agents.is_empty() {
            Self::Agents
        } else if is_one_of(&PAGE_WORDS) {
            Self::Page
        } else if let Some((agent, said)) = agents.called_in(text) {
            let (text, audience) = read_audience(&said);
            Self::asking(text, audience, Some(agent))
        } else {
            let (said, audience) = read_audience(text);
            match agents.called_in(said) {
                Some((agent, text)) => Self::asking(&text, audience, Some(agent)),
                None => Self::asking(said, audience, None),
            }
        }
    }

    fn asking(text: &str, audience: Audience, agent: Option<AgentName>) -> Self {
        if text.is_empty() || after_prefix(text, &PICTURE_PREFIXES) == Some("") {
            return Self::Explain;
        }
        Self::Ask {
            text: text.to_owned(),
            audience,
            agent,
        }
    }

    /// Whether it asks a model something.
    #[must_use]
    pub fn is_a_question(&self) -> bool {
        match self {
            Self::Ask { .. } => true,
            Self::Explain
            | Self::Help
            | Self::StartAfresh
            | Self::Stop
            | Self::Channel(_)
            | Self::Agents
            | Self::Page
            | Self::Usage(_)
            | Self::Grant(_)
            | Self::Forget(_) => false,
        }
    }
}

/// Returns what is asked, and who may see the answer.
fn read_audience(text: &str) -> (&str, Audience) {
    match after_prefix(text, &PRIVATE_PREFIXES) {
        Some(rest) => (rest, Audience::Asker),
        None => (text, Audience::Channel),
    }
}

/// A question as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its id.
    pub id: QuestionId,
    /// The server it was asked on.
    pub server: ServerId,
    /// The event it came with; unique for each server.
    pub key: EventKey,
    /// How it came.
    pub origin: Origin,
    /// Who asks.
    pub asker: Person,
    /// What is asked, as it was written.
    pub text: String,
    /// Whom it is for: as it says itself, or as was found when work on it began.
    pub agent: Option<AgentName>,
    /// Who may see the answer.
    pub audience: Audience,
    /// How the answer is delivered.
    pub delivery: Delivery,
    /// The conversation whose turns are its context.
    pub conversation: ConversationKey,
    /// What it waits its turn in.
    pub lane: LaneKey,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it must have ended. Where that is no later than when it was asked, it came too late to be answered.
    pub deadline: Timestamp,
}

impl Question {
    /// Returns what is to be drawn, where a picture is asked for.
    #[must_use]
    pub fn wanted_picture(&self) -> Option<&str> {
        wanted_picture(&self.text)
    }

    /// Whether it came too late to be answered.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.deadline <= self.asked_at
    }
}

/// Why we do not answer, though we could.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The provider's filter withheld the answer.
    Filtered,
    /// The asker is no member of the channel where the answer would be posted.
    NotAMember,
    /// The agent that would answer is not for the asker, or not for that channel.
    AgentNotForThem,
    /// It was read back so long after it was asked that nobody may wait for an answer any more.
    Late,
    /// It asks for a picture, and no model that draws is configured.
    NoImages,
    /// It asks for a picture, and there is no bot account that could post one.
    NoBot,
    /// There is too little left of a budget.
    OverBudget,
    /// A rule of the configuration, or what their account is, keeps the asker from an answer.
    NotAllowed,
    /// A rule lets the asker alone see the answer, and there is no way to show it to them alone.
    NoPrivateWay,
}

/// Why we could not answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The model failed.
    Model(ModelFailure),
    /// Mattermost takes no such picture.
    PictureNotTaken,
    /// The deadline passed.
    Deadline,
    /// Work on it died several times: the process ended or panicked.
    Abandoned,
    /// Something of ours.
    Internal,
}

/// The one state in which a question ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The answer was shown whole.
    Answered,
    /// The answer was shown up to the model's or our length limit.
    CutShort,
    /// The answer was shown up to where the model or we broke off.
    Interrupted,
    /// The asker stopped it.
    Stopped,
    /// It was refused.
    Refused(Refusal),
    /// It failed.
    Failed(Failure),
    /// The post that asked it was deleted before it was answered.
    QuestionDeleted,
    /// It turned out not to be a question to us: a post of our own, or of another bot or webhook.
    Ignored,
}

impl Outcome {
    /// Whether what was answered belongs to the conversation's later context.
    #[must_use]
    pub fn is_a_turn(&self) -> bool {
        match self {
            Self::Answered | Self::CutShort | Self::Interrupted => true,
            Self::Stopped
            | Self::Refused(_)
            | Self::Failed(_)
            | Self::QuestionDeleted
            | Self::Ignored => false,
        }
    }

    /// Whether another answer may be written in place of what was shown.
    #[must_use]
    pub fn can_be_regenerated(&self) -> bool {
        match self {
            Self::Answered
            | Self::CutShort
            | Self::Interrupted
            | Self::Stopped
            | Self::Refused(
                Refusal::Filtered
                | Refusal::Late
                | Refusal::NoImages
                | Refusal::NoBot
                | Refusal::OverBudget,
            )
            | Self::Failed(_) => true,
            Self::Refused(
                Refusal::NotAMember
                | Refusal::AgentNotForThem
                | Refusal::NotAllowed
                | Refusal::NoPrivateWay,
            )
            | Self::QuestionDeleted
            | Self::Ignored => false,
        }
    }

    /// Whether the model may go on where the answer ended.
    #[must_use]
    pub fn can_be_continued(&self) -> bool {
        match self {
            Self::CutShort => true,
            Self::Answered
            | Self::Interrupted
            | Self::Stopped
            | Self::Refused(_)
            | Self::Failed(_)
            | Self::QuestionDeleted
            | Self::Ignored => false,
        }
    }

    /// Returns the word under which the outcome is stored and counted.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::CutShort => "cut_short",
            Self::Interrupted => "interrupted",
            Self::Stopped => "stopped",
            Self::Refused(Refusal::Filtered) => "refused:filtered",
            Self::Refused(Refusal::NotAMember) => "refused:not_a_member",
            Self::Refused(Refusal::AgentNotForThem) => "refused:agent",
            Self::Refused(Refusal::Late) => "refused:late",
            Self::Refused(Refusal::NoImages) => "refused:no_images",
            Self::Refused(Refusal::NoBot) => "refused:no_bot",
            Self::Refused(Refusal::OverBudget) => "refused:over_budget",
            Self::Refused(Refusal::NotAllowed) => "refused:not_allowed",
            Self::Refused(Refusal::NoPrivateWay) => "refused:no_private_way",
            Self::Failed(Failure::Model(failure)) => failure.as_outcome(),
            Self::Failed(Failure::PictureNotTaken) => "failed:picture_not_taken",
            Self::Failed(Failure::Deadline) => "failed:deadline",
            Self::Failed(Failure::Abandoned) => "failed:abandoned",
            Self::Failed(Failure::Internal) => "failed:internal",
            Self::QuestionDeleted => "question_deleted",
            Self::Ignored => "ignored",
        }
    }

    /// Reads the word that [`Outcome::as_str`] returned; `None` for any other.
    #[must_use]
    pub fn from_stored(word: &str) -> Option<Self> {
        Some(match word {
            "answered" => Self::Answered,
            "cut_short" => Self::CutShort,
            "interrupted" => Self::Interrupted,
            "stopped" => Self::Stopped,
            "refused:filtered" => Self::Refused(Refusal::Filtered),
            "refused:not_a_member" => Self::Refused(Refusal::NotAMember),
            "refused:agent" => Self::Refused(Refusal::AgentNotForThem),
            "refused:late" => Self::Refused(Refusal::Late),
            "refused:no_images" => Self::Refused(Refusal::NoImages),
            "refused:no_bot" => Self::Refused(Refusal::NoBot),
            "refused:over_budget" => Self::Refused(Refusal::OverBudget),
            "refused:not_allowed" => Self::Refused(Refusal::NotAllowed),
            "refused:no_private_way" => Self::Refused(Refusal::NoPrivateWay),
            "failed:picture_not_taken" => Self::Failed(Failure::PictureNotTaken),
            "failed:deadline" => Self::Failed(Failure::Deadline),
            "failed:abandoned" => Self::Failed(Failure::Abandoned),
            "failed:internal" => Self::Failed(Failure::Internal),
            "question_deleted" => Self::QuestionDeleted,
            "ignored" => Self::Ignored,
            other => Self::Failed(Failure::Model(ModelFailure::from_outcome(other)?)),
        })
    }
}

/// The end of a question as it is committed before it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// How it ended.
    pub outcome: Outcome,
    /// What the model wrote, as it wrote it; empty where it wrote nothing. Later context is made of it.
    pub answer: String,
    /// What is posted, already in Mattermost's Markdown, one text for each post.
    pub texts: Vec<String>,
    /// What was drawn; kept until it was shown.
    pub picture: Option<Picture>,
    /// What the provider reported as used.
    pub usage: Usage,
    /// The model that answered, as the provider names it.
    pub model: Option<String>,
    /// How the models did, where any was asked; not read back with it.
    pub run: Option<Box<Run>>,
    /// When it was concluded.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::Agent;

    fn asks(text: &str, audience: Audience) -> Request {
        Request::Ask {
            text: text.to_owned(),
            audience,
            agent: None,
        }
    }

    #[test]
    fn words_are_commands_only_when_they_are_the_whole_text() {
        let table = [
            ("", Request::Explain),
            ("  \n", Request::Explain),
            ("help", Request::Help),
            (" HELP ", Request::Help),
            ("도움말", Request::Help),
            ("help me", asks("help me", Audience::Channel)),
            ("new", Request::StartAfresh),
            ("새로", Request::StartAfresh),
            (
                "new features in Rust",
                asks("new features in Rust", Audience::Channel),
            ),
            ("stop", Request::Stop),
            ("그만", Request::Stop),
            ("usage", Request::Usage(UsageOf::Asker)),
            ("사용량", Request::Usage(UsageOf::Asker)),
            ("채널 사용량", Request::Usage(UsageOf::Channel)),
            ("usage channel", Request::Usage(UsageOf::Channel)),
            ("사용량이 뭐야?", asks("사용량이 뭐야?", Audience::Channel)),
            ("멈춰", Request::Stop),
            ("Forget", Request::Forget(ForgetWhere::Here)),
            ("잊어 줘", Request::Forget(ForgetWhere::Here)),
            (
                "forget everywhere",
                Request::Forget(ForgetWhere::Everywhere),
            ),
            ("모두 잊어줘", Request::Forget(ForgetWhere::Everywhere)),
            (
                "잊어버린 암호를 찾는 법은?",
                asks("잊어버린 암호를 찾는 법은?", Audience::Channel),
            ),
            (
                "forget about it: what does it mean?",
                asks("forget about it: what does it mean?", Audience::Channel),
            ),
            (
                "그만두는 법을 알려줘",
                asks("그만두는 법을 알려줘", Audience::Channel),
            ),
            ("private: 연봉?", asks("연봉?", Audience::Asker)),
            ("나만: 연봉?", asks("연봉?", Audience::Asker)),
            ("나만：연봉?", asks("연봉?", Audience::Asker)),
            ("Private :x", asks("x", Audience::Asker)),
            ("나만:", Request::Explain),
            (
                "private keys: how?",
                asks("private keys: how?", Audience::Channel),
            ),
            ("나만 모르는 것", asks("나만 모르는 것", Audience::Channel)),
            ("그림: 고양이", asks("그림: 고양이", Audience::Channel)),
            ("나만: 그림: 고양이", asks("그림: 고양이", Audience::Asker)),
            ("image:", Request::Explain),
            ("나만: 이미지： ", Request::Explain),
        ];
        for (text, expected) in table {
            let read = Request::read(text, &Agents::default());
            assert_eq!(read, expected, "{text:?}");
        }
    }

    #[test]
    fn whom_a_question_is_for_stands_before_or_behind_who_may_see_the_answer() {
        let name = AgentName::parse("reviewer").unwrap();
        let agents = Agents::new(vec![Agent::called("reviewer")]);
        let asks = |text: &str, audience| Request::Ask {
            text: text.to_owned(),
            audience,
            agent: Some(name.clone()),
        };
        for (text, expected) in [
            ("with reviewer: why?", asks("why?", Audience::Channel)),
            ("나만: with reviewer why?", asks("why?", Audience::Asker)),
            ("reviewer에게 나만: 왜?", asks("왜?", Audience::Asker)),
            ("@reviewer private: why?", asks("why?", Audience::Asker)),
            ("@reviewer", Request::Explain),
            ("with reviewer private:", Request::Explain),
            ("agents", Request::Agents),
            ("에이전트", Request::Agents),
        ] {
            assert_eq!(Request::read(text, &agents), expected, "{text:?}");
        }
    }

    #[test]
    fn a_picture_is_wanted_only_where_the_word_has_its_colon() {
        for (text, wanted) in [
            ("image: a cat on a roof", Some("a cat on a roof")),
            ("Image：고양이", Some("고양이")),
            ("그림 : 지붕 위의 고양이", Some("지붕 위의 고양이")),
            ("이미지: 16:9 바다", Some("16:9 바다")),
            ("그림 그리는 법: 알려줘", None),
            ("image formats?", None),
            ("what is an image: a thing?", None),
        ] {
            assert_eq!(wanted_picture(text), wanted, "{text}");
        }
    }

    #[test]
    fn every_outcome_is_read_back_as_it_was_stored() {
        let mut outcomes = vec![
            Outcome::Answered,
            Outcome::CutShort,
            Outcome::Interrupted,
            Outcome::Stopped,
            Outcome::QuestionDeleted,
            Outcome::Ignored,
            Outcome::Refused(Refusal::Filtered),
            Outcome::Refused(Refusal::NotAMember),
            Outcome::Refused(Refusal::AgentNotForThem),
            Outcome::Refused(Refusal::Late),
            Outcome::Refused(Refusal::NoImages),
            Outcome::Refused(Refusal::NoBot),
            Outcome::Refused(Refusal::OverBudget),
            Outcome::Refused(Refusal::NotAllowed),
            Outcome::Refused(Refusal::NoPrivateWay),
            Outcome::Failed(Failure::PictureNotTaken),
            Outcome::Failed(Failure::Deadline),
            Outcome::Failed(Failure::Abandoned),
            Outcome::Failed(Failure::Internal),
        ];
        outcomes.extend(ModelFailure::ALL.map(|failure| Outcome::Failed(Failure::Model(failure))));
        for outcome in outcomes {
            assert_eq!(
                Outcome::from_stored(outcome.as_str()),
                Some(outcome.clone()),
                "{outcome:?}"
            );
        }
        assert_eq!(Outcome::from_stored("something else"), None);
    }
}
