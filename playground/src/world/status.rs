//! Whether people are there: by their connections, or as they say.

use serde_json::{Value, json};

use crate::world::app_error::AppError;
use crate::world::state::World;

impl World {
    /// How an account stands: as it says where it says so, else by whether somebody listens.
    pub(crate) fn status_of(&self, user_id: &str) -> Value {
        let said = self.statuses.get(user_id);
        let is_online = self.hub.is_online(user_id);
        let status = match said {
            Some(said) => said.as_str(),
            None if is_online => "online",
            None => "offline",
        };
        json!({
            "user_id": user_id,
            "status": status,
            "manual": said.is_some(),
            "last_activity_at": 0,
        })
    }

    /// Says how an account stands; `online` means that its connections say so again.
    pub(crate) fn set_status(
        &mut self,
        caller: &str,
        user_id: &str,
        status: &str,
    ) -> Result<Value, AppError> {
        if caller != user_id && !self.is_admin(caller) {
            return Err(AppError::permissions());
        }
        self.user(user_id)?;
        match status {
            "online" => {
                self.statuses.remove(user_id);
            }
            "away" | "dnd" | "offline" => {
                self.statuses.insert(user_id.to_owned(), status.to_owned());
            }
            _ => return Err(AppError::body_param("status")),
        }
        let data = json!({"status": status, "user_id": user_id});
        self.tell(user_id, "status_change", data);
        Ok(self.status_of(user_id))
    }
}
