//! What `askwell setup` says: what it finds in the way, what it does, and what it asks.

use super::language::Language;
use super::operator::Explanation;
use super::sayings::{explained, sayings};
use super::sentence::render;

explained! {
    /// Why setting up cannot go on. What is in the way has a remedy each.
    pub enum Obstacle {
        /// No address of a server is known.
        NoUrl = "setup-no-url",
        /// The address of a server cannot be used.
        BadUrl { url } = "setup-bad-url",
        /// Nobody said who asks.
        NoCredentials = "setup-no-credentials",
        /// The file of a token cannot be read.
        TokenFileUnreadable { path } = "setup-token-file-unreadable",
        /// The server cannot be reached.
        Unreachable { url } = "setup-unreachable",
        /// Something else than Mattermost answers there.
        NotMattermost { url } = "setup-not-mattermost",
        /// The administrator's token is not good.
        TokenRefused = "setup-token-refused",
        /// The password is not good.
        PasswordRefused = "setup-password-refused",
        /// The account asks for a code beside the password.
        CodeNeeded = "setup-code-needed",
        /// The account may not do this.
        NotAdministrator { account } = "setup-not-administrator",
        /// A person has the bot's name.
        NameIsAPersons { name } = "setup-name-is-a-persons",
        /// The name is none that an account can have.
        BadName { name } = "setup-bad-name",
        /// The server has no team.
        NoTeams = "setup-no-teams",
        /// A named team does not exist.
        NoSuchTeam { name, known } = "setup-no-such-team",
        /// Another command has the word.
        TriggerTaken { trigger, team, url } = "setup-trigger-taken",
        /// The word is none that a command can have.
        BadTrigger { trigger } = "setup-bad-trigger",
        /// The incoming webhook's channel does not exist.
        NoSuchChannel { channel } = "setup-no-such-channel",
        /// The role that permits the live preview does not exist.
        NoPreviewRole { role } = "setup-no-preview-role",
        /// A setting that is in the way is given by the server's environment.
        SettingIsFixed { setting, variable, after } = "setup-setting-is-fixed",
        /// A setting was changed and is as it was.
        SettingStays { setting, after } = "setup-setting-stays",
        /// Settings are in the way and nobody agreed to change them.
        SettingsNotAgreed = "setup-settings-not-agreed",
        /// Nobody can be asked.
        NobodyToAsk = "setup-nobody-to-ask",
        /// Somebody was asked and said no.
        Declined = "setup-declined",
        /// How Mattermost reaches us is not known.
        NoPublicUrl = "setup-no-public-url",
        /// A secret is kept in a file of its own.
        ValueIsApart { name } = "setup-value-is-apart",
        /// A file cannot be read or written.
        FileRefused { path, why } = "setup-file-refused",
        /// A file is written in a way that cannot be changed safely.
        FileTooIntricate { path, name } = "setup-file-too-intricate",
        /// The record of what was made cannot be read.
        RecordUnreadable { path } = "setup-record-unreadable",
        /// The record of what was made is about another server.
        OtherServer { path, recorded } = "setup-other-server",
        /// The server refused or failed.
        CallFailed { call, status, id } = "setup-call-failed",
    }
}

sayings! {
    /// What is done, to be read in a list before and while it is done.
    pub enum Deed {
        /// A setting of the server's is changed.
        ChangeSetting { setting, before, after } = "setup-change-setting",
        /// The bot account is made.
        CreateBot { name } = "setup-create-bot",
        /// The bot account is let act again.
        EnableBot { name } = "setup-enable-bot",
        /// The bot gets a picture.
        SetPicture { name } = "setup-set-picture",
        /// The bot is no longer told of `@channel`.
        SetNotifyProps { name } = "setup-set-notify-props",
        /// The bot gets a token.
        CreateToken { name } = "setup-create-token",
        /// The bot comes into a team.
        JoinTeam { name, team } = "setup-join-team",
        /// A command is made.
        CreateCommand { trigger, team } = "setup-create-command",
        /// A command of ours calls another address.
        UpdateCommand { trigger, team, url } = "setup-update-command",
        /// An outgoing webhook is made.
        CreateOutgoing { word, team } = "setup-create-outgoing",
        /// An incoming webhook is made.
        CreateIncoming { channel } = "setup-create-incoming",
        /// A role permits the live preview.
        PermitPreview { role } = "setup-permit-preview",
        /// The bot gets that role.
        GiveRole { role, name } = "setup-give-role",
        /// A value is written into a file.
        Write { key, path } = "setup-write",
        /// A setting is as it was.
        RestoreSetting { setting, before } = "setup-restore-setting",
        /// The bot account is no longer let act.
        DisableBot { name } = "setup-disable-bot",
        /// The bot's picture is taken away.
        RemovePicture = "setup-remove-picture",
        /// The bot is told of what it was told of before.
        RestoreNotifyProps = "setup-restore-notify-props",
        /// A token is taken back.
        RevokeToken = "setup-revoke-token",
        /// The bot leaves a team.
        LeaveTeam { team } = "setup-leave-team",
        /// A command is deleted.
        DeleteCommand { trigger, team } = "setup-delete-command",
        /// An outgoing webhook is deleted.
        DeleteOutgoing { word, team } = "setup-delete-outgoing",
        /// The incoming webhook is deleted.
        DeleteIncoming { channel } = "setup-delete-incoming",
        /// A role permits the live preview no more.
        ForbidPreview { role } = "setup-forbid-preview",
        /// The bot loses that role.
        TakeRole { role } = "setup-take-role",
        /// A value in a file is as it was.
        Unwrite { key, path } = "setup-unwrite",
        /// A file of ours is deleted.
        DeleteFile { path } = "setup-delete-file",
    }
}

