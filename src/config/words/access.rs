//! The words for what is wrong with groups of people and rules of access.

use super::{Words, words};
use crate::config::fault::AccessFault;

pub(super) fn english(fault: &AccessFault) -> Words {
    match fault {
        AccessFault::Missing => words("is missing", "write it: without it the table means nothing"),
        AccessFault::Nothing => words(
            "is an empty list, which nobody and nothing is in",
            "name somebody or something, or remove the line: then it is met by everything",
        ),
        AccessFault::GroupTwice => words(
            "is the name of another group already",
            "give each its own name",
        ),
        AccessFault::NoSuchGroup { nearest } => words(
            "names a group that there is not",
            match nearest {
                Some(name) => format!("did you mean `{name}`?"),
                None => "write the `name` of one of [[groups]]".to_owned(),
            },
        ),
        AccessFault::NotAPerson => words(
            "names nobody who could have an account",
            "write the name of an account, as `alice`, or its ID of 26 characters",
        ),
        AccessFault::NotATeam => words(
            "names no team",
            "write the name of a team as it stands in addresses, as `sales`, or its ID of 26 characters",
        ),
    }
}

pub(super) fn korean(fault: &AccessFault) -> Words {
    match fault {
        AccessFault::Missing => words("없어요", "써 주세요. 없으면 이 표는 아무 뜻도 없어요"),
        AccessFault::Nothing => words(
            "빈 목록이라서 아무도, 아무것도 맞지 않아요",
            "하나라도 쓰거나 줄을 지워 주세요. 지우면 모두에 맞아요",
        ),
        AccessFault::GroupTwice => words(
            "다른 그룹이 이미 쓰는 이름이에요",
            "저마다 다른 이름을 써 주세요",
        ),
        AccessFault::NoSuchGroup { nearest } => words(
            "없는 그룹의 이름이에요",
            match nearest {
                Some(name) => format!("혹시 `{name}`인가요?"),
                None => "[[groups]] 가운데 하나의 `name`을 써 주세요".to_owned(),
            },
        ),
        AccessFault::NotAPerson => words(
            "계정이 될 수 없는 이름이 있어요",
            "`alice` 같은 계정 이름이나 26자로 된 ID를 써 주세요",
        ),
        AccessFault::NotATeam => words(
            "팀이 아닌 이름이 있어요",
            "`sales`처럼 주소에 보이는 팀 이름이나 26자로 된 ID를 써 주세요",
        ),
    }
}
