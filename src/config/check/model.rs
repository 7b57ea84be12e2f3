//! Which models there are, how each is reached, and which of them may answer.

use std::collections::BTreeMap;
use std::path::Path;

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::address::address;
use super::{System, foreign, prices, whole};
use crate::config::env::read_secret;
use crate::config::fault::Fault;
use crate::config::nearest::nearest;
use crate::config::raw::Values;
use crate::config::reference::{self as keys, Key};
use crate::domain::prompt::Window;
use crate::domain::retry::RetryPolicy;
use crate::llm::{
    ANTHROPIC_BASE_URL, AnswerLimit, DEFAULT_BASE_URL, DEFAULT_MODEL, DEFAULT_ROUTE,
    InstructionsRole, Manners, Models, Protocol, ReasoningForm, Route, Sampling, Settings,
    TargetSettings, Way, Wire,
};

/// What `gpt-4o-mini` takes in.
const DEFAULT_WINDOW: Window = Window {
    total_tokens: 128_000,
    answer_tokens: 4_096,
};

/// What each of Anthropic's models takes in, at least.
pub(super) const ANTHROPIC_WINDOW: Window = Window {
    total_tokens: 200_000,
    answer_tokens: 8_192,
};

/// What a model server of one's own is taken to have where it is not said: what most are started with, or more.
const OTHER_WINDOW: Window = Window {
    total_tokens: 8_192,
    answer_tokens: 1_024,
};

/// The largest weight of a target.
const MOST_WEIGHT: u32 = 1_000;

/// Checks everything about models. `None` only where something was reported.
pub(super) fn settings(values: &Values, system: &System) -> Option<Models> {
    let first = target(values, DEFAULT_ROUTE.to_owned(), system);
    let others: Vec<_> = values
        .tables(keys::MODELS_SECTION)
        .map(|table| {
            let id = name(table, &keys::MODELS_ID)?;
            let target = target(table, id, system)?;
            Some((table, target))
        })
        .collect();
    let mut targets = vec![first?];
    for other in others {
        let (table, target) = other?;
        if targets.iter().any(|known| known.id == target.id) {
            table.report(&keys::MODELS_ID, Fault::ModelNameTwice);
        }
        targets.push(target);
    }
    let known: Vec<&str> = targets.iter().map(|target| target.id.as_str()).collect();
    for table in std::iter::once(values).chain(values.tables(keys::MODELS_SECTION)) {
        let fallbacks = table.texts(&keys::MODEL_FALLBACKS);
        check_names(table, &keys::MODEL_FALLBACKS, fallbacks, &known);
    }
    let routes = routes(values, &known)?;
    Some(Models { targets, routes })
}

fn name(table: &Values, key: &Key) -> Option<String> {
    let name = table.text(key).map(str::to_owned);
    if name.is_none() && !table.is_written(key) {
        table.report(key, Fault::NoModelName);
    }
    name
}

fn check_names(values: &Values, key: &Key, names: &[String], known: &[&str]) {
    for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
        let nearest = nearest(name, known.iter().copied()).map(str::to_owned);
        values.report(key, Fault::NoSuchModel { nearest });
    }
}

fn routes(values: &Values, known: &[&str]) -> Option<BTreeMap<String, Route>> {
    let mut routes = BTreeMap::new();
    for table in values.tables(keys::ROUTES_SECTION) {
        let id = name(table, &keys::ROUTE_ID)?;
        let written = table.texts(&keys::ROUTE_TARGETS);
        if written.is_empty() && !table.is_written(&keys::ROUTE_TARGETS) {
            table.report(&keys::ROUTE_TARGETS, Fault::NoModelName);
        }
        let targets: Vec<_> = written.iter().map(|target| weighted(target)).collect();
        let names: Vec<_> = targets.iter().map(|(name, _)| name.clone()).collect();
        check_names(table, &keys::ROUTE_TARGETS, &names, known);
        let fallbacks = table.texts(&keys::ROUTE_FALLBACKS).to_vec();
        check_names(table, &keys::ROUTE_FALLBACKS, &fallbacks, known);
        let hedges = table.switch(&keys::ROUTE_HEDGE);
        let route = Route {
            targets,
            fallbacks,
            hedges,
        };
        if routes.insert(id, route).is_some() {
            table.report(&keys::ROUTE_ID, Fault::ModelNameTwice);
        }
    }
    Some(routes)
}

/// Reads `name` or `name*weight`.
fn weighted(text: &str) -> (String, u32) {
    let weighted = text.rsplit_once('*').and_then(|(name, weight)| {
        let weight: u32 = weight.trim().parse().ok()?;
        (1..=MOST_WEIGHT)
            .contains(&weight)
            .then(|| (name.trim().to_owned(), weight))
    });
    weighted.unwrap_or_else(|| (text.trim().to_owned(), 1))
}

