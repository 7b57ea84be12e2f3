//! Whether a post is addressed to the bot, decided by nothing but the post, its place and what is known of its thread.
//!
//! Mattermost's own list of mentions is not used: it names the bot for `@channel`, for every post of a group and for the message that it
//! was added, and does not name it where Hangul follows the name (`@gptbot야`), which is how Korean is written.

use super::id::UserId;

/// Who the bot is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its account.
    pub id: UserId,
    /// Its account's name, lower case, without `@`.
    pub username: String,
}

/// What kind of channel a post is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    /// Everybody in the team may read it.
    Open,
    /// Its members may read it.
    Private,
    /// Two people, or one and the bot.
    Direct,
    /// A few people.
    Group,
}

impl ChannelKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Open, Self::Private, Self::Direct, Self::Group];

    /// Returns its word, as it is configured.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Private => "private",
            Self::Direct => "direct",
            Self::Group => "group",
        }
    }

    /// Reads the word that [`ChannelKind::as_str`] returned; `None` for any other.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Which posts of a channel are taken for questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hearing {
    /// Those that mention the bot.
    Mention,
    /// Also those of people who go on in a thread in which they have addressed the bot before.
    #[default]
    Thread,
    /// All.
    All,
}

/// Who wrote a post, as far as it decides whether it is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// A person.
    Person,
    /// The bot itself.
    Ourselves,
    /// Another bot, a webhook, a plugin or an app.
    Machine,
    /// The server, or a post of a kind that is no message of somebody's.
    System,
}

/// A post that was heard, and what is known of where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overheard<'p> {
    /// Its text.
    pub text: &'p str,
    /// Who wrote it.
    pub writer: Writer,
    /// The kind of its channel.
    pub channel: ChannelKind,
    /// Which posts of that channel are heard.
    pub hearing: Hearing,
    /// Whether it mentions one of the agents that the bot speaks for.
    pub mentions_agent: bool,
    /// Whether its writer has addressed the bot before in the thread that it is in.
    pub is_in_conversation: bool,
}

/// What is to be done about a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attention {
    /// It is a question or a command; the text without the mention that addressed it.
    Addressed {
        /// What is left to read.
        text: String,
    },
    /// It is not for the bot.
    Ignored,
}

/// Decides whether a post is addressed to the bot.
#[must_use]
pub fn attend(overheard: Overheard<'_>, bot: &Identity) -> Attention {
    if overheard.writer != Writer::Person {
        return Attention::Ignored;
    }
    let is_addressed = mention_of(overheard.text, &bot.username).is_some()
        || overheard.mentions_agent
        || match (overheard.channel, overheard.hearing) {
            (ChannelKind::Direct, _) | (_, Hearing::All) => true,
            (_, Hearing::Thread) => {
                overheard.is_in_conversation && !mentions_somebody(overheard.text)
            }
            (_, Hearing::Mention) => false,
        };
    if !is_addressed {
        return Attention::Ignored;
    }
    Attention::Addressed {
        text: said_to(overheard.text, bot),
    }
}

/// Returns what is said in a text: without the mention by which it is addressed to the bot, where there is one.
#[must_use]
pub fn said_to(text: &str, bot: &Identity) -> String {
    let mention = mention_of(text, &bot.username);
    let said = mention.map_or(text.to_owned(), |mention| without_mention(text, mention));
    said.trim().to_owned()
}

/// A mention: where it begins, and where the name ends, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) begin: usize,
    pub(super) end: usize,
}

/// What Korean puts behind a name that is called.
const VOCATIVES: [&str; 5] = ["님아", "님", "씨", "아", "야"];

/// Finds the first mention of a name in a text, outside code.
pub(super) fn mention_of(text: &str, username: &str) -> Option<Mention> {
    at_signs(text).find_map(|begin| {
        let name = text.get(begin + 1..begin + 1 + username.len())?;
        if !name.eq_ignore_ascii_case(username) {
            return None;
        }
        let after = begin + 1 + username.len();
        ends_a_name(text.get(after..)?).then_some(Mention { begin, end: after })
    })
}

/// Whether a name of another account could not go on in what follows. Names are of `a-z0-9.-_`; a dot, hyphen or underline at their end
/// belongs to the sentence.
fn ends_a_name(following: &str) -> bool {
    let rest = following.trim_start_matches(['.', '-', '_', ':']);
    let is_directly_behind = rest.len() == following.len();
    match rest.chars().next() {
        Some(character) if character.is_ascii_alphanumeric() => {
            // A colon is none of a name's characters.
            !is_directly_behind && following.contains(':')
        }
        _ => true,
    }
}

