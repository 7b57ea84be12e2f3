//! Makes an event of what was sent, once its token was found to be good.

use sha2::{Digest, Sha256};

use super::{Rejection, Shape, Submission};
use crate::domain::event::{EventKey, InboundEvent, Origin, Person, Place, cleaned};
use crate::domain::hexadecimal::hexadecimal;
use crate::domain::id::{ChannelId, InvalidId, PostId, ResponseUrlId, ServerId, TeamId, UserId};
use crate::domain::time::Timestamp;

/// Characters of a person's name that are kept; Mattermost allows as many.
pub const MAX_NAME_CHARS: usize = 64;

/// Characters of a channel's name in URLs, at most, as Mattermost allows.
const MAX_CHANNEL_NAME_CHARS: usize = 64;

/// What is known of an event besides what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reception {
    /// The server whose token was shown.
    pub server: ServerId,
    /// When it was received.
    pub at: Timestamp,
    /// Names it where nothing that was sent does: 128 unguessable bits.
    pub random: u128,
}

impl Submission<'_> {
    /// Makes an event of it, read as `shape`.
    ///
    /// # Errors
    /// When a field that such an event needs is missing, came twice or has another form.
    pub fn into_event(
        &self,
        shape: Shape,
        reception: Reception,
    ) -> Result<InboundEvent, Rejection> {
        self.each_once()?;
        match shape {
            Shape::Command => self.command(reception),
            Shape::OutgoingHook => self.outgoing_hook(reception),
            Shape::ByHand => self.by_hand(reception),
        }
    }

    fn command(&self, reception: Reception) -> Result<InboundEvent, Rejection> {
        let response = optional("response_url", self.response_url(), ResponseUrlId::from_url)?;
        let key = match (&response, self.trigger_id()) {
            (Some(id), _) => EventKey::of_response_url(&digest_hex(id.expose())),
            (None, Some(trigger)) => EventKey::of_trigger(&digest_hex(trigger)),
            // Mattermost sends neither when it could sign nothing; a replay of it cannot be told from a question asked again.
            (None, None) => EventKey::by_hand(reception.random),
        };
        let place = Place {
            channel_name: channel_name(self.channel_name().unwrap_or_default())?,
            thread: optional("root_id", self.root_id(), PostId::parse)?,
            ..self.place()?
        };
        Ok(InboundEvent {
            server: reception.server,
            key,
            origin: Origin::Command { place, response },
            asker: self.asker()?,
            address: String::new(),
            text: cleaned(self.text().unwrap_or_default()),
            received_at: reception.at,
            is_late: false,
        })
    }

    fn outgoing_hook(&self, reception: Reception) -> Result<InboundEvent, Rejection> {
        let post = required("post_id", self.post_id(), PostId::parse)?;
        // Without it, the incoming webhook would answer in its home channel.
        let name = self
            .channel_name()
            .ok_or(Rejection::Missing("channel_name"))?;
        let place = Place {
            channel_name: channel_name(name)?,
            ..self.place()?
        };
        let text = self.text().unwrap_or_default();
        let word = self.trigger_word().unwrap_or_default();
        let (address, text) = at_trigger_word(text, word);
        Ok(InboundEvent {
            server: reception.server,
            key: EventKey::of_post(&post),
            origin: Origin::OutgoingHook { place, post },
            asker: self.asker()?,
            address: cleaned(address),
            text: cleaned(text),
            received_at: reception.at,
            is_late: false,
        })
    }

    fn by_hand(&self, reception: Reception) -> Result<InboundEvent, Rejection> {
        let text = cleaned(self.text().unwrap_or_default());
        if text.trim().is_empty() {
            return Err(Rejection::NoText);
        }
        Ok(InboundEvent {
            server: reception.server,
            key: EventKey::by_hand(reception.random),
            origin: Origin::ByHand,
            asker: Person {
                id: None,
                name: self.name()?,
            },
            address: String::new(),
            text,
            received_at: reception.at,
            is_late: false,
        })
    }

    /// Reads the place without its name and thread.
    fn place(&self) -> Result<Place, Rejection> {
        Ok(Place {
            team: optional("team_id", self.team_id(), TeamId::parse)?,
            channel: required("channel_id", self.channel_id(), ChannelId::parse)?,
            channel_name: String::new(),
            thread: None,
        })
    }

    fn asker(&self) -> Result<Person, Rejection> {
        Ok(Person {
            id: Some(required("user_id", self.user_id(), UserId::parse)?),
            name: self.name()?,
        })
    }

    fn name(&self) -> Result<String, Rejection> {
        let name = self.user_name().unwrap_or_default();
        let name: String = name
            .chars()
            .filter(|character| !character.is_control())
            .take(MAX_NAME_CHARS)
            .collect();
        if name.trim().is_empty() {
            return Err(Rejection::Missing("user_name"));
        }
        Ok(name)
    }
}

fn required<T>(
    field: &'static str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<T, InvalidId>,
) -> Result<T, Rejection> {
    optional(field, text, parse)?.ok_or(Rejection::Missing(field))
}

fn optional<T>(
    field: &'static str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<T, InvalidId>,
) -> Result<Option<T>, Rejection> {
    text.map(parse)
        .transpose()
        .map_err(|_| Rejection::Invalid(field))
}

/// Reads a channel's name. It is sent back to the incoming webhook, where `@name` and `#name` would mean somebody else.
fn channel_name(text: &str) -> Result<String, Rejection> {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    if text.chars().all(is_plain) && text.len() <= MAX_CHANNEL_NAME_CHARS {
        Ok(text.to_owned())
    } else {
        Err(Rejection::Invalid("channel_name"))
    }
}

