//! What has arrived and how it ended, with waits for both.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::request::Request;

/// How serving a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is being answered.
    Running,
    /// The whole reply was written, cuts that the script asked for included.
    Answered,
    /// The client left before the reply was complete.
    ClientLeft,
}

/// All requests of one kind, in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Journal {
    requests: Mutex<Vec<Request>>,
    changed: Notify,
}

impl Journal {
    /// Adds a request, gives it its number and returns that.
    pub(super) fn arrive(&self, mut request: Request) -> usize {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let number = requests.len();
        request.number = number;
        requests.push(request);
        drop(requests);
        self.changed.notify_waiters();
        number
    }

    /// Notes how a request ended.
    pub(super) fn end(&self, number: usize, outcome: Outcome) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(request) = requests.get_mut(number) {
            request.outcome = outcome;
        }
        drop(requests);
        self.changed.notify_waiters();
    }

    /// Everything until now.
    pub(super) fn all(&self) -> Vec<Request> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.clone()
    }

    /// Waits until `count` requests fulfil the condition, and returns those that then do.
    pub(super) async fn until(
        &self,
        count: usize,
        condition: impl Fn(&Request) -> bool,
    ) -> Vec<Request> {
        loop {
            // Armed before the look, so that a change in between is not missed.
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if let Some(requests) = self.at_least(count, &condition) {
                return requests;
            }
            changed.await;
        }
    }

    fn at_least(&self, count: usize, condition: impl Fn(&Request) -> bool) -> Option<Vec<Request>> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let fit: Vec<&Request> = requests
            .iter()
            .filter(|request| condition(request))
            .collect();
        (fit.len() >= count).then(|| fit.into_iter().cloned().collect())
    }
}