/// Whether a text mentions anybody, or everybody.
fn mentions_somebody(text: &str) -> bool {
    at_signs(text).any(|at| {
        let name = text.get(at + 1..).unwrap_or_default();
        name.starts_with(|character: char| character.is_ascii_alphanumeric())
    })
}

/// Takes out the mention at a text's beginning or end, with what is put between a name and what is said to it. Within a sentence it stays,
/// for the sentence's sake.
pub(super) fn without_mention(text: &str, mention: Mention) -> String {
    let before = text.get(..mention.begin).unwrap_or_default();
    let mut after = text.get(mention.end..).unwrap_or_default();
    for vocative in VOCATIVES {
        let rest = after.strip_prefix(vocative);
        if let Some(rest) = rest.filter(|rest| !rest.starts_with(char::is_alphanumeric)) {
            after = rest;
            break;
        }
    }
    if after.starts_with(char::is_alphanumeric) {
        // A particle: the name is a word of the sentence (`@gptbot이 누구야?`).
        return text.to_owned();
    }
    if after.trim_matches(SEPARATORS).trim_matches('.').is_empty() {
        before.trim_end_matches(SEPARATORS).to_owned()
    } else if before.trim().is_empty() {
        after.trim_start_matches(SEPARATORS).to_owned()
    } else {
        text.to_owned()
    }
}

/// What people put between a name and what they say.
const SEPARATORS: [char; 11] = [' ', '\n', '\t', '\r', ',', ':', ';', '，', '、', '!', '~'];

/// The places of the signs that may begin a mention: outside code, and not within a word or an address.
fn at_signs(text: &str) -> impl Iterator<Item = usize> {
    let mut code = Code::default();
    let mut before = None;
    let mut line_begins = true;
    let mut skip_until = 0;
    text.char_indices().filter_map(move |(index, character)| {
        if index < skip_until {
            return None;
        }
        if line_begins || character == '`' {
            let length = code.marks_at(text, index, line_begins);
            if length > 0 {
                skip_until = index + length;
                before = Some('`');
                line_begins = false;
                return None;
            }
        }
        line_begins = character == '\n';
        let begins_a_word = !before.is_some_and(|before: char| before.is_ascii_alphanumeric());
        before = Some(character);
        (character == '@' && begins_a_word && !code.is_open()).then_some(index)
    })
}

/// Code that is open while a text is read: a span, or a fence, by the length of what opened it.
#[derive(Clone, Copy, Debug, Default)]
struct Code {
    span: Option<usize>,
    fence: Option<(char, usize)>,
}

impl Code {
    fn is_open(self) -> bool {
        self.span.is_some() || self.fence.is_some()
    }

    /// Reads the marks of code that begin here; returns how many bytes they have.
    fn marks_at(&mut self, text: &str, index: usize, line_begins: bool) -> usize {
        let rest = text.get(index..).unwrap_or_default();
        let indent = rest.len() - rest.trim_start_matches(' ').len();
        if line_begins && indent < 4 {
            let marks = rest.get(indent..).unwrap_or_default();
            let fence = marks
                .chars()
                .next()
                .filter(|mark| matches!(mark, '`' | '~'));
            let length = fence.map_or(0, |fence| run_of(marks, fence));
            if let Some(fence) = fence.filter(|_| length >= 3 && self.span.is_none()) {
                match self.fence {
                    None => self.fence = Some((fence, length)),
                    Some((open, least)) if open == fence && length >= least => self.fence = None,
                    Some(_) => {}
                }
                return indent + length;
            }
        }
        let length = run_of(rest, '`');
        if length == 0 || self.fence.is_some() {
            return length;
        }
        match self.span {
            Some(open) if open == length => self.span = None,
            // Only a run that is closed later opens a span.
            None if closes_later(rest.get(length..).unwrap_or_default(), length) => {
                self.span = Some(length);
            }
            Some(_) | None => {}
        }
        length
    }
}

fn run_of(text: &str, mark: char) -> usize {
    text.len() - text.trim_start_matches(mark).len()
}

