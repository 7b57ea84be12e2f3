//! The words for what is wrong with a configuration and how to mend it, in English and Korean.

mod access;
mod budgets;
mod privacy;

use super::fault::Fault;
use super::reference::Form;
use crate::text::Language;

/// What is wrong and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// What is wrong, to be read after the name it is about.
    pub(super) what: String,
    /// What to do.
    pub(super) remedy: String,
}

fn words(what: impl Into<String>, remedy: impl Into<String>) -> Words {
    Words {
        what: what.into(),
        remedy: remedy.into(),
    }
}

/// Says a fault in a language.
pub(super) fn say(fault: &Fault, language: Language) -> Words {
    match language {
        Language::English => english(fault),
        Language::Korean => korean(fault),
    }
}

/// Says where a value of the environment comes from.
pub(super) fn in_the_environment(language: Language) -> &'static str {
    match language {
        Language::English => "in the environment",
        Language::Korean => "환경 변수",
    }
}

fn english(fault: &Fault) -> Words {
    match fault {
        Fault::Syntax { message } => words(
            format!("is not valid TOML: {message}"),
            "a line is `key = value`; texts stand in double quotes, tables in `[brackets]`",
        ),
        Fault::DotenvLine => words(
            "has a line that cannot be read",
            "write NAME=value, with a value of several words, `$` or `#` in single quotes; a comment begins with `#`",
        ),
        Fault::Twice => words("is set twice", "keep one of the two lines"),
        Fault::Unknown {
            nearest: Some(name),
        } => words("is not known", format!("did you mean `{name}`?")),
        Fault::Unknown { nearest: None } => words(
            "is not known",
            "remove it; `askwell config reference` lists every key",
        ),
        Fault::TooLong { chars } => {
            words("is too long", format!("write at most {chars} characters"))
        }
        Fault::Empty => words("is empty", "write a value, or remove it"),
        Fault::Form(form) => words("has a value that cannot be used", english_form(*form)),
        Fault::BothSet { twin } => words(
            format!("is set, and {twin} too"),
            "keep one of the two: the value itself, or the file that holds it",
        ),
        Fault::Unreadable { path, why } => words(
            format!("names {path}, which cannot be read: {why}"),
            "correct the path, or let the user who runs askwell read the file",
        ),
        Fault::TimeZone { nearest } => words(
            "names a time zone that does not exist",
            match nearest {
                Some(name) => format!("did you mean `{name}`?"),
                None => "write an IANA name such as `Asia/Seoul` or `UTC`".to_owned(),
            },
        ),
        Fault::Template { message, variables } => words(
            format!("is a template that cannot be used: {message}"),
            format!("its variables are {}", list(variables)),
        ),
        Fault::NoAnswer => words(
            "is a template that leaves the answer out",
            "write `{{ answer }}` where the answer belongs, whatever `echo`, `agent` and `block` are",
        ),
        Fault::AtMost { other, most } => words(
            format!("does not fit `{}`", other.path()),
            format!("write at most {most}, or raise `{}`", other.path()),
        ),
        Fault::HalfAPrice { other } => budgets::english_price(other),
        Fault::NoToken
        | Fault::NoMattermost
        | Fault::NoApiKey
        | Fault::NoMediaKey
        | Fault::NoMediaAddress => english_missing(fault),
        Fault::NoChannel | Fault::ChannelId | Fault::ChannelTwice => english_channel(fault),
        Fault::AgentName | Fault::AgentTwice | Fault::NoSuchAgent { .. } => english_agent(fault),
        Fault::Budget(fault) => budgets::english(*fault),
        Fault::Access(fault) => access::english(fault),
        Fault::SealKey | Fault::Redaction => privacy::english(fault),
        Fault::NoModelName
        | Fault::ModelNameTwice
        | Fault::NoSuchModel { .. }
        | Fault::Wanted { .. }
        | Fault::Unsayable { .. }
        | Fault::Header
        | Fault::NoVariable => english_model(fault),
        Fault::Characters
        | Fault::Credentials
        | Fault::Query
        | Fault::PlainHttp { .. }
        | Fault::IncomingWebhook
        | Fault::Database
        | Fault::ServerName
        | Fault::Trigger
        | Fault::Substituted => english_value(fault),
        Fault::NameTaken | Fault::TokenTaken | Fault::OfTheProcess => english_also(fault),
    }
}

