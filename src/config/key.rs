//! One key of the configuration: its names, its form and its meaning.

use super::kind::Form;

/// One key of the configuration.
#[derive(Debug, PartialEq)]
pub struct Key {
    /// Its table in `askwell.toml`.
    pub section: &'static str,
    /// Its name in that table.
    pub name: &'static str,
    /// Its name in the environment, which also exists with `_FILE` at its end.
    pub env: Option<&'static str>,
    /// What may be written.
    pub form: Form,
    /// What holds where nothing is written; where absent, the meaning says it.
    pub default: Option<&'static str>,
    /// What it means, in English.
    pub english: &'static str,
    /// What it means, in Korean.
    pub korean: &'static str,
}

impl Key {
    pub(super) const fn new(section: &'static str, name: &'static str, form: Form) -> Self {
        Self {
            section,
            name,
            env: None,
            form,
            default: None,
            english: "",
            korean: "",
        }
    }

    pub(super) const fn env(mut self, name: &'static str) -> Self {
        self.env = Some(name);
        self
    }

    pub(super) const fn default(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self
    }

    pub(super) const fn means(mut self, english: &'static str, korean: &'static str) -> Self {
        self.english = english;
        self.korean = korean;
        self
    }

    /// Says whether it is about the process, and not about one of the bots that it serves.
    #[must_use]
    pub fn is_of_the_process(&self) -> bool {
        let of_a_bot = ["language", "public_url", "inline_timeout_seconds"];
        match self.section {
            "database" | "log" | "admin" | "metrics" | "traces" => true,
            "server" => !of_a_bot.contains(&self.name),
            _ => false,
        }
    }

    /// Says whether it is a key of `[model]` that each of `[[models]]` has, too.
    #[must_use]
    pub fn is_of_each_model(&self) -> bool {
        let of_all = [
            "choices",
            "tries",
            "first_delay_seconds",
            "longest_delay_seconds",
        ];
        self.section == "model" && !of_all.contains(&self.name)
    }

    /// Returns its full name, as `mattermost.url`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }
}
