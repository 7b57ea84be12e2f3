//! Going on with a text: what a model writes after the beginning of its answer becomes one text with it.

/// Characters that the end of the beginning and the begin of what follows must share to be taken for the same: fewer do by chance.
const SHORTEST_OVERLAP: usize = 12;

/// Characters that are looked at for an overlap; a model that begins further back begins anew.
const LONGEST_OVERLAP: usize = 400;

/// Joins what was written with what was written after it. Models often say the last words once more, which are then left out.
pub(super) fn gone_on(beginning: &str, more: &str) -> String {
    let more = without_overlap(beginning, more);
    format!("{beginning}{more}")
}

fn without_overlap<'m>(beginning: &str, more: &'m str) -> &'m str {
    let ends = more
        .char_indices()
        .map(|(at, character)| at + character.len_utf8());
    let overlap = ends
        .enumerate()
        .take(LONGEST_OVERLAP)
        .skip(SHORTEST_OVERLAP - 1)
        .filter_map(|(_, end)| more.split_at_checked(end))
        .filter(|(said_again, _)| beginning.ends_with(said_again))
        .last();
    overlap.map_or(more, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_again_is_left_out_and_what_only_looks_so_is_not() {
        let table = [
            ("", "All of it.", "All of it."),
            (
                "The first ha",
                "lf and the second.",
                "The first half and the second.",
            ),
            (
                "It ends with these very words",
                "these very words and goes on.",
                "It ends with these very words and goes on.",
            ),
            (
                "그래서 이 방법이 가장 안전해요. 다음으로",
                "가장 안전해요. 다음으로 할 일은",
                "그래서 이 방법이 가장 안전해요. 다음으로 할 일은",
            ),
            ("la la la ", "la la land", "la la la la la land"),
            ("no", "no", "nono"),
        ];
        for (beginning, more, whole) in table {
            assert_eq!(gone_on(beginning, more), whole);
        }
    }

    #[test]
    fn as_much_is_left_out_as_is_said_again() {
        let twelve = "abcabcabcabc";
        assert_eq!(twelve.len(), SHORTEST_OVERLAP);
        assert_eq!(gone_on(twelve, &format!("{twelve}d")), format!("{twelve}d"));
        let eleven = &twelve[1..];
        assert_eq!(
            gone_on(eleven, &format!("{eleven}d")),
            format!("{eleven}{eleven}d")
        );
    }
}