fn english_missing(fault: &Fault) -> Words {
    match fault {
        Fault::NoMattermost => words(
            "is missing",
            "write the address of your Mattermost server, as MATTERMOST_URL=https://chat.example.com, in .env",
        ),
        Fault::NoApiKey => words(
            "is missing",
            "write OPENAI_API_KEY=… in .env; or, for a model server of your own, OPENAI_BASE_URL=http://127.0.0.1:11434/v1; \
             in [[models]] write api_key_file, or the base_url of another server",
        ),
        Fault::NoMediaKey => words(
            "is missing",
            "write it, or the base_url of another server beside it",
        ),
        Fault::NoMediaAddress => words(
            "is missing, and the server of [model] speaks Anthropic's protocol, which knows no such thing",
            "write the base of a server that speaks OpenAI's API, as \"https://api.openai.com/v1\"",
        ),
        _ => words(
            "is missing, and so is MATTERMOST_OUTGOING_TOKENS: askwell could not tell Mattermost's requests from others",
            "in Mattermost, open Integrations > Slash Commands > Add, with the request URL http://ASKWELL:8000/mattermost-gpt and the \
             method POST, and write the token it shows in .env: MATTERMOST_COMMAND_TOKENS=…",
        ),
    }
}

fn english_value(fault: &Fault) -> Words {
    match fault {
        Fault::Characters => words(
            "holds a space, a control character or one outside ASCII",
            "copy the value again, without quotes or line breaks inside",
        ),
        Fault::Credentials => words(
            "holds a user name or password",
            "write the address without them; askwell signs in with tokens of their own keys",
        ),
        Fault::Query => words(
            "holds a `?` or `#`",
            "write the address up to its path only",
        ),
        Fault::PlainHttp { allow } => words(
            "is not encrypted, and its host is public",
            format!("write https://, or allow it with `{} = true`", allow.path()),
        ),
        Fault::IncomingWebhook => words(
            "is not the address of an incoming webhook",
            "copy it from Integrations > Incoming Webhooks: https://chat.example.com/hooks/ and 26 characters",
        ),
        Fault::Database => words(
            "is no database that askwell knows",
            "write sqlite:PATH, as sqlite:askwell.db, or postgres://user:password@host/name",
        ),
        Fault::Substituted => words(
            "holds a `$`, and what follows it was replaced by a variable",
            "write the value in single quotes",
        ),
        Fault::Trigger => words(
            "is not one word",
            "write the trigger word of the slash command, as askgpt",
        ),
        _ => words(
            "has other characters than a name may have",
            "write 1 to 64 characters of a-z, 0-9, - and _",
        ),
    }
}

fn english_also(fault: &Fault) -> Words {
    match fault {
        Fault::NameTaken => words(
            "is the name of another bot of this process",
            "write another name: what belongs to a bot is stored under it",
        ),
        Fault::TokenTaken => words(
            "holds a token that another bot of this process has",
            "make a slash command or webhook for each bot, and write the token of each to its own",
        ),
        _ => words(
            "is a setting of the whole process",
            "write it in the first configuration file, which names this one under `server.also`",
        ),
    }
}

const ENGLISH_CHANNEL_ID: &str =
    "in Mattermost, open the channel's menu > View Info and copy the ID at its end, 26 characters";

fn english_channel(fault: &Fault) -> Words {
    match fault {
        Fault::NoChannel => words("is missing", ENGLISH_CHANNEL_ID),
        Fault::ChannelId => words("is not the ID of a channel", ENGLISH_CHANNEL_ID),
        _ => words(
            "is the ID of a channel that has a table already",
            "write all that this channel does otherwise in one [[channel]]",
        ),
    }
}

