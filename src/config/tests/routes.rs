//! Models and routes, right and wrong.

use secrecy::ExposeSecret;

use super::{COMPLETE, good, inputs};
use crate::config::{load, summary};
use crate::llm;

/// Two models beside the first, and routes over them.
const MODELS: &str = "
[model]
fallbacks = [\"claude\"]
choices = [\"claude\", \"fast\"]

[[models]]
id = \"claude\"
wire = \"messages\"
api_key_env = \"CLAUDE_KEY\"
name = \"claude-sonnet-4-5\"
temperature = 0.3

[[models]]
id = \"local\"
base_url = \"http://127.0.0.1:8080/v1\"
headers = { \"X-Team\" = \"secret-5\" }
body = { cache_prompt = true, stream_options = \"null\", stop = [\"a\"] }

[[routes]]
id = \"fast\"
targets = [\"local*3\", \"default\"]
fallbacks = [\"claude\"]
hedge = true
";

#[test]
fn further_models_have_the_keys_of_the_first_and_routes_go_over_all() {
    let config = good(&[("CLAUDE_KEY", "secret-6")], COMPLETE, MODELS);
    let llm::Models { targets, routes } = &config.models;
    let ids: Vec<_> = targets.iter().map(|target| target.id.as_str()).collect();
    assert_eq!(ids, ["default", "claude", "local"]);
    assert_eq!(targets[0].fallbacks, ["claude"]);
    let claude = &targets[1].settings;
    assert_eq!(claude.protocol, llm::Protocol::Own(llm::Wire::Messages));
    assert_eq!(claude.base_url.as_str(), "https://api.anthropic.com/v1");
    assert_eq!(claude.api_keys[0].expose_secret(), "secret-6");
    assert_eq!(claude.manners.sampling.temperature, Some(0.3));
    assert_eq!(claude.window.total_tokens, 200_000);
    let local = &targets[2].settings;
    assert_eq!(
        serde_json::Value::from(local.manners.body.clone()),
        serde_json::json!({ "cache_prompt": true, "stream_options": null, "stop": ["a"] })
    );
    assert_eq!(local.way.headers[0].0.as_str(), "x-team");
    let fast = &routes["fast"];
    assert_eq!(
        fast.targets,
        [("local".to_owned(), 3), ("default".to_owned(), 1)]
    );
    assert!(fast.hedges);
    let shown = format!("{config:?}") + &summary(&config);
    assert!(!shown.contains("secret-"), "{shown}");
}

#[test]
fn mistakes_of_models_and_routes_are_told_where_they_stand() {
    for (toml, expected) in [
        (
            "[model]\nfallbacks = [\"clade\"]\n[[models]]\nid = \"claude\"\nwire = \"messages\"",
            "claude",
        ),
        (
            "[[models]]\nname = \"x\"\nbase_url = \"http://127.0.0.1/v1\"",
            "models.id",
        ),
        (
            "[[models]]\nid = \"a\"\nbase_url = \"http://127.0.0.1/v1\"\n[[models]]\nid = \"a\"\nbase_url = \"http://127.0.0.1/v1\"",
            "models.id",
        ),
        (
            "[[models]]\nid = \"a\"\nbase_url = \"http://127.0.0.1/v1\"\ntries = 3",
            "models.tries",
        ),
        (
            "[[models]]\nid = \"a\"\nwire = \"messages\"\napi_key_env = \"NOT_THERE\"",
            "models.api_key_env",
        ),
        (
            "[[models]]\nid = \"a\"\nwire = \"messages\"\napi_key_file = \"/not/there\"",
            "models.api_key_file",
        ),
        ("[[models]]\nid = \"a\"\n", "models.api_key"),
        ("[[routes]]\nid = \"a\"", "routes.targets"),
        (
            "[[routes]]\nid = \"a\"\ntargets = [\"nobody\"]",
            "routes.targets",
        ),
        ("[model]\nheaders = { \"a b\" = \"c\" }", "model.headers"),
        ("[model]\nheaders = { a = 3 }", "model.headers"),
        ("[model]\nbody = 3", "model.body"),
        ("[models]\nid = \"a\"", "[[models]]"),
    ] {
        let problems = load(inputs(&[], COMPLETE, toml)).unwrap_err();
        let told = problems.to_string();
        assert!(told.contains(expected), "{toml}\n{told}");
    }
}

/// A model that is asked in this protocol, and what else is written of it.
fn foreign(wire: &str, more: &str) -> String {
    format!("[[models]]\nid = \"a\"\nwire = \"{wire}\"\n{more}")
}

const BEDROCK: &str = "base_url = \"https://bedrock-runtime.eu-west-1.amazonaws.com\"\nname = \"amazon.nova-lite-v1:0\"\n";

const VERTEX: &str =
    "base_url = \"https://aiplatform.googleapis.com/v1/projects/p/locations/global\"\n";

#[test]
fn a_provider_whose_protocol_is_not_ours_is_known_by_its_wire() {
    let toml = foreign(
        "gemini",
        "name = \"gemini-2.5-flash\"\napi_key = \"k\"\nseed = 7\nreasoning_effort = \"low\"\nbody = { a = 1 }",
    );
    let config = good(&[], COMPLETE, &toml);
    let settings = &config.models.targets[1].settings;
    assert_eq!(
        settings.base_url.as_str(),
        "https://generativelanguage.googleapis.com/v1beta"
    );
    assert_eq!(settings.window.total_tokens, 1_048_576);
    assert!(settings.sees && !settings.caches);
    for (toml, window, sees) in [
        (foreign("bedrock", BEDROCK), 128_000, false),
        (
            foreign("cohere", "name = \"command-r\"\napi_key = \"k\""),
            128_000,
            false,
        ),
        (
            foreign("vertex", &format!("{VERTEX}name = \"claude-sonnet-4-6\"")),
            200_000,
            true,
        ),
        (
            foreign("vertex", &format!("{VERTEX}name = \"gemini-3.8-flash\"")),
            1_048_576,
            true,
        ),
    ] {
        let config = good(&[], COMPLETE, &toml);
        let settings = &config.models.targets[1].settings;
        assert_eq!(
            (settings.window.total_tokens, settings.sees),
            (window, sees),
            "{toml}"
        );
    }
}

#[test]
fn what_a_foreign_protocol_needs_or_cannot_say_is_told() {
    let gemini = |more: &str| foreign("gemini", &format!("name = \"g\"\napi_key = \"k\"\n{more}"));
    let bedrock = |more: &str| foreign("bedrock", &format!("{BEDROCK}{more}"));
    let cohere = |more: &str| foreign("cohere", &format!("name = \"c\"\napi_key = \"k\"\n{more}"));
    for (toml, expected) in [
        (foreign("gemini", "name = \"g\""), "models.api_key"),
        (foreign("gemini", "api_key = \"k\""), "models.name"),
        (
            foreign("vertex", "name = \"gemini-2.5-flash\""),
            "models.base_url",
        ),
        (foreign("bedrock", "name = \"m\""), "models.base_url"),
        (
            foreign("vertex", &format!("{VERTEX}name = \"llama-4\"")),
            "models.name",
        ),
        (gemini("top_k = 4"), "models.top_k"),
        (
            gemini("frequency_penalty = 0.1"),
            "models.frequency_penalty",
        ),
        (gemini("presence_penalty = 0.1"), "models.presence_penalty"),
        (gemini("answer_limit = \"none\""), "models.answer_limit"),
        (
            gemini("instructions_role = \"developer\""),
            "models.instructions_role",
        ),
        (gemini("prompt_cache = true"), "models.prompt_cache"),
        (
            gemini("reasoning_effort = \"lots\""),
            "models.reasoning_effort",
        ),
        (
            bedrock("reasoning_effort = \"low\""),
            "models.reasoning_effort",
        ),
        (bedrock("seed = 7"), "models.seed"),
        (bedrock("body = { a = 1 }"), "models.body"),
        (cohere("seed = 7"), "models.seed"),
        (cohere("vision = true"), "models.vision"),
        (
            foreign(
                "vertex",
                &format!("{VERTEX}name = \"claude-sonnet-4-6\"\nseed = 7"),
            ),
            "models.seed",
        ),
    ] {
        let problems = load(inputs(&[], COMPLETE, &toml)).unwrap_err();
        let subjects: Vec<_> = problems
            .list
            .iter()
            .map(|problem| problem.subject.as_str())
            .collect();
        assert_eq!(subjects, [expected], "{toml}");
    }
}
