//! What models cost, written right and wrong.

use super::{COMPLETE, first, good, rendered};
use crate::config::{Config, summary};
use crate::domain::money::{Price, Unpriced};
use crate::llm::{Priced, Pricing};

fn price(input: u64, cached_input: u64, output: u64) -> Price {
    Price {
        input,
        cached_input,
        output,
    }
}

fn priced(config: &Config, model: Option<&str>) -> Priced {
    Pricing::of(first(config)).price(model)
}

const MINI: Price = Price {
    input: 150_000,
    cached_input: 75_000,
    output: 600_000,
};

#[test]
fn what_is_written_is_read_exactly_and_comes_before_the_table() {
    for (written, wanted) in [
        (
            "price_input = 0.15\nprice_output = 0.6",
            price(150_000, 150_000, 600_000),
        ),
        (
            "price_input = \"0.1\"\nprice_cached_input = 0.003625\nprice_output = 3",
            price(100_000, 3_625, 3_000_000),
        ),
        ("price_input = 0\nprice_output = 0", Price::default()),
        (
            "price_input = 100000\nprice_output = 100000",
            price(100_000_000_000, 100_000_000_000, 100_000_000_000),
        ),
    ] {
        let config = good(&[], COMPLETE, &format!("[model]\n{written}\n"));
        assert_eq!(first(&config).price, Some(wanted), "{written}");
        assert_eq!(priced(&config, None), Priced::Written(wanted));
        assert_eq!(
            priced(&config, Some("gpt-4o-mini")),
            Priced::Written(wanted)
        );
    }
}

#[test]
fn a_price_that_is_none_or_half_of_one_is_refused() {
    for (wrong, said) in [
        ("price_input = -1\nprice_output = 1", "price_input"),
        ("price_input = nan\nprice_output = 1", "price_input"),
        ("price_input = inf\nprice_output = 1", "price_input"),
        ("price_input = 1e3\nprice_output = 1", "price_input"),
        ("price_input = 100000.1\nprice_output = 1", "price_input"),
        (
            "price_input = 0.0000000001\nprice_output = 1",
            "price_input",
        ),
        ("price_input = true\nprice_output = 1", "price_input"),
        ("price_input = 1", "without `price_output`"),
        ("price_output = 1", "without `price_input`"),
        ("price_cached_input = 1", "without `price_input`"),
    ] {
        let problems = rendered(&format!("[model]\n{wrong}\n"));
        assert!(problems.contains(said), "{wrong}: {problems}");
    }
}

#[test]
fn where_none_is_written_the_table_has_it_and_the_summary_says_so() {
    let config = good(&[], COMPLETE, "");
    assert_eq!(first(&config).price, None);
    assert_eq!(priced(&config, None), Priced::Listed(MINI));
    assert!(summary(&config).contains("price_input = $0.15, table of 2026-"));
    let written = good(
        &[],
        COMPLETE,
        "[model]\nprice_input = 1\nprice_output = 2\n",
    );
    assert!(summary(&written).contains("price_output = $2.00  (from askwell.toml)"));
}

#[test]
fn what_is_written_holds_for_the_configured_model_alone() {
    let free = "[model]\nprice_input = 0\nprice_output = 0\n";
    let config = good(&[], COMPLETE, free);
    assert_eq!(
        priced(&config, Some("gpt-4o")).price(),
        Some(price(2_500_000, 1_250_000, 10_000_000))
    );
    assert_eq!(priced(&config, Some("gpt-of-nobody")), Priced::Unknown);

    let own = format!("{free}base_url = \"http://127.0.0.1:11434/v1\"\nname = \"llama\"\n");
    let config = good(&[], COMPLETE, &own);
    assert_eq!(priced(&config, None), Priced::Written(Price::default()));
    assert_eq!(priced(&config, Some("gpt-4o-mini")), Priced::Unknown);
}

#[test]
fn a_field_that_changes_the_price_leaves_it_unknown() {
    for body in ["{ service_tier = \"priority\" }", "{ model = \"gpt-4o\" }"] {
        let config = good(&[], COMPLETE, &format!("[model]\nbody = {body}\n"));
        assert_eq!(priced(&config, None), Priced::Unknown, "{body}");
    }
    let config = good(&[], COMPLETE, "[model]\nbody = { user = \"a\" }\n");
    assert_eq!(priced(&config, None), Priced::Listed(MINI));
}

#[test]
fn prompts_that_are_written_into_a_cache_cost_what_that_costs() {
    let claude = "[model]\nwire = \"messages\"\nname = \"claude-sonnet-4-5\"\n";
    let caching = good(&[], COMPLETE, claude);
    assert_eq!(
        priced(&caching, None),
        Priced::Listed(price(3_750_000, 300_000, 15_000_000))
    );
    let plain = good(&[], COMPLETE, &format!("{claude}prompt_cache = false\n"));
    assert_eq!(
        priced(&plain, None),
        Priced::Listed(price(3_000_000, 300_000, 15_000_000))
    );
}

#[test]
fn further_models_have_prices_of_their_own() {
    let toml = "[[models]]\nid = \"own\"\nbase_url = \"http://127.0.0.1:1/v1\"\nprice_input = 0.5\nprice_output = 1\n";
    let config = good(&[], COMPLETE, toml);
    assert_eq!(
        config.models.targets[1].settings.price,
        Some(price(500_000, 500_000, 1_000_000))
    );
    assert_eq!(first(&config).price, None);
}

#[test]
fn a_model_without_a_price_is_refused_or_estimated_as_is_written() {
    assert_eq!(good(&[], COMPLETE, "").pipeline.unpriced, Unpriced::Refused);
    let estimate = "estimate_input = 10\nestimate_output = 40\n";
    let config = good(&[], COMPLETE, &format!("[prices]\n{estimate}"));
    assert_eq!(config.pipeline.unpriced, Unpriced::Refused);
    let config = good(
        &[],
        COMPLETE,
        &format!("[prices]\nunknown = \"estimate\"\n{estimate}"),
    );
    let estimated = price(10_000_000, 10_000_000, 40_000_000);
    assert_eq!(config.pipeline.unpriced, Unpriced::Estimated(estimated));
    for (written, missing) in [
        ("unknown = \"estimate\"", "without `estimate_input`"),
        (
            "unknown = \"estimate\"\nestimate_input = 1",
            "without `estimate_output`",
        ),
        ("estimate_output = 1", "without `estimate_input`"),
        ("unknown = \"free\"", "refuse"),
    ] {
        let problems = rendered(&format!("[prices]\n{written}\n"));
        assert!(problems.contains(missing), "{written}: {problems}");
    }
}
