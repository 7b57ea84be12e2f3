//! What `askwell doctor` finds: what is well, and what is not, each with its remedy.

use super::language::Language;
use super::operator::Explanation;
use super::sayings::{explained, sayings};
use super::sentence::render;

sayings! {
    /// What is well.
    pub enum Healthy {
        /// The configuration can be read and is complete.
        Configuration = "doctor-configuration",
        /// The secrets are their owner's alone.
        Secrets { path } = "doctor-secrets",
        /// The database is whole and can be written.
        Database { size } = "doctor-database",
        /// The database is made at the first start.
        DatabaseToBeMade { path } = "doctor-database-to-be-made",
        /// There is room on the disk.
        Disk { free } = "doctor-disk",
        /// Mattermost answers.
        Mattermost { version, url } = "doctor-mattermost",
        /// Both clocks agree.
        Clock { seconds } = "doctor-clock",
        /// The bot's token is good.
        Bot { name, teams } = "doctor-bot",
        /// The bot hears.
        Socket = "doctor-socket",
        /// No setting of the server is in the way.
        Settings = "doctor-settings",
        /// askwell runs.
        Serving { address } = "doctor-serving",
        /// A command went from Mattermost to us and back.
        Command { trigger, team } = "doctor-command",
        /// Which of several models is looked at.
        ModelNamed { name, model } = "doctor-model-named",
        /// The model answers as it should.
        Model { seconds } = "doctor-model",
        /// What the model costs is configured.
        ModelPriced { input, cached, output } = "doctor-model-priced",
        /// What the model costs stands in the table.
        ModelListed { input, cached, output, date } = "doctor-model-listed",
        /// The model calls tools.
        ModelTools = "doctor-model-tools",
        /// The model answers in words where it could call a tool, or takes none.
        ModelWithoutTools = "doctor-model-without-tools",
    }
}

explained! {
    /// What is not well.
    pub enum Ailment {
        /// The configuration is wrong.
        ConfigurationWrong { problems } = "doctor-configuration-wrong",
        /// Others may read the secrets.
        SecretsOpen { path } = "doctor-secrets-open",
        /// The database is damaged.
        DatabaseDamaged { path } = "doctor-database-damaged",
        /// Another version made the database.
        DatabaseOfAnotherVersion { version } = "doctor-database-of-another-version",
        /// The database cannot be used.
        DatabaseFails { why } = "doctor-database-fails",
        /// The database was too large to be read to its end.
        DatabaseNotLookedAt = "doctor-database-not-looked-at",
        /// The next start brings the database up to date.
        DatabaseOlder { count } = "doctor-database-older",
        /// Answers could be shown to nobody.
        DeadLetters { count } = "doctor-dead-letters",
        /// There is little room on the disk.
        DiskLow { free, path } = "doctor-disk-low",
        /// Mattermost cannot be reached.
        MattermostUnreachable { url } = "doctor-mattermost-unreachable",
        /// Something else than Mattermost answers.
        NotMattermost { url } = "doctor-not-mattermost",
        /// Mattermost is older than what was tried.
        MattermostOld { version, oldest } = "doctor-mattermost-old",
        /// The clocks differ.
        ClockSkew { seconds } = "doctor-clock-skew",
        /// There is no bot.
        NoBot = "doctor-no-bot",
        /// The bot's token is refused.
        BotTokenRefused = "doctor-bot-token-refused",
        /// The token is a person's.
        BotIsAPerson { name } = "doctor-bot-is-a-person",
        /// The bot may do everything.
        BotIsAdministrator { name } = "doctor-bot-is-administrator",
        /// The bot is in no team.
        BotInNoTeam { name } = "doctor-bot-in-no-team",
        /// The bot is mentioned by `@channel`.
        BotHearsEverybody { name } = "doctor-bot-hears-everybody",
        /// Mattermost refused or failed.
        CallFailed { call, status, id } = "doctor-call-failed",
        /// A proxy does not let the WebSocket through.
        SocketRefused { status } = "doctor-socket-refused",
        /// The WebSocket cannot be opened.
        SocketUnreachable = "doctor-socket-unreachable",
        /// The WebSocket stays silent.
        SocketSilent = "doctor-socket-silent",
        /// The server has no address of its own.
        NoSiteUrl = "doctor-no-site-url",
        /// An account has the name of an agent.
        AgentIsAccount { name } = "doctor-agent-is-account",
        /// Commands are switched off.
        CommandsOff = "doctor-commands-off",
        /// Posts can be edited for a short time only.
        EditTimeLimit { seconds } = "doctor-edit-time-limit",
        /// The server shows LaTeX otherwise than is configured.
        LatexDiffers { server } = "doctor-latex-differs",
        /// A setting of the server is in the way.
        SettingInTheWay { setting, after } = "doctor-setting-in-the-way",
        /// The administrator's token is of no use.
        AdministratorRefused = "doctor-administrator-refused",
        /// askwell does not run.
        NotServing { address } = "doctor-not-serving",
        /// The public address does not lead here.
        PublicUrlUnreachable { url } = "doctor-public-url-unreachable",
        /// No team has the command.
        CommandMissing { trigger } = "doctor-command-missing",
        /// A team has no such command.
        CommandMissingIn { trigger, team } = "doctor-command-missing-in",
        /// A command calls another address.
        CommandElsewhere { trigger, team, url } = "doctor-command-elsewhere",
        /// A command shows a token that is not configured.
        CommandTokenUnknown { trigger, team } = "doctor-command-token-unknown",
        /// Mattermost cannot reach us.
        CommandUnreachable { trigger, team } = "doctor-command-unreachable",
        /// What answers the command is not us, or does not know its token.
        CommandRefused { trigger, team } = "doctor-command-refused",
        /// Nobody could be found to run the command.
        CommandNotTried = "doctor-command-not-tried",
        /// The model's key is refused.
        ModelKeyRefused = "doctor-model-key-refused",
        /// The model's server does not know the model.
        ModelUnknown = "doctor-model-unknown",
        /// The model's server wants no more requests, or no more without money.
        ModelLimited = "doctor-model-limited",
        /// The model's server cannot be reached, or fails.
        ModelUnavailable = "doctor-model-unavailable",
        /// The model takes too long.
        ModelSlow = "doctor-model-slow",
        /// The model's server refuses what is asked.
        ModelRefuses = "doctor-model-refuses",
        /// What the model's server sends is no completion.
        ModelGarbled = "doctor-model-garbled",
        /// The model's server refuses fields that are left out then.
        ModelRefusesFields { fields } = "doctor-model-refuses-fields",
        /// A model's certificates or its proxy cannot be used.
        ModelWay = "doctor-model-way",
        /// The model's host does not list its models.
        ModelListsNone = "doctor-model-lists-none",
        /// The answer comes all at once.
        ModelDoesNotStream = "doctor-model-does-not-stream",
        /// Nobody says what the model costs.
        ModelUnpriced = "doctor-model-unpriced",
        /// The same, and a budget counts dollars: it is never asked.
        ModelNeverAsked = "doctor-model-never-asked",
        /// The model's server does not say what was used.
        ModelWithoutUsage = "doctor-model-without-usage",
    }
}

