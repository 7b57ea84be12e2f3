//! The keys of who may be answered: `[[groups]]` are people who have a name together, `[[access]]` the rules in their order.

use super::{ACCESS_SECTION, Form, GROUPS_SECTION, Key};

macro_rules! keys {
    ($($name:ident = $key:expr;)*) => {
        $(pub(in crate::config) static $name: Key = $key;)*
    };
}

keys! {
    GROUP_NAME = Key::new(GROUPS_SECTION, "name", Form::Text(64)).means(
        "By what `access.groups` calls them. Required.",
        "`access.groups`에서 부르는 이름이에요. 꼭 필요해요.",
    );
    GROUP_PEOPLE = Key::new(GROUPS_SECTION, "people", Form::Names).means(
        "Who they are: names or IDs of accounts; IDs where people may rename themselves. Required.",
        "누구인지 계정 이름이나 ID로 써요. 이름을 직접 바꿀 수 있는 서버라면 ID로 써 주세요. 꼭 필요해요.",
    );

    ACCESS_SAYS = Key::new(ACCESS_SECTION, "says", Form::OneOf(&["allow", "private", "deny"])).means(
        "What holds for questions that the rule matches: they are answered, answered to the asker alone, or refused in one sentence. Required.",
        "규칙에 맞는 질문을 어떻게 할지예요. 답하거나(`allow`), 질문한 사람에게만 답하거나(`private`), 한 문장으로 거절해요(`deny`). 꼭 필요해요.",
    );
    ACCESS_PEOPLE = Key::new(ACCESS_SECTION, "people", Form::Names).means(
        "Who asks: names or IDs of accounts. Where `groups` stands besides, being in either is enough.",
        "질문한 사람의 계정 이름이나 ID예요. `groups`도 쓰면 둘 중 하나에만 있어도 맞아요.",
    );
    ACCESS_GROUPS = Key::new(ACCESS_SECTION, "groups", Form::Names).means(
        "Who asks: names of `[[groups]]`.",
        "질문한 사람이 속한 `[[groups]]`의 이름이에요.",
    );
    ACCESS_TEAMS = Key::new(ACCESS_SECTION, "teams", Form::Names).means(
        "In which team: names as they stand in addresses, or IDs. Names need a bot that sees the channel. Direct and group messages are in none.",
        "질문한 팀의 이름(주소에 보이는 것)이나 ID예요. 이름은 채널을 볼 수 있는 봇이 있어야 확인할 수 있어요. 개인 메시지와 그룹 메시지는 어느 팀에도 속하지 않아요.",
    );
    ACCESS_CHANNELS = Key::new(ACCESS_SECTION, "channels", Form::Names).means(
        "In which channel: IDs, from the channel's menu > View Info.",
        "질문한 채널의 ID예요. 채널 메뉴 > 정보 보기에 있어요.",
    );
    ACCESS_KINDS = Key::new(ACCESS_SECTION, "kinds", Form::Names).means(
        "In which kind of channel: `open`, `private`, `direct`, `group`. Needs a bot that sees the channel.",
        "질문한 채널의 종류예요(`open`, `private`, `direct`, `group`). 채널을 볼 수 있는 봇이 있어야 확인할 수 있어요.",
    );
    ACCESS_ROLES = Key::new(ACCESS_SECTION, "roles", Form::Names).means(
        "As what: `guest`, `member` (whoever is no guest), `channel_admin`, `system_admin`; one is enough. Needs a bot.",
        "질문한 사람의 역할이에요(`guest`, 게스트가 아닌 `member`, `channel_admin`, `system_admin`). 하나만 맞아도 돼요. 봇이 있어야 확인할 수 있어요.",
    );
    ACCESS_AGENTS = Key::new(ACCESS_SECTION, "agents", Form::Names).means(
        "Whom: names of `[[agents]]`; `default` is the usual assistant.",
        "답할 `[[agents]]`의 이름이에요. `default`는 기본 상대예요.",
    );
    ACCESS_MODELS = Key::new(ACCESS_SECTION, "models", Form::Names).means(
        "Which model would answer: names of `[[models]]` and `[[routes]]`, of `model.choices`, `default`, and `images` for whoever draws. A rule that denies a model denies it as a fallback, too.",
        "답할 모델이에요. `[[models]]`와 `[[routes]]`의 이름, `model.choices`에 쓴 이름, `default`, 그리고 그림을 그리는 `images`를 쓸 수 있어요. 거절한 모델은 다른 모델을 대신하지도 않아요.",
    );
}