sayings! {
    /// What else is said, or asked.
    pub enum Remark {
        /// Whom we talk to, and as whom.
        Server { version, url, account } = "setup-server",
        /// Where Mattermost will reach us.
        PublicUrl { url } = "setup-public-url",
        /// The server is older than what was tried.
        OldServer { version, oldest } = "setup-old-server",
        /// The server does not say its version.
        UnknownVersion = "setup-unknown-version",
        /// The host of the public address is not known here.
        HostUnknown { host } = "setup-host-unknown",
        /// A bot that exists already is used.
        BotAdopted { name } = "setup-bot-adopted",
        /// The token that is written is not the bot's, and is replaced.
        TokenReplaced { name } = "setup-token-replaced",
        /// The environment holds something else than the file, and wins.
        EnvironmentWins { name } = "setup-environment-wins",
        /// Heads the list of what stands in the way.
        Settings = "setup-settings",
        /// Asks whether to change them.
        AskSettings = "setup-ask-settings",
        /// Explains the live preview and asks whether to permit it.
        AskPreview { role, name } = "setup-ask-preview",
        /// Heads the list of what is made.
        Steps = "setup-steps",
        /// Heads the list of what would be made.
        DryRun = "setup-dry-run",
        /// All is as it should be.
        NothingToChange = "setup-nothing-to-change",
        /// It is done.
        Done { trigger, name } = "setup-done",
        /// What is still missing in the configuration follows.
        StillMissing = "setup-still-missing",
        /// What comes next.
        Next = "setup-next",
        /// Heads the list of what is taken back.
        UndoSteps = "setup-undo-steps",
        /// Asks whether to take it back.
        AskUndo = "setup-ask-undo",
        /// There is nothing to take back.
        NothingToUndo = "setup-nothing-to-undo",
        /// It is taken back.
        Undone = "setup-undone",
        /// A setting or value was changed by somebody else since, and stays.
        ChangedSince { name } = "setup-changed-since",
        /// Asks for the server's address.
        AskUrl = "setup-ask-url",
        /// Asks where Mattermost reaches us.
        AskPublicUrl { url } = "setup-ask-public-url",
        /// Asks for a login or a token.
        AskLogin = "setup-ask-login",
        /// Asks for the token.
        AskToken = "setup-ask-token",
        /// Asks for the password.
        AskPassword { account } = "setup-ask-password",
        /// Asks for the code of the moment.
        AskCode = "setup-ask-code",
        /// What people read of the bot.
        BotDescription { trigger } = "setup-bot-description",
        /// What is shown while the command is typed.
        CommandExplanation = "setup-command-explanation",
        /// What is to be typed after the command.
        CommandHint = "setup-command-hint",
    }
}

/// Says what is in the way, and what to do about it.
#[must_use]
pub fn explain_obstacle(language: Language, obstacle: &Obstacle<'_>) -> Explanation {
    obstacle.explain(language)
}

/// Says what is done.
#[must_use]
pub fn tell(language: Language, deed: &Deed<'_>) -> String {
    render(language, &deed.message(deed.id()))
}

/// Says something else.
#[must_use]
pub fn remark(language: Language, remark: &Remark<'_>) -> String {
    render(language, &remark.message(remark.id()))
}

#[cfg(test)]
mod tests {
    use super::super::sayings::held;
    use super::*;

    fn everything(language: Language) -> Vec<held::Said> {
        let mut said = Vec::new();
        for obstacle in Obstacle::all() {
            let Explanation { what, remedy } = explain_obstacle(language, &obstacle);
            let arguments = held::arguments(&obstacle);
            // An argument may stand in either.
            said.push((
                obstacle.id().to_owned(),
                format!("{what} {remedy}"),
                arguments,
            ));
            said.push((obstacle.remedy_id().to_owned(), remedy, Vec::new()));
        }
        for deed in Deed::all() {
            let arguments = held::arguments(&deed);
            said.push((deed.id().to_owned(), tell(language, &deed), arguments));
        }
        for one in Remark::all() {
            let arguments = held::arguments(&one);
            said.push((one.id().to_owned(), remark(language, &one), arguments));
        }
        said
    }

    #[test]
    fn both_languages_hold_exactly_what_can_be_said_with_its_arguments() {
        let korean = include_str!("ko/setup.ftl");
        held::together(Language::Korean, korean, everything(Language::Korean));
        let english = include_str!("en/setup.ftl");
        held::together(Language::English, english, everything(Language::English));
    }
}
