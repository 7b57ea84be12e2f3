//! The table of decisions, and what holds for all rules.

use proptest::prelude::*;

use super::*;

fn user(number: u32) -> UserId {
    UserId::parse(&format!("u{number:025}")).unwrap()
}

fn channel(number: u32) -> ChannelId {
    ChannelId::parse(&format!("c{number:025}")).unwrap()
}

fn team(number: u32) -> TeamId {
    TeamId::parse(&format!("t{number:025}")).unwrap()
}

fn agent(name: &str) -> AgentName {
    AgentName::parse(name).unwrap()
}

fn account(number: u32, name: &str) -> Account {
    Account {
        id: user(number),
        name: name.to_owned(),
        locale: "ko".to_owned(),
        is_active: true,
        is_guest: false,
        is_system_admin: false,
    }
}

/// Alice, a member, in an open channel of a team, of whom everything is known.
fn alice() -> Facts {
    Facts {
        person: Some(user(1)),
        name: Some("alice".to_owned()),
        account: Some(account(1, "alice")),
        administers_channel: Some(false),
        place: Some(Whereabouts {
            channel: channel(1),
            kind: Some(ChannelKind::Open),
            team: Some(team(1)),
            team_name: Some("acme".to_owned()),
        }),
        agent: AgentName::default_assistant(),
        models: vec!["default".to_owned()],
    }
}

fn changed(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = alice();
    change(&mut facts);
    facts
}

fn guest() -> Facts {
    changed(|facts| facts.account.as_mut().unwrap().is_guest = true)
}

/// A question of which nothing is known but what the form of a command says.
fn by_form() -> Facts {
    changed(|facts| {
        facts.account = None;
        facts.administers_channel = None;
        let place = facts.place.as_mut().unwrap();
        (place.kind, place.team_name) = (None, None);
    })
}

/// A question of which it is not known who asks it, and which is asked nowhere.
fn by_hand() -> Facts {
    Facts {
        person: None,
        name: None,
        account: None,
        administers_channel: None,
        place: None,
        ..alice()
    }
}

fn rule(says: Says, change: impl FnOnce(&mut Rule)) -> Rule {
    let mut rule = Rule::of_all(says);
    change(&mut rule);
    rule
}

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn people(says: Says, names: &[&str]) -> Rule {
    rule(says, |rule| rule.people = words(names))
}

fn roles(says: Says, roles: &[Role]) -> Rule {
    rule(says, |rule| rule.roles = roles.to_vec())
}

/// What is decided, and by which rule.
fn decided(rules: &[Rule], facts: &Facts) -> (Says, &'static str, usize) {
    let rules = Rules::new(rules.to_vec());
    let verdict = decide(&rules, facts);
    let (why, number) = match verdict.because {
        Because::Inactive => ("inactive", 0),
        Because::Guest => ("guest", 0),
        Because::NoRule => ("no rule", 0),
        Because::Rule(number, _) => ("rule", number),
        Because::Perhaps(number, _) => ("perhaps", number),
    };
    (verdict.says, why, number)
}

use Says::{Allow, Deny, Private};

#[test]
fn people_are_answered_unless_a_rule_says_otherwise_and_the_first_that_matches_decides() {
    let deny_alice = people(Deny, &["alice"]);
    for (rules, expected) in [
        (vec![], (Allow, "no rule", 0)),
        (vec![deny_alice.clone()], (Deny, "rule", 1)),
        (vec![people(Deny, &["ALICE"])], (Deny, "rule", 1)),
        (vec![people(Deny, &["bob"])], (Allow, "no rule", 0)),
        (vec![people(Deny, &[user(1).as_str()])], (Deny, "rule", 1)),
        (
            vec![people(Allow, &["alice"]), Rule::of_all(Deny)],
            (Allow, "rule", 1),
        ),
        (
            vec![people(Allow, &["bob"]), Rule::of_all(Deny)],
            (Deny, "rule", 2),
        ),
        (
            vec![Rule::of_all(Private), deny_alice],
            (Private, "rule", 1),
        ),
    ] {
        assert_eq!(decided(&rules, &alice()), expected, "{rules:?}");
    }
}

