//! Rows to nouns and back; pure. A row that holds what no version of ours writes is corrupt, and says in which column.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::seal::place;
use super::statement::{Row, Value};
use crate::domain::agent::AgentName;
use crate::domain::attention::ChannelKind;
use crate::domain::completion::Usage;
use crate::domain::conversation::{ConversationKey, Turn, TurnPosts};
use crate::domain::event::{EventKey, Origin, Person, Place};
use crate::domain::file::Picture;
use crate::domain::id::{
    ChannelId, InvalidId, PostId, QuestionId, ResponseUrlId, ServerId, TeamId, UserId,
};
use crate::domain::job::{Again, Earlier, LaneKey};
use crate::domain::post::{Audience, Delivery, Part, PartIntent};
use crate::domain::question::{Conclusion, Outcome, Question};
use crate::ports::StoreError;

/// The origin of questions that outgoing webhooks reported.
const OUTGOING_HOOK: &str = "outgoing_hook";

/// How many columns [`question_columns`] lists.
pub(super) const QUESTION_COLUMNS: usize = 26;

/// The columns of a question as it was admitted, in the order of [`question_values`]; a constant for `concat!`.
macro_rules! question_columns {
    () => {
        "id, server_id, event_key, origin, team_id, channel_id, channel_name, channel_kind, thread_id, post_id, response_id, \
         asker_id, asker_name, text, audience, delivery, delivery_channel_id, delivery_root_id, delivery_user_id, \
         delivery_response_id, delivery_audience, delivery_channel_name, conversation, asked_at, deadline, agent"
    };
}
pub(super) use question_columns;

/// The columns of a question that are sealed where there is a key, with their places; the row is the question's id.
pub(super) const SEALED_COLUMNS: [(&str, &str); 6] = [
    ("asker_name", place::ASKER_NAME),
    ("text", place::TEXT),
    ("answer", place::ANSWER),
    ("texts", place::TEXTS),
    ("response_id", place::RESPONSE),
    ("delivery_response_id", place::DELIVERY_RESPONSE),
];

/// An answer becomes the earlier one within its row, sealed as it is.
pub(super) const EARLIER_ANSWER: (&str, &str) = ("earlier_answer", place::ANSWER);

/// The columns of a conclusion that [`conclusion`] reads.
macro_rules! conclusion_columns {
    () => {
        "outcome, answer, texts, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, model, concluded_at"
    };
}
pub(super) use conclusion_columns;

/// The columns of which [`again`] reads why a question is answered once more.
macro_rules! again_columns {
    () => {
        "generation, again, earlier_answer, earlier_outcome"
    };
}
pub(super) use again_columns;

/// Returns a question's values; its lane is kept with its job.
pub(super) fn question_values(question: &Question) -> [Value<'_>; QUESTION_COLUMNS] {
    let Question {
        id,
        server,
        key,
        origin,
        asker,
        text,
        agent,
        audience,
        delivery,
        conversation,
        lane: _,
        asked_at,
        deadline,
    } = question;
    let row = id.to_string();
    let place = origin.place();
    let post = origin.post();
    let (origin, kind, response) = origin_words(origin);
    let [
        by,
        by_channel,
        by_root,
        by_user,
        by_response,
        by_audience,
        by_name,
    ] = delivery_values(*id, delivery);
    [
        (*id).into(),
        server.as_str().into(),
        key.as_str().into(),
        origin.into(),
        place
            .and_then(|place| place.team.as_ref())
            .map(TeamId::as_str)
            .into(),
        place.map(|place| place.channel.as_str()).into(),
        place.map(|place| place.channel_name.as_str()).into(),
        kind.into(),
        place
            .and_then(|place| place.thread.as_ref())
            .map(PostId::as_str)
            .into(),
        post.map(PostId::as_str).into(),
        sealed_response(*id, place::RESPONSE, response),
        asker.id.as_ref().map(UserId::as_str).into(),
        Value::sealed(place::ASKER_NAME, &row, &asker.name),
        Value::sealed(place::TEXT, &row, text),
        audience_word(*audience).into(),
        by,
        by_channel,
        by_root,
        by_user,
        by_response,
        by_audience,
        by_name,
        conversation.as_str().into(),
        (*asked_at).into(),
        (*deadline).into(),
        agent.as_ref().map(AgentName::as_str).into(),
    ]
}

