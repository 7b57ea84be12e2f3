//! What a model needs, and may not be told, that is asked in a protocol which is not ours.
//!
//! What cannot be said in such a protocol is refused here: what an operator wrote is never dropped in silence.

use url::Url;

use super::model::ANTHROPIC_WINDOW;
use crate::config::fault::Fault;
use crate::config::kind::Form;
use crate::config::raw::Values;
use crate::config::reference::{self as keys, Key};
use crate::domain::prompt::Window;
use crate::llm::{EFFORTS, Foreign, Manners};

/// What Gemini's models take in: 1,048,576 tokens (<https://ai.google.dev/gemini-api/docs/models/gemini-2.0-flash>, 2026-11). They write 8,192 at
/// least, of which reasoning takes its share.
const GEMINI_WINDOW: Window = Window {
    total_tokens: 1_048_576,
    answer_tokens: 8_192,
};

/// What nearly every model takes in that Bedrock has: the smallest of the Nova family and of Llama 3.1 and later have 128,000
/// (<https://docs.aws.amazon.com/nova/latest/userguide/what-is-nova.html>, 2026-11).
const BEDROCK_WINDOW: Window = Window {
    total_tokens: 128_000,
    answer_tokens: 4_096,
};

/// What the Command models take in, at least; they write 4,000 at most (<https://docs.cohere.com/docs/models>, 2026-11).
const COHERE_WINDOW: Window = Window {
    total_tokens: 128_000,
    answer_tokens: 4_000,
};

/// The keys that a protocol may have no words for.
const UNSAYABLE: [&Key; 8] = [
    &keys::MODEL_TOP_K,
    &keys::MODEL_FREQUENCY_PENALTY,
    &keys::MODEL_PRESENCE_PENALTY,
    &keys::MODEL_SEED,
    &keys::MODEL_EFFORT,
    &keys::MODEL_LIMIT,
    &keys::MODEL_INSTRUCTIONS_ROLE,
    &keys::MODEL_BODY,
];

/// Reports what is missing, and what cannot be said.
pub(super) fn check(values: &Values, protocol: Foreign, manners: &Manners, has_key: bool) {
    let wire = protocol.as_str();
    let is_written = |key| values.is_written(key);
    let wanted = |key, form| values.report(key, Fault::Wanted { wire, form });
    let name = values.text(&keys::MODEL_NAME).unwrap_or_default();
    if !is_written(&keys::MODEL_NAME) {
        wanted(&keys::MODEL_NAME, "name = \"…\"");
    } else if !protocol.knows(name) {
        wanted(&keys::MODEL_NAME, "name = \"gemini-…\" / \"claude-…\"");
    }
    // Another server may want none, and where the base is missing, that is told.
    let base_is_known = protocol.base_url().is_some();
    let may_hold_key = is_written(&keys::MODEL_HEADERS) || is_written(&keys::MODEL_QUERY);
    if !has_key && !may_hold_key && base_is_known && !is_written(&keys::MODEL_BASE_URL) {
        wanted(&keys::MODEL_API_KEY, "api_key_file = \"…\"");
    }
    let lost = protocol.lacks(name, manners);
    let lost = UNSAYABLE.into_iter().filter(|key| lost.contains(&key.name));
    let caches = values.is_written(&keys::MODEL_CACHE) && values.switch(&keys::MODEL_CACHE);
    let sees = values.is_written(&keys::MODEL_VISION) && values.switch(&keys::MODEL_VISION);
    let further = [
        (caches, &keys::MODEL_CACHE),
        (is_written(&keys::MODEL_USER_KEY), &keys::MODEL_USER_KEY),
        (sees && !protocol.shows_pictures(), &keys::MODEL_VISION),
    ];
    let further = further.into_iter().filter(|(is_lost, _)| *is_lost);
    for key in lost.chain(further.map(|(_, key)| key)) {
        values.report(key, Fault::Unsayable { wire });
    }
    let effort = manners.sampling.reasoning_effort.as_deref();
    if effort.is_some_and(|effort| !EFFORTS.contains(&effort)) {
        values.report(&keys::MODEL_EFFORT, Fault::Form(Form::OneOf(&EFFORTS)));
    }
}

/// Returns the base where none is written, and reports that it is missing where it depends on a project or region.
pub(super) fn base_url(values: &Values, protocol: Foreign) -> Option<Url> {
    if let Some(base) = protocol.base_url() {
        return base.parse().ok();
    }
    let wanted = Fault::Wanted {
        wire: protocol.as_str(),
        form: protocol.base_url_form(),
    };
    values.report(&keys::MODEL_BASE_URL, wanted);
    None
}

/// Returns how much is taken in where nothing is written.
pub(super) fn window(values: &Values, protocol: Foreign) -> Window {
    let is_claude = || {
        let name = values.text(&keys::MODEL_NAME).unwrap_or_default();
        name.starts_with("claude")
    };
    match protocol {
        Foreign::Vertex if is_claude() => ANTHROPIC_WINDOW,
        Foreign::Gemini | Foreign::Vertex => GEMINI_WINDOW,
        Foreign::Bedrock => BEDROCK_WINDOW,
        Foreign::Cohere => COHERE_WINDOW,
    }
}

/// Says whether pictures are sent where nothing is written: Gemini and Claude take them; of Bedrock's models not all do.
pub(super) fn sees(protocol: Foreign) -> bool {
    match protocol {
        Foreign::Gemini | Foreign::Vertex => true,
        Foreign::Bedrock | Foreign::Cohere => false,
    }
}