#[test]
fn each_condition_is_met_by_what_it_names_and_by_nothing_else() {
    let sales = Group {
        name: "sales".to_owned(),
        people: words(&["carol", "alice"]),
    };
    let none = Group {
        name: "none".to_owned(),
        people: words(&["carol"]),
    };
    let met: Vec<Rule> = vec![
        rule(Deny, |rule| rule.groups = vec![none.clone(), sales.clone()]),
        rule(Deny, |rule| {
            rule.people = words(&["bob"]);
            rule.groups = vec![sales.clone()];
        }),
        rule(Deny, |rule| rule.teams = words(&["other", "Acme"])),
        rule(Deny, |rule| rule.teams = words(&[team(1).as_str()])),
        rule(Deny, |rule| rule.channels = vec![channel(2), channel(1)]),
        rule(Deny, |rule| rule.kinds = vec![ChannelKind::Open]),
        roles(Deny, &[Role::Member]),
        roles(Deny, &[Role::SystemAdmin, Role::Member]),
        rule(Deny, |rule| {
            rule.agents = vec![AgentName::default_assistant()];
        }),
        rule(Deny, |rule| rule.models = words(&["claude", "default"])),
        rule(Deny, |rule| {
            rule.people = words(&["alice"]);
            rule.kinds = vec![ChannelKind::Open];
        }),
    ];
    for rule in met {
        assert_eq!(rule.fits(&alice()), Fit::Yes, "{rule}");
        assert_eq!(decided(&[rule], &alice()), (Deny, "rule", 1));
    }
    let missed: Vec<(Rule, Condition)> = vec![
        (
            rule(Deny, |rule| rule.groups = vec![none]),
            Condition::People,
        ),
        (people(Deny, &[user(2).as_str()]), Condition::People),
        (
            rule(Deny, |rule| rule.teams = words(&["ac"])),
            Condition::Teams,
        ),
        (
            rule(Deny, |rule| rule.channels = vec![channel(2)]),
            Condition::Channels,
        ),
        (
            rule(Deny, |rule| rule.kinds = vec![ChannelKind::Private]),
            Condition::Kinds,
        ),
        (
            roles(Deny, &[Role::Guest, Role::ChannelAdmin, Role::SystemAdmin]),
            Condition::Roles,
        ),
        (
            rule(Deny, |rule| rule.agents = vec![agent("payroll")]),
            Condition::Agents,
        ),
        (
            rule(Deny, |rule| rule.models = words(&["claude"])),
            Condition::Models,
        ),
        (
            rule(Deny, |rule| {
                rule.people = words(&["alice"]);
                rule.models = words(&["claude"]);
            }),
            Condition::Models,
        ),
    ];
    for (rule, condition) in missed {
        assert_eq!(rule.fits(&alice()), Fit::No(condition), "{rule}");
        assert_eq!(decided(&[rule], &alice()), (Allow, "no rule", 0));
    }
}

#[test]
fn whoever_administers_the_server_administers_every_channel() {
    let of_channel = roles(Deny, &[Role::ChannelAdmin]);
    let admin = changed(|facts| facts.account.as_mut().unwrap().is_system_admin = true);
    let own = changed(|facts| facts.administers_channel = Some(true));
    for facts in [&admin, &own] {
        assert_eq!(of_channel.fits(facts), Fit::Yes);
    }
    assert_eq!(roles(Deny, &[Role::SystemAdmin]).fits(&admin), Fit::Yes);
    assert_eq!(of_channel.fits(&alice()), Fit::No(Condition::Roles));
    let nowhere = Facts {
        administers_channel: None,
        place: None,
        ..alice()
    };
    assert_eq!(of_channel.fits(&nowhere), Fit::No(Condition::Roles));
}

#[test]
fn guests_are_answered_only_where_a_rule_names_them_and_no_earlier_one_is_stricter() {
    let allow_guests = roles(Allow, &[Role::Guest]);
    let here = rule(Allow, |rule| {
        rule.roles = vec![Role::Guest];
        rule.channels = vec![channel(1)];
    });
    let elsewhere = rule(Allow, |rule| {
        rule.roles = vec![Role::Guest];
        rule.channels = vec![channel(2)];
    });
    let quiet = rule(Private, |rule| rule.channels = vec![channel(1)]);
    for (rules, expected) in [
        (vec![], (Deny, "guest", 0)),
        (vec![Rule::of_all(Allow)], (Deny, "guest", 0)),
        (vec![people(Allow, &["alice"])], (Deny, "guest", 0)),
        (vec![roles(Allow, &[Role::Member])], (Deny, "guest", 0)),
        (vec![allow_guests.clone()], (Allow, "rule", 1)),
        (vec![here], (Allow, "rule", 1)),
        (vec![elsewhere], (Deny, "guest", 0)),
        (vec![quiet, allow_guests.clone()], (Private, "rule", 1)),
        (
            vec![Rule::of_all(Allow), allow_guests.clone()],
            (Allow, "rule", 2),
        ),
        (
            vec![Rule::of_all(Deny), allow_guests.clone()],
            (Deny, "rule", 1),
        ),
        (
            vec![roles(Deny, &[Role::Guest]), allow_guests],
            (Deny, "rule", 1),
        ),
        (
            vec![Rule::of_all(Allow), roles(Private, &[Role::Guest])],
            (Private, "rule", 2),
        ),
    ] {
        assert_eq!(decided(&rules, &guest()), expected, "{rules:?}");
    }
}

