//! The keys of `[server]` that are about the files of the configuration.

use super::{Form, Key};

macro_rules! keys {
    ($($name:ident = $key:expr;)*) => {
        $(pub(in crate::config) static $name: Key = $key;)*
    };
}

keys! {
    SERVER_WATCH = Key::new("server", "watch", Form::Switch).env("ASKWELL_WATCH").default("true").means(
        "Whether the files of the configuration, and those with secrets that it names, are taken up when they were written, as at SIGHUP: once they have said the same for two seconds, and only if nothing of them is wrong.",
        "설정 파일과 거기에 적힌 비밀 값 파일을 고치면 SIGHUP을 받은 것처럼 다시 읽을지 여부예요. 2초 동안 그대로이고 틀린 곳이 없을 때만 적용해요.",
    );

    SERVER_ALSO = Key::new("server", "also", Form::Files).means(
        "Further configuration files, one for each further bot or Mattermost server that this process serves: `[\"sales.toml\"]`. Each has its secrets beside it (`sales.env`), a `mattermost.name` of its own, and nothing of the process's (`[database]`, `[log]`, and of `[server]` only `language`, `public_url` and `inline_timeout_seconds`). The environment is for the first alone.",
        "이 프로세스가 함께 서비스할 다른 봇이나 다른 Mattermost 서버의 설정 파일 목록이에요(예: `[\"sales.toml\"]`). 파일마다 비밀 값은 옆의 파일(`sales.env`)에 두고, `mattermost.name`을 서로 다르게 지어 주세요. 프로세스 전체의 설정(`[database]`, `[log]`, 그리고 `[server]`에서 `language`, `public_url`, `inline_timeout_seconds`가 아닌 것)은 쓸 수 없어요. 환경 변수는 첫 번째 설정에만 적용돼요.",
    );
}
