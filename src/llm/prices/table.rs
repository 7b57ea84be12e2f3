//! The table of published prices, and how a model is found in it.

use std::sync::LazyLock;

use serde::Deserialize;
use url::Url;

use super::rule::{Rule, one_holds};
use crate::domain::money::Price;

/// The longest name that is looked up; the configuration takes no longer ones.
const MAX_NAME_BYTES: usize = 800;

/// A date without hyphens, behind one: `-20240718`.
const COMPACT_DATE_BYTES: usize = 9;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("prices.json")).expect("a test reads the table")
});

#[derive(Deserialize)]
struct Table {
    /// The day of the prices.
    as_of: String,
    providers: Vec<Provider>,
}

#[derive(Deserialize)]
struct Provider {
    id: String,
    /// A `*` stands for a word without dots.
    hosts: Vec<String>,
    /// With which of these the path of its address begins; none where any does.
    paths: Vec<String>,
    /// Whose models it has, too, at their prices.
    fallbacks: Vec<String>,
    /// The first that a name means is the model.
    models: Vec<Model>,
}

#[derive(Deserialize)]
#[serde(try_from = "Vec<serde_json::Value>")]
struct Model {
    names: Vec<Rule>,
    listed: Option<Listed>,
}

/// What a model costs by the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// However long the prompt is.
    any: Cost,
    /// For prompts of at most so many tokens, where that is less.
    short: Option<(u64, Cost)>,
}

/// What tokens cost, in pico-dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<u64>")]
pub(super) struct Cost {
    /// Where nothing is written into the provider's cache.
    pub(super) price: Price,
    /// What a token costs that is written there.
    pub(super) written_input: u64,
}

impl TryFrom<Vec<serde_json::Value>> for Model {
    type Error = serde_json::Error;

    /// Reads a model as it stands in the table: its rules alone, where it has no price that tokens tell; else also its cost, and, where
    /// short prompts cost less, how long those are and what they cost.
    fn try_from(cells: Vec<serde_json::Value>) -> Result<Self, Self::Error> {
        use serde_json::from_value;

        let mut cells = cells.into_iter();
        let names = from_value(cells.next().unwrap_or_default())?;
        let any: Option<Cost> = cells.next().map(from_value).transpose()?;
        let tokens: Option<u64> = cells.next().map(from_value).transpose()?;
        let short: Option<Cost> = cells.next().map(from_value).transpose()?;
        let listed = any.map(|any| Listed {
            any,
            short: tokens.zip(short),
        });
        Ok(Self { names, listed })
    }
}

impl TryFrom<Vec<u64>> for Cost {
    type Error = &'static str;

    fn try_from(amounts: Vec<u64>) -> Result<Self, Self::Error> {
        let (input, cached_input, output, written_input) = match *amounts {
            [input, cached_input, output] => (input, cached_input, output, input),
            [input, cached_input, output, written] => (input, cached_input, output, written),
            _ => return Err("a cost is three or four numbers"),
        };
        let price = Price {
            input,
            cached_input,
            output,
        };
        Ok(Self {
            price,
            written_input,
        })
    }
}

impl Listed {
    /// Returns what prompts of at most so many tokens cost.
    pub(super) fn up_to(self, tokens: u64) -> Cost {
        match self.short {
            Some((most, short)) if tokens <= most => short,
            _ => self.any,
        }
    }
}

impl Cost {
    /// Returns the price with which nothing costs more than is said, whatever is written into a cache.
    pub(super) fn dearest(self) -> Price {
        Price {
            input: self.price.input.max(self.written_input),
            ..self.price
        }
    }
}

/// Returns what a model costs at a server by the table, at most: where long prompts cost more, or those that are written into the
/// provider's cache, all are taken to. `None` where the table does not know server or model.
#[must_use]
pub fn price_of(server: &Url, model: &str) -> Option<Price> {
    listed(server, model).map(|listed| listed.any.dearest())
}

/// Returns the day of the table's prices, as `2026-11-04`.
#[must_use]
pub fn prices_date() -> &'static str {
    &TABLE.as_of
}

pub(super) fn listed(server: &Url, model: &str) -> Option<Listed> {
    if model.len() > MAX_NAME_BYTES {
        return None;
    }
    let name = model.to_ascii_lowercase();
    let mut providers = TABLE.providers.iter().filter(|one| one.serves(server));
    let found = providers.find_map(|provider| provider.model(&name))?;
    found.listed
}