#[test]
fn a_deactivated_account_is_answered_by_no_rule() {
    for role in Role::ALL {
        let gone = changed(|facts| {
            let account = facts.account.as_mut().unwrap();
            (account.is_active, account.is_guest) = (false, role == Role::Guest);
        });
        let rules = [roles(Allow, &[role]), Rule::of_all(Allow)];
        assert_eq!(decided(&rules, &gone), (Deny, "inactive", 0));
    }
}

#[test]
fn what_cannot_be_known_is_taken_as_the_strictest_rule_would_have_it() {
    let deny_guests = roles(Deny, &[Role::Guest]);
    let id_of_alice = people(Deny, &[user(1).as_str()]);
    let not_direct = rule(Deny, |rule| rule.kinds = vec![ChannelKind::Direct]);
    let teams = |name: &str| rule(Deny, |rule| rule.teams = words(&[name]));
    let admins = roles(Allow, &[Role::SystemAdmin]);
    for (rules, facts, expected) in [
        (vec![], by_form(), (Allow, "no rule", 0)),
        (vec![deny_guests.clone()], by_form(), (Deny, "perhaps", 1)),
        (vec![deny_guests], by_hand(), (Deny, "perhaps", 1)),
        (vec![not_direct.clone()], by_form(), (Deny, "perhaps", 1)),
        (vec![not_direct], by_hand(), (Allow, "no rule", 0)),
        (vec![teams("acme")], by_form(), (Deny, "perhaps", 1)),
        (vec![teams(team(1).as_str())], by_form(), (Deny, "rule", 1)),
        (
            vec![teams(team(2).as_str())],
            by_form(),
            (Allow, "no rule", 0),
        ),
        (vec![id_of_alice.clone()], by_form(), (Deny, "rule", 1)),
        (
            vec![people(Deny, &["bob"])],
            by_hand(),
            (Deny, "perhaps", 1),
        ),
        (
            vec![people(Private, &["bob"])],
            by_hand(),
            (Private, "perhaps", 1),
        ),
        // What may let somebody in lets nobody in.
        (
            vec![admins.clone(), Rule::of_all(Deny)],
            by_form(),
            (Deny, "rule", 2),
        ),
        (vec![admins], by_form(), (Allow, "no rule", 0)),
        (
            vec![people(Allow, &["alice"]), Rule::of_all(Deny)],
            by_hand(),
            (Deny, "rule", 2),
        ),
        // A rule before it that surely matches is believed.
        (
            vec![Rule::of_all(Allow), id_of_alice],
            by_hand(),
            (Allow, "rule", 1),
        ),
    ] {
        assert_eq!(decided(&rules, &facts), expected, "{rules:?} {facts:?}");
    }
    let team_of_none = changed(|facts| {
        let place = facts.place.as_mut().unwrap();
        (place.kind, place.team, place.team_name) = (Some(ChannelKind::Direct), None, None);
    });
    assert_eq!(
        decided(&[teams("acme")], &team_of_none),
        (Allow, "no rule", 0)
    );
}

#[test]
fn a_rule_reads_as_it_could_be_configured() {
    let written = rule(Private, |rule| {
        rule.people = words(&["alice", "<b>\"bob\""]);
        rule.kinds = vec![ChannelKind::Open];
        rule.roles = vec![Role::ChannelAdmin];
        rule.agents = vec![AgentName::default_assistant()];
    });
    assert_eq!(
        written.to_string(),
        r#"says = "private", people = ["alice", "<b>\"bob\""], kinds = ["open"], roles = ["channel_admin"], agents = ["default"]"#
    );
    for says in [Allow, Private, Deny] {
        assert_eq!(Says::from_word(says.as_str()), Some(says));
    }
    for role in Role::ALL {
        assert_eq!(Role::from_word(role.as_str()), Some(role));
    }
}

