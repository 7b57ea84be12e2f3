//! A model's reasoning, where its server leaves it in the text of the answer: told apart from it, however the text is cut.
//!
//! Two ways are known: a mark such as `<think>` before anything else is written, ended by its twin, and Harmony, whose channels
//! are announced by special tokens (<https://github.com/openai/harmony/blob/main/docs/format.md>, 2026-11). A mark counts only at the
//! beginning, or right after the end of another, so that an answer about marks keeps them. What may be the beginning of one is held
//! back until it is known, at most [`LONGEST_HEADER`] bytes.

use super::settings::ReasoningForm;

/// The marks between which models reason, and whose they are: Qwen, DeepSeek and most others; several fine-tunes; Granite and Gemma
/// fine-tunes; Reflection; Mistral's Magistral; Seed-OSS; Kimi; Skywork and Sky-T1.
const MARKS: [(&str, &str); 8] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
];

/// How Harmony begins: with a channel, or with whoever speaks.
const HARMONY_BEGINS: [&str; 2] = [CHANNEL, "<|start|>"];

const CHANNEL: &str = "<|channel|>";
const MESSAGE: &str = "<|message|>";

/// What ends a message of Harmony; the last two because models forget the first ones.
const HARMONY_ENDS: [&str; 5] = ["<|end|>", "<|return|>", "<|call|>", "<|start|>", CHANNEL];

/// Bytes of a header of Harmony, at most; what is longer is none.
const LONGEST_HEADER: usize = 512;

/// What a piece of text came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) reasoning: String,
    pub(super) text: String,
    pub(super) calls_tool: bool,
}

/// Tells reasoning from text.
pub(super) struct Splitter {
    state: State,
    /// What may be the beginning of a mark.
    held: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing but white space has come since the beginning, or since the end of reasoning.
    Beginning { after_reasoning: bool },
    /// Until this mark it is reasoning.
    Reasoning { end: &'static str },
    /// The header of a message of Harmony.
    Header,
    /// A message of Harmony.
    Message(Channel),
    /// All that follows is the answer.
    Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    Final,
    /// `analysis`, and what is said between tools in `commentary`.
    Reasoning,
    /// Something said to a tool.
    Call,
}

impl Splitter {
    pub(super) fn new(form: ReasoningForm) -> Self {
        let state = match form {
            ReasoningForm::Marked => State::Beginning {
                after_reasoning: false,
            },
            ReasoningForm::Open => State::Reasoning { end: "</think>" },
            ReasoningForm::Unmarked => State::Answer,
        };
        Self {
            state,
            held: String::new(),
        }
    }

    /// Takes in more text and returns what is known of it.
    pub(super) fn feed(&mut self, more: &str) -> Split {
        let mut split = Split::default();
        if self.state == State::Answer {
            split.text.push_str(more);
            return split;
        }
        self.held.push_str(more);
        while self.step(&mut split) {}
        split
    }

    /// Returns what was held back: nothing more comes.
    pub(super) fn finish(&mut self) -> Split {
        let held = std::mem::take(&mut self.held);
        let mut split = Split::default();
        match self.state {
            State::Beginning { .. } | State::Answer | State::Message(Channel::Final) => {
                split.text = held;
            }
            State::Reasoning { .. } | State::Message(Channel::Reasoning) => split.reasoning = held,
            State::Header | State::Message(Channel::Call) => {}
        }
        split
    }

    /// Takes one step; `false` where more must come first.
    fn step(&mut self, split: &mut Split) -> bool {
        match self.state {
            State::Beginning { after_reasoning } => self.begin(after_reasoning),
            State::Reasoning { end } => {
                self.until(&[end], &mut split.reasoning, |_| State::Beginning {
                    after_reasoning: true,
                })
            }
            State::Header => self.header(split),
            State::Message(channel) => {
                let mut ignored = String::new();
                let into = match channel {
                    Channel::Final => &mut split.text,
                    Channel::Reasoning => &mut split.reasoning,
                    Channel::Call => &mut ignored,
                };
                self.until(&HARMONY_ENDS, into, |_| State::Header)
            }
            State::Answer => {
                split.text.push_str(&self.held);
                self.held.clear();
                false
            }
        }
    }