/// Seals the id of a `response_url`, which lets whoever knows it answer for us.
fn sealed_response<'v>(
    question: QuestionId,
    place: &'static str,
    response: Option<&ResponseUrlId>,
) -> Value<'v> {
    response.map_or(Value::Text(None), |response| Value::Sealed {
        place,
        row: question.to_string(),
        text: response.expose().to_owned().into(),
    })
}

/// Reads a question and its job's lane.
pub(super) fn question(row: &Row) -> Result<Question, StoreError> {
    Ok(Question {
        id: row.question_id("id")?,
        server: id(row, "server_id", ServerId::parse)?,
        key: EventKey::from_stored(row.text("event_key")?),
        origin: origin(row)?,
        asker: Person {
            id: optional_id(row, "asker_id", UserId::parse)?,
            name: row.opened("asker_name", place::ASKER_NAME, &row.text("id")?)?,
        },
        text: row.opened("text", place::TEXT, &row.text("id")?)?,
        agent: row.optional_text("agent")?.map(AgentName::from_stored),
        audience: audience(row, "audience")?,
        delivery: delivery(row)?,
        conversation: ConversationKey::from_stored(row.text("conversation")?),
        lane: LaneKey::from_stored(row.text("lane")?),
        asked_at: row.time("asked_at")?,
        deadline: row.time("deadline")?,
    })
}

/// Returns the words for an origin and its kind of channel, and the `response_url` it came with.
fn origin_words(origin: &Origin) -> (&'static str, Option<&'static str>, Option<&ResponseUrlId>) {
    match origin {
        Origin::Command { place: _, response } => ("command", None, response.as_ref()),
        Origin::OutgoingHook { place: _, post: _ } => (OUTGOING_HOOK, None, None),
        Origin::Post {
            place: _,
            post: _,
            kind,
        } => ("post", Some(kind_word(*kind)), None),
        Origin::ByHand => ("by_hand", None, None),
    }
}

fn kind_word(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Open => "open",
        ChannelKind::Private => "private",
        ChannelKind::Direct => "direct",
        ChannelKind::Group => "group",
    }
}

/// Reads the kind of a channel.
pub(super) fn channel_kind(row: &Row) -> Result<ChannelKind, StoreError> {
    match row.text("channel_kind")?.as_str() {
        "open" => Ok(ChannelKind::Open),
        "private" => Ok(ChannelKind::Private),
        "direct" => Ok(ChannelKind::Direct),
        "group" => Ok(ChannelKind::Group),
        _ => Err(StoreError::Corrupt {
            what: "channel_kind",
        }),
    }
}

fn origin(row: &Row) -> Result<Origin, StoreError> {
    match row.text("origin")?.as_str() {
        "command" => Ok(Origin::Command {
            place: place_of(row)?,
            response: response(row, "response_id", place::RESPONSE)?,
        }),
        OUTGOING_HOOK => Ok(Origin::OutgoingHook {
            place: place_of(row)?,
            post: id(row, "post_id", PostId::parse)?,
        }),
        "post" => Ok(Origin::Post {
            place: place_of(row)?,
            post: id(row, "post_id", PostId::parse)?,
            kind: channel_kind(row)?,
        }),
        "by_hand" => Ok(Origin::ByHand),
        _ => Err(StoreError::Corrupt { what: "origin" }),
    }
}

