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
    assert_eq!(claude.wire, llm::Wire::Messages);
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
