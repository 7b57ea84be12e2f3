//! Splitting, by examples and by properties.

use proptest::prelude::*;

use super::*;
use crate::markdown::POST_RUNES;

fn parts(text: &str, runes: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut remainder = Remainder::of(text);
    while let Some((part, rest)) = remainder.part(runes) {
        parts.push(part);
        remainder = rest;
    }
    parts
}

/// What a text says, without white space, quote marks, list marks and fences.
fn words(text: &str) -> String {
    text.lines()
        .filter(|line| {
            let content = line.trim_start_matches([' ', '>', '-', '\t']);
            !content.starts_with("```") && !content.starts_with("~~~")
        })
        .flat_map(str::chars)
        .filter(|character| !character.is_whitespace() && !matches!(character, '>' | '-'))
        .collect()
}

fn has_open_fence(part: &str) -> bool {
    let blocks = Blocks::of(part);
    OpenFence::at_end(part, &blocks).is_some()
}

#[test]
fn a_text_of_exactly_the_limit_is_one_part_and_one_rune_more_makes_two() {
    let text = "가".repeat(POST_RUNES);
    assert_eq!(parts(&text, POST_RUNES), std::slice::from_ref(&text));
    let longer = format!("{text}나");
    assert_eq!(parts(&longer, POST_RUNES), [text, "나".to_owned()]);
}

#[test]
fn parts_end_between_blocks_where_they_can() {
    let table: [(&str, usize, &[&str]); 9] = [
        ("", 10, &[]),
        (" \n ", 1, &[]),
        ("one\n\ntwo\n\nthree", 10, &["one\n\ntwo", "three"]),
        ("one\ntwo\nthree", 8, &["one\ntwo", "three"]),
        ("one two three", 8, &["one two ", "three"]),
        ("abcdefgh", 3, &["abc", "def", "gh"]),
        (
            "text\n\n# Head\n\nbody body",
            20,
            &["text", "# Head\n\nbody body"],
        ),
        (
            "- one\n- two\n  more\n- three",
            20,
            &["- one\n- two\n  more", "- three"],
        ),
        ("a\n\n\n\n\n\n\nb", 4, &["a", "b"]),
    ];
    for (text, runes, expected) in table {
        let expected: Vec<String> = expected.iter().map(|part| part.trim_end().into()).collect();
        assert_eq!(parts(text, runes), expected, "{text:?}");
    }
}

#[test]
fn a_fence_is_closed_and_opened_again_with_its_language() {
    let text = "```rust\nlet one = 1;\nlet two = 2;\nlet three = 3;\n```\nafter";
    assert_eq!(
        parts(text, 40),
        [
            "```rust\nlet one = 1;\nlet two = 2;\n```",
            "```rust\nlet three = 3;\n```\nafter"
        ]
    );
}

#[test]
fn a_fence_in_a_list_or_quote_goes_on_as_code() {
    let code = "let line = 1;";
    for before in [
        "> ",
        "- ",
        "1. a\n    ",
        "- a\n  - b\n    - c\n      ",
        "> - a\n>   - b\n>     ",
    ] {
        let last = before.lines().last().unwrap_or_default();
        let inner: String = last
            .chars()
            .map(|character| if character == '>' { '>' } else { ' ' })
            .collect();
        let lines = format!("{inner}{code}\n").repeat(30);
        let text = format!("{before}```rust\n{lines}{inner}```\n");
        for part in parts(&text, 120) {
            let blocks = Blocks::of(&part);
            assert!(!has_open_fence(&part), "{part}");
            for line in &blocks.lines {
                let is_code = matches!(line.kind, LineKind::Code(_));
                assert_eq!(is_code, part[line.start..line.end].contains(code), "{part}");
            }
        }
    }
}

#[test]
fn the_head_of_a_table_is_repeated() {
    let text = format!("|a|b|\n|-|-|\n{}\nend", "|1|2|\n".repeat(8));
    assert_eq!(
        parts(&text, 48),
        [
            "|a|b|\n|-|-|\n|1|2|\n|1|2|\n|1|2|\n|1|2|\n|1|2|\n|1|2|",
            "|a|b|\n|-|-|\n|1|2|\n|1|2|\n\nend"
        ]
    );
}

