//! Values brought into the form of their key, from a text of the environment or from TOML.

use std::borrow::Cow;
use std::net::SocketAddr;

use secrecy::SecretString;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;
use super::raw::Written;
use super::reference::{Form, Key};
use crate::domain::money::Money;

/// Tokens in one list, at most.
pub const MAX_TOKENS: usize = 100;

/// Names in one list, at most: the people of a department.
const MAX_NAMES: usize = 1_000;

/// Entries of a list within a table of anything, at most.
const MAX_ITEMS: usize = 50;

/// Characters of a name in a list, at most.
const MAX_NAME_CHARS: usize = 200;

/// Files in one list, at most: each is a bot with connections, workers and memory of its own.
pub const MAX_FILES: usize = 50;

/// Entries of one table, at most.
const MAX_PAIRS: usize = 50;

/// The longest secret, in bytes: HTTP servers take about 8 KiB of headers in all.
pub const MAX_SECRET_BYTES: usize = 4096;

/// The longest address, in bytes.
pub const MAX_ADDRESS_BYTES: usize = 2048;

/// Returns the default of a key, where it has one.
pub(super) fn default(key: &Key) -> Option<Written> {
    from_text(key.form, key.default?).ok()
}

/// Reads a text of the environment.
pub(super) fn from_text(form: Form, text: &str) -> Result<Written, Fault> {
    let wrong = || Fault::Form(form);
    let text = text.trim();
    match form {
        Form::Text(_) | Form::Secret | Form::Address | Form::Socket | Form::OneOf(_) => {
            text_value(form, text)
        }
        Form::Secrets => secrets(text.split(',')),
        Form::Names => names(text.split(',')),
        // Tables have no form in the environment.
        Form::Pairs | Form::Json => Err(wrong()),
        Form::Files => files(text.split(',')),
        Form::Whole(..) => whole(form, text.parse().map_err(|_| wrong())?),
        Form::Decimal(..) | Form::Seconds(..) => decimal(form, text.parse().map_err(|_| wrong())?),
        Form::Dollars(_) => dollars(form, text),
        Form::Switch => text.parse().map(Written::Switch).map_err(|_| wrong()),
    }
}

/// Reads a value of TOML.
pub(super) fn from_toml(form: Form, value: &DeValue<'_>) -> Result<Written, Fault> {
    match (form, value) {
        (
            Form::Text(_) | Form::Secret | Form::Address | Form::Socket | Form::OneOf(_),
            DeValue::String(text),
        ) => text_value(form, text),
        (Form::Secrets | Form::Names | Form::Files, DeValue::Array(items)) => {
            let texts: Option<Vec<_>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            let texts = texts.ok_or(Fault::Form(form))?.into_iter();
            match form {
                Form::Files => files(texts),
                Form::Names => names(texts),
                _ => secrets(texts),
            }
        }
        (Form::Whole(..), DeValue::Integer(number)) => {
            let digits = number.as_str();
            whole(
                form,
                u64::from_str_radix(digits, number.radix()).map_err(|_| Fault::Form(form))?,
            )
        }
        (Form::Decimal(..) | Form::Seconds(..), DeValue::Integer(number)) => decimal(
            form,
            number.as_str().parse().map_err(|_| Fault::Form(form))?,
        ),
        (Form::Decimal(..) | Form::Seconds(..), DeValue::Float(number)) => decimal(
            form,
            number.as_str().parse().map_err(|_| Fault::Form(form))?,
        ),
        (Form::Dollars(_), DeValue::Integer(number)) if number.radix() == 10 => {
            dollars(form, number.as_str())
        }
        (Form::Dollars(_), DeValue::Float(number)) => dollars(form, number.as_str()),
        (Form::Dollars(_), DeValue::String(text)) => dollars(form, text),
        (Form::Pairs, DeValue::Table(table)) => pairs(table),
        (Form::Json, DeValue::Table(table)) => json(table).map(Written::Json),
        (Form::Switch, DeValue::Boolean(on)) => Ok(Written::Switch(*on)),
        _ => Err(Fault::Form(form)),
    }
}

fn pairs(table: &DeTable<'_>) -> Result<Written, Fault> {
    let pair = |(name, value): (&Spanned<Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        let text = value.get_ref().as_str().ok_or(Fault::Form(Form::Pairs))?;
        let name = name.get_ref().as_ref().to_owned();
        Ok((name, SecretString::from(text)))
    };
    let pairs = table.iter().map(pair).collect::<Result<Vec<_>, Fault>>()?;
    within(pairs.len(), MAX_PAIRS, Form::Pairs)?;
    Ok(Written::Pairs(pairs))
}

fn json(table: &DeTable<'_>) -> Result<Map<String, Value>, Fault> {
    within(table.len(), MAX_PAIRS, Form::Json)?;
    let entry = |(name, value): (&Spanned<Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        Ok((
            name.get_ref().as_ref().to_owned(),
            json_value(value.get_ref())?,
        ))
    };
    table.iter().map(entry).collect()
}

/// Brings a value of TOML into JSON. TOML has no null: the text `null` is it, because JSON's own fields never want that text.
fn json_value(value: &DeValue<'_>) -> Result<Value, Fault> {
    let wrong = || Fault::Form(Form::Json);
    match value {
        DeValue::String(text) if text == "null" => Ok(Value::Null),
        DeValue::String(text) => Ok(Value::from(text.as_ref())),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Value::from)
            .map_err(|_| wrong()),
        DeValue::Float(number) => {
            let number: f64 = number.as_str().parse().map_err(|_| wrong())?;
            Ok(Value::from(number))
        }
        DeValue::Boolean(on) => Ok(Value::from(*on)),
        DeValue::Array(items) => {
            within(items.len(), MAX_ITEMS, Form::Json)?;
            let items = items.iter().map(|item| json_value(item.get_ref()));
            Ok(Value::Array(items.collect::<Result<_, _>>()?))
        }
        DeValue::Table(table) => json(table).map(Value::Object),
        DeValue::Datetime(_) => Err(wrong()),
    }
}