fn english_agent(fault: &Fault) -> Words {
    match fault {
        Fault::AgentName => words(
            "is not a name that people could call an agent by",
            "write letters and digits, as `reviewer`; `all`, `channel`, `here` and `default` mean something else",
        ),
        Fault::NoSuchAgent {
            nearest: Some(name),
        } => words(
            "names an agent that there is not",
            format!("did you mean `{name}`?"),
        ),
        Fault::NoSuchAgent { nearest: None } => words(
            "names an agent that there is not",
            "write the `name` of one of [[agents]]",
        ),
        _ => words(
            "is the name of another agent already",
            "give each its own name",
        ),
    }
}

fn english_model(fault: &Fault) -> Words {
    match fault {
        Fault::NoModelName => words("is missing", "write a name: id = \"…\""),
        Fault::ModelNameTwice => words(
            "is the name of another one already",
            "give each its own name",
        ),
        Fault::NoSuchModel { nearest } => words(
            "names a model that there is not",
            match nearest {
                Some(name) => format!("did you mean `{name}`?"),
                None => "write the `id` of one of [[models]], or `default` for that of [model]"
                    .to_owned(),
            },
        ),
        Fault::Wanted { wire, form } => words(
            format!("is missing or of no use: `wire = \"{wire}\"` needs it"),
            format!("write {form}"),
        ),
        Fault::Unsayable { wire } => words(
            format!("would be lost: `wire = \"{wire}\"` has no words for it"),
            "remove it, or ask the model by another `wire`",
        ),
        Fault::Header => words(
            "cannot be sent in an HTTP header",
            "write names of letters, digits and hyphens, and values without line breaks",
        ),
        _ => words(
            "names a variable that the environment does not have",
            "set it for the process, or write the key's file with `api_key_file`",
        ),
    }
}

fn english_form(form: Form) -> String {
    match form {
        Form::Text(_) | Form::Secret => "write a text, in double quotes in TOML".to_owned(),
        Form::Secrets => {
            "write a list of texts: [\"…\", \"…\"] in TOML, separated by commas in the environment"
                .to_owned()
        }
        Form::Names => "write a list of at most 1000 names: [\"…\", \"…\"]".to_owned(),
        Form::Pairs => "write a table of texts: { name = \"value\" }".to_owned(),
        Form::Json => "write a table: { name = value }".to_owned(),
        Form::Files => {
            "write a list of at most 1000 names of files that end with .toml: [\"sales.toml\"]"
                .to_owned()
        }
        Form::Address => "write an address that begins with https:// or http://".to_owned(),
        Form::Socket => "write an IP address and a port, as 0.0.0.0:8000 or [::1]:8000".to_owned(),
        Form::Whole(min, max) => format!("write a whole number from {min} to {max}"),
        Form::Decimal(min, max) => format!("write a number from {min} to {max}"),
        Form::Seconds(min, max) => format!("write seconds, from {min} to {max}"),
        Form::Dollars(max) => format!("write dollars, as 0.15, from 0 to {max}"),
        Form::Switch => "write true or false".to_owned(),
        Form::OneOf(choices) => format!("write one of {}", list(choices)),
    }
}

