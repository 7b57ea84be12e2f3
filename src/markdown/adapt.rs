//! From the Markdown models write to the Markdown Mattermost shows.
//!
//! What the web client shows raw or wrong was seen in the client itself, and why is in its parser
//! (<https://github.com/mattermost/marked>). Code is never touched, and a text that is shown as it is meant stays as it is.
//! Takes time linear in the text; adapting twice changes nothing more.

use super::blocks::{Blocks, Line, LineKind};
use super::{adapt_inline, adapt_lines};

/// Lines of a formula that stands alone; a longer one is text, so that an opening sign without end costs little.
pub const MAX_FORMULA_LINES: usize = 40;

/// Bytes of quote marks and indentation before a formula that stands alone.
const MAX_PREFIX: usize = 40;

/// Times a text is gone over until nothing changes: what one mending uncovers, such as a list behind a `<br>`, the next one
/// mends.
const MAX_ROUNDS: usize = 4;

/// What the server is set up to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// Whether it shows LaTeX (`EnableLatex`).
    pub latex: bool,
}

/// Mends what Mattermost would show raw: tables beside text and in list items, lists of two kinds, formulas, stars between
/// letters, HTML, footnotes and mixed boxes.
#[must_use]
pub fn adapt(text: &str, dialect: Dialect) -> String {
    let mut adapted = text.to_owned();
    for _ in 0..MAX_ROUNDS {
        let formulas = fence_formulas(&adapted, dialect);
        let next = adapt_lines::separate(&adapt_inline::mend(&formulas, dialect));
        if next == adapted {
            break;
        }
        adapted = next;
    }
    adapted
}

/// Puts formulas that stand alone on their lines into fences.
fn fence_formulas(text: &str, dialect: Dialect) -> String {
    let blocks = Blocks::of(text);
    let mut fenced = String::with_capacity(text.len());
    let mut rest = blocks.lines.as_slice();
    while let Some((line, later)) = rest.split_first() {
        if let Some(formula) = Formula::read(text, rest) {
            formula.write(dialect, &mut fenced);
            rest = rest.get(formula.count..).unwrap_or_default();
            continue;
        }
        fenced.push_str(text.get(line.start..line.end).unwrap_or_default());
        fenced.push('\n');
        rest = later;
    }
    if !text.ends_with('\n') {
        fenced.pop();
    }
    fenced
}

/// A formula that stands alone on its lines.
struct Formula<'a> {
    prefix: &'a str,
    lines: Vec<&'a str>,
    /// How many lines of the text it takes.
    count: usize,
}

impl<'a> Formula<'a> {
    fn read(text: &'a str, lines: &[Line]) -> Option<Self> {
        let first = lines.first()?;
        let prefix = text.get(first.start..first.content)?;
        let content = text.get(first.content..first.end)?;
        let close = match content.get(..2)? {
            "\\[" => "\\]",
            "$$" => "$$",
            _ => return None,
        };
        let is_bare = prefix.bytes().all(|byte| matches!(byte, b' ' | b'>'));
        if !matches!(first.kind, LineKind::Text(_)) || !is_bare || prefix.len() > MAX_PREFIX {
            return None;
        }
        let mut formula = Self {
            prefix: if first.items + first.quotes == 0 {
                ""
            } else {
                prefix
            },
            lines: Vec::new(),
            count: 0,
        };
        for line in lines.iter().take(MAX_FORMULA_LINES) {
            let is_text = matches!(line.kind, LineKind::Text(_) | LineKind::Blank);
            if !is_text || (line.quotes != first.quotes && line.kind != LineKind::Blank) {
                return None;
            }
            let opening = if formula.count == 0 { 2 } else { 0 };
            let from = if line.item.is_some() && first.quotes == 0 {
                line.start
            } else {
                line.content + opening
            };
            let written = text.get(from..line.end)?.trim();
            formula.count += 1;
            if let Some((inner, after)) = written.split_once(close) {
                formula.push(inner.trim_end());
                let is_alone = after.trim_matches(['.', ',', ' ']).is_empty();
                let is_code = formula.lines.iter().any(|line| line.contains('`'));
                return (is_alone && !is_code && !formula.lines.is_empty()).then_some(formula);
            }
            formula.push(written);
        }
        None
    }

    fn push(&mut self, line: &'a str) {
        if !line.is_empty() {
            self.lines.push(line);
        }
    }