#[test]
fn a_head_too_long_to_be_repeated_is_not() {
    let head = format!("|{}|\n|-|\n", "h".repeat(30));
    let text = format!("{head}{}", "|row|\n".repeat(20));
    let parts = parts(&text, 60);
    assert!(parts.len() > 2);
    assert!(parts[1].starts_with("|row|"));
}

#[test]
fn grapheme_clusters_stay_whole() {
    let family = "👨‍👩‍👧";
    let text = family.repeat(5);
    assert_eq!(
        parts(&text, 12),
        [family.repeat(2), family.repeat(2), family.to_owned()]
    );
}

#[test]
fn adversarial_texts_are_split_in_time() {
    let texts = [
        "`".repeat(200_000),
        "```\n".repeat(50_000),
        "|a|\n|-|\n".repeat(25_000),
        "> ".repeat(100_000),
        "- ".repeat(100_000),
        " ".repeat(200_000) + "x",
        "\n".repeat(200_000) + "x",
        format!("```{}\n{}", "x".repeat(100_000), "\n".repeat(100_000)),
        format!("a{}", "\u{301}".repeat(100_000)),
    ];
    for text in &texts {
        for runes in [100, POST_RUNES] {
            let parts = parts(text, runes);
            assert!(parts.iter().all(|part| super::runes(part) <= runes));
        }
    }
}

fn markdown() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "[a-z가-힣 ]{0,30}",
        Just("```rust".to_owned()),
        Just("```".to_owned()),
        Just("~~~".to_owned()),
        Just(String::new()),
        Just("|a|b|".to_owned()),
        Just("|-|-|".to_owned()),
        "(> |>|- |    |\t|1\\. ){1,3}(```)?[a-z]{0,5}",
        "# [a-z]{1,9}",
        "[a-z]{100,200}",
    ];
    prop::collection::vec(line, 0..40).prop_map(|lines| lines.join("\n"))
}

#[test]
fn a_short_beginning_is_no_part_of_its_own() {
    let code = "let number = 1;\n".repeat(20);
    for text in [
        format!("**GPT**:\n\n```rust\n{code}```"),
        format!("**GPT**:\n\n{}", "word ".repeat(60)),
    ] {
        let mut parts = parts(&text, 100);
        parts.pop();
        for part in parts {
            assert!(super::runes(&part) > 25, "{part}");
        }
    }
}

proptest! {
    #[test]
    fn every_part_fits_and_closes_its_fences(text in markdown(), runes in 64_usize..300) {
        for part in parts(&text, runes) {
            prop_assert!(super::runes(&part) <= runes);
            prop_assert!(!has_open_fence(&part), "{part}");
            prop_assert!(!part.trim().is_empty() || text.trim().is_empty());
        }
    }

    #[test]
    fn nothing_is_lost(text in "([a-z가-힣]{1,12}[ \n]{1,3}){0,60}", runes in 1_usize..60) {
        prop_assert_eq!(words(&parts(&text, runes).concat()), words(&text));
    }

    #[test]
    fn nothing_but_repeated_fences_is_added(
        code in prop::collection::vec("[a-z]{1,20}", 0..60),
        runes in 64_usize..200,
    ) {
        let text = format!("before\n\n```rust\n{}\n```\n\nafter", code.join("\n"));
        prop_assert_eq!(words(&parts(&text, runes).join("\n")), words(&text));
    }

    #[test]
    fn earlier_parts_stay_as_the_text_grows(
        text in "([a-z가-힣# |-]{0,20}\n){0,40}",
        at in any::<prop::sample::Index>(),
        runes in 16_usize..200,
    ) {
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let before = parts(&text[..ends[at.index(ends.len())]], runes);
        let after = parts(&text, runes);
        let settled = before.len().saturating_sub(1);
        prop_assert_eq!(&before[..settled], &after[..settled]);
    }

    #[test]
    fn any_text_can_be_split(text in any::<String>(), runes in 0_usize..50) {
        for part in parts(&text, runes) {
            prop_assert!(super::runes(&part) <= runes.max(1));
        }
    }
}
