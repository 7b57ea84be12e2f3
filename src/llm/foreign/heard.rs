//! What the library drops of a reply: each frame is looked at before it is decoded.
//!
//! Of Gemini the name of the model and the block of a question are lost otherwise, and a frame that says nothing is made an error.

use std::sync::{Mutex, PoisonError};

use genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef};
use serde_json::Value;

use crate::llm::wire::chunk::model_name;

/// The frames of one reply so far.
#[derive(Debug)]
pub(super) struct Heard {
    is_google: bool,
    so_far: Mutex<SoFar>,
}

#[derive(Debug, Default)]
struct SoFar {
    frames: u64,
    bytes: usize,
    model: Option<String>,
    is_blocked: bool,
    says_nothing: bool,
}

impl Heard {
    pub(super) fn new(is_google: bool) -> Self {
        Self {
            is_google,
            so_far: Mutex::default(),
        }
    }

    /// Says whether anything has come.
    pub(super) fn has_begun(&self) -> bool {
        self.so_far().frames > 0
    }

    /// Returns how long all frames are together, without what stands between them.
    pub(super) fn bytes(&self) -> usize {
        self.so_far().bytes
    }

    /// Takes the name of the model, where one was told since.
    pub(super) fn take_model(&self) -> Option<String> {
        self.so_far().model.take()
    }

    /// Says whether the question was refused by a filter.
    pub(super) fn is_blocked(&self) -> bool {
        self.so_far().is_blocked
    }

    /// Says whether the last frame says nothing of the answer, as one that tells only of usage.
    pub(super) fn says_nothing(&self) -> bool {
        self.so_far().says_nothing
    }

    fn so_far(&self) -> std::sync::MutexGuard<'_, SoFar> {
        // Whoever panicked while holding it left it whole.
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChatFrameSink for Heard {
    fn on_frame(&self, _: &FrameCtx, frame: RawFrameRef<'_>) {
        let mut so_far = self.so_far();
        so_far.frames += 1;
        so_far.bytes = so_far.bytes.saturating_add(frame.data.len());
        so_far.says_nothing = false;
        // A frame is parsed twice only where it may say what the library drops.
        let is_of_the_answer = frame.data.contains("\"candidates\"");
        if so_far.frames > 1 && (!self.is_google || is_of_the_answer) {
            return;
        }
        let Some(value) = frame.json() else {
            return;
        };
        let model = value
            .get("modelVersion")
            .or_else(|| value.pointer("/message/model"));
        so_far.model = model.and_then(model_name);
        so_far.is_blocked |= value.pointer("/promptFeedback/blockReason").is_some();
        so_far.says_nothing = self.is_google
            && value
                .as_object()
                .is_some_and(|frame| !frame.contains_key("candidates") && !is_error(frame));
    }
}

fn is_error(frame: &serde_json::Map<String, Value>) -> bool {
    ["error", "promptFeedback"]
        .iter()
        .any(|key| frame.contains_key(*key))
}
