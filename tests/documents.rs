//! Documents that are generated are current.

use std::fs;
use std::path::Path;

use askwell::config;
use askwell::text::Language;

#[test]
fn the_configuration_reference_is_current_in_both_languages() {
    for (language, name) in [
        (Language::English, "docs/configuration.md"),
        (Language::Korean, "docs/configuration.ko.md"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == config::document(language),
            "{name} is stale: cargo run -- config reference {} > {name}",
            language.code()
        );
    }
}