impl Provider {
    fn serves(&self, server: &Url) -> bool {
        let Some(host) = server.host_str() else {
            return false;
        };
        let path = server.path();
        let is_below = |beginning: &String| {
            let rest = path.strip_prefix(beginning.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.hosts.iter().any(|pattern| is_host(host, pattern))
            && (self.paths.is_empty() || self.paths.iter().any(is_below))
    }

    /// Finds a model by its name, in small letters; where it is not known as it is, with its date written with hyphens.
    fn model(&self, name: &str) -> Option<&'static Model> {
        let of = |name: &str| {
            let others = self.fallbacks.iter();
            let others = others.filter_map(|id| TABLE.providers.iter().find(|one| one.id == *id));
            let own = TABLE.providers.iter().filter(|one| one.id == self.id);
            let mut models = own.chain(others).flat_map(|provider| &provider.models);
            models.find(|model| one_holds(&model.names, name))
        };
        of(name).or_else(|| of(&with_hyphens(name)?))
    }
}

/// Says whether a host is meant by a pattern, word by word.
fn is_host(host: &str, pattern: &str) -> bool {
    let mut words = host.split('.');
    let mut wanted = pattern.split('.');
    loop {
        match (words.next(), wanted.next()) {
            (None, None) => return true,
            (Some(word), Some("*")) if !word.is_empty() => {}
            (Some(word), Some(wanted)) if word == wanted => {}
            _ => return false,
        }
    }
}

/// Writes a date at the end of a name with hyphens, as the table has it: `gpt-5.2-20251211` is `gpt-5.2-2025-12-11`.
fn with_hyphens(name: &str) -> Option<String> {
    let (rest, date) = name.split_at_checked(name.len().checked_sub(COMPACT_DATE_BYTES)?)?;
    let digits = date.strip_prefix('-')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, day) = digits.split_at_checked(4)?;
    let (month, day) = day.split_at_checked(2)?;
    Some(format!("{rest}-{year}-{month}-{day}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn at(server: &str, model: &str) -> Option<(u64, u64, u64)> {
        let price = price_of(&server.parse().unwrap(), model)?;
        Some((price.input, price.cached_input, price.output))
    }

    const OPENAI: &str = "https://api.openai.com/v1";
    const MINI: Option<(u64, u64, u64)> = Some((150_000, 75_000, 600_000));

    #[test]
    fn well_known_models_have_their_published_prices_at_every_provider() {
        let sonnet = Some((3_750_000, 300_000, 15_000_000));
        // Twice as much from 200,000 tokens on.
        let long = Some((7_500_000, 600_000, 22_500_000));
        for (server, model, price) in [
            (OPENAI, "gpt-4o-mini", MINI),
            (OPENAI, "gpt-4o-mini-2024-07-18", MINI),
            (OPENAI, "GPT-4o-mini", MINI),
            (OPENAI, "gpt-4o", Some((2_500_000, 1_250_000, 10_000_000))),
            // No price of its own for what comes from the cache.
            (
                OPENAI,
                "gpt-4o-2024-05-13",
                Some((5_000_000, 5_000_000, 15_000_000)),
            ),
            (
                "https://api.anthropic.com/v1",
                "claude-sonnet-4-5-20250929",
                long,
            ),
            (
                "https://bedrock-runtime.us-east-1.amazonaws.com",
                "anthropic.claude-3-5-sonnet-20241022-v2:0",
                sonnet,
            ),
            (
                "https://us-east5-aiplatform.googleapis.com/v1",
                "claude-3-5-sonnet@20240620",
                sonnet,
            ),
            // Dearer from 200,000 tokens on.
            (
                "https://generativelanguage.googleapis.com/v1beta",
                "gemini-2.5-pro",
                Some((2_500_000, 250_000, 15_000_000)),
            ),
            // Another provider's model.
            (
                "https://contoso.openai.azure.com/openai/v1",
                "gpt-4o-mini",
                MINI,
            ),
            ("https://openrouter.ai/api/v1", "openai/gpt-4o-mini", MINI),
            // Dearer at some hours.
            (
                "https://api.deepseek.com",
                "deepseek-reasoner",
                Some((550_000, 140_000, 2_190_000)),
            ),
            // A date without hyphens.
            (OPENAI, "gpt-4o-mini-20240718", MINI),
        ] {
            assert_eq!(at(server, model), price, "{model} at {server}");
        }
    }

    #[test]
    fn prompts_cost_less_up_to_where_the_first_tier_ends_and_not_beyond() {
        let server = "https://generativelanguage.googleapis.com/v1beta";
        let listed = listed(&server.parse().unwrap(), "gemini-2.5-pro").unwrap();
        let of = |tokens| {
            let Price { input, output, .. } = listed.up_to(tokens).price;
            (input, output)
        };
        assert_eq!(of(0), (1_250_000, 10_000_000));
        assert_eq!(of(200_000), (1_250_000, 10_000_000));
        assert_eq!(of(200_001), (2_500_000, 15_000_000));
    }

    #[test]
    fn each_provider_that_people_ask_is_known_by_its_host() {
        for (server, model) in [
            ("https://api.groq.com/openai/v1", "llama-3.3-70b-versatile"),
            ("https://api.mistral.ai/v1", "mistral-large-latest"),
            ("https://api.x.ai/v1", "grok-4"),
            ("https://api.cohere.com/v1", "command-r-plus"),
            (
                "https://api.together.xyz/v1",
                "meta-llama/Llama-3.3-70B-Instruct-Turbo",
            ),
            (
                "https://adb-123.4.azuredatabricks.net/serving-endpoints",
                "databricks-deepseek-v4-1-flash",
            ),
            (
                "https://router.huggingface.co/groq/v1",
                "openai/gpt-oss-120b",
            ),
        ] {
            assert!(at(server, model).is_some(), "{model} at {server}");
        }
    }

    #[test]
    fn what_is_not_known_has_no_price_and_nothing_is_free() {
        for (server, model) in [
            // One's own servers, whatever their models are called.
            ("http://127.0.0.1:11434/v1", "gpt-4o-mini"),
            ("http://localhost:8080/v1", "gpt-4o-mini"),
            ("http://10.0.0.7/v1", "gpt-4o-mini"),
            ("http://[::1]/v1", "gpt-4o-mini"),
            ("https://litellm.example.com/v1", "gpt-4o-mini"),
            // Hosts that only look like it.
            ("https://api.openai.com.example.com/v1", "gpt-4o-mini"),
            ("https://example.com/api.openai.com", "gpt-4o-mini"),
            ("https://eu.api.openai.com/v1", "gpt-4o-mini"),
            ("https://.openai.azure.com", "gpt-4o-mini"),
            ("https://router.huggingface.co/groqs", "openai/gpt-oss-120b"),
            (
                "https://dbc.cloud.databricks.com/other",
                "databricks-deepseek-v4-1-flash",
            ),
            (OPENAI, ""),
            (OPENAI, "gpt-4o-mini "),
            (OPENAI, "no-such-model"),
            // Priced in other units, or given away.
            (OPENAI, "tts-1"),
            ("https://api.perplexity.ai", "sonar"),
            ("https://openrouter.ai/api/v1", "qwen/qwen3-coder:free"),
        ] {
            assert_eq!(at(server, model), None, "{model} at {server}");
        }
        for provider in &TABLE.providers {
            for listed in provider.models.iter().filter_map(|model| model.listed) {
                let (long, short) = (listed.any, listed.up_to(0));
                assert!(short.price.input > 0 && short.price.cached_input > 0);
                assert!(short.price.output > 0 && short.written_input >= short.price.input);
                assert!(long.price.input >= short.price.input);
                assert!(long.price.cached_input >= short.price.cached_input);
                assert!(long.price.output >= short.price.output);
            }
        }
    }

    #[test]
    fn the_table_is_whole_and_each_provider_of_it_can_be_found() {
        let ids: Vec<_> = TABLE.providers.iter().map(|one| one.id.as_str()).collect();
        assert!(ids.is_sorted());
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
        assert!(
            TABLE
                .providers
                .iter()
                .map(|one| one.models.len())
                .sum::<usize>()
                > 2_000
        );
        for provider in &TABLE.providers {
            assert!(!provider.hosts.is_empty(), "{}", provider.id);
            assert!(
                provider
                    .fallbacks
                    .iter()
                    .all(|id| ids.contains(&id.as_str()))
            );
        }
        let date: Vec<_> = prices_date().split('-').map(str::len).collect();
        assert_eq!(date, [4, 2, 2]);
    }

    #[test]
    fn names_are_looked_up_to_their_longest_and_no_further() {
        let of = |bytes: usize| {
            let name = format!("claude-3-haiku{}", "x".repeat(bytes - 14));
            at("https://api.anthropic.com/v1", &name)
        };
        assert!(of(MAX_NAME_BYTES).is_some());
        assert_eq!(of(MAX_NAME_BYTES + 1), None);
    }

    proptest! {
        #[test]
        fn any_name_at_any_server_is_looked_up_and_costs_something_or_is_unknown(
            name in "\\PC{0,60}|(openai/|ft:|us\\.)?[a-z0-9.:@/-]{0,30}(-[0-9]{8})?",
            provider in 0..TABLE.providers.len(),
        ) {
            let host = TABLE.providers[provider].hosts[0].replace('*', "x");
            let server: Url = format!("https://{host}/v1").parse().unwrap();
            if let Some(price) = price_of(&server, &name) {
                prop_assert!(price.input > 0 && price.output > 0);
            }
        }
    }
}
