//! Who sets up: an access token that was given, or a session that a password opened and that is ended again.

use secrecy::SecretString;

use super::stop::{Stop, of_first_call};
use crate::mattermost::admin::{Admin, Credentials, Introduction, Reach};
use crate::ports::{MattermostError, MattermostFailure};
use crate::text::Obstacle;

/// By what right.
pub enum Access {
    /// A token.
    Token(SecretString),
    /// A password.
    Password {
        /// A username or an e-mail address.
        login: String,
        /// The password.
        password: SecretString,
        /// The code of the moment; empty where none is asked for.
        code: String,
    },
}

/// A server that answered, and the administrator's way to it.
pub struct Session {
    /// What the server says of itself to everybody.
    pub introduction: Introduction,
    pub(super) reach: Reach,
    pub(super) admin: Admin,
    /// Whether the session is ours to end.
    is_ours: bool,
}

impl Session {
    /// Finds out whether a server is there, and gets in.
    ///
    /// # Errors
    /// When nothing answers, when it is no Mattermost, or when the token or password is not accepted; with [`Obstacle::CodeNeeded`]
    /// where the password is right and a code is asked for.
    pub async fn open(reach: Reach, access: Access) -> Result<Self, Stop> {
        let stranger = Admin::new(reach.clone(), None);
        let introduction = stranger
            .introduction()
            .await
            .map_err(|error| of_first_call(error, &reach.url))?;
        let (token, is_ours) = match access {
            Access::Token(token) => (token, false),
            Access::Password {
                login,
                password,
                code,
            } => {
                let credentials = Credentials {
                    login: &login,
                    password: &password,
                    code: &code,
                };
                let opened = stranger.log_in(&credentials).await;
                (opened.map_err(of_login)?.token, true)
            }
        };
        let admin = Admin::new(reach.clone(), Some(token));
        Ok(Self {
            introduction,
            reach,
            admin,
            is_ours,
        })
    }

    /// Returns the address of the server.
    #[must_use]
    pub fn url(&self) -> &url::Url {
        &self.reach.url
    }

    /// Ends the session where it was opened here.
    ///
    /// # Errors
    /// When the server does not answer; the session then ends by itself after some days.
    pub async fn close(self) -> Result<(), MattermostError> {
        if self.is_ours {
            self.admin.log_out().await
        } else {
            Ok(())
        }
    }
}

fn of_login(error: MattermostError) -> Stop {
    if error.id.contains("mfa") {
        return Obstacle::CodeNeeded.into();
    }
    match error.kind {
        // A wrong login is 401, or 400 where it is no login at all.
        MattermostFailure::TokenRefused | MattermostFailure::Rejected => {
            Obstacle::PasswordRefused.into()
        }
        _ => Stop::Call(error),
    }
}