fn target(values: &Values, id: String, system: &System) -> Option<TargetSettings> {
    let settings = reached(values, system);
    Some(TargetSettings {
        id,
        settings: settings?,
        most_at_once: values
            .is_written(&keys::MODEL_MOST)
            .then(|| whole(values, &keys::MODEL_MOST)),
        fallbacks: values.texts(&keys::MODEL_FALLBACKS).to_vec(),
    })
}

fn reached(values: &Values, system: &System) -> Option<Settings> {
    let protocol = protocol(values);
    let base_url = base_url(values, protocol);
    let asks_openai = is_openai(values, protocol);
    let api_keys = api_keys(values, system);
    let has_key = api_keys.as_ref().is_none_or(|keys| !keys.is_empty());
    if asks_openai && !has_key {
        values.report(&keys::MODEL_API_KEY, Fault::NoApiKey);
    }
    let model = values.text(&keys::MODEL_NAME).map(str::to_owned);
    let way = way(values, &system.directory);
    let window = window(values, protocol);
    let manners = manners(values);
    if let Protocol::Foreign(foreign) = protocol {
        foreign::check(values, foreign, &manners, has_key);
    }
    let is_known = asks_openai || is_anthropic(values, protocol);
    Some(Settings {
        protocol,
        base_url: base_url?,
        api_keys: api_keys?,
        model: model.or_else(|| asks_openai.then(|| DEFAULT_MODEL.to_owned())),
        window,
        caches: switch(values, &keys::MODEL_CACHE).unwrap_or(is_known),
        user_key: values.secret(&keys::MODEL_USER_KEY),
        price: prices::of_model(values),
        sees: switch(values, &keys::MODEL_VISION).unwrap_or(match protocol {
            Protocol::Own(_) => is_known,
            Protocol::Foreign(foreign) => foreign::sees(foreign),
        }),
        manners,
        way: way?,
        first_token_timeout: values.duration(&keys::MODEL_FIRST_TOKEN),
        idle_timeout: values.duration(&keys::MODEL_IDLE),
        total_timeout: values.duration(&keys::MODEL_TOTAL),
        max_answer_bytes: whole(values, &keys::MODEL_MAX_ANSWER),
    })
}

fn switch(values: &Values, key: &Key) -> Option<bool> {
    values.is_written(key).then(|| values.switch(key))
}

fn protocol(values: &Values) -> Protocol {
    let word = values.text(&keys::MODEL_WIRE);
    word.and_then(Protocol::from_word).unwrap_or_default()
}

/// Returns the base; where nothing is written, the protocol's own.
fn base_url(values: &Values, protocol: Protocol) -> Option<Url> {
    if !values.is_written(&keys::MODEL_BASE_URL) {
        match protocol {
            Protocol::Own(Wire::Messages) => return ANTHROPIC_BASE_URL.parse().ok(),
            Protocol::Foreign(foreign) => return foreign::base_url(values, foreign),
            Protocol::Own(Wire::ChatCompletions | Wire::Responses) => {}
        }
    }
    address(values, &keys::MODEL_BASE_URL, Some(&keys::MODEL_PLAIN_HTTP))
}

/// Collects the keys from wherever they are written. `None` where one was named that is not there.
fn api_keys(values: &Values, system: &System) -> Option<Vec<SecretString>> {
    let mut api_keys: Vec<_> = values.secret(&keys::MODEL_API_KEY).into_iter().collect();
    api_keys.extend(values.secrets(&keys::MODEL_API_KEYS));
    if let Some(variable) = values.text(&keys::MODEL_API_KEY_ENV) {
        let Some(key) = system.environment.get(variable) else {
            values.report(&keys::MODEL_API_KEY_ENV, Fault::NoVariable);
            return None;
        };
        api_keys.push(SecretString::from(key.trim()));
    }
    if let Some(path) = values.text(&keys::MODEL_API_KEY_FILE) {
        match read_secret(&system.directory.join(path)) {
            Ok(key) => api_keys.push(SecretString::from(key.trim())),
            Err(error) => {
                let unreadable = Fault::Unreadable {
                    path: path.to_owned(),
                    why: error.to_string(),
                };
                values.report(&keys::MODEL_API_KEY_FILE, unreadable);
                return None;
            }
        }
    }
    Some(api_keys)
}

fn way(values: &Values, directory: &Path) -> Option<Way> {
    let file = |key| values.text(key).map(|path| directory.join(path));
    let headers: Option<Vec<_>> = values
        .pairs(&keys::MODEL_HEADERS)
        .iter()
        .map(|(name, value)| header(name, value))
        .collect();
    if headers.is_none() {
        values.report(&keys::MODEL_HEADERS, Fault::Header);
    }
    let key_header = values.text(&keys::MODEL_KEY_HEADER).map(str::parse);
    if matches!(key_header, Some(Err(_))) {
        values.report(&keys::MODEL_KEY_HEADER, Fault::Header);
    }
    Some(Way {
        headers: headers?,
        query: values.pairs(&keys::MODEL_QUERY).to_vec(),
        key_header: key_header.transpose().ok()?,
        proxy: values.secret(&keys::MODEL_PROXY),
        ca_file: file(&keys::MODEL_CA),
        client_certificate_file: file(&keys::MODEL_CLIENT_CERTIFICATE),
    })
}

