//! What is said about the audit trail, in a terminal.

use super::language::Language;
use super::sayings::sayings;
use super::sentence::render;

sayings! {
    /// One thing said about the audit trail.
    pub enum AuditSaying {
        /// It is as it was written.
        Whole { entries, hash } = "audit-whole",
        /// An entry is gone.
        Missing { seq } = "audit-missing",
        /// An entry is another than what was written.
        Changed { seq } = "audit-changed",
        /// An entry does not follow the one before it.
        Unlinked { seq } = "audit-unlinked",
    }
}

/// Says something about the audit trail.
#[must_use]
pub fn say_of_audit(language: Language, saying: &AuditSaying<'_>) -> String {
    render(language, &saying.message(saying.id()))
}

#[cfg(test)]
mod tests {
    use super::super::sayings::held;
    use super::*;

    fn everything(language: Language) -> Vec<held::Said> {
        let said = AuditSaying::all().into_iter().map(|saying| {
            let said = say_of_audit(language, &saying);
            (saying.id().to_owned(), said, held::arguments(&saying))
        });
        said.collect()
    }

    #[test]
    fn both_languages_hold_exactly_what_can_be_said_with_its_arguments() {
        let korean = include_str!("ko/audit.ftl");
        held::together(Language::Korean, korean, everything(Language::Korean));
        let english = include_str!("en/audit.ftl");
        held::together(Language::English, english, everything(Language::English));
    }
}
