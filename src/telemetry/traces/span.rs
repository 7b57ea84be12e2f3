//! What is recorded of a step, and its ids.

use std::borrow::Cow;

/// Characters of a name that came from outside, at most.
const MOST_CHARS: usize = 200;

/// Attributes of a span, at most.
const MOST_ATTRIBUTES: usize = 32;

/// What a span is to whoever draws it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something we do.
    Internal,
    /// Something we do because somebody asked.
    Server,
    /// Something that we ask another to do.
    Client,
}

/// What an attribute holds. Nothing that people or models wrote fits in any of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A word of ours.
    Word(&'static str),
    /// A list of words of ours.
    Words(Vec<&'static str>),
    /// A name of the configuration, or of a model or host; cut where it is long.
    Name(String),
    /// A whole number.
    Whole(i64),
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Whole(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Whole(i64::from(number))
    }
}

impl From<&'static str> for Value {
    fn from(word: &'static str) -> Self {
        Self::Word(word)
    }
}

/// A step that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// What was done.
    pub name: Cow<'static, str>,
    /// What it is.
    pub kind: Kind,
    /// When it began, in microseconds since 1970.
    pub begun_micros: i64,
    /// When it ended, likewise.
    pub ended_micros: i64,
    /// What is known of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// The word of how it failed, where it did.
    pub error: Option<&'static str>,
}

impl Span {
    /// A step of ours between two times, which did not fail.
    #[must_use]
    pub fn between(name: &'static str, begun_micros: i64, ended_micros: i64) -> Self {
        Self {
            name: Cow::Borrowed(name),
            kind: Kind::Internal,
            begun_micros,
            ended_micros,
            attributes: Vec::new(),
            error: None,
        }
    }

    /// Says something of it; what is one too many is not said.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        if self.attributes.len() < MOST_ATTRIBUTES {
            self.attributes.push((name, value.into()));
        }
        self
    }
}

/// A span with its ids.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recorded {
    pub(super) trace: u128,
    pub(super) id: u64,
    pub(super) parent: Option<u64>,
    pub(super) span: Span,
}

/// Returns so much of a name as is kept.
pub(super) fn cut(name: &str) -> &str {
    let end = name.char_indices().nth(MOST_CHARS);
    end.map_or(name, |(at, _)| &name[..at])
}

/// Returns both halves of a number as one.
pub(super) fn folded(number: u128) -> u64 {
    let lower = u64::try_from(number & u128::from(u64::MAX)).unwrap_or_default();
    let upper = u64::try_from(number >> 64).unwrap_or_default();
    upper ^ lower
}

/// Returns the id of the span that a trace begins with.
pub(super) fn root_of(trace: u128) -> u64 {
    mixed(folded(trace))
}

/// Spreads a number over all of its bits; never zero, which is no id.
pub(super) fn mixed(number: u64) -> u64 {
    // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), whose outputs differ wherever its inputs do.
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)).max(1)
}
