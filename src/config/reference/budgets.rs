//! The keys of budgets.

use super::{BUDGETS_SECTION, Form, Key};

/// Dollars of a budget, at most.
const MOST_DOLLARS: u64 = 1_000_000_000;

/// Requests or tokens of a budget, at most.
const MOST: u64 = 1_000_000_000_000_000;

macro_rules! keys {
    ($($name:ident = $key:expr;)*) => {
        $(pub(in crate::config) static $name: Key = $key;)*
    };
}

keys! {
    BUDGET_NAME = Key::new(BUDGETS_SECTION, "name", Form::Text(64)).means(
        "What it is called: letters, digits, `-`, `_` and `.`. What was used is remembered under it, so whoever renames it begins anew. Required.",
        "예산의 이름이에요. 글자, 숫자, `-`, `_`, `.`만 써요. 쓴 양을 이 이름으로 기억하니, 이름을 바꾸면 처음부터 다시 세요. 꼭 필요해요.",
    );
    BUDGET_FOR = Key::new(BUDGETS_SECTION, "for", Form::OneOf(&["total", "person", "channel", "team", "agent", "model"])).default("total").means(
        "Who has one of these: `total` is one for all together, the others one for each.",
        "누구의 예산인지예요. `total`은 모두가 함께 쓰는 하나이고, 나머지는 사람, 채널, 팀, 에이전트, 모델마다 하나씩이에요.",
    );
    BUDGET_ONLY = Key::new(BUDGETS_SECTION, "only", Form::Names).means(
        "Whom alone it is about: names or IDs of people, IDs of channels or teams, names of agents (`default` is the usual assistant) or of models; everybody where absent. Who is named by their account's name leaves the budget by changing it, where the server lets them: write IDs.",
        "이 예산이 걸리는 대상이에요. 사람은 이름이나 ID, 채널과 팀은 ID, 에이전트(`default`는 기본 상대)와 모델은 이름으로 써요. 없으면 모두예요. 계정 이름을 바꿀 수 있는 서버라면 사람은 ID로 써 주세요. 이름으로 쓰면 이름을 바꿔서 예산을 벗어날 수 있어요.",
    );
    BUDGET_REQUESTS = Key::new(BUDGETS_SECTION, "requests", Form::Whole(0, MOST)).means(
        "How many questions may be asked: those that reached a model, and each answer that is written once more. Exactly one of this and the next two is written.",
        "질문할 수 있는 횟수예요. 모델에 물어본 것만 세고, 다시 쓴 답변도 하나로 세요. 이것과 아래의 둘 가운데 하나만 써요.",
    );
    BUDGET_TOKENS = Key::new(BUDGETS_SECTION, "tokens", Form::Whole(0, MOST)).means(
        "How many tokens prompts and answers may have together.",
        "프롬프트와 답변을 더한 토큰 수예요.",
    );
    BUDGET_DOLLARS = Key::new(BUDGETS_SECTION, "dollars", Form::Dollars(MOST_DOLLARS)).means(
        "How much they may cost. Models need a price then: see `[prices]`.",
        "쓸 수 있는 금액(달러)이에요. 모델의 가격을 알아야 해요. `[prices]`를 보세요.",
    );
    BUDGET_PER = Key::new(BUDGETS_SECTION, "per", Form::OneOf(&["minute", "day", "month", "ever"])).default("month").means(
        "When it begins anew: with each minute, with each day or month of `answer.time_zone`, or never.",
        "언제 다시 시작하는지예요. 1분마다, `answer.time_zone`의 하루나 한 달마다, 또는 다시 시작하지 않아요.",
    );
    BUDGET_WARN = Key::new(BUDGETS_SECTION, "warn_percent", Form::Whole(0, 100)).default("80").means(
        "From how much of it on one answer says that it is nearly used up, once in its time; `0` is never.",
        "이만큼 쓰면 거의 다 썼다고 답변에 한 번 알려요(%). `0`이면 알리지 않아요.",
    );
    BUDGET_THEN = Key::new(BUDGETS_SECTION, "then", Form::Text(200)).means(
        "The route or model that answers once it is used up. What that one uses does not count here, so give it a budget of its own where it costs something. Nobody answers where this is absent.",
        "다 쓴 뒤에 대신 답할 경로나 모델이에요. 그 모델이 쓰는 양은 이 예산에서 빼지 않으니, 돈이 드는 모델이면 예산을 따로 걸어 주세요. 없으면 답하지 않아요.",
    );
}