    fn write(&self, dialect: Dialect, fenced: &mut String) {
        let opening = if dialect.latex { "```latex" } else { "```" };
        let fence = [opening].into_iter();
        let lines = fence.chain(self.lines.iter().copied()).chain(["```"]);
        for line in lines {
            fenced.push_str(self.prefix);
            fenced.push_str(line);
            fenced.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> String {
        adapt(text, Dialect { latex: false })
    }

    fn latex(text: &str) -> String {
        adapt(text, Dialect { latex: true })
    }

    fn becomes(table: &[(&str, &str)]) {
        for (text, expected) in table {
            assert_eq!(plain(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn a_table_after_text_gets_a_blank_line() {
        becomes(&[
            (
                "See:\n| a | b |\n|---|---|\n| 1 | 2 |",
                "See:\n\n| a | b |\n|---|---|\n| 1 | 2 |",
            ),
            ("See:\na | b\n--|--\n1 | 2", "See:\n\na | b\n--|--\n1 | 2"),
            ("> See:\n> | a |\n> |---|", "> See:\n>\n> | a |\n> |---|"),
            ("## See\n| a |\n|---|\n| 1 |", "## See\n| a |\n|---|\n| 1 |"),
            (
                "See:\n\n| a |\n|---|\n| 1 |\nend",
                "See:\n\n| a |\n|---|\n| 1 |\nend",
            ),
            ("a | b\nc | d", "a | b\nc | d"),
        ]);
    }

    #[test]
    fn a_table_leaves_its_list_item() {
        becomes(&[
            (
                "- a\n  | t |\n  |---|\n  | 1 |\n- b",
                "- a\n\n| t |\n|---|\n| 1 |\n\n- b",
            ),
            (
                "1. a\n\n   | t |\n   |---|\n   | 1 |\n\n   more\n     - deep\n2. b",
                "1. a\n\n| t |\n|---|\n| 1 |\n\nmore\n  - deep\n2. b",
            ),
            ("- | t |\n  |---|\n  | 1 |", "| t |\n|---|\n| 1 |"),
            (
                "- a\n  | t |\n  |---|\n  ```\n    x\n  ```",
                "- a\n\n| t |\n|---|\n\n```\n  x\n```",
            ),
        ]);
    }

    #[test]
    fn lists_of_two_kinds_are_kept_apart() {
        becomes(&[
            ("- a\n1. b", "- a\n\n\u{200b}\n\n1. b"),
            ("1. a\n2. b\n\n- c", "1. a\n2. b\n\n\u{200b}\n\n- c"),
            ("- a\n  - b\n  1. c", "- a\n  - b\n\n  \u{200b}\n\n  1. c"),
            ("> - a\n> 1. b", "> - a\n>\n> \u{200b}\n>\n> 1. b"),
            ("1. a\n  - b\n2. c", "1. a\n  - b\n2. c"),
            ("1. a\n   - b\n2. c", "1. a\n   - b\n2. c"),
            ("- a\n\nthen\n\n1. b", "- a\n\nthen\n\n1. b"),
            ("- a\n\n---\n\n1. b", "- a\n\n---\n\n1. b"),
        ]);
    }

    #[test]
    fn formulas_become_code_where_latex_is_not_shown() {
        becomes(&[
            ("so \\( x^2 \\) is", "so `x^2` is"),
            ("so \\[x\\] is $$y$$", "so `x` is `y`"),
            ("\\[\nx = y\n- z\n\\]", "```\nx = y\n- z\n```"),
            ("Then:\n$$x$$\nend", "Then:\n```\nx\n```\nend"),
            ("- a\n  $$\n  x\n  $$", "- a\n  ```\n  x\n  ```"),
            (
                "$5 and $10, \\[a\\](b), \\( open",
                "$5 and $10, \\[a\\](b), \\( open",
            ),
        ]);
    }

    #[test]
    fn formulas_are_shown_where_latex_is() {
        let table = [
            ("so \\( a*b*c \\) is", "so $a*b*c$ is"),
            ("so $2*3*4$ is", "so $2*3*4$ is"),
            ("합은 \\(x\\)입니다, f\\(x\\)", "합은 $x$입니다, f`x`"),
            ("\\[ x \\]", "```latex\nx\n```"),
            ("so $$x$$ is", "so $x$ is"),
        ];
        for (text, expected) in table {
            assert_eq!(latex(text), expected, "{text:?}");
        }
    }

    #[test]
    fn stars_between_letters_are_no_emphasis() {
        becomes(&[
            ("2*3*4", "2\\*3\\*4"),
            ("x**2 + y**2", "x\\*\\*2 + y\\*\\*2"),
            (
                "*item*s and **item**s, **a b**s",
                "*item*s and **item**s, **a b**s",
            ),
            ("*강조*입니다 **강조**는", "*강조*입니다 **강조**는"),
            (
                "`2*3*4` http://a.example/b*c*d",
                "`2*3*4` http://a.example/b*c*d",
            ),
            ("2\\*3 * 4", "2\\*3 * 4"),
        ]);
    }

    #[test]
    fn html_becomes_what_it_means() {
        becomes(&[
            ("a<br>b<br/>\nc", "a\nb\nc"),
            ("- a<br>b", "- a\n  b"),
            (
                "| a<br>b |\n|---|\n| c <BR /> d |",
                "| a / b |\n|---|\n| c / d |",
            ),
            (
                "<details><summary>More</summary>\n\ntext\n\n</details>",
                "**More**\n\ntext\n",
            ),
            (
                "<details>\n<summary> <b>More</b> </summary>\ntext\n</details>",
                "**More**\ntext\n",
            ),
            (
                "10<sup>6</sup> H<sub>2</sub>O x<sup>th</sup>",
                "10⁶ H₂O x^(th)",
            ),
            ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
            ("a<!-- note --> <code>x*y*z</code>", "a `x*y*z`"),
            ("<b>bold</b> <kbd>Esc</kbd>", "bold Esc"),
            (
                "Vec<T>, <name>, a < b, `<br>`, <i> alone",
                "Vec<T>, <name>, a < b, `<br>`, <i> alone",
            ),
        ]);
    }

    #[test]
    fn footnotes_become_plain() {
        becomes(&[
            ("so[^1].\n\n[^1]: because", "so(1).\n\n(1) because"),
            (
                "so[^note].\n\n[^note]: because",
                "so(note).\n\n(note) because",
            ),
            ("[^a-z] [^abc]", "[^a-z] [^abc]"),
        ]);
    }

    #[test]
    fn mixed_boxes_become_characters() {
        becomes(&[
            ("- [x] a\n- [ ] b", "- ☑ a\n- ☐ b"),
            ("- [ ] a\n- [ ] b", "- [ ] a\n- [ ] b"),
        ]);
    }

    #[test]
    fn diagrams_stay_code() {
        let text = "```mermaid\ngraph TD\n  A<br>-->B*2*3\n```";
        assert_eq!(plain(text), text);
    }

    #[test]
    fn a_formula_may_take_so_many_lines_and_no_more() {
        let formula = |lines: usize| format!("\\[{}x\\]", "x\n".repeat(lines - 1));
        assert!(plain(&formula(MAX_FORMULA_LINES)).starts_with("```"));
        assert!(!plain(&formula(MAX_FORMULA_LINES + 1)).starts_with("```"));
    }

    #[test]
    fn a_formula_in_a_sentence_may_take_so_many_bytes_and_no_more() {
        let formula = |bytes: usize| format!("so \\({}\\)", "x".repeat(bytes));
        let longest = adapt_inline::MAX_INLINE_FORMULA;
        assert!(plain(&formula(longest)).ends_with('`'));
        assert!(plain(&formula(longest + 1)).ends_with(')'));
    }

    #[test]
    fn long_texts_of_openings_are_read_to_their_end() {
        let openings = [
            "\\(",
            "\\[\n",
            "$$\n",
            "$",
            "<b",
            "<sup>",
            "<details>",
            "[^",
            "2*",
            "- [x] ",
            "|-|\n",
            "- a\n1. b\n",
            "- | a |\n  |---|\n",
            "> ",
            "`",
            "<br>",
            "<td> ",
            "<p> ",
            "<summary> </summary> ",
        ];
        for opening in openings {
            let text = opening.repeat(200_000 / opening.len());
            assert!(plain(&text).len() <= 4 * text.len());
        }
    }

    fn fragments() -> impl Strategy<Value = String> {
        let fragment = prop::sample::select(vec![
            "a",
            "1",
            " ",
            "  ",
            "\n",
            "\n\n",
            "- ",
            "1. ",
            "2. ",
            "> ",
            "    ",
            "|",
            "| a |\n",
            "|---|\n",
            "*",
            "**",
            "`",
            "```\n",
            "\\(",
            "\\)",
            "\\[",
            "\\]",
            "$",
            "$$",
            "<br>",
            "<b>",
            "</b>",
            "<sup>",
            "</sup>",
            "<details>",
            "<summary>",
            "</summary>",
            "[^1]",
            "[^1]: ",
            "[x] ",
            "[ ] ",
            "\\",
            "가",
            "\u{200b}",
            "\t",
            "# ",
            "---\n",
            "://",
        ]);
        prop::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
    }

    proptest! {
        #[test]
        fn adapting_twice_changes_nothing_more(text in fragments(), latex: bool) {
            let dialect = Dialect { latex };
            let once = adapt(&text, dialect);
            prop_assert_eq!(adapt(&once, dialect), once);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), latex: bool) {
            let _adapted = adapt(&text, Dialect { latex });
        }

        #[test]
        fn code_stays_as_it_is(code in "[a-z0-9*<>$|\\[\\]() \n-]{0,60}", before in "[a-z \n]{0,20}") {
            let fence = format!("```\n{code}\n```");
            let text = format!("{before}\n\n{fence}");
            prop_assert!(plain(&text).ends_with(&fence));
        }

        #[test]
        fn plain_words_stay_as_they_are(text in "[a-zA-Z가-힣.,:;!?'\" \n]{0,200}") {
            prop_assert_eq!(plain(&text), text);
        }
    }
}