sayings! {
    /// How it ended.
    pub enum Verdict {
        /// All is well.
        Healthy = "doctor-verdict-healthy",
        /// It works, with something to look after.
        Degraded { count } = "doctor-verdict-degraded",
        /// Something does not work.
        Ill { count } = "doctor-verdict-ill",
    }
}

/// Says what is well.
#[must_use]
pub fn attest(language: Language, healthy: &Healthy<'_>) -> String {
    render(language, &healthy.message(healthy.id()))
}

/// Says what is not well, and what to do about it.
#[must_use]
pub fn diagnose(language: Language, ailment: &Ailment<'_>) -> Explanation {
    ailment.explain(language)
}

/// Says how it ended.
#[must_use]
pub fn conclude(language: Language, verdict: &Verdict<'_>) -> String {
    render(language, &verdict.message(verdict.id()))
}

#[cfg(test)]
mod tests {
    use super::super::sayings::held;
    use super::*;

    fn everything(language: Language) -> Vec<held::Said> {
        let mut said = Vec::new();
        for ailment in Ailment::all() {
            let Explanation { what, remedy } = diagnose(language, &ailment);
            let arguments = held::arguments(&ailment);
            // An argument may stand in either.
            said.push((
                ailment.id().to_owned(),
                format!("{what} {remedy}"),
                arguments,
            ));
            said.push((ailment.remedy_id().to_owned(), remedy, Vec::new()));
        }
        for healthy in Healthy::all() {
            let sentence = attest(language, &healthy);
            said.push((healthy.id().to_owned(), sentence, held::arguments(&healthy)));
        }
        for verdict in Verdict::all() {
            let sentence = conclude(language, &verdict);
            said.push((verdict.id().to_owned(), sentence, held::arguments(&verdict)));
        }
        said
    }

    #[test]
    fn both_languages_hold_exactly_what_can_be_said_with_its_arguments() {
        let korean = include_str!("ko/doctor.ftl");
        held::together(Language::Korean, korean, everything(Language::Korean));
        let english = include_str!("en/doctor.ftl");
        held::together(Language::English, english, everything(Language::English));
    }
}
