//! How we reach the model, and how much it takes in.

use url::Url;

use super::address::address;
use super::whole;
use crate::config::fault::Fault;
use crate::config::raw::Values;
use crate::config::reference as keys;
use crate::domain::prompt::Window;
use crate::domain::retry::RetryPolicy;
use crate::llm::{DEFAULT_BASE_URL, DEFAULT_MODEL, Manners, Sampling, Settings, Way, Wire};

/// What `gpt-4o-mini` takes in.
const DEFAULT_WINDOW: Window = Window {
    total_tokens: 128_000,
    answer_tokens: 4_096,
};

/// What a model server of one's own is taken to have where it is not said: what most are started with, or more.
const OTHER_WINDOW: Window = Window {
    total_tokens: 8_192,
    answer_tokens: 1_024,
};

pub(super) fn settings(values: &Values) -> Option<Settings> {
    let base_url = address(values, &keys::MODEL_BASE_URL, Some(&keys::MODEL_PLAIN_HTTP));
    let asks_openai = is_openai(values);
    if asks_openai && !values.is_written(&keys::MODEL_API_KEY) {
        values.report(&keys::MODEL_API_KEY, Fault::NoApiKey);
    }
    let model = values.text(&keys::MODEL_NAME).map(str::to_owned);
    Some(Settings {
        base_url: base_url?,
        wire: Wire::ChatCompletions,
        api_keys: values.secret(&keys::MODEL_API_KEY).into_iter().collect(),
        model: model.or_else(|| asks_openai.then(|| DEFAULT_MODEL.to_owned())),
        manners: Manners {
            sampling: Sampling {
                temperature: values.decimal(&keys::MODEL_TEMPERATURE),
                ..Sampling::default()
            },
            ..Manners::default()
        },
        way: Way::default(),
        first_token_timeout: values.duration(&keys::MODEL_FIRST_TOKEN),
        idle_timeout: values.duration(&keys::MODEL_IDLE),
        total_timeout: values.duration(&keys::MODEL_TOTAL),
        max_answer_bytes: whole(values, &keys::MODEL_MAX_ANSWER),
    })
}

/// Says whether OpenAI's own API is asked.
fn is_openai(values: &Values) -> bool {
    let host = |text: &str| Url::parse(text).ok()?.host_str().map(str::to_owned);
    let base = values.text(&keys::MODEL_BASE_URL).and_then(host);
    base.is_some() && base == host(DEFAULT_BASE_URL)
}

pub(super) fn window(values: &Values) -> Window {
    let default = if is_openai(values) {
        DEFAULT_WINDOW
    } else {
        OTHER_WINDOW
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
