//! One reply to a question, from bytes cut anywhere to deltas, without waiting: whoever reads the connection feeds it.
//!
//! A reply is a stream of events or, from servers that do not stream, one JSON object; its first telling byte says which, because
//! content types lie. What the objects in it mean together is `completion`'s.

use bytes::Bytes;

use super::completion::{Completion, Expected, Progress, ReplyEnd};
use super::error::{caused, failed};
use super::sse::{Events, SseError};
use super::wire::{Decoder, Wire};
use crate::domain::completion::{Delta, ModelFailure};
use crate::ports::ModelError;

/// Bytes of a reply that comes as one object, at most.
pub(super) const MAX_WHOLE_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of a stream in all, at most; with a frame of 300 bytes around each token this is a book of 200,000.
pub(super) const MAX_STREAM_BYTES: usize = 64 * 1024 * 1024;

/// What may stand before the text of a reply.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What the reader of one reply knows.
pub(super) struct Reply {
    form: Form,
    decoder: Decoder,
    completion: Completion,
    received: usize,
}

enum Form {
    /// Nothing but white space has come.
    Unknown(Vec<u8>),
    Stream(Box<Events>),
    Whole(Vec<u8>),
}

impl Reply {
    pub(super) fn new(wire: Wire, expected: Expected) -> Self {
        Self {
            form: Form::Unknown(Vec::new()),
            decoder: wire.decoder(),
            completion: Completion::new(expected),
            received: 0,
        }
    }

    /// Takes the next delta that is ready.
    pub(super) fn take(&mut self) -> Option<Delta> {
        self.completion.take()
    }

    /// Says how far it has come.
    pub(super) fn progress(&self) -> Progress {
        self.completion.progress()
    }

    /// Reads the next bytes; none once it is over. What was read before an error can still be taken; nothing may be fed after it.
    pub(super) fn receive(&mut self, bytes: &Bytes) -> Result<(), ModelError> {
        // What came with the end mark may have broken the events already.
        if self.progress() == Progress::Over {
            return Ok(());
        }
        let outcome = self.count(bytes.len()).and_then(|()| self.feed(bytes));
        match outcome {
            Err(_) if self.progress() == Progress::Finished => self.completion.end(ReplyEnd::Cut),
            outcome => outcome,
        }
    }

    fn count(&mut self, arriving: usize) -> Result<(), ModelError> {
        self.received = self.received.saturating_add(arriving);
        if self.received > MAX_STREAM_BYTES {
            return Err(failed(ModelFailure::TooLarge));
        }
        Ok(())
    }

    fn feed(&mut self, bytes: &Bytes) -> Result<(), ModelError> {
        match &mut self.form {
            Form::Unknown(before) => {
                grow(before, bytes)?;
                let Some(first) = telling_byte(before) else {
                    return Ok(());
                };
                let all = std::mem::take(before);
                self.form = Form::told_by(first)?;
                self.feed(&all.into())
            }
            Form::Stream(events) => {
                let mut complete = Vec::new();
                let outcome = events.receive(bytes, &mut complete);
                self.completion.read_events(&complete, &mut self.decoder)?;
                match outcome {
                    // What comes after the end mark need not be readable.
                    Err(_) if self.completion.progress() == Progress::Over => Ok(()),
                    outcome => outcome.map_err(unreadable),
                }
            }
            Form::Whole(body) => grow(body, bytes),
        }
    }

    /// Says that the connection has ended.
    pub(super) fn end(&mut self, ending: ReplyEnd) -> Result<(), ModelError> {
        let outcome = match ending {
            ReplyEnd::Clean if self.progress() < Progress::Over => self.read_rest(),
            ReplyEnd::Clean | ReplyEnd::Cut => Ok(()),
        };
        match outcome {
            Err(error) if self.progress() < Progress::Finished => Err(error),
            _ => self.completion.end(ending),
        }
    }

    fn read_rest(&mut self) -> Result<(), ModelError> {
        match &mut self.form {
            Form::Unknown(_) => Ok(()),
            Form::Stream(events) => {
                let mut rest = Vec::new();
                let outcome = events.finish(&mut rest).map_err(unreadable);
                // Half an event at the very end is a cut, not garbage.
                let read = self.completion.read_events(&rest, &mut self.decoder);
                let outcome = read.and(outcome);
                outcome.map_err(as_cut)
            }
            Form::Whole(body) => {
                let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
                self.completion.read_whole(text, &mut self.decoder)
            }
        }
    }
}

impl Form {
    fn told_by(first: u8) -> Result<Self, ModelError> {
        match first {
            b'{' | b'[' => Ok(Self::Whole(Vec::new())),
            // A comment, or the first letter of a field: data, event, id, retry.
            b':' | b'd' | b'e' | b'i' | b'r' => Ok(Self::Stream(Box::new(Events::new()))),
            _ => Err(failed(ModelFailure::Garbled)),
        }
    }
}

