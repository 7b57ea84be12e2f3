//! Every key of the configuration, once: its name in `askwell.toml`, its name in the environment, its form, default and meaning.
//!
//! The parser knows no other keys, the nearest name of a misspelt one is looked for here, and `docs/configuration.md` is generated from
//! it, so that a key can be neither undocumented nor forgotten.

mod access;
mod budgets;
mod media;
mod observing;
mod page;
mod prices;
mod redaction;
mod retention;
mod sections;
mod server;

pub use super::key::Key;
pub use super::kind::Form;
pub use sections::{
    ACCESS_SECTION, AGENTS_SECTION, BUDGETS_SECTION, CHANNEL_SECTION, GROUPS_SECTION,
    MODELS_SECTION, REPEATED, ROUTES_SECTION, is_repeated,
};

/// Where the path of `askwell.toml` is read from; it has no key of its own.
pub const CONFIG_VARIABLE: &str = "ASKWELL_CONFIG";

/// The file read where [`CONFIG_VARIABLE`] names none; it may be missing.
pub const DEFAULT_CONFIG_FILE: &str = "askwell.toml";

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

macro_rules! keys {
    ($($name:ident = $key:expr;)* $(+ $module:ident { $($other:ident,)* } $($later:ident = $later_key:expr;)*)*) => {
        $(pub(super) static $name: Key = $key;)*
        $(
            pub(super) use $module::{$($other),*};
            $(pub(super) static $later: Key = $later_key;)*
        )*

        /// Every key, in the order of the documentation.
        pub static KEYS: &[&Key] = &[$(&$name,)* $($(&$other,)* $(&$later,)*)*];
    };
}

