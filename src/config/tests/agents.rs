//! Agents, right and wrong.

use super::{CHANNEL, COMPLETE, good, wrong};
use crate::config::Colours;
use crate::domain::agent::AgentName;
use crate::domain::event::Person;
use crate::domain::id::{ChannelId, UserId};

#[test]
fn agents_have_names_and_channels_choose_among_them() {
    let toml = format!(
        "[[agents]]\nname = \"Reviewer\"\npeople = [\"@alice\"]\nchannels = [\"{CHANNEL}\"]\n\
         [[channel]]\nid = \"{CHANNEL}\"\nagent = \"reviewer\"\n"
    );
    let config = good(&[], COMPLETE, &toml);
    let name = AgentName::parse("reviewer").unwrap();
    let agent = config.pipeline.agents.get(&name).unwrap();
    assert_eq!(agent.title, "Reviewer");
    let alice = Person {
        id: UserId::parse(CHANNEL).ok(),
        name: "alice".to_owned(),
    };
    let channel = ChannelId::parse(CHANNEL).unwrap();
    assert!(agent.may_be_asked_by(&alice, Some(&channel)));
    assert!(!agent.may_be_asked_by(&alice, None));
    assert_eq!(config.pipeline.channels[&channel].agent, Some(name));
}

#[test]
fn what_is_wrong_with_agents_is_said_with_its_remedy() {
    let toml = format!(
        "[[agents]]\nname = \"channel\"\n[[agents]]\nprompt = \"x\"\n\
         [[agents]]\nname = \"reviewer\"\n[[agents]]\nname = \"Reviewer\"\nchannels = [\"lobby\"]\n\
         [[channel]]\nid = \"{CHANNEL}\"\nagent = \"reviewr\"\n"
    );
    for language in ["en", "ko"] {
        let problems = wrong(&[("ASKWELL_LANGUAGE", language)], COMPLETE, &toml);
        insta::assert_snapshot!(
            format!("agents_{language}"),
            problems.render(Colours::Absent)
        );
    }
}