/// Returns the first byte that is neither white space nor of a byte order mark.
fn telling_byte(bytes: &[u8]) -> Option<u8> {
    let text = match bytes.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => text,
        None if BYTE_ORDER_MARK.starts_with(bytes) => return None,
        None => bytes,
    };
    text.iter()
        .copied()
        .find(|byte| !byte.is_ascii_whitespace())
}

fn grow(body: &mut Vec<u8>, bytes: &[u8]) -> Result<(), ModelError> {
    if body.len().saturating_add(bytes.len()) > MAX_WHOLE_BYTES {
        return Err(failed(ModelFailure::TooLarge));
    }
    body.extend_from_slice(bytes);
    Ok(())
}

fn unreadable(error: SseError) -> ModelError {
    let failure = match error {
        SseError::TooLarge => ModelFailure::TooLarge,
        SseError::NotUtf8 => ModelFailure::Garbled,
    };
    caused(failure, error)
}

fn as_cut(error: ModelError) -> ModelError {
    match error.failure {
        ModelFailure::Garbled => ModelError {
            failure: ModelFailure::Broken,
            ..error
        },
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::ReasoningForm;
    use super::*;
    use crate::domain::completion::{FinishReason, Usage};

    const ROOM: usize = 1000;

    const EXPECTED: Expected = Expected {
        reasoning: ReasoningForm::Marked,
        most_tokens: None,
        max_answer_bytes: ROOM,
    };

    /// Reads a reply in one piece that ends cleanly.
    fn read(body: &str) -> (Vec<Delta>, Option<ModelFailure>) {
        read_chunks(&[body], ReplyEnd::Clean)
    }

    fn read_chunks(chunks: &[&str], ending: ReplyEnd) -> (Vec<Delta>, Option<ModelFailure>) {
        let mut reply = Reply::new(Wire::ChatCompletions, EXPECTED);
        let outcome = chunks
            .iter()
            .try_for_each(|chunk| reply.receive(&Bytes::from((*chunk).to_owned())))
            .and_then(|()| reply.end(ending));
        let deltas = std::iter::from_fn(|| reply.take()).collect();
        (deltas, outcome.err().map(|error| error.failure))
    }

    fn text(text: &str) -> Delta {
        Delta::Text(text.into())
    }

    fn saying(content: &str) -> String {
        format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{content}\"}}}}]}}\n\n")
    }

    fn finishing(reason: &str) -> String {
        format!("data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"{reason}\"}}]}}\n\n")
    }

    const USAGE: &str =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n";
    const DONE: &str = "data: [DONE]\n\n";

    fn used() -> Delta {
        Delta::Usage(Usage {
            prompt_tokens: 3,
            completion_tokens: 2,
            ..Usage::default()
        })
    }

    #[test]
    fn what_is_not_taken_yet_grows_into_one_delta() {
        let stream = [
            &saying("가"),
            &saying("나"),
            &finishing("stop"),
            USAGE,
            DONE,
        ]
        .map(String::from)
        .concat();
        let expected = vec![text("가나"), Delta::Finished(FinishReason::Stop), used()];
        assert_eq!(read(&stream), (expected, None));
    }

    #[test]
    fn an_end_without_a_finish_is_a_broken_stream() {
        let begun = saying("가");
        for (stream, ending) in [
            (vec![&*begun], ReplyEnd::Clean),
            (vec![&*begun], ReplyEnd::Cut),
            (vec![&*begun, DONE], ReplyEnd::Clean),
            (vec![&*begun, USAGE], ReplyEnd::Clean),
            (vec![&*begun, "data: {\"choices\":[{\"del"], ReplyEnd::Clean),
            (vec!["data: {\"choices\":[]}\n\n"], ReplyEnd::Clean),
            (vec![": still loading\n\n"], ReplyEnd::Cut),
            (vec![], ReplyEnd::Cut),
            (vec!["{\"choices\":["], ReplyEnd::Cut),
        ] {
            let (_, failure) = read_chunks(&stream, ending);
            assert_eq!(failure, Some(ModelFailure::Broken), "{stream:?}");
        }
    }

    #[test]
    fn an_end_mark_after_a_usage_report_is_an_end_that_says_nothing() {
        let stream = [&saying("가"), USAGE, DONE].map(String::from).concat();
        let expected = vec![text("가"), used(), Delta::Finished(FinishReason::Unsaid)];
        assert_eq!(read(&stream), (expected, None));
    }

    #[test]
    fn nothing_that_follows_a_finish_takes_anything_from_the_answer() {
        let whole = saying("가") + &finishing("length");
        let expected = vec![text("가"), Delta::Finished(FinishReason::Length)];
        for after in [
            saying("more"),
            finishing("stop"),
            "data: {\"error\":{\"message\":\"late\"}}\n\n".into(),
            "data: garbage\n\n".into(),
            "data: {\"choices\":[{\"del".into(),
            format!("{DONE}data: garbage\n\n"),
            String::new(),
        ] {
            for ending in [ReplyEnd::Clean, ReplyEnd::Cut] {
                assert_eq!(
                    read_chunks(&[&whole, &after], ending),
                    (expected.clone(), None),
                    "{after}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_read_after_the_end_mark_takes_nothing_from_the_answer() {
        let end = r#"{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"text":"a"}]}]}}"#;
        let mut reply = Reply::new(Wire::Responses, EXPECTED);
        let bytes = [b"data: ", end.as_bytes(), b"\n\ndata: [DO\x80NE]\n\n"].concat();
        reply.receive(&bytes.into()).unwrap();
        let deltas: Vec<_> = std::iter::from_fn(|| reply.take()).collect();
        assert_eq!(deltas, [text("a"), Delta::Finished(FinishReason::Stop)]);
    }

    #[test]
    fn a_finish_without_text_says_why_at_the_end_after_the_usage() {
        for (reason, failure) in [
            ("stop", ModelFailure::Empty),
            ("length", ModelFailure::Empty),
            ("content_filter", ModelFailure::Filtered),
        ] {
            let stream = finishing(reason) + USAGE + DONE;
            assert_eq!(read(&stream), (vec![used()], Some(failure)), "{reason}");
        }
        for nothing in ["", " \n", ": ping\n\n", DONE, "data:\n\n"] {
            assert_eq!(
                read(nothing),
                (vec![], Some(ModelFailure::Empty)),
                "{nothing:?}"
            );
        }
    }

    #[test]
    fn tool_calls_nobody_offered_are_a_finish() {
        let call = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0}]}}]}\n\n";
        for reason in ["tool_calls", "stop"] {
            let stream = call.to_owned() + &finishing(reason) + DONE;
            assert_eq!(
                read(&stream),
                (vec![Delta::Finished(FinishReason::ToolCalls)], None)
            );
        }
    }

    #[test]
    fn what_is_no_completion_is_garbled() {
        for body in [
            "<!doctype html><h1>Welcome</h1>",
            "OK",
            "data: OK\n\n",
            "{\"object\":\"list\"}",
            "{\"choices\":",
            "[]",
            "data: \u{1}\n\n",
        ] {
            assert_eq!(read(body).1, Some(ModelFailure::Garbled), "{body}");
        }
    }

    #[test]
    fn a_whole_object_is_a_completion_too() {
        let whole = r#" {"model":"m","choices":[{"message":{"content":"네","reasoning_content":"hm"}}],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#;
        let expected = vec![
            Delta::Model("m".into()),
            Delta::Reasoning("hm".into()),
            text("네"),
            used(),
            Delta::Finished(FinishReason::Unsaid),
        ];
        assert_eq!(read(whole), (expected.clone(), None));
        assert_eq!(read(&format!("\u{feff}{whole}")), (expected, None));
        assert_eq!(
            read(r#"{"error":{"message":"x","code":429}}"#).1,
            Some(ModelFailure::RateLimited)
        );
        assert_eq!(
            read(r#"{"choices":[{"message":{"content":""}}]}"#).1,
            Some(ModelFailure::Empty)
        );
    }

    #[test]
    fn an_answer_of_the_largest_size_is_read_and_one_byte_more_is_refused() {
        let half = "x".repeat(ROOM / 2);
        let full = saying(&half) + &saying(&half);
        assert_eq!(read(&(full.clone() + &finishing("stop"))).1, None);
        let (deltas, failure) = read(&(full + &saying("x")));
        assert_eq!(failure, Some(ModelFailure::TooLarge));
        assert_eq!(deltas, [text(&"x".repeat(ROOM))]);
    }

    #[test]
    fn a_whole_reply_of_the_largest_size_is_read_and_one_byte_more_is_refused() {
        let object = r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}"#;
        let padded = |length: usize| format!("{object}{}", " ".repeat(length - object.len()));
        assert_eq!(read(&padded(MAX_WHOLE_BYTES)).1, None);
        assert_eq!(
            read(&padded(MAX_WHOLE_BYTES + 1)).1,
            Some(ModelFailure::TooLarge)
        );
    }

    #[test]
    fn a_stream_that_never_says_anything_is_refused_past_its_largest_size() {
        let comments = Bytes::from(":\n\n".repeat(MAX_STREAM_BYTES / 3 / 64));
        let mut reply = Reply::new(Wire::ChatCompletions, EXPECTED);
        let mut left = MAX_STREAM_BYTES;
        while left >= comments.len() {
            reply.receive(&comments).unwrap();
            left -= comments.len();
        }
        reply.receive(&Bytes::from("\n".repeat(left))).unwrap();
        let error = reply.receive(&Bytes::from_static(b"\n")).unwrap_err();
        assert_eq!(error.failure, ModelFailure::TooLarge);
    }

    #[test]
    fn an_error_never_repeats_what_was_read() {
        let mut reply = Reply::new(Wire::ChatCompletions, EXPECTED);
        let error = reply
            .receive(&Bytes::from_static(b"data: {\"secret\": truely}\n\n"))
            .unwrap_err();
        assert_eq!(error.failure, ModelFailure::Garbled);
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("secret") && !shown.contains("truely"),
            "{shown}"
        );
    }
}
