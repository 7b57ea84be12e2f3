//! Every sentence askwell itself says to people, in Korean and English.
//!
//! The words live in `ko/*.ftl` and `en/*.ftl` ([Fluent](https://projectfluent.org)), compiled into the binary. A sentence is a variant
//! of [`Sentence`] with typed arguments, so that no caller can misspell its name or forget an argument; tests hold the
//! two languages and the variants together. What a model writes is not ours and does not pass through here.

mod access;
mod agents;
mod audit;
mod backup;
mod budgets;
mod channel;
mod doctor;
mod instructions;
mod language;
mod operator;
mod page;
mod privacy;
mod sayings;
mod sentence;
mod setup;

pub use access::{AccessSaying, say_of_access};
pub use agents::{AgentSaying, say_of_agents};
pub use audit::{AuditSaying, say_of_audit};
pub use backup::{BackupSaying, say_of_backup};
pub use budgets::{BudgetSaying, for_what_time, grouped, how_much, say_of_budgets, whose};
pub use channel::{ChannelSaying, Listed, form_of, heard, list_settings, say_of_channel};
pub use doctor::{Ailment, Healthy, Verdict, attest, conclude, diagnose};
pub use instructions::{
    Linked, Medium, Surroundings, attached_file, default_instructions, go_on, linked, recent,
    summary_instructions, summary_told,
};
pub use language::{Language, UnknownLanguage};
pub use operator::{Explanation, Notice, Trouble, explain, notify};
pub use page::{
    PageSaying, PageWord, action_word, remedy_word, say_of_page, setting_word, word_of_page,
};
pub use privacy::{PrivacySaying, say_of_privacy};
pub use sentence::{Reason, Sentence, say};
pub use setup::{Deed, Obstacle, Remark, explain_obstacle, remark, tell};