fn closes_later(text: &str, length: usize) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let found = rest.get(at..).unwrap_or_default();
        let run = run_of(found, '`');
        if run == length {
            return true;
        }
        rest = found.get(run..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bot() -> Identity {
        Identity {
            id: UserId::parse("ejwg1yf16384ipb445sj7mh98r").unwrap(),
            username: "gptbot".to_owned(),
        }
    }

    fn said(text: &str) -> Overheard<'_> {
        Overheard {
            text,
            writer: Writer::Person,
            channel: ChannelKind::Open,
            hearing: Hearing::Thread,
            mentions_agent: false,
            is_in_conversation: false,
        }
    }

    fn heard(overheard: Overheard<'_>) -> Option<String> {
        match attend(overheard, &bot()) {
            Attention::Addressed { text } => Some(text),
            Attention::Ignored => None,
        }
    }

    #[test]
    fn a_mention_addresses_the_bot_wherever_it_stands_and_whatever_follows() {
        let table = [
            ("@gptbot 오늘 날씨 어때?", "오늘 날씨 어때?"),
            ("@GPTBOT: please", "please"),
            ("@gptbot야 이거 왜 안 돼?", "이거 왜 안 돼?"),
            ("@gptbot님, 안녕하세요", "안녕하세요"),
            ("@gptbot아\n도와줘", "도와줘"),
            ("@gptbot", ""),
            ("@gptbot.", ""),
            ("@gptbot .env 파일이 뭐야?", ".env 파일이 뭐야?"),
            ("hello @gptbot", "hello"),
            ("hello, @gptbot!", "hello"),
            ("ask @gptbot about it", "ask @gptbot about it"),
            ("(@gptbot) hi", "(@gptbot) hi"),
            ("**@gptbot** hi", "**@gptbot** hi"),
            ("@gptbot이 누구야?", "@gptbot이 누구야?"),
            ("@gptbot에게 물어봐", "@gptbot에게 물어봐"),
            ("a ` lone tick and @gptbot", "a ` lone tick and"),
            ("`code` @gptbot", "`code`"),
        ];
        for (text, expected) in table {
            assert_eq!(heard(said(text)).as_deref(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn what_only_looks_like_a_mention_does_not() {
        for text in [
            "plain talk",
            "mail@gptbot",
            "@gptbot2 hi",
            "@gptbot-two hi",
            "@gptbot.kr hi",
            "@gptbot_x",
            "@gptbo",
            "say `@gptbot` in code",
            "```\n@gptbot\n```",
            "~~~\n@gptbot",
            "``a ` @gptbot``",
            "@channel all hands",
            "@all",
        ] {
            assert_eq!(heard(said(text)), None, "{text:?}");
        }
    }

    #[test]
    fn whoever_mentions_an_agent_is_heard() {
        let overheard = Overheard {
            mentions_agent: true,
            ..said("@reviewer look")
        };
        assert_eq!(heard(overheard).as_deref(), Some("@reviewer look"));
    }

    #[test]
    fn only_people_are_heard() {
        for writer in [Writer::Ourselves, Writer::Machine, Writer::System] {
            let overheard = Overheard {
                writer,
                mentions_agent: true,
                channel: ChannelKind::Direct,
                ..said("@gptbot hi")
            };
            assert_eq!(heard(overheard), None, "{writer:?}");
        }
    }

    #[test]
    fn a_direct_message_needs_no_mention_and_a_group_does() {
        let direct = Overheard {
            channel: ChannelKind::Direct,
            ..said("hi")
        };
        assert_eq!(heard(direct).as_deref(), Some("hi"));
        let group = Overheard {
            channel: ChannelKind::Group,
            ..said("hi")
        };
        assert_eq!(heard(group), None);
    }

    #[test]
    fn whoever_addressed_the_bot_in_a_thread_goes_on_unless_somebody_else_is_meant() {
        let follow_up = |text, hearing| Overheard {
            hearing,
            is_in_conversation: true,
            ..said(text)
        };
        let thread = |text| heard(follow_up(text, Hearing::Thread));
        assert_eq!(thread("and then?").as_deref(), Some("and then?"));
        assert_eq!(thread("@bob what do you think?"), None);
        assert_eq!(
            thread("see mail@example.com").as_deref(),
            Some("see mail@example.com")
        );
        assert_eq!(
            thread("`@Override` what?").as_deref(),
            Some("`@Override` what?")
        );
        assert_eq!(heard(follow_up("and then?", Hearing::Mention)), None);
        assert_eq!(heard(said("and then?")), None);
    }

    #[test]
    fn a_channel_of_its_own_hears_everything_people_say() {
        let all = Overheard {
            hearing: Hearing::All,
            ..said("hi")
        };
        assert_eq!(heard(all).as_deref(), Some("hi"));
    }
}
