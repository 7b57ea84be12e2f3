//! How questions are answered.

use jiff::tz::TimeZone;

use super::template::{check_answer, check_instructions};
use super::{System, access, agent, at_most, budget, channel, model, prices, retention, whole};
use crate::config::fault::Fault;
use crate::config::nearest::nearest;
use crate::config::raw::Values;
use crate::config::reference::{self as keys, Key};
use crate::domain::attention::Hearing;
use crate::domain::conversation::ConversationScope;
use crate::domain::draft::Pace;
use crate::domain::retry::RetryPolicy;
use crate::mattermost::{longest_wait, longest_write};
use crate::pipeline::{
    Attaching, DEFAULT_TEMPLATE, DeletedQuestion, DeliveryWays, OldTurns, Reasoning, Settings,
    SpokenLanguage,
};
use crate::text::Language;

/// The time zone where neither the configuration nor the machine names one.
const FALLBACK_TIME_ZONE: &str = "UTC";

pub(super) fn settings(values: &Values, language: Language, system: &System) -> Option<Settings> {
    check_delays(values);
    let agents = agent::settings(values);
    Some(Settings {
        language,
        spoken: if values.switch(&keys::ANSWER_FOLLOW_PEOPLE) {
            SpokenLanguage::AsTheirAccount
        } else {
            SpokenLanguage::AsConfigured
        },
        assistant_name: values.text(&keys::ANSWER_ASSISTANT)?.to_owned(),
        command_trigger: trigger(values)?,
        template: template(values),
        instructions: instructions(values),
        time_zone: time_zone(values, system),
        reasoning: match values.text(&keys::ANSWER_REASONING) {
            Some("quote") => Reasoning::Quoted,
            _ => Reasoning::Hidden,
        },
        pace: pace(values),
        latex: values
            .is_written(&keys::MATTERMOST_LATEX)
            .then(|| values.switch(&keys::MATTERMOST_LATEX)),
        max_question_chars: whole(values, &keys::LIMITS_MAX_QUESTION),
        hearing: hearing(values),
        late_after: values.duration(&keys::BOT_LATE_AFTER),
        scope: scope(values),
        session_idle: values.duration(&keys::CONVERSATION_IDLE),
        channel_posts: whole(values, &keys::CONVERSATION_CHANNEL_POSTS),
        max_turns: whole(values, &keys::CONVERSATION_MAX_TURNS),
        old_turns: if values.switch(&keys::CONVERSATION_SUMMARIES) {
            OldTurns::Summarised
        } else {
            OldTurns::LeftOut
        },
        deadline: values.duration(&keys::LIMITS_DEADLINE),
        response_deadline: values.duration(&keys::LIMITS_RESPONSE_DEADLINE),
        workers: whole(values, &keys::LIMITS_WORKERS),
        admission_queue: whole(values, &keys::LIMITS_QUEUE),
        max_waiting: whole(values, &keys::LIMITS_WAITING),
        lease: values.duration(&keys::LIMITS_LEASE),
        longest_wait: longest_wait(values.duration(&keys::MATTERMOST_CALL_TIMEOUT)),
        longest_write: longest_write(values.duration(&keys::MATTERMOST_CALL_TIMEOUT)),
        max_deaths: whole(values, &keys::LIMITS_DEATHS),
        model_retry: model::retry(values),
        delivery_retry: delivery_retry(values),
        keep_from_chars: whole(values, &keys::ANSWER_KEEP_FROM),
        deleted_question: match values.text(&keys::ANSWER_DELETED) {
            Some("remove") => DeletedQuestion::Removed,
            _ => DeletedQuestion::SaidSo,
        },
        buttons: has_buttons(values),
        reactions: values.text(&keys::ANSWER_CONTROLS) != Some("none"),
        max_posts: whole(values, &keys::ANSWER_MAX_POSTS),
        live_preview: values.switch(&keys::ANSWER_LIVE_PREVIEW),
        attaching: Attaching {
            from_posts: unless_zero(values, &keys::ANSWER_ATTACH_POSTS),
            code_from_chars: unless_zero(values, &keys::ANSWER_ATTACH_CODE),
        },
        channels: channel::settings(values, &agents),
        access: access::settings(values, &agents),
        agents,
        budgets: budget::settings(values),
        unpriced: prices::unpriced(values),
        retention: retention::settings(values),
        redaction: retention::redaction(values),
        model_choices: values.texts(&keys::MODEL_CHOICES).to_vec(),
        inline_timeout: values.duration(&keys::SERVER_INLINE_TIMEOUT),
        delivery: DeliveryWays {
            bot: values.is_written(&keys::MATTERMOST_BOT_TOKEN),
            incoming_webhook: values.is_written(&keys::MATTERMOST_INCOMING_WEBHOOK),
        },
        // Of the process, which knows it.
        page_url: None,
    })
}

