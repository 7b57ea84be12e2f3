//! What is wrong with keys to seal with and with what is to be redacted, and how to mend it.

use super::{Words, words};
use crate::config::fault::Fault;

pub(super) fn english(fault: &Fault) -> Words {
    match fault {
        Fault::Redaction => words(
            "is of no known kind, or is no regular expression that can be used",
            "write keys, email, phone or resident_number for patterns; for custom at most 50 expressions of 500 characters, none of which matches an empty text",
        ),
        _ => words(
            "is no key to seal with: a key is 32 bytes in Base64 or hexadecimal",
            "make one with `askwell keys new`",
        ),
    }
}

pub(super) fn korean(fault: &Fault) -> Words {
    match fault {
        Fault::Redaction => words(
            "모르는 종류이거나 쓸 수 없는 정규식이에요",
            "patterns에는 keys, email, phone, resident_number를 쓰고, custom에는 500자 이하의 정규식을 50개까지 써 주세요. 빈 글과 일치하는 정규식은 쓸 수 없어요",
        ),
        _ => words(
            "암호화에 쓸 수 있는 키가 아니에요. 키는 Base64나 16진수로 쓴 32바이트예요",
            "`askwell keys new`로 만들어 주세요",
        ),
    }
}