pub(super) fn header(name: &str, value: &SecretString) -> Option<(HeaderName, HeaderValue)> {
    let mut secret = HeaderValue::from_str(value.expose_secret()).ok()?;
    secret.set_sensitive(true);
    Some((name.parse().ok()?, secret))
}

fn manners(values: &Values) -> Manners {
    let text = |key| values.text(key);
    Manners {
        sampling: Sampling {
            temperature: values.decimal(&keys::MODEL_TEMPERATURE),
            top_p: values.decimal(&keys::MODEL_TOP_P),
            top_k: values
                .whole(&keys::MODEL_TOP_K)
                .and_then(|number| u32::try_from(number).ok()),
            frequency_penalty: values.decimal(&keys::MODEL_FREQUENCY_PENALTY),
            presence_penalty: values.decimal(&keys::MODEL_PRESENCE_PENALTY),
            seed: values.whole(&keys::MODEL_SEED),
            stop: values.texts(&keys::MODEL_STOP).to_vec(),
            reasoning_effort: text(&keys::MODEL_EFFORT).map(str::to_owned),
        },
        answer_limit: text(&keys::MODEL_LIMIT).map(|word| match word {
            "max_tokens" => AnswerLimit::MaxTokens,
            "max_completion_tokens" => AnswerLimit::MaxCompletionTokens,
            _ => AnswerLimit::Unsent,
        }),
        instructions: match text(&keys::MODEL_INSTRUCTIONS_ROLE) {
            Some("developer") => InstructionsRole::Developer,
            Some("user") => InstructionsRole::User,
            _ => InstructionsRole::System,
        },
        reasoning: match text(&keys::MODEL_REASONING) {
            Some("open") => ReasoningForm::Open,
            Some("unmarked") => ReasoningForm::Unmarked,
            _ => ReasoningForm::Marked,
        },
        body: values.json(&keys::MODEL_BODY),
    }
}

pub(super) fn host_of(text: &str) -> Option<String> {
    Url::parse(text).ok()?.host_str().map(str::to_owned)
}

/// Says whether OpenAI's own API is asked.
fn is_openai(values: &Values, protocol: Protocol) -> bool {
    let base = values.text(&keys::MODEL_BASE_URL).and_then(host_of);
    matches!(protocol, Protocol::Own(_))
        && !is_anthropic(values, protocol)
        && base.is_some()
        && base == host_of(DEFAULT_BASE_URL)
}

/// Says whether Anthropic's own API is asked.
fn is_anthropic(values: &Values, protocol: Protocol) -> bool {
    let base = values.text(&keys::MODEL_BASE_URL).and_then(host_of);
    let is_written = values.is_written(&keys::MODEL_BASE_URL);
    protocol == Protocol::Own(Wire::Messages)
        && (!is_written || base == host_of(ANTHROPIC_BASE_URL))
}

fn window(values: &Values, protocol: Protocol) -> Window {
    let default = match protocol {
        Protocol::Foreign(foreign) => foreign::window(values, foreign),
        Protocol::Own(_) if is_openai(values, protocol) => DEFAULT_WINDOW,
        Protocol::Own(_) if is_anthropic(values, protocol) => ANTHROPIC_WINDOW,
        Protocol::Own(_) => OTHER_WINDOW,
    };
    let number = |key, default: u32| {
        let written = values.whole(key).map(u32::try_from);
        written.and_then(Result::ok).unwrap_or(default)
    };
    let total_tokens = number(&keys::MODEL_WINDOW, default.total_tokens);
    let half = total_tokens / 2;
    // A window that was made smaller makes the answer smaller, unless that was written too.
    let answer_tokens = number(&keys::MODEL_ANSWER, default.answer_tokens.min(half));
    if answer_tokens > half {
        values.report(
            &keys::MODEL_ANSWER,
            Fault::AtMost {
                other: &keys::MODEL_WINDOW,
                most: half.to_string(),
            },
        );
    }
    Window {
        total_tokens,
        answer_tokens,
    }
}

pub(super) fn retry(values: &Values) -> RetryPolicy {
    RetryPolicy {
        tries: whole(values, &keys::MODEL_TRIES),
        first_delay: values.duration(&keys::MODEL_FIRST_DELAY),
        longest_delay: values.duration(&keys::MODEL_LONGEST_DELAY),
    }
}
