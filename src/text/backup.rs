//! What is said about copies of the database, in a terminal; where something is wrong, with what to do about it.

use super::language::Language;
use super::sayings::sayings;
use super::sentence::render;

sayings! {
    /// One thing said about a copy of the database.
    pub enum BackupSaying {
        /// A copy was made.
        Made { path, bytes } = "backup-made",
        /// PostgreSQL is copied by its own programs.
        ByPgDump { path } = "backup-by-pg-dump",
        /// And brought back by them.
        ByPgRestore { path } = "backup-by-pg-restore",
        /// A copy is whole, and holds this much.
        Whole { path, questions, waiting, calls } = "backup-whole",
        /// When the last thing in a copy happened.
        Newest { time, age } = "backup-newest",
        /// Nothing has ever happened in a copy.
        NothingInIt = "backup-nothing-in-it",
        /// A copy's audit trail is as it was written.
        TrailWhole { entries, hash } = "backup-trail-whole",
        /// A copy's audit trail was tampered with.
        TrailBroken { seq } = "backup-trail-broken",
        /// A copy is older than the audit trail.
        TrailAbsent = "backup-trail-absent",
        /// The next start brings a copy up to date.
        Pending { migrations } = "backup-pending",
        /// A copy is in place.
        Restored { path } = "backup-restored",
        /// The old database is kept.
        Kept { path } = "backup-kept",
        /// What is to be written is there.
        Exists { path } = "backup-exists",
        /// What is to be read is not there.
        Missing { path } = "backup-missing",
        /// The system refuses a file.
        FileRefused { path } = "backup-file-refused",
        /// A copy is damaged or none.
        Damaged { path } = "backup-damaged",
        /// What was given is a database that is being used.
        InUse { path } = "backup-in-use",
        /// The database that is to be replaced is used.
        Used { path } = "backup-used",
        /// Another version of askwell made it.
        NewerDatabase { version } = "backup-newer-database",
        /// SQLite refuses to copy.
        CopyFailed { path } = "backup-copy-failed",
    }
}

/// Says something about a copy of the database.
#[must_use]
pub fn say_of_backup(language: Language, saying: &BackupSaying<'_>) -> String {
    render(language, &saying.message(saying.id()))
}

#[cfg(test)]
mod tests {
    use super::super::sayings::held;
    use super::*;

    fn everything(language: Language) -> Vec<held::Said> {
        let said = BackupSaying::all().into_iter().map(|saying| {
            let said = say_of_backup(language, &saying);
            (saying.id().to_owned(), said, held::arguments(&saying))
        });
        said.collect()
    }

    #[test]
    fn both_languages_hold_exactly_what_can_be_said_with_its_arguments() {
        let korean = include_str!("ko/backup.ftl");
        held::together(Language::Korean, korean, everything(Language::Korean));
        let english = include_str!("en/backup.ftl");
        held::together(Language::English, english, everything(Language::English));
    }
}