    fn begin(&mut self, after_reasoning: bool) -> bool {
        let begun = self.held.trim_start();
        if after_reasoning {
            // The blank lines between reasoning and answer belong to neither.
            self.held = begun.to_owned();
        } else if self.held.len() - begun.len() > LONGEST_HEADER {
            self.state = State::Answer;
            return true;
        }
        let begun = self.held.trim_start();
        let mark = MARKS.iter().find(|(mark, _)| begun.starts_with(mark));
        if let Some((mark, end)) = mark {
            self.held = begun[mark.len()..].to_owned();
            self.state = State::Reasoning { end };
            return true;
        }
        if HARMONY_BEGINS.iter().any(|mark| begun.starts_with(mark)) {
            self.held = begun.to_owned();
            self.state = State::Header;
            return true;
        }
        let mut marks = MARKS.iter().map(|(mark, _)| *mark).chain(HARMONY_BEGINS);
        if begun.is_empty() || marks.any(|mark| mark.starts_with(begun)) {
            return false;
        }
        self.state = State::Answer;
        true
    }

    /// Takes what comes before one of the marks, and goes on behind it.
    fn until(
        &mut self,
        marks: &[&'static str],
        into: &mut String,
        next: impl Fn(&str) -> State,
    ) -> bool {
        let found = marks
            .iter()
            .filter_map(|mark| Some((self.held.find(mark)?, *mark)))
            .min_by_key(|(at, _)| *at);
        if let Some((at, mark)) = found {
            into.push_str(&self.held[..at]);
            // What begins the next message of Harmony belongs to its header.
            let rest = if HARMONY_BEGINS.contains(&mark) {
                at
            } else {
                at + mark.len()
            };
            self.held = self.held[rest..].to_owned();
            self.state = next(mark);
            return true;
        }
        let keep = marks
            .iter()
            .map(|mark| half_of(mark, &self.held))
            .max()
            .unwrap_or_default();
        let known = self.held.len() - keep;
        into.push_str(&self.held[..known]);
        self.held.drain(..known);
        false
    }

    fn header(&mut self, split: &mut Split) -> bool {
        if let Some(at) = self.held.find(MESSAGE) {
            let channel = channel_of(&self.held[..at]);
            split.calls_tool |= channel == Channel::Call;
            self.held = self.held[at + MESSAGE.len()..].to_owned();
            self.state = State::Message(channel);
            return true;
        }
        if self.held.len() > LONGEST_HEADER {
            self.state = State::Answer;
            return true;
        }
        false
    }
}

/// Reads who is spoken to by a message with this header.
fn channel_of(header: &str) -> Channel {
    let named = header
        .rsplit_once(CHANNEL)
        .map_or("", |(_, named)| named.trim_start());
    if header.contains("to=") {
        Channel::Call
    } else if named.starts_with("analysis") || named.starts_with("commentary") {
        Channel::Reasoning
    } else {
        Channel::Final
    }
}

/// Returns how many bytes at the end of a text may be the beginning of a mark.
fn half_of(mark: &str, text: &str) -> usize {
    mark.char_indices()
        .map(|(at, _)| at)
        .filter(|at| *at > 0 && text.ends_with(&mark[..*at]))
        .max()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(form: ReasoningForm, pieces: &[&str]) -> (String, String, bool) {
        let mut splitter = Splitter::new(form);
        let mut all = Split::default();
        let mut take = |more: Split| {
            all.reasoning += &more.reasoning;
            all.text += &more.text;
            all.calls_tool |= more.calls_tool;
        };
        for piece in pieces {
            take(splitter.feed(piece));
        }
        take(splitter.finish());
        (all.reasoning, all.text, all.calls_tool)
    }

    const TABLE: &[(ReasoningForm, &str, &str, &str)] = &[
        (ReasoningForm::Marked, "<think>hm</think>네.", "hm", "네."),
        (
            ReasoningForm::Marked,
            "\n<think>\nhm\n</think>\n\n네.",
            "\nhm\n",
            "네.",
        ),
        (ReasoningForm::Marked, "<think></think>네.", "", "네."),
        (ReasoningForm::Marked, "[THINK]hm[/THINK]네.", "hm", "네."),
        (ReasoningForm::Marked, "◁think▷hm◁/think▷네.", "hm", "네."),
        (
            ReasoningForm::Marked,
            "<seed:think>a<b</seed:think>네.",
            "a<b",
            "네.",
        ),
        (
            ReasoningForm::Marked,
            "<think>a</think> <think>b</think> 네.",
            "ab",
            "네.",
        ),
        (ReasoningForm::Marked, "<think>never ends", "never ends", ""),
        (
            ReasoningForm::Marked,
            "<think>cut at its end</thi",
            "cut at its end</thi",
            "",
        ),
        (
            ReasoningForm::Marked,
            "Write `<think>` first.",
            "",
            "Write `<think>` first.",
        ),
        (
            ReasoningForm::Marked,
            "네. <think>not at the beginning</think>",
            "",
            "네. <think>not at the beginning</think>",
        ),
        (ReasoningForm::Marked, "<thin", "", "<thin"),
        (ReasoningForm::Marked, "  <b>네", "", "  <b>네"),
        (ReasoningForm::Marked, " \n ", "", " \n "),
        (ReasoningForm::Marked, "", "", ""),
        (ReasoningForm::Open, "hm</think>\n네.", "hm", "네."),
        (ReasoningForm::Open, "hm", "hm", ""),
        (
            ReasoningForm::Unmarked,
            "<think>hm</think>네.",
            "",
            "<think>hm</think>네.",
        ),
        (
            ReasoningForm::Marked,
            "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>네.<|return|>",
            "hm",
            "네.",
        ),
        (
            ReasoningForm::Marked,
            "<|start|>assistant<|channel|>analysis<|message|>hm<|start|>assistant<|channel|>commentary<|message|>so<|end|><|start|>assistant<|channel|>final<|message|>네 < 넷",
            "hmso",
            "네 < 넷",
        ),
        (
            ReasoningForm::Marked,
            "<|start|>assistant<|message|>네.",
            "",
            "네.",
        ),
    ];

    #[test]
    fn reasoning_is_told_from_the_answer() {
        for (form, all, reasoning, text) in TABLE {
            let (thought, said, _) = split(*form, &[all]);
            assert_eq!(
                (thought.as_str(), said.as_str()),
                (*reasoning, *text),
                "{all}"
            );
        }
    }

    #[test]
    fn something_said_to_a_tool_is_a_call_and_no_text() {
        let all = "<|channel|>commentary to=functions.clock <|constrain|>json<|message|>{}<|call|>";
        assert_eq!(
            split(ReasoningForm::Marked, &[all]),
            (String::new(), String::new(), true)
        );
    }

    #[test]
    fn a_header_of_the_longest_length_is_waited_for_and_a_longer_one_is_text() {
        for (length, is_text) in [(LONGEST_HEADER, false), (LONGEST_HEADER + 1, true)] {
            let header = format!("{CHANNEL}{}", "x".repeat(length - CHANNEL.len()));
            let mut splitter = Splitter::new(ReasoningForm::Marked);
            assert_eq!(!splitter.feed(&header).text.is_empty(), is_text, "{length}");
        }
    }

    fn scraps() -> impl Strategy<Value = String> {
        let words = [
            "<think>",
            "</think>",
            "<|channel|>",
            "analysis",
            "final",
            "<|message|>",
            "<|end|>",
            "<|start|>",
            "assistant",
            "to=",
            "◁think▷",
            "◁/think▷",
            "네",
            " ",
            "\n",
            "<",
            "|",
            "a",
        ];
        let word = prop::sample::select(words.to_vec());
        prop::collection::vec(word, 0..20).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_text_is_cut(
            text in scraps(),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
            form in prop::sample::select(vec![ReasoningForm::Marked, ReasoningForm::Open, ReasoningForm::Unmarked]),
        ) {
            let boundaries: Vec<_> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let mut places: Vec<_> = cuts.iter().map(|cut| *cut.get(&boundaries)).collect();
            places.extend([0, text.len()]);
            places.sort_unstable();
            let pieces: Vec<_> = places.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            prop_assert_eq!(split(form, &pieces), split(form, &[&text]));
        }
    }
}
