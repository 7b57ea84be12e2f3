//! The fields that were sent, whatever they were written in.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use url::form_urlencoded;

use super::Rejection;

/// Who sends something of this form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Mattermost, for a slash command.
    Command,
    /// Mattermost, for an outgoing webhook.
    OutgoingHook,
    /// Somebody who tries us by hand.
    ByHand,
}

/// The fields that are read. Others are ignored, because Mattermost adds some now and then; `user_mentions`, `channel_mentions` and
/// their ids, which alone may repeat, are not used.
#[derive(Default, PartialEq, Eq)]
struct Fields<'a> {
    token: Option<Cow<'a, str>>,
    team_id: Option<Cow<'a, str>>,
    channel_id: Option<Cow<'a, str>>,
    channel_name: Option<Cow<'a, str>>,
    user_id: Option<Cow<'a, str>>,
    user_name: Option<Cow<'a, str>>,
    text: Option<Cow<'a, str>>,
    command: Option<Cow<'a, str>>,
    response_url: Option<Cow<'a, str>>,
    trigger_id: Option<Cow<'a, str>>,
    root_id: Option<Cow<'a, str>>,
    post_id: Option<Cow<'a, str>>,
    timestamp: Option<Cow<'a, str>>,
    trigger_word: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> {
    /// Returns the field of a name, with its name as a constant; `None` for a field that is not read.
    fn slot(&mut self, name: &str) -> Option<(&'static str, &mut Option<Cow<'a, str>>)> {
        Some(match name {
            "token" => ("token", &mut self.token),
            "team_id" => ("team_id", &mut self.team_id),
            "channel_id" => ("channel_id", &mut self.channel_id),
            "channel_name" => ("channel_name", &mut self.channel_name),
            "user_id" => ("user_id", &mut self.user_id),
            "user_name" => ("user_name", &mut self.user_name),
            "text" => ("text", &mut self.text),
            "command" => ("command", &mut self.command),
            "response_url" => ("response_url", &mut self.response_url),
            "trigger_id" => ("trigger_id", &mut self.trigger_id),
            "root_id" => ("root_id", &mut self.root_id),
            "post_id" => ("post_id", &mut self.post_id),
            "timestamp" => ("timestamp", &mut self.timestamp),
            "trigger_word" => ("trigger_word", &mut self.trigger_word),
            _ => return None,
        })
    }
}

/// What was sent, field by field. It does not print, because it holds a token and somebody's words.
#[derive(Default, PartialEq, Eq)]
pub struct Submission<'a> {
    fields: Fields<'a>,
    /// The first field that came twice.
    repeated: Option<&'static str>,
}

impl<'a> Submission<'a> {
    /// Reads `application/x-www-form-urlencoded`, the body of a POST or the query of a GET. Any bytes are a form; what is no UTF-8
    /// becomes U+FFFD.
    #[must_use]
    pub fn from_form(bytes: &'a [u8]) -> Self {
        let mut submission = Self::default();
        for (name, value) in form_urlencoded::parse(bytes) {
            submission.put(&name, value);
        }
        submission
    }

    /// Reads a JSON object of texts; numbers are taken as their digits, `null` as absent.
    ///
    /// # Errors
    /// When it is something else.
    pub fn from_json(bytes: &'a [u8]) -> Result<Self, Rejection> {
        serde_json::from_slice(bytes).map_err(|_| Rejection::Unreadable)
    }

    fn put(&mut self, name: &str, value: Cow<'a, str>) {
        let Some((name, slot)) = self.fields.slot(name) else {
            return;
        };
        if slot.is_some() {
            self.repeated.get_or_insert(name);
        } else {
            *slot = Some(value);
        }
    }

    /// Returns the token shown; `None` where there is none, or more than one.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        match self.repeated {
            Some("token") => None,
            _ => filled(self.fields.token.as_ref()),
        }
    }

    /// Says who sends such fields. Only an outgoing webhook names a post; only a caller by hand names neither a channel nor a
    /// way to answer.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let fields = &self.fields;
        let has = |field: &Option<Cow<'_, str>>| filled(field.as_ref()).is_some();
        if has(&fields.post_id) && (fields.trigger_word.is_some() || fields.timestamp.is_some()) {
            Shape::OutgoingHook
        } else if has(&fields.response_url)
            || has(&fields.channel_id)
            || has(&fields.command)
            || has(&fields.trigger_id)
        {
            Shape::Command
        } else {
            Shape::ByHand
        }
    }

    /// Says that no field came twice.
    pub(super) fn each_once(&self) -> Result<(), Rejection> {
        self.repeated
            .map_or(Ok(()), |field| Err(Rejection::Repeated(field)))
    }

    pub(super) fn team_id(&self) -> Option<&str> {
        filled(self.fields.team_id.as_ref())
    }

    pub(super) fn channel_id(&self) -> Option<&str> {
        filled(self.fields.channel_id.as_ref())
    }

    pub(super) fn channel_name(&self) -> Option<&str> {
        filled(self.fields.channel_name.as_ref())
    }

    pub(super) fn user_id(&self) -> Option<&str> {
        filled(self.fields.user_id.as_ref())
    }

    pub(super) fn user_name(&self) -> Option<&str> {
        filled(self.fields.user_name.as_ref())
    }

    pub(super) fn text(&self) -> Option<&str> {
        filled(self.fields.text.as_ref())
    }

    pub(super) fn response_url(&self) -> Option<&str> {
        filled(self.fields.response_url.as_ref())
    }

    pub(super) fn trigger_id(&self) -> Option<&str> {
        filled(self.fields.trigger_id.as_ref())
    }

    pub(super) fn root_id(&self) -> Option<&str> {
        filled(self.fields.root_id.as_ref())
    }

    pub(super) fn post_id(&self) -> Option<&str> {
        filled(self.fields.post_id.as_ref())
    }

    pub(super) fn trigger_word(&self) -> Option<&str> {
        filled(self.fields.trigger_word.as_ref())
    }
}

