//! Passes on what is heard, without ever waiting for who listens.

use tokio::sync::mpsc::{self, error::TrySendError};

use crate::domain::chat::{ChatEvent, Heard};

/// Says that nobody listens any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closed;

/// The way out. Between something that was lost and the word that it was, everything else is dropped too: whoever hears the
/// word reads back all of it.
pub(super) struct Outlet {
    heard: mpsc::Sender<Heard>,
    is_missing: bool,
}

impl Outlet {
    pub(super) fn new(heard: mpsc::Sender<Heard>) -> Self {
        Self {
            heard,
            is_missing: false,
        }
    }

    /// Passes an event on, or drops it where the queue is full.
    pub(super) fn event(&mut self, event: ChatEvent) -> Result<(), Closed> {
        if self.is_missing && !self.try_tell_missed()? {
            return Ok(());
        }
        match self.heard.try_send(Heard::Event(event)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                self.is_missing = true;
                Ok(())
            }
            Err(TrySendError::Closed(_)) => Err(Closed),
        }
    }

    /// Says, now or as soon as there is room, that something was missed.
    pub(super) fn missed(&mut self) {
        self.is_missing = true;
    }

    /// Waits until the word that something was missed has been passed on; for ever where nothing was. Cancellation safe.
    pub(super) async fn tell_missed(&mut self) -> Result<(), Closed> {
        if !self.is_missing {
            return std::future::pending().await;
        }
        let room = self.heard.reserve().await.map_err(|_closed| Closed)?;
        room.send(Heard::Missed);
        self.is_missing = false;
        Ok(())
    }

    fn try_tell_missed(&mut self) -> Result<bool, Closed> {
        match self.heard.try_send(Heard::Missed) {
            Ok(()) => {
                self.is_missing = false;
                Ok(true)
            }
            Err(TrySendError::Full(_)) => Ok(false),
            Err(TrySendError::Closed(_)) => Err(Closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ChannelId;

    fn event(number: u8) -> ChatEvent {
        ChatEvent::Joined(ChannelId::parse(&format!("c{number:025}")).unwrap())
    }

    #[tokio::test]
    async fn what_does_not_fit_is_said_to_be_missed_before_what_comes_later() {
        let (sender, mut receiver) = mpsc::channel(2);
        let mut outlet = Outlet::new(sender);
        for number in 0..5 {
            outlet.event(event(number)).unwrap();
        }
        assert_eq!(receiver.recv().await, Some(Heard::Event(event(0))));
        outlet.tell_missed().await.unwrap();
        assert_eq!(receiver.recv().await, Some(Heard::Event(event(1))));
        outlet.event(event(5)).unwrap();
        assert_eq!(receiver.recv().await, Some(Heard::Missed));
        assert_eq!(receiver.recv().await, Some(Heard::Event(event(5))));
    }

    #[tokio::test]
    async fn a_listener_that_has_gone_is_noticed() {
        let (sender, receiver) = mpsc::channel(1);
        let mut outlet = Outlet::new(sender);
        drop(receiver);
        assert_eq!(outlet.event(event(0)), Err(Closed));
        outlet.missed();
        assert_eq!(outlet.tell_missed().await, Err(Closed));
    }
}
