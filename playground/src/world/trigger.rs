//! Trigger ids: by one of these an integration opens a dialog for the person who has just called it.

use sha1::{Digest, Sha1};

use crate::world::app_error::AppError;
use crate::world::base64;
use crate::world::state::World;

/// A trigger, as both sides know it.
pub(crate) struct Trigger {
    /// What the integration is sent: signed, and only good for a while.
    pub(crate) id: String,
    /// What the person's client recognises its dialog by.
    pub(crate) client_id: String,
}

fn refused(name: &str, message: &'static str) -> AppError {
    let id = format!("interactive_message.decode_trigger_id.{name}");
    AppError::new(400, id, message)
}

impl World {
    pub(crate) fn new_trigger(&mut self, user_id: &str) -> Trigger {
        let client_id = self.ids.next_id();
        let signed = format!("{client_id}:{user_id}:{}:", self.now());
        let signature = self.signature(&signed);
        Trigger {
            id: base64::encode(format!("{signed}{signature}").as_bytes()),
            client_id,
        }
    }

    fn signature(&self, signed: &str) -> String {
        let digest = Sha1::digest(format!("{}:{signed}", self.signing_key));
        base64::encode(&digest)
    }

    /// The client's id of a trigger and whose it is.
    pub(crate) fn read_trigger(&self, id: &str) -> Result<(String, String), AppError> {
        let text = base64::decode(id)
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| {
                refused(
                    "base64_decode_failed",
                    "Failed to decode base64 for trigger ID for interactive dialog.",
                )
            })?;
        let parts: Vec<&str> = text.split(':').collect();
        let [client_id, user_id, at, signature] = parts.as_slice() else {
            return Err(refused(
                "missing_data",
                "Trigger ID missing required data for interactive dialog.",
            ));
        };
        let at: i64 = at.parse().unwrap_or(0);
        let lives =
            i64::try_from(self.settings.integration_timeout.as_millis()).unwrap_or(i64::MAX);
        if self.now() - at > lives {
            let seconds = self.settings.integration_timeout.as_secs();
            return Err(AppError::new(
                400,
                "interactive_message.decode_trigger_id.expired",
                format!(
                    "Trigger ID for interactive dialog is expired. Trigger IDs live for a maximum of {seconds} seconds."
                ),
            ));
        }
        if self.signature(&format!("{client_id}:{user_id}:{at}:")) != *signature {
            return Err(refused(
                "verify_signature_failed",
                "Signature verification failed of trigger ID for interactive dialog.",
            ));
        }
        Ok(((*client_id).to_owned(), (*user_id).to_owned()))
    }
}
