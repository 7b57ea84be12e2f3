//! Preferences: small texts that an account keeps on the server, by category and name.

use serde::Serialize;
use serde_json::{Value, json};

use crate::world::app_error::AppError;
use crate::world::event::go_json;
use crate::world::state::World;

/// Preferences that are written or deleted at once.
const MAX_AT_ONCE: usize = 100;

/// The longest category and name, in bytes.
const MAX_NAME: usize = 32;

/// The longest value, in code points.
const MAX_VALUE: usize = 20_000;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Preference {
    pub(crate) user_id: String,
    pub(crate) category: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Preference {
    fn key(&self) -> (String, String, String) {
        (
            self.user_id.clone(),
            self.category.clone(),
            self.name.clone(),
        )
    }

    fn check(&self) -> Result<(), AppError> {
        let invalid = |field: &str| {
            AppError::new(
                400,
                format!("model.preference.is_valid.{field}.app_error"),
                format!("Invalid {field}."),
            )
        };
        if self.category.is_empty() || self.category.len() > MAX_NAME {
            return Err(invalid("category"));
        }
        if self.name.len() > MAX_NAME {
            return Err(invalid("name"));
        }
        if self.value.chars().count() > MAX_VALUE {
            return Err(invalid("value"));
        }
        Ok(())
    }
}

impl World {
    /// The preferences in a body, which must all be of one account.
    fn given_preferences(user_id: &str, body: &Value) -> Result<Vec<Preference>, AppError> {
        let items = body
            .as_array()
            .filter(|items| (1..=MAX_AT_ONCE).contains(&items.len()));
        let items = items.ok_or_else(|| AppError::body_param("preferences"))?;
        let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
        let preferences: Vec<Preference> = items
            .iter()
            .map(|item| Preference {
                user_id: text(item, "user_id"),
                category: text(item, "category"),
                name: text(item, "name"),
                value: text(item, "value"),
            })
            .collect();
        if preferences
            .iter()
            .all(|preference| preference.user_id == user_id)
        {
            Ok(preferences)
        } else {
            Err(AppError::new(
                403,
                "api.preference.update_preferences.set.app_error",
                "Unable to set preferences for a different user.",
            ))
        }
    }

    pub(crate) fn set_preferences(&mut self, user_id: &str, body: &Value) -> Result<(), AppError> {
        let preferences = Self::given_preferences(user_id, body)?;
        for preference in &preferences {
            preference.check()?;
        }
        for preference in &preferences {
            self.preferences
                .insert(preference.key(), preference.value.clone());
        }
        let data = json!({"preferences": go_json(&preferences)});
        self.tell(user_id, "preferences_changed", data);
        Ok(())
    }

    pub(crate) fn delete_preferences(
        &mut self,
        user_id: &str,
        body: &Value,
    ) -> Result<(), AppError> {
        let preferences = Self::given_preferences(user_id, body)?;
        for preference in &preferences {
            self.preferences.remove(&preference.key());
        }
        let data = json!({"preferences": go_json(&preferences)});
        self.tell(user_id, "preferences_deleted", data);
        Ok(())
    }

    /// An account's preferences: all, or of a category.
    pub(crate) fn preferences_of(&self, user_id: &str, category: Option<&str>) -> Vec<Preference> {
        let held = self.preferences.iter();
        held.filter(|((owner, of, _), _)| {
            owner == user_id && category.is_none_or(|category| of == category)
        })
        .map(|((owner, category, name), value)| Preference {
            user_id: owner.clone(),
            category: category.clone(),
            name: name.clone(),
            value: value.clone(),
        })
        .collect()
    }
}
