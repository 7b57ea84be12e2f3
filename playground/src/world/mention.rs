//! Who a new post notifies, and by which words.
//!
//! The server walks the Markdown, leaves code out, splits the rest into words and looks them up; escaping does not help.
//! `recorded/mentions_by_a_bot.json` is what this file is held to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::world::post::Post;
use crate::world::state::World;

/// Why somebody was notified of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// By name or keyword.
    Mention,
    /// By `@all`, `@channel` or `@here`.
    ChannelWide,
    /// It is a direct or group message.
    Personal,
    /// They follow the thread.
    Thread,
}

/// Somebody was notified of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The post.
    pub post_id: String,
    /// Who was notified.
    pub user_id: String,
    /// Why.
    pub reason: Reason,
}

impl Notification {
    pub(crate) fn new(post_id: &str, user_id: &str, reason: Reason) -> Self {
        Self {
            post_id: post_id.to_owned(),
            user_id: user_id.to_owned(),
            reason,
        }
    }
}

impl World {
    /// The members that a new post mentions, with the strongest reason of each.
    pub(crate) fn mentioned_by(&self, post: &Post) -> BTreeMap<String, Reason> {
        let mut mentioned = BTreeMap::new();
        let Some(channel) = self.channels.get(&post.channel_id) else {
            return mentioned;
        };
        if let Some(added) = post.prop("addedUserId") {
            mentioned.insert(added.to_owned(), Reason::Mention);
            return mentioned;
        }
        if channel.is_personal() {
            for member in channel.members.keys() {
                mentioned.insert(member.clone(), Reason::Personal);
            }
        } else {
            let words = mention_words(post);
            for (user_id, member) in &channel.members {
                let ignores_channel = member
                    .notify_props
                    .get("ignore_channel_mentions")
                    .is_some_and(|value| value == "on");
                if let Some(reason) = self.reason_for(user_id, &words, ignores_channel) {
                    mentioned.insert(user_id.clone(), reason);
                }
            }
        }
        // A hook's post may mention the account it is posted under.
        if !post.is_from_webhook() {
            mentioned.remove(&post.user_id);
        }
        mentioned
    }

    fn reason_for(
        &self,
        user_id: &str,
        words: &BTreeSet<String>,
        ignores_channel: bool,
    ) -> Option<Reason> {
        let user = self.users.get(user_id)?;
        let prop = |name: &str| user.notify_props.get(name).map_or("", String::as_str);
        let by_name = words.contains(&format!("@{}", user.username));
        let by_keyword = prop("mention_keys")
            .split(',')
            .filter(|key| !key.is_empty())
            .any(|key| words.contains(&key.trim().to_lowercase()));
        let by_first_name =
            prop("first_name") == "true" && words.contains(&user.first_name.to_lowercase());
        if by_name || by_keyword || by_first_name {
            return Some(Reason::Mention);
        }
        let for_all = words.contains("@all")
            || words.contains("@channel")
            || (words.contains("@here") && self.hub.is_online(user_id));
        (for_all && prop("channel") == "true" && !ignores_channel).then_some(Reason::ChannelWide)
    }
}

/// Every word of a post that could mention somebody, in lower case.
fn mention_words(post: &Post) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    add_words(&post.message, &mut words);
    let attachments = post.props.get("attachments").and_then(Value::as_array);
    for attachment in attachments.into_iter().flatten() {
        for name in ["pretext", "text"] {
            if let Some(text) = attachment.get(name).and_then(Value::as_str) {
                add_words(text, &mut words);
            }
        }
        let fields = attachment.get("fields").and_then(Value::as_array);
        for field in fields.into_iter().flatten() {
            if let Some(text) = field.get("value").and_then(Value::as_str) {
                add_words(text, &mut words);
            }
        }
    }
    words
}

/// Splits a text the way the server does, and adds each form that it would look up.
fn add_words(text: &str, words: &mut BTreeSet<String>) {
    let text = without_code(text);
    let pieces = text.split(|c: char| !(c.is_alphanumeric() || ":.-_@".contains(c)));
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        if piece.starts_with(':') && piece.ends_with(':') {
            continue;
        }
        let mut word = piece
            .trim_start_matches([':', '.', '-', '_'])
            .to_lowercase();
        for part in word.split(['.', '-', ':']) {
            words.insert(part.to_owned());
        }
        loop {
            words.insert(word.clone());
            match word.pop() {
                Some(last) if ".-:_".contains(last) => {}
                _ => break,
            }
        }
    }
}

/// A text without its fenced blocks (closed or not) and code spans.
pub(crate) fn without_code(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut fence: Option<(char, usize)> = None;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let mark = trimmed.chars().next().filter(|c| "`~".contains(*c));
        let length = mark.map_or(0, |mark| trimmed.chars().take_while(|c| *c == mark).count());
        match (fence, mark) {
            (Some((open, count)), Some(mark)) if mark == open && length >= count => fence = None,
            (Some(_), _) => {}
            // A line of back-ticks that has more of them later is a code span, not a fence.
            (None, Some(mark))
                if length >= 3
                    && !(mark == '`' && trimmed.trim_start_matches('`').contains('`')) =>
            {
                fence = Some((mark, length));
            }
            (None, _) => kept.push_str(line),
        }
    }
    without_spans(&kept)
}

fn without_spans(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let (before, from) = rest.split_at(start);
        kept.push_str(before);
        let count = from.bytes().take_while(|byte| *byte == b'`').count();
        let (ticks, inside) = from.split_at(count);
        if let Some(end) = closing_ticks(inside, count) {
            rest = inside.get(end + count..).unwrap_or_default();
        } else {
            kept.push_str(ticks);
            rest = inside;
        }
        kept.push(' ');
    }
    kept.push_str(rest);
    kept
}

/// Where a run of exactly `count` back-ticks starts.
fn closing_ticks(text: &str, count: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text.get(at..)?.find('`') {
        let start = at + found;
        let run = text
            .get(start..)?
            .bytes()
            .take_while(|byte| *byte == b'`')
            .count();
        if run == count {
            return Some(start);
        }
        at = start + run;
    }
    None
}