fn korean(fault: &Fault) -> Words {
    match fault {
        Fault::Syntax { message } => words(
            format!("TOML 문법에 맞지 않아요: {message}"),
            "한 줄에 `키 = 값`을 쓰고, 글은 큰따옴표로, 표 이름은 `[대괄호]`로 감싸 주세요",
        ),
        Fault::DotenvLine => words(
            "읽을 수 없는 줄이 있어요",
            "이름=값 형식으로 쓰고, 띄어쓰기나 `$`, `#`이 있는 값은 작은따옴표로 감싸 주세요. 설명은 `#`으로 시작해요",
        ),
        Fault::Twice => words("두 번 설정했어요", "두 줄 중 하나만 남겨 주세요"),
        Fault::Unknown {
            nearest: Some(name),
        } => words("모르는 이름이에요", format!("혹시 `{name}`인가요?")),
        Fault::Unknown { nearest: None } => words(
            "모르는 이름이에요",
            "지워 주세요. `askwell config reference`로 모든 키를 볼 수 있어요",
        ),
        Fault::TooLong { chars } => words("너무 길어요", format!("{chars}자까지만 써 주세요")),
        Fault::Empty => words("비어 있어요", "값을 쓰거나 지워 주세요"),
        Fault::Form(form) => words("쓸 수 없는 값이에요", korean_form(*form)),
        Fault::BothSet { twin } => words(
            format!("{twin}도 함께 설정되어 있어요"),
            "값과 값이 든 파일 중 하나만 남겨 주세요",
        ),
        Fault::Unreadable { path, why } => words(
            format!("{path} 파일을 읽을 수 없어요: {why}"),
            "경로를 고치거나, askwell을 실행하는 사용자가 파일을 읽을 수 있게 해 주세요",
        ),
        Fault::TimeZone { nearest } => words(
            "없는 시간대예요",
            match nearest {
                Some(name) => format!("혹시 `{name}`인가요?"),
                None => "`Asia/Seoul`이나 `UTC` 같은 IANA 이름을 써 주세요".to_owned(),
            },
        ),
        Fault::Template { message, variables } => words(
            format!("쓸 수 없는 템플릿이에요: {message}"),
            format!("쓸 수 있는 변수는 {}예요", list(variables)),
        ),
        Fault::NoAnswer => words(
            "답변이 빠진 템플릿이에요",
            "`echo`, `agent`, `block`이 어떤 값이든 답변이 보이도록 `{{ answer }}`를 써 주세요",
        ),
        Fault::AtMost { other, most } => words(
            format!("`{}`에 맞지 않아요", other.path()),
            format!("{most} 이하로 쓰거나 `{}` 값을 늘려 주세요", other.path()),
        ),
        Fault::HalfAPrice { other } => budgets::korean_price(other),
        Fault::NoChannel | Fault::ChannelId | Fault::ChannelTwice => korean_channel(fault),
        Fault::AgentName | Fault::AgentTwice | Fault::NoSuchAgent { .. } => korean_agent(fault),
        Fault::Budget(fault) => budgets::korean(*fault),
        Fault::Access(fault) => access::korean(fault),
        Fault::SealKey | Fault::Redaction => privacy::korean(fault),
        Fault::NoModelName
        | Fault::ModelNameTwice
        | Fault::NoSuchModel { .. }
        | Fault::Wanted { .. }
        | Fault::Unsayable { .. }
        | Fault::Header
        | Fault::NoVariable => korean_model(fault),
        Fault::NoToken
        | Fault::NoMattermost
        | Fault::NoApiKey
        | Fault::NoMediaKey
        | Fault::NoMediaAddress => korean_missing(fault),
        Fault::Characters
        | Fault::Credentials
        | Fault::Query
        | Fault::PlainHttp { .. }
        | Fault::IncomingWebhook
        | Fault::Database
        | Fault::ServerName
        | Fault::Trigger
        | Fault::Substituted => korean_value(fault),
        Fault::NameTaken | Fault::TokenTaken | Fault::OfTheProcess => korean_also(fault),
    }
}

fn korean_missing(fault: &Fault) -> Words {
    match fault {
        Fault::NoMattermost => words(
            "값이 없어요",
            ".env에 MATTERMOST_URL=https://chat.example.com처럼 Mattermost 서버 주소를 써 주세요",
        ),
        Fault::NoApiKey => words(
            "값이 없어요",
            ".env에 OPENAI_API_KEY=…를 써 주세요. 직접 운영하는 모델 서버라면 OPENAI_BASE_URL=http://127.0.0.1:11434/v1처럼 주소를 써 주세요. [[models]]에는 api_key_file이나 다른 서버의 base_url을 써 주세요",
        ),
        Fault::NoMediaKey => words(
            "값이 없어요",
            "키를 써 주세요. 다른 서버를 쓴다면 그 base_url을 함께 써 주세요",
        ),
        Fault::NoMediaAddress => words(
            "값이 없는데, [model]의 서버가 쓰는 Anthropic의 방식에는 이런 기능이 없어요",
            "OpenAI의 API를 아는 서버의 주소를 써 주세요(예: \"https://api.openai.com/v1\")",
        ),
        _ => words(
            "값이 없고 MATTERMOST_OUTGOING_TOKENS도 없어서, Mattermost가 보낸 요청인지 확인할 수 없어요",
            "Mattermost의 통합 > 슬래시 명령어 > 추가에서 요청 URL에 http://ASKWELL:8000/mattermost-gpt, 요청 방식에 POST를 입력하고, \
             표시되는 토큰을 .env에 써 주세요: MATTERMOST_COMMAND_TOKENS=…",
        ),
    }
}