/// Parts a text after the trigger word and a comma or colon that addresses us after it.
///
/// Where several hooks match one post, all of them are sent the last one's trigger word, so the text may begin with another.
fn at_trigger_word<'t>(text: &'t str, word: &str) -> (&'t str, &'t str) {
    let rest = text.trim_start().strip_prefix(word);
    let Some(rest) = rest.filter(|_| !word.is_empty()) else {
        return ("", text);
    };
    let rest = rest.trim_start();
    let rest = rest
        .strip_prefix([',', ':', '，', '：'])
        .unwrap_or(rest)
        .trim_start();
    text.split_at(text.len() - rest.len())
}

/// Digests a `trigger_id`: whoever has it may open a dialog on the person's screen, so it is not kept.
fn digest_hex(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: &str = "5y9gmg3343depb6sytofa1y1eh";
    const USER: &str = "69n4rt3oxpyxdq8idgu6ctjx5h";
    const POST: &str = "pup1fbqpppd53r6jtjosmnqayw";
    const RESPONSE: &str = "cf6tnpq1atgxbrsewss7aofqhc";

    fn reception() -> Reception {
        Reception {
            server: ServerId::parse("main").unwrap(),
            at: Timestamp::from_micros(7),
            random: 0xabc,
        }
    }

    fn event(form: &str) -> Result<InboundEvent, Rejection> {
        let submission = Submission::from_form(form.as_bytes());
        submission.into_event(submission.shape(), reception())
    }

    fn command(more: &str) -> String {
        format!("channel_id={CHANNEL}&user_id={USER}&user_name=alice&{more}")
    }

    fn hook(more: &str) -> String {
        format!(
            "post_id={POST}&channel_name=lobby&timestamp=1&{}",
            command(more)
        )
    }

    #[test]
    fn a_command_is_known_by_a_digest_of_its_response_url_and_else_of_its_trigger() {
        let url =
            format!("response_url=http://evil.example/hooks/commands/{RESPONSE}&trigger_id=t");
        let table = [
            (url.as_str(), format!("response:{}", digest_hex(RESPONSE))),
            (
                "trigger_id=abc",
                "trigger:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
                    .to_owned(),
            ),
            ("text=x", format!("hand:{:032x}", 0xabc)),
        ];
        for (more, key) in table {
            assert_eq!(event(&command(more)).unwrap().key.as_str(), key, "{more}");
        }
    }

    #[test]
    fn what_an_event_needs_is_asked_for_and_ids_are_read_strictly() {
        let table = [
            (command("root_id=x"), Rejection::Invalid("root_id")),
            (command("team_id=x"), Rejection::Invalid("team_id")),
            (
                command("response_url=http://x/y"),
                Rejection::Invalid("response_url"),
            ),
            (
                command("channel_name=@bob"),
                Rejection::Invalid("channel_name"),
            ),
            (command("text=a&text=b"), Rejection::Repeated("text")),
            (
                format!("channel_id=nowhere&user_id={USER}&user_name=a"),
                Rejection::Invalid("channel_id"),
            ),
            (
                format!("command=x&user_id={USER}&user_name=a"),
                Rejection::Missing("channel_id"),
            ),
            (
                format!("channel_id={CHANNEL}&user_name=a"),
                Rejection::Missing("user_id"),
            ),
            (
                format!("channel_id={CHANNEL}&user_id={USER}"),
                Rejection::Missing("user_name"),
            ),
            (
                hook("text=x").replace("channel_name=lobby&", ""),
                Rejection::Missing("channel_name"),
            ),
            (hook("").replace(POST, "x"), Rejection::Invalid("post_id")),
            ("user_name=me".to_owned(), Rejection::NoText),
            ("user_name=me&text=+%00%0A".to_owned(), Rejection::NoText),
            ("text=hi".to_owned(), Rejection::Missing("user_name")),
            (
                "text=hi&user_name=%00".to_owned(),
                Rejection::Missing("user_name"),
            ),
        ];
        for (form, expected) in table {
            assert_eq!(event(&form), Err(expected), "{form}");
        }
    }

    #[test]
    fn a_hook_is_known_by_its_post_and_its_trigger_word_is_taken_away() {
        let event = event(&hook("text=gpt+why&trigger_word=gpt")).unwrap();
        assert_eq!(event.key.as_str(), format!("post:{POST}"));
        assert_eq!(
            (event.address.as_str(), event.text.as_str()),
            ("gpt ", "why")
        );
    }

    #[test]
    fn a_trigger_word_goes_with_the_comma_after_it_but_only_from_the_front() {
        let table = [
            ("gpt why", "gpt", "why"),
            ("  gpt   why", "gpt", "why"),
            ("gpt, why", "gpt", "why"),
            ("gpt: why", "gpt", "why"),
            ("지피티야 왜", "지피티", "야 왜"),
            ("gpt", "gpt", ""),
            ("ask gpt why", "gpt", "ask gpt why"),
            ("other why", "gpt", "other why"),
            ("why", "", "why"),
        ];
        for (text, word, expected) in table {
            let (address, rest) = at_trigger_word(text, word);
            assert_eq!(rest, expected, "{text:?}");
            assert_eq!(format!("{address}{rest}"), text);
        }
    }

    #[test]
    fn control_characters_go_and_line_breaks_stay() {
        let event = event(&command("text=a%00b%07%1b%5bm%0A%09c%0D%7f%C2%9b")).unwrap();
        assert_eq!(event.text, "ab[m\n\tc");
    }

    #[test]
    fn a_long_text_is_kept_whole_and_a_long_name_is_cut() {
        let text = "가".repeat(40_000);
        let name = "나".repeat(MAX_NAME_CHARS);
        let form = format!("text={text}&user_name={name}X");
        let event = event(&form).unwrap();
        assert_eq!(event.text, text);
        assert_eq!(event.asker.name, name);
    }
}
