//! Rules of access and groups of people, right and wrong.

use super::{CHANNEL, COMPLETE, good, wrong};
use crate::config::Colours;
use crate::domain::access::Says;

#[test]
fn rules_stand_in_their_order_with_what_they_name() {
    let toml = format!(
        "[[groups]]\nname = \"Finance\"\npeople = [\"@alice\", \"{CHANNEL}\"]\n\
         [[access]]\nsays = \"allow\"\ngroups = [\"finance\"]\nchannels = [\"{CHANNEL}\"]\n\
         [[access]]\nsays = \"private\"\nkinds = [\"open\"]\nagents = [\"기본\"]\nmodels = [\"images\", \"default\"]\n\
         [[access]]\nsays = \"deny\"\npeople = [\"@bob\"]\nteams = [\"acme\"]\nroles = [\"member\"]\n"
    );
    let config = good(&[], COMPLETE, &toml);
    let rules: Vec<String> = config
        .pipeline
        .access
        .numbered()
        .map(|(number, rule)| format!("{number}: {rule}"))
        .collect();
    assert_eq!(
        rules,
        [
            format!(r#"1: says = "allow", groups = ["Finance"], channels = ["{CHANNEL}"]"#),
            r#"2: says = "private", kinds = ["open"], agents = ["default"], models = ["images", "default"]"#.to_owned(),
            r#"3: says = "deny", people = ["bob"], teams = ["acme"], roles = ["member"]"#.to_owned(),
        ]
    );
    let first = config.pipeline.access.numbered().next().unwrap().1;
    assert_eq!(first.says, Says::Allow);
    assert_eq!(first.groups[0].people, ["alice", CHANNEL]);
}

#[test]
fn what_is_wrong_with_rules_is_said_with_its_remedy() {
    let toml = "[[groups]]\nname = \"finance\"\npeople = [\"<b>bob</b>\"]\n[[groups]]\nname = \"Finance\"\n\
         [[agents]]\nname = \"reviewer\"\n\
         [[access]]\npeople = []\n\
         [[access]]\nsays = \"deny\"\ngroups = [\"finanse\"]\nagents = [\"reviewr\"]\nmodels = [\"defalt\"]\n\
         [[access]]\nsays = \"never\"\nteams = [\"a team\"]\nchannels = [\"lobby\"]\nkinds = [\"public\"]\nroles = [\"boss\"]\n\
         [[access]]\nsays = \"deny\"\npeople = \"bob\"\nrole = [\"guest\"]\n";
    for language in ["en", "ko"] {
        let problems = wrong(&[("ASKWELL_LANGUAGE", language)], COMPLETE, toml);
        insta::assert_snapshot!(
            format!("access_{language}"),
            problems.render(Colours::Absent)
        );
    }
}

#[test]
fn a_group_is_as_large_as_a_department() {
    let people = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("\"p{number}\"")).collect();
        format!(
            "[[groups]]\nname = \"all\"\npeople = [{}]\n",
            names.join(",")
        )
    };
    good(&[], COMPLETE, &people(1_000));
    assert_eq!(wrong(&[], COMPLETE, &people(1_001)).list.len(), 1);
}