fn korean_value(fault: &Fault) -> Words {
    match fault {
        Fault::Characters => words(
            "띄어쓰기나 제어 문자, ASCII가 아닌 문자가 들어 있어요",
            "안쪽에 따옴표나 줄 바꿈이 없게 값을 다시 복사해 주세요",
        ),
        Fault::Credentials => words(
            "사용자 이름이나 암호가 들어 있어요",
            "주소에서 빼 주세요. askwell은 따로 설정한 토큰으로 로그인해요",
        ),
        Fault::Query => words("`?`나 `#`이 들어 있어요", "주소를 경로까지만 써 주세요"),
        Fault::PlainHttp { allow } => words(
            "암호화하지 않는 주소인데 공개 호스트예요",
            format!(
                "https://로 쓰거나 `{} = true`로 허용해 주세요",
                allow.path()
            ),
        ),
        Fault::IncomingWebhook => words(
            "수신 웹훅 주소가 아니에요",
            "통합 > 수신 웹훅에서 복사해 주세요. https://chat.example.com/hooks/ 뒤에 26자가 이어져요",
        ),
        Fault::Database => words(
            "askwell이 모르는 데이터베이스예요",
            "sqlite:askwell.db 같은 sqlite:경로나 postgres://사용자:암호@호스트/이름을 써 주세요",
        ),
        Fault::Substituted => words(
            "`$`가 들어 있어서 그 뒤가 변수 값으로 바뀌었어요",
            "값을 작은따옴표로 감싸 주세요",
        ),
        Fault::Trigger => words(
            "한 단어가 아니에요",
            "askgpt처럼 슬래시 명령어의 트리거 단어를 써 주세요",
        ),
        _ => words(
            "이름에 쓸 수 없는 문자가 있어요",
            "a-z, 0-9, -, _ 중에서 1~64자로 써 주세요",
        ),
    }
}

fn korean_also(fault: &Fault) -> Words {
    match fault {
        Fault::NameTaken => words(
            "이 프로세스의 다른 봇과 이름이 같아요",
            "다른 이름을 써 주세요. 봇의 데이터는 이 이름으로 저장돼요",
        ),
        Fault::TokenTaken => words(
            "이 프로세스의 다른 봇과 같은 토큰이 있어요",
            "봇마다 슬래시 명령이나 웹훅을 따로 만들고, 각각의 토큰을 써 주세요",
        ),
        _ => words(
            "프로세스 전체의 설정이에요",
            "이 파일을 `server.also`에 적은 첫 번째 설정 파일에 써 주세요",
        ),
    }
}

const KOREAN_CHANNEL_ID: &str =
    "Mattermost에서 채널 메뉴 > 정보 보기를 열고, 맨 아래의 ID(26자)를 복사해 주세요";

fn korean_channel(fault: &Fault) -> Words {
    match fault {
        Fault::NoChannel => words("없어요", KOREAN_CHANNEL_ID),
        Fault::ChannelId => words("채널의 ID가 아니에요", KOREAN_CHANNEL_ID),
        _ => words(
            "이미 적은 채널의 ID예요",
            "한 채널의 설정은 [[channel]] 하나에 모아 써 주세요",
        ),
    }
}