keys! {
    SERVER_LISTEN = Key::new("server", "listen", Form::Socket).env("ASKWELL_LISTEN").default("0.0.0.0:8000").means(
        "Where askwell listens for Mattermost.",
        "askwell이 Mattermost의 요청을 받을 주소예요.",
    );
    SERVER_PUBLIC_URL = Key::new("server", "public_url", Form::Address).env("ASKWELL_PUBLIC_URL").means(
        "How Mattermost reaches askwell, for the addresses askwell tells you to enter there, and for the buttons beneath answers: without it there are none. None is assumed.",
        "Mattermost에서 askwell에 접속하는 주소예요. Mattermost에 입력할 주소를 안내할 때와 답변 아래의 버튼에 써요. 없으면 버튼도 없어요. 기본값은 없어요.",
    );
    SERVER_LANGUAGE = Key::new("server", "language", Form::OneOf(&["ko", "en"])).env("ASKWELL_LANGUAGE").default("ko").means(
        "The language askwell itself speaks: Korean or English. Answers follow the question.",
        "askwell이 직접 하는 말의 언어예요(한국어 또는 영어). 답변의 언어는 질문을 따라가요.",
    );
    SERVER_MAX_BODY = Key::new("server", "max_body_bytes", Form::Whole(64 * KIB, 16 * MIB)).default("1048576").means(
        "Bytes of a request, at most. 300 kB of Korean is about 900 kB on the wire.",
        "요청 하나의 최대 크기(바이트)예요. 한글 300 kB는 전송될 때 약 900 kB가 돼요.",
    );
    SERVER_BODY_TIMEOUT = Key::new("server", "body_timeout_seconds", Form::Seconds(1.0, 60.0)).default("10").means(
        "How long a request may take to arrive.",
        "요청 본문을 다 받을 때까지 기다리는 시간이에요.",
    );
    SERVER_MAX_CONNECTIONS = Key::new("server", "max_connections", Form::Whole(16, 65_536)).default("1024").means(
        "Connections at once, at most.",
        "동시에 받는 연결의 최대 수예요.",
    );
    SERVER_INLINE_TIMEOUT = Key::new("server", "inline_timeout_seconds", Form::Seconds(1.0, 26.0)).default("25").means(
        "How long a request made by hand waits for its answer. Mattermost itself gives up after 30 seconds.",
        "직접 보낸 요청이 답변을 기다리는 시간이에요. Mattermost는 30초가 지나면 포기해요.",
    );
    + server { SERVER_WATCH, SERVER_ALSO, }

    MATTERMOST_URL = Key::new("mattermost", "url", Form::Address).env("MATTERMOST_URL").means(
        "The Mattermost server as askwell reaches it. Required.",
        "askwell이 접속할 Mattermost 서버 주소예요. 꼭 필요해요.",
    );
    MATTERMOST_COMMAND_TOKENS = Key::new("mattermost", "command_tokens", Form::Secrets).env("MATTERMOST_COMMAND_TOKENS").means(
        "Tokens of the slash command. Several may be valid while one is being replaced. Either these or `outgoing_tokens` are required.",
        "슬래시 명령어의 토큰이에요. 토큰을 교체하는 동안 여러 개를 함께 쓸 수 있어요. 이 값과 `outgoing_tokens` 중 하나는 꼭 필요해요.",
    );
    MATTERMOST_OUTGOING_TOKENS = Key::new("mattermost", "outgoing_tokens", Form::Secrets).env("MATTERMOST_OUTGOING_TOKENS").means(
        "Tokens of outgoing webhooks.",
        "발신 웹훅의 토큰이에요.",
    );
    MATTERMOST_BOT_TOKEN = Key::new("mattermost", "bot_token", Form::Secret).env("MATTERMOST_BOT_TOKEN").means(
        "The access token of the bot account. With it an answer is one post that grows; without it the finished text arrives at once.",
        "봇 계정의 액세스 토큰이에요. 있으면 답변이 한 게시물에 실시간으로 이어서 표시되고, 없으면 완성된 글이 한 번에 도착해요.",
    );
    MATTERMOST_INCOMING_WEBHOOK = Key::new("mattermost", "incoming_webhook_url", Form::Secret).env("MATTERMOST_INCOMING_WEBHOOK_URL").means(
        "The address of an incoming webhook, for answers to outgoing webhooks where there is no bot. Whoever knows it can post, so it never prints.",
        "수신 웹훅 주소예요. 봇이 없을 때 발신 웹훅 질문에 답하는 데 써요. 주소를 아는 사람은 누구나 글을 쓸 수 있어서 화면에 표시하지 않아요.",
    );
    MATTERMOST_NAME = Key::new("mattermost", "name", Form::Text(64)).default("mattermost").means(
        "The name under which this server's rows are stored: `a-z`, `0-9`, `-` and `_`. Changing it hides what was stored before.",
        "이 서버의 기록을 저장할 때 쓰는 이름이에요(`a-z`, `0-9`, `-`, `_`). 바꾸면 전에 저장한 기록이 보이지 않아요.",
    );
    MATTERMOST_PLAIN_HTTP = Key::new("mattermost", "allow_plain_http", Form::Switch).default("false").means(
        "Allows `http://` to a public host, where tokens and posts can be read on the way. Hosts of your own network need no permission.",
        "공개 호스트에 `http://`로 접속하는 것을 허용해요. 이 경우 토큰과 글이 중간에서 읽힐 수 있어요. 내부망 호스트는 허용하지 않아도 돼요.",
    );
    MATTERMOST_LATEX = Key::new("mattermost", "latex", Form::Switch).means(
        "Whether the server shows LaTeX (`EnableLatex`); elsewhere formulas are shown as code. With a bot account, the server is asked where nothing is written.",
        "서버가 LaTeX를 표시하는지(`EnableLatex`) 여부예요. 아니면 수식을 코드로 보여 줘요. 봇 계정이 있고 이 값을 쓰지 않으면 서버에 물어봐요.",
    );
    MATTERMOST_WRITES = Key::new("mattermost", "writes_per_second", Form::Decimal(0.1, 1000.0)).default("8").means(
        "Posts and edits a second, on average, at most.",
        "초당 게시와 수정의 평균 최대 횟수예요.",
    );
    MATTERMOST_BURST = Key::new("mattermost", "write_burst", Form::Whole(1, 10_000)).default("20").means(
        "Posts and edits at once, at most.",
        "한꺼번에 할 수 있는 게시와 수정의 최대 횟수예요.",
    );
    MATTERMOST_CALL_TIMEOUT = Key::new("mattermost", "call_timeout_seconds", Form::Seconds(1.0, 60.0)).default("15").means(
        "How long one call to Mattermost may take; a write may wait as long again for its turn. Must be at most a quarter of `limits.lease_seconds`.",
        "Mattermost 호출 한 번에 걸릴 수 있는 최대 시간이에요. 쓰기는 차례를 기다리느라 그만큼 더 걸릴 수 있어요. `limits.lease_seconds`의 4분의 1을 넘을 수 없어요.",
    );

    MODEL_BASE_URL = Key::new("model", "base_url", Form::Address).env("OPENAI_BASE_URL").default("https://api.openai.com/v1").means(
        "The base of the API, for an OpenAI-compatible one up to and including `/v1`. Where it is not written and `wire` says another provider, that one's own: `https://generativelanguage.googleapis.com/v1beta` for `gemini`, `https://api.cohere.com/v1` for `cohere`.",
        "API의 기본 주소예요. OpenAI 호환 API라면 `/v1`까지 적어요. 쓰지 않고 `wire`에 다른 제공자를 적으면 그 제공자의 주소를 써요. `gemini`는 `https://generativelanguage.googleapis.com/v1beta`, `cohere`는 `https://api.cohere.com/v1`이에요.",
    );
    MODEL_API_KEY = Key::new("model", "api_key", Form::Secret).env("OPENAI_API_KEY").means(
        "The key of that API. Required with the default base; elsewhere sent where it is set.",
        "API 키예요. 기본 주소를 쓸 때는 꼭 필요하고, 다른 주소에서는 있을 때만 보내요.",
    );
    MODEL_API_KEYS = Key::new("model", "api_keys", Form::Secrets).means(
        "Several keys of that API, asked with in turn; one that is held back or refused rests. In place of `api_key`.",
        "API 키가 여럿일 때 써요. 번갈아 쓰고, 제한에 걸리거나 거절된 키는 잠시 쉬어요. `api_key` 대신 써요.",
    );
    MODEL_API_KEY_FILE = Key::new("model", "api_key_file", Form::Text(4_096)).means(
        "A file that holds the key, in place of `api_key`.",
        "키가 든 파일이에요. `api_key` 대신 써요.",
    );
    MODEL_API_KEY_ENV = Key::new("model", "api_key_env", Form::Text(200)).means(
        "The environment variable that holds the key, in place of `api_key`.",
        "키가 든 환경 변수의 이름이에요. `api_key` 대신 써요.",
    );
    MODEL_WIRE = Key::new("model", "wire", Form::OneOf(&["chat_completions", "responses", "messages", "gemini", "vertex", "bedrock", "cohere"])).env("ASKWELL_MODEL_WIRE").default("chat_completions").means(
        "The protocol: OpenAI's Chat Completions, which nearly every server speaks, OpenAI's Responses, Anthropic's Messages, Google's Gemini API, Vertex AI (with an access token, or with `key_header = \"x-goog-api-key\"` an API key), Bedrock's Converse (with an API key of Bedrock's) or Cohere's Chat v1. Of the last four `name` is needed, of `vertex` and `bedrock` also `base_url`; what they have no words for is refused.",
        "모델 서버와 말하는 방식이에요. 거의 모든 서버가 아는 OpenAI의 Chat Completions, OpenAI의 Responses, Anthropic의 Messages, Google의 Gemini API, Vertex AI(액세스 토큰이나, `key_header = \"x-goog-api-key\"`와 함께 API 키), Bedrock의 Converse(Bedrock API 키), Cohere의 Chat v1 중 하나예요. 뒤의 네 가지에는 `name`이 필요하고, `vertex`와 `bedrock`에는 `base_url`도 필요해요. 그 방식으로 전할 수 없는 설정은 받지 않아요.",
    );
    MODEL_NAME = Key::new("model", "name", Form::Text(200)).env("ASKWELL_MODEL").means(
        "The model. With the default base it is `gpt-4o-mini`; with another base that lists exactly one model, that one.",
        "모델 이름이에요. 기본 주소에서는 `gpt-4o-mini`이고, 다른 주소에서 모델이 하나뿐이면 그 모델을 써요.",
    );
    MODEL_PLAIN_HTTP = Key::new("model", "allow_plain_http", Form::Switch).default("false").means(
        "Allows `http://` to a public host, where questions and answers can be read on the way.",
        "공개 호스트에 `http://`로 접속하는 것을 허용해요. 이 경우 질문과 답변이 중간에서 읽힐 수 있어요.",
    );
    MODEL_TEMPERATURE = Key::new("model", "temperature", Form::Decimal(0.0, 2.0)).means(
        "Sampling temperature; the model server's own where absent.",
        "샘플링 온도예요. 없으면 모델 서버의 값을 따라요.",
    );
    MODEL_TOP_P = Key::new("model", "top_p", Form::Decimal(0.0, 1.0)).means(
        "Nucleus sampling; the model server's own where absent.",
        "누적 확률 샘플링 값이에요. 없으면 모델 서버의 값을 따라요.",
    );
    MODEL_TOP_K = Key::new("model", "top_k", Form::Whole(1, 1_000_000)).means(
        "How many tokens are chosen from; not sent over `responses`.",
        "몇 개의 토큰 중에서 고를지 정해요. `responses`로는 보내지 않아요.",
    );
    MODEL_FREQUENCY_PENALTY = Key::new("model", "frequency_penalty", Form::Decimal(-2.0, 2.0)).means(
        "Makes words less likely the more often they were written; of `chat_completions` only.",
        "이미 자주 쓴 말을 덜 쓰게 해요. `chat_completions`에서만 보내요.",
    );
    MODEL_PRESENCE_PENALTY = Key::new("model", "presence_penalty", Form::Decimal(-2.0, 2.0)).means(
        "Makes words less likely that were written before; of `chat_completions` only.",
        "이미 쓴 말을 덜 쓰게 해요. `chat_completions`에서만 보내요.",
    );
    MODEL_SEED = Key::new("model", "seed", Form::Whole(0, 9_007_199_254_740_991)).means(
        "Makes answers repeatable, as far as the server can; of `chat_completions` only.",
        "서버가 할 수 있는 만큼 같은 답이 나오게 해요. `chat_completions`에서만 보내요.",
    );
    MODEL_STOP = Key::new("model", "stop", Form::Names).means(
        "Texts before which an answer ends; not sent over `responses`.",
        "답변을 끝낼 글이에요. `responses`로는 보내지 않아요.",
    );
    MODEL_EFFORT = Key::new("model", "reasoning_effort", Form::Text(32)).means(
        "How much a model that reasons should, as `low`, `medium` or `high`; not sent over `messages`.",
        "추론하는 모델이 얼마나 깊이 생각할지 정해요. `low`, `medium`, `high` 같은 말이에요. `messages`로는 보내지 않아요.",
    );
    MODEL_LIMIT = Key::new("model", "answer_limit", Form::OneOf(&["max_tokens", "max_completion_tokens", "none"])).means(
        "By which field `chat_completions` are told how long an answer may be; where absent, `max_completion_tokens` for OpenAI's own API and `max_tokens` elsewhere.",
        "`chat_completions`에 답변 길이의 제한을 알리는 필드예요. 없으면 OpenAI에는 `max_completion_tokens`, 다른 서버에는 `max_tokens`를 써요.",
    );
    MODEL_INSTRUCTIONS_ROLE = Key::new("model", "instructions_role", Form::OneOf(&["system", "developer", "user"])).default("system").means(
        "As whose the instructions are sent; `user` puts them before the first question, for models that know no others.",
        "지시를 누구의 말로 보낼지 정해요. `user`는 첫 질문 앞에 붙이고, 다른 역할을 모르는 모델에 써요.",
    );
    MODEL_REASONING = Key::new("model", "reasoning", Form::OneOf(&["marked", "open", "unmarked"])).default("marked").means(
        "How reasoning stands in the text: `marked` by `<think>` and its like or in Harmony's channels, `open` where it begins without a mark and ends with `</think>`, `unmarked` where nothing is to be looked for.",
        "추론이 글에 어떻게 들어 있는지 정해요. `marked`는 `<think>` 같은 표시나 Harmony 채널로 나뉜 것, `open`은 표시 없이 시작해 `</think>`로 끝나는 것, `unmarked`는 찾지 않는 것이에요.",
    );
    MODEL_BODY = Key::new("model", "body", Form::Json).means(
        "Fields put into each request as they are, in place of ours of the same name; the text `null` takes a field out.",
        "요청에 그대로 넣는 필드예요. 같은 이름이면 우리 것을 대신하고, `null`이라고 쓰면 필드를 빼요.",
    );
    MODEL_HEADERS = Key::new("model", "headers", Form::Pairs).means(
        "HTTP headers sent with each request. Their values may be secret and so never print.",
        "요청마다 보내는 HTTP 헤더예요. 비밀일 수 있어서 값은 표시하지 않아요.",
    );
    MODEL_QUERY = Key::new("model", "query", Form::Pairs).means(
        "Put into the query of each address, as Azure's `api-version`.",
        "주소 뒤에 붙이는 값이에요. Azure의 `api-version` 같은 것이에요.",
    );
    MODEL_KEY_HEADER = Key::new("model", "key_header", Form::Text(100)).means(
        "The header in which the key is sent as it is, as Azure's `api-key`; where absent, `x-api-key` over `messages`, `x-goog-api-key` over `gemini` and a bearer token elsewhere.",
        "키를 그대로 보낼 헤더예요. Azure의 `api-key` 같은 것이에요. 없으면 `messages`는 `x-api-key`, `gemini`는 `x-goog-api-key`, 나머지는 Bearer 토큰이에요.",
    );
    MODEL_PROXY = Key::new("model", "proxy", Form::Secret).means(
        "The proxy, as `http://user:password@proxy:3128` or `socks5://…`; where absent, that of the environment.",
        "프록시 주소예요. `http://사용자:암호@프록시:3128` 같은 모양이에요. 없으면 환경의 것을 써요.",
    );
    MODEL_CA = Key::new("model", "ca_file", Form::Text(4_096)).means(
        "A PEM file of certificate authorities trusted besides the usual ones.",
        "기본 인증 기관 말고 더 믿을 인증 기관의 PEM 파일이에요.",
    );
    MODEL_CLIENT_CERTIFICATE = Key::new("model", "client_certificate_file", Form::Text(4_096)).means(
        "A PEM file of a client certificate and its private key.",
        "클라이언트 인증서와 개인 키가 든 PEM 파일이에요.",
    );
    MODEL_MOST = Key::new("model", "max_concurrent", Form::Whole(1, 10_000)).means(
        "Answers the model may be writing at once; more go to other models of the route, or wait. No limit where absent.",
        "모델이 동시에 쓸 수 있는 답변 수예요. 넘치면 경로의 다른 모델로 가거나 기다려요. 없으면 제한하지 않아요.",
    );
    MODEL_FALLBACKS = Key::new("model", "fallbacks", Form::Names).means(
        "The `id`s of `[[models]]` that are asked, in this order, when this one fails.",
        "이 모델이 실패하면 차례로 물어볼 `[[models]]`의 `id`예요.",
    );
    MODEL_CHOICES = Key::new("model", "choices", Form::Names).means(
        "What the administrators of a channel may choose for it by `/askgpt channel model: …`: routes, names of `[[models]]`, or other models of that server; none where absent. What is listed no more is asked no more, whoever chose it. For other models of that server `window_tokens` and `answer_tokens` hold, too.",
        "채널 관리자가 `/askgpt 채널 모델: …`로 고를 수 있는 것이에요. 경로나 `[[models]]`의 이름, 또는 같은 서버의 다른 모델 이름이에요. 없으면 고를 수 없고, 목록에서 빼면 이미 고른 채널에서도 더는 쓰지 않아요. 같은 서버의 다른 모델에는 `window_tokens`와 `answer_tokens`도 적용돼요.",
    );
    MODEL_WINDOW = Key::new("model", "window_tokens", Form::Whole(512, 10_000_000)).means(
        "How much the model can take in, prompt and answer together: 128000 with the default base, 8192 with another; 1048576 over `gemini`, 128000 over `bedrock` and `cohere`.",
        "모델이 한 번에 다룰 수 있는 토큰 수예요(질문과 답변 합계). 기본 주소에서는 128000, 다른 주소에서는 8192예요. `gemini`는 1048576, `bedrock`과 `cohere`는 128000이에요.",
    );
    MODEL_ANSWER = Key::new("model", "answer_tokens", Form::Whole(16, 1_000_000)).means(
        "Tokens of an answer, at most: 4096 with the default base, 1024 with another; 8192 over `gemini`, 4096 over `bedrock`, 4000 over `cohere`. Must be at most half of the window.",
        "답변의 최대 토큰 수예요. 기본 주소에서는 4096, 다른 주소에서는 1024예요. `gemini`는 8192, `bedrock`은 4096, `cohere`는 4000이에요. `window_tokens`의 절반을 넘을 수 없어요.",
    );
    MODEL_VISION = Key::new("model", "vision", Form::Switch).means(
        "Whether the model takes pictures; where absent, only OpenAI's and Anthropic's own APIs, `gemini` and `vertex` are taken to. Not over `cohere`.",
        "모델이 이미지를 볼 수 있는지 여부예요. 없으면 OpenAI와 Anthropic의 API, `gemini`, `vertex`만 볼 수 있다고 여겨요. `cohere`로는 보낼 수 없어요.",
    );
    MODEL_CACHE = Key::new("model", "prompt_cache", Form::Switch).means(
        "Whether the server is asked to keep prompts, so that the next question of a conversation costs less: by `cache_control` over `messages`, by `prompt_cache_key` elsewhere; where absent, only OpenAI's and Anthropic's own APIs are.",
        "대화의 다음 질문이 싸지도록 서버에 프롬프트를 보관해 달라고 할지 여부예요. `messages`는 `cache_control`, 나머지는 `prompt_cache_key`로 부탁해요. 없으면 OpenAI와 Anthropic의 API에만 부탁해요.",
    );
    + redaction { MODEL_USER_KEY, }
    + prices { MODEL_PRICE_INPUT, MODEL_PRICE_CACHED_INPUT, MODEL_PRICE_OUTPUT, }

    MODEL_FIRST_TOKEN = Key::new("model", "first_token_timeout_seconds", Form::Seconds(1.0, 10.0 * MINUTE)).default("60").means(
        "From the request to the answer's first token, at most.",
        "요청부터 첫 토큰까지 기다리는 최대 시간이에요.",
    );
    MODEL_IDLE = Key::new("model", "idle_timeout_seconds", Form::Seconds(1.0, 10.0 * MINUTE)).default("60").means(
        "Between two pieces of an answer, at most.",
        "답변이 이어지는 사이에 기다리는 최대 시간이에요.",
    );
    MODEL_TOTAL = Key::new("model", "total_timeout_seconds", Form::Seconds(1.0, HOUR)).default("300").means(
        "For a whole answer, at most.",
        "답변 하나를 다 받을 때까지의 최대 시간이에요.",
    );
    MODEL_MAX_ANSWER = Key::new("model", "max_answer_bytes", Form::Whole(4 * KIB, 16 * MIB)).default("1048576").means(
        "Bytes of answer and reasoning accepted, at most.",
        "받아들이는 답변과 추론 글의 최대 크기(바이트)예요.",
    );
    MODEL_TRIES = Key::new("model", "tries", Form::Whole(1, 10)).default("3").means(
        "How often a model is asked before its first token, the first try included.",
        "첫 토큰이 오기 전까지 모델에 물어보는 횟수예요(처음 포함).",
    );
    MODEL_FIRST_DELAY = Key::new("model", "first_delay_seconds", Form::Seconds(0.05, MINUTE)).default("0.5").means(
        "The delay before the second try; it doubles with each further one.",
        "두 번째 시도 전에 기다리는 시간이에요. 시도할 때마다 두 배로 늘어나요.",
    );
    MODEL_LONGEST_DELAY = Key::new("model", "longest_delay_seconds", Form::Seconds(0.05, 10.0 * MINUTE)).default("20").means(
        "The longest delay between two tries, also when the server asks for a longer one.",
        "다음 시도까지 기다리는 최대 시간이에요. 서버가 더 길게 요청해도 넘지 않아요.",
    );

    MODELS_ID = Key::new(MODELS_SECTION, "id", Form::Text(64)).means(
        "The name by which it is chosen. Required.",
        "고를 때 쓰는 이름이에요. 꼭 필요해요.",
    );

    ROUTE_ID = Key::new(ROUTES_SECTION, "id", Form::Text(64)).means(
        "The name by which it is chosen. Required.",
        "고를 때 쓰는 이름이에요. 꼭 필요해요.",
    );
    ROUTE_TARGETS = Key::new(ROUTES_SECTION, "targets", Form::Names).means(
        "The models one of which is asked first, drawn by weight: `name` or `name*weight`. Required.",
        "먼저 물어볼 모델이에요. `이름`이나 `이름*비중`으로 쓰고, 비중대로 골라요. 꼭 필요해요.",
    );
    ROUTE_FALLBACKS = Key::new(ROUTES_SECTION, "fallbacks", Form::Names).means(
        "The models that are asked after them, in this order.",
        "그다음 차례로 물어볼 모델이에요.",
    );
    ROUTE_HEDGE = Key::new(ROUTES_SECTION, "hedge", Form::Switch).default("false").means(
        "Whether a second model is asked, too, where the first is later with its first token than it was nineteen of twenty times; whichever begins first answers.",
        "첫 모델의 첫 토큰이 스무 번 중 열아홉 번보다 늦으면 두 번째 모델에도 물어볼지 여부예요. 먼저 시작한 쪽이 답해요.",
    );

    + prices { PRICES_UNKNOWN,
        PRICES_MEDIA, PRICES_ESTIMATE_INPUT, PRICES_ESTIMATE_OUTPUT, }

    + media {
        IMAGES_ENABLED, IMAGES_BASE_URL, IMAGES_API_KEY, IMAGES_PLAIN_HTTP, IMAGES_NAME, IMAGES_SIZE, IMAGES_TIMEOUT, IMAGES_MAX_BYTES,
        SPEECH_ENABLED, SPEECH_BASE_URL, SPEECH_API_KEY, SPEECH_PLAIN_HTTP, SPEECH_NAME, SPEECH_LANGUAGE, SPEECH_TIMEOUT, SPEECH_MAX_BYTES,
    }
    + page { ADMIN_ENABLED, ADMIN_LISTEN, ADMIN_PUBLIC_URL, ADMIN_SHOW_TEXTS, }

    ANSWER_ASSISTANT = Key::new("answer", "assistant", Form::Text(64)).default("GPT").means(
        "The assistant's name in answers.",
        "답변에 표시하는 어시스턴트의 이름이에요.",
    );
    ANSWER_FOLLOW_PEOPLE = Key::new("answer", "follow_people", Form::Switch).default("true").means(
        "Whether people are spoken to in the language of their Mattermost account, where it is Korean or English and there is a bot account; else it is `server.language` for everybody.",
        "질문한 사람의 Mattermost 계정 언어로 안내할지 여부예요. 봇 계정이 있고 그 언어가 한국어나 영어일 때만 따르고, 아니면 `server.language`를 써요.",
    );
    ANSWER_TRIGGER = Key::new("answer", "trigger", Form::Text(64)).default("askgpt").means(
        "The word people type after the slash, for the help text.",
        "사람들이 `/` 뒤에 입력하는 명령어예요. 도움말에 표시해요.",
    );
    ANSWER_TEMPLATE = Key::new("answer", "template", Form::Text(4_000)).means(
        "How an answer looks, see below.",
        "답변의 모양이에요. 아래를 참고하세요.",
    );
    ANSWER_INSTRUCTIONS = Key::new("answer", "instructions", Form::Text(20_000)).means(
        "What the model is told before the conversation, see below; the text askwell ships where absent.",
        "대화 앞에 모델에게 알려 주는 글이에요. 아래를 참고하세요. 없으면 askwell에 들어 있는 글을 써요.",
    );
    ANSWER_REASONING = Key::new("answer", "reasoning", Form::OneOf(&["hidden", "quote"])).default("hidden").means(
        "Whether a model's reasoning is quoted above its finished answer, its first 1,500 characters; it is no part of later context.",
        "모델의 추론을 끝난 답변 위에 인용으로 보여 줄지 정해요. 앞의 1,500자까지 보여 주고, 다음 대화에는 넣지 않아요.",
    );
    ANSWER_TIME_ZONE = Key::new("answer", "time_zone", Form::Text(64)).means(
        "The time zone in which the model is told the date, as `Asia/Seoul`; the machine's own where absent, else `UTC`.",
        "모델에게 날짜를 알려 줄 때 쓰는 시간대예요(예: `Asia/Seoul`). 없으면 컴퓨터의 시간대, 그것도 없으면 `UTC`예요.",
    );
    ANSWER_CREATE_AFTER = Key::new("answer", "create_after_seconds", Form::Seconds(0.0, MINUTE)).default("2").means(
        "A post is created at the first readable text, or after this time with what there is.",
        "읽을 만한 글이 모이거나 이 시간이 지나면 게시물을 만들어요.",
    );
    ANSWER_EDIT_INTERVAL = Key::new("answer", "edit_interval_seconds", Form::Seconds(0.1, MINUTE)).default("0.5").means(
        "Between two edits of a growing post, at least.",
        "답변을 이어서 표시하는 게시물을 다시 수정하기까지의 최소 시간이에요.",
    );
    ANSWER_GROWTH_CHARS = Key::new("answer", "edit_growth_chars", Form::Whole(1, 10_000)).default("120").means(
        "Characters a post has grown by before it is edited, at least.",
        "게시물을 수정하려면 최소한 이만큼의 글자가 늘어나야 해요.",
    );
    ANSWER_GROWTH_PERCENT = Key::new("answer", "edit_growth_percent", Form::Whole(0, 100)).default("20").means(
        "The same as a share of what is shown, in percent; the larger of both counts.",
        "같은 조건을 이미 보이는 글에 대한 비율(%)로 정해요. 둘 중 큰 쪽을 따라요.",
    );
    ANSWER_MAX_POSTS = Key::new("answer", "max_posts", Form::Whole(1, 50)).default("10").means(
        "Posts of one answer, at most.",
        "답변 하나가 차지하는 게시물의 최대 수예요.",
    );
    ANSWER_LIVE_PREVIEW = Key::new("answer", "live_preview", Form::Switch).default("true").means(
        "Whether the asker sees the answer grow four times a second, in posts that nobody else sees and the server does not store. Needs a bot account with the right `create_post_ephemeral`; without it the post is edited now and then.",
        "질문한 사람에게 답변이 쓰이는 모습을 1초에 네 번씩 보여 줄지 여부예요. 다른 사람에게는 보이지 않고 서버에 저장되지도 않아요. 봇 계정에 `create_post_ephemeral` 권한이 있어야 하고, 없으면 글을 가끔씩 수정해요.",
    );
    ANSWER_ATTACH_POSTS = Key::new("answer", "attach_from_posts", Form::Whole(0, 50)).default("3").means(
        "Posts of an answer, from which it is attached whole as a Markdown file too; 0 is never. Needs a bot account.",
        "답변이 이만큼의 글로 나뉘면 전체를 Markdown 파일로도 첨부해요. 0이면 첨부하지 않아요. 봇 계정이 있어야 해요.",
    );
    ANSWER_ATTACH_CODE = Key::new("answer", "attach_code_from_chars", Form::Whole(0, 100_000)).default("3000").means(
        "Characters of a block of code, from which it is attached as a file too; 0 is never. Needs a bot account.",
        "코드 블록이 이만큼 길면 파일로도 첨부해요(글자 수). 0이면 첨부하지 않아요. 봇 계정이 있어야 해요.",
    );
    ANSWER_CONTROLS = Key::new("answer", "controls", Form::OneOf(&["buttons", "reactions", "none"])).default("buttons").means(
        "How people stop an answer, have it written once more, go on with it, and say what they think of it: by buttons beneath it (which need a bot and `server.public_url`) and by reactions (🛑 🔁 👍 👎); by reactions alone; or by neither.",
        "답변을 멈추고, 다시 쓰게 하고, 이어 쓰게 하고, 평가하는 방법이에요. `buttons`는 답변 아래의 버튼(봇과 `server.public_url`이 있어야 해요)과 리액션(🛑 🔁 👍 👎), `reactions`는 리액션만, `none`은 둘 다 쓰지 않아요.",
    );
    ANSWER_KEEP_FROM = Key::new("answer", "keep_from_chars", Form::Whole(0, 100_000)).default("200").means(
        "After a crash: an answer of which so many characters were shown is kept and marked as cut; a shorter one is asked for again.",
        "갑자기 멈췄다가 다시 켜졌을 때, 이만큼 보인 답변은 끊겼다고 표시해 남기고 더 짧으면 다시 물어봐요.",
    );
    ANSWER_DELETED = Key::new("answer", "deleted_question", Form::OneOf(&["say", "remove"])).default("say").means(
        "What becomes of a half-written answer whose question was deleted: its post says so, or is deleted too.",
        "답변을 쓰는 동안 질문이 삭제되면 답변 글을 어떻게 할지예요. `say`는 질문이 삭제되었다고 적고, `remove`는 답변 글도 지워요.",
    );
    ANSWER_TRIES = Key::new("answer", "delivery_tries", Form::Whole(1, 100)).default("12").means(
        "How often an answer is tried to be shown when Mattermost fails.",
        "Mattermost가 응답하지 않을 때 답변을 올리려고 시도하는 횟수예요.",
    );
    ANSWER_FIRST_DELAY = Key::new("answer", "delivery_first_delay_seconds", Form::Seconds(0.1, MINUTE)).default("1").means(
        "The delay before the second of these tries; it doubles with each further one.",
        "두 번째 시도 전에 기다리는 시간이에요. 시도할 때마다 두 배로 늘어나요.",
    );
    ANSWER_LONGEST_DELAY = Key::new("answer", "delivery_longest_delay_seconds", Form::Seconds(0.1, HOUR)).default("300").means(
        "The longest delay between two of these tries.",
        "다음 시도까지 기다리는 최대 시간이에요.",
    );

    BOT_HEARS = Key::new("bot", "hears", Form::OneOf(&["mention", "thread", "all", "nothing"])).default("thread").means(
        "Which posts the bot answers in the channels it is in, where there is a bot token: those that mention it; also those of people who go on in a thread in which they have addressed it before; all; or none, so that only commands and webhooks are answered. In direct messages it answers everything but with `nothing`.",
        "봇 토큰이 있을 때, 봇이 들어가 있는 채널에서 어떤 글에 답하는지예요. `mention`은 봇을 멘션한 글, `thread`는 거기에 더해 봇에게 말을 건 적이 있는 사람이 그 스레드에서 이어 쓴 글, `all`은 모든 글, `nothing`은 아무 글에도 답하지 않고 명령어와 웹훅에만 답해요. `nothing`이 아니면 다이렉트 메시지에는 모두 답해요.",
    );
    BOT_LATE_AFTER = Key::new("bot", "late_after_seconds", Form::Seconds(0.0, 30.0 * DAY)).default("900").means(
        "A question that came while askwell was away is answered when it is back; one that is older than this by then is only told so, and its asker asked to ask again.",
        "askwell이 꺼져 있거나 연결이 끊긴 동안 온 질문에는 돌아와서 답해요. 그때 이 시간보다 오래된 질문에는 늦었다고 알리고 다시 물어봐 달라고만 해요.",
    );
    CONVERSATION_CHANNEL_POSTS = Key::new("conversation", "channel_posts", Form::Whole(0, 100)).default("0").means(
        "How many of the channel's posts before it the model is told with a mention that begins a thread.",
        "스레드를 시작하는 멘션에 답할 때 그 앞에 올라온 채널의 글을 몇 개까지 모델에게 알려 줄지예요.",
    );
    CONVERSATION_SCOPE = Key::new("conversation", "scope", Form::OneOf(&["channel", "person"])).default("channel").means(
        "Who shares a conversation outside threads: everybody in the channel, or each person has one of their own.",
        "스레드 밖에서 대화를 함께하는 범위예요. `channel`은 채널의 모두가, `person`은 사람마다 따로예요.",
    );
    CONVERSATION_IDLE = Key::new("conversation", "idle_seconds", Form::Seconds(MINUTE, 30.0 * DAY)).default("1800").means(
        "A conversation that was silent for this long begins afresh.",
        "이 시간 동안 조용하면 대화를 새로 시작해요.",
    );
    CONVERSATION_MAX_TURNS = Key::new("conversation", "max_turns", Form::Whole(0, 1_000)).default("50").means(
        "Earlier questions and answers a model is told, at most; fewer where its window is full.",
        "모델에게 알려 주는 이전 질문과 답변의 최대 수예요. 모델의 창이 차면 더 적어져요.",
    );
    CONVERSATION_SUMMARIES = Key::new("conversation", "summaries", Form::Switch).default("true").means(
        "Whether a long conversation's older turns, for which the model has no room, are told in a summary. The model writes it after an answer, when nobody waits; otherwise they are left out.",
        "대화가 길어져서 모델의 창에 들어가지 않는 앞부분을 요약해서 알려 줄지 정해요. 요약은 답변이 끝난 뒤 모델이 써요. 끄면 앞부분은 알려 주지 않아요.",
    );

    CHANNEL_ID = Key::new(CHANNEL_SECTION, "id", Form::Text(26)).means(
        "Which channel: its ID, from the channel's menu > View Info. Required.",
        "어느 채널인지 ID로 써요. 채널 메뉴 > 정보 보기에 있어요. 꼭 필요해요.",
    );
    CHANNEL_PROMPT = Key::new(CHANNEL_SECTION, "prompt", Form::Text(4_000)).means(
        "What the model is told besides in this channel: the variable `prompt` of `answer.instructions`, at whose end it stands where a template leaves it out.",
        "이 채널에서 모델에게 더 알려 주는 글이에요. `answer.instructions`의 변수 `prompt`이고, 템플릿에 그 변수가 없으면 맨 끝에 붙여요.",
    );
    CHANNEL_MODEL = Key::new(CHANNEL_SECTION, "model", Form::Text(200)).means(
        "The model, in place of `model.name`: a route, one of `[[models]]`, or another model of the first one's server.",
        "`model.name` 대신 쓸 모델이에요. 경로나 `[[models]]`의 이름, 또는 같은 서버의 다른 모델 이름이에요.",
    );
    CHANNEL_TEMPERATURE = Key::new(CHANNEL_SECTION, "temperature", Form::Decimal(0.0, 2.0)).means(
        "In place of `model.temperature`.",
        "`model.temperature` 대신 쓸 값이에요.",
    );
    CHANNEL_HEARS = Key::new(CHANNEL_SECTION, "hears", Form::OneOf(&["mention", "thread", "all"])).means(
        "In place of `bot.hears`, unless that is `nothing`.",
        "`bot.hears` 대신 쓸 값이에요. `bot.hears`가 `nothing`이면 적용되지 않아요.",
    );
    CHANNEL_POSTS = Key::new(CHANNEL_SECTION, "channel_posts", Form::Whole(0, 100)).means(
        "In place of `conversation.channel_posts`.",
        "`conversation.channel_posts` 대신 쓸 값이에요.",
    );
    CHANNEL_TIME_ZONE = Key::new(CHANNEL_SECTION, "time_zone", Form::Text(64)).means(
        "In place of `answer.time_zone`.",
        "`answer.time_zone` 대신 쓸 시간대예요.",
    );

    CHANNEL_AGENT = Key::new(CHANNEL_SECTION, "agent", Form::Text(32)).means(
        "Which of `[[agents]]` answers where nobody is named.",
        "따로 이름을 부르지 않을 때 답할 `[[agents]]`의 이름이에요.",
    );

    + retention {
        CHANNEL_RETENTION_DAYS,
        CHANNEL_KEEP_TEXTS,
    }

    AGENT_NAME = Key::new(AGENTS_SECTION, "name", Form::Text(32)).means(
        "By what people call it: `/askgpt with NAME …`, `@NAME …`, or `NAME에게 …` in Korean. Letters and digits, with `-`, `_` and `.` between them. No account should have the name. Required.",
        "사람들이 부르는 이름이에요. `/askgpt 이름에게 …`, `/askgpt with 이름 …`, `@이름 …`처럼 불러요. 글자와 숫자로 쓰고 사이에 `-`, `_`, `.`을 쓸 수 있어요. 같은 이름의 계정이 없어야 해요. 꼭 필요해요.",
    );
    AGENT_TITLE = Key::new(AGENTS_SECTION, "title", Form::Text(60)).means(
        "What stands above its answers, in place of `answer.assistant_name`; the name where nothing is written.",
        "`answer.assistant_name` 대신 답변 앞에 보이는 이름이에요. 쓰지 않으면 `name`이에요.",
    );
    AGENT_ABOUT = Key::new(AGENTS_SECTION, "about", Form::Text(200)).means(
        "What it is for, as people are told by `/askgpt agents`.",
        "무엇을 하는 에이전트인지 알리는 말이에요. `/askgpt 에이전트`에 보여요.",
    );
    AGENT_PROMPT = Key::new(AGENTS_SECTION, "prompt", Form::Text(20_000)).means(
        "What it is told of itself, as plain text: the variable `role` of `answer.instructions`, at whose end it stands where a template leaves it out.",
        "이 에이전트에게 알려 주는 역할이에요. 템플릿이 아닌 글이고, `answer.instructions`의 변수 `role`이에요. 템플릿에 그 변수가 없으면 맨 끝에 붙여요.",
    );
    AGENT_MODEL = Key::new(AGENTS_SECTION, "model", Form::Text(200)).means(
        "Its model: a route, one of `[[models]]`, or another model of the first one's server. It comes before that of a channel.",
        "쓸 모델이에요. 경로나 `[[models]]`의 이름, 또는 같은 서버의 다른 모델 이름이에요. 채널의 모델보다 먼저예요.",
    );
    AGENT_TEMPERATURE = Key::new(AGENTS_SECTION, "temperature", Form::Decimal(0.0, 2.0)).means(
        "In place of `model.temperature` and that of a channel.",
        "`model.temperature`와 채널의 온도 대신 쓸 값이에요.",
    );
    AGENT_PEOPLE = Key::new(AGENTS_SECTION, "people", Form::Names).means(
        "Who may ask it: names or IDs of accounts; IDs where people may rename themselves. Where nobody is written, everybody may.",
        "이 에이전트에게 물어볼 수 있는 사람의 계정 이름이나 ID예요. 이름을 직접 바꿀 수 있는 서버라면 ID로 써 주세요. 쓰지 않으면 누구나 물어볼 수 있어요.",
    );
    AGENT_CHANNELS = Key::new(AGENTS_SECTION, "channels", Form::Names).means(
        "Where it may be asked: IDs of channels. Where none is written, everywhere.",
        "이 에이전트에게 물어볼 수 있는 채널의 ID예요. 쓰지 않으면 어디에서나 물어볼 수 있어요.",
    );

    + access {
        GROUP_NAME,
        GROUP_PEOPLE,
        ACCESS_SAYS,
        ACCESS_PEOPLE,
        ACCESS_GROUPS,
        ACCESS_TEAMS,
        ACCESS_CHANNELS,
        ACCESS_KINDS,
        ACCESS_ROLES,
        ACCESS_AGENTS,
        ACCESS_MODELS,
    }

    DATABASE_URL = Key::new("database", "url", Form::Secret).env("ASKWELL_DATABASE").default("sqlite:askwell.db").means(
        "`sqlite:PATH`, or `postgres://user:password@host/name`. It may hold a password and so never prints.",
        "`sqlite:경로` 또는 `postgres://사용자:암호@호스트/이름`이에요. 암호가 들어 있을 수 있어서 화면에 표시하지 않아요.",
    );

    + retention {
        DATABASE_SEAL_KEY,
        DATABASE_OLD_SEAL_KEYS,
        RETENTION_TEXTS,
        RETENTION_DIRECT,
        RETENTION_PRIVATE,
        RETENTION_KEEP_DIRECT,
        RETENTION_KEEP_PRIVATE,
        RETENTION_USAGE,
    }
    + redaction {
        REDACTION_PATTERNS,
        REDACTION_CUSTOM,
    }

    LIMITS_MAX_QUESTION = Key::new("limits", "max_question_chars", Form::Whole(100, 200_000)).default("20000").means(
        "Characters of a question, at most.",
        "질문의 최대 글자 수예요.",
    );
    LIMITS_DEADLINE = Key::new("limits", "deadline_seconds", Form::Seconds(30.0, DAY)).default("600").means(
        "A question ends within this time, answered or with an explanation.",
        "질문은 이 시간 안에 답변이나 설명으로 끝나요.",
    );
    LIMITS_RESPONSE_DEADLINE = Key::new("limits", "response_deadline_seconds", Form::Seconds(30.0, 29.0 * MINUTE)).default("1500").means(
        "The same where the answer goes by a `response_url`, which Mattermost forgets after 30 minutes.",
        "`response_url`로 답할 때의 같은 제한이에요. Mattermost는 30분이 지나면 그 주소를 잊어요.",
    );
    LIMITS_WORKERS = Key::new("limits", "workers", Form::Whole(1, 1_024)).default("64").means(
        "Questions worked on at once, at most.",
        "동시에 처리하는 질문의 최대 수예요.",
    );
    LIMITS_QUEUE = Key::new("limits", "admission_queue", Form::Whole(16, 100_000)).default("4096").means(
        "Questions waiting to be recorded, at most; more are told to come back.",
        "기록되기를 기다리는 질문의 최대 수예요. 넘치면 나중에 다시 물어봐 달라고 해요.",
    );
    LIMITS_WAITING = Key::new("limits", "max_waiting", Form::Whole(1, 10_000_000)).default("10000").means(
        "Questions recorded and waiting for their turn, at most; more are told to come back. Each process counts for itself.",
        "기록된 뒤 차례를 기다리는 질문의 최대 수예요. 넘치면 나중에 다시 물어봐 달라고 해요. 프로세스마다 따로 세요.",
    );
    LIMITS_LEASE = Key::new("limits", "lease_seconds", Form::Seconds(5.0, HOUR)).default("60").means(
        "After this time without a sign of life, another process takes a question over.",
        "이 시간 동안 소식이 없으면 다른 프로세스가 질문을 이어받아요.",
    );
    LIMITS_DEATHS = Key::new("limits", "max_deaths", Form::Whole(1, 100)).default("3").means(
        "A question over which the process died or panicked so often is given up. Waiting for Mattermost is no death.",
        "질문 하나를 처리하다가 프로세스가 이 횟수만큼 죽거나 멈추면 그 질문을 포기해요. Mattermost를 기다리는 것은 세지 않아요.",
    );

    + budgets {
        BUDGET_NAME,
        BUDGET_FOR,
        BUDGET_ONLY,
        BUDGET_REQUESTS,
        BUDGET_TOKENS,
        BUDGET_DOLLARS,
        BUDGET_PER,
        BUDGET_WARN,
        BUDGET_THEN,
    }

    LOG_FORMAT = Key::new("log", "format", Form::OneOf(&["text", "json"])).default("text").means(
        "How log lines look: for people or for machines.",
        "로그의 모양이에요. `text`는 사람이, `json`은 기계가 읽기 좋아요.",
    );
    LOG_LEVEL = Key::new("log", "level", Form::OneOf(&["error", "warn", "info", "debug"])).default("info").means(
        "What is logged, at least. Message text and secrets never are.",
        "기록할 로그의 최소 수준이에요. 글의 내용과 비밀 값은 절대 기록하지 않아요.",
    );

    + observing {
        METRICS_LISTEN, TRACES_ENDPOINT, TRACES_PLAIN_HTTP, TRACES_HEADERS, TRACES_SAMPLE,
    }
}
