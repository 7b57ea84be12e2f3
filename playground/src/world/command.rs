//! Slash commands: what they are, and keeping them.

use serde_json::{Map, Value, json};

use crate::world::app_error::AppError;
use crate::world::state::World;

const BUILT_IN: &[&str] = &[
    "away",
    "code",
    "collapse",
    "custom_status",
    "dnd",
    "echo",
    "expand",
    "groupmsg",
    "header",
    "help",
    "invite",
    "invite_people",
    "join",
    "kick",
    "leave",
    "logout",
    "marketplace",
    "me",
    "msg",
    "mute",
    "offline",
    "online",
    "open",
    "purpose",
    "remove",
    "rename",
    "search",
    "settings",
    "shortcuts",
    "shrug",
    "status",
];

#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) create_at: i64,
    pub(crate) update_at: i64,
    pub(crate) creator_id: String,
    pub(crate) team_id: String,
    pub(crate) trigger: String,
    /// `P` or `G`.
    pub(crate) method: String,
    pub(crate) username: String,
    pub(crate) icon_url: String,
    pub(crate) auto_complete: bool,
    pub(crate) auto_complete_desc: String,
    pub(crate) auto_complete_hint: String,
    pub(crate) display_name: String,
    pub(crate) description: String,
    pub(crate) url: String,
}

impl Command {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "token": self.token,
            "create_at": self.create_at,
            "update_at": self.update_at,
            "delete_at": 0,
            "creator_id": self.creator_id,
            "team_id": self.team_id,
            "trigger": self.trigger,
            "method": self.method,
            "username": self.username,
            "icon_url": self.icon_url,
            "auto_complete": self.auto_complete,
            "auto_complete_desc": self.auto_complete_desc,
            "auto_complete_hint": self.auto_complete_hint,
            "display_name": self.display_name,
            "description": self.description,
            "url": self.url,
            "plugin_id": "",
        })
    }

    fn apply(&mut self, fields: &Map<String, Value>) {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let set = |place: &mut String, name: &str| {
            if let Some(value) = text(name) {
                value.clone_into(place);
            }
        };
        set(&mut self.method, "method");
        set(&mut self.username, "username");
        set(&mut self.icon_url, "icon_url");
        set(&mut self.auto_complete_desc, "auto_complete_desc");
        set(&mut self.auto_complete_hint, "auto_complete_hint");
        set(&mut self.display_name, "display_name");
        set(&mut self.description, "description");
        set(&mut self.url, "url");
        if let Some(trigger) = text("trigger") {
            self.trigger = trigger.to_lowercase();
        }
        if let Some(on) = fields.get("auto_complete").and_then(Value::as_bool) {
            self.auto_complete = on;
        }
    }

    fn check(&self) -> Result<(), AppError> {
        let invalid = |field: &str, message: &'static str| {
            AppError::new(
                400,
                format!("model.command.is_valid.{field}.app_error"),
                message,
            )
        };
        let trigger = &self.trigger;
        let good_trigger = (1..=128).contains(&trigger.len())
            && !trigger.starts_with('/')
            && trigger
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte));
        if !good_trigger {
            return Err(invalid("trigger", "Invalid trigger."));
        }
        let is_http = self.url.starts_with("http://") || self.url.starts_with("https://");
        if !is_http || self.url.len() > 1024 {
            let field = if self.url.is_empty() {
                "url"
            } else {
                "url_http"
            };
            let message = if self.url.is_empty() {
                "Invalid URL."
            } else {
                "Invalid URL. Must be a valid URL and start with http:// or https://."
            };
            return Err(invalid(field, message));
        }
        if self.method != "P" && self.method != "G" {
            return Err(invalid("method", "Invalid Method."));
        }
        if self.display_name.len() > 64 {
            return Err(invalid("display_name", "Invalid title."));
        }
        if self.description.len() > 128 {
            return Err(invalid("description", "Invalid description."));
        }
        Ok(())
    }
}

pub(crate) fn command_not_found() -> AppError {
    AppError::new(
        404,
        "store.sql_command.save.get.app_error",
        "Unable to get the command.",
    )
}

impl World {
    pub(crate) fn check_commands_enabled(&self) -> Result<(), AppError> {
        if self.settings.enable_commands {
            return Ok(());
        }
        Err(AppError::new(
            501,
            "api.command.disabled.app_error",
            "Commands have been disabled by the system admin.",
        ))
    }

    pub(crate) fn create_command(
        &mut self,
        caller: &str,
        fields: &Map<String, Value>,
    ) -> Result<Command, AppError> {
        let team_id = fields
            .get("team_id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !self.is_team_admin(team_id, caller) {
            return Err(AppError::permissions());
        }
        self.check_commands_enabled()?;
        let now = self.now();
        let mut command = Command {
            id: self.ids.next_id(),
            token: self.ids.next_id(),
            create_at: now,
            update_at: now,
            creator_id: caller.to_owned(),
            team_id: team_id.to_owned(),
            trigger: String::new(),
            method: String::new(),
            username: String::new(),
            icon_url: String::new(),
            auto_complete: false,
            auto_complete_desc: String::new(),
            auto_complete_hint: String::new(),
            display_name: String::new(),
            description: String::new(),
            url: String::new(),
        };
        command.apply(fields);
        self.check_trigger_is_free(&command)?;
        command.check()?;
        self.commands.insert(command.id.clone(), command.clone());
        Ok(command)
    }