fn korean_agent(fault: &Fault) -> Words {
    match fault {
        Fault::AgentName => words(
            "에이전트를 부를 수 있는 이름이 아니에요",
            "`reviewer`처럼 글자와 숫자로 써 주세요. `all`, `channel`, `here`, `default`, `기본`은 다른 뜻이 있어서 쓸 수 없어요",
        ),
        Fault::NoSuchAgent {
            nearest: Some(name),
        } => words(
            "없는 에이전트의 이름이에요",
            format!("혹시 `{name}`인가요?"),
        ),
        Fault::NoSuchAgent { nearest: None } => words(
            "없는 에이전트의 이름이에요",
            "[[agents]] 가운데 하나의 `name`을 써 주세요",
        ),
        _ => words(
            "다른 에이전트가 이미 쓰는 이름이에요",
            "저마다 다른 이름을 써 주세요",
        ),
    }
}

fn korean_model(fault: &Fault) -> Words {
    match fault {
        Fault::NoModelName => words("없어요", "이름을 써 주세요: id = \"…\""),
        Fault::ModelNameTwice => words(
            "다른 것이 이미 쓰는 이름이에요",
            "저마다 다른 이름을 써 주세요",
        ),
        Fault::NoSuchModel { nearest } => words(
            "없는 모델의 이름이에요",
            match nearest {
                Some(name) => format!("혹시 `{name}`인가요?"),
                None => {
                    "[[models]]의 `id`나, [model]의 모델이라면 `default`를 써 주세요".to_owned()
                }
            },
        ),
        Fault::Wanted { wire, form } => words(
            format!("없거나 쓸 수 없어요. `wire = \"{wire}\"`에 필요해요"),
            format!("{form}처럼 써 주세요"),
        ),
        Fault::Unsayable { wire } => words(
            format!("`wire = \"{wire}\"`로는 전할 수 없는 설정이에요"),
            "지우거나, 모델에 다른 `wire`로 물어봐 주세요",
        ),
        Fault::Header => words(
            "HTTP 헤더로 보낼 수 없어요",
            "이름은 영문자, 숫자, 하이픈으로, 값은 줄바꿈 없이 써 주세요",
        ),
        _ => words(
            "환경에 없는 변수예요",
            "프로세스의 환경에 넣거나, `api_key_file`로 키가 든 파일을 써 주세요",
        ),
    }
}

fn korean_form(form: Form) -> String {
    match form {
        Form::Text(_) | Form::Secret => "글로 써 주세요. TOML에서는 큰따옴표로 감싸요".to_owned(),
        Form::Secrets => {
            "글의 목록으로 써 주세요. TOML에서는 [\"…\", \"…\"], 환경 변수에서는 쉼표로 구분해요"
                .to_owned()
        }
        Form::Names => "이름을 최대 1000개까지 목록으로 써 주세요: [\"…\", \"…\"]".to_owned(),
        Form::Pairs => "글의 표로 써 주세요: { 이름 = \"값\" }".to_owned(),
        Form::Json => "표로 써 주세요: { 이름 = 값 }".to_owned(),
        Form::Files => {
            ".toml로 끝나는 파일 이름을 최대 1000개까지 목록으로 써 주세요: [\"sales.toml\"]"
                .to_owned()
        }
        Form::Address => "https://나 http://로 시작하는 주소를 써 주세요".to_owned(),
        Form::Socket => "0.0.0.0:8000이나 [::1]:8000처럼 IP 주소와 포트를 써 주세요".to_owned(),
        Form::Whole(min, max) => format!("{min}부터 {max}까지의 정수를 써 주세요"),
        Form::Decimal(min, max) => format!("{min}부터 {max}까지의 수를 써 주세요"),
        Form::Seconds(min, max) => format!("{min}부터 {max}까지의 수를 초 단위로 써 주세요"),
        Form::Dollars(max) => format!("0부터 {max}까지의 금액을 0.15처럼 달러로 써 주세요"),
        Form::Switch => "true나 false를 써 주세요".to_owned(),
        Form::OneOf(choices) => format!("{} 중 하나를 써 주세요", list(choices)),
    }
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
