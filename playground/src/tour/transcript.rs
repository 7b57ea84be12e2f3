//! A conversation as it is printed: who said what, replies below what they answer.

use std::fmt::Write as _;

/// What was said so far.
#[derive(Default)]
pub(super) struct Transcript {
    text: String,
}

impl Transcript {
    /// Begins another conversation.
    pub(super) fn head(&mut self, head: &str) {
        let gap = if self.text.is_empty() { "" } else { "\n" };
        self.write(format_args!("{gap}── {head}\n"));
    }

    /// Something that was said.
    pub(super) fn line(&mut self, author: &str, text: &str) {
        self.indented("", author, text);
    }

    /// Something that was said in a thread.
    pub(super) fn reply(&mut self, author: &str, text: &str) {
        self.indented("  └ ", author, text);
    }

    fn indented(&mut self, begin: &str, author: &str, text: &str) {
        let width = begin.chars().count() + author.chars().count() + 2;
        let further = format!("\n{:width$}", "");
        let text = text.trim().replace('\n', &further);
        self.write(format_args!("{begin}{author}: {text}\n"));
    }

    fn write(&mut self, arguments: std::fmt::Arguments<'_>) {
        self.text
            .write_fmt(arguments)
            .expect("a string takes all that is written to it");
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_lines_stand_below_the_first_and_replies_below_what_they_answer() {
        let mut transcript = Transcript::default();
        transcript.head("one");
        transcript.line("alice", "@gptbot?");
        transcript.reply("gptbot", "yes\nno\n");
        transcript.head("two");
        transcript.line("bob", "hm");
        let expected =
            "── one\nalice: @gptbot?\n  └ gptbot: yes\n            no\n\n── two\nbob: hm\n";
        assert_eq!(transcript.finish(), expected);
    }
}