fn check_delays(values: &Values) {
    for (first, longest) in [
        (&keys::MODEL_FIRST_DELAY, &keys::MODEL_LONGEST_DELAY),
        (&keys::ANSWER_FIRST_DELAY, &keys::ANSWER_LONGEST_DELAY),
    ] {
        let most = values.duration(longest);
        if values.duration(first) > most {
            values.report(first, at_most(longest, most));
        }
    }
}

/// Administrators may write the trigger with the slash people type.
fn trigger(values: &Values) -> Option<String> {
    let text = values.text(&keys::ANSWER_TRIGGER)?;
    let trigger = text.strip_prefix('/').unwrap_or(text).trim();
    if trigger.is_empty() || trigger.contains(char::is_whitespace) {
        values.report(&keys::ANSWER_TRIGGER, Fault::Trigger);
    }
    Some(trigger.to_owned())
}

fn template(values: &Values) -> String {
    let Some(template) = values.text(&keys::ANSWER_TEMPLATE) else {
        return DEFAULT_TEMPLATE.to_owned();
    };
    if let Err(fault) = check_answer(template) {
        values.report(&keys::ANSWER_TEMPLATE, fault);
    }
    template.to_owned()
}

fn instructions(values: &Values) -> Option<String> {
    let template = values.text(&keys::ANSWER_INSTRUCTIONS)?;
    if let Err(fault) = check_instructions(template) {
        values.report(&keys::ANSWER_INSTRUCTIONS, fault);
    }
    Some(template.to_owned())
}

fn time_zone(values: &Values, system: &System) -> String {
    known_time_zone(values, &keys::ANSWER_TIME_ZONE)
        .or_else(|| {
            let of_the_machine = system.time_zone.clone();
            of_the_machine.filter(|name| TimeZone::get(name).is_ok())
        })
        .unwrap_or_else(|| FALLBACK_TIME_ZONE.to_owned())
}

/// Returns the time zone that is written for a key, and reports one that nobody knows.
pub(super) fn known_time_zone(values: &Values, key: &Key) -> Option<String> {
    let name = values.text(key)?;
    if TimeZone::get(name).is_err() {
        let known: Vec<_> = jiff::tz::db()
            .available()
            .map(|name| name.to_string())
            .collect();
        let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        values.report(key, Fault::TimeZone { nearest });
    }
    Some(name.to_owned())
}

fn unless_zero(values: &Values, key: &Key) -> Option<usize> {
    Some(whole(values, key)).filter(|number| *number > 0)
}

fn pace(values: &Values) -> Pace {
    Pace {
        create_after: values.duration(&keys::ANSWER_CREATE_AFTER),
        edit_interval: values.duration(&keys::ANSWER_EDIT_INTERVAL),
        edit_growth_chars: whole(values, &keys::ANSWER_GROWTH_CHARS),
        edit_growth_percent: whole(values, &keys::ANSWER_GROWTH_PERCENT),
    }
}

/// Buttons need a bot whose posts have them, and an address at which Mattermost reports that one was pressed.
pub(super) fn has_buttons(values: &Values) -> bool {
    values.text(&keys::ANSWER_CONTROLS) == Some("buttons")
        && values.is_written(&keys::MATTERMOST_BOT_TOKEN)
        && values.is_written(&keys::SERVER_PUBLIC_URL)
}

pub(super) fn hearing(values: &Values) -> Option<Hearing> {
    values.text(&keys::BOT_HEARS).and_then(one_hearing)
}

/// Reads which posts are heard; `None` for `nothing`.
pub(super) fn one_hearing(word: &str) -> Option<Hearing> {
    match word {
        "mention" => Some(Hearing::Mention),
        "thread" => Some(Hearing::Thread),
        "all" => Some(Hearing::All),
        _ => None,
    }
}

fn scope(values: &Values) -> ConversationScope {
    match values.text(&keys::CONVERSATION_SCOPE) {
        Some("person") => ConversationScope::Person,
        _ => ConversationScope::Channel,
    }
}

fn delivery_retry(values: &Values) -> RetryPolicy {
    RetryPolicy {
        tries: whole(values, &keys::ANSWER_TRIES),
        first_delay: values.duration(&keys::ANSWER_FIRST_DELAY),
        longest_delay: values.duration(&keys::ANSWER_LONGEST_DELAY),
    }
}
