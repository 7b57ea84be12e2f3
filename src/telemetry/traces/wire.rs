//! The bytes of OTLP: `ExportTraceServiceRequest` of opentelemetry-proto 1.x, in Protocol Buffers.
//!
//! Only written, and of it only what a span of ours has, so that a page does in place of a generator; the tests read it with the types
//! of the OpenTelemetry project.

use super::span::{Kind, Recorded, Value, cut};

/// Under which name spans arrive.
const SERVICE: &str = "askwell";

/// The code of a status that says that it failed.
const FAILED: u64 = 2;

/// A message that is being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }

    /// Writes which field follows, and in which form.
    fn field(&mut self, field: u32, form: u32) {
        self.number(u64::from(field << 3 | form));
    }

    fn whole(mut self, field: u32, number: u64) -> Self {
        self.field(field, 0);
        self.number(number);
        self
    }

    fn fixed(mut self, field: u32, number: u64) -> Self {
        self.field(field, 1);
        self.0.extend(number.to_le_bytes());
        self
    }

    fn bytes(mut self, field: u32, bytes: &[u8]) -> Self {
        self.field(field, 2);
        self.number(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    fn text(self, field: u32, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u32, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }

    fn each<T>(self, field: u32, items: &[T], write: impl Fn(&T) -> Self) -> Self {
        items
            .iter()
            .fold(self, |message, item| message.message(field, &write(item)))
    }
}

/// Writes a request that hands over spans.
pub(super) fn request(spans: &[Recorded]) -> Vec<u8> {
    let version = env!("CARGO_PKG_VERSION");
    let resource = [
        ("service.name", Value::Word(SERVICE)),
        ("service.version", Value::Word(version)),
    ];
    let resource = Message::default().each(1, &resource, attribute);
    let scope = Message::default().text(1, SERVICE).text(2, version);
    let of_scope = Message::default().message(1, &scope).each(2, spans, span);
    let of_resource = Message::default()
        .message(1, &resource)
        .message(2, &of_scope);
    Message::default().message(1, &of_resource).0
}

fn span(recorded: &Recorded) -> Message {
    let Recorded {
        trace,
        id,
        parent,
        span,
    } = recorded;
    let mut message = Message::default()
        .bytes(1, &trace.to_be_bytes())
        .bytes(2, &id.to_be_bytes());
    if let Some(parent) = parent {
        message = message.bytes(4, &parent.to_be_bytes());
    }
    let kind = match span.kind {
        Kind::Internal => 1,
        Kind::Server => 2,
        Kind::Client => 3,
    };
    message = message
        .text(5, cut(&span.name))
        .whole(6, kind)
        .fixed(7, nanos(span.begun_micros))
        .fixed(8, nanos(span.ended_micros.max(span.begun_micros)))
        .each(9, &span.attributes, attribute);
    match span.error {
        Some(word) => {
            let failed = attribute(&("error.type", Value::Word(word)));
            let status = Message::default().text(2, word).whole(3, FAILED);
            message.message(9, &failed).message(15, &status)
        }
        None => message,
    }
}

fn nanos(micros: i64) -> u64 {
    u64::try_from(micros).unwrap_or(0).saturating_mul(1_000)
}

fn attribute((name, held): &(&'static str, Value)) -> Message {
    Message::default().text(1, name).message(2, &value(held))
}

fn value(held: &Value) -> Message {
    let word = |word: &&'static str| Message::default().text(1, word);
    match held {
        Value::Word(text) => word(text),
        Value::Name(name) => Message::default().text(1, cut(name)),
        Value::Whole(number) => Message::default().whole(3, number.cast_unsigned()),
        Value::Words(words) => {
            let list = Message::default().each(1, words, word);
            Message::default().message(5, &list)
        }
    }
}
