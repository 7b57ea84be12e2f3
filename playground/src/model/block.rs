//! The blocks of an answer, reasoning, text and calls, which responses and messages open, fill and close one by one.

use serde_json::Value;

use super::completion::{Completion, Part, is_cut};
use super::plan::Piece;

/// What a block is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Reasoning,
    Text,
    Call {
        /// Which of the calls of a chat completion it is.
        place: u64,
        id: String,
        name: String,
    },
}

/// How far a block has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Closed,
    /// Closed by the end of the answer, for whatever reason that came.
    Last,
}

/// One block as far as it was told.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) state: State,
}

/// A wire that tells an answer block by block.
pub(super) trait Blocks {
    /// What comes before the first block.
    fn begin(&self) -> Vec<Value>;
    /// What opens a block, which is empty yet.
    fn open(&self, index: usize, block: &Block) -> Vec<Value>;
    /// What adds a text to a block.
    fn grow(&self, index: usize, block: &Block, text: &str) -> Value;
    /// What closes a block, which is whole now.
    fn close(&self, index: usize, block: &Block) -> Vec<Value>;
    /// What tells an error while the answer is being told.
    fn fail(&self, message: &str) -> Value;
    /// What comes last, after a failure where there was one.
    fn end(&self, blocks: &[Block], failure: Option<&str>) -> Vec<Value>;
    /// Notes in an event how many came before.
    fn number(&self, event: &mut Value, before: usize);
}

/// The body of the stream.
pub(super) fn stream(wire: &impl Blocks, completion: &Completion) -> Vec<Piece> {
    let mut telling = Telling {
        wire,
        completion,
        pieces: Vec::new(),
        closed: Vec::new(),
        open: None,
        told: 0,
        failure: None,
    };
    telling.tell_all(wire.begin());
    for part in &completion.parts {
        telling.part(part);
    }
    if !is_cut(&telling.pieces) {
        telling.end();
    }
    completion.framed(telling.pieces)
}

/// The blocks of an answer that is told at once.
pub(super) fn whole(completion: &Completion) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (kind, text) in completion.parts.iter().flat_map(said) {
        match blocks.last_mut() {
            Some(block) if block.kind.goes_on_with(&kind) => block.text.push_str(text),
            last => {
                if let Some(block) = last {
                    block.state = State::Closed;
                }
                blocks.push(Block {
                    text: text.to_owned(),
                    ..Block::empty(kind)
                });
            }
        }
    }
    if let Some(block) = blocks.last_mut() {
        block.state = State::Last;
    }
    blocks
}

impl Block {
    fn empty(kind: Kind) -> Self {
        Self {
            kind,
            text: String::new(),
            state: State::Open,
        }
    }
}

impl Kind {
    fn goes_on_with(&self, next: &Self) -> bool {
        match (self, next) {
            (
                Self::Call { place, id, .. },
                Self::Call {
                    place: at, id: new, ..
                },
            ) => place == at && (new.is_empty() || id == new),
            (this, next) => this == next,
        }
    }
}

/// A stream in the making.
struct Telling<'a, W> {
    wire: &'a W,
    completion: &'a Completion,
    pieces: Vec<Piece>,
    closed: Vec<Block>,
    open: Option<Block>,
    told: usize,
    failure: Option<&'a str>,
}

impl<'a, W: Blocks> Telling<'a, W> {
    fn part(&mut self, part: &'a Part) {
        match part {
            Part::Content(_) | Part::Delta(_) => {
                for (kind, text) in said(part) {
                    let event = self.grown(kind, text);
                    self.tell(event);
                }
            }
            Part::Event(event) => self.pieces.push(self.completion.named_event(event)),
            Part::Error(message) => {
                self.tell(self.wire.fail(message));
                self.failure = Some(message);
            }
            Part::NoChoices => {} // only a chat completion has choices
            Part::Raw(bytes) => self.pieces.push(Piece::Bytes(bytes.clone())),
            Part::Endless(text) => {
                let event = self.grown(Kind::Text, text);
                self.tell(event);
                if let Some(Piece::Bytes(bytes)) = self.pieces.pop() {
                    self.pieces.push(Piece::Forever(bytes));
                }
            }
            Part::Gate(name) => self.pieces.push(Piece::Gate(name.clone())),
            Part::Pause(pause) => self.pieces.push(Piece::Pause(*pause)),
            Part::Cut(cut) => self.pieces.push(Piece::Cut(*cut)),
        }
    }

    /// Adds the text to its block, which is opened where another one was open, and returns what tells it.
    fn grown(&mut self, kind: Kind, text: &str) -> Value {
        let mut block = match self.open.take() {
            Some(block) if block.kind.goes_on_with(&kind) => block,
            other => {
                self.close(other, State::Closed);
                let block = Block::empty(kind);
                self.tell_all(self.wire.open(self.closed.len(), &block));
                block
            }
        };
        block.text.push_str(text);
        let event = self.wire.grow(self.closed.len(), &block, text);
        self.open = Some(block);
        event
    }

    fn close(&mut self, block: Option<Block>, state: State) {
        if let Some(mut block) = block {
            block.state = state;
            self.tell_all(self.wire.close(self.closed.len(), &block));
            self.closed.push(block);
        }
    }

    /// An answer that failed, or that has no finish reason, leaves its last block open.
    fn end(&mut self) {
        if self.failure.is_none() && self.completion.finish.is_some() {
            let last = self.open.take();
            self.close(last, State::Last);
        }
        self.tell_all(self.wire.end(&self.closed, self.failure));
    }

    fn tell_all(&mut self, events: Vec<Value>) {
        for event in events {
            self.tell(event);
        }
    }

    fn tell(&mut self, mut event: Value) {
        self.wire.number(&mut event, self.told);
        self.told += 1;
        self.pieces.push(self.completion.named_event(&event));
    }
}

/// What a step of the script says, and in which kind of block.
fn said(part: &Part) -> Vec<(Kind, &str)> {
    match part {
        Part::Content(text) => vec![(Kind::Text, text)],
        Part::Delta(delta) => {
            let fields = delta.as_object().into_iter().flatten();
            fields
                .flat_map(|(name, value)| said_in(name, value))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// What a field of a chat completion's delta says; nothing where other wires have no word for it.
fn said_in<'a>(name: &str, value: &'a Value) -> Vec<(Kind, &'a str)> {
    let text = value.as_str().filter(|text| !text.is_empty());
    match name {
        "reasoning_content" | "reasoning" => text
            .map(|text| (Kind::Reasoning, text))
            .into_iter()
            .collect(),
        "content" => text.map(|text| (Kind::Text, text)).into_iter().collect(),
        "tool_calls" => value.as_array().into_iter().flatten().map(call).collect(),
        _ => Vec::new(),
    }
}

fn call(call: &Value) -> (Kind, &str) {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kind = Kind::Call {
        place: call["index"].as_u64().unwrap_or_default(),
        id: word(&call["id"]),
        name: word(&call["function"]["name"]),
    };
    (
        kind,
        call["function"]["arguments"].as_str().unwrap_or_default(),
    )
}
