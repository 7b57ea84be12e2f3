//! Who draws, and who writes down what is said: at the server of `[model]`, where no other is named.

use super::address::address;
use super::model::host_of;
use super::whole;
use crate::config::fault::Fault;
use crate::config::raw::Values;
use crate::config::reference::{self as keys, Key};
use crate::llm::{
    Access, DEFAULT_BASE_URL, ImageSettings, Models, Protocol, SpeechSettings, Way, Wire,
};

/// What OpenAI draws with where no model is named.
const OPENAI_IMAGES: &str = "gpt-image-1";

/// What OpenAI listens with where no model is named.
const OPENAI_SPEECH: &str = "gpt-4o-mini-transcribe";

/// Who draws and who listens, where anybody does.
pub(super) struct Media {
    pub(super) images: Option<ImageSettings>,
    pub(super) speech: Option<SpeechSettings>,
}

/// The keys by which a server is reached.
struct Keys {
    base_url: &'static Key,
    plain_http: &'static Key,
    api_key: &'static Key,
    name: &'static Key,
}

/// Checks both. `None` only where something was reported.
pub(super) fn settings(values: &Values, models: Option<&Models>) -> Option<Media> {
    let is_on = |key| values.switch(key);
    // Each is checked before any is given up.
    let images = is_on(&keys::IMAGES_ENABLED).then(|| images(values, models));
    let speech = is_on(&keys::SPEECH_ENABLED).then(|| speech(values, models));
    Some(Media {
        images: match images {
            Some(checked) => Some(checked?),
            None => None,
        },
        speech: match speech {
            Some(checked) => Some(checked?),
            None => None,
        },
    })
}

fn images(values: &Values, models: Option<&Models>) -> Option<ImageSettings> {
    let keys = Keys {
        base_url: &keys::IMAGES_BASE_URL,
        plain_http: &keys::IMAGES_PLAIN_HTTP,
        api_key: &keys::IMAGES_API_KEY,
        name: &keys::IMAGES_NAME,
    };
    let (access, model) = reached(values, &keys, models, OPENAI_IMAGES)?;
    Some(ImageSettings {
        access,
        model,
        size: values.text(&keys::IMAGES_SIZE).map(str::to_owned),
        timeout: values.duration(&keys::IMAGES_TIMEOUT),
        max_bytes: whole(values, &keys::IMAGES_MAX_BYTES),
    })
}

fn speech(values: &Values, models: Option<&Models>) -> Option<SpeechSettings> {
    let keys = Keys {
        base_url: &keys::SPEECH_BASE_URL,
        plain_http: &keys::SPEECH_PLAIN_HTTP,
        api_key: &keys::SPEECH_API_KEY,
        name: &keys::SPEECH_NAME,
    };
    let (access, model) = reached(values, &keys, models, OPENAI_SPEECH)?;
    Some(SpeechSettings {
        access,
        model,
        language: values.text(&keys::SPEECH_LANGUAGE).map(str::to_owned),
        timeout: values.duration(&keys::SPEECH_TIMEOUT),
        max_bytes: whole(values, &keys::SPEECH_MAX_BYTES),
    })
}

/// Says whether a server that speaks a protocol may have OpenAI's Images and Audio, too.
fn speaks_of_media(protocol: Protocol) -> bool {
    match protocol {
        Protocol::Own(Wire::ChatCompletions | Wire::Responses) => true,
        Protocol::Own(Wire::Messages) | Protocol::Foreign(_) => false,
    }
}

/// Returns how a server is reached, and its model where one is named. What is said of the server of `[model]` holds where it is the same.
fn reached(
    values: &Values,
    keys: &Keys,
    models: Option<&Models>,
    openai_model: &str,
) -> Option<(Access, Option<String>)> {
    let first = models?.first()?;
    let base_url = if values.is_written(keys.base_url) {
        address(values, keys.base_url, Some(keys.plain_http))?
    } else if !speaks_of_media(first.protocol) {
        values.report(keys.base_url, Fault::NoMediaAddress);
        return None;
    } else {
        first.base_url.clone()
    };
    let is_same = base_url == first.base_url;
    let api_keys = match values.secret(keys.api_key) {
        Some(key) => vec![key],
        None if is_same => first.api_keys.clone(),
        None => Vec::new(),
    };
    let asks_openai = base_url.host_str().map(str::to_owned) == host_of(DEFAULT_BASE_URL);
    if asks_openai && api_keys.is_empty() {
        values.report(keys.api_key, Fault::NoMediaKey);
        return None;
    }
    let model = values.text(keys.name).map(str::to_owned);
    let access = Access {
        base_url,
        api_keys,
        way: if is_same {
            first.way.clone()
        } else {
            Way::default()
        },
    };
    Some((
        access,
        model.or_else(|| asks_openai.then(|| openai_model.to_owned())),
    ))
}