fn response(
    row: &Row,
    column: &'static str,
    place: &'static str,
) -> Result<Option<ResponseUrlId>, StoreError> {
    let opened = row.optional_opened(column, place, &row.text("id")?)?;
    let parse = |id: String| ResponseUrlId::parse(&id);
    let parsed = opened.map(parse).transpose();
    parsed.map_err(|_| StoreError::Corrupt { what: column })
}

fn place_of(row: &Row) -> Result<Place, StoreError> {
    Ok(Place {
        team: optional_id(row, "team_id", TeamId::parse)?,
        channel: id(row, "channel_id", ChannelId::parse)?,
        channel_name: row.text("channel_name")?,
        thread: optional_id(row, "thread_id", PostId::parse)?,
    })
}

/// A delivery, flattened into columns.
#[derive(Default)]
struct DeliveryWords<'d> {
    word: &'static str,
    channel: Option<&'d ChannelId>,
    root: Option<&'d PostId>,
    user: Option<&'d UserId>,
    response: Option<&'d ResponseUrlId>,
    audience: Option<Audience>,
    channel_name: Option<&'d str>,
}

fn delivery_words(delivery: &Delivery) -> DeliveryWords<'_> {
    match delivery {
        Delivery::Bot {
            channel,
            root,
            fallback,
        } => DeliveryWords {
            word: "bot",
            channel: Some(channel),
            root: root.as_ref(),
            response: fallback.as_ref(),
            ..DeliveryWords::default()
        },
        Delivery::Direct { asker } => DeliveryWords {
            word: "direct",
            user: Some(asker),
            ..DeliveryWords::default()
        },
        Delivery::Response { id, audience } => DeliveryWords {
            word: "response",
            response: Some(id),
            audience: Some(*audience),
            ..DeliveryWords::default()
        },
        Delivery::Webhook {
            channel_name,
            channel,
        } => DeliveryWords {
            word: "webhook",
            channel: Some(channel),
            channel_name: Some(channel_name),
            ..DeliveryWords::default()
        },
        Delivery::Inline => DeliveryWords {
            word: "inline",
            ..DeliveryWords::default()
        },
    }
}

/// Returns the values of a delivery, from its word to the name of its channel, as the columns of a question stand.
pub(super) fn delivery_values(question: QuestionId, delivery: &Delivery) -> [Value<'_>; 7] {
    let words = delivery_words(delivery);
    [
        words.word.into(),
        words.channel.map(ChannelId::as_str).into(),
        words.root.map(PostId::as_str).into(),
        words.user.map(UserId::as_str).into(),
        sealed_response(question, place::DELIVERY_RESPONSE, words.response),
        words.audience.map(audience_word).into(),
        words.channel_name.into(),
    ]
}

fn delivery(row: &Row) -> Result<Delivery, StoreError> {
    match row.text("delivery")?.as_str() {
        "bot" => Ok(Delivery::Bot {
            channel: id(row, "delivery_channel_id", ChannelId::parse)?,
            root: optional_id(row, "delivery_root_id", PostId::parse)?,
            fallback: response(row, "delivery_response_id", place::DELIVERY_RESPONSE)?,
        }),
        "direct" => Ok(Delivery::Direct {
            asker: id(row, "delivery_user_id", UserId::parse)?,
        }),
        "response" => Ok(Delivery::Response {
            id: response(row, "delivery_response_id", place::DELIVERY_RESPONSE)?.ok_or(
                StoreError::Corrupt {
                    what: "delivery_response_id",
                },
            )?,
            audience: audience(row, "delivery_audience")?,
        }),
        "webhook" => Ok(Delivery::Webhook {
            channel_name: row.text("delivery_channel_name")?,
            channel: id(row, "delivery_channel_id", ChannelId::parse)?,
        }),
        "inline" => Ok(Delivery::Inline),
        _ => Err(StoreError::Corrupt { what: "delivery" }),
    }
}

fn audience_word(audience: Audience) -> &'static str {
    match audience {
        Audience::Channel => "channel",
        Audience::Asker => "asker",
    }
}