fn within(number: usize, most: usize, form: Form) -> Result<(), Fault> {
    if number > most {
        return Err(Fault::Form(form));
    }
    Ok(())
}

fn text_value(form: Form, text: &str) -> Result<Written, Fault> {
    if text.trim().is_empty() {
        return Err(Fault::Empty);
    }
    match form {
        Form::Text(chars) if text.chars().count() > chars => Err(Fault::TooLong { chars }),
        Form::Secret => secret(text).map(Written::Secret),
        Form::Address if text.len() > MAX_ADDRESS_BYTES => Err(Fault::TooLong {
            chars: MAX_ADDRESS_BYTES,
        }),
        Form::Socket if text.parse::<SocketAddr>().is_err() => Err(Fault::Form(form)),
        Form::OneOf(choices) if !choices.contains(&text) => Err(Fault::Form(form)),
        _ => Ok(Written::Text(text.to_owned())),
    }
}

fn secret(text: &str) -> Result<SecretString, Fault> {
    let text = text.trim();
    if text.is_empty() {
        Err(Fault::Empty)
    } else if text.len() > MAX_SECRET_BYTES {
        Err(Fault::TooLong {
            chars: MAX_SECRET_BYTES,
        })
    } else if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(SecretString::from(text))
    } else {
        Err(Fault::Characters)
    }
}

fn secrets<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Written, Fault> {
    // A comma at the end is a habit, not a mistake.
    let secrets = texts
        .filter(|text| !text.trim().is_empty())
        .map(secret)
        .collect::<Result<Vec<_>, _>>()?;
    match secrets.len() {
        0 => Err(Fault::Empty),
        1..=MAX_TOKENS => Ok(Written::Secrets(secrets)),
        _ => Err(Fault::Form(Form::Secrets)),
    }
}

fn names<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Written, Fault> {
    let names: Vec<String> = texts.map(|name| name.trim().to_owned()).collect();
    let is_name = |name: &String| {
        !name.is_empty()
            && name.chars().count() <= MAX_NAME_CHARS
            && !name.contains(char::is_control)
    };
    if names.len() <= MAX_NAMES && names.iter().all(is_name) {
        Ok(Written::Texts(names))
    } else {
        Err(Fault::Form(Form::Names))
    }
}

fn files<'a>(names: impl Iterator<Item = &'a str>) -> Result<Written, Fault> {
    const EXTENSION: &str = ".toml";
    let names: Vec<String> = names.map(|name| name.trim().to_owned()).collect();
    let is_name = |name: &String| name.len() > EXTENSION.len() && name.ends_with(EXTENSION);
    if names.len() <= MAX_FILES && names.iter().all(is_name) {
        Ok(Written::Texts(names))
    } else {
        Err(Fault::Form(Form::Files))
    }
}

fn whole(form: Form, number: u64) -> Result<Written, Fault> {
    match form {
        Form::Whole(min, max) if (min..=max).contains(&number) => Ok(Written::Whole(number)),
        _ => Err(Fault::Form(form)),
    }
}

fn decimal(form: Form, number: f64) -> Result<Written, Fault> {
    match form {
        Form::Decimal(min, max) | Form::Seconds(min, max) if (min..=max).contains(&number) => {
            Ok(Written::Decimal(number))
        }
        _ => Err(Fault::Form(form)),
    }
}

fn dollars(form: Form, text: &str) -> Result<Written, Fault> {
    match (form, Money::parse(text)) {
        (Form::Dollars(most), Some(amount)) if amount <= Money::from_dollars(most) => {
            Ok(Written::Dollars(amount))
        }
        _ => Err(Fault::Form(form)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reference::KEYS;

    #[test]
    fn every_default_has_the_form_of_its_key() {
        for key in KEYS.iter().filter(|key| key.default.is_some()) {
            assert!(default(key).is_some(), "{}", key.path());
        }
    }

    #[test]
    fn numbers_are_taken_at_their_bounds_and_not_beyond() {
        for (form, inside, outside) in [
            (Form::Whole(2, 5), ["2", "5"], ["1", "6"]),
            (Form::Seconds(0.5, 5.0), ["0.5", "5"], ["0.49", "5.01"]),
            (Form::Decimal(0.0, 2.0), ["0", "2"], ["-0.1", "NaN"]),
            (Form::Dollars(20), ["0", "20"], ["-0.1", "20.000000001"]),
            (Form::Dollars(20), ["0.075", "0.000000001"], ["NaN", "1e1"]),
        ] {
            assert!(inside.iter().all(|text| from_text(form, text).is_ok()));
            assert!(outside.iter().all(|text| from_text(form, text).is_err()));
        }
    }

    #[test]
    fn a_list_of_tokens_and_each_token_have_a_longest_form() {
        let tokens = |count: usize| vec!["t"; count].join(",");
        assert!(from_text(Form::Secrets, &tokens(MAX_TOKENS)).is_ok());
        assert!(from_text(Form::Secrets, &tokens(MAX_TOKENS + 1)).is_err());
        assert!(from_text(Form::Secret, &"t".repeat(MAX_SECRET_BYTES)).is_ok());
        assert!(from_text(Form::Secret, &"t".repeat(MAX_SECRET_BYTES + 1)).is_err());
        assert!(from_text(Form::Address, &"t".repeat(MAX_ADDRESS_BYTES)).is_ok());
        assert!(from_text(Form::Address, &"t".repeat(MAX_ADDRESS_BYTES + 1)).is_err());
    }
}
