//! The blocks of code in a text that are long enough to be files.

use super::blocks::{Blocks, LineKind};

/// A block of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeBlock {
    /// The end of a file's name for its language, without the dot: `rs`, or `txt` where it is not known.
    pub extension: &'static str,
    /// What is in it, each line with its line feed.
    pub code: String,
}

/// Returns the fenced blocks of at least so many characters, in their order. Takes time linear in the text.
#[must_use]
pub fn code_blocks(text: &str, least_chars: usize) -> Vec<CodeBlock> {
    let blocks = Blocks::of(text);
    // Characters of what holds the fence, which begins each of its lines, too.
    let mut held_by = 0;
    let mut found: Vec<CodeBlock> = Vec::new();
    for line in &blocks.lines {
        match line.kind {
            LineKind::FenceOpen(number) => {
                let fence = blocks.fences.get(number);
                let (begin, end) = fence.map_or((line.start, line.end), |fence| fence.marker);
                held_by = text.get(line.start..begin).unwrap_or_default().len();
                let info = text.get(end..line.end).unwrap_or_default();
                found.push(CodeBlock {
                    extension: extension(info),
                    code: String::new(),
                });
            }
            LineKind::Code(_) => {
                if let Some(block) = found.last_mut() {
                    let written = text.get(line.start..line.end).unwrap_or_default();
                    block.code.push_str(without_prefix(written, held_by));
                    block.code.push('\n');
                }
            }
            LineKind::Blank | LineKind::Text(_) | LineKind::FenceClose(_) | LineKind::Indented => {}
        }
    }
    found.retain(|block| block.code.chars().count() >= least_chars);
    found
}

/// Returns a line without what holds it, of at most so many bytes.
fn without_prefix(line: &str, most: usize) -> &str {
    let prefix = line
        .bytes()
        .take(most)
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'>'))
        .count();
    line.get(prefix..).unwrap_or_default()
}

/// Returns how files of a language are called, by the word that stands behind the marks of a fence.
fn extension(info: &str) -> &'static str {
    const EXTENSIONS: [(&str, &str); 37] = [
        ("bash", "sh"),
        ("c", "c"),
        ("cpp", "cpp"),
        ("c++", "cpp"),
        ("csharp", "cs"),
        ("css", "css"),
        ("csv", "csv"),
        ("diff", "diff"),
        ("dockerfile", "dockerfile"),
        ("go", "go"),
        ("html", "html"),
        ("java", "java"),
        ("javascript", "js"),
        ("js", "js"),
        ("json", "json"),
        ("kotlin", "kt"),
        ("latex", "tex"),
        ("markdown", "md"),
        ("md", "md"),
        ("php", "php"),
        ("powershell", "ps1"),
        ("py", "py"),
        ("python", "py"),
        ("r", "r"),
        ("ruby", "rb"),
        ("rust", "rs"),
        ("rs", "rs"),
        ("scala", "scala"),
        ("sh", "sh"),
        ("shell", "sh"),
        ("sql", "sql"),
        ("swift", "swift"),
        ("toml", "toml"),
        ("ts", "ts"),
        ("typescript", "ts"),
        ("xml", "xml"),
        ("yaml", "yaml"),
    ];
    let language = info.split_whitespace().next().unwrap_or_default();
    EXTENSIONS
        .iter()
        .find(|(name, _)| language.eq_ignore_ascii_case(name))
        .map_or("txt", |(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_blocks_are_found_with_their_language_and_without_what_holds_them() {
        let text = "Some:\n\n```rust\nfn main() {\n    run();\n}\n```\n\n- item\n\n  ~~~ Python x\n  a\n\n  b\n  ~~~\n\n```\nno\n```\n> ```\n> open";
        let found = code_blocks(text, 4);
        let found: Vec<_> = found
            .iter()
            .map(|block| (block.extension, block.code.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("rs", "fn main() {\n    run();\n}\n"),
                ("py", "a\n\nb\n"),
                ("txt", "open\n"),
            ]
        );
        assert_eq!(code_blocks("```\nabc\n```", 4).len(), 1);
        assert_eq!(code_blocks("```\nabc\n```", 5).len(), 0);
    }
}