fn audience(row: &Row, column: &'static str) -> Result<Audience, StoreError> {
    match row.text(column)?.as_str() {
        "channel" => Ok(Audience::Channel),
        "asker" => Ok(Audience::Asker),
        _ => Err(StoreError::Corrupt { what: column }),
    }
}

/// Writes the posts of a conclusion as the JSON array they are stored as.
pub(super) fn texts_json(texts: &[String]) -> String {
    serde_json::to_string(texts).expect("a list of strings can always be written as JSON")
}

/// Returns a conclusion's values: outcome, whether it is a turn, and then what [`conclusion_columns`] lists.
pub(super) fn conclusion_values<'v>(
    question: QuestionId,
    conclusion: &'v Conclusion,
    texts_json: Cow<'v, str>,
) -> [Value<'v>; 10] {
    let Conclusion {
        outcome,
        answer,
        texts: _,
        picture: _,
        usage,
        model,
        run: _,
        at,
    } = conclusion;
    let row = question.to_string();
    [
        outcome.as_str().into(),
        outcome.is_a_turn().into(),
        Value::sealed(place::ANSWER, &row, answer),
        Value::Sealed {
            place: place::TEXTS,
            row,
            text: texts_json,
        },
        tokens(usage.prompt_tokens),
        tokens(usage.completion_tokens),
        tokens(usage.cached_tokens),
        tokens(usage.reasoning_tokens),
        model.as_deref().into(),
        (*at).into(),
    ]
}

/// Reads a conclusion, where there is one, without its picture.
pub(super) fn conclusion(row: &Row) -> Result<Option<Conclusion>, StoreError> {
    let Some(outcome) = row.optional_text("outcome")? else {
        return Ok(None);
    };
    let outcome = Outcome::from_stored(&outcome).ok_or(StoreError::Corrupt { what: "outcome" })?;
    Ok(Some(Conclusion {
        outcome,
        answer: row.opened("answer", place::ANSWER, &row.text("id")?)?,
        texts: texts(row)?,
        picture: None,
        usage: usage(row)?,
        model: row.optional_text("model")?,
        run: None,
        at: row.time("concluded_at")?,
    }))
}

/// Reads a conclusion with its picture, which is its own only where it is a turn: whatever else was concluded later has none.
pub(super) fn concluded(row: &Row) -> Result<Option<Conclusion>, StoreError> {
    let Some(conclusion) = conclusion(row)? else {
        return Ok(None);
    };
    let picture = match row.optional_opened("picture", place::PICTURE, &row.text("id")?)? {
        Some(picture) if conclusion.outcome.is_a_turn() => Some(from_base64(&picture)?),
        Some(_) | None => None,
    };
    Ok(Some(Conclusion {
        picture,
        ..conclusion
    }))
}

/// Writes a picture as its column holds it.
pub(super) fn as_base64(question: QuestionId, picture: &Picture) -> Value<'static> {
    Value::Sealed {
        place: place::PICTURE,
        row: question.to_string(),
        text: Cow::Owned(STANDARD.encode(&picture.bytes)),
    }
}

fn from_base64(text: &str) -> Result<Picture, StoreError> {
    let bytes = STANDARD.decode(text).ok();
    bytes
        .and_then(Picture::of)
        .ok_or(StoreError::Corrupt { what: "picture" })
}

/// Reads which generation of an answer is the present one.
pub(super) fn generation(row: &Row) -> Result<u32, StoreError> {
    u32::try_from(row.integer("generation")?)
        .map_err(|_| StoreError::Corrupt { what: "generation" })
}

/// Reads why a question is answered once more, where it is.
pub(super) fn again(row: &Row) -> Result<Option<Again>, StoreError> {
    let Some(kind) = row.optional_text("again")? else {
        return Ok(None);
    };
    let corrupt = |what| StoreError::Corrupt { what };
    let outcome = row.text("earlier_outcome")?;
    let earlier = Earlier {
        answer: row.opened("earlier_answer", place::ANSWER, &row.text("id")?)?,
        outcome: Outcome::from_stored(&outcome).ok_or(corrupt("earlier_outcome"))?,
    };
    match kind.as_str() {
        "regenerate" => Ok(Some(Again::Regenerate(earlier))),
        "continue" => Ok(Some(Again::Continue(earlier))),
        _ => Err(corrupt("again")),
    }
}

