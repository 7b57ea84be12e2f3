//! What models cost, as far as it is written, and what is done where nobody says it.

use crate::config::fault::Fault;
use crate::config::raw::Values;
use crate::config::reference::{self as keys, Key};
use crate::domain::money::{Price, Unpriced};

/// Returns what a model costs, where it is written; half a price is reported.
pub(super) fn of_model(values: &Values) -> Option<Price> {
    let cached = values.dollars(&keys::MODEL_PRICE_CACHED_INPUT);
    if values.is_written(&keys::MODEL_PRICE_CACHED_INPUT) {
        wants(
            values,
            &keys::MODEL_PRICE_CACHED_INPUT,
            &keys::MODEL_PRICE_INPUT,
        );
    }
    let price = whole(values, &keys::MODEL_PRICE_INPUT, &keys::MODEL_PRICE_OUTPUT)?;
    Some(Price {
        cached_input: cached.map_or(price.input, Price::of_a_million),
        ..price
    })
}

/// Checks what is done with a model whose price nobody says.
pub(super) fn unpriced(values: &Values) -> Unpriced {
    let estimate = whole(
        values,
        &keys::PRICES_ESTIMATE_INPUT,
        &keys::PRICES_ESTIMATE_OUTPUT,
    );
    if values.text(&keys::PRICES_UNKNOWN) != Some("estimate") {
        return Unpriced::Refused;
    }
    wants(values, &keys::PRICES_UNKNOWN, &keys::PRICES_ESTIMATE_INPUT);
    // Where anything is missing, it was reported.
    estimate.map_or(Unpriced::Refused, Unpriced::Estimated)
}

/// Returns a price of two keys; `None` where it is not written, or not right, which was reported.
fn whole(values: &Values, input: &'static Key, output: &'static Key) -> Option<Price> {
    for (one, other) in [(input, output), (output, input)] {
        if values.is_written(one) {
            wants(values, one, other);
        }
    }
    let input = Price::of_a_million(values.dollars(input)?);
    Some(Price {
        input,
        cached_input: input,
        output: Price::of_a_million(values.dollars(output)?),
    })
}

/// Reports a key that is of no use without another.
fn wants(values: &Values, key: &'static Key, other: &'static Key) {
    if !values.is_written(other) {
        values.report(key, Fault::HalfAPrice { other });
    }
}
