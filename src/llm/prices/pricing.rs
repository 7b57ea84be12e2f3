//! What a configured model costs.

use url::Url;

use super::table::listed;
use crate::domain::money::Price;
use crate::llm::foreign::Foreign;
use crate::llm::protocol::Protocol;
use crate::llm::settings::Settings;
use crate::llm::wire::Wire;

/// Fields of a request that make it cost otherwise than the table says, or have another model asked: who puts them in has to say the price.
const DEARER_FIELDS: [&str; 9] = [
    "inference_geo",
    "model",
    "models",
    "plugins",
    "provider",
    "service_tier",
    "speed",
    "tools",
    "web_search_options",
];

/// What a model costs, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priced {
    /// The configuration says it.
    Written(Price),
    /// The table of published prices has it.
    Listed(Price),
    /// Nobody says it.
    Unknown,
}

/// What the models of one server cost, as far as it is known.
#[derive(Clone, Debug)]
pub struct Pricing {
    server: Url,
    /// The model that is configured.
    model: Option<String>,
    /// What it costs, where the configuration says it.
    written: Option<Price>,
    /// How long a prompt may be.
    prompt_tokens: u64,
    /// Whether what it is sent may be written into the provider's cache.
    caches: bool,
    /// Whether its requests are those that the table has prices for.
    is_listed: bool,
}

impl Priced {
    /// Returns the price, where it is known.
    #[must_use]
    pub fn price(self) -> Option<Price> {
        match self {
            Self::Written(price) | Self::Listed(price) => Some(price),
            Self::Unknown => None,
        }
    }
}

impl Pricing {
    /// Takes what is needed from how a model is reached and asked.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let body = &settings.manners.body;
        Self {
            server: settings.base_url.clone(),
            model: settings.model.clone(),
            written: settings.price,
            // We estimate rather too many, and the answer's share is left.
            prompt_tokens: settings.window.total_tokens.into(),
            caches: settings.caches || may_cache_unasked(settings.protocol),
            is_listed: !DEARER_FIELDS.iter().any(|field| body.contains_key(*field)),
        }
    }

    /// Returns what a model of the server costs: the configured one, or the one of a name. What the configuration says, it says of the
    /// configured one alone.
    #[must_use]
    pub fn price(&self, model: Option<&str>) -> Priced {
        let is_configured = model.is_none() || model == self.model.as_deref();
        if let Some(price) = self.written.filter(|_| is_configured) {
            return Priced::Written(price);
        }
        let name = model.or(self.model.as_deref());
        let found = name
            .filter(|_| self.is_listed)
            .and_then(|name| listed(&self.server, name));
        let Some(found) = found else {
            return Priced::Unknown;
        };
        let cost = found.up_to(self.prompt_tokens);
        Priced::Listed(if self.caches {
            cost.dearest()
        } else {
            cost.price
        })
    }
}

/// Says whether a provider may write prompts into its cache without being asked, at a price: OpenAI's newer models do. By the other
/// protocols nothing is written without our marks.
fn may_cache_unasked(protocol: Protocol) -> bool {
    match protocol {
        Protocol::Own(Wire::ChatCompletions | Wire::Responses) => true,
        Protocol::Own(Wire::Messages)
        | Protocol::Foreign(
            Foreign::Gemini | Foreign::Vertex | Foreign::Bedrock | Foreign::Cohere,
        ) => false,
    }
}
