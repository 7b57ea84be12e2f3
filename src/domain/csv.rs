//! Tables as spreadsheet programs read them: RFC 4180, and nothing in them that such a program would take for a formula.

use std::borrow::Cow;

/// Writes a row, with its line break.
#[must_use]
pub fn row<'c>(cells: impl IntoIterator<Item = &'c str>) -> String {
    let cells: Vec<_> = cells.into_iter().map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

/// Writes a cell. One that a spreadsheet program would calculate begins with an apostrophe instead, which such programs show as text;
/// spaces before the sign do not help whoever wrote it, because some programs pass over them.
fn cell(text: &str) -> Cow<'_, str> {
    let begins = text.trim_start_matches(' ').chars().next();
    let is_formula = begins.is_some_and(|first| "=+-@\t\r\n＝＋－＠".contains(first));
    let text = if is_formula {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    };
    if text.contains(['"', ',', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(row(["a", "", "b c", "가"]), "a,,b c,가\r\n");
        assert_eq!(
            row(["a,b", "say \"so\"", "two\nlines"]),
            "\"a,b\",\"say \"\"so\"\"\",\"two\nlines\"\r\n"
        );
    }

    #[test]
    fn what_would_be_calculated_is_text() {
        for (written, inert) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("  =1", "'  =1"),
            ("＝1", "'＝1"),
            ("\r=1", "\"'\r=1\""),
            ("1=1", "1=1"),
        ] {
            assert_eq!(cell(written), inert, "{written:?}");
        }
        assert_eq!(
            cell("=HYPERLINK(\"http://x\",\"y\")"),
            "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""
        );
    }
}