/// A provider's number of tokens, held at what a column can hold.
/// Reads what was used.
pub(super) fn usage(row: &Row) -> Result<Usage, StoreError> {
    Ok(Usage {
        prompt_tokens: row.count("prompt_tokens")?,
        completion_tokens: row.count("completion_tokens")?,
        cached_tokens: row.count("cached_tokens")?,
        reasoning_tokens: row.count("reasoning_tokens")?,
    })
}

/// Returns a count as its column holds it: at the end of its range where it is beyond.
pub(super) fn tokens(count: u64) -> Value<'static> {
    i64::try_from(count).unwrap_or(i64::MAX).into()
}

/// Reads a turn of a conversation.
pub(super) fn turn(row: &Row) -> Result<Turn, StoreError> {
    let id = row.text("id")?;
    Ok(Turn {
        asker_name: row.opened("asker_name", place::ASKER_NAME, &id)?,
        question: row.opened("text", place::TEXT, &id)?,
        answer: row.opened("answer", place::ANSWER, &id)?,
        asked_at: row.time("asked_at")?,
        finished_at: row.time("concluded_at")?,
        posts: TurnPosts {
            question: optional_id(row, "asked_in", PostId::parse)?,
            is_hooks: row.text("origin")? == OUTGOING_HOOK,
            answer: Vec::new(),
        },
    })
}

/// Reads one post of a turn's answer, with the text it was given; `None` where the row has none.
pub(super) fn shown_part(row: &Row) -> Result<Option<(PostId, String)>, StoreError> {
    let Some(post) = optional_id(row, "answered_in", PostId::parse)? else {
        return Ok(None);
    };
    let part =
        usize::try_from(row.integer("part")?).map_err(|_| StoreError::Corrupt { what: "part" })?;
    let text = texts(row)?.into_iter().nth(part);
    Ok(Some((post, text.unwrap_or_default())))
}

fn texts(row: &Row) -> Result<Vec<String>, StoreError> {
    let texts = row.opened("texts", place::TEXTS, &row.text("id")?)?;
    serde_json::from_str(&texts).map_err(|_| StoreError::Corrupt { what: "texts" })
}

/// Reads a post of an answer.
pub(super) fn part(row: &Row) -> Result<Part, StoreError> {
    let corrupt = |what| StoreError::Corrupt { what };
    let pending = row.text("pending")?;
    Ok(Part {
        intent: PartIntent {
            part: u32::try_from(row.integer("part")?).map_err(|_| corrupt("part"))?,
            generation: generation(row)?,
            channel: id(row, "channel_id", ChannelId::parse)?,
            root: optional_id(row, "root_id", PostId::parse)?,
            pending: u128::from_str_radix(&pending, 16).map_err(|_| corrupt("pending"))?,
            anchor: optional_id(row, "anchor_id", PostId::parse)?,
            intended_at: row.time("intended_at")?,
        },
        post: optional_id(row, "post_id", PostId::parse)?,
    })
}

type Parse<T> = fn(&str) -> Result<T, InvalidId>;

fn id<T>(row: &Row, column: &'static str, parse: Parse<T>) -> Result<T, StoreError> {
    optional_id(row, column, parse)?.ok_or(StoreError::Corrupt { what: column })
}

fn optional_id<T>(
    row: &Row,
    column: &'static str,
    parse: Parse<T>,
) -> Result<Option<T>, StoreError> {
    row.optional_text(column)?
        .map(|text| parse(&text).map_err(|_| StoreError::Corrupt { what: column }))
        .transpose()
}