impl fmt::Debug for Submission<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Submission")
            .field("shape", &self.shape())
            .finish_non_exhaustive()
    }
}

/// Mattermost sends what it does not know as an empty text.
fn filled<'f>(field: Option<&'f Cow<'_, str>>) -> Option<&'f str> {
    field.map(Cow::as_ref).filter(|text| !text.is_empty())
}

impl<'de> Deserialize<'de> for Submission<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Submission<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut submission = Submission::default();
        while let Some(Scalar(name)) = map.next_key()? {
            let name = name.unwrap_or_default();
            if submission.fields.slot(&name).is_none() {
                map.next_value::<IgnoredAny>()?;
            } else if let Scalar(Some(value)) = map.next_value()? {
                submission.put(&name, value);
            }
        }
        Ok(submission)
    }
}

/// A text, a whole number as its digits, or nothing.
struct Scalar<'a>(Option<Cow<'a, str>>);

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Scalar(None))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_shape_says_who_sent_it() {
        let table = [
            ("text=hi&user_name=me&token=t", Shape::ByHand),
            (
                "text=hi&user_name=me&channel_id=&response_url=",
                Shape::ByHand,
            ),
            ("channel_id=c&text=hi", Shape::Command),
            ("response_url=r&text=hi", Shape::Command),
            ("command=/askgpt&text=hi", Shape::Command),
            (
                "channel_id=c&post_id=p&trigger_word=gpt",
                Shape::OutgoingHook,
            ),
            // Without trigger words, a hook of one channel sends an empty one.
            ("channel_id=c&post_id=p&trigger_word=", Shape::OutgoingHook),
            ("channel_id=c&post_id=p&timestamp=1", Shape::OutgoingHook),
            ("channel_id=c&post_id=p", Shape::Command),
        ];
        for (form, expected) in table {
            assert_eq!(
                Submission::from_form(form.as_bytes()).shape(),
                expected,
                "{form}"
            );
        }
    }

    #[test]
    fn a_field_that_comes_twice_is_named_and_mentions_may_repeat() {
        let mentions = "user_mentions=a&user_mentions=b&channel_mentions=c&channel_mentions=d";
        let once = Submission::from_form(mentions.as_bytes());
        assert_eq!(once.each_once(), Ok(()));
        let twice = Submission::from_form(b"text=a&token=t&text=b");
        assert_eq!(twice.each_once(), Err(Rejection::Repeated("text")));
        let json = Submission::from_json(br#"{"text":"a","text":"b"}"#).unwrap();
        assert_eq!(json.each_once(), Err(Rejection::Repeated("text")));
    }

    #[test]
    fn two_tokens_are_none() {
        assert_eq!(Submission::from_form(b"token=a&text=x").token(), Some("a"));
        assert_eq!(Submission::from_form(b"token=a&token=b").token(), None);
        assert_eq!(Submission::from_form(b"token=").token(), None);
        assert_eq!(Submission::from_form(b"token[]=a").token(), None);
    }

    #[test]
    fn json_holds_texts_and_numbers() {
        let json = br#"{"token":"t\u0031","timestamp":1795355875530,"text":null,"file_ids":["x",{"y":1}],"new":{"a":[]}}"#;
        let submission = Submission::from_json(json).unwrap();
        assert_eq!(submission.token(), Some("t1"));
        assert_eq!(
            submission.fields.timestamp.as_deref(),
            Some("1795355875530")
        );
        assert_eq!(submission.text(), None);
    }

    #[test]
    fn what_is_no_object_of_texts_is_unreadable() {
        for json in [
            "",
            "[]",
            "\"token\"",
            r#"{"token":["a"]}"#,
            r#"{"token":{"a":"b"}}"#,
            r#"{"text":true}"#,
            r#"{"text":1.5}"#,
            r#"{"token":"a"} x"#,
            r#"{"token":"a""#,
        ] {
            let read = Submission::from_json(json.as_bytes());
            assert_eq!(read.map(|_| ()), Err(Rejection::Unreadable), "{json}");
        }
    }

    #[test]
    fn json_nested_without_end_is_unreadable_and_harmless() {
        let json = format!("{{\"new\":{}", "[".repeat(1_000_000));
        assert!(Submission::from_json(json.as_bytes()).is_err());
    }

    #[test]
    fn a_submission_does_not_print_what_it_holds() {
        let submission = Submission::from_form(b"token=secret&text=private&user_name=alice");
        assert_eq!(
            format!("{submission:?}"),
            "Submission { shape: ByHand, .. }"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _shape = Submission::from_form(&bytes).shape();
            let _read = Submission::from_json(&bytes).is_ok();
        }
    }
}
