//! Who draws and who listens, right and wrong.

use std::time::Duration;

use secrecy::ExposeSecret;

use super::every_key::another_value;
use super::{COMPLETE, good, wrong};
use crate::config::Config;
use crate::config::reference::KEYS;

const BOTH: &str = "[images]\nenabled = true\n[speech]\nenabled = true\n";

/// As complete as needed, with a model server of one's own.
const OWN: &str = "OPENAI_BASE_URL=http://127.0.0.1:8080/v1\nMATTERMOST_URL=https://chat.example.com\nMATTERMOST_COMMAND_TOKENS=a\n";

fn shown(config: &Config) -> String {
    format!("{:?} {:?}", config.images, config.speech)
}

#[test]
fn nobody_draws_or_listens_unless_that_is_turned_on() {
    let config = good(&[], COMPLETE, "[images]\nname = \"a\"\n");
    assert!(config.images.is_none() && config.speech.is_none());
}

#[test]
fn the_server_and_the_keys_of_the_model_are_taken_where_no_others_are_named() {
    let config = good(&[], COMPLETE, BOTH);
    let (images, speech) = (config.images.unwrap(), config.speech.unwrap());
    assert_eq!(images.model.as_deref(), Some("gpt-image-1"));
    assert_eq!(speech.model.as_deref(), Some("gpt-4o-mini-transcribe"));
    for access in [&images.access, &speech.access] {
        assert_eq!(access.base_url.as_str(), "https://api.openai.com/v1");
        assert_eq!(access.api_keys[0].expose_secret(), "sk-secret-1");
    }
    assert_eq!(images.timeout, Duration::from_mins(3));
    assert_eq!(speech.max_bytes, 25_000_000);
}

#[test]
fn another_server_is_not_shown_the_keys_of_the_model() {
    let toml = "[images]\nenabled = true\nbase_url = \"http://127.0.0.1:8080/v1\"\n";
    let images = good(&[], COMPLETE, toml).images.unwrap();
    assert!(images.access.api_keys.is_empty());
    assert_eq!(images.model, None);
    let key = [("ASKWELL_IMAGES_API_KEY", "sk-other")];
    let images = good(&key, COMPLETE, toml).images.unwrap();
    assert_eq!(images.access.api_keys[0].expose_secret(), "sk-other");
}

#[test]
fn what_cannot_work_is_said() {
    let openai = "[speech]\nenabled = true\nbase_url = \"https://api.openai.com/v1\"\n";
    let problems = wrong(&[], OWN, openai).to_string();
    assert!(problems.contains("ASKWELL_SPEECH_API_KEY"), "{problems}");
    let claude = "[model]\nwire = \"messages\"\n[images]\nenabled = true\n";
    let problems = wrong(&[], COMPLETE, claude).to_string();
    assert!(problems.contains("images.base_url"), "{problems}");
    let plain = "[images]\nenabled = true\nbase_url = \"http://images.example.com/v1\"\n";
    let problems = wrong(&[], COMPLETE, plain).to_string();
    assert!(problems.contains("allow_plain_http"), "{problems}");
    let allowed = format!("{plain}allow_plain_http = true\n");
    assert!(good(&[], COMPLETE, &allowed).images.is_some());
}

#[test]
fn every_key_changes_who_draws_or_listens() {
    let before = shown(&good(&[], OWN, BOTH));
    for key in KEYS {
        let is_of_media = ["images", "speech"].contains(&key.section);
        if !is_of_media || ["enabled", "allow_plain_http"].contains(&key.name) {
            continue;
        }
        let of_key = format!("[{}]\nenabled = true\n", key.section);
        let with_key = format!("{of_key}{} = {}\n", key.name, another_value(key));
        let after = shown(&good(&[], OWN, &BOTH.replace(&of_key, &with_key)));
        assert_ne!(before, after, "{}", key.path());
    }
}
