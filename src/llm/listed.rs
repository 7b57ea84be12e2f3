//! Lists of models: which names a server has, and how much each takes in.

use serde_json::Value;

use super::error::caused;
use crate::domain::completion::ModelFailure;
use crate::ports::ModelError;

/// Where lists of models say how much one takes in: vLLM, OpenRouter and Cohere, llama-server (two), Anthropic and Mistral, Groq, Gemini.
const WINDOW_PATHS: [&str; 7] = [
    "/max_model_len",
    "/context_length",
    "/meta/n_ctx",
    "/meta/n_ctx_train",
    "/max_context_length",
    "/context_window",
    "/inputTokenLimit",
];

/// A model in a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
    /// Its name.
    pub id: String,
    /// How much it takes in, where its server says so.
    pub window_tokens: Option<u32>,
}

/// Names of a list of models that are read.
pub const MAX_MODELS_LISTED: usize = 10_000;

/// Reads the names in a list of models.
pub(super) fn listed(body: &[u8]) -> Result<Vec<ListedModel>, ModelError> {
    let list: Value = serde_json::from_slice(body)
        .map_err(|_| caused(ModelFailure::Garbled, "the list of models is no JSON"))?;
    // Gemini and Cohere have other names for both.
    let models = list.get("data").or_else(|| list.get("models"));
    let models = models.and_then(Value::as_array);
    let names = models.into_iter().flatten().filter_map(|model| {
        let named = || {
            let name = model.get("name")?.as_str()?;
            Some(name.strip_prefix("models/").unwrap_or(name))
        };
        let id = model.get("id").and_then(Value::as_str).or_else(named)?;
        Some(ListedModel {
            id: id.to_owned(),
            window_tokens: WINDOW_PATHS
                .iter()
                .filter_map(|path| model.pointer(path)?.as_u64())
                .find_map(|tokens| u32::try_from(tokens).ok()),
        })
    });
    Ok(names.take(MAX_MODELS_LISTED).collect())
}

/// Finds the only model in a list of them.
pub(super) fn only_model(listed: Vec<ListedModel>) -> Result<String, ModelError> {
    let mut names = listed.into_iter();
    match (names.next(), names.next()) {
        (Some(only), None) => Ok(only.id),
        (None, _) => Err(caused(
            ModelFailure::ModelUnknown,
            "no model is configured and the server lists none",
        )),
        (Some(_), Some(_)) => Err(caused(
            ModelFailure::ModelUnknown,
            "no model is configured and the server lists several",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_only_where_there_is_one() {
        let find = |body: &str| {
            let only = listed(body.as_bytes()).and_then(only_model);
            only.map_err(|error| error.failure)
        };
        assert_eq!(
            find(r#"{"data":[{"id":"smollm2:latest"}]}"#),
            Ok("smollm2:latest".into())
        );
        // Gemini's list has folders, Cohere's has none.
        for name in ["models/gemini-2.5-flash", "gemini-2.5-flash"] {
            let body = format!(r#"{{"models":[{{"name":"{name}"}}]}}"#);
            assert_eq!(find(&body), Ok("gemini-2.5-flash".into()));
        }
        for (body, failure) in [
            (
                r#"{"data":[{"id":"a"},{"id":"b"}]}"#,
                ModelFailure::ModelUnknown,
            ),
            (r#"{"data":[]}"#, ModelFailure::ModelUnknown),
            (r#"{"data":[3]}"#, ModelFailure::ModelUnknown),
            ("null", ModelFailure::ModelUnknown),
            ("<html>", ModelFailure::Garbled),
        ] {
            assert_eq!(find(body), Err(failure), "{body}");
        }
    }
}
