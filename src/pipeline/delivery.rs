//! How an answer can reach people, best way first, and how our own texts are known again where they carry no mark.

use sha2::{Digest, Sha256};

use super::DeliveryWays;
use crate::domain::attention::ChannelKind;
use crate::domain::event::{InboundEvent, Origin, Person};
use crate::domain::post::{Audience, Delivery};
use crate::domain::question::Question;

pub use crate::domain::post::OWN_TEXT_MEMORY;

/// Chooses the first way of delivery that can work; `None` where there is none for one person alone.
///
/// A bot comes first, because only its posts grow, stay in threads and can be found again. What only the asker may see goes by the
/// `response_url` (shown in place, to nobody else), else into the bot's direct channel with them. Where nothing else is
/// left, the HTTP reply itself carries the answer.
#[must_use]
pub fn choose(event: &InboundEvent, audience: Audience, ways: DeliveryWays) -> Option<Delivery> {
    way(&event.origin, &event.asker, audience, ways)
}

/// Chooses the way to the asker alone for a question that was admitted for all; `None` where there is none.
#[must_use]
pub fn choose_for_asker(question: &Question, ways: DeliveryWays) -> Option<Delivery> {
    let way = way(&question.origin, &question.asker, Audience::Asker, ways)?;
    Some(match question.wanted_picture() {
        Some(_) => shows_pictures(way, &question.asker, ways),
        None => way,
    })
}

fn way(
    origin: &Origin,
    asker: &Person,
    audience: Audience,
    ways: DeliveryWays,
) -> Option<Delivery> {
    match (origin, audience) {
        (
            Origin::Command {
                response: Some(id), ..
            },
            Audience::Asker,
        ) => Some(Delivery::Response {
            id: id.clone(),
            audience,
        }),
        // A direct channel is private as it is.
        (
            Origin::Post {
                kind: ChannelKind::Direct,
                place,
                ..
            },
            _,
        )
        | (Origin::Post { place, .. }, Audience::Channel) => Some(Delivery::Bot {
            channel: place.channel.clone(),
            root: place.thread.clone(),
            fallback: None,
        }),
        (
            Origin::Command { .. } | Origin::OutgoingHook { .. } | Origin::Post { .. },
            Audience::Asker,
        ) if ways.bot => asker.id.clone().map(|asker| Delivery::Direct { asker }),
        (Origin::ByHand, _) | (Origin::Command { .. }, Audience::Asker) => Some(Delivery::Inline),
        (Origin::OutgoingHook { .. } | Origin::Post { .. }, Audience::Asker) => None,
        (Origin::Command { place, response }, Audience::Channel) => Some(match response {
            fallback if ways.bot => Delivery::Bot {
                channel: place.channel.clone(),
                root: place.thread.clone(),
                fallback: fallback.clone(),
            },
            Some(id) => Delivery::Response {
                id: id.clone(),
                audience,
            },
            None => Delivery::Inline,
        }),
        (Origin::OutgoingHook { place, post }, Audience::Channel) => Some(if ways.bot {
            Delivery::Bot {
                channel: place.channel.clone(),
                root: Some(place.thread.clone().unwrap_or_else(|| post.clone())),
                fallback: None,
            }
        } else if ways.incoming_webhook {
            Delivery::Webhook {
                channel_name: place.channel_name.clone(),
                channel: place.channel.clone(),
            }
        } else {
            Delivery::Inline
        }),
    }
}

/// Chooses as [`choose`] does for a picture, which no `response_url` takes: what only the asker may see goes into the direct channel.
#[must_use]
pub fn choose_for_picture(
    event: &InboundEvent,
    audience: Audience,
    ways: DeliveryWays,
) -> Option<Delivery> {
    let way = choose(event, audience, ways)?;
    Some(shows_pictures(way, &event.asker, ways))
}

fn shows_pictures(way: Delivery, asker: &Person, ways: DeliveryWays) -> Delivery {
    match (way, &asker.id) {
        (Delivery::Response { .. }, Some(asker)) if ways.bot => Delivery::Direct {
            asker: asker.clone(),
        },
        (way, _) => way,
    }
}

/// Digests a text for recognition, with its white space folded, because Mattermost trims and hooks strip what they like.
#[must_use]
pub fn digest(text: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    for word in text.split_whitespace() {
        hash.update(word.as_bytes());
        hash.update([b' ']);
    }
    hash.finalize().into()
}
