//! What is wrong with a budget or a price and how to mend it.

use super::{Words, words};
use crate::config::fault::BudgetFault;
use crate::config::reference::Key;

pub(super) fn english(fault: BudgetFault) -> Words {
    match fault {
        BudgetFault::Name => words(
            "is missing, or has other characters than a name may have",
            "write letters, digits, `-`, `_` and `.`, as `sales`",
        ),
        BudgetFault::Twice => words(
            "is the name of another budget already",
            "give each its own name",
        ),
        BudgetFault::Uncounted => words(
            "costs money that no budget of dollars counts",
            "turn it off, or write `media = \"uncounted\"` under [prices]; a budget of `requests` counts pictures",
        ),
        BudgetFault::Limits => words(
            "counts nothing, or several things",
            "write one of `requests`, `tokens` and `dollars`; for several, write several [[budgets]]",
        ),
    }
}

pub(super) fn korean(fault: BudgetFault) -> Words {
    match fault {
        BudgetFault::Name => words(
            "이름이 없거나 이름에 쓸 수 없는 글자가 있어요",
            "`sales`처럼 글자, 숫자, `-`, `_`, `.`로 써 주세요",
        ),
        BudgetFault::Twice => words(
            "다른 예산이 이미 쓰는 이름이에요",
            "저마다 다른 이름을 써 주세요",
        ),
        BudgetFault::Uncounted => words(
            "금액 예산에서 빼지 않는 돈이 들어요",
            "끄거나, 괜찮으면 [prices]에 `media = \"uncounted\"`를 써 주세요. 그림은 `requests` 예산에서 세요",
        ),
        BudgetFault::Limits => words(
            "무엇을 세는 예산인지 알 수 없어요",
            "`requests`, `tokens`, `dollars` 가운데 하나만 써 주세요. 여럿이 필요하면 [[budgets]]를 여럿 써 주세요",
        ),
    }
}

pub(super) fn english_price(other: &Key) -> Words {
    words(
        format!("is of no use without `{}`", other.name),
        format!("write `{}` beside it", other.name),
    )
}

pub(super) fn korean_price(other: &Key) -> Words {
    words(
        format!("`{}` 없이는 쓸 수 없어요", other.name),
        format!("`{}` 값도 함께 써 주세요", other.name),
    )
}
