//! The keys of what does not leave for the model.

use super::{Form, Key};

macro_rules! keys {
    ($($name:ident = $key:expr;)*) => {
        $(pub(in crate::config) static $name: Key = $key;)*
    };
}

keys! {
    MODEL_USER_KEY = Key::new("model", "user_key", Form::Secret).env("ASKWELL_USER_KEY").means(
        "A key of your own, long and random, with which the server is told who asks, so that it can hold back one person instead of all: the HMAC-SHA-256 of the asker's ID in Mattermost, in hexadecimal, as `user`, `safety_identifier` or `metadata.user_id`. Without it nothing of the kind is told. Not over protocols of `genai`.",
        "모델 서버에 누가 물었는지 알릴 때 쓰는 길고 무작위인 키예요. 문제가 생겼을 때 모두가 아니라 그 사람만 막을 수 있게 해 줘요. 물어본 사람의 Mattermost ID를 이 키로 HMAC-SHA-256한 16진수를 `user`, `safety_identifier`, `metadata.user_id`로 보내요. 없으면 알리지 않아요. `genai`의 방식으로는 보낼 수 없어요.",
    );
    REDACTION_PATTERNS = Key::new("redaction", "patterns", Form::Names).means(
        "What is replaced by placeholders before a prompt leaves for a model, and put back in its answer: `keys` (API keys, tokens, private keys), `email`, `phone` (Korean numbers), `resident_number` (Korean resident registration numbers). Nothing where absent.",
        "프롬프트를 모델에 보내기 전에 가리고 답변에서 되돌릴 것이에요. `keys`(API 키, 토큰, 개인 키), `email`(이메일 주소), `phone`(한국 전화번호), `resident_number`(주민등록번호) 가운데 골라요. 없으면 가리지 않아요.",
    );
    REDACTION_CUSTOM = Key::new("redaction", "custom", Form::Names).means(
        "Regular expressions (Rust's `regex`, at most 50 of 500 characters each) of what is replaced likewise.",
        "같은 방식으로 가릴 것의 정규식이에요(Rust의 `regex`). 50개까지, 하나에 500자까지 쓸 수 있어요.",
    );
}
