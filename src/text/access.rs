//! What `askwell access explain` says: who may be answered, step by step, in a terminal.

use super::language::Language;
use super::sayings::sayings;
use super::sentence::render;

sayings! {
    /// One step of an explanation.
    pub enum AccessSaying {
        /// Who asks.
        Person { name, id, roles } = "access-person",
        /// Who asks, with an account that may not be used.
        PersonInactive { name, id } = "access-person-inactive",
        /// Who asks, where nobody can be asked about them.
        PersonUnseen { user } = "access-person-unseen",
        /// There is no such account.
        NoSuchPerson { user } = "access-no-such-person",
        /// Where it is asked.
        Place { channel, id, kind, team } = "access-place",
        /// Where it is asked, of which nothing can be seen.
        PlaceUnseen { id } = "access-place-unseen",
        /// There is no such channel.
        NoSuchChannel { channel } = "access-no-such-channel",
        /// Several channels have the name.
        SeveralChannels { channel, ids } = "access-several-channels",
        /// They are no member of the channel.
        NotAMember = "access-not-a-member",
        /// Whom they ask.
        Agent { agent } = "access-agent",
        /// The agent's own limits keep them from it.
        AgentNotForThem { agent } = "access-agent-not-for-them",
        /// The same of one that the channel has chosen.
        AgentLeft { agent } = "access-agent-left",
        /// There is no such agent.
        NoSuchAgent { agent, known } = "access-no-such-agent",
        /// Which models would answer.
        Models { model, names } = "access-models",
        /// The model of the channel is denied them.
        ModelLeft { model } = "access-model-left",
        /// Models that are not asked.
        Avoided { names } = "access-avoided",
        /// No rule is configured.
        NoRules = "access-no-rules",
        /// What follows is of these models.
        OfModels { names } = "access-of-models",
        /// A rule matches.
        RuleFits { number, rule } = "access-rule-fits",
        /// A rule does not match.
        RuleMisses { number, rule, condition } = "access-rule-misses",
        /// It cannot be known whether a rule matches.
        RuleUnknown { number, rule, condition } = "access-rule-unknown",
        /// They are answered.
        Allowed { why } = "access-allowed",
        /// They are answered alone.
        Private { why } = "access-private",
        /// They are not answered.
        Denied { why } = "access-denied",
        /// Because of a rule.
        BecauseRule { number } = "access-because-rule",
        /// Because of a rule that may match.
        BecausePerhaps { number } = "access-because-perhaps",
        /// Because no rule matches.
        BecauseNoRule = "access-because-no-rule",
        /// Because no rule lets guests.
        BecauseGuest = "access-because-guest",
        /// Because the account may not be used.
        BecauseInactive = "access-because-inactive",
        /// Because they cannot read the channel.
        BecauseOutsider = "access-because-outsider",
        /// Because the agent is not for them.
        BecauseAgent = "access-because-agent",
    }
}

/// Says a step of an explanation.
#[must_use]
pub fn say_of_access(language: Language, saying: &AccessSaying<'_>) -> String {
    render(language, &saying.message(saying.id()))
}

#[cfg(test)]
mod tests {
    use super::super::sayings::held;
    use super::*;

    fn everything(language: Language) -> Vec<held::Said> {
        let said = AccessSaying::all().into_iter().map(|saying| {
            let said = say_of_access(language, &saying);
            (saying.id().to_owned(), said, held::arguments(&saying))
        });
        said.collect()
    }

    #[test]
    fn both_languages_hold_exactly_what_can_be_said_with_its_arguments() {
        let korean = include_str!("ko/access.ftl");
        held::together(Language::Korean, korean, everything(Language::Korean));
        let english = include_str!("en/access.ftl");
        held::together(Language::English, english, everything(Language::English));
    }
}
