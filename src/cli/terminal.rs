//! The terminal of whoever runs a command: asks questions, and for secrets without showing them.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;

use super::say;
use crate::provision::{Consent, Desk};

/// The longest line that is read, in bytes.
const MAX_LINE: u64 = 64 * 1024;

/// How questions are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// With yes, beforehand.
    Yes,
    /// By whoever is there.
    Asked,
    /// Nobody is there.
    Nobody,
}

impl Answers {
    /// Finds out who answers.
    pub(super) fn of(yes: bool) -> Self {
        if yes {
            Self::Yes
        } else if is_there() {
            Self::Asked
        } else {
            Self::Nobody
        }
    }
}

/// Says whether somebody is there who reads and writes.
pub(super) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

impl Desk for Answers {
    fn show(&self, line: &str) {
        // Where even this cannot be written, the exit code says how it went.
        let _code = say(&format!("{line}\n"));
    }

    fn asks(&self, question: &str) -> Consent {
        match self {
            Self::Yes => Consent::Given,
            Self::Nobody => Consent::Unavailable,
            Self::Asked => match ask(&format!("{question} [y/N]")) {
                Some(answer) if is_yes(&answer) => Consent::Given,
                _ => Consent::Refused,
            },
        }
    }
}

fn is_yes(answer: &str) -> bool {
    let answer = answer.trim().to_lowercase();
    matches!(answer.as_str(), "y" | "yes" | "ㅛ" | "예" | "네" | "응")
}

/// Asks for a line; `None` where none comes.
pub(super) fn ask(question: &str) -> Option<String> {
    let mut out = io::stderr();
    out.write_all(format!("{question} ").as_bytes()).ok()?;
    out.flush().ok()?;
    let stdin = io::stdin();
    // Unlike a read, this is not begun anew where a signal comes: whoever presses Ctrl-C answers nothing.
    poll(&mut [PollFd::new(&stdin, PollFlags::IN)], None).ok()?;
    let mut line = String::new();
    let read = io::Read::take(stdin.lock(), MAX_LINE)
        .read_line(&mut line)
        .ok()?;
    (read > 0).then(|| line.trim().to_owned())
}

/// Asks for a line that is not shown while it is typed.
pub(super) fn ask_secret(question: &str) -> Option<SecretString> {
    let hidden = Hidden::begin();
    let answer = ask(question);
    if hidden.is_some() {
        // The line break that was typed was not shown either.
        io::stderr().write_all(b"\n").ok()?;
    }
    drop(hidden);
    answer.filter(|answer| !answer.is_empty()).map(Into::into)
}

/// A terminal that does not show what is typed, until this is dropped.
struct Hidden {
    before: Termios,
}

impl Hidden {
    fn begin() -> Option<Self> {
        let stdin = io::stdin();
        let before = tcgetattr(&stdin).ok()?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Flush, &hidden).ok()?;
        Some(Self { before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // There is nobody to tell; the shell shows what is typed again by itself.
        tcsetattr(io::stdin(), OptionalActions::Flush, &self.before).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        for answer in ["y", "Y ", "yes", "예", "네"] {
            assert!(is_yes(answer), "{answer}");
        }
        for answer in ["", "n", "no", "yes?", "아니요", "yy"] {
            assert!(!is_yes(answer), "{answer}");
        }
    }
}