    fn check_trigger_is_free(&self, command: &Command) -> Result<(), AppError> {
        let is_taken = BUILT_IN.contains(&command.trigger.as_str())
            || self.commands.values().any(|other| {
                other.id != command.id
                    && other.team_id == command.team_id
                    && other.trigger == command.trigger
            });
        if is_taken {
            return Err(AppError::new(
                400,
                "api.command.duplicate_trigger.app_error",
                "This trigger word is already in use. Please choose another word.",
            ));
        }
        Ok(())
    }

    pub(crate) fn command(&self, caller: &str, id: &str) -> Result<&Command, AppError> {
        let command = self.commands.get(id).ok_or_else(command_not_found)?;
        if self.is_team_admin(&command.team_id, caller) {
            Ok(command)
        } else {
            // Whoever may not manage it is told that it does not exist.
            Err(command_not_found())
        }
    }

    pub(crate) fn update_command(
        &mut self,
        caller: &str,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<Command, AppError> {
        let mut command = self.command(caller, id)?.clone();
        command.apply(fields);
        command.check()?;
        self.check_trigger_is_free(&command)?;
        command.update_at = self.now();
        self.commands.insert(id.to_owned(), command.clone());
        Ok(command)
    }

    pub(crate) fn delete_command(&mut self, caller: &str, id: &str) -> Result<(), AppError> {
        self.command(caller, id)?;
        self.commands.remove(id);
        Ok(())
    }

    pub(crate) fn regenerate_command_token(
        &mut self,
        caller: &str,
        id: &str,
    ) -> Result<String, AppError> {
        self.command(caller, id)?;
        let token = self.ids.next_id();
        let now = self.now();
        if let Some(command) = self.commands.get_mut(id) {
            command.token.clone_from(&token);
            command.update_at = now;
        }
        Ok(token)
    }

    /// Moves a command to another team.
    pub(crate) fn move_command(
        &mut self,
        caller: &str,
        id: &str,
        team_id: &str,
    ) -> Result<(), AppError> {
        let mut command = self.command(caller, id)?.clone();
        if !self.is_team_admin(team_id, caller) {
            return Err(AppError::permissions());
        }
        self.team(team_id)?;
        team_id.clone_into(&mut command.team_id);
        self.check_trigger_is_free(&command)?;
        self.commands.insert(id.to_owned(), command);
        Ok(())
    }

    /// The commands that a client offers in a team; where they are sent is nobody's business.
    pub(crate) fn offered_commands(
        &self,
        caller: &str,
        team_id: &str,
    ) -> Result<Vec<Value>, AppError> {
        if !self.team(team_id)?.members.contains_key(caller) && !self.is_admin(caller) {
            return Err(AppError::permissions());
        }
        let offered = self
            .commands
            .values()
            .filter(|command| command.team_id == team_id && command.auto_complete);
        let offered = offered.map(|command| {
            let mut shown = command.to_json();
            for hidden in [
                "token",
                "creator_id",
                "method",
                "url",
                "username",
                "icon_url",
            ] {
                shown[hidden] = json!("");
            }
            shown
        });
        Ok(offered.collect())
    }

    pub(crate) fn commands_of_team(
        &self,
        caller: &str,
        team_id: &str,
    ) -> Result<Vec<Value>, AppError> {
        if !self.is_team_admin(team_id, caller) {
            return Err(AppError::permissions());
        }
        let mut commands: Vec<&Command> = self
            .commands
            .values()
            .filter(|command| command.team_id == team_id)
            .collect();
        commands.sort_by_key(|command| command.create_at);
        Ok(commands.into_iter().map(Command::to_json).collect())
    }

    /// What a client offers while somebody types a command.
    pub(crate) fn suggest_commands(
        &self,
        caller: &str,
        team_id: &str,
        input: &str,
    ) -> Result<Vec<Value>, AppError> {
        if !self.team(team_id)?.members.contains_key(caller) && !self.is_admin(caller) {
            return Err(AppError::permissions());
        }
        let typed = input.trim_start_matches('/').to_lowercase();
        Ok(self
            .commands
            .values()
            .filter(|command| command.team_id == team_id && command.auto_complete)
            .filter(|command| command.trigger.starts_with(&typed))
            .map(|command| {
                json!({
                    "Complete": command.trigger,
                    "Suggestion": command.trigger,
                    "Hint": command.auto_complete_hint,
                    "Description": command.auto_complete_desc,
                    "IconData": "",
                })
            })
            .collect())
    }
}
