//! Server-sent events out of bytes that arrive cut anywhere, each event bounded.
//!
//! [`sse_stream`] does the parsing; it is a stream over a stream and has no bound of its own. Here it is fed by hand, so that nothing
//! in this file waits and a test needs no runtime, and the bytes of an unfinished event are counted before it sees them.
//! Format: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt};
use sse_stream::SseByteStream;

/// Bytes of one event, at most. An answer may come whole in one event, and Korean escaped as `\uXXXX` takes six bytes a syllable:
/// this holds 170,000 of them.
pub(super) const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Why the bytes are no events that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SseError {
    /// An event grew past [`MAX_EVENT_BYTES`].
    #[error("read an event of more than {MAX_EVENT_BYTES} bytes")]
    TooLarge,
    /// A field is not UTF-8.
    #[error("read an event that is not UTF-8")]
    NotUtf8,
}

/// One event, as far as it concerns us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    /// Its name, empty where it has none.
    pub(super) name: String,
    /// Its data; lines joined by a line feed.
    pub(super) data: String,
}

/// Takes bytes in and gives events out.
pub(super) struct Events {
    inlet: SyncSender<Bytes>,
    parser: SseByteStream<Inlet>,
    gauge: Gauge,
}

/// Counts the bytes of the event that is being read, by looking for the blank lines between events.
struct Gauge {
    unfinished: usize,
    previous: u8,
}

impl Gauge {
    /// Returns how many of the bytes are accepted: all, or those before an event grew too large.
    fn accept(&mut self, bytes: &[u8]) -> usize {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.unfinished == MAX_EVENT_BYTES {
                return at;
            }
            self.unfinished += 1;
            // A line ends with LF, CR or CRLF, so each of these pairs is the end of a line and an empty line after it.
            if matches!(
                (self.previous, byte),
                (b'\n', b'\n' | b'\r') | (b'\r', b'\r')
            ) {
                self.unfinished = 0;
            }
            self.previous = byte;
        }
        bytes.len()
    }
}

/// The parser's end of the inlet. It never waits: where there is nothing it is pending, and whoever feeds it polls again.
struct Inlet(Receiver<Bytes>);

impl Stream for Inlet {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.0.try_recv() {
            Ok(bytes) => Poll::Ready(Some(Ok(bytes))),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}

impl Events {
    pub(super) fn new() -> Self {
        // One place is enough: each call of `receive` empties it.
        let (inlet, outlet) = sync_channel(1);
        Self {
            inlet,
            parser: SseByteStream::new(Inlet(outlet)),
            gauge: Gauge {
                unfinished: 0,
                previous: b'\n',
            },
        }
    }

    /// Takes the next bytes and adds the events that they complete to `into`, those without data left out.
    ///
    /// What was complete before an error is added all the same. After an error nothing may be fed any more.
    pub(super) fn receive(&mut self, bytes: &Bytes, into: &mut Vec<Event>) -> Result<(), SseError> {
        let accepted = self.gauge.accept(bytes);
        self.inlet
            .try_send(bytes.slice(..accepted))
            .expect("the inlet is empty and its other end is ours");
        // `None` is the parser waiting for more bytes; it cannot end while the inlet lives.
        while let Some(Some(event)) = self.parser.next().now_or_never() {
            let event = event.map_err(|_| SseError::NotUtf8)?;
            if let Some(data) = event.data {
                into.push(Event {
                    name: event.event.unwrap_or_default(),
                    data,
                });
            }
        }
        if accepted < bytes.len() {
            return Err(SseError::TooLarge);
        }
        Ok(())
    }

    /// Adds the event that the end of the bytes left without its blank line, where there is one.
    pub(super) fn finish(&mut self, into: &mut Vec<Event>) -> Result<(), SseError> {
        self.receive(&Bytes::from_static(b"\n\n"), into)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(chunks: &[&[u8]]) -> Result<Vec<String>, SseError> {
        let mut events = Events::new();
        let mut read = Vec::new();
        for chunk in chunks {
            events.receive(&Bytes::copy_from_slice(chunk), &mut read)?;
        }
        events.finish(&mut read)?;
        Ok(read.into_iter().map(|event| event.data).collect())
    }

    #[test]
    fn lines_may_end_in_every_way_the_format_knows() {
        for stream in [
            "data: a\n\ndata: b\n\n",
            "data: a\r\n\r\ndata: b\r\n\r\n",
            "data: a\r\rdata: b\r\r",
            "\u{feff}data:a\n\ndata:b\n\n",
            ": a comment\n\ndata: a\n\n:\n\nid: 1\nretry: 3\ndata: b\n\n",
            "data: a\n\ndata: b\n",
            "data: a\n\ndata: b",
        ] {
            assert_eq!(
                read(&[stream.as_bytes()]).unwrap(),
                ["a", "b"],
                "{stream:?}"
            );
        }
    }

    #[test]
    fn an_event_of_the_largest_size_is_read_and_one_byte_more_is_refused() {
        let frame = "data: ".len() + "\n\n".len();
        let event = |letters: usize| format!("data: {}\n\n", "x".repeat(letters));
        let largest = event(MAX_EVENT_BYTES - frame);
        let larger = event(MAX_EVENT_BYTES - frame + 1);

        let twice = [largest.as_bytes(), largest.as_bytes()];
        assert_eq!(read(&twice).unwrap().len(), 2);
        assert_eq!(read(&[largest.repeat(2).as_bytes()]).unwrap().len(), 2);
        assert_eq!(read(&[larger.as_bytes()]), Err(SseError::TooLarge));
        let (head, tail) = larger.as_bytes().split_at(1000);
        assert_eq!(read(&[head, tail]), Err(SseError::TooLarge));
    }

    #[test]
    fn events_cut_between_their_lines_are_not_counted_together() {
        let mut events = Events::new();
        let line = Bytes::from(format!("data: {}\n", "x".repeat(MAX_EVENT_BYTES / 2)));
        let mut read = Vec::new();
        for _ in 0..4 {
            events.receive(&line, &mut read).unwrap();
            events
                .receive(&Bytes::from_static(b"\n"), &mut read)
                .unwrap();
        }
        assert_eq!(read.len(), 4);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused() {
        assert_eq!(read(&[b"data: \xff\n\n"]), Err(SseError::NotUtf8));
    }

    proptest! {
        #[test]
        fn events_do_not_depend_on_where_the_bytes_are_cut(
            text in "(data: ?[a가😀:]{0,5}(\r\n|\n|\r)|:[a ]{0,3}\n|event: x\n|\n|\r\n){0,12}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts {
                chunks.push(&bytes[from..cut]);
                from = cut;
            }
            chunks.push(&bytes[from..]);
            prop_assert_eq!(read(&chunks), read(&[bytes]));
        }
    }
}
