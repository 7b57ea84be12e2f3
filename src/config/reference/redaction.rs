//! The keys of what does not leave for the model.

use super::{Form, Key};

macro_rules! keys {
    ($($name:ident = $key:expr;)*) => {
        $(pub(in crate::config) static $name: Key = $key;)*
    };
}

keys! {
    REDACTION_PATTERNS = Key::new("redaction", "patterns", Form::Names).means(
        "What is replaced by placeholders before a prompt leaves for a model, and put back in its answer: `keys` (API keys, tokens, private keys), `email`, `phone` (Korean numbers), `resident_number` (Korean resident registration numbers). Nothing where absent.",
        "프롬프트를 모델에 보내기 전에 가리고 답변에서 되돌릴 것이에요. `keys`(API 키, 토큰, 개인 키), `email`(이메일 주소), `phone`(한국 전화번호), `resident_number`(주민등록번호) 가운데 골라요. 없으면 가리지 않아요.",
    );
    REDACTION_CUSTOM = Key::new("redaction", "custom", Form::Names).means(
        "Regular expressions (Rust's `regex`, at most 50 of 500 characters each) of what is replaced likewise.",
        "같은 방식으로 가릴 것의 정규식이에요(Rust의 `regex`). 50개까지, 하나에 500자까지 쓸 수 있어요.",
    );
}
