//! The keys of what models cost: those of each model, and `[prices]` for models whose price nobody says.

use super::{Form, Key};

/// Dollars a million tokens, at most; the dearest model there has been cost 600.
const MOST: u64 = 100_000;

macro_rules! keys {
    ($($name:ident = $key:expr;)*) => {
        $(pub(in crate::config) static $name: Key = $key;)*
    };
}

keys! {
    MODEL_PRICE_INPUT = Key::new("model", "price_input", Form::Dollars(MOST)).means(
        "What a million tokens of prompts cost, in dollars, as `0.15`; `0` says that the model is free. Only together with `price_output`. Where absent, the price that askwell's table has for this host and `name`, where it has one: none for servers of your own, for fields of `body` that change a price, as `service_tier`, and for models that are given away; `askwell models list` shows it. It holds for `name` alone, not for other models of that server.",
        "프롬프트 100만 토큰의 가격(달러)이에요(예: `0.15`). `0`은 무료라는 뜻이에요. `price_output`과 함께 써야 해요. 없으면 askwell의 가격표에 이 호스트와 `name`의 가격이 있을 때 그 값을 써요. 직접 운영하는 서버, `service_tier`처럼 가격을 바꾸는 필드를 `body`에 넣은 모델, 무료로 제공되는 모델의 가격은 가격표에 없어요. `askwell models list`로 볼 수 있어요. 같은 서버의 다른 모델에는 적용되지 않아요.",
    );
    MODEL_PRICE_CACHED_INPUT = Key::new("model", "price_cached_input", Form::Dollars(MOST)).means(
        "The same of tokens that come from the provider's cache; `price_input` where absent.",
        "제공자의 캐시에서 읽은 프롬프트 100만 토큰의 가격이에요. 없으면 `price_input`과 같아요.",
    );
    MODEL_PRICE_OUTPUT = Key::new("model", "price_output", Form::Dollars(MOST)).means(
        "The same of tokens that the model writes, reasoning included.",
        "모델이 쓴 100만 토큰의 가격이에요(추론 포함).",
    );

    PRICES_UNKNOWN = Key::new("prices", "unknown", Form::OneOf(&["refuse", "estimate"])).default("refuse").means(
        "What is done with a model whose price nobody says, where a budget of money must hold: `refuse` does not ask it, `estimate` takes it to cost what the next two say.",
        "금액 예산이 있는데 모델의 가격을 알 수 없을 때 어떻게 할지 정해요. `refuse`는 그 모델에 묻지 않고, `estimate`는 아래 두 값만큼 든다고 여겨요.",
    );
    PRICES_MEDIA = Key::new("prices", "media", Form::OneOf(&["refuse", "uncounted"])).default("refuse").means(
        "Whether pictures may be drawn and recordings written down though a budget counts dollars, in which they are not counted: with `refuse` such a configuration is an error, so that nobody spends without knowing.",
        "금액 예산이 있는데 그림(`[images]`)이나 받아쓰기(`[speech]`)도 켤 수 있는지 정해요. 둘은 금액 예산에서 빼지 않아요. `refuse`는 그런 설정을 오류로 알려서 모르는 사이에 돈을 쓰지 않게 하고, `uncounted`는 그대로 허용해요.",
    );
    PRICES_ESTIMATE_INPUT = Key::new("prices", "estimate_input", Form::Dollars(MOST)).means(
        "What a million tokens of prompts are then taken to cost, in dollars; required with `estimate`.",
        "그때 프롬프트 100만 토큰의 가격으로 여길 값(달러)이에요. `estimate`에는 꼭 필요해요.",
    );
    PRICES_ESTIMATE_OUTPUT = Key::new("prices", "estimate_output", Form::Dollars(MOST)).means(
        "The same of tokens that the model writes; required with `estimate`.",
        "그때 모델이 쓴 100만 토큰의 가격으로 여길 값(달러)이에요. `estimate`에는 꼭 필요해요.",
    );
}
