//! Who can be chosen on the login screen of a demonstration.

use serde::Serialize;

/// An account of the demonstration. Its password is no secret: whoever reaches the page may be this person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The account's name.
    pub username: String,
    /// The account's password.
    pub password: String,
}

impl Person {
    /// An account of this name and password.
    #[must_use]
    pub fn new(username: &str, password: &str) -> Self {
        Self {
            username: username.to_owned(),
            password: password.to_owned(),
        }
    }
}
