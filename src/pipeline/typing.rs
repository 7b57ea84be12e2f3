//! The sign that the bot is typing, shown again for as long as it works on an answer.

use std::future::pending;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::world::World;
use crate::domain::id::{ChannelId, PostId};
use crate::domain::post::Delivery;
use crate::domain::question::Question;

/// How often it is shown again: clients take it away after 5 seconds.
const AGAIN_AFTER: Duration = Duration::from_secs(4);

/// Shows it now and then, where the answer is posted for everybody to see. The first time is not here: it comes before everything else.
pub(super) struct Typing<'a>(Option<BoxFuture<'a, ()>>);

impl<'a> Typing<'a> {
    pub(super) fn begun(world: &'a World, question: &Question) -> Self {
        match &question.delivery {
            Delivery::Bot { channel, root, .. } => {
                let (channel, root) = (channel.clone(), root.clone());
                Self(Some(Box::pin(show(world, channel, root))))
            }
            Delivery::Direct { .. }
            | Delivery::Response { .. }
            | Delivery::Webhook { .. }
            | Delivery::Inline => Self(None),
        }
    }

    /// Keeps it shown for as long as this is awaited; it never ends.
    pub(super) async fn keep_up(&mut self) {
        match &mut self.0 {
            Some(showing) => showing.await,
            None => pending().await,
        }
    }

    /// Shows it no more.
    pub(super) fn stop(&mut self) {
        self.0 = None;
    }
}

async fn show(world: &World, channel: ChannelId, root: Option<PostId>) {
    loop {
        let again = world.clock.now().after(AGAIN_AFTER);
        world.clock.sleep_until(again).await;
        if let Err(error) = world.mattermost.show_typing(&channel, root.as_ref()).await {
            tracing::debug!(call = error.call, status = error.status, kind = ?error.kind, "typing could not be shown");
        }
    }
}
