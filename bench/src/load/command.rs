//! One slash command, as bytes: made once, and only its numbers written anew for each.

use std::net::SocketAddr;

/// The command's token, in the shape of Mattermost's.
pub(crate) const TOKEN: &str = "benchtokenxxxxxxxxxxxxxxxx";

/// People who ask, each in a lane of their own.
const PEOPLE: u64 = 2_000;

/// Channels they ask in.
const CHANNELS: u64 = 50;

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// How many characters of an id count; the rest of its 26 is fixed.
const COUNTED: usize = 10;

/// What differs from one command to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked(pub(crate) u64);

impl Asked {
    /// The word in the question's text by which a fake model knows it again.
    pub(crate) fn word(self) -> String {
        format!("q{:0>10}", self.0)
    }

    /// Finds the word again in whatever holds the question's text.
    pub(crate) fn find_in(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        // The last one, since a conversation's earlier questions come before.
        text.rmatch_indices('q').find_map(|(at, _)| {
            let digits = text.get(at + 1..at + 11)?;
            let is_word = digits.bytes().all(|byte| byte.is_ascii_digit());
            is_word.then(|| digits.parse().ok().map(Self)).flatten()
        })
    }

    /// The id inside the `response_url`, 26 characters.
    pub(crate) fn response_id(self) -> String {
        id("benchresponsexxx", self.0)
    }

    /// Reads the id inside a `response_url` back.
    pub(crate) fn of_response_id(id: &str) -> Option<Self> {
        let number = id.strip_prefix("benchresponsexxx")?;
        u64::from_str_radix(number, 36).ok().map(Self)
    }
}

/// A request that is a template of itself.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    bytes: Vec<u8>,
    response: usize,
    person: usize,
    channel: usize,
    word: usize,
}

impl Command {
    /// Makes the command for a server, whose answers go to the fake Mattermost at `mattermost`.
    ///
    /// The form is the recorded one, field by field, without the optional lists of mentions.
    pub(crate) fn new(server: SocketAddr, mattermost: SocketAddr) -> Self {
        let zero = Asked(0);
        let (response, person) = (zero.response_id(), id("benchpersonxxxxx", 0));
        let (channel, word) = (id("benchchannelxxxx", 0), zero.word());
        let body = format!(
            "channel_id={channel}&channel_name=lobby&command=%2Faskgpt&response_url=http%3A%2F%2F{host}%3A{port}%2Fhooks%2Fcommands%2F{response}\
             &root_id=&team_domain=acme&team_id=benchteamxxxxxxxxxxxxxxxxx&text=%EC%98%A4%EB%8A%98+%EB%82%A0%EC%94%A8+%EC%96%B4%EB%95%8C%3F+{word}\
             &token={TOKEN}&trigger_id=dHJpZ2dlci0wMDE%3D&user_id={person}&user_name=alice",
            host = mattermost.ip(),
            port = mattermost.port(),
        );
        let head = format!(
            "POST /mattermost-gpt HTTP/1.1\r\nHost: {server}\r\nUser-Agent: Mattermost-Bot/1.1\r\nContent-Length: {length}\r\n\
             Accept: application/json\r\nAuthorization: Token {TOKEN}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Accept-Encoding: gzip\r\n\r\n",
            length = body.len(),
        );
        let text = head + &body;
        let end_of = |part: &str| text.find(part).map_or(0, |at| at + part.len());
        Self {
            response: end_of(&response),
            person: end_of(&person),
            channel: end_of(&channel),
            word: end_of(&word),
            bytes: text.into_bytes(),
        }
    }

    /// The bytes of one command.
    pub(crate) fn numbered(&mut self, Asked(number): Asked) -> &[u8] {
        self.write(self.response, COUNTED, 36, number);
        self.write(self.person, COUNTED, 36, number % PEOPLE);
        self.write(self.channel, COUNTED, 36, number % CHANNELS);
        self.write(self.word, COUNTED, 10, number);
        &self.bytes
    }

    /// Writes a number so that its last digit is the one before `end`.
    fn write(&mut self, end: usize, width: usize, base: u64, mut number: u64) {
        let place = self.bytes.get_mut(end - width..end);
        for byte in place.into_iter().flatten().rev() {
            *byte = digit(number % base);
            number /= base;
        }
    }
}

pub(super) fn id(prefix: &str, mut number: u64) -> String {
    let mut digits = vec![b'0'; COUNTED];
    for byte in digits.iter_mut().rev() {
        *byte = digit(number % 36);
        number /= 36;
    }
    format!("{prefix}{}", String::from_utf8_lossy(&digits))
}

fn digit(value: u64) -> u8 {
    let place = usize::try_from(value).unwrap_or_default();
    DIGITS.get(place).copied().unwrap_or(b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(command: &mut Command, number: u64) -> String {
        String::from_utf8(command.numbered(Asked(number)).to_vec()).unwrap()
    }

    #[test]
    fn a_command_has_the_length_that_it_says() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8065));
        let text = text(&mut Command::new(address, address), 7);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
    }

    #[test]
    fn two_commands_differ_in_their_numbers_and_in_nothing_else() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8065));
        let mut command = Command::new(address, address);
        let (one, other) = (text(&mut command, 1), text(&mut command, 46_655));
        assert_eq!(one.len(), other.len());
        assert!(one.contains("benchresponsexxx0000000001") && one.contains("q0000000001"));
        assert!(other.contains("benchresponsexxx0000000zzz") && other.contains("q0000046655"));
        assert!(other.contains("benchpersonxxxxx00000000i7"), "{other}");
    }

    #[test]
    fn a_question_is_known_again_by_its_word_and_by_its_response_url() {
        let asked = Asked(1_234);
        let prompt = format!("earlier q0000000001, quick q, now {}?", asked.word());
        assert_eq!(Asked::find_in(prompt.as_bytes()), Some(asked));
        assert_eq!(Asked::find_in(b"quite another text"), None);
        assert_eq!(Asked::of_response_id(&asked.response_id()), Some(asked));
        assert_eq!(asked.response_id().len(), 26);
    }
}
