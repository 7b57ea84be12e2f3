//! Where in the stream of events we are, so that a gap is seen and a broken connection can go on.
//!
//! The server numbers the events of a connection from 0. It keeps a dead connection's events for a while; who names the connection and
//! the next number gets what was missed. Where it no longer has them, it begins a new connection with a `hello`.

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Right after the last one.
    Next,
    /// Something before it was never heard.
    AfterAGap,
    /// It was heard before.
    Repeated,
}

/// What a broken connection goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resume<'s> {
    /// The server's name of the connection.
    pub(super) connection: &'s str,
    /// The number of the next event.
    pub(super) next: u64,
}

/// The place in the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sequence {
    connection: Option<String>,
    next: u64,
}

impl Sequence {
    /// What to go on with; `None` where there is nothing yet.
    pub(super) fn resume(&self) -> Option<Resume<'_>> {
        // The server takes 0 for no number at all.
        let connection = self.connection.as_deref().filter(|_| self.next > 0)?;
        Some(Resume {
            connection,
            next: self.next,
        })
    }

    /// Takes a `hello`. One of another connection comes after a gap, the very first included.
    pub(super) fn begin(&mut self, connection: String, at: u64) -> Place {
        let place = if self.connection.as_ref() == Some(&connection) {
            Place::Next
        } else {
            Place::AfterAGap
        };
        self.connection = Some(connection);
        self.next = at.saturating_add(1);
        place
    }

    /// Takes the number of an event.
    pub(super) fn take(&mut self, at: u64) -> Place {
        if at < self.next {
            return Place::Repeated;
        }
        let place = if at == self.next {
            Place::Next
        } else {
            Place::AfterAGap
        };
        self.next = at.saturating_add(1);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_repetitions_are_seen() {
        let mut sequence = Sequence::default();
        assert_eq!(sequence.resume(), None);
        assert_eq!(sequence.begin("one".to_owned(), 0), Place::AfterAGap);
        assert_eq!(sequence.take(1), Place::Next);
        assert_eq!(sequence.take(1), Place::Repeated);
        assert_eq!(sequence.take(4), Place::AfterAGap);
        assert_eq!(sequence.take(5), Place::Next);
        let resume = Resume {
            connection: "one",
            next: 6,
        };
        assert_eq!(sequence.resume(), Some(resume));
    }

    #[test]
    fn another_connection_begins_after_a_gap() {
        let mut sequence = Sequence::default();
        sequence.begin("one".to_owned(), 0);
        sequence.take(1);
        assert_eq!(sequence.begin("two".to_owned(), 0), Place::AfterAGap);
        assert_eq!(sequence.take(1), Place::Next);
    }
}