fn some_of<T: Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    proptest::sample::subsequence(all, 0..=1)
}

prop_compose! {
    fn any_rule()(
        says in proptest::sample::select(vec![Allow, Private, Deny]),
        people in some_of(vec!["alice".to_owned(), user(2).as_str().to_owned()]),
        teams in some_of(vec!["acme".to_owned(), team(2).as_str().to_owned()]),
        channels in some_of(vec![channel(1), channel(2)]),
        kinds in some_of(vec![ChannelKind::Open, ChannelKind::Direct]),
        roles in some_of(Role::ALL.to_vec()),
        models in some_of(vec!["default".to_owned(), "claude".to_owned()]),
    ) -> Rule {
        Rule { people, teams, channels, kinds, roles, models, ..Rule::of_all(says) }
    }
}

prop_compose! {
    /// A question of which everything is known, of an account that is active.
    fn any_facts()(
        (number, name) in proptest::sample::select(vec![(1, "alice"), (2, "bob")]),
        (is_guest, is_system_admin) in proptest::sample::select(vec![(false, false), (true, false), (false, true)]),
        administers in any::<bool>(),
        here in 1_u32..3,
        (kind, team_number) in proptest::sample::select(vec![
            (ChannelKind::Open, Some(1)), (ChannelKind::Open, Some(2)), (ChannelKind::Direct, None),
        ]),
        model in proptest::sample::select(vec!["default", "claude"]),
    ) -> Facts {
        Facts {
            person: Some(user(number)),
            name: Some(name.to_owned()),
            account: Some(Account { is_guest, is_system_admin, ..account(number, name) }),
            administers_channel: Some(administers),
            place: Some(Whereabouts {
                channel: channel(here),
                kind: Some(kind),
                team: team_number.map(team),
                team_name: team_number.map(|number| if number == 1 { "acme" } else { "other" }.to_owned()),
            }),
            agent: AgentName::default_assistant(),
            models: words(&[model]),
        }
    }
}

/// The same question, of which some is not known.
fn less_known(facts: &Facts, kept: [bool; 5]) -> Facts {
    let mut less = facts.clone();
    let [person, name, administers, kind, team] = kept;
    less.person = less.person.filter(|_| person);
    less.name = less.name.filter(|_| name);
    less.administers_channel = less.administers_channel.filter(|_| administers);
    let place = less.place.as_mut().unwrap();
    place.kind = place.kind.filter(|_| kind);
    place.team = place.team.take().filter(|_| team);
    place.team_name = place.team_name.take().filter(|_| team && kind);
    less
}

proptest! {
    #[test]
    fn a_denying_rule_put_first_makes_nothing_weaker(
        rules in proptest::collection::vec(any_rule(), 0..6), first in any_rule(), facts in any_facts(), kept in any::<[bool; 5]>(),
    ) {
        let facts = less_known(&facts, kept);
        let before = decided(&rules, &facts).0;
        let mut stricter = vec![Rule { says: Deny, ..first }];
        stricter.extend(rules);
        prop_assert!(decided(&stricter, &facts).0 >= before);
    }

    #[test]
    fn rules_that_say_the_same_may_stand_in_any_order(
        rules in proptest::collection::vec(any_rule(), 2..6), at in 0_usize..5, facts in any_facts(), kept in any::<[bool; 5]>(),
    ) {
        let facts = less_known(&facts, kept);
        let mut other = rules.clone();
        let at = at % (rules.len() - 1);
        let mut same = rules;
        same[at + 1].says = same[at].says;
        other[at + 1].says = other[at].says;
        other.swap(at, at + 1);
        prop_assert_eq!(decided(&same, &facts).0, decided(&other, &facts).0);
    }

    #[test]
    fn knowing_less_never_allows_more(
        rules in proptest::collection::vec(any_rule(), 0..6), facts in any_facts(), kept in any::<[bool; 5]>(),
    ) {
        let known = decided(&rules, &facts).0;
        prop_assert!(decided(&rules, &less_known(&facts, kept)).0 >= known);
    }

    #[test]
    fn an_account_that_cannot_be_seen_is_treated_as_the_strictest_that_is_no_guest(
        rules in proptest::collection::vec(any_rule(), 0..6), facts in any_facts(),
    ) {
        prop_assume!(!facts.account.as_ref().unwrap().is_guest);
        let unseen = Facts { account: None, ..facts.clone() };
        prop_assert!(decided(&rules, &unseen).0 >= decided(&rules, &facts).0);
    }
}
